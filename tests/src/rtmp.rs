use std::io::{ErrorKind, Read, Write};
use std::net::{IpAddr, SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use socket2::{Domain, Socket, Type};
use vivace_base::{Limits, MonoMs};
use vivace_rtmp::engine::chunk::write_message;
use vivace_rtmp::engine::{Client, ClientConfig, ClientEvent, MediaKind, Role};

use crate::http::open;
use crate::wait::Timer;
use crate::{PATIENCE, split};

/// Bytes of C1, S1, C2 and S2.
const PACKET_BYTES: usize = 1_536;

/// What a server said when it refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Denied {
    /// Code of its `onStatus`.
    pub code: String,
    /// Its words.
    pub description: String,
}

/// An RTMP client over a plain socket.
pub struct Rtmp {
    socket: TcpStream,
    client: Client,
    timer: Timer,
}

impl Rtmp {
    /// Connects to a URL's server and asks for its stream.
    #[track_caller]
    pub fn open(url: &str, role: Role) -> Self {
        let (authority, path) = split(url);
        let (app, name) = path[1..].split_once('/').unwrap();
        Self::ask(open(authority), authority, app, name, role)
    }

    /// Asks for any application and name, over a socket that is connected.
    #[track_caller]
    pub fn ask(socket: TcpStream, authority: &str, app: &str, name: &str, role: Role) -> Self {
        Self::connected(socket, Self::client(authority, app, name, role))
    }

    /// Connects as one that follows reconnect requests.
    #[track_caller]
    pub fn open_following(url: &str, role: Role) -> Self {
        let (authority, path) = split(url);
        let (app, name) = path[1..].split_once('/').unwrap();
        Self::connected(open(authority), Self::client(authority, app, name, role).with_reconnects())
    }

    fn client(authority: &str, app: &str, name: &str, role: Role) -> Client {
        let config = ClientConfig {
            app: app.to_owned(),
            tc_url: format!("rtmp://{authority}/{app}"),
            name: name.to_owned(),
            role,
            chunk_bytes_out: 4_096,
            digest: false,
        };
        let limits = Arc::new(Limits { url_bytes_max: 64 << 10, ..Limits::default() });
        Client::new(limits, config, [7; PACKET_BYTES - 8], MonoMs(0))
    }

    fn connected(socket: TcpStream, client: Client) -> Self {
        let mut rtmp = Self { socket, client, timer: Timer::new(Duration::MAX) };
        rtmp.flush().unwrap();
        rtmp
    }

    /// Waits for the server's decision.
    ///
    /// # Errors
    /// The server's refusal.
    ///
    /// # Panics
    /// The connection ends without an answer.
    #[track_caller]
    pub fn ready(&mut self) -> Result<(), Denied> {
        loop {
            match self.event().expect("the server closed without a word") {
                ClientEvent::Ready { .. } => return Ok(()),
                ClientEvent::Refused { code, description } => return Err(Denied { code, description }),
                _ => {}
            }
        }
    }

    /// The next event; `None` when the server has closed.
    ///
    /// # Panics
    /// Nothing comes for too long.
    #[track_caller]
    pub fn event(&mut self) -> Option<ClientEvent> {
        let timer = Timer::new(PATIENCE);
        loop {
            if let Some(event) = self.client.poll_event() {
                return Some(event);
            }
            assert!(!timer.is_over(), "waited {PATIENCE:?} in vain for the server's word");
            if !self.pump(timer.left()) {
                return self.client.poll_event();
            }
        }
    }

    /// An event that is there already.
    pub(crate) fn poll(&mut self) -> Option<ClientEvent> {
        self.client.poll_event()
    }

    /// Sends a media message.
    ///
    /// # Errors
    /// The connection is broken.
    pub fn send(&mut self, kind: MediaKind, time_ms: u32, body: &[u8]) -> std::io::Result<()> {
        self.client.write_media(kind, time_ms, &[body]).map_err(std::io::Error::other)?;
        self.flush()
    }

    /// Takes leave with `FCUnpublish` and `deleteStream`.
    ///
    /// # Errors
    /// The connection is broken.
    pub fn finish(&mut self) -> std::io::Result<()> {
        self.client.finish();
        self.flush()
    }

    /// The socket, for bytes of the scenario's own.
    pub fn socket(&mut self) -> &mut TcpStream {
        &mut self.socket
    }

    /// Reads once, for at most this long. False when the server has closed.
    pub(crate) fn pump(&mut self, wait: Duration) -> bool {
        let mut buffer = [0; 16 << 10];
        self.socket.set_read_timeout(Some(wait)).unwrap();
        match self.socket.read(&mut buffer) {
            Ok(0) => false,
            Ok(count) => {
                let now = MonoMs(u64::try_from(self.timer.elapsed().as_millis()).unwrap());
                self.client.handle_input(now, &buffer[..count]).unwrap();
                self.flush().is_ok()
            }
            Err(error) => matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted),
        }
    }

    fn flush(&mut self) -> std::io::Result<()> {
        while let Some(output) = self.client.take_output() {
            self.socket.write_all(&output)?;
        }
        Ok(())
    }
}

/// Connects from an address of this machine's own choice.
#[track_caller]
pub fn connect_from(from: IpAddr, authority: &str) -> TcpStream {
    let to: SocketAddr = authority.parse().unwrap();
    let socket = Socket::new(Domain::for_address(to), Type::STREAM, None).unwrap();
    socket.bind(&SocketAddr::new(from, 0).into()).unwrap();
    socket.connect(&to.into()).unwrap();
    socket.into()
}

/// A connection whose RTMP handshake is done, and nothing more.
#[track_caller]
pub fn handshake(authority: &str) -> TcpStream {
    let mut socket = open(authority);
    shake_hands(&mut socket);
    socket
}

/// Does the RTMP handshake over any stream of bytes.
#[track_caller]
pub fn shake_hands(socket: &mut (impl Read + Write)) {
    let mut hello = vec![3];
    hello.resize(1 + PACKET_BYTES, 0);
    socket.write_all(&hello).unwrap();
    let mut answer = vec![0; 1 + 2 * PACKET_BYTES];
    socket.read_exact(&mut answer).unwrap();
    assert_eq!(answer[0], 3);
    assert_eq!(answer[1 + PACKET_BYTES..], hello[1..], "S2 is not C1");
    socket.write_all(&answer[1..=PACKET_BYTES]).unwrap();
}

/// Connects with a receive buffer so small that what is not read waits at the server.
#[track_caller]
pub fn connect_narrow(authority: &str) -> TcpStream {
    let to: SocketAddr = authority.parse().unwrap();
    let socket = Socket::new(Domain::for_address(to), Type::STREAM, None).unwrap();
    socket.set_recv_buffer_size(4_096).unwrap();
    socket.connect(&to.into()).unwrap();
    let socket = TcpStream::from(socket);
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    socket
}

/// One RTMP message in chunks of this size, on message stream `stream_id`.
pub fn message(chunk_stream: u32, type_id: u8, stream_id: u32, body: &[u8], chunk_bytes: usize) -> Vec<u8> {
    let mut out = Vec::new();
    write_message(&mut out, chunk_stream, type_id, 0, stream_id, &[body], chunk_bytes).unwrap();
    out
}

/// Reads until the server closes; what it said.
///
/// # Panics
/// It does not close `within` this time.
#[track_caller]
pub fn closed(socket: &mut TcpStream, within: Duration) -> Vec<u8> {
    let timer = Timer::new(within);
    let (mut said, mut buffer) = (Vec::new(), [0; 4_096]);
    loop {
        assert!(!timer.is_over(), "the server has not closed the connection within {within:?}");
        socket.set_read_timeout(Some(timer.left())).unwrap();
        match socket.read(&mut buffer) {
            Ok(0) => return said,
            Ok(count) => said.extend_from_slice(&buffer[..count]),
            Err(error) if matches!(error.kind(), ErrorKind::ConnectionReset | ErrorKind::BrokenPipe) => return said,
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
            Err(error) => panic!("{error}"),
        }
    }
}
