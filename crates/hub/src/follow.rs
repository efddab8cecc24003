use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use parking_lot::Mutex;
use vivace_base::MediaTime;
use vivace_media::Frame;

use crate::stream::cost_bytes;
use crate::{Stream, Tracks};

/// Frames that closed together, as the formats' encoders get them.
#[derive(Clone, Debug)]
pub struct Batch {
    /// Counts publishers of the stream: another number is another encoder.
    pub epoch: u64,
    /// What the stream consists of at these frames.
    pub tracks: Tracks,
    /// The frames, in order.
    pub frames: Vec<Frame>,
}

impl Batch {
    /// The newest decoding time in it.
    pub fn newest(&self) -> Option<MediaTime> {
        self.frames.iter().map(|frame| frame.dts).max()
    }
}

/// What has come since the last look.
#[derive(Debug, Default)]
pub struct Followed {
    /// Frames before these have been lost, because too many waited.
    pub lost: bool,
    /// In order.
    pub batches: Vec<Batch>,
}

/// Called, under the stream's lock, when there is something to take; it must not wait.
pub type FollowWake = Box<dyn Fn() + Send + Sync>;

/// One who wants a stream's frames themselves and not their bytes in a format: a segmenter, a recorder.
///
/// It begins with the GOP that is held. Its queue is bounded: who does not take loses all that waits.
pub struct Follower {
    stream: Arc<Stream>,
    queue: Arc<Queue>,
}

pub(crate) struct Queue {
    waiting: Mutex<Waiting>,
    frames_max: usize,
    wake: FollowWake,
}

#[derive(Default)]
struct Waiting {
    followed: Followed,
    frames: usize,
    bytes: usize,
}

impl Follower {
    pub(crate) fn new(stream: Arc<Stream>, frames_max: usize, wake: FollowWake) -> Self {
        let queue = Arc::new(Queue { waiting: Mutex::default(), frames_max, wake });
        stream.attach_follower(&queue);
        Self { stream, queue }
    }

    /// Takes what waits.
    pub fn take(&self) -> Followed {
        let mut waiting = self.queue.waiting.lock();
        std::mem::take(&mut *waiting).followed
    }

    /// The stream that is followed.
    pub const fn stream(&self) -> &Arc<Stream> {
        &self.stream
    }
}

impl Drop for Follower {
    fn drop(&mut self) {
        self.stream.detach_follower(&self.queue);
    }
}

impl Queue {
    /// Puts frames behind those that wait. Where these would be too many, or hold more than `bytes_max`, they are lost:
    /// who hangs shall not keep what a stream has sent since in memory.
    pub(crate) fn push(&self, epoch: u64, tracks: &Tracks, frames: impl Iterator<Item = Frame>, bytes_max: usize) {
        let batch = Batch { epoch, tracks: tracks.clone(), frames: frames.collect() };
        let (frames, bytes) = (batch.frames.len(), batch.frames.iter().map(cost_bytes).sum::<usize>());
        let mut waiting = self.waiting.lock();
        let too_much = waiting.frames + frames > self.frames_max || waiting.bytes + bytes > bytes_max;
        if waiting.frames > 0 && too_much {
            let followed = Followed { lost: true, batches: Vec::new() };
            *waiting = Waiting { followed, ..Waiting::default() };
        }
        waiting.frames += frames;
        waiting.bytes += bytes;
        waiting.followed.batches.push(batch);
        drop(waiting);
        (self.wake)();
    }

    pub(crate) fn wake(&self) {
        (self.wake)();
    }
}

/// A reader that has no place in any format's bytes and is counted all the same. Dropping it gives the seat back.
pub struct Seat(Arc<Stream>);

impl Seat {
    /// Takes a seat.
    pub fn take(stream: &Arc<Stream>) -> Self {
        stream.counters.readers.fetch_add(1, Relaxed);
        Self(stream.clone())
    }

    /// The stream.
    pub const fn stream(&self) -> &Arc<Stream> {
        &self.0
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.0.counters.readers.fetch_sub(1, Relaxed);
    }
}
