use std::collections::{HashMap, HashSet};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use parking_lot::{Mutex, RwLock};
use tokio::sync::Notify;
use vivace_base::{AppId, Clock, LiveLimits, Rng, SessionId, StreamName, Ulid};
use vivace_domain::recording::{RecordState, Recording};
use vivace_hub::{Hub, Stream};
use vivace_store::{EventKind, EventLog, Fault, LiveEvent, NewHook, Store};

use super::RecordedPush;
use super::counts::{RecordCounts, Tally};
use super::disk::{Disk, DiskFault};
use super::finalise::Finaliser;
use super::index::Index;
use super::settings::RecordSettings;
use super::space::Seen;

/// What customers' servers are to be told.
pub type Told<'a> = Pin<Box<dyn Future<Output = Result<Vec<NewHook>, Fault>> + Send + 'a>>;

/// Tells customers' servers of recordings.
pub trait Announce: Send + Sync {
    /// What is told of a recording whose file is there: written together with its state.
    fn stored<'a>(&'a self, recording: &'a Recording) -> Told<'a>;

    /// It is written.
    fn written(&self);
}

/// What comes from outside.
pub(crate) struct Base {
    pub(crate) store: Store,
    pub(crate) hub: Arc<Hub>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) rng: Arc<dyn Rng>,
    pub(crate) limits: LiveLimits,
    pub(crate) events: EventLog,
    pub(crate) announce: Arc<dyn Announce>,
}

/// What all parts of the recorder reach.
pub(crate) struct Shared {
    pub(crate) store: Store,
    pub(crate) hub: Arc<Hub>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) rng: Arc<dyn Rng>,
    pub(crate) limits: LiveLimits,
    events: EventLog,
    pub(crate) announce: Arc<dyn Announce>,
    pub(crate) disk: Disk,
    pub(crate) index: Index,
    pub(crate) finaliser: Finaliser,
    pub(crate) space: Seen,
    pub(crate) tally: Tally,
    settings: RwLock<Arc<RecordSettings>>,
    /// Pushes that have begun and were not looked at yet, the newest of each stream.
    pub(crate) pushes: Mutex<HashMap<(AppId, StreamName), RecordedPush>>,
    pub(crate) tasks_changed: AtomicBool,
    /// Told when there is something to look at.
    pub(crate) wake: Notify,
    /// Files and recordings that this process has made and not brought to their end: all others are a dead one's.
    ours: Mutex<HashSet<Ulid>>,
    /// All that this process has begun, brought to its end or not; none once nothing is left to mend.
    begun: Mutex<Option<HashSet<Ulid>>>,
}

/// How many ids are kept of what this process has begun while it waits for the process before to end.
const BEGUN_MAX: usize = 1 << 20;

impl Shared {
    pub(crate) fn new(base: Base, disk: Disk, index: Index, settings: RecordSettings) -> Self {
        let Base { store, hub, clock, rng, limits, events, announce } = base;
        Self {
            store,
            hub,
            clock,
            rng,
            limits,
            events,
            announce,
            disk,
            index,
            finaliser: Finaliser::default(),
            space: Seen::new(),
            tally: Tally::default(),
            settings: RwLock::new(Arc::new(settings)),
            pushes: Mutex::default(),
            tasks_changed: AtomicBool::new(true),
            wake: Notify::new(),
            ours: Mutex::default(),
            begun: Mutex::new(Some(HashSet::new())),
        }
    }

    pub(crate) fn settings(&self) -> Arc<RecordSettings> {
        self.settings.read().clone()
    }

    pub(crate) fn set(&self, settings: RecordSettings) {
        *self.settings.write() = Arc::new(settings);
    }

    /// This process makes this.
    pub(crate) fn claim(&self, id: Ulid) {
        self.ours.lock().insert(id);
        if let Some(begun) = self.begun.lock().as_mut().filter(|begun| begun.len() < BEGUN_MAX) {
            begun.insert(id);
        }
    }

    /// It is made, or never will be.
    pub(crate) fn let_go(&self, id: Ulid) {
        self.ours.lock().remove(&id);
    }

    /// Whether this process makes this.
    pub(crate) fn is_ours(&self, id: Ulid) -> bool {
        self.ours.lock().contains(&id)
    }

    /// Whether this process has begun this, made or not. Known until [`Shared::forget_begun`].
    pub(crate) fn has_begun(&self, id: Ulid) -> bool {
        self.is_ours(id) || self.begun.lock().as_ref().is_some_and(|begun| begun.contains(&id))
    }

    /// Nothing is left to mend: it does not matter any more who has begun what.
    pub(crate) fn forget_begun(&self) {
        *self.begun.lock() = None;
    }

    pub(crate) fn counts(&self) -> RecordCounts {
        let disk = self.disk.counts();
        RecordCounts {
            finalizing: self.finaliser.len(),
            bytes: disk.bytes.load(Relaxed),
            writes: disk.writes.load(Relaxed),
            syncs: disk.syncs.load(Relaxed),
            free_bytes: self.space.free(),
            ..self.tally.read()
        }
    }

    /// Notes what a recording has become.
    pub(crate) fn tell(&self, recording: &Recording) {
        let Recording { id, stream, format, state, .. } = recording;
        let why = recording.failure.as_deref().map_or_else(String::new, |why| format!(": {why}"));
        let detail = format!("{id} {format} {}{why}", state.as_str());
        tracing::info!(%stream, recording = %id, %format, state = state.as_str(), cut = recording.failure, "recording");
        let kind = match state {
            RecordState::Failed => EventKind::RecordingFailed,
            _ => EventKind::Recording,
        };
        self.event(kind, stream, detail);
    }

    /// Notes that a stream is not recorded although it should be.
    pub(crate) fn tell_fault(&self, stream: &Stream, fault: &DiskFault) {
        self.event(EventKind::RecordingFailed, stream.name(), fault.to_string());
    }

    /// Notes that a stream is not recorded because there is too little room.
    pub(crate) fn tell_refused(&self, stream: &Stream) {
        self.tally.refused();
        tracing::error!(stream = %stream.name(), free_bytes = self.space.free(), "the disk has too little room: not recorded");
        let detail = "not recorded: the disk has less free space than recording.free_bytes_min".to_owned();
        self.event(EventKind::RecordingFailed, stream.name(), detail);
    }

    fn event(&self, kind: EventKind, stream: &StreamName, detail: String) {
        self.events.record(LiveEvent {
            at: self.clock.unix(),
            session: SessionId(0),
            stream: Some(stream.to_string()),
            peer: String::new(),
            kind,
            table: None,
            code: None,
            detail,
        });
    }
}
