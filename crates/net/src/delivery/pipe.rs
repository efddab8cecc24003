//! A pipe in memory from a delivery thread to a response's body: slices of the shared log pass through it uncopied.

#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::io::{self, ErrorKind};
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use parking_lot::Mutex;

use super::mailbox::Mailbox;

/// Bytes that may wait in a pipe. What waits here counts as taken by the player, as what waits in a TCP socket's send
/// buffer does: the bounds of a player's lag and of its stall do not see these bytes, so a player may be that much
/// further behind than its lag says.
pub(super) const PIPE_BYTES_MAX: usize = 64 << 10;
/// Pieces that may wait in a pipe: tiny ones are mostly bookkeeping.
const PIPE_PIECES_MAX: usize = 256;
/// The longest block of which a slice may wait. A slice keeps all of its block in memory; of longer ones, the pipe
/// takes a copy, so that what slow players hold is bounded by what they have been given.
const SHARED_BYTES_MAX: usize = 256 << 10;

/// The delivery thread's end. Dropping it ends the body behind what waits.
pub struct PipeWriter {
    shared: Arc<Mutex<Shared>>,
}

/// The body's end. Dropping it tells the delivery thread that the player has gone.
pub(crate) struct PipeReader {
    shared: Arc<Mutex<Shared>>,
}

/// What both ends see. It is locked for as long as it takes to move a few handles, and never while one is copied,
/// dropped or woken.
#[derive(Default)]
struct Shared {
    pieces: VecDeque<Bytes>,
    bytes: usize,
    /// The body's task while it waits for bytes.
    reader: Option<Waker>,
    /// How the delivery thread is told, once a player stands there.
    bell: Option<Bell>,
    /// The writer has found no room and waits to be told of some.
    starved: bool,
    /// A letter of this pipe may lie in the mailbox still.
    rung: bool,
    writer_gone: bool,
    reader_gone: bool,
}

/// A player's place at its delivery thread.
#[derive(Clone)]
struct Bell {
    mailbox: Arc<Mailbox>,
    player: usize,
}

impl Bell {
    fn ring(self) {
        self.mailbox.ready(self.player);
    }
}

impl Shared {
    /// The bell, to be rung when the lock is let go; none if the thread has a letter that it has not followed yet.
    fn bell(&mut self) -> Option<Bell> {
        if self.rung { None } else { self.bell.clone().inspect(|_| self.rung = true) }
    }
}

/// The two ends of an empty pipe.
pub(crate) fn pipe() -> (PipeWriter, PipeReader) {
    let shared = Arc::<Mutex<Shared>>::default();
    (PipeWriter { shared: shared.clone() }, PipeReader { shared })
}

impl PipeWriter {
    /// Where the reader is to tell of room and of its end from now on.
    pub(super) fn attach(&self, mailbox: &Arc<Mailbox>, player: usize) {
        let mut shared = self.shared.lock();
        shared.bell = Some(Bell { mailbox: mailbox.clone(), player });
    }

    /// Ends what [`attach`](Self::attach) began.
    pub(super) fn detach(&self) {
        let bell = self.shared.lock().bell.take();
        drop(bell);
    }

    /// Gives as much as there is room for of `pieces`: of each, the bytes from an index on. How many bytes were taken.
    /// At a delivery thread, the body is woken when the thread next calls.
    ///
    /// # Errors
    /// [`ErrorKind::WouldBlock`] if there is no room: the player's thread is told when half of the pipe is free.
    /// [`ErrorKind::BrokenPipe`] if the reader has gone.
    pub(crate) fn give<'a>(&mut self, pieces: impl Iterator<Item = (&'a Bytes, usize)>) -> io::Result<usize> {
        let (room, places) = self.room()?;
        let (mut staged, mut taken) = (Vec::new(), 0);
        for (whole, from) in pieces {
            if taken == room || staged.len() == places {
                break;
            }
            let to = whole.len().min(from.saturating_add(room - taken));
            let Some(piece) = whole.get(from..to).filter(|piece| !piece.is_empty()) else { continue };
            taken += piece.len();
            let shares = whole.len() <= SHARED_BYTES_MAX;
            staged.push(if shares { whole.slice(from..to) } else { Bytes::copy_from_slice(piece) });
        }
        let mut shared = self.shared.lock();
        if shared.reader_gone {
            drop(shared);
            return Err(ErrorKind::BrokenPipe.into());
        }
        shared.pieces.extend(staged);
        shared.bytes += taken;
        let mut reader = shared.reader.take_if(|_| taken > 0);
        if let Some(Bell { mailbox, .. }) = &shared.bell {
            reader.take().into_iter().for_each(|reader| mailbox.calls.later(reader));
        }
        drop(shared);
        reader.into_iter().for_each(Waker::wake);
        Ok(taken)
    }

    /// Bytes and pieces for which there is room; only the reader changes that, and only to more.
    fn room(&self) -> io::Result<(usize, usize)> {
        let mut shared = self.shared.lock();
        if shared.reader_gone {
            return Err(ErrorKind::BrokenPipe.into());
        }
        let room = PIPE_BYTES_MAX.saturating_sub(shared.bytes);
        let places = PIPE_PIECES_MAX.saturating_sub(shared.pieces.len());
        if room == 0 || places == 0 {
            shared.starved = true;
            return Err(ErrorKind::WouldBlock.into());
        }
        Ok((room, places))
    }

    /// A body says nothing; `Ok(0)` when its reader has gone, as at the end of a socket. Called for each letter, before
    /// more is given.
    pub(super) fn read(&self) -> io::Result<usize> {
        let mut shared = self.shared.lock();
        shared.rung = false;
        if shared.reader_gone { Ok(0) } else { Err(ErrorKind::WouldBlock.into()) }
    }

    /// Ends the body behind what waits.
    pub(super) fn end(&self) {
        let mut shared = self.shared.lock();
        shared.writer_gone = true;
        let reader = shared.reader.take();
        drop(shared);
        reader.into_iter().for_each(Waker::wake);
    }
}

impl Drop for PipeWriter {
    fn drop(&mut self) {
        self.detach();
        self.end();
    }
}

impl PipeReader {
    /// The next bytes, at most `bytes_max` of them, which is not zero; `None` at the end.
    pub(crate) fn poll_take(&self, context: &mut Context<'_>, bytes_max: usize) -> Poll<Option<Bytes>> {
        let mut shared = self.shared.lock();
        let Some(front) = shared.pieces.front_mut() else {
            if shared.writer_gone {
                return Poll::Ready(None);
            }
            let stays = shared.reader.as_ref().is_some_and(|reader| reader.will_wake(context.waker()));
            let before = if stays { None } else { shared.reader.replace(context.waker().clone()) };
            drop(shared);
            drop(before);
            return Poll::Pending;
        };
        let piece = if front.len() > bytes_max { Some(front.split_to(bytes_max)) } else { None };
        let piece = piece.or_else(|| shared.pieces.pop_front()).unwrap_or_default();
        shared.bytes -= piece.len();
        let has_room = shared.bytes <= PIPE_BYTES_MAX / 2 && shared.pieces.len() <= PIPE_PIECES_MAX / 2;
        let bell = if shared.starved && has_room {
            shared.starved = false;
            shared.bell()
        } else {
            None
        };
        drop(shared);
        bell.into_iter().for_each(Bell::ring);
        Poll::Ready(Some(piece))
    }
}

impl Drop for PipeReader {
    fn drop(&mut self) {
        let mut shared = self.shared.lock();
        shared.reader_gone = true;
        shared.bytes = 0;
        let (pieces, reader, bell) = (std::mem::take(&mut shared.pieces), shared.reader.take(), shared.bell());
        drop(shared);
        drop((pieces, reader));
        bell.into_iter().for_each(Bell::ring);
    }
}
