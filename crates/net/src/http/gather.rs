use std::io::{IoSlice, Result};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use parking_lot::Mutex;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::cork::Cork;

/// A connection whose writes wait in its TLS for the end of its owner's turn and go out together. HTTP/2 writes and
/// flushes each frame by itself, which would be a system call for each 16 KiB of a live play.
pub(super) struct Gather<I>(Arc<Mutex<Gathered<I>>>);

/// The owner's end, which ends the turn.
pub(super) struct Turn<I>(Arc<Mutex<Gathered<I>>>);

/// What both see. One task alone polls them, so the lock is never waited for.
struct Gathered<I> {
    inner: I,
    /// Something has been written in this turn, or of an earlier one something is left.
    unflushed: bool,
}

/// Both ends of a connection.
pub(super) fn gather<I>(inner: I) -> (Gather<I>, Turn<I>) {
    let shared = Arc::new(Mutex::new(Gathered { inner, unflushed: false }));
    (Gather(shared.clone()), Turn(shared))
}

impl<I: AsyncWrite + Cork + Unpin> Turn<I> {
    /// Sends what has been gathered. Ready when all of it has been sent.
    pub(super) fn poll_end(&self, context: &mut Context<'_>) -> Poll<Result<()>> {
        self.0.lock().poll_send(context)
    }

    /// Whether something that was written has not been sent.
    pub(super) fn holds(&self) -> bool {
        self.0.lock().unflushed
    }
}

impl<I: AsyncWrite + Cork + Unpin> Gathered<I> {
    /// Writes corked, as much as TLS holds; what it does not hold goes the usual way.
    fn poll_put(
        &mut self,
        context: &mut Context<'_>,
        mut write: impl FnMut(Pin<&mut I>, &mut Context<'_>) -> Poll<Result<usize>>,
    ) -> Poll<Result<usize>> {
        self.unflushed = true;
        self.inner.set_corked(true);
        let held = write(Pin::new(&mut self.inner), context);
        self.inner.set_corked(false);
        if held.is_pending() { write(Pin::new(&mut self.inner), context) } else { held }
    }

    fn poll_send(&mut self, context: &mut Context<'_>) -> Poll<Result<()>> {
        if self.unflushed {
            ready!(Pin::new(&mut self.inner).poll_flush(context))?;
            self.unflushed = false;
        }
        Poll::Ready(Ok(()))
    }
}

impl<I: AsyncRead + Unpin> AsyncRead for Gather<I> {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<Result<()>> {
        Pin::new(&mut self.0.lock().inner).poll_read(context, buffer)
    }
}

impl<I: AsyncWrite + Cork + Unpin> AsyncWrite for Gather<I> {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<Result<usize>> {
        self.0.lock().poll_put(context, |inner, context| inner.poll_write(context, bytes))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<Result<usize>> {
        self.0.lock().poll_put(context, |inner, context| inner.poll_write_vectored(context, slices))
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    /// The end of the turn is what flushes.
    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<()>> {
        let mut shared = self.0.lock();
        ready!(shared.poll_send(context))?;
        Pin::new(&mut shared.inner).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests;
