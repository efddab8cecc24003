use std::collections::VecDeque;
use std::sync::Arc;

use tokio::sync::Notify;
use vivace_base::{Clock, MediaTime};
use vivace_hub::{Batch, Follower, Stream, StreamState, Tracks};
use vivace_media::{Frame, FrameKind};

/// The frames of a stream, from a key frame on.
pub(super) struct Source {
    follower: Follower,
    clock: Arc<dyn Clock>,
    wake: Arc<Notify>,
    waiting: VecDeque<Batch>,
    /// Pictures before the next key frame mean nothing: some have been lost.
    awaits_key: bool,
}

/// Where a child begins.
pub(super) struct Start {
    /// Which publisher's.
    pub(super) epoch: u64,
    /// What the stream consists of.
    pub(super) tracks: Tracks,
    /// The time that the child takes for zero.
    pub(super) base: MediaTime,
    /// Pictures per second, where they can be counted.
    pub(super) frame_rate: Option<f64>,
}

/// Room before the first frame, so that no timestamp of FFmpeg's is negative.
const ROOM: MediaTime = MediaTime::from_ms(1_000);
/// A stream that has not settled by then begins without its other track.
const PENDING_MAX: usize = 512;

impl Source {
    /// Follows a stream; at most `frames_max` frames wait.
    pub(super) fn new(stream: &Arc<Stream>, frames_max: usize, clock: Arc<dyn Clock>) -> Self {
        let wake = Arc::new(Notify::new());
        let waker = wake.clone();
        let follower = stream.follow(frames_max, Box::new(move || waker.notify_one()));
        Self { follower, clock, wake, waiting: VecDeque::new(), awaits_key: false }
    }

    /// The next frames; none once the stream is over.
    pub(super) async fn next(&mut self) -> Option<Batch> {
        loop {
            if let Some(batch) = self.waiting.pop_front() {
                return Some(batch);
            }
            let is_over = self.follower.stream().state() == StreamState::Ended;
            let followed = self.follower.take();
            self.awaits_key |= followed.lost;
            if let Some(newest) = followed.batches.last().and_then(Batch::newest) {
                // Dates are those of the stream, not of what comes of it later.
                self.follower.stream().date(newest, self.clock.unix());
            }
            self.waiting.extend(followed.batches);
            if !self.waiting.is_empty() {
                continue;
            }
            if is_over {
                return None;
            }
            self.wake.notified().await;
        }
    }

    /// Returns once the stream is over, whatever of it is not taken yet. Dropped before, it has lost nothing.
    pub(super) async fn over(&self) {
        // Looked at before each wait: an end that comes in between wakes it.
        while self.follower.stream().state() != StreamState::Ended {
            self.wake.notified().await;
        }
    }

    /// What was taken and belongs to the next child.
    pub(super) fn put_back(&mut self, batch: Batch) {
        self.waiting.push_front(batch);
    }

    /// Waits for a place to begin: a key frame of a stream whose tracks are all there. None once it is over.
    pub(super) async fn begin(&mut self) -> Option<Start> {
        let mut pending: Vec<Batch> = Vec::new();
        loop {
            let mut batch = self.next().await?;
            if pending.first().is_some_and(|first| first.epoch != batch.epoch || changed(&first.tracks, &batch.tracks))
            {
                pending.clear();
            }
            if let Some(at) = batch.frames.iter().position(|frame| begins(frame, &batch.tracks)) {
                batch.frames.drain(..at);
                pending.clear();
                pending.push(batch);
            } else if !pending.is_empty() {
                pending.push(batch);
            }
            let Some(last) = pending.last() else { continue };
            if last.tracks.settled() || pending.len() > PENDING_MAX {
                let (epoch, tracks) = (last.epoch, last.tracks.clone());
                return self.start(epoch, tracks, pending);
            }
        }
    }

    fn start(&mut self, epoch: u64, tracks: Tracks, pending: Vec<Batch>) -> Option<Start> {
        self.awaits_key = false;
        let first = pending.iter().flat_map(|batch| &batch.frames).map(|frame| frame.dts).next()?;
        let pictures = pending.iter().flat_map(|batch| &batch.frames).filter(|frame| frame.kind == FrameKind::Video);
        let frame_rate = frame_rate(pictures.map(|frame| frame.dts));
        for batch in pending.into_iter().rev() {
            // A track that showed itself only behind them is theirs too.
            self.waiting.push_front(Batch { tracks: tracks.clone(), ..batch });
        }
        Some(Start { epoch, tracks, base: first - ROOM, frame_rate })
    }

    /// Whether a frame is of use: pictures are not from a loss to the next key frame.
    pub(super) fn is_useful(&mut self, frame: &Frame) -> bool {
        match frame.kind {
            FrameKind::Video => {
                self.awaits_key &= !frame.key;
                !self.awaits_key
            }
            FrameKind::Audio => true,
            FrameKind::VideoConfig | FrameKind::AudioConfig | FrameKind::Metadata => false,
        }
    }
}

/// Whether a stream has other tracks than it had; one that has only come is no other.
fn changed(before: &Tracks, now: &Tracks) -> bool {
    let other = |before: &Option<vivace_hub::Config>, now| before.is_some() && before != now;
    other(&before.video, &now.video) || other(&before.audio, &now.audio)
}

fn begins(frame: &Frame, tracks: &Tracks) -> bool {
    match frame.kind {
        FrameKind::Video => frame.key,
        FrameKind::Audio => tracks.video.is_none(),
        FrameKind::VideoConfig | FrameKind::AudioConfig | FrameKind::Metadata => false,
    }
}

fn frame_rate(mut times: impl Iterator<Item = MediaTime>) -> Option<f64> {
    let first = times.next()?;
    let (mut steps, mut last) = (0_u32, first);
    for time in times {
        (steps, last) = (steps + 1, time);
    }
    let ms = (last - first).ms();
    // Fewer tell nothing, and an odd rate would mislead the encoder.
    let rate = f64::from(steps) * 1_000.0 / i32::try_from(ms).ok().filter(|ms| *ms > 0).map(f64::from)?;
    (steps >= 4 && (1.0..=120.0).contains(&rate)).then_some((rate * 100.0).round() / 100.0)
}

#[cfg(test)]
mod tests {
    use vivace_base::MediaTime;

    use super::frame_rate;

    #[test]
    fn pictures_are_counted_where_there_are_enough() {
        let of = |count: i64, ms: i64| frame_rate((0..count).map(move |at| MediaTime::from_ms(at * ms)));
        assert_eq!(
            (of(50, 40), of(5, 20), of(4, 40), of(9, 0), of(9, 5_000)),
            (Some(25.0), Some(50.0), None, None, None)
        );
    }
}
