//! A proxy between a client and a server that fails as networks and servers do.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::thread::{JoinHandle, sleep, spawn};
use std::time::Duration;

use parking_lot::Mutex;

const LOOK: Duration = Duration::from_millis(20);

/// What is done to connections; those that are open when it changes are cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Disturbance {
    /// Nothing.
    None,
    /// Each is cut behind so many bytes of the client's.
    CutAfter(u64),
    /// Each request is answered with status 500.
    Status500,
    /// The byte here among those of each connection's client is changed.
    Corrupt(u64),
    /// Behind so many bytes of all clients nothing is passed on any more.
    HoldAfter(u64),
}

/// The proxy. Dropping it ends it.
#[derive(Debug)]
pub struct FaultProxy {
    address: SocketAddr,
    state: Arc<State>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug)]
struct State {
    to: String,
    disturbance: Mutex<Disturbance>,
    /// Grows when the disturbance changes.
    generation: AtomicU64,
    passed: AtomicU64,
    connections: AtomicU64,
    stop: AtomicBool,
}

impl FaultProxy {
    /// One in front of a server at `to`.
    #[track_caller]
    pub fn start(to: &str) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        listener.set_nonblocking(true).unwrap();
        let address = listener.local_addr().unwrap();
        let state = Arc::new(State {
            to: to.to_owned(),
            disturbance: Mutex::new(Disturbance::None),
            generation: AtomicU64::new(0),
            passed: AtomicU64::new(0),
            connections: AtomicU64::new(0),
            stop: AtomicBool::new(false),
        });
        let theirs = state.clone();
        let thread = Some(spawn(move || accept(&listener, &theirs)));
        Self { address, state, thread }
    }

    /// `HOST:PORT`.
    pub fn address(&self) -> String {
        self.address.to_string()
    }

    /// From now on.
    pub fn set(&self, disturbance: Disturbance) {
        *self.state.disturbance.lock() = disturbance;
        self.state.generation.fetch_add(1, Relaxed);
    }

    /// Bytes of clients that were passed on.
    pub fn passed(&self) -> u64 {
        self.state.passed.load(Relaxed)
    }

    /// Connections that were taken.
    pub fn connections(&self) -> u64 {
        self.state.connections.load(Relaxed)
    }
}

impl Drop for FaultProxy {
    fn drop(&mut self) {
        self.state.stop.store(true, Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn accept(listener: &TcpListener, state: &Arc<State>) {
    let mut threads = Vec::new();
    while !state.stop.load(Relaxed) {
        match listener.accept() {
            Ok((client, _)) => {
                state.connections.fetch_add(1, Relaxed);
                let theirs = state.clone();
                threads.push(spawn(move || serve(&client, &theirs)));
            }
            Err(_) => sleep(LOOK),
        }
    }
    for thread in threads {
        let _ = thread.join();
    }
}

fn serve(client: &TcpStream, state: &Arc<State>) {
    let (disturbance, generation) = (*state.disturbance.lock(), state.generation.load(Relaxed));
    client.set_nonblocking(false).unwrap();
    client.set_read_timeout(Some(LOOK)).unwrap();
    if disturbance == Disturbance::Status500 {
        return refuse(client, state, generation);
    }
    let Ok(server) = TcpStream::connect(&state.to) else { return };
    server.set_read_timeout(Some(LOOK)).unwrap();
    let (from, to) = (server.try_clone().unwrap(), client.try_clone().unwrap());
    let theirs = state.clone();
    let back = spawn(move || pass(&from, &to, &theirs, generation, |_, _| true));
    let begun = state.passed.load(Relaxed);
    let mut own = 0_u64;
    pass(client, &server, state, generation, |bytes, state| {
        let before = own;
        own += bytes.len() as u64;
        match disturbance {
            Disturbance::CutAfter(most) if own > most => return false,
            Disturbance::Corrupt(at) if (before..own).contains(&at) => {
                bytes[usize::try_from(at - before).unwrap()] ^= 1;
            }
            Disturbance::HoldAfter(most) => {
                let is_over = || state.passed.load(Relaxed) >= most.max(begun);
                while is_over() && !is_ended(state, generation) {
                    sleep(LOOK);
                }
                if is_ended(state, generation) {
                    return false;
                }
            }
            _ => {}
        }
        state.passed.fetch_add(bytes.len() as u64, Relaxed);
        true
    });
    let _ = client.shutdown(Shutdown::Both);
    let _ = server.shutdown(Shutdown::Both);
    let _ = back.join();
}

fn is_ended(state: &State, generation: u64) -> bool {
    state.stop.load(Relaxed) || state.generation.load(Relaxed) != generation
}

/// Passes bytes on until one side ends or the disturbance changes; `look` sees them first, and says whether to go on.
fn pass(
    mut from: &TcpStream,
    mut to: &TcpStream,
    state: &State,
    generation: u64,
    mut look: impl FnMut(&mut [u8], &State) -> bool,
) {
    let mut buffer = vec![0; 64 << 10];
    while !is_ended(state, generation) {
        match from.read(&mut buffer) {
            Ok(0) => break,
            Ok(count) => {
                if !look(&mut buffer[..count], state) || to.write_all(&buffer[..count]).is_err() {
                    break;
                }
            }
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
            Err(_) => break,
        }
    }
    let _ = from.shutdown(Shutdown::Both);
    let _ = to.shutdown(Shutdown::Both);
}

/// Reads what comes, and answers once it pauses.
fn refuse(mut client: &TcpStream, state: &State, generation: u64) {
    let mut buffer = vec![0; 64 << 10];
    let mut has_read = false;
    while !is_ended(state, generation) {
        match client.read(&mut buffer) {
            Ok(0) => return,
            Ok(_) => has_read = true,
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) && has_read => {
                let body = "<Error><Code>InternalError</Code><Message>We are sorry</Message></Error>";
                let head = "HTTP/1.1 500 Internal Server Error\r\nConnection: close\r\nContent-Length: ";
                let _ = client.write_all(format!("{head}{}\r\n\r\n{body}", body.len()).as_bytes());
                return;
            }
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
            Err(_) => return,
        }
    }
}
