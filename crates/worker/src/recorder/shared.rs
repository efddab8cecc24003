use std::collections::HashSet;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use parking_lot::{Mutex, RwLock};
use tokio::sync::Notify;
use vivace_base::{Clock, LiveLimits, Rng, SessionId, StreamName, Ulid};
use vivace_domain::recording::{RecordState, Recording};
use vivace_hub::{Hub, Stream};
use vivace_store::{EventKind, EventLog, Fault, LiveEvent, NewHook, Store};

use super::begun::{Begun, BegunPush};
use super::counts::{RecordCounts, Tally};
use super::dates::Dates;
use super::disk::{Disk, DiskFault, Folders};
use super::finalise::Finaliser;
use super::index::Index;
use super::note::Note;
use super::settings::RecordSettings;
use super::space::Seen;
use super::tap::Tap;

/// What customers' servers are to be told.
pub type Told<'a> = Pin<Box<dyn Future<Output = Result<Vec<NewHook>, Fault>> + Send + 'a>>;

/// A code as events carry it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EventCode {
    /// Its table, such as `lvb-video`.
    pub table: &'static str,
    /// Its number in that table.
    pub number: u32,
}

/// Tells customers' servers of recordings.
pub trait Announce: Send + Sync {
    /// The code of a recording that does not begin because the disk has too little room.
    fn no_room(&self) -> EventCode;

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
    pub(crate) dates: Dates,
    pub(crate) tally: Tally,
    settings: RwLock<Arc<RecordSettings>>,
    /// Pushes that have begun and were not looked at yet.
    pub(crate) pushes: Mutex<Begun>,
    pub(crate) tasks_changed: AtomicBool,
    /// Told when there is something to look at.
    pub(crate) wake: Notify,
    /// Files and recordings that this process has made and not brought to their end: all others are a dead one's.
    ours: Mutex<HashSet<Ulid>>,
    /// Files that have their rows and are closed: nothing needs to stand beside them any more.
    closed: Mutex<Vec<Ulid>>,
    /// All that this process has begun, brought to its end or not; none once nothing is left to mend.
    begun: Mutex<Option<HashSet<Ulid>>>,
}

/// How many notes that could not be removed are tried again; the next start removes others.
const NOTES_MAX: usize = 4_096;
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
            dates: Dates::default(),
            tally: Tally::default(),
            settings: RwLock::new(Arc::new(settings)),
            pushes: Mutex::default(),
            tasks_changed: AtomicBool::new(true),
            wake: Notify::new(),
            ours: Mutex::default(),
            closed: Mutex::default(),
            begun: Mutex::new(Some(HashSet::new())),
        }
    }

    pub(crate) fn settings(&self) -> Arc<RecordSettings> {
        self.settings.read().clone()
    }

    pub(crate) fn set(&self, settings: RecordSettings) {
        *self.settings.write() = Arc::new(settings);
    }

    /// Follows a stream for its recorder.
    pub(crate) fn tap(&self, stream: &Arc<Stream>) -> Tap {
        Tap::new(stream, &self.clock, self.limits.get().recording_queue_frames_max)
    }

    /// This process makes this.
    pub(crate) fn claim(&self, id: Ulid) {
        self.ours.lock().insert(id);
        if let Some(begun) = self.begun.lock().as_mut().filter(|begun| begun.len() < BEGUN_MAX) {
            begun.insert(id);
        }
    }

    /// This process brings to its end what a dead one has begun.
    pub(crate) fn adopt(&self, id: Ulid) {
        self.ours.lock().insert(id);
    }

    /// It is made, or never will be.
    pub(crate) fn let_go(&self, id: Ulid) {
        self.ours.lock().remove(&id);
    }

    /// A file has its rows, and is closed.
    pub(crate) fn closed(&self, id: Ulid) {
        self.let_go(id);
        self.closed.lock().push(id);
    }

    /// Removes what stands beside files that are closed; what cannot be removed is tried again the next time.
    pub(crate) async fn remove_notes(&self) {
        let closed = Arc::new(std::mem::take(&mut *self.closed.lock()));
        if closed.is_empty() {
            return;
        }
        let ids = closed.clone();
        let removed = self.disk.run(move |folders, _| Ok(left_beside(folders, &ids))).await;
        let (left, fault) = removed.unwrap_or_else(|fault| (closed.to_vec(), Some(fault)));
        if let Some(fault) = fault {
            tracing::warn!(
                %fault, left = left.len(),
                "what stands beside closed media files cannot be removed: tried again, at the latest by the next start"
            );
        }
        self.closed.lock().extend(left.into_iter().take(NOTES_MAX));
    }

    /// Of these ids, the files beside which something may stand: what this process has not brought to its end, and what is
    /// closed. None while something is left to mend, when that may be any.
    pub(crate) fn noted(&self, from: Ulid, to: Ulid) -> Option<HashSet<Ulid>> {
        if self.begun.lock().is_some() {
            return None;
        }
        let among = |id: &&Ulid| (from..=to).contains(*id);
        let mut noted: HashSet<Ulid> = self.ours.lock().iter().filter(among).copied().collect();
        noted.extend(self.closed.lock().iter().filter(among));
        Some(noted)
    }

    /// Whether this process makes this.
    pub(crate) fn is_ours(&self, id: Ulid) -> bool {
        self.ours.lock().contains(&id)
    }

    /// Whether this process has begun this, made or not. Known until [`Shared::forget_begun`].
    pub(crate) fn has_begun(&self, id: Ulid) -> bool {
        self.is_ours(id) || self.is_new(id)
    }

    /// Whether this process has begun this, and not only brings it to its end. Known until [`Shared::forget_begun`].
    pub(crate) fn is_new(&self, id: Ulid) -> bool {
        self.begun.lock().as_ref().is_some_and(|begun| begun.contains(&id))
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

    /// Notes that a recording is not in the index yet.
    pub(crate) fn tell_late(&self, recording: &Recording, why: &str) {
        let Recording { id, stream, format, .. } = recording;
        self.event(EventKind::RecordingFailed, stream, format!("{id} {format}: {why}"));
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
        self.event_of(EventKind::RecordingFailed, stream.name(), detail, Some(self.announce.no_room()));
    }

    /// Counts and tells that a push is not recorded because too many of its name wait to be.
    pub(crate) fn leave_out(&self, push: &BegunPush) {
        self.tally.lost();
        tracing::error!(stream = %push.stream.name(), "too many pushes of a name wait to be recorded: one is left out");
        self.tell_lost(
            push.stream.name(),
            "not recorded: too many pushes of this name wait for their recordings to be ended",
        );
    }

    /// Notes that frames of a stream are in no recording.
    pub(crate) fn tell_lost(&self, stream: &StreamName, why: &str) {
        self.event(EventKind::RecordingFailed, stream, why.to_owned());
    }

    fn event(&self, kind: EventKind, stream: &StreamName, detail: String) {
        self.event_of(kind, stream, detail, None);
    }

    fn event_of(&self, kind: EventKind, stream: &StreamName, detail: String, code: Option<EventCode>) {
        self.events.record(LiveEvent {
            at: self.clock.unix(),
            session: SessionId(0),
            stream: Some(stream.to_string()),
            peer: String::new(),
            kind,
            table: code.map(|code| code.table.into()),
            code: code.map(|code| code.number),
            detail,
        });
    }
}

/// Removes the notes of files; those whose note is there still, and why the first of them is.
fn left_beside(folders: &Folders, files: &[Ulid]) -> (Vec<Ulid>, Option<DiskFault>) {
    let (mut left, mut why) = (Vec::new(), None);
    for id in files {
        if let Err(fault) = Note::remove(folders, *id) {
            left.push(*id);
            why.get_or_insert(fault);
        }
    }
    (left, why)
}
