//! One player: a socket, what it still has to parse, and what is counted about it.

use std::io;
use std::net::TcpStream;

use rustix::fd::{AsFd, BorrowedFd};
use rustix::io::Errno;
use rustix::net::{AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType, connect, recv, send, socket_with};
use thiserror::Error;
use vivace_rtmp::engine::chunk::write_message;
use vivace_rtmp::engine::handshake::PACKET_BYTES;
use vivace_rtmp::engine::wire::{chunk_stream, message_type};

use super::super::clock::mono;
use super::super::stamp::Finder;
use super::super::target::Protocol;
use super::Read;
use super::crowd::Plan;
use super::join::{Join, JoinFault};
use super::tls::Tls;

/// Bytes after which an RTMP player acknowledges.
const ACKNOWLEDGE_BYTES: u64 = 2_500_000;
/// S0, S1 and S2, which RTMP does not count as received.
const HANDSHAKE_BYTES: u64 = 1 + 2 * PACKET_BYTES as u64;

/// Why a player ended.
#[derive(Debug, Error)]
pub(super) enum PlayerFault {
    #[error("cannot connect: {0}")]
    Connect(io::Error),
    #[error("TLS: {0}")]
    Tls(#[from] rustls::Error),
    #[error("{0}")]
    Join(#[from] JoinFault),
    #[error("the server closed the connection before a key frame")]
    ClosedEarly,
    #[error("the server closed the connection")]
    Closed,
    #[error("connection lost: {0}")]
    Lost(io::Error),
}

/// What is counted about a player.
#[derive(Debug, Default)]
pub(super) struct Tally {
    /// When it began to connect.
    pub(super) start_ns: u64,
    /// When the first audio or video was whole.
    pub(super) first_ns: Option<u64>,
    /// When the first key frame was whole.
    pub(super) key_ns: Option<u64>,
    /// All bytes received.
    pub(super) bytes: u64,
    /// When bytes came last.
    pub(super) last_ns: u64,
    /// The longest time without bytes.
    pub(super) gap_ns: u64,
    /// It has ended, and not because the measurement was over.
    pub(super) dead: bool,
}

impl Tally {
    fn received(&mut self, bytes: usize, now_ns: u64) {
        self.bytes = self.bytes.saturating_add(bytes as u64);
        self.gap_ns = self.gap_ns.max(now_ns.saturating_sub(self.last_ns));
        self.last_ns = now_ns;
    }
}

/// What a player waits for.
enum Stage {
    Connecting(Join),
    Joining(Join),
    /// Reads everything it gets; a probe looks for stamps.
    Reading,
    /// Lets the kernel drop everything.
    Discarding,
}

/// One open connection.
pub(super) struct Player {
    stream: TcpStream,
    tls: Option<Box<Tls>>,
    /// Of TLS, what was received last.
    plain: Vec<u8>,
    stage: Stage,
    /// What the socket has not taken yet.
    out: Vec<u8>,
    /// Bytes acknowledged; `None` for a protocol without acknowledgements.
    acknowledged: Option<u64>,
    finder: Option<Finder>,
    read: Read,
}

/// What changed for the one who waits for the socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Change {
    Nothing,
    /// It is connected: from now on only input is waited for.
    Connected,
    /// It drops its bytes from now on, and is not to be woken up.
    Discards,
}

impl Player {
    /// Begins to connect.
    ///
    /// # Errors
    /// [`PlayerFault::Connect`], [`PlayerFault::Tls`].
    pub(super) fn connect(plan: &Plan, join: Join, probe: bool) -> Result<Self, PlayerFault> {
        let address = &plan.address;
        let family = if address.is_ipv4() { AddressFamily::INET } else { AddressFamily::INET6 };
        let flags = SocketFlags::NONBLOCK | SocketFlags::CLOEXEC;
        let failed = |errno: Errno| PlayerFault::Connect(errno.into());
        let socket = socket_with(family, SocketType::STREAM, flags, None).map_err(failed)?;
        let stream = TcpStream::from(socket);
        stream.set_nodelay(true).map_err(PlayerFault::Connect)?;
        match connect(&stream, address) {
            Ok(()) | Err(Errno::INPROGRESS) => {}
            Err(errno) => return Err(failed(errno)),
        }
        let acknowledged = (plan.target.protocol == Protocol::Rtmp).then_some(0);
        let finder = probe.then(Finder::default);
        let tls = plan.tls.as_ref().map(|client| client.connect()).transpose()?.map(Box::new);
        let (stage, read) = (Stage::Connecting(join), plan.read);
        Ok(Self { stream, tls, plain: Vec::new(), stage, out: Vec::new(), acknowledged, finder, read })
    }

    /// The socket has become ready: one receive. Each stamp found is handed to `stamp`.
    ///
    /// # Errors
    /// [`PlayerFault`]: the player is over.
    pub(super) fn on_ready(
        &mut self,
        tally: &mut Tally,
        now_ns: u64,
        buffer: &mut [u8],
        stamp: impl FnMut(u64),
    ) -> Result<Change, PlayerFault> {
        if let Stage::Connecting(_) = self.stage {
            return self.connected();
        }
        let Some(taken) = self.receive(buffer)? else { return Ok(Change::Nothing) };
        tally.received(taken, now_ns);
        let plain = std::mem::take(&mut self.plain);
        let input = if self.tls.is_some() { plain.as_slice() } else { buffer.get(..taken).unwrap_or_default() };
        let change = match &mut self.stage {
            Stage::Joining(_) => self.join(tally, now_ns, input)?,
            Stage::Connecting(_) | Stage::Reading | Stage::Discarding => {
                if let Some(finder) = &mut self.finder {
                    finder.feed(input, stamp);
                }
                Change::Nothing
            }
        };
        self.plain = plain;
        self.acknowledge(tally);
        self.flush()?;
        Ok(change)
    }

    /// The turn of those that are not woken up: drops what has come, and sends what still waits.
    ///
    /// # Errors
    /// [`PlayerFault`]: the player is over.
    pub(super) fn on_tick(
        &mut self,
        tally: &mut Tally,
        clock: impl FnOnce() -> u64,
        buffer: &mut [u8],
    ) -> Result<(), PlayerFault> {
        if matches!(self.stage, Stage::Discarding) {
            match recv(&self.stream, buffer, RecvFlags::DONTWAIT | RecvFlags::TRUNC) {
                Ok((_, 0)) => return Err(self.closed()),
                Ok((_, dropped)) => tally.received(dropped, clock()),
                Err(Errno::AGAIN | Errno::INTR) => {}
                Err(errno) => return Err(PlayerFault::Lost(errno.into())),
            }
            self.acknowledge(tally);
        }
        self.flush()
    }

    /// Whether it has got to a key frame.
    pub(super) fn has_joined(&self) -> bool {
        matches!(self.stage, Stage::Reading | Stage::Discarding)
    }

    fn connected(&mut self) -> Result<Change, PlayerFault> {
        match self.stream.take_error() {
            Ok(None) => {}
            Ok(Some(error)) | Err(error) => return Err(PlayerFault::Connect(error)),
        }
        if let Stage::Connecting(mut join) = std::mem::replace(&mut self.stage, Stage::Reading) {
            self.out.extend(join.take_output().into_iter().flatten());
            self.stage = Stage::Joining(join);
        }
        self.flush()?;
        Ok(Change::Connected)
    }

    fn join(&mut self, tally: &mut Tally, now_ns: u64, input: &[u8]) -> Result<Change, PlayerFault> {
        let Stage::Joining(join) = &mut self.stage else { return Ok(Change::Nothing) };
        let seen = join.feed(mono(now_ns), input)?;
        self.out.extend(join.take_output().into_iter().flatten());
        if seen.media {
            tally.first_ns.get_or_insert(now_ns);
        }
        if !seen.key {
            return Ok(Change::Nothing);
        }
        tally.key_ns = Some(now_ns);
        // The engine has acknowledged what a window's worth asked for until here.
        self.acknowledged = self.acknowledged.map(|_| tally.bytes.saturating_sub(HANDSHAKE_BYTES));
        if self.finder.is_some() || self.read == Read::Eager {
            self.stage = Stage::Reading;
            return Ok(Change::Nothing);
        }
        self.stage = Stage::Discarding;
        Ok(Change::Discards)
    }

    /// One receive: into `buffer`, or through TLS into `plain`. How many bytes came; `None` if there are none now.
    fn receive(&mut self, buffer: &mut [u8]) -> Result<Option<usize>, PlayerFault> {
        let taken = match &mut self.tls {
            Some(tls) => tls.receive(&self.stream, &mut self.plain),
            None => recv(&self.stream, &mut *buffer, RecvFlags::DONTWAIT).map(|(taken, _)| taken).map_err(Into::into),
        };
        match taken {
            Ok(0) => Err(self.closed()),
            Ok(taken) => Ok(Some(taken)),
            Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted) => Ok(None),
            Err(error) => Err(PlayerFault::Lost(error)),
        }
    }

    fn acknowledge(&mut self, tally: &Tally) {
        let (true, Some(acknowledged)) = (self.has_joined(), &mut self.acknowledged) else { return };
        let received = tally.bytes.saturating_sub(HANDSHAKE_BYTES);
        if received.saturating_sub(*acknowledged) < ACKNOWLEDGE_BYTES {
            return;
        }
        *acknowledged = received;
        // RTMP counts modulo 2^32.
        let body = (received as u32).to_be_bytes();
        let (on, kind) = (chunk_stream::CONTROL, message_type::ACKNOWLEDGEMENT);
        let written = write_message(&mut self.out, on, kind, 0, 0, &[&body], body.len());
        debug_assert!(written.is_ok(), "four bytes are no long message");
    }

    fn flush(&mut self) -> Result<(), PlayerFault> {
        if let Some(tls) = &mut self.tls {
            if !self.out.is_empty() && !tls.is_handshaking() {
                tls.write(&std::mem::take(&mut self.out)).map_err(PlayerFault::Lost)?;
            }
            return tls.flush(&self.stream).map_err(PlayerFault::Lost);
        }
        if self.out.is_empty() {
            return Ok(());
        }
        match send(&self.stream, &self.out, SendFlags::NOSIGNAL | SendFlags::DONTWAIT) {
            Ok(sent) => self.out.drain(..sent.min(self.out.len())).for_each(drop),
            Err(Errno::AGAIN | Errno::INTR) => {}
            Err(errno) => return Err(PlayerFault::Lost(errno.into())),
        }
        if self.out.is_empty() {
            self.out = Vec::new();
        }
        Ok(())
    }

    fn closed(&self) -> PlayerFault {
        if self.has_joined() { PlayerFault::Closed } else { PlayerFault::ClosedEarly }
    }
}

impl AsFd for Player {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.stream.as_fd()
    }
}
