use std::net::{IpAddr, Shutdown, SocketAddr};
use std::os::fd::{AsFd, OwnedFd};
use std::sync::Arc;
use std::time::Duration;

use socket2::{Domain, Protocol, SockRef, Socket, TcpKeepalive, Type};
use thiserror::Error;
use tokio::net::{TcpListener, TcpStream};

use crate::quota::{Full, Quota, Share};

/// Why a listener could not be opened.
#[derive(Debug, Error)]
pub enum BindFault {
    /// Somebody listens there already.
    #[error("{role} address {address} is in use")]
    InUse {
        /// What the listener is for.
        role: &'static str,
        /// The address asked for.
        address: SocketAddr,
    },
    /// Anything else: no permission, no such address.
    #[error("{role} address {address} cannot be opened")]
    Other {
        /// What the listener is for.
        role: &'static str,
        /// The address asked for.
        address: SocketAddr,
        /// The system's reason.
        source: std::io::Error,
    },
}

/// A connection's seat among all connections of the server.
pub type Seat = Share;
/// A connection's place among those of its listener that have not been granted anything.
pub type Place = Share;

/// A TCP listener whose connections share one limit with those of other listeners, and have one of their own until
/// they are granted something.
pub struct Listener {
    role: &'static str,
    inner: TcpListener,
    seats: Arc<Quota>,
    pending: Arc<Quota>,
    refusal: &'static [u8],
}

/// A peer that is silent for a minute is asked whether it is still there, and given up after five questions.
pub(crate) const fn keepalive() -> TcpKeepalive {
    TcpKeepalive::new().with_time(Duration::from_secs(60)).with_interval(Duration::from_secs(10)).with_retries(5)
}

/// Connections that wait in the kernel to be accepted, of each listener. The kernel's own limit (`somaxconn`) goes first.
pub const BACKLOG: i32 = 4_096;

impl Listener {
    /// Opens an address; port 0 takes a free one. `seats` is the quota shared with other listeners, `pending` the one
    /// of this listener's connections that have not been granted anything.
    pub fn bind(
        role: &'static str,
        address: SocketAddr,
        seats: Arc<Quota>,
        pending: Arc<Quota>,
    ) -> Result<Self, BindFault> {
        let open = || -> std::io::Result<TcpListener> {
            let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
            socket.set_reuse_address(true)?;
            socket.set_nonblocking(true)?;
            socket.bind(&address.into())?;
            socket.listen(BACKLOG)?;
            TcpListener::from_std(socket.into())
        };
        let inner = open().map_err(|source| match source.kind() {
            std::io::ErrorKind::AddrInUse => BindFault::InUse { role, address },
            _ => BindFault::Other { role, address, source },
        })?;
        Ok(Self { role, inner, seats, pending, refusal: &[] })
    }

    /// Goes on with a listener that another process has opened: connections that wait in the kernel wait on.
    ///
    /// # Errors
    /// The descriptor is no TCP socket that listens.
    pub fn adopt(
        role: &'static str,
        descriptor: OwnedFd,
        seats: Arc<Quota>,
        pending: Arc<Quota>,
    ) -> std::io::Result<Self> {
        let socket = Socket::from(descriptor);
        if !socket.is_listener()? || socket.r#type()? != Type::STREAM {
            return Err(std::io::ErrorKind::InvalidInput.into());
        }
        socket.set_nonblocking(true)?;
        let inner = TcpListener::from_std(socket.into())?;
        inner.local_addr()?;
        Ok(Self { role, inner, seats, pending, refusal: &[] })
    }

    /// What a peer is told for which there is no seat, in its own protocol.
    #[must_use]
    pub const fn saying(mut self, refusal: &'static [u8]) -> Self {
        self.refusal = refusal;
        self
    }

    /// A second handle on the listener, for another process.
    pub fn descriptor(&self) -> std::io::Result<OwnedFd> {
        self.inner.as_fd().try_clone_to_owned()
    }

    /// The address taken.
    pub fn address(&self) -> std::io::Result<SocketAddr> {
        self.inner.local_addr()
    }

    /// The next connection with its seat and its place. Those that find none free are closed at once: a peer that is
    /// left in the kernel's queue would hang unanswered, and a seat taken ahead of its connection would be nobody's.
    pub async fn accept(&self) -> (TcpStream, SocketAddr, Seat, Place) {
        loop {
            match self.inner.accept().await {
                Ok((socket, peer)) => {
                    let (seat, place) = match self.admit(peer.ip()) {
                        Ok(admitted) => admitted,
                        Err(full) => {
                            tracing::debug!(role = self.role, %peer, ?full, "no seat is free: the connection is closed");
                            self.turn_away(&socket);
                            continue;
                        }
                    };
                    // Without it a batch could wait for the acknowledgement of the one before.
                    if let Err(error) = socket.set_nodelay(true) {
                        tracing::debug!(role = self.role, %peer, %error, "TCP_NODELAY was refused");
                    }
                    // A paused player, or one of a silent stream, whose machine is gone would keep its seat for ever.
                    if let Err(error) = SockRef::from(&socket).set_tcp_keepalive(&keepalive()) {
                        tracing::debug!(role = self.role, %peer, %error, "TCP keep-alive was refused");
                    }
                    return (socket, peer, seat, place);
                }
                Err(error) => {
                    tracing::warn!(role = self.role, %error, "a connection could not be accepted");
                    // Out of file descriptors: some have to be closed before another try makes sense.
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            }
        }
    }

    fn admit(&self, peer: IpAddr) -> Result<(Seat, Place), Full> {
        Ok((self.seats.try_take_from(peer)?, self.pending.try_take_from(peer)?))
    }

    /// Says what fits into the socket at once; nobody is waited for at a limit.
    fn turn_away(&self, socket: &TcpStream) {
        if self.refusal.is_empty() {
            return;
        }
        // What has come already is read: closing over unread bytes would destroy the words.
        let _ = socket.try_read(&mut [0; 4_096]);
        let _ = socket.try_write(self.refusal);
        let _ = SockRef::from(socket).shutdown(Shutdown::Write);
    }
}
