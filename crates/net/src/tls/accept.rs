use std::io;
use std::sync::Arc;
use std::time::Duration;

use rustls::ServerConfig;
use thiserror::Error;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;

use super::{Certificates, TlsFault};
use crate::{Corkable, Stream};

/// HTTP/2 in ALPN.
pub const ALPN_HTTP2: &[u8] = b"h2";
/// HTTP/1.1 in ALPN.
pub const ALPN_HTTP1: &[u8] = b"http/1.1";

/// First byte of every TLS connection: a record of the handshake (RFC 8446, section 5.1).
const HANDSHAKE: u8 = 22;
/// First byte of every RTMP connection: its version.
const RTMP: u8 = 3;

/// Why a connection to a TLS listener came to nothing.
#[derive(Debug, Error)]
pub enum HandshakeFault {
    /// The peer closed the connection before the handshake was done.
    #[error("the peer closed the connection during the TLS handshake")]
    Closed,
    /// The handshake took too long.
    #[error("the TLS handshake was not done within {ms} ms")]
    TooLate {
        /// The limit.
        ms: u64,
    },
    /// The peer speaks something else.
    #[error("the peer speaks {what} without TLS; this port takes TLS only")]
    NoTls {
        /// What it speaks.
        what: &'static str,
    },
    /// The handshake failed.
    #[error("the TLS handshake failed: {0}")]
    Failed(io::Error),
}

/// Does the handshakes of one listener.
#[derive(Clone)]
pub struct Acceptor {
    inner: TlsAcceptor,
}

impl Acceptor {
    /// `alpn` are the protocols offered, the preferred one first; a client that asks for none of them by ALPN is refused,
    /// one that does not use ALPN is not.
    ///
    /// # Errors
    /// The TLS library does not take its settings.
    pub fn new(certificates: Arc<Certificates>, alpn: &[&[u8]]) -> Result<Self, TlsFault> {
        let builder =
            ServerConfig::builder_with_provider(certificates.provider()).with_safe_default_protocol_versions();
        let builder = builder.map_err(|error| TlsFault::Setup(error.to_string()))?;
        let mut config = builder.with_no_client_auth().with_cert_resolver(certificates);
        config.alpn_protocols = alpn.iter().map(|name| name.to_vec()).collect();
        Ok(Self { inner: Arc::new(config).into() })
    }

    /// Does the handshake of one connection, in `handshake_ms_max` milliseconds at most.
    ///
    /// # Errors
    /// Its reason to fail; the connection is closed then.
    pub async fn accept(&self, socket: TcpStream, handshake_ms_max: u64) -> Result<Stream, HandshakeFault> {
        let within = Duration::from_millis(handshake_ms_max);
        let late = HandshakeFault::TooLate { ms: handshake_ms_max };
        timeout(within, self.shake_hands(socket)).await.map_err(|_| late)?
    }

    async fn shake_hands(&self, mut socket: TcpStream) -> Result<Stream, HandshakeFault> {
        let mut first = [0];
        match socket.peek(&mut first).await {
            Ok(0) => return Err(HandshakeFault::Closed),
            Ok(_) => {}
            Err(error) => return Err(failed(error)),
        }
        match first {
            [HANDSHAKE] => {}
            [RTMP] => return Err(HandshakeFault::NoTls { what: "RTMP" }),
            [b'A'..=b'Z'] => {
                answer_in_plain(&mut socket).await;
                return Err(HandshakeFault::NoTls { what: "HTTP" });
            }
            _ => return Err(HandshakeFault::NoTls { what: "something" }),
        }
        let tls = self.inner.accept(Corkable::new(socket)).await.map_err(failed)?;
        Ok(Stream::Tls(Box::new(tls)))
    }
}

fn failed(error: io::Error) -> HandshakeFault {
    match error.kind() {
        io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe => {
            HandshakeFault::Closed
        }
        _ => HandshakeFault::Failed(error),
    }
}

/// An HTTP client is told in its own language, as a person may sit in front of it.
async fn answer_in_plain(socket: &mut TcpStream) {
    let body = "This port takes HTTPS: use https:// in the address.\n";
    let text = format!(
        "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    );
    // Whether the peer heard it makes no difference.
    let _ = socket.write_all(text.as_bytes()).await;
    let mut rest = [0; 4_096];
    // What it has sent is read: closing over unread bytes would destroy the answer.
    let _ = socket.try_read(&mut rest);
}
