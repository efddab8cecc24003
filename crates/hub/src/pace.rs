use vivace_base::MonoMs;

/// Decides when a stream's waiting frames go out together: one clock per stream, shared by all its readers.
///
/// A batch closes on the video frame that completes it, so that this frame waits for nothing; a deadline closes it
/// when no such frame comes. With `merge_ms` 0 every video frame closes a batch and audio alone waits 20 ms at most.
#[derive(Debug)]
pub struct Pace {
    merge_ms: u64,
    waiting_since: Option<MonoMs>,
    closed_at: MonoMs,
    video_at: Option<MonoMs>,
    interval_ms: u64,
}

/// Longest that audio waits for a picture to travel with when nothing is to be merged.
const AT_ONCE_MS: u64 = 20;
/// Frame interval taken where none is known, and the longest that a deadline is stretched by.
const INTERVAL_MS_MAX: u64 = 50;

impl Pace {
    /// A pace that sends at most once every `merge_ms`, give or take half a frame.
    pub const fn new(merge_ms: u64) -> Self {
        Self { merge_ms, waiting_since: None, closed_at: MonoMs(0), video_at: None, interval_ms: INTERVAL_MS_MAX }
    }

    /// A frame joined the batch. True if it completes the batch.
    pub fn on_frame(&mut self, now: MonoMs, video: bool) -> bool {
        self.waiting_since.get_or_insert(now);
        if !video {
            return false;
        }
        if let Some(before) = self.video_at.replace(now) {
            let seen = now.since(before).min(INTERVAL_MS_MAX);
            self.interval_ms = (self.interval_ms * 7 + seen) / 8;
        }
        // A quarter of a frame of tolerance keeps jitter from costing a whole further frame of delay.
        now.since(self.closed_at) + self.interval_ms / 4 >= self.merge_ms
    }

    /// The batch was sent.
    pub fn on_close(&mut self, now: MonoMs) {
        self.waiting_since = None;
        self.closed_at = now;
    }

    /// When the waiting frames must go out even if no video frame comes; `None` if nothing waits.
    pub fn deadline(&self) -> Option<MonoMs> {
        self.waiting_since.map(|since| MonoMs(since.0 + self.patience_ms()))
    }

    /// The longest that a frame waits.
    pub fn patience_ms(&self) -> u64 {
        if self.merge_ms == 0 { AT_ONCE_MS } else { self.merge_ms + self.interval_ms }
    }
}
