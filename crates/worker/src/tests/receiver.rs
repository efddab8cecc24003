use std::net::SocketAddr;
use std::sync::Arc;

use parking_lot::Mutex;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::task::AbortOnDropHandle;

/// How a receiver answers.
#[derive(Clone, Copy)]
pub(super) enum Reply {
    Whole {
        status: u16,
        body: &'static str,
    },
    /// A body of so many bytes with status 200.
    Flood {
        first: &'static str,
        bytes: usize,
    },
    /// Closes without a word.
    Close,
    /// Something that is not HTTP.
    Garbage,
    /// Never.
    Hang,
}

impl Reply {
    pub(super) const fn text(status: u16, body: &'static str) -> Self {
        Self::Whole { status, body }
    }
}

/// A request as it came.
#[derive(Clone, Debug)]
pub(super) struct Heard {
    pub(super) head: String,
    pub(super) body: String,
}

/// A customer's server. What the n-th request is answered with is the test's matter.
pub(super) struct Receiver {
    address: SocketAddr,
    heard: Arc<Mutex<Vec<Heard>>>,
    _task: AbortOnDropHandle<()>,
}

impl Receiver {
    pub(super) async fn start(answer: fn(usize) -> Reply) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let heard = Arc::new(Mutex::new(Vec::new()));
        let told = heard.clone();
        let serving = async move {
            // Ended with this task: aborting it drops them.
            let mut sessions = tokio::task::JoinSet::new();
            while let Ok((socket, _)) = listener.accept().await {
                sessions.spawn(serve(socket, answer, told.clone()));
            }
        };
        Self { address, heard, _task: AbortOnDropHandle::new(tokio::spawn(serving)) }
    }

    pub(super) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub(super) fn heard(&self) -> Vec<Heard> {
        self.heard.lock().clone()
    }
}

async fn serve(mut socket: TcpStream, answer: fn(usize) -> Reply, heard: Arc<Mutex<Vec<Heard>>>) {
    let Some(request) = read(&mut socket).await else { return };
    let number = {
        let mut heard = heard.lock();
        heard.push(request);
        heard.len() - 1
    };
    let sent = match answer(number) {
        Reply::Whole { status, body } => {
            let head = format!("HTTP/1.1 {status} X\r\nlocation: /y\r\ncontent-length: {}\r\n\r\n{body}", body.len());
            socket.write_all(head.as_bytes()).await
        }
        Reply::Flood { first, bytes } => {
            let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {bytes}\r\n\r\n{first}");
            let rest = vec![b' '; bytes - first.len()];
            match socket.write_all(head.as_bytes()).await {
                Ok(()) => socket.write_all(&rest).await,
                failed => failed,
            }
        }
        Reply::Close => Ok(()),
        Reply::Garbage => socket.write_all(b"ICY 200 OK\r\n\r\n").await,
        Reply::Hang => std::future::pending().await,
    };
    // One that does not read on has closed.
    let _ = sent;
}

async fn read(socket: &mut TcpStream) -> Option<Heard> {
    let mut bytes = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: "))?;
            if body.len() >= length.parse().ok()? {
                return Some(Heard { head: format!("{head}\r\n"), body: body.to_owned() });
            }
        }
        let mut buffer = [0; 4_096];
        let count = socket.read(&mut buffer).await.ok().filter(|count| *count > 0)?;
        bytes.extend_from_slice(&buffer[..count]);
    }
}
