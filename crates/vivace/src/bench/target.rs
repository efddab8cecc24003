//! Addresses of streams: `rtmp://host[:port]/app/name[?query]`, `http://host[:port]/path.flv`, `….mp4`.

use std::fmt;
use std::io;
use std::net::{SocketAddr, ToSocketAddrs};

use thiserror::Error;
use vivace_rtmp::engine::{ClientConfig, Role};

const RTMP_PORT: u16 = 1935;
const HTTP_PORT: u16 = 80;
/// Of RTMPS and HTTPS alike.
const TLS_PORT: u16 = 443;

/// How a stream is carried.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Protocol {
    /// RTMP.
    Rtmp,
    /// FLV over HTTP.
    Flv,
    /// Fragmented MP4 over HTTP.
    Mp4,
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Rtmp => "rtmp",
            Self::Flv => "flv",
            Self::Mp4 => "mp4",
        })
    }
}

/// Why an address cannot be used.
#[derive(Debug, Error)]
pub(super) enum TargetFault {
    #[error("{0:?} is not an address: rtmp://host:port/app/name or http://host:port/path")]
    NotUrl(String),
    #[error("{0}:// is not measured here: rtmp, rtmps, http and https are")]
    Scheme(String),
    #[error("the port of {0:?} is not a number from 1 to 65535")]
    Port(String),
    #[error("{0:?} has no stream name behind an application name")]
    NoName(String),
    #[error("{0:?} ends neither in .flv nor in .mp4: say which with --proto")]
    UnknownFormat(String),
    #[error("{host}:{port} is not an address of a machine: {error}")]
    Resolve { host: String, port: u16, error: io::Error },
}

/// An address taken apart, whatever it carries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Address {
    /// `rtmp`, `rtmps`, `http` or `https`.
    pub(super) scheme: String,
    /// Name or address of the machine, an IPv6 address without its brackets.
    pub(super) host: String,
    /// TCP port.
    pub(super) port: u16,
    /// From the first slash on, query included.
    pub(super) path: String,
    /// Whether TLS comes first.
    pub(super) tls: bool,
}

impl Address {
    /// Takes an address apart.
    pub(super) fn parse(url: &str) -> Result<Self, TargetFault> {
        let not_url = || TargetFault::NotUrl(url.to_owned());
        let (scheme, rest) = url.split_once("://").ok_or_else(not_url)?;
        let slash = rest.find('/').ok_or_else(not_url)?;
        let (authority, path) = rest.split_at(slash);
        let (port_default, tls) = match scheme {
            "rtmp" => (RTMP_PORT, false),
            "http" => (HTTP_PORT, false),
            "rtmps" | "https" => (TLS_PORT, true),
            other => return Err(TargetFault::Scheme(other.to_owned())),
        };
        let (host, port) = host_and_port(authority, port_default).ok_or_else(|| TargetFault::Port(url.to_owned()))?;
        if host.is_empty() {
            return Err(not_url());
        }
        let (scheme, host, path) = (scheme.to_owned(), host.to_owned(), path.to_owned());
        Ok(Self { scheme, host, port, path, tls })
    }

    /// The first address that the host's name stands for.
    pub(super) fn resolve(&self) -> Result<SocketAddr, TargetFault> {
        resolve(&self.host, self.port)
    }

    /// `host:port` as it stands in a request.
    pub(super) fn authority(&self) -> String {
        authority(&self.host, self.port)
    }
}

/// The address of a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Target {
    /// How the stream is carried.
    pub(super) protocol: Protocol,
    /// Name or address of the machine, an IPv6 address without its brackets.
    pub(super) host: String,
    /// TCP port.
    pub(super) port: u16,
    /// From the first slash on, query included.
    pub(super) path: String,
    /// Whether TLS comes first.
    pub(super) tls: bool,
}

impl Target {
    /// Takes an address apart. `protocol` says what an HTTP address carries if its path does not.
    pub(super) fn parse(url: &str, protocol: Option<Protocol>) -> Result<Self, TargetFault> {
        let Address { scheme, host, port, path, tls } = Address::parse(url)?;
        let protocol = match scheme.as_str() {
            "rtmp" | "rtmps" => Protocol::Rtmp,
            _ => http_protocol(&path, protocol).ok_or_else(|| TargetFault::UnknownFormat(url.to_owned()))?,
        };
        let target = Self { protocol, host, port, path, tls };
        match target.app_and_name() {
            None if protocol == Protocol::Rtmp => Err(TargetFault::NoName(url.to_owned())),
            _ => Ok(target),
        }
    }

    /// The first address that the host's name stands for.
    pub(super) fn resolve(&self) -> Result<SocketAddr, TargetFault> {
        resolve(&self.host, self.port)
    }

    /// What an RTMP client asks for; empty names for another protocol.
    pub(super) fn rtmp(&self, role: Role, chunk_bytes_out: usize) -> ClientConfig {
        let (app, name) = self.app_and_name().unwrap_or_default();
        ClientConfig {
            app: app.to_owned(),
            tc_url: format!("rtmp{}://{}/{app}", if self.tls { "s" } else { "" }, self.authority()),
            name: name.to_owned(),
            role,
            chunk_bytes_out,
            digest: false,
        }
    }

    /// The request for an HTTP stream.
    pub(super) fn http_request(&self) -> Vec<u8> {
        let (path, authority) = (&self.path, self.authority());
        format!("GET {path} HTTP/1.1\r\nHost: {authority}\r\nUser-Agent: vivace-bench\r\nAccept: */*\r\n\r\n")
            .into_bytes()
    }

    fn authority(&self) -> String {
        authority(&self.host, self.port)
    }

    /// The application is all of the path up to its last slash; the query belongs to the name.
    fn app_and_name(&self) -> Option<(&str, &str)> {
        let whole = self.path.strip_prefix('/')?;
        let path_bytes = whole.find('?').unwrap_or(whole.len());
        let slash = whole.get(..path_bytes)?.rfind('/')?;
        let (app, name) = (whole.get(..slash)?, whole.get(slash.saturating_add(1)..)?);
        (!app.is_empty() && !name.is_empty() && !name.starts_with('?')).then_some((app, name))
    }
}

fn resolve(host: &str, port: u16) -> Result<SocketAddr, TargetFault> {
    let fault = |error| TargetFault::Resolve { host: host.to_owned(), port, error };
    let mut found = (host, port).to_socket_addrs().map_err(fault)?;
    found.next().ok_or_else(|| fault(io::ErrorKind::NotFound.into()))
}

fn authority(host: &str, port: u16) -> String {
    if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") }
}

fn http_protocol(path: &str, given: Option<Protocol>) -> Option<Protocol> {
    let path = path.split('?').next().unwrap_or_default();
    match path.rsplit('.').next() {
        Some("flv") => Some(Protocol::Flv),
        Some("mp4") => Some(Protocol::Mp4),
        _ => given.filter(|protocol| *protocol != Protocol::Rtmp),
    }
}

fn host_and_port(authority: &str, port_default: u16) -> Option<(&str, u16)> {
    let (host, port) = match authority.strip_prefix('[') {
        Some(rest) => {
            let (host, behind) = rest.split_once(']')?;
            (host, behind.strip_prefix(':'))
        }
        None => authority.rsplit_once(':').map_or((authority, None), |(host, port)| (host, Some(port))),
    };
    match port {
        None => Some((host, port_default)),
        Some(port) => Some((host, port.parse().ok().filter(|&port| port > 0)?)),
    }
}

#[cfg(test)]
mod tests {
    use super::{Protocol, Target, TargetFault};
    use vivace_rtmp::engine::Role;

    fn target(url: &str) -> Target {
        Target::parse(url, None).unwrap_or_else(|fault| panic!("{url}: {fault}"))
    }

    #[test]
    fn the_query_of_an_rtmp_address_belongs_to_the_name() {
        let config = target("rtmp://h:1936/live/a?txSecret=1/2&txTime=3").rtmp(Role::Play, 128);
        assert_eq!((config.app.as_str(), config.name.as_str()), ("live", "a?txSecret=1/2&txTime=3"));
        assert_eq!(config.tc_url, "rtmp://h:1936/live");
        let config = target("rtmp://h/app/instance/a").rtmp(Role::Publish, 128);
        assert_eq!((config.app.as_str(), config.name.as_str()), ("app/instance", "a"));
    }

    #[test]
    fn the_protocol_is_seen_in_the_address() {
        for (url, protocol, port) in [
            ("rtmp://h/live/a", Protocol::Rtmp, 1935),
            ("http://h:8080/live/a.flv?x=y.mp4", Protocol::Flv, 8080),
            ("http://[::1]:8080/live/a.mp4", Protocol::Mp4, 8080),
            ("http://h/live/a.flv", Protocol::Flv, 80),
            ("https://h:8443/live/a.flv", Protocol::Flv, 8443),
            ("rtmps://h/live/a", Protocol::Rtmp, 443),
        ] {
            let target = target(url);
            assert_eq!((target.protocol, target.port), (protocol, port), "{url}");
            assert_eq!(target.tls, url.contains("s://"), "{url}");
        }
        assert!(matches!(Target::parse("http://h/live/a", None), Err(TargetFault::UnknownFormat(_))));
        let given = Target::parse("http://h/live/a", Some(Protocol::Mp4));
        assert!(given.is_ok_and(|target| target.protocol == Protocol::Mp4));
    }

    #[test]
    fn the_request_names_the_host_as_it_is_written() {
        let request = String::from_utf8(target("http://[::1]:81/live/a.flv?k=v").http_request()).expect("ASCII");
        assert!(request.starts_with("GET /live/a.flv?k=v HTTP/1.1\r\nHost: [::1]:81\r\n"), "{request}");
        assert!(request.ends_with("\r\n\r\n"), "{request}");
    }

    #[test]
    fn what_is_no_address_is_refused() {
        assert!(matches!(Target::parse("live/a", None), Err(TargetFault::NotUrl(_))));
        assert!(matches!(Target::parse("rtmp://h", None), Err(TargetFault::NotUrl(_))));
        assert!(matches!(Target::parse("http:///a.flv", None), Err(TargetFault::NotUrl(_))));
        assert!(matches!(Target::parse("ftp://h/a.flv", None), Err(TargetFault::Scheme(_))));
        assert!(matches!(Target::parse("rtmp://h/a", None), Err(TargetFault::NoName(_))));
        assert!(matches!(Target::parse("rtmp://h/live/?k=v", None), Err(TargetFault::NoName(_))));
        for port in ["0", "65536", "x", ""] {
            assert!(
                matches!(Target::parse(&format!("rtmp://h:{port}/a/b"), None), Err(TargetFault::Port(_))),
                "{port}"
            );
        }
    }
}
