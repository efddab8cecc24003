use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use parking_lot::Mutex;
use thiserror::Error;
use vivace_base::{AppId, Clock, Limits, SessionId, StreamName};
use vivace_domain::claim::{self, Claim, Holder, HolderState, Owner};
use vivace_media::Frame;

use crate::{Counters, FormatKind, Stream, StreamState};

/// Tells the delivery threads that a stream has new bytes, or has ended.
pub trait Wake: Send + Sync {
    /// Wakes the threads whose bits are set in [`Stream::watchers`].
    fn wake(&self, stream: &Arc<Stream>);
}

/// Why the hub refuses a publisher.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum HubFault {
    /// Another owner holds the name.
    #[error("the stream name is held by another publisher, session {holder}")]
    Taken {
        /// The session that publishes.
        holder: SessionId,
        /// What it is doing.
        state: HolderState,
    },
    /// As many streams are live as the limit allows.
    #[error("{limit} streams are live, the most this server takes")]
    StreamsMax {
        /// The limit.
        limit: usize,
    },
}

/// Another publisher has taken the stream over, or it has been cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the stream has another publisher now, or was cut")]
pub struct Replaced;

/// All live streams.
pub struct Hub {
    limits: Arc<Limits>,
    clock: Arc<dyn Clock>,
    wake: Arc<dyn Wake>,
    merge_ms: u64,
    serials: AtomicU64,
    streams: Mutex<BTreeMap<(AppId, StreamName), Slot>>,
    /// Bytes and skips of streams that have ended.
    past: Counters,
}

struct Slot {
    owner: Owner,
    stream: Arc<Stream>,
}

impl Hub {
    /// A hub that merges frames for `merge_ms` before they go out.
    pub fn new(limits: Arc<Limits>, clock: Arc<dyn Clock>, wake: Arc<dyn Wake>, merge_ms: u64) -> Arc<Self> {
        Arc::new(Self {
            limits,
            clock,
            wake,
            merge_ms,
            serials: AtomicU64::new(1),
            streams: Mutex::new(BTreeMap::new()),
            past: Counters::default(),
        })
    }

    /// Claims a name for a publisher. The same owner takes over what it holds already: players stay.
    pub fn publish(
        self: &Arc<Self>,
        app: AppId,
        name: &StreamName,
        owner: Owner,
        session: SessionId,
    ) -> Result<Publisher, HubFault> {
        let now = self.clock.mono();
        let mut streams = self.streams.lock();
        let key = (app, name.clone());
        if let Some(slot) = streams.get_mut(&key) {
            let (holder, epoch, _, heard_at) = slot.stream.publisher();
            let live = slot.stream.state() == StreamState::Live;
            let state = if live { HolderState::Live } else { HolderState::Grace };
            let held = Holder { owner: slot.owner, epoch, silent_ms: now.since(heard_at), state };
            match claim::decide(Some(&held), &owner, epoch, self.limits.publisher_idle_ms_max) {
                Claim::Taken { .. } => return Err(HubFault::Taken { holder, state }),
                Claim::Granted { .. } | Claim::Continue { .. } | Claim::TakeOver { .. } => {}
            }
            slot.owner = owner;
            let epoch = slot.stream.take_over(session, now);
            return Ok(Publisher { hub: self.clone(), stream: slot.stream.clone(), epoch });
        }
        if streams.len() >= self.limits.streams_max {
            return Err(HubFault::StreamsMax { limit: self.limits.streams_max });
        }
        let serial = self.serials.fetch_add(1, Relaxed);
        let stream = Arc::new(Stream::new(serial, app, name.clone(), session, now, self.merge_ms, &self.limits));
        streams.insert(key, Slot { owner, stream: stream.clone() });
        Ok(Publisher { hub: self.clone(), stream, epoch: 1 })
    }

    /// Attaches a reader to a live stream; `None` if there is no such stream.
    pub fn subscribe(&self, app: AppId, name: &StreamName, kind: FormatKind) -> Option<Reader> {
        let stream = self.streams.lock().get(&(app, name.clone())).map(|slot| slot.stream.clone())?;
        Some(Reader::new(stream, kind))
    }

    /// All streams, by app and name.
    pub fn streams(&self) -> Vec<Arc<Stream>> {
        self.streams.lock().values().map(|slot| slot.stream.clone()).collect()
    }

    /// Ends the streams whose grace time is over. Called about once a second by the hub's owner.
    pub fn handle_timeout(&self) -> Vec<Arc<Stream>> {
        let now = self.clock.mono();
        let over = |stream: &Stream| match stream.state() {
            StreamState::Grace { since } => now.since(since) >= self.limits.publish_grace_ms,
            StreamState::Live => false,
            StreamState::Ended => true,
        };
        let ended = self.take(over);
        ended.iter().for_each(|stream| self.finish(stream));
        ended
    }

    /// Ends every stream: the server is about to stop.
    pub fn end_all(&self) {
        self.take(|_| true).iter().for_each(|stream| self.finish(stream));
    }

    /// What streams that have ended did.
    pub const fn past(&self) -> &Counters {
        &self.past
    }

    fn take(&self, over: impl Fn(&Stream) -> bool) -> Vec<Arc<Stream>> {
        let mut streams = self.streams.lock();
        let mut taken = Vec::new();
        streams.retain(|_, slot| {
            let ends = over(&slot.stream);
            if ends {
                taken.push(slot.stream.clone());
            }
            !ends
        });
        taken
    }

    fn finish(&self, stream: &Arc<Stream>) {
        stream.end();
        self.wake.wake(stream);
        let totals = stream.counters.read();
        self.past.bytes_in.fetch_add(totals.bytes_in, Relaxed);
        self.past.bytes_out.fetch_add(totals.bytes_out, Relaxed);
        self.past.frames_in.fetch_add(totals.frames_in, Relaxed);
        self.past.skips.fetch_add(totals.skips, Relaxed);
        self.past.discontinuities.fetch_add(totals.discontinuities, Relaxed);
    }
}

/// The right to feed a stream. Dropping it begins the stream's grace time.
pub struct Publisher {
    hub: Arc<Hub>,
    stream: Arc<Stream>,
    epoch: u64,
}

impl Publisher {
    /// Gives the hub a frame with the publisher's own time.
    pub fn push(&self, frame: Frame) -> Result<(), Replaced> {
        let wake = self.stream.push(self.epoch, frame, self.hub.clock.mono()).ok_or(Replaced)?;
        if wake {
            self.hub.wake.wake(&self.stream);
        }
        Ok(())
    }

    /// Whether no other publisher has taken over.
    pub fn is_current(&self) -> bool {
        self.stream.is_current(self.epoch)
    }

    /// The stream that is fed.
    pub const fn stream(&self) -> &Arc<Stream> {
        &self.stream
    }
}

impl Drop for Publisher {
    fn drop(&mut self) {
        if self.stream.lose_publisher(self.epoch, self.hub.clock.mono()) {
            self.hub.wake.wake(&self.stream);
        }
    }
}

/// A seat at a stream in one format. Dropping it gives the seat back.
pub struct Reader {
    stream: Arc<Stream>,
    kind: FormatKind,
    counted: bool,
}

impl Reader {
    fn new(stream: Arc<Stream>, kind: FormatKind) -> Self {
        stream.attach(kind, true);
        Self { stream, kind, counted: true }
    }

    /// A hold on the format's bytes that counts as nobody: a delivery thread's own.
    pub fn hold(&self) -> Self {
        self.stream.attach(self.kind, false);
        Self { stream: self.stream.clone(), kind: self.kind, counted: false }
    }

    /// The same seat in another format: what was read so far stays where it is.
    pub fn with_format(&self, kind: FormatKind) -> Self {
        Self::new(self.stream.clone(), kind)
    }

    /// The stream that is read.
    pub const fn stream(&self) -> &Arc<Stream> {
        &self.stream
    }

    /// The format that is read.
    pub const fn kind(&self) -> FormatKind {
        self.kind
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        self.stream.detach(self.kind, self.counted);
    }
}
