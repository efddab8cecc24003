//! What an operator wants to know of a certificate before a client says it.

use std::net::{Ipv4Addr, Ipv6Addr};

use rustls::crypto::aws_lc_rs;
use vivace_base::UnixMs;

use super::expiry::{SEQUENCE, any, fields, time, value};
use super::{Files, TlsFault};

const EXTENSIONS: u8 = 0xa3;
const OBJECT: u8 = 0x06;
const OCTETS: u8 = 0x04;
const DNS_NAME: u8 = 0x82;
const IP_ADDRESS: u8 = 0x87;
/// `id-ce-subjectAltName` (RFC 5280, section 4.2.1.6).
const ALTERNATIVE_NAMES: &[u8] = &[0x55, 0x1d, 0x11];

/// The server's own certificate, of a pair that can be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificateFacts {
    /// It does not hold before.
    pub begins_at: UnixMs,
    /// It does not hold after.
    pub expires_at: UnixMs,
    /// Host names and IP addresses that it holds for.
    pub names: Vec<String>,
    /// Whether it names itself as its issuer: no client trusts it by itself.
    pub self_signed: bool,
}

impl Files {
    /// Reads both files, sees whether they belong together, and tells what the certificate says.
    ///
    /// # Errors
    /// A file that is missing or cannot be used.
    pub fn facts(&self) -> Result<CertificateFacts, TlsFault> {
        let pair = self.load(&aws_lc_rs::default_provider())?;
        pair.key.cert.first().and_then(|first| facts(first)).ok_or_else(|| TlsFault::Certificate {
            path: self.cert.clone(),
            reason: "it is no X.509 certificate".to_owned(),
        })
    }
}

/// Facts of a certificate in DER (RFC 5280, section 4.1).
pub(super) fn facts(certificate: &[u8]) -> Option<CertificateFacts> {
    let (issuer, rest) = value(fields(certificate)?, SEQUENCE)?;
    let (validity, rest) = value(rest, SEQUENCE)?;
    let (begin, end) = any(validity)?;
    let (end, _) = any(end)?;
    let (subject, rest) = value(rest, SEQUENCE)?;
    let (_, rest) = value(rest, SEQUENCE)?;
    Some(CertificateFacts {
        begins_at: time(begin.tag, begin.content)?,
        expires_at: time(end.tag, end.content)?,
        names: names(rest).unwrap_or_default(),
        self_signed: issuer == subject,
    })
}

/// The alternative names among the fields behind the public key.
fn names(mut rest: &[u8]) -> Option<Vec<String>> {
    let extensions = loop {
        let (field, after) = any(rest)?;
        if field.tag == EXTENSIONS {
            break field.content;
        }
        rest = after;
    };
    let (mut list, _) = value(extensions, SEQUENCE)?;
    while let Some((extension, after)) = value(list, SEQUENCE) {
        list = after;
        let (id, mut inside) = value(extension, OBJECT)?;
        if id != ALTERNATIVE_NAMES {
            continue;
        }
        // Whether it is critical may stand before the value.
        while let Some((field, after)) = any(inside) {
            if field.tag == OCTETS {
                return Some(general_names(value(field.content, SEQUENCE)?.0));
            }
            inside = after;
        }
    }
    None
}

fn general_names(mut list: &[u8]) -> Vec<String> {
    let mut names = Vec::new();
    while let Some((name, after)) = any(list) {
        list = after;
        match name.tag {
            DNS_NAME => names.extend(str::from_utf8(name.content).map(str::to_owned)),
            IP_ADDRESS => names.extend(ip(name.content)),
            _ => {}
        }
    }
    names
}

fn ip(bytes: &[u8]) -> Option<String> {
    let v4 = <[u8; 4]>::try_from(bytes).map(|octets| Ipv4Addr::from(octets).to_string());
    v4.or_else(|_| <[u8; 16]>::try_from(bytes).map(|octets| Ipv6Addr::from(octets).to_string())).ok()
}

#[cfg(test)]
mod tests {
    use vivace_base::UnixMs;

    use super::facts;
    use crate::tls::make;

    #[test]
    fn a_certificate_tells_its_names_and_its_time() {
        let asked = ["live.example.com", "192.0.2.7", "2001:db8::1"].map(str::to_owned);
        let now = UnixMs(1_700_000_000_000);
        let made = make::make(&asked, now).unwrap().certificate_der;
        let told = facts(&made).unwrap();
        assert_eq!(told.names, asked);
        assert!(told.self_signed && told.begins_at <= now && told.expires_at > now, "{told:?}");
        for length in 0..made.len() {
            if let Some(part) = facts(&made[..length]) {
                panic!("{length} of {} bytes are a certificate: {part:?}", made.len());
            }
        }
    }

    #[test]
    fn one_that_another_has_issued_is_not_self_signed() {
        let mut issuer = rcgen::CertificateParams::new(Vec::new()).unwrap();
        issuer.distinguished_name.push(rcgen::DnType::CommonName, "an issuer");
        let issuer = rcgen::Issuer::new(issuer, rcgen::KeyPair::generate().unwrap());
        let mut params = rcgen::CertificateParams::new(["a.example".to_owned()]).unwrap();
        params.not_after = rcgen::date_time_ymd(2020, 1, 1);
        let issued = params.signed_by(&rcgen::KeyPair::generate().unwrap(), &issuer).unwrap();
        let told = facts(issued.der()).unwrap();
        assert!(!told.self_signed);
        assert_eq!((told.names, told.expires_at), (vec!["a.example".to_owned()], UnixMs(1_577_836_800_000)));
    }
}
