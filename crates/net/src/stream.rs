use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};

use socket2::SockRef;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::server::TlsStream;

use crate::cork::{Cork, Corkable};
use crate::delivery::Socket;

/// Bytes of a response that wait unsent in the kernel before it takes no more (`TCP_NOTSENT_LOWAT`): enough to keep a
/// link busy, and so much that fast clients of long responses cost no more writes for it. By itself it takes megabytes, and
/// tells of progress when a third of them has gone.
pub(crate) const UNSENT_BYTES: u32 = 128 << 10;
/// The same for a client that has been granted nothing, and whose progress has to show within seconds.
const UNGRANTED_UNSENT_BYTES: u32 = 32 << 10;

/// A client's connection, plain or behind TLS.
pub enum Stream {
    /// TCP as it is.
    Plain(TcpStream),
    /// TCP with TLS over it, after the handshake.
    Tls(Box<TlsStream<Corkable>>),
}

impl Stream {
    fn socket(&self) -> &TcpStream {
        match self {
            Self::Plain(socket) => socket,
            Self::Tls(tls) => tls.get_ref().0.socket(),
        }
    }

    /// The address that the client came to.
    pub fn local_address(&self) -> io::Result<SocketAddr> {
        self.socket().local_addr()
    }

    /// Has the kernel tell of what the client takes while little of it waits.
    pub(crate) fn tell_early(&self) {
        self.set_unsent(UNGRANTED_UNSENT_BYTES);
    }

    /// The same for a client that has been granted something.
    pub(crate) fn tell_granted(&self) {
        self.set_unsent(UNSENT_BYTES);
    }

    /// How much may wait; with nothing, the kernel does as by itself.
    fn set_unsent(&self, bytes: u32) {
        // Without it slow clients are let go too soon, and no others.
        if let Err(error) = SockRef::from(self.socket()).set_tcp_notsent_lowat(bytes) {
            tracing::debug!(%error, "TCP_NOTSENT_LOWAT was refused");
        }
    }

    /// Whether the client has agreed on HTTP/2 in the handshake (ALPN, RFC 7301).
    pub fn is_http2(&self) -> bool {
        match self {
            Self::Plain(_) => false,
            Self::Tls(tls) => tls.get_ref().1.alpn_protocol() == Some(crate::tls::ALPN_HTTP2),
        }
    }

    /// Gives the connection away to a delivery thread, which writes as much as the kernel takes.
    pub fn into_socket(self) -> io::Result<Socket> {
        self.set_unsent(0);
        match self {
            Self::Plain(socket) => Ok(Socket::Plain(socket.into_std()?)),
            Self::Tls(tls) => {
                let (socket, connection) = tls.into_inner();
                Ok(Socket::Tls(socket.into_socket().into_std()?, Box::new(connection)))
            }
        }
    }
}

impl Cork for Stream {
    /// Without TLS there is nobody to hold anything.
    fn set_corked(&mut self, corked: bool) {
        if let Self::Tls(tls) = self {
            tls.get_mut().0.set_corked(corked);
        }
    }
}

impl AsyncRead for Stream {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(socket) => Pin::new(socket).poll_read(context, buffer),
            Self::Tls(tls) => Pin::new(tls).poll_read(context, buffer),
        }
    }
}

impl AsyncWrite for Stream {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(socket) => Pin::new(socket).poll_write(context, bytes),
            Self::Tls(tls) => Pin::new(tls).poll_write(context, bytes),
        }
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        pieces: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(socket) => Pin::new(socket).poll_write_vectored(context, pieces),
            Self::Tls(tls) => Pin::new(tls).poll_write_vectored(context, pieces),
        }
    }

    fn is_write_vectored(&self) -> bool {
        match self {
            Self::Plain(socket) => socket.is_write_vectored(),
            Self::Tls(tls) => tls.is_write_vectored(),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(socket) => Pin::new(socket).poll_flush(context),
            Self::Tls(tls) => Pin::new(tls).poll_flush(context),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(socket) => Pin::new(socket).poll_shutdown(context),
            Self::Tls(tls) => Pin::new(tls).poll_shutdown(context),
        }
    }
}
