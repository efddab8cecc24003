use std::io::{IoSlice, Result};
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

/// A connection that can be told to keep what it is given for a while: as much as its TLS holds.
pub(crate) trait Cork {
    /// While it is corked, no write reaches the socket: those that TLS cannot hold are pending, and nobody is woken for
    /// them. Who corks it uncorks and flushes it before he waits.
    fn set_corked(&mut self, corked: bool);
}

/// A socket below TLS.
#[derive(Debug)]
pub struct Corkable {
    socket: TcpStream,
    corked: bool,
}

impl Corkable {
    pub(crate) const fn new(socket: TcpStream) -> Self {
        Self { socket, corked: false }
    }

    pub(crate) const fn socket(&self) -> &TcpStream {
        &self.socket
    }

    pub(crate) fn into_socket(self) -> TcpStream {
        self.socket
    }
}

impl Cork for Corkable {
    fn set_corked(&mut self, corked: bool) {
        self.corked = corked;
    }
}

impl AsyncRead for Corkable {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<Result<()>> {
        Pin::new(&mut self.get_mut().socket).poll_read(context, buffer)
    }
}

impl AsyncWrite for Corkable {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<Result<usize>> {
        if self.corked { Poll::Pending } else { Pin::new(&mut self.get_mut().socket).poll_write(context, bytes) }
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        pieces: &[IoSlice<'_>],
    ) -> Poll<Result<usize>> {
        if self.corked {
            return Poll::Pending;
        }
        Pin::new(&mut self.get_mut().socket).poll_write_vectored(context, pieces)
    }

    fn is_write_vectored(&self) -> bool {
        self.socket.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<()>> {
        Pin::new(&mut self.get_mut().socket).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<()>> {
        Pin::new(&mut self.get_mut().socket).poll_shutdown(context)
    }
}
