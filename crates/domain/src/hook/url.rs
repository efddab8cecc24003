use std::fmt;

use thiserror::Error;

use crate::place::{Place, Scheme, from_place, place};

/// The address of a customer's server: `http://HOST[:PORT][/PATH][?QUERY]`, or `https`.
///
/// Path and query may hold a key, so `Debug` shows neither the query nor what it says; [`HookUrl::shown`] is what may be
/// shown.
#[derive(Clone, PartialEq, Eq)]
pub struct HookUrl {
    text: String,
    tls: bool,
    host: String,
    port: u16,
    target: String,
}

/// Why an address is none that events can be sent to. Nothing of the address is in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum HookFault {
    /// Longer than allowed.
    #[error("it has {bytes} bytes, more than {max}")]
    TooLong {
        /// Bytes given.
        bytes: usize,
        /// Bytes allowed.
        max: usize,
    },
    /// A space, a control character, or one outside ASCII.
    #[error("byte {at} is a space, a control character, or outside ASCII: encode it with %")]
    Character {
        /// Index of the first offending byte.
        at: usize,
    },
    /// Another scheme than HTTP.
    #[error("it must begin with http:// or https://")]
    Scheme,
    /// `user:password@` in front of the host.
    #[error("user and password before the host are not taken: put a key into the path or the query")]
    UserInfo,
    /// No host, or what no host name is.
    #[error("the host is missing, or is neither a host name nor an IP address (IPv6 in brackets)")]
    Host,
    /// A port that is none.
    #[error("the port must be a number from 1 to 65535")]
    Port,
    /// `#` in it, which no server gets to see.
    #[error("a fragment (#) has no meaning here: encode it as %23")]
    Fragment,
}

from_place!(HookFault);

const SCHEMES: [Scheme; 2] = [("http", false, 80), ("https", true, 443)];

impl HookUrl {
    /// Longest address in bytes.
    pub const BYTES_MAX: usize = 2_048;

    /// Reads an address. Without a port, HTTP has 80 and HTTPS has 443.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str) -> Result<Self, HookFault> {
        let Place { tls, host, port, rest: target } = place(text, Self::BYTES_MAX, SCHEMES)?;
        let slash = if target.starts_with('/') { "" } else { "/" };
        let target = [slash, target].concat();
        Ok(Self { text: text.to_owned(), tls, host, port, target })
    }

    /// The address as it was given. It may hold a key: not for logs.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether it is over TLS.
    pub const fn tls(&self) -> bool {
        self.tls
    }

    /// Host name or address; IPv6 without its brackets.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The port.
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// Path and query, as they stand in a request; may hold a key.
    pub fn target(&self) -> &str {
        &self.target
    }

    /// `Host` of a request: without the port where it is the scheme's own.
    pub fn host_header(&self) -> String {
        let host = if self.host.contains(':') { format!("[{}]", self.host) } else { self.host.clone() };
        if self.port == if self.tls { 443 } else { 80 } { host } else { format!("{host}:{}", self.port) }
    }

    /// As much of it as may be shown: everything before the query.
    pub fn shown(&self) -> String {
        let (before, query) = self.text.split_once('?').unwrap_or((&self.text, ""));
        if query.is_empty() { before.to_owned() } else { format!("{before}?…") }
    }
}

impl fmt::Debug for HookUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown())
    }
}
