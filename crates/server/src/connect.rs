//! The CONNECT listener: programs that are made for the cloud's own host names are pointed here as at a proxy, and get a
//! connection to this server's HTTPS instead. Nothing is connected to: the very socket goes on as one of HTTPS.

use std::time::Duration;

use thiserror::Error;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// The names that a CONNECT may ask for, and that the self-signed certificate carries.
pub(crate) const CLOUD_NAMES: [&str; 4] =
    ["live.api.qcloud.com", "fcgi.video.qcloud.com", "statcgi.video.qcloud.com", "live.tencentcloudapi.com"];

/// The port of HTTPS.
const PORT: &str = "443";

/// Why a connection is not one to HTTPS.
#[derive(Debug, Error)]
pub(crate) enum ConnectFault {
    /// No whole head came in time.
    #[error("no whole request head came within {ms} ms")]
    Late {
        /// How long it was waited for.
        ms: u64,
    },
    /// The head is too long.
    #[error("the request head has more than {max} bytes")]
    TooLong {
        /// Bytes allowed.
        max: usize,
    },
    /// The head is not one of HTTP/1, or something follows it before the answer.
    #[error("the request is not one of HTTP/1.1")]
    Malformed,
    /// Another method.
    #[error("the method is not CONNECT")]
    Method,
    /// Another host or port.
    #[error("only this server's own names are connected to, at port {PORT}")]
    Elsewhere,
    /// The connection broke.
    #[error("the connection broke")]
    Broken(#[from] std::io::Error),
}

impl ConnectFault {
    /// The answer; none where nobody is left to read one.
    const fn answer(&self) -> Option<&'static [u8]> {
        match self {
            Self::Late { .. } => {
                Some(b"HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
            }
            Self::TooLong { .. } | Self::Malformed => {
                Some(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
            }
            Self::Method => Some(
                b"HTTP/1.1 405 Method Not Allowed\r\nAllow: CONNECT\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
            ),
            Self::Elsewhere => Some(b"HTTP/1.1 403 Forbidden\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"),
            Self::Broken(_) => None,
        }
    }
}

/// Reads a CONNECT and answers it; the connection then belongs to what the client speaks next.
///
/// # Errors
/// [`ConnectFault`]; the client has been told.
pub(crate) async fn admit(socket: &mut TcpStream, head_bytes_max: usize, ms: u64) -> Result<(), ConnectFault> {
    let patience = Duration::from_millis(ms);
    let read = timeout(patience, read_head(socket, head_bytes_max)).await;
    let judged = read.unwrap_or(Err(ConnectFault::Late { ms })).and_then(|head| judge(&head));
    let answer = match &judged {
        Ok(()) => Some(b"HTTP/1.1 200 Connection established\r\n\r\n".as_slice()),
        Err(fault) => fault.answer(),
    };
    if let Some(answer) = answer {
        let late = std::io::Error::from(std::io::ErrorKind::TimedOut);
        let written = timeout(patience, socket.write_all(answer)).await.unwrap_or(Err(late));
        // What was wrong with the request says more than that its answer was not read.
        judged?;
        written?;
        return Ok(());
    }
    judged
}

async fn read_head(socket: &mut TcpStream, bytes_max: usize) -> Result<Vec<u8>, ConnectFault> {
    let mut head = Vec::new();
    let mut piece = [0; 1_024];
    loop {
        let count = socket.read(&mut piece).await?;
        if count == 0 {
            return Err(std::io::Error::from(std::io::ErrorKind::UnexpectedEof).into());
        }
        head.extend(piece.get(..count).unwrap_or_default());
        match head.windows(4).position(|end| end == b"\r\n\r\n") {
            Some(at) if at + 4 == head.len() => return Ok(head),
            // A client that begins before it is answered speaks to somebody else.
            Some(_) => return Err(ConnectFault::Malformed),
            None if head.len() > bytes_max => return Err(ConnectFault::TooLong { max: bytes_max }),
            None => {}
        }
    }
}

fn judge(head: &[u8]) -> Result<(), ConnectFault> {
    let line = head.split(|byte| *byte == b'\r').next().and_then(|line| std::str::from_utf8(line).ok());
    let mut words = line.ok_or(ConnectFault::Malformed)?.split(' ');
    let (Some(method), Some(target), Some(version), None) = (words.next(), words.next(), words.next(), words.next())
    else {
        return Err(ConnectFault::Malformed);
    };
    if !version.starts_with("HTTP/1.") {
        return Err(ConnectFault::Malformed);
    }
    if method != "CONNECT" {
        return Err(ConnectFault::Method);
    }
    let ours = target
        .rsplit_once(':')
        .is_some_and(|(host, port)| port == PORT && CLOUD_NAMES.iter().any(|name| name.eq_ignore_ascii_case(host)));
    if ours { Ok(()) } else { Err(ConnectFault::Elsewhere) }
}

#[cfg(test)]
mod tests {
    use super::{ConnectFault, judge};

    #[test]
    fn only_our_own_names_are_connected_to() {
        let judge = |line: &str| judge(format!("{line}\r\nHost: x\r\n\r\n").as_bytes());
        assert!(judge("CONNECT live.api.qcloud.com:443 HTTP/1.1").is_ok());
        assert!(judge("CONNECT LIVE.tencentcloudapi.com:443 HTTP/1.0").is_ok());
        for target in [
            "live.api.qcloud.com:80",
            "live.api.qcloud.com",
            "169.254.169.254:80",
            "127.0.0.1:443",
            "example.org:443",
            "x.live.api.qcloud.com:443",
            "live.api.qcloud.com.:443",
            "[::1]:443",
            ":443",
            "",
        ] {
            let answer = judge(&format!("CONNECT {target} HTTP/1.1"));
            assert!(matches!(answer, Err(ConnectFault::Elsewhere)), "{target}: {answer:?}");
        }
        assert!(matches!(judge("GET http://live.api.qcloud.com/ HTTP/1.1"), Err(ConnectFault::Method)));
        for line in ["", "CONNECT", "CONNECT live.api.qcloud.com:443", "CONNECT a b HTTP/1.1 c", "CONNECT a:443 HTTP/2"]
        {
            assert!(matches!(judge(line), Err(ConnectFault::Malformed)), "{line}");
        }
    }
}
