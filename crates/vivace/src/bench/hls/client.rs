//! A connection that is kept for one request after the other (RFC 9112).

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use rustix::net::{RecvFlags, recv};
use thiserror::Error;

/// A server that says nothing for this long has failed.
const PATIENCE: Duration = Duration::from_secs(20);
/// Longest response head.
const HEAD_BYTES_MAX: usize = 16 << 10;
/// Longest playlist.
const TEXT_BYTES_MAX: u64 = 1 << 20;
/// Dropped inside of the kernel at once.
const DROP_BYTES: usize = 256 << 10;

/// Why a viewer could not go on.
#[derive(Debug, Error)]
pub(super) enum ClientFault {
    #[error("{what}: {error}")]
    Io { what: &'static str, error: io::Error },
    #[error("the server closed the connection")]
    Closed,
    #[error("HTTP answered {0:?}")]
    Status(String),
    #[error("the response has no Content-Length")]
    Length,
    #[error("the response has {bytes} bytes of {what}, more than {max}")]
    TooLong { what: &'static str, bytes: u64, max: u64 },
}

/// The connection.
pub(super) struct Client {
    stream: TcpStream,
    authority: String,
    /// What came with the last head and belongs to the body.
    early: Vec<u8>,
    sink: Vec<u8>,
}

impl Client {
    /// Connects.
    ///
    /// # Errors
    /// [`ClientFault::Io`].
    pub(super) fn connect(address: SocketAddr, authority: String) -> Result<Self, ClientFault> {
        let stream = TcpStream::connect_timeout(&address, PATIENCE).map_err(during("connecting"))?;
        stream.set_nodelay(true).map_err(during("TCP_NODELAY"))?;
        stream.set_read_timeout(Some(PATIENCE)).map_err(during("SO_RCVTIMEO"))?;
        stream.set_write_timeout(Some(PATIENCE)).map_err(during("SO_SNDTIMEO"))?;
        Ok(Self { stream, authority, early: Vec::new(), sink: Vec::new() })
    }

    /// A playlist.
    ///
    /// # Errors
    /// [`ClientFault`]; nothing more is to be asked then.
    pub(super) fn text(&mut self, path: &str) -> Result<String, ClientFault> {
        let bytes = self.ask(path)?;
        if bytes > TEXT_BYTES_MAX {
            return Err(ClientFault::TooLong { what: "playlist", bytes, max: TEXT_BYTES_MAX });
        }
        let mut body = std::mem::take(&mut self.early);
        let mut rest = vec![0; (bytes as usize).saturating_sub(body.len())];
        self.stream.read_exact(&mut rest).map_err(during("receiving a playlist"))?;
        body.append(&mut rest);
        Ok(String::from_utf8_lossy(&body).into_owned())
    }

    /// A file whose bytes the kernel drops; how many there were.
    ///
    /// # Errors
    /// [`ClientFault`]; nothing more is to be asked then.
    pub(super) fn discard(&mut self, path: &str) -> Result<u64, ClientFault> {
        let bytes = self.ask(path)?;
        let mut left = bytes.saturating_sub(std::mem::take(&mut self.early).len() as u64);
        while left > 0 {
            let wanted = left.min(DROP_BYTES as u64) as usize;
            // The kernel writes nothing to it.
            self.sink.resize(DROP_BYTES, 0);
            let room = self.sink.get_mut(..wanted).unwrap_or_default();
            match recv(&self.stream, room, RecvFlags::TRUNC) {
                Ok((_, 0)) => return Err(ClientFault::Closed),
                Ok((_, dropped)) => left = left.saturating_sub(dropped as u64),
                Err(rustix::io::Errno::INTR) => {}
                Err(errno) => return Err(during("receiving a segment")(errno.into())),
            }
        }
        Ok(bytes)
    }

    /// Sends a request and reads the head of its response; how long the body is.
    fn ask(&mut self, path: &str) -> Result<u64, ClientFault> {
        let request = format!(
            "GET {path} HTTP/1.1\r\nHost: {}\r\nUser-Agent: vivace-bench\r\nAccept: */*\r\n\r\n",
            self.authority
        );
        self.stream.write_all(request.as_bytes()).map_err(during("sending"))?;
        let mut head = Vec::new();
        let mut buffer = [0; 2 << 10];
        loop {
            let count = self.stream.read(&mut buffer).map_err(during("receiving"))?;
            if count == 0 {
                return Err(ClientFault::Closed);
            }
            head.extend_from_slice(buffer.get(..count).unwrap_or_default());
            if let Some(end) = head.windows(4).position(|four| four == b"\r\n\r\n") {
                self.early = head.split_off(end.saturating_add(4));
                return length(&String::from_utf8_lossy(&head));
            }
            if head.len() > HEAD_BYTES_MAX {
                let (bytes, max) = (head.len() as u64, HEAD_BYTES_MAX as u64);
                return Err(ClientFault::TooLong { what: "head", bytes, max });
            }
        }
    }
}

fn length(head: &str) -> Result<u64, ClientFault> {
    let line = head.lines().next().unwrap_or_default();
    if !line.starts_with("HTTP/1.1 200") {
        return Err(ClientFault::Status(line.chars().filter(|character| !character.is_control()).take(200).collect()));
    }
    let mut fields = head.lines().filter_map(|line| line.split_once(':'));
    let found = fields.find(|(name, _)| name.eq_ignore_ascii_case("content-length"));
    found.and_then(|(_, value)| value.trim().parse().ok()).ok_or(ClientFault::Length)
}

fn during(what: &'static str) -> impl FnOnce(io::Error) -> ClientFault {
    move |error| ClientFault::Io { what, error }
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::net::TcpListener;
    use std::thread;

    use super::{Client, ClientFault, length};

    #[test]
    fn the_length_is_taken_from_the_head_and_everything_else_is_refused() {
        assert_eq!(length("HTTP/1.1 200 OK\r\ncontent-LENGTH: 12\r\n\r\n").ok(), Some(12));
        assert!(matches!(length("HTTP/1.1 404 Not Found\r\nContent-Length: 1\r\n\r\n"), Err(ClientFault::Status(_))));
        assert!(matches!(length("HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n"), Err(ClientFault::Length)));
        assert!(matches!(length(""), Err(ClientFault::Status(_))));
    }

    #[test]
    fn bodies_are_read_and_dropped_over_one_connection() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("an address");
        let server = thread::spawn(move || {
            let (mut stream, _) = listener.accept().expect("a client");
            let body = "x".repeat(500_000);
            let responses = format!(
                "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabcHTTP/1.1 200 OK\r\nContent-Length: 500000\r\n\r\n{body}"
            );
            // The first response in two pieces, so that its body comes with and behind the head.
            let (first, rest) = responses.split_at(40);
            stream.write_all(first.as_bytes()).expect("the first bytes");
            let mut request = [0; 1];
            std::io::Read::read_exact(&mut stream, &mut request).expect("a request");
            stream.write_all(rest.as_bytes().get(..1).expect("a byte")).expect("its end");
            let mut heads = 0;
            let mut seen = Vec::new();
            while heads < 2 {
                let mut byte = [0];
                std::io::Read::read_exact(&mut stream, &mut byte).expect("a request");
                seen.extend(byte);
                heads = String::from_utf8_lossy(&seen).matches("\r\n\r\n").count();
            }
            stream.write_all(rest.as_bytes().get(1..).expect("the rest")).expect("the second response");
        });
        let mut client = Client::connect(address, "h".to_owned()).expect("a connection");
        assert_eq!(client.text("/a").ok().as_deref(), Some("abc"));
        assert_eq!(client.discard("/b").ok(), Some(500_000));
        assert!(matches!(client.discard("/c"), Err(ClientFault::Closed | ClientFault::Io { .. })));
        server.join().expect("the server");
    }
}
