#[cfg(test)]
mod tests;

use std::io::{self, ErrorKind, IoSlice, Read, Write};
use std::net::Shutdown;
use std::os::unix::net::UnixStream;

use mio::event::Source;
use mio::{Interest, Registry, Token};
use rustls::ServerConnection;

/// A player's connection as its handshake leaves it, non-blocking.
pub enum Socket {
    /// TCP as it is.
    Plain(std::net::TcpStream),
    /// TCP with TLS over it.
    Tls(std::net::TcpStream, Box<ServerConnection>),
    /// One end of a pair; whoever holds the other end carries the bytes on.
    Pair(UnixStream),
}

/// A player's connection on a delivery thread.
pub(super) enum Wire {
    Plain(mio::net::TcpStream),
    Tls(Box<Tls>),
    Pair(mio::net::UnixStream),
}

/// TLS over a socket, driven by whoever has the socket's readiness.
pub(super) struct Tls {
    socket: mio::net::TcpStream,
    connection: ServerConnection,
}

impl From<Socket> for Wire {
    fn from(socket: Socket) -> Self {
        match socket {
            Socket::Plain(socket) => Self::Plain(mio::net::TcpStream::from_std(socket)),
            Socket::Tls(socket, connection) => {
                Self::Tls(Box::new(Tls { socket: mio::net::TcpStream::from_std(socket), connection: *connection }))
            }
            Socket::Pair(socket) => Self::Pair(mio::net::UnixStream::from_std(socket)),
        }
    }
}

impl Wire {
    /// Writes one piece; how much of it was taken.
    pub(super) fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Plain(socket) => socket.write(bytes),
            Self::Tls(tls) => tls.take(|writer| writer.write(bytes)),
            Self::Pair(socket) => socket.write(bytes),
        }
    }

    /// Writes several pieces; how much of them was taken.
    pub(super) fn write_vectored(&mut self, pieces: &[IoSlice<'_>]) -> io::Result<usize> {
        match self {
            Self::Plain(socket) => socket.write_vectored(pieces),
            Self::Tls(tls) => tls.take(|writer| writer.write_vectored(pieces)),
            Self::Pair(socket) => socket.write_vectored(pieces),
        }
    }

    /// Sends what was taken and still waits here; only TLS holds any. True if the socket took some of it.
    pub(super) fn flush(&mut self) -> io::Result<bool> {
        match self {
            Self::Plain(_) | Self::Pair(_) => Ok(false),
            Self::Tls(tls) => tls.flush(),
        }
    }

    /// Whether bytes that were taken still wait here.
    pub(super) fn holds_output(&self) -> bool {
        match self {
            Self::Plain(_) | Self::Pair(_) => false,
            Self::Tls(tls) => tls.connection.wants_write(),
        }
    }

    /// Whether input may wait here of which the socket will not tell, because its handshake has read it.
    pub(super) const fn may_hold_input(&self) -> bool {
        matches!(self, Self::Tls(_))
    }

    /// Reads what has come; 0 at the end. [`ErrorKind::Interrupted`] if it is to be asked again.
    pub(super) fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(socket) => socket.read(buffer),
            Self::Tls(tls) => tls.read(buffer),
            Self::Pair(socket) => socket.read(buffer),
        }
    }

    /// Ends our side of the connection, after saying goodbye where the transport has a word for it.
    pub(super) fn shutdown_write(&mut self) -> io::Result<()> {
        self.close();
        match self {
            Self::Plain(socket) => socket.shutdown(Shutdown::Write),
            Self::Tls(tls) => tls.socket.shutdown(Shutdown::Write),
            Self::Pair(socket) => socket.shutdown(Shutdown::Write),
        }
    }

    /// Says goodbye where the transport has a word for it; what the socket does not take now is lost.
    pub(super) fn close(&mut self) {
        if let Self::Tls(tls) = self {
            tls.connection.send_close_notify();
            // The peer may have gone already; there is nobody to tell then.
            let _ = tls.flush();
        }
    }

    fn source(&mut self) -> &mut dyn Source {
        match self {
            Self::Plain(socket) => socket,
            Self::Tls(tls) => &mut tls.socket,
            Self::Pair(socket) => socket,
        }
    }
}

impl Source for Wire {
    fn register(&mut self, registry: &Registry, token: Token, interests: Interest) -> io::Result<()> {
        self.source().register(registry, token, interests)
    }

    fn reregister(&mut self, registry: &Registry, token: Token, interests: Interest) -> io::Result<()> {
        self.source().reregister(registry, token, interests)
    }

    fn deregister(&mut self, registry: &Registry) -> io::Result<()> {
        self.source().deregister(registry)
    }
}

impl Tls {
    /// Encrypts as much as the connection's buffer has room for, once it is empty, and sends it. So no more than one
    /// buffer of a slow player's bytes is out of the shared log's hands.
    fn take(&mut self, write: impl FnOnce(&mut rustls::Writer<'_>) -> io::Result<usize>) -> io::Result<usize> {
        self.flush()?;
        if self.connection.wants_write() {
            return Err(ErrorKind::WouldBlock.into());
        }
        let taken = write(&mut self.connection.writer())?;
        self.flush()?;
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<bool> {
        let mut moved = false;
        while self.connection.wants_write() {
            match self.connection.write_tls(&mut self.socket) {
                Ok(0) => return Err(ErrorKind::WriteZero.into()),
                Ok(_) => moved = true,
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(moved)
    }

    /// At most one read of the socket, so that records without content use up the caller's patience too.
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if let Some(count) = self.decrypted(buffer)? {
            return Ok(count);
        }
        if self.connection.read_tls(&mut self.socket)? == 0 {
            // An end without goodbye: nothing follows, whoever cut it.
            return Ok(0);
        }
        if let Err(fault) = self.connection.process_new_packets() {
            // The alert that names the fault.
            let _ = self.flush();
            return Err(io::Error::new(ErrorKind::InvalidData, fault));
        }
        self.decrypted(buffer)?.ok_or_else(|| ErrorKind::Interrupted.into())
    }

    fn decrypted(&mut self, buffer: &mut [u8]) -> io::Result<Option<usize>> {
        match self.connection.reader().read(buffer) {
            Ok(count) => Ok(Some(count)),
            Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(None),
            Err(error) => Err(error),
        }
    }
}
