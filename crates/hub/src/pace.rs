use vivace_base::MonoMs;

/// Decides when a stream's waiting frames go out together: one clock per stream, shared by all its readers.
///
/// A batch closes on the video frame that completes it, so that this frame waits for nothing; a deadline closes it
/// when no such frame comes. With `merge_ms` 0 every video frame closes a batch, and audio, which a player cannot show
/// without its pictures, waits for the next one to travel with.
#[derive(Debug)]
pub struct Pace {
    merge_ms: u64,
    waiting_since: Option<MonoMs>,
    /// From here on the next picture closes a batch.
    due_at: MonoMs,
    video_at: Option<MonoMs>,
    interval_ms: u64,
}

/// How long audio waits for a picture to travel with when nothing is to be merged: a frame's time within these bounds.
const AT_ONCE_MS: (u64, u64) = (20, 35);
/// Frame interval taken where none is known, and the longest that a deadline is stretched by.
const INTERVAL_MS_MAX: u64 = 50;

impl Pace {
    /// A pace that sends once every `merge_ms` on the average: where pictures do not come at multiples of it, a batch
    /// that closed late is followed by one that closes early.
    pub const fn new(merge_ms: u64) -> Self {
        Self { merge_ms, waiting_since: None, due_at: MonoMs(0), video_at: None, interval_ms: INTERVAL_MS_MAX }
    }

    /// From the next batch on sends once every `merge_ms`.
    pub fn retune(&mut self, merge_ms: u64) {
        // A batch that is waited for by a longer clock may close as soon as the shorter one allows.
        self.due_at = MonoMs(self.due_at.0.saturating_sub(self.merge_ms.saturating_sub(merge_ms)));
        self.merge_ms = merge_ms;
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
        now.0 + self.interval_ms / 4 >= self.due_at.0
    }

    /// The batch was sent.
    pub fn on_close(&mut self, now: MonoMs) {
        self.waiting_since = None;
        let due = self.due_at.0.max(now.0.saturating_sub(self.merge_ms)).min(now.0 + self.interval_ms / 4);
        self.due_at = MonoMs(due + self.merge_ms);
    }

    /// When the waiting frames must go out even if no video frame comes; `None` if nothing waits.
    pub fn deadline(&self) -> Option<MonoMs> {
        self.waiting_since.map(|since| MonoMs(since.0 + self.patience_ms()))
    }

    /// The longest that a frame waits.
    pub fn patience_ms(&self) -> u64 {
        match self.merge_ms {
            0 => (self.interval_ms + 1).clamp(AT_ONCE_MS.0, AT_ONCE_MS.1),
            merge_ms => merge_ms + self.interval_ms,
        }
    }
}
