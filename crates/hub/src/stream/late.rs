//! What players see later than it comes, and what is told late: that a stream was cut, and that its publisher has left.

use vivace_base::MonoMs;
use vivace_media::FrameKind;

use super::{Inner, Stream};
use crate::Cut;
use crate::line::Seen;

/// Called when nobody feeds the stream any more.
pub(super) type OnLeft = Box<dyn FnOnce() + Send>;

impl Stream {
    /// Why it was cut, if it was.
    pub fn cut(&self) -> Option<Cut> {
        self.inner.lock().cut
    }

    /// Calls `on_left` once no publisher feeds the stream any more: at once if there is none.
    pub fn when_left(&self, on_left: Box<dyn FnOnce() + Send>) {
        let mut inner = self.inner.lock();
        if inner.feeding > 0 {
            inner.on_left.push(on_left);
            return;
        }
        drop(inner);
        on_left();
    }

    /// How far its players are behind what comes in.
    pub fn delay_ms(&self) -> u64 {
        self.inner.lock().line.ms()
    }

    /// From now on its players see it so much later. True if readers are to be woken.
    pub(crate) fn set_delay(&self, ms: u64, now: MonoMs) -> bool {
        let mut inner = self.inner.lock();
        if inner.line.ms() == ms {
            return false;
        }
        inner.line.set(ms, now);
        self.release(&mut inner, now)
    }

    /// Shows what is due. True if readers are to be woken.
    pub(crate) fn show_due(&self, now: MonoMs) -> bool {
        let mut inner = self.inner.lock();
        !inner.line.is_empty() && self.release(&mut inner, now)
    }

    /// Whether all that has come has been shown.
    pub(crate) fn is_shown(&self) -> bool {
        self.inner.lock().line.is_empty()
    }

    pub(crate) fn mark_cut(&self, why: Cut) {
        self.inner.lock().cut = Some(why);
    }

    /// A publisher has left.
    pub(crate) fn leave(&self) {
        let mut inner = self.inner.lock();
        inner.feeding = inner.feeding.saturating_sub(1);
        let told = if inner.feeding == 0 { std::mem::take(&mut inner.on_left) } else { Vec::new() };
        drop(inner);
        told.into_iter().for_each(|on_left| on_left());
    }

    /// Shows what has come, or puts it behind what waits already. True if there are new bytes.
    pub(super) fn enter(&self, inner: &mut Inner, seen: Seen, now: MonoMs) -> bool {
        if !inner.line.holds() {
            return self.show(inner, seen, now);
        }
        inner.line.push(now, seen);
        self.release(inner, now)
    }

    /// Shows what is due. True if there are new bytes.
    pub(super) fn release(&self, inner: &mut Inner, now: MonoMs) -> bool {
        let mut shown = false;
        while let Some(seen) = inner.line.pop_due(now, inner.bounds.delay_bytes_max) {
            shown |= self.show(inner, seen, now);
        }
        shown
    }

    fn show(&self, inner: &mut Inner, seen: Seen, now: MonoMs) -> bool {
        match seen {
            Seen::Frame(frame) => {
                let video = frame.kind == FrameKind::Video;
                self.remember(inner, frame);
                let filled = inner.pace.on_frame(now, video) || inner.batch_bytes >= inner.bounds.batch_bytes_max;
                let complete = filled || inner.pace.deadline().is_some_and(|deadline| deadline <= now);
                if complete {
                    self.close_batch(inner, now);
                }
                complete
            }
            Seen::TakenOver => {
                self.flush(inner);
                inner.shown_epoch += 1;
                inner.tracks.resume();
                inner.forget_gop();
                inner.awaits_key = true;
                true
            }
            Seen::Lost => {
                self.flush(inner);
                inner.forget_gop();
                true
            }
        }
    }
}
