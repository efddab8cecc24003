//! One publisher: a clip over RTMP in real time, over and over, a stamp in front of every picture.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use rustix::net::{RecvFlags, recv};
use thiserror::Error;
use vivace_base::Limits;
use vivace_rtmp::engine::handshake::RANDOM_BYTES;
use vivace_rtmp::engine::{Client, ClientEvent, Fault as RtmpFault, Role};

use super::clip::{Clip, Piece};
use super::clock::{MS, mono, nap_until, now_ns};
use super::target::{Target, TargetFault};

/// What encoders of the field send with.
const CHUNK_BYTES: usize = 4096;
/// A server that takes or answers nothing for this long has failed.
const PATIENCE: Duration = Duration::from_secs(10);

/// Why a publisher ended before it was asked to.
#[derive(Debug, Error)]
pub(super) enum PushFault {
    #[error(transparent)]
    Target(#[from] TargetFault),
    #[error("{what}: {error}")]
    Io { what: &'static str, error: io::Error },
    #[error("the server closed the connection")]
    Closed,
    #[error("the server refused it: {code} {description}")]
    Refused { code: String, description: String },
    #[error("the server ended the stream{}", .last_status.as_deref().map(|status| format!(": {status}")).unwrap_or_default())]
    Ended { last_status: Option<String> },
    #[error("the server broke the protocol: {0}")]
    Rtmp(#[from] RtmpFault),
}

/// What publishers have done so far, for those who watch from other threads.
#[derive(Debug, Default)]
pub(super) struct Counters {
    /// Publishers that were granted their stream.
    pub(super) granted: AtomicU64,
    /// Bytes of message bodies.
    pub(super) bytes: AtomicU64,
    /// Pictures.
    pub(super) pictures: AtomicU64,
    /// The most that a message left after its time.
    pub(super) late_ns_max: AtomicU64,
    /// Set to end all publishers.
    pub(super) stop: AtomicBool,
}

/// Publishes until `counters.stop` or, if given, for `secs_ns` from the grant on.
///
/// # Errors
/// The server or the network ended it.
pub(super) fn push(target: &Target, clip: &Clip, secs_ns: Option<u64>, counters: &Counters) -> Result<(), PushFault> {
    let mut session = Session::open(target)?;
    session.until_granted()?;
    counters.granted.fetch_add(1, Relaxed);
    let start_ns = now_ns();
    for header in &clip.headers {
        session.send(header, 0)?;
    }
    let mut round_ms = 0u32;
    loop {
        for frame in &clip.frames {
            // RTMP counts milliseconds modulo 2^32, and so does this.
            let due_ns =
                start_ns.saturating_add(u64::from(round_ms.wrapping_add(frame.timestamp_ms)).saturating_mul(MS));
            let over = |now_ns: u64| secs_ns.is_some_and(|secs_ns| now_ns.saturating_sub(start_ns) >= secs_ns);
            while now_ns() < due_ns && !counters.stop.load(Relaxed) {
                nap_until(due_ns);
            }
            if counters.stop.load(Relaxed) || over(now_ns()) {
                return session.close();
            }
            let sent = session.send(frame, round_ms)?;
            counters.late_ns_max.fetch_max(now_ns().saturating_sub(due_ns), Relaxed);
            counters.bytes.fetch_add(sent, Relaxed);
            counters.pictures.fetch_add(u64::from(frame.is_picture()), Relaxed);
            session.listen()?;
        }
        round_ms = round_ms.wrapping_add(clip.round_ms);
    }
}

/// Bytes for a handshake; nothing rests on them.
pub(super) fn handshake_bytes() -> [u8; RANDOM_BYTES] {
    let mut bytes = [0; RANDOM_BYTES];
    bytes.iter_mut().enumerate().for_each(|(at, byte)| *byte = (at as u8).wrapping_mul(7));
    bytes
}

struct Session {
    stream: TcpStream,
    client: Client,
    buffer: Vec<u8>,
    last_status: Option<String>,
}

impl Session {
    fn open(target: &Target) -> Result<Self, PushFault> {
        let address = target.resolve()?;
        let stream = TcpStream::connect_timeout(&address, PATIENCE).map_err(during("connecting"))?;
        stream.set_nodelay(true).map_err(during("TCP_NODELAY"))?;
        stream.set_read_timeout(Some(PATIENCE)).map_err(during("SO_RCVTIMEO"))?;
        stream.set_write_timeout(Some(PATIENCE)).map_err(during("SO_SNDTIMEO"))?;
        let config = target.rtmp(Role::Publish, CHUNK_BYTES);
        let client = Client::new(Arc::new(Limits::default()), config, handshake_bytes(), mono(now_ns()));
        Ok(Self { stream, client, buffer: vec![0; 16 << 10], last_status: None })
    }

    fn until_granted(&mut self) -> Result<(), PushFault> {
        loop {
            self.flush()?;
            let taken = self.stream.read(&mut self.buffer).map_err(during("waiting for the server's answer"))?;
            if self.take(taken)? {
                return self.flush();
            }
        }
    }

    /// Sends one message and returns the length of its body.
    fn send(&mut self, piece: &Piece, round_ms: u32) -> Result<u64, PushFault> {
        let timestamp = round_ms.wrapping_add(piece.timestamp_ms);
        let body_bytes = piece.with_stamp(now_ns(), |parts| {
            self.client.write_media(piece.kind, timestamp, parts)?;
            Ok::<u64, PushFault>(parts.iter().map(|part| part.len() as u64).sum())
        })?;
        self.flush()?;
        Ok(body_bytes)
    }

    /// Takes what the server has said, without waiting for it.
    fn listen(&mut self) -> Result<(), PushFault> {
        loop {
            match recv(&self.stream, &mut self.buffer[..], RecvFlags::DONTWAIT) {
                Ok((taken, _)) => self.take(taken)?,
                Err(rustix::io::Errno::AGAIN | rustix::io::Errno::INTR) => return self.flush(),
                Err(errno) => return Err(during("receiving")(errno.into())),
            };
        }
    }

    fn close(mut self) -> Result<(), PushFault> {
        self.client.finish();
        self.flush()
    }

    fn flush(&mut self) -> Result<(), PushFault> {
        match self.client.take_output() {
            Some(bytes) => self.stream.write_all(&bytes).map_err(during("sending")),
            None => Ok(()),
        }
    }

    /// True once the stream is granted by these bytes.
    fn take(&mut self, taken: usize) -> Result<bool, PushFault> {
        if taken == 0 {
            return Err(PushFault::Closed);
        }
        self.client.handle_input(mono(now_ns()), self.buffer.get(..taken).unwrap_or_default())?;
        let mut granted = false;
        while let Some(event) = self.client.poll_event() {
            match event {
                ClientEvent::Ready { .. } => granted = true,
                ClientEvent::Refused { code, description } => return Err(PushFault::Refused { code, description }),
                ClientEvent::Status { code, description, .. } => {
                    self.last_status = Some(format!("{code} {description}"))
                }
                ClientEvent::Ended => return Err(PushFault::Ended { last_status: self.last_status.take() }),
                // Not announced, so not asked for.
                ClientEvent::ReconnectRequest { .. } | ClientEvent::Acknowledged(_) | ClientEvent::Media { .. } => {}
            }
        }
        Ok(granted)
    }
}

fn during(what: &'static str) -> impl FnOnce(io::Error) -> PushFault {
    move |error| PushFault::Io { what, error }
}
