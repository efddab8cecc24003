use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::Value;

use crate::{PATIENCE, Timer, split};

/// How long a whole response may take that ends: one that goes on for ever is a live stream in its place.
const WHOLE: Duration = Duration::from_secs(90);

/// A whole HTTP response.
#[derive(Clone, Debug)]
pub struct Answer {
    /// Status code.
    pub status: u16,
    /// Status line and header lines.
    pub head: String,
    /// The body.
    pub body: Vec<u8>,
}

impl Answer {
    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON.
    ///
    /// # Panics
    /// It is not JSON.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error} in {:?}", self.text()))
    }

    /// A header's value; names are compared without regard to case.
    pub fn header(&self, name: &str) -> Option<&str> {
        header(&self.head, name)
    }
}

pub(crate) fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    let pairs = head.lines().filter_map(|line| line.split_once(':'));
    pairs.into_iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
}

/// GET.
#[track_caller]
pub fn get(url: &str) -> Answer {
    get_with(url, &[])
}

/// GET with further headers. The path goes out as it stands, however wrong it is.
#[track_caller]
pub fn get_with(url: &str, headers: &[(&str, &str)]) -> Answer {
    let (authority, path) = split(url);
    let more: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let path = if path.is_empty() { "/" } else { path };
    request(
        authority,
        format!("GET {path} HTTP/1.1\r\nHost: {authority}\r\nConnection: close\r\n{more}\r\n").as_bytes(),
    )
}

/// Sends these very bytes and reads until the server closes.
///
/// # Panics
/// There is no answer.
#[track_caller]
pub fn request(authority: &str, bytes: &[u8]) -> Answer {
    let mut socket = open(authority);
    socket.write_all(bytes).unwrap();
    // A refused request may end with a reset: what was said before counts.
    parse(read_whole(&mut socket))
}

/// Reads until the other end closes, or nothing comes for [`PATIENCE`].
///
/// # Panics
/// It goes on and on.
#[track_caller]
pub(crate) fn read_whole(socket: &mut impl Read) -> Vec<u8> {
    let (timer, mut all, mut piece) = (Timer::new(WHOLE), Vec::new(), vec![0; 64 << 10]);
    while let Ok(count @ 1..) = socket.read(&mut piece) {
        all.extend_from_slice(&piece[..count]);
        if timer.is_over() {
            let begin = String::from_utf8_lossy(&all[..all.len().min(1_000)]).into_owned();
            panic!("a response has not ended within {WHOLE:?}, after {} bytes: {begin}", all.len());
        }
    }
    all
}

/// A whole response.
#[track_caller]
pub(crate) fn parse(mut all: Vec<u8>) -> Answer {
    let end = all.windows(4).position(|four| four == b"\r\n\r\n");
    let end = end.unwrap_or_else(|| panic!("no HTTP response: {:?}", String::from_utf8_lossy(&all)));
    let head = String::from_utf8_lossy(&all[..end]).into_owned();
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap();
    Answer { status, head, body: all.split_off(end + 4) }
}

pub(crate) fn open(authority: &str) -> TcpStream {
    let socket = TcpStream::connect(authority).unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    socket.set_write_timeout(Some(PATIENCE)).unwrap();
    socket.set_nodelay(true).unwrap();
    socket
}

/// The endless body of a live play.
#[derive(Debug)]
pub struct Live {
    socket: TcpStream,
    /// Status line and header lines of the response.
    pub head: String,
}

impl Live {
    /// Begins to play.
    ///
    /// # Panics
    /// It is refused.
    #[track_caller]
    pub fn open(url: &str) -> Self {
        Self::over(open(split(url).0), url, "")
    }

    /// Begins to play over this socket, with further header lines.
    ///
    /// # Panics
    /// It is refused.
    #[track_caller]
    pub fn over(mut socket: TcpStream, url: &str, headers: &str) -> Self {
        let (authority, path) = split(url);
        write!(socket, "GET {path} HTTP/1.1\r\nHost: {authority}\r\n{headers}\r\n").unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            socket.read_exact(&mut byte).unwrap();
            head.push(byte[0]);
        }
        let head = String::from_utf8(head).unwrap();
        assert!(head.starts_with("HTTP/1.1 200 ") || head.starts_with("HTTP/1.1 101 "), "{head}");
        Self { socket, head }
    }

    /// The socket.
    pub fn socket(&mut self) -> &mut TcpStream {
        &mut self.socket
    }
}

impl Read for Live {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        self.socket.read(buffer)
    }
}
