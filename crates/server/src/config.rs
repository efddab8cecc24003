use std::net::SocketAddr;
use std::path::PathBuf;

use vivace_base::Limits;

/// Who may push, or play.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Auth {
    /// Whoever holds a URL signed with the app's key (`txSecret`, `txTime`).
    Signed,
    /// Anybody. A push is then owned by the address it comes from.
    Open,
}

/// Which certificate the TLS listeners show.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TlsConfig {
    /// The certificate's file; unset, `tls/cert.pem` in the data folder.
    pub cert: Option<PathBuf>,
    /// The key's file; unset, `tls/key.pem` in the data folder.
    pub key: Option<PathBuf>,
    /// Names and addresses in the self-signed certificate that is made where none is there; empty, those of loopback, the
    /// machine's host name, and [`Config::public_host`].
    pub names: Vec<String>,
}

/// Everything that decides how a server runs. Parsed and checked; the server believes it.
#[derive(Clone, Debug)]
pub struct Config {
    /// Address of the RTMP listener; port 0 takes a free one.
    pub rtmp: SocketAddr,
    /// Address of the HTTP listener; port 0 takes a free one.
    pub http: SocketAddr,
    /// Address of the RTMPS listener; port 0 takes a free one, unset there is none.
    pub rtmps: Option<SocketAddr>,
    /// Address of the HTTPS listener; port 0 takes a free one, unset there is none.
    pub https: Option<SocketAddr>,
    /// The certificate of both.
    pub tls: TlsConfig,
    /// The data folder; made if it is not there.
    pub data: PathBuf,
    /// Host name or address put into URLs that are handed out; unset, the one that the request came to.
    pub public_host: Option<String>,
    /// Who may push.
    pub push_auth: Auth,
    /// Who may play.
    pub play_auth: Auth,
    /// How long a signed URL made by the command line or the page is good for, in seconds.
    pub url_validity_s: u64,
    /// Whether the page and the lists behind it are shown without the app's `api_token`.
    pub page_open: bool,
    /// Frames of a stream are sent together once in this many milliseconds; 0 sends each picture at once.
    pub merge_ms: u64,
    /// Delivery threads; unset, one per core that the process may use.
    pub delivery_threads: Option<usize>,
    /// All limits.
    pub limits: Limits,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            rtmp: SocketAddr::from(([0, 0, 0, 0], 1935)),
            http: SocketAddr::from(([0, 0, 0, 0], 8080)),
            rtmps: Some(SocketAddr::from(([0, 0, 0, 0], 1936))),
            https: Some(SocketAddr::from(([0, 0, 0, 0], 8443))),
            tls: TlsConfig::default(),
            data: PathBuf::from("vivace-data"),
            public_host: None,
            push_auth: Auth::Signed,
            play_auth: Auth::Signed,
            url_validity_s: 30 * 86_400,
            page_open: false,
            merge_ms: 50,
            delivery_threads: None,
            limits: Limits::default(),
        }
    }
}
