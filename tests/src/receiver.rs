use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread::{JoinHandle, spawn};
use std::time::Duration;

use parking_lot::Mutex;
use serde_json::Value;

use crate::wait_some;

/// How often a thread that waits looks whether it is to end.
const LOOK: Duration = Duration::from_millis(20);

/// How a receiver of callbacks answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answering {
    /// As it should.
    Well,
    /// With this status.
    Status(u16),
    /// With status 200 and this code.
    Code(i64),
    /// With an object of so many bytes.
    Flood(usize),
    /// Closes without a word.
    Close,
    /// Never.
    Hang,
}

/// A callback that has come.
#[derive(Clone, Debug)]
pub struct Callback {
    /// The path that it was posted to.
    pub path: String,
    /// Its body.
    pub body: Value,
    /// How it was answered.
    pub answered: Answering,
}

/// A customer's server that takes callbacks.
#[derive(Debug)]
pub struct Receiver {
    address: SocketAddr,
    state: Arc<State>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug)]
struct State {
    answering: Mutex<Answering>,
    heard: Mutex<Vec<Callback>>,
    stop: AtomicBool,
}

impl Receiver {
    /// One that answers well.
    #[track_caller]
    pub fn start() -> Self {
        Self::start_at(SocketAddr::from(([127, 0, 0, 1], 0)), Answering::Well)
    }

    /// One at an address of which something has been told before.
    #[track_caller]
    pub fn start_at(address: SocketAddr, answering: Answering) -> Self {
        let listener = TcpListener::bind(address).unwrap();
        listener.set_nonblocking(true).unwrap();
        let address = listener.local_addr().unwrap();
        let state = State { answering: Mutex::new(answering), heard: Mutex::default(), stop: AtomicBool::new(false) };
        let state = Arc::new(state);
        let shared = state.clone();
        Self { address, state, thread: Some(spawn(move || accept(&listener, &shared))) }
    }

    /// Where it listens.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// An address of its own.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// From now on it answers so.
    pub fn answer(&self, answering: Answering) {
        *self.state.answering.lock() = answering;
    }

    /// All that has come.
    pub fn heard(&self) -> Vec<Callback> {
        self.state.heard.lock().clone()
    }

    /// What has come and was answered well.
    pub fn taken(&self) -> Vec<Value> {
        self.heard().into_iter().filter(|one| one.answered == Answering::Well).map(|one| one.body).collect()
    }

    /// Waits until so many callbacks were answered well.
    #[track_caller]
    pub fn wait(&self, count: usize) -> Vec<Value> {
        wait_some(&format!("{count} callbacks"), || Some(self.taken()).filter(|taken| taken.len() >= count))
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.state.stop.store(true, Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn accept(listener: &TcpListener, state: &Arc<State>) {
    let mut sessions = Vec::new();
    while !state.stop.load(Relaxed) {
        match listener.accept() {
            Ok((socket, _)) => {
                let state = state.clone();
                sessions.push(spawn(move || {
                    // A server that is killed in between is no fault of the receiver.
                    let _ = serve(socket, &state);
                }));
            }
            Err(_) => std::thread::sleep(LOOK),
        }
    }
    for session in sessions {
        let _ = session.join();
    }
}

fn serve(mut socket: TcpStream, state: &State) -> std::io::Result<()> {
    socket.set_nonblocking(false)?;
    socket.set_read_timeout(Some(LOOK))?;
    let Some((path, body)) = read(&mut socket, state)? else { return Ok(()) };
    let answered = *state.answering.lock();
    let body = serde_json::from_slice(&body).unwrap_or(Value::Null);
    state.heard.lock().push(Callback { path, body, answered });
    let mut say = |status: u16, body: &[u8]| {
        write!(socket, "HTTP/1.1 {status} X\r\ncontent-length: {}\r\n\r\n", body.len())?;
        socket.write_all(body)
    };
    match answered {
        Answering::Well => say(200, br#"{"code":0}"#),
        Answering::Status(status) => say(status, b""),
        Answering::Code(code) => say(200, format!("{{\"code\":{code}}}").as_bytes()),
        Answering::Flood(bytes) => say(200, &[b"{\"x\":\"".as_slice(), &vec![b'x'; bytes]].concat()),
        Answering::Close => Ok(()),
        Answering::Hang => {
            let mut buffer = [0; 1];
            loop {
                // A read returns after its own time-out at the latest.
                if state.stop.load(Relaxed) || matches!(socket.read(&mut buffer), Ok(0)) {
                    return Ok(());
                }
            }
        }
    }
}

/// Path and body of a request.
fn read(socket: &mut TcpStream, state: &State) -> std::io::Result<Option<(String, Vec<u8>)>> {
    let (mut bytes, mut buffer) = (Vec::new(), [0; 4_096]);
    loop {
        if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse::<usize>().ok());
            let body = &bytes[end + 4..];
            if body.len() >= length.unwrap_or(0) {
                let path = head.split(' ').nth(1).unwrap_or_default().to_owned();
                return Ok(Some((path, body.to_vec())));
            }
        }
        match socket.read(&mut buffer) {
            Ok(0) => return Ok(None),
            Ok(count) => bytes.extend_from_slice(&buffer[..count]),
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                if state.stop.load(Relaxed) {
                    return Ok(None);
                }
            }
            Err(error) => return Err(error),
        }
    }
}
