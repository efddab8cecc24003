use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use hyper::body::{Body, Frame};

use super::BoxError;
use crate::delivery::{PipeReader, Socket, pipe};

/// Bytes given to the connection at a time: with the nine of a frame's header (RFC 9113, section 4.1) they fill one
/// TLS record (RFC 8446, section 5.1), and no client may refuse a frame of that size (RFC 9113, section 4.2).
const PIECE_BYTES: usize = (16 << 10) - 9;

/// The body of a live play over a connection that cannot be given away because it carries other requests too (HTTP/2).
///
/// A delivery thread owns the other end as if it were a player: when the client takes nothing, the thread sees a full
/// socket; when the client goes, a closed one.
pub struct LiveBody {
    pipe: PipeReader,
}

impl LiveBody {
    /// A body, and the end that a delivery thread is to feed.
    pub fn new() -> (Socket, Self) {
        let (writer, reader) = pipe();
        (Socket::Pipe(writer), Self { pipe: reader })
    }
}

impl Body for LiveBody {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        self.pipe.poll_take(context, PIECE_BYTES).map(|piece| piece.map(|piece| Ok(Frame::data(piece))))
    }
}
