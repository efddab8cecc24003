//! Streams whose picture is worked on before players see it: what comes in goes to a source of its own, which only the
//! worker reads, and what the worker makes of it takes its place.

use std::sync::Arc;

use vivace_base::MonoMs;
use vivace_media::{Frame, FrameKind};

use super::{Inner, Stream, StreamState};
use crate::Pace;
use crate::line::Seen;

impl Stream {
    /// What comes in, where players see something else that is made of it. It has no readers but its followers.
    pub fn source(&self) -> Option<Arc<Self>> {
        self.inner.lock().source.clone()
    }

    /// From now on players see only what [`crate::Marker`] shows, or again what comes in.
    pub(crate) fn divert(&self, diverted: bool) {
        let mut inner = self.inner.lock();
        match (diverted, inner.source.take()) {
            (true, Some(source)) => inner.source = Some(source),
            (true, None) => inner.source = Some(Arc::new(self.beside(&inner))),
            (false, None) => {}
            (false, Some(source)) => source.end(),
        }
    }

    /// A stream that is in no hub, with the bounds of this one. Its epochs count on as this one's do.
    fn beside(&self, inner: &Inner) -> Self {
        let source =
            Self::bare(self.serial, self.app, self.name.clone(), inner.publisher, inner.heard_at, inner.bounds);
        {
            let mut inside = source.inner.lock();
            inside.pace = Pace::new(0);
            inside.shown_epoch = inner.epoch;
        }
        source
    }

    /// What happens to the stream happens to its source. Its own lock is held, so the order is the same in both.
    pub(super) fn pass(&self, seen: Seen, now: MonoMs) {
        let mut inner = self.inner.lock();
        match seen {
            Seen::Lost => inner.state = StreamState::Grace { since: now },
            Seen::TakenOver => inner.state = StreamState::Live,
            Seen::Frame(_) => {}
        }
        self.enter(&mut inner, seen, now);
        inner.followers.iter().for_each(|follower| follower.wake());
    }

    /// Takes a frame that was made of what the publisher of this epoch has sent; its time is the stream's own. True if
    /// readers are to be woken, `None` if another publisher goes on, or the stream is over.
    pub(crate) fn show_made(&self, epoch: u64, frame: Frame, now: MonoMs) -> Option<bool> {
        let mut inner = self.inner.lock();
        if inner.epoch != epoch || inner.state == StreamState::Ended || inner.source.is_none() {
            return None;
        }
        let coded = matches!(frame.kind, FrameKind::Video | FrameKind::Audio);
        let dts = if coded { frame.dts } else { inner.timeline.newest() };
        let complete = self.enter(&mut inner, Seen::Frame(Frame { dts, ..frame }), now);
        Some(complete && self.watchers.load(std::sync::atomic::Ordering::Relaxed) != 0)
    }
}
