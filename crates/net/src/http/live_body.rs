use std::io;
use std::os::unix::net::UnixStream as StdUnixStream;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Bytes, BytesMut};
use hyper::body::{Body, Frame};
use socket2::SockRef;
use tokio::net::UnixStream;

use super::BoxError;
use crate::delivery::Socket;

/// Bytes taken from the delivery thread at a time.
const PIECE_BYTES: usize = 16 << 10;
/// Bytes that may wait between the delivery thread and the connection. More would hide from the thread how far behind
/// the player is.
const BETWEEN_BYTES: usize = 64 << 10;

/// The body of a live play over a connection that cannot be given away because it carries other requests too (HTTP/2).
///
/// A delivery thread owns the other end as if it were a player: when the client takes nothing, the thread sees a full
/// socket; when the client goes, a closed one.
pub struct LiveBody {
    socket: UnixStream,
    buffer: BytesMut,
}

impl LiveBody {
    /// A body, and the end that a delivery thread is to feed.
    ///
    /// # Errors
    /// The system has no more sockets.
    pub fn new() -> io::Result<(Socket, Self)> {
        let (theirs, ours) = StdUnixStream::pair()?;
        theirs.set_nonblocking(true)?;
        ours.set_nonblocking(true)?;
        SockRef::from(&theirs).set_send_buffer_size(BETWEEN_BYTES)?;
        let socket = UnixStream::from_std(ours)?;
        Ok((Socket::Pair(theirs), Self { socket, buffer: BytesMut::new() }))
    }
}

impl Body for LiveBody {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let Self { socket, buffer } = self.get_mut();
        loop {
            ready!(socket.poll_read_ready(context))?;
            buffer.reserve(PIECE_BYTES);
            match socket.try_read_buf(buffer) {
                Ok(0) => return Poll::Ready(None),
                Ok(_) => return Poll::Ready(Some(Ok(Frame::data(buffer.split().freeze())))),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Poll::Ready(Some(Err(error.into()))),
            }
        }
    }
}
