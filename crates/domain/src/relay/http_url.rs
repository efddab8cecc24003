use std::fmt;

use super::UrlFault;
use crate::place::{Place, Scheme, place};

/// The address of a resource of another server, `http://HOST[:PORT][/PATH][?QUERY]` or `https`, and what playlists and
/// redirects there name relative to it (RFC 3986, 5.2).
///
/// Path and query may hold a key, so `Debug` shows neither.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct HttpUrl {
    tls: bool,
    host: String,
    port: u16,
    /// Path and query; begins with a slash.
    target: String,
}

const SCHEMES: [Scheme; 2] = [("http", false, 80), ("https", true, 443)];

impl HttpUrl {
    /// Reads an address of `bytes_max` bytes at most. Without a port, HTTP has 80 and HTTPS has 443.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str, bytes_max: usize) -> Result<Self, UrlFault> {
        let Place { tls, host, port, rest } = place(text, bytes_max, SCHEMES)?;
        let slash = if rest.starts_with('/') { "" } else { "/" };
        Ok(Self { tls, host, port, target: [slash, rest].concat() })
    }

    /// Where a reference leads that stands at this address. What an address cannot hold is encoded, a fragment is left
    /// out, and TLS is not given up.
    ///
    /// # Errors
    /// It is no address, one of another scheme, or one without TLS at an address with it.
    pub fn resolve(&self, reference: &str, bytes_max: usize) -> Result<Self, UrlFault> {
        // Encoded, each byte takes three.
        if reference.len() > bytes_max {
            return Err(UrlFault::TooLong { bytes: reference.len(), max: bytes_max });
        }
        let reference = encoded(reference.split('#').next().unwrap_or_default());
        let (path, query) = self.split();
        let scheme = if self.tls { "https:" } else { "http:" };
        let found = if has_scheme(&reference) {
            Self::parse(&reference, bytes_max)?
        } else if reference.starts_with("//") {
            Self::parse(&[scheme, &reference].concat(), bytes_max)?
        } else {
            let target = match reference.chars().next() {
                None => [path, query].concat(),
                Some('/') => reference,
                Some('?') => [path, &reference].concat(),
                Some(_) => [path.rsplit_once('/').map_or("", |(folder, _)| folder), "/", &reference].concat(),
            };
            Self { target, ..self.clone() }
        };
        let (path, query) = found.split();
        let target = [&without_dots(path), query].concat();
        if target.len() > bytes_max {
            return Err(UrlFault::TooLong { bytes: target.len(), max: bytes_max });
        }
        if self.tls && !found.tls { Err(UrlFault::TlsGivenUp) } else { Ok(Self { target, ..found }) }
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

    /// Its path.
    pub fn path(&self) -> &str {
        self.split().0
    }

    /// `Host` of a request: without the port where it is the scheme's own.
    pub fn host_header(&self) -> String {
        let host = if self.host.contains(':') { format!("[{}]", self.host) } else { self.host.clone() };
        if self.port == if self.tls { 443 } else { 80 } { host } else { format!("{host}:{}", self.port) }
    }

    /// Path, and query with its question mark.
    fn split(&self) -> (&str, &str) {
        self.target.split_at(self.target.find('?').unwrap_or(self.target.len()))
    }
}

impl fmt::Debug for HttpUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.tls { "https" } else { "http" };
        write!(f, "{scheme}://{}/…", self.host_header())
    }
}

/// RFC 3986, 3.1.
fn has_scheme(reference: &str) -> bool {
    let Some((scheme, _)) = reference.split_once(':') else { return false };
    scheme.bytes().next().is_some_and(|first| first.is_ascii_alphabetic())
        && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
}

/// With a percent sign for each byte that no address holds: playlists are written by people too.
fn encoded(reference: &str) -> String {
    use fmt::Write;
    let mut out = String::with_capacity(reference.len());
    for byte in reference.bytes() {
        if byte.is_ascii_graphic() {
            out.push(char::from(byte));
        } else {
            // Writing to a string cannot fail.
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

/// RFC 3986, 5.2.4.
fn without_dots(path: &str) -> String {
    let mut kept: Vec<&str> = Vec::new();
    let mut parts = path.split('/').skip(1).peekable();
    while let Some(part) = parts.next() {
        let last = parts.peek().is_none();
        match part {
            "." | ".." => {
                if part == ".." {
                    kept.pop();
                }
                if last {
                    kept.push("");
                }
            }
            part => kept.push(part),
        }
    }
    ["/", &kept.join("/")].concat()
}

#[cfg(test)]
mod tests {
    use super::{HttpUrl, UrlFault};

    fn at(base: &str, reference: &str) -> Result<String, UrlFault> {
        let url = HttpUrl::parse(base, 200)?.resolve(reference, 200)?;
        let scheme = if url.tls() { "https" } else { "http" };
        Ok(format!("{scheme}://{}{}", url.host_header(), url.target()))
    }

    #[test]
    fn references_lead_where_the_standard_says() {
        // RFC 3986, 5.4.
        for (reference, leads) in [
            ("g", "http://a/b/c/g"),
            ("./g", "http://a/b/c/g"),
            ("g/", "http://a/b/c/g/"),
            ("/g", "http://a/g"),
            ("//g", "http://g/"),
            ("?y", "http://a/b/c/d;p?y"),
            ("g?y", "http://a/b/c/g?y"),
            ("#s", "http://a/b/c/d;p?q"),
            ("g#s", "http://a/b/c/g"),
            ("g?y#s", "http://a/b/c/g?y"),
            (";x", "http://a/b/c/;x"),
            ("", "http://a/b/c/d;p?q"),
            (".", "http://a/b/c/"),
            ("./", "http://a/b/c/"),
            ("..", "http://a/b/"),
            ("../g", "http://a/b/g"),
            ("../..", "http://a/"),
            ("../../../../g", "http://a/g"),
            ("/./g", "http://a/g"),
            ("/../g", "http://a/g"),
            ("g.", "http://a/b/c/g."),
            ("./../g", "http://a/b/g"),
            ("g;x=1/../y", "http://a/b/c/y"),
            ("g?y/../x", "http://a/b/c/g?y/../x"),
            ("https://h:1/x/../y.ts?k=1", "https://h:1/y.ts?k=1"),
            ("HTTP://H", "http://h/"),
            ("a b\u{e4}.ts", "http://a/b/c/a%20b%C3%A4.ts"),
        ] {
            assert_eq!(at("http://a/b/c/d;p?q", reference).as_deref(), Ok(leads), "{reference}");
        }
        assert_eq!(at("https://[::1]:8443/l/x.m3u8", "y.ts").as_deref(), Ok("https://[::1]:8443/l/y.ts"));
        assert_eq!(at("http://h", "y.ts?a:b").as_deref(), Ok("http://h/y.ts?a:b"));
    }

    #[test]
    fn what_leads_nowhere_is_refused() {
        for (reference, fault) in [
            ("file:///etc/passwd", UrlFault::Scheme),
            ("data:text/plain,x", UrlFault::Scheme),
            ("//user@h/x", UrlFault::UserInfo),
            ("http:///x", UrlFault::Host),
            ("http://h:0/x", UrlFault::Port),
            ("http://h/x", UrlFault::TlsGivenUp),
        ] {
            assert_eq!(at("https://a/b", reference), Err(fault), "{reference}");
        }
        let long = "x".repeat(199);
        assert!(matches!(at("https://a/b/c", &long), Err(UrlFault::TooLong { .. })));
        assert!(matches!(at("https://a/b/c", &"\u{e4}".repeat(90)), Err(UrlFault::TooLong { .. })));
    }

    #[test]
    fn nothing_of_path_and_query_is_shown() {
        let url = HttpUrl::parse("https://h/key/x.m3u8?secret", 200).unwrap();
        assert_eq!(format!("{url:?}"), "https://h/…");
        assert_eq!(url.path(), "/key/x.m3u8");
    }
}
