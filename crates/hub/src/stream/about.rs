//! What others may know of a stream.

use std::sync::Arc;

use vivace_base::{AppId, MediaTime, MonoMs, SessionId, StreamName, UnixMs};
use vivace_domain::ingest::AnomalyReport;
use vivace_media::Codec;

use super::{Stream, StreamState};
use crate::{Dated, FormatKind, Tracks};

impl Stream {
    /// A number that no other stream of this process has.
    pub const fn serial(&self) -> u64 {
        self.serial
    }

    /// Whose stream it is.
    pub const fn app(&self) -> AppId {
        self.app
    }

    /// Whether this server makes it of another one: nobody pushes it.
    pub const fn is_derived(&self) -> bool {
        self.derived
    }

    pub(crate) fn derived(self) -> Self {
        Self { derived: true, ..self }
    }

    /// Says what a derived stream is made of: their timelines are one.
    pub fn made_of(&self, origin: &Arc<Self>) {
        *self.origin.lock() = Some(origin.clone());
    }

    /// The date of a time of its timeline, of which something has just been seen, at `at`. What is made of a stream comes
    /// later and has the same dates.
    pub fn date(&self, time: MediaTime, at: UnixMs) -> Dated {
        match &*self.origin.lock() {
            Some(origin) => origin.dates.date(time, at, false),
            None => self.dates.date(time, at, true),
        }
    }

    /// Its name.
    pub const fn name(&self) -> &StreamName {
        &self.name
    }

    /// Whether it has a publisher.
    pub fn state(&self) -> StreamState {
        self.inner.lock().state
    }

    /// The publisher's session, its epoch, when the stream began, and when it was last heard.
    pub fn publisher(&self) -> (SessionId, u64, MonoMs, MonoMs) {
        let inner = self.inner.lock();
        (inner.publisher, inner.epoch, inner.begun_at, inner.heard_at)
    }

    /// The newest point of its timeline, and when the publisher was last heard.
    pub fn newest(&self) -> (MediaTime, MonoMs) {
        let inner = self.inner.lock();
        (inner.timeline.newest(), inner.heard_at)
    }

    /// What it consists of now.
    pub fn tracks(&self) -> Tracks {
        self.inner.lock().tracks.clone()
    }

    /// What has gone wrong in its push since the last call.
    pub fn anomalies(&self, now: MonoMs) -> Vec<AnomalyReport> {
        self.inner.lock().watch.report(now)
    }

    /// A codec of the stream, as far as it is known, that the format cannot carry.
    pub fn uncarried(&self, kind: FormatKind) -> Option<Codec> {
        kind.uncarried(&self.inner.lock().tracks)
    }
}
