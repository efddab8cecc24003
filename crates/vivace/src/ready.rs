//! Where the server of a data folder listens.

use std::fs;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream};
use std::path::Path;
use std::time::Duration;

use serde::Deserialize;
use vivace_server::Config;

use crate::fault::Fault;
use crate::print;

/// Written by the server into its data folder when all listeners are open.
const FILE: &str = "ready.json";
/// How long to wait for a listener to answer before it is taken for gone.
const ANSWER_MS_MAX: u64 = 500;

/// The addresses of the listeners.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub(crate) struct Listening {
    /// RTMP.
    pub(crate) rtmp: SocketAddr,
    /// HTTP.
    pub(crate) http: SocketAddr,
    /// RTMPS, if there is such a listener.
    pub(crate) rtmps: Option<SocketAddr>,
    /// HTTPS, if there is such a listener.
    pub(crate) https: Option<SocketAddr>,
}

impl Listening {
    /// Those of the running server, else those of the settings, with a note on stderr.
    ///
    /// # Errors
    /// [`Fault::NoServer`] where the settings leave the ports to chance.
    pub(crate) fn find(config: &Config) -> Result<Self, Fault> {
        if let Some(listening) = Self::of_server(&config.data) {
            return Ok(listening);
        }
        let data = config.data.display();
        let Config { rtmp, http, rtmps, https, .. } = *config;
        let listening = Self { rtmp, http, rtmps, https };
        if [Some(rtmp), Some(http), rtmps, https].into_iter().flatten().any(|address| address.port() == 0) {
            return Err(Fault::NoServer { data: config.data.clone() });
        }
        print::note(&format!("warning: no server runs on {data}; the addresses are those of the settings"));
        Ok(listening)
    }

    /// Those of the running server.
    ///
    /// # Errors
    /// [`Fault::NotRunning`].
    pub(crate) fn running(config: &Config) -> Result<Self, Fault> {
        Self::of_server(&config.data).ok_or_else(|| Fault::NotRunning { data: config.data.clone() })
    }

    /// The HTTP listener, at an address that this machine reaches.
    pub(crate) fn http_here(&self) -> SocketAddr {
        SocketAddr::new(reachable(self.http.ip()), self.http.port())
    }

    /// Those of the running server, if one runs: a server that was killed leaves its file behind.
    pub(crate) fn of_server(data: &Path) -> Option<Self> {
        let text = fs::read_to_string(data.join(FILE)).ok()?;
        let listening: Self = serde_json::from_str(&text).ok()?;
        let http = SocketAddr::new(reachable(listening.http.ip()), listening.http.port());
        TcpStream::connect_timeout(&http, Duration::from_millis(ANSWER_MS_MAX)).ok().map(|_| listening)
    }
}

/// `host:port` as it stands in a URL: the public host if there is one, else an address that this machine reaches.
pub(crate) fn authority(address: SocketAddr, public_host: Option<&str>) -> String {
    match public_host {
        Some(host) => format!("{host}:{}", address.port()),
        None => SocketAddr::new(reachable(address.ip()), address.port()).to_string(),
    }
}

/// An address that stands for all of the machine's cannot be connected to everywhere; its loopback can.
fn reachable(ip: IpAddr) -> IpAddr {
    match ip {
        IpAddr::V4(v4) if v4.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(v6) if v6.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::{Listening, authority};

    #[test]
    fn an_authority_can_be_connected_to() {
        let of = |address: &str, host| authority(address.parse().unwrap(), host);
        assert_eq!(of("0.0.0.0:1935", None), "127.0.0.1:1935");
        assert_eq!(of("[::]:1935", None), "[::1]:1935");
        assert_eq!(of("192.0.2.7:80", None), "192.0.2.7:80");
        assert_eq!(of("0.0.0.0:1935", Some("live.example.com")), "live.example.com:1935");
    }

    #[test]
    fn the_file_of_the_server_is_read() {
        let found: Listening = serde_json::from_str(r#"{"rtmp":"127.0.0.1:40123","http":"[::1]:8080"}"#).unwrap();
        assert_eq!((found.rtmp.port(), found.http.to_string().as_str()), (40_123, "[::1]:8080"));
        assert_eq!((found.rtmps, found.https), (None, None));
        let text = r#"{"rtmp":"[::1]:1","http":"[::1]:2","rtmps":"[::1]:3","https":"[::1]:4"}"#;
        let found: Listening = serde_json::from_str(text).unwrap();
        assert_eq!((found.rtmps.unwrap().port(), found.https.unwrap().port()), (3, 4));
    }
}
