use std::collections::BTreeMap;
use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread::{JoinHandle, sleep, spawn};
use std::time::Duration;

use parking_lot::Mutex;

use crate::Folder;

/// How often a thread that waits looks whether it is to end.
const LOOK: Duration = Duration::from_millis(20);

/// How a path is answered that is no file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Giving {
    /// With this body.
    Body(Vec<u8>),
    /// With this status.
    Status(u16),
    /// Sends to this place.
    Redirect(String),
    /// Announces so many bytes, and sends until nobody takes them.
    Flood(u64),
    /// Announces nothing, begins with this, and repeats the second for ever.
    Endless(Vec<u8>, Vec<u8>),
    /// A byte each look, for ever.
    Drip,
    /// Never.
    Hang,
}

/// A small web server: the files of a folder, and what a scenario wants besides.
#[derive(Debug)]
pub struct Web {
    address: SocketAddr,
    state: Arc<State>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug)]
struct State {
    folder: Folder,
    giving: Mutex<BTreeMap<String, Giving>>,
    /// Paths with their queries.
    asked: Mutex<Vec<String>>,
    /// Bytes that were sent.
    sent: Mutex<u64>,
    stop: AtomicBool,
}

impl Web {
    /// One with an empty folder.
    #[track_caller]
    pub fn start() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        listener.set_nonblocking(true).unwrap();
        let address = listener.local_addr().unwrap();
        let (giving, asked, sent, stop) = Default::default();
        let state = Arc::new(State { folder: Folder::new(), giving, asked, sent, stop });
        let shared = state.clone();
        Self { address, state, thread: Some(spawn(move || accept(&listener, &shared))) }
    }

    /// An address of its own.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Its folder.
    pub fn folder(&self) -> &Folder {
        &self.state.folder
    }

    /// From now on a path is answered so.
    pub fn give(&self, path: &str, giving: Giving) {
        self.state.giving.lock().insert(path.to_owned(), giving);
    }

    /// How often a path was asked for, whatever its query.
    pub fn asked(&self, path: &str) -> usize {
        self.state.asked.lock().iter().filter(|asked| asked.split('?').next() == Some(path)).count()
    }

    /// Bytes that were sent and taken.
    pub fn sent(&self) -> u64 {
        *self.state.sent.lock()
    }
}

impl Drop for Web {
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
                    // Who closes in between is no fault of this server.
                    let _ = serve(socket, &state);
                }));
            }
            Err(_) => sleep(LOOK),
        }
    }
    for session in sessions {
        let _ = session.join();
    }
}

fn serve(mut socket: TcpStream, state: &State) -> std::io::Result<()> {
    socket.set_nonblocking(false)?;
    socket.set_read_timeout(Some(LOOK))?;
    socket.set_write_timeout(Some(Duration::from_secs(2)))?;
    while let Some(target) = read(&mut socket, state)? {
        let path = target.split('?').next().unwrap_or_default().to_owned();
        state.asked.lock().push(target);
        let giving = state.giving.lock().get(&path).cloned();
        let giving =
            giving.unwrap_or_else(|| match std::fs::read(state.folder.path().join(path.trim_start_matches('/'))) {
                Ok(body) => Giving::Body(body),
                Err(_) => Giving::Status(404),
            });
        give(&mut socket, state, giving)?;
    }
    Ok(())
}

fn give(socket: &mut TcpStream, state: &State, giving: Giving) -> std::io::Result<()> {
    let mut send = |bytes: &[u8]| {
        socket.write_all(bytes)?;
        *state.sent.lock() += bytes.len() as u64;
        if state.stop.load(Relaxed) { Err(ErrorKind::Interrupted.into()) } else { Ok(()) }
    };
    match giving {
        Giving::Body(body) => {
            send(format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", body.len()).as_bytes())?;
            send(&body)
        }
        Giving::Status(status) => send(format!("HTTP/1.1 {status} X\r\nContent-Length: 0\r\n\r\n").as_bytes()),
        Giving::Redirect(to) => {
            send(format!("HTTP/1.1 302 Found\r\nLocation: {to}\r\nContent-Length: 0\r\n\r\n").as_bytes())
        }
        Giving::Flood(bytes) => {
            send(format!("HTTP/1.1 200 OK\r\nContent-Length: {bytes}\r\n\r\n").as_bytes())?;
            loop {
                send(&[b'x'; 16 << 10])?;
            }
        }
        Giving::Endless(begin, again) => {
            send(b"HTTP/1.1 200 OK\r\n\r\n")?;
            send(&begin)?;
            loop {
                send(&again)?;
            }
        }
        Giving::Drip => {
            send(b"HTTP/1.1 200 OK\r\n\r\n")?;
            loop {
                send(b"#")?;
                sleep(LOOK);
            }
        }
        Giving::Hang => loop {
            match socket.read(&mut [0; 1]) {
                Ok(0) => return Ok(()),
                _ if state.stop.load(Relaxed) => return Ok(()),
                _ => {}
            }
        },
    }
}

/// The target of the next request; `None` when there is none any more.
fn read(socket: &mut TcpStream, state: &State) -> std::io::Result<Option<String>> {
    let (mut bytes, mut buffer) = (Vec::new(), [0; 4_096]);
    while !bytes.ends_with(b"\r\n\r\n") {
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
    Ok(String::from_utf8_lossy(&bytes).split(' ').nth(1).map(str::to_owned))
}
