//! The CONNECT listener: programs that are made for the cloud's own host names are pointed here as at a proxy, and get a
//! connection to this server's HTTPS instead. Nothing is connected to: the very socket goes on as one of HTTPS.

use std::time::Duration;

use thiserror::Error;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use vivace_lvb::connect::{HeadFault, is_whole, judge};

/// Why a connection is not one to HTTPS.
#[derive(Debug, Error)]
pub(crate) enum ConnectFault {
    /// No whole head came in time.
    #[error("no whole request head came within {ms} ms")]
    Late {
        /// How long it was waited for.
        ms: u64,
    },
    /// The head is wrong.
    #[error(transparent)]
    Head(#[from] HeadFault),
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
            Self::Head(HeadFault::TooLong { .. } | HeadFault::Malformed) => {
                Some(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
            }
            Self::Head(HeadFault::Method) => Some(
                b"HTTP/1.1 405 Method Not Allowed\r\nAllow: CONNECT\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
            ),
            Self::Head(HeadFault::Elsewhere) => {
                Some(b"HTTP/1.1 403 Forbidden\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
            }
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
    let judged = read.unwrap_or(Err(ConnectFault::Late { ms })).and_then(|head| Ok(judge(&head)?));
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
        if is_whole(&head, bytes_max)? {
            return Ok(head);
        }
    }
}
