use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use parking_lot::Mutex;
use thiserror::Error;
use vivace_base::{AppId, Clock, LiveLimits, SessionId, StreamName};
use vivace_domain::claim::{self, Claim, Holder, HolderState, Owner};
use vivace_media::Frame;

use crate::{FormatKind, Stream, StreamState, Totals};

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

/// Why a stream is ended before its publisher ends it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// Somebody asked for it; it may be pushed again.
    Requested,
    /// Its channel was closed, or it was forbidden.
    Disabled,
}

/// All live streams.
pub struct Hub {
    limits: LiveLimits,
    clock: Arc<dyn Clock>,
    wake: Arc<dyn Wake>,
    merge_ms: AtomicU64,
    serials: AtomicU64,
    streams: Mutex<Streams>,
}

/// Every stream stands in one of the three at any time, so that their sum never goes back.
#[derive(Default)]
struct Streams {
    named: BTreeMap<(AppId, StreamName), Slot>,
    /// Have ended, and are still read by somebody: no more than there are readers, and those that ended since the last
    /// look.
    ending: Vec<Arc<Stream>>,
    /// What all others did.
    past: Totals,
}

impl Streams {
    /// Lets go of the ended streams that nobody reads any more.
    fn tidy(&mut self) {
        let past = &mut self.past;
        self.ending.retain(|stream| {
            let over = stream.is_past();
            if over {
                past.add(Totals { lag_ms: 0, ..stream.counters.read() });
            }
            !over
        });
    }
}

struct Slot {
    owner: Owner,
    stream: Arc<Stream>,
}

impl Hub {
    /// A hub that merges frames for `merge_ms` before they go out.
    pub fn new(limits: impl Into<LiveLimits>, clock: Arc<dyn Clock>, wake: Arc<dyn Wake>, merge_ms: u64) -> Arc<Self> {
        let (merge_ms, serials) = (AtomicU64::new(merge_ms), AtomicU64::new(1));
        Arc::new(Self { limits: limits.into(), clock, wake, merge_ms, serials, streams: Mutex::default() })
    }

    /// From now on frames are merged for `merge_ms`, and every stream that is there keeps to the limits in effect now.
    pub fn retune(&self, merge_ms: u64) {
        let limits = self.limits.get();
        // Under the lock: a stream that is made meanwhile has either what is new already, or is among these.
        let streams = self.streams.lock();
        self.merge_ms.store(merge_ms, Relaxed);
        streams.named.values().for_each(|slot| slot.stream.retune(merge_ms, &limits));
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
        let limits = self.limits.get();
        let key = (app, name.clone());
        if let Some(slot) = streams.named.get_mut(&key) {
            let (holder, epoch, _, heard_at) = slot.stream.publisher();
            let live = slot.stream.state() == StreamState::Live;
            let state = if live { HolderState::Live } else { HolderState::Grace };
            let held = Holder { owner: slot.owner, epoch, silent_ms: now.since(heard_at), state };
            let how = match claim::decide(Some(&held), &owner, epoch, limits.publisher_idle_ms_max) {
                Claim::Taken { .. } => return Err(HubFault::Taken { holder, state }),
                Claim::Granted { .. } => Claimed::New,
                Claim::Continue { .. } => Claimed::Continued,
                Claim::TakeOver { .. } => Claimed::TookOver { from: holder },
            };
            slot.owner = owner;
            let epoch = slot.stream.take_over(session, now);
            return Ok(Publisher { hub: self.clone(), stream: slot.stream.clone(), epoch, how });
        }
        if streams.named.len() >= limits.streams_max {
            return Err(HubFault::StreamsMax { limit: limits.streams_max });
        }
        let serial = self.serials.fetch_add(1, Relaxed);
        let merge_ms = self.merge_ms.load(Relaxed);
        let stream = Stream::new(serial, app, name.clone(), session, now, merge_ms, &limits);
        let stream = Arc::new(if owner == Owner::Transcoder { stream.derived() } else { stream });
        streams.named.insert(key, Slot { owner, stream: stream.clone() });
        Ok(Publisher { hub: self.clone(), stream, epoch: 1, how: Claimed::New })
    }

    /// Attaches a reader to a live stream; `None` if there is no such stream.
    pub fn subscribe(&self, app: AppId, name: &StreamName, kind: FormatKind) -> Option<Reader> {
        let streams = self.streams.lock();
        let stream = streams.named.get(&(app, name.clone())).map(|slot| slot.stream.clone())?;
        // Within the lock: a stream that has a reader when it ends stays in the sum.
        stream.counters.readers.fetch_add(1, Relaxed);
        drop(streams);
        stream.attach(kind, false);
        Some(Reader { stream, kind, counted: true })
    }

    /// A live stream, or one that waits for its publisher; `None` if there is no such stream.
    pub fn stream(&self, app: AppId, name: &StreamName) -> Option<Arc<Stream>> {
        self.streams.lock().named.get(&(app, name.clone())).map(|slot| slot.stream.clone())
    }

    /// All streams, by app and name.
    pub fn streams(&self) -> Vec<Arc<Stream>> {
        self.streams.lock().named.values().map(|slot| slot.stream.clone()).collect()
    }

    /// Ends the streams whose grace time is over. Called about once a second by the hub's owner.
    pub fn handle_timeout(&self) -> Vec<Arc<Stream>> {
        let (now, grace_ms) = (self.clock.mono(), self.limits.get().publish_grace_ms);
        let over = |stream: &Stream| match stream.state() {
            StreamState::Grace { since } => now.since(since) >= grace_ms && stream.is_shown(),
            StreamState::Live => false,
            StreamState::Ended => true,
        };
        // Delivery threads look at what they have readers of; somebody must look at the rest.
        for stream in self.streams() {
            if stream.show_due(now) {
                self.wake.wake(&stream);
            }
        }
        self.end_if(over)
    }

    /// Ends the streams that have no publisher, however short ago they lost it: where another process has taken over,
    /// none comes back to this one.
    pub fn end_lost(&self) {
        self.end_if(|stream| stream.state() != StreamState::Live);
    }

    /// Ends a stream, live or waiting for its publisher: no frame is taken any more, readers are told and let go. The
    /// publisher's session ends by itself soon, which [`Stream::when_left`] tells. `None` if there is no such stream.
    pub fn cut(&self, app: AppId, name: &StreamName, why: Cut) -> Option<Arc<Stream>> {
        let mut streams = self.streams.lock();
        streams.tidy();
        let stream = streams.named.remove(&(app, name.clone()))?.stream;
        streams.ending.push(stream.clone());
        drop(streams);
        stream.mark_cut(why);
        self.finish(&stream);
        Some(stream)
    }

    /// From now on a stream's players see it so much later. Nothing happens if there is no such stream.
    pub fn set_delay(&self, app: AppId, name: &StreamName, ms: u64) {
        if let Some(stream) = self.stream(app, name)
            && stream.set_delay(ms, self.clock.mono())
        {
            self.wake.wake(&stream);
        }
    }

    /// The right to show a stream's players something else than what comes in: see [`Publisher::divert`].
    pub fn marker(self: &Arc<Self>, stream: Arc<Stream>) -> Marker {
        Marker { hub: self.clone(), stream }
    }

    /// Ends every stream: the server is about to stop.
    pub fn end_all(&self) {
        self.end_if(|_| true);
    }

    /// What all streams did since the hub began: those that have ended too. Counts never go back.
    pub fn totals(&self) -> Totals {
        let mut streams = self.streams.lock();
        streams.tidy();
        let mut sum = streams.past;
        let now = streams.named.values().map(|slot| &slot.stream).chain(&streams.ending);
        now.for_each(|stream| sum.add(stream.counters.read()));
        sum
    }

    /// Ends the streams of which this holds.
    fn end_if(&self, over: impl Fn(&Stream) -> bool) -> Vec<Arc<Stream>> {
        let ended = self.take(over);
        ended.iter().for_each(|stream| self.finish(stream));
        ended
    }

    fn take(&self, over: impl Fn(&Stream) -> bool) -> Vec<Arc<Stream>> {
        let mut streams = self.streams.lock();
        streams.tidy();
        let mut taken = Vec::new();
        streams.named.retain(|_, slot| {
            let ends = over(&slot.stream);
            if ends {
                taken.push(slot.stream.clone());
            }
            !ends
        });
        streams.ending.extend(taken.iter().cloned());
        taken
    }

    fn finish(&self, stream: &Arc<Stream>) {
        stream.end();
        self.wake.wake(stream);
    }
}

/// How a publisher came by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Claimed {
    /// Nobody held it.
    New,
    /// Its owner is back within the grace time.
    Continued,
    /// From a session that was still publishing, or too silent to be.
    TookOver {
        /// That session.
        from: SessionId,
    },
}

impl fmt::Display for Claimed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::New => f.write_str("new"),
            Self::Continued => f.write_str("continued"),
            Self::TookOver { from } => write!(f, "took over from session {from}"),
        }
    }
}

/// The right to feed a stream. Dropping it begins the stream's grace time; a derived stream ends at once, since nobody
/// comes back to it: it is made anew for who asks next.
pub struct Publisher {
    hub: Arc<Hub>,
    stream: Arc<Stream>,
    epoch: u64,
    how: Claimed,
}

impl Publisher {
    /// Fencing epoch of its lease.
    pub const fn epoch(&self) -> u64 {
        self.epoch
    }

    /// How it came by its name.
    pub const fn how(&self) -> Claimed {
        self.how
    }

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

    /// From now on the stream's players see only what a [`Marker`] shows, and what is pushed goes to
    /// [`Stream::source`]; or it is again as usual.
    pub fn divert(&self, diverted: bool) {
        self.stream.divert(diverted);
    }

    /// The stream that is fed.
    pub const fn stream(&self) -> &Arc<Stream> {
        &self.stream
    }
}

impl Drop for Publisher {
    fn drop(&mut self) {
        if self.stream.lose_publisher(self.epoch, self.hub.clock.mono()) {
            if self.stream.is_derived() {
                self.hub.end_if(|stream| std::ptr::eq(stream, &*self.stream) && stream.state() != StreamState::Live);
            } else {
                self.hub.wake.wake(&self.stream);
            }
        }
        self.stream.leave();
    }
}

/// Shows players what was made of a stream's source.
pub struct Marker {
    hub: Arc<Hub>,
    stream: Arc<Stream>,
}

impl Marker {
    /// Gives a frame that was made of what the publisher of `epoch` has sent, with its time on the stream's timeline.
    ///
    /// # Errors
    /// Another publisher goes on, or the stream is over.
    pub fn show(&self, epoch: u64, frame: Frame) -> Result<(), Replaced> {
        if self.stream.show_made(epoch, frame, self.hub.clock.mono()).ok_or(Replaced)? {
            self.hub.wake.wake(&self.stream);
        }
        Ok(())
    }

    /// The stream whose players see it.
    pub const fn stream(&self) -> &Arc<Stream> {
        &self.stream
    }
}

/// A seat at a stream in one format. Dropping it gives the seat back.
pub struct Reader {
    stream: Arc<Stream>,
    kind: FormatKind,
    counted: bool,
}

impl Reader {
    /// A hold on the format's bytes that counts as nobody: a delivery thread's own.
    pub fn hold(&self) -> Self {
        self.stream.attach(self.kind, false);
        Self { stream: self.stream.clone(), kind: self.kind, counted: false }
    }

    /// The same seat in another format: what was read so far stays where it is.
    pub fn with_format(&self, kind: FormatKind) -> Self {
        self.stream.attach(kind, true);
        Self { stream: self.stream.clone(), kind, counted: true }
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
