//! Where the address of another server leads: what relays and callbacks read of it in the same way.

/// Bytes of a host name (RFC 1035, section 2.3.4).
const HOST_BYTES_MAX: usize = 253;

/// A scheme that is taken, whether it is over TLS, and its port where none is given.
pub(crate) type Scheme = (&'static str, bool, u16);

/// An address taken apart as far as all schemes have it in common.
pub(crate) struct Place<'a> {
    pub(crate) tls: bool,
    /// Lower case; IPv6 without its brackets.
    pub(crate) host: String,
    pub(crate) port: u16,
    /// Path and query, as they stand.
    pub(crate) rest: &'a str,
}

/// Why an address leads nowhere; the faults of relays and callbacks say it in their words.
pub(crate) enum PlaceFault {
    TooLong { bytes: usize, max: usize },
    Character { at: usize },
    Scheme,
    UserInfo,
    Host,
    Port,
    Fragment,
}

/// Takes an address of `bytes_max` bytes at most apart.
pub(crate) fn place<'a>(text: &'a str, bytes_max: usize, schemes: [Scheme; 2]) -> Result<Place<'a>, PlaceFault> {
    if text.len() > bytes_max {
        return Err(PlaceFault::TooLong { bytes: text.len(), max: bytes_max });
    }
    if let Some(at) = text.bytes().position(|byte| !byte.is_ascii_graphic()) {
        return Err(PlaceFault::Character { at });
    }
    let found = text.split_once("://").and_then(|(scheme, rest)| {
        let known = schemes.into_iter().find(|(known, ..)| scheme.eq_ignore_ascii_case(known))?;
        Some((known, rest))
    });
    let ((_, tls, port), rest) = found.ok_or(PlaceFault::Scheme)?;
    if rest.contains('#') {
        return Err(PlaceFault::Fragment);
    }
    let (authority, rest) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
    if authority.contains('@') {
        return Err(PlaceFault::UserInfo);
    }
    let (host, port) = authority_of(authority, port)?;
    Ok(Place { tls, host: host.to_ascii_lowercase(), port, rest })
}

fn authority_of(authority: &str, port: u16) -> Result<(&str, u16), PlaceFault> {
    let bracketed = authority.starts_with('[');
    let (host, rest) = match authority.strip_prefix('[') {
        Some(rest) => rest.split_once(']').ok_or(PlaceFault::Host)?,
        None => authority.split_at(authority.find(':').unwrap_or(authority.len())),
    };
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
    let fits = if bracketed { host.parse::<core::net::Ipv6Addr>().is_ok() } else { host.bytes().all(plain) };
    if host.is_empty() || host.len() > HOST_BYTES_MAX || !fits {
        return Err(PlaceFault::Host);
    }
    if rest.is_empty() {
        return Ok((host, port));
    }
    let digits = rest.strip_prefix(':').ok_or(PlaceFault::Host)?;
    let plain = digits.bytes().all(|byte| byte.is_ascii_digit());
    let port = digits.parse().ok().filter(|port| plain && *port > 0).ok_or(PlaceFault::Port)?;
    Ok((host, port))
}

/// A fault's own words for what all addresses have in common.
macro_rules! from_place {
    ($fault:ident) => {
        impl From<$crate::place::PlaceFault> for $fault {
            fn from(fault: $crate::place::PlaceFault) -> Self {
                use $crate::place::PlaceFault;
                match fault {
                    PlaceFault::TooLong { bytes, max } => Self::TooLong { bytes, max },
                    PlaceFault::Character { at } => Self::Character { at },
                    PlaceFault::Scheme => Self::Scheme,
                    PlaceFault::UserInfo => Self::UserInfo,
                    PlaceFault::Host => Self::Host,
                    PlaceFault::Port => Self::Port,
                    PlaceFault::Fragment => Self::Fragment,
                }
            }
        }
    };
}
pub(crate) use from_place;
