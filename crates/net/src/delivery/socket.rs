#[cfg(test)]
mod tests;

use std::io::{self, ErrorKind, IoSlice, Read, Write};
use std::net::Shutdown;
use std::sync::Arc;

use bytes::Bytes;
use mio::{Interest, Registry, Token};
use rustls::ServerConnection;

use super::mailbox::Mailbox;
use super::pipe::PipeWriter;

/// A player's connection as its handshake leaves it, non-blocking.
pub enum Socket {
    /// TCP as it is.
    Plain(std::net::TcpStream),
    /// TCP with TLS over it.
    Tls(std::net::TcpStream, Box<ServerConnection>),
    /// A pipe in memory; whoever holds the other end carries the bytes on.
    Pipe(PipeWriter),
}

/// A player's connection on a delivery thread.
pub(super) enum Wire {
    Plain(mio::net::TcpStream),
    Tls(Box<Tls>),
    Pipe(PipeWriter),
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
            Socket::Pipe(pipe) => Self::Pipe(pipe),
        }
    }
}

impl Wire {
    /// Writes one piece; how much of it was taken. A pipe gets a copy: [`pipe`](Self::pipe) is the way around that.
    pub(super) fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Plain(socket) => socket.write(bytes),
            Self::Tls(tls) => tls.take(|writer| writer.write(bytes)),
            Self::Pipe(pipe) => pipe.give(std::iter::once((&Bytes::copy_from_slice(bytes), 0))),
        }
    }

    /// Writes several pieces; how much of them was taken.
    pub(super) fn write_vectored(&mut self, pieces: &[IoSlice<'_>]) -> io::Result<usize> {
        match self {
            Self::Plain(socket) => socket.write_vectored(pieces),
            Self::Tls(tls) => tls.take(|writer| writer.write_vectored(pieces)),
            Self::Pipe(pipe) => {
                let copies: Vec<Bytes> = pieces.iter().map(|piece| Bytes::copy_from_slice(piece)).collect();
                pipe.give(copies.iter().map(|copy| (copy, 0)))
            }
        }
    }

    /// The pipe that takes shared bytes as they are, if it is one.
    pub(super) const fn pipe(&mut self) -> Option<&mut PipeWriter> {
        if let Self::Pipe(pipe) = self { Some(pipe) } else { None }
    }

    /// Sends what was taken and still waits here; only TLS holds any. True if the socket took some of it.
    pub(super) fn flush(&mut self) -> io::Result<bool> {
        match self {
            Self::Plain(_) | Self::Pipe(_) => Ok(false),
            Self::Tls(tls) => tls.flush(),
        }
    }

    /// Whether bytes that were taken still wait here.
    pub(super) fn holds_output(&self) -> bool {
        match self {
            Self::Plain(_) | Self::Pipe(_) => false,
            Self::Tls(tls) => tls.connection.wants_write(),
        }
    }

    /// Whether input may wait here of which the socket will not tell: its handshake has read it, or the other end of
    /// a pipe had gone before this one was registered.
    pub(super) const fn may_hold_input(&self) -> bool {
        matches!(self, Self::Tls(_) | Self::Pipe(_))
    }

    /// Reads what has come; 0 at the end. [`ErrorKind::Interrupted`] if it is to be asked again.
    pub(super) fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(socket) => socket.read(buffer),
            Self::Tls(tls) => tls.read(buffer),
            Self::Pipe(pipe) => pipe.read(),
        }
    }

    /// Ends our side of the connection, after saying goodbye where the transport has a word for it.
    pub(super) fn shutdown_write(&mut self) -> io::Result<()> {
        self.close();
        match self {
            Self::Plain(socket) => socket.shutdown(Shutdown::Write),
            Self::Tls(tls) => tls.socket.shutdown(Shutdown::Write),
            Self::Pipe(pipe) => {
                pipe.end();
                Ok(())
            }
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

    /// Has the thread of `mailbox` told of what its player `index` can do: by readiness events, or by letters.
    pub(super) fn register(&mut self, registry: &Registry, mailbox: &Arc<Mailbox>, index: usize) -> io::Result<()> {
        if let Self::Pipe(pipe) = self {
            pipe.attach(mailbox, index);
        }
        let interest = Interest::READABLE | Interest::WRITABLE;
        self.source().map_or(Ok(()), |source| registry.register(source, Token(index), interest))
    }

    /// Ends what [`register`](Self::register) began.
    pub(super) fn deregister(&mut self, registry: &Registry) -> io::Result<()> {
        if let Self::Pipe(pipe) = self {
            pipe.detach();
        }
        self.source().map_or(Ok(()), |source| registry.deregister(source))
    }

    const fn source(&mut self) -> Option<&mut mio::net::TcpStream> {
        match self {
            Self::Plain(socket) => Some(socket),
            Self::Tls(tls) => Some(&mut tls.socket),
            Self::Pipe(_) => None,
        }
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
