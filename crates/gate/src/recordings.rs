//! The use cases of recordings: what is to be kept of streams, and what has been.
//!
//! A change is on disk with its note, then the recorder is told, then the caller. Each runs to its end even if its caller
//! goes away.

mod tasks;
mod templates;
#[cfg(test)]
mod tests;
mod uploads;
mod views;

use std::sync::Arc;

use parking_lot::RwLock;
use serde_json::Value;
use tokio_util::task::TaskTracker;
use vivace_base::{AppId, Clock, LiveLimits, StreamName, UnixMs};
use vivace_domain::channel::{Channel, ChannelFault};
use vivace_domain::recording::{Formats, RecordFault, RecordFormat};
use vivace_hub::{Hub, StreamState};
use vivace_store::{Fault, Note, Store};

use crate::channels::cause;
use crate::{Audited, Caller, Channels};

pub use tasks::{CreateTaskFault, NewTask, TaskLine, TaskLines, TaskTarget};
pub use views::RecordingList;

/// The one who records, as far as the use cases know it.
pub trait RecorderDesk: Send + Sync {
    /// What is to be kept of a stream has changed: it is on disk.
    fn changed(&self, app: AppId, stream: &StreamName);
    /// Whether the disk has room for recordings that are not begun.
    fn free(&self) -> bool;
}

/// What the operator has set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordSettings {
    /// Whether anything is recorded: `recording.on`.
    pub on: bool,
    /// The formats of a task that names none: `recording.formats`.
    pub formats: Formats,
    /// Longest time of one recording where nothing else is said, in milliseconds: `recording.interval_ms`.
    pub interval_ms: u64,
    /// How long a deletion can be taken back, in milliseconds: `recording.undo_ms`.
    pub undo_ms: u64,
    /// Bytes that are free at least for a recording to begin: `recording.free_bytes_min`.
    pub free_bytes_min: u64,
    /// The pattern of names where nothing else is said: `recording.name`.
    pub name: String,
}

impl Default for RecordSettings {
    fn default() -> Self {
        Self {
            on: true,
            formats: Formats::one(RecordFormat::Mp4),
            interval_ms: 1_800_000,
            undo_ms: 86_400_000,
            free_bytes_min: 1 << 30,
            name: "{StreamID}-{StartYear}{StartMonth}{StartDay}-{StartHour}{StartMinute}{StartSecond}".to_owned(),
        }
    }
}

/// What the use cases need.
pub struct RecordingParts {
    /// Where recordings are kept.
    pub store: Store,
    /// What is live.
    pub hub: Arc<Hub>,
    /// Channels, and who may make what costs.
    pub channels: Arc<Channels>,
    /// Who records.
    pub desk: Arc<dyn RecorderDesk>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Limits.
    pub limits: LiveLimits,
}

/// The use cases of recordings, of their tasks, templates and rules.
pub struct Recordings {
    parts: RecordingParts,
    settings: RwLock<RecordSettings>,
    tasks: TaskTracker,
}

impl Recordings {
    /// The use cases, on these parts.
    pub fn new(parts: RecordingParts, settings: RecordSettings) -> Arc<Self> {
        Arc::new(Self { parts, settings: RwLock::new(settings), tasks: TaskTracker::new() })
    }

    /// What the operator has set.
    pub fn settings(&self) -> RecordSettings {
        self.settings.read().clone()
    }

    /// Whether recordings begin at all.
    ///
    /// # Errors
    /// [`RecordFault::Off`], [`RecordFault::DiskFull`].
    pub fn begins(&self) -> Result<(), RecordFault> {
        if !self.settings.read().on {
            return Err(RecordFault::Off);
        }
        if self.parts.desk.free() { Ok(()) } else { Err(RecordFault::DiskFull) }
    }

    /// Sets it anew; it holds for what is begun from now on.
    pub fn set_settings(&self, settings: RecordSettings) {
        *self.settings.write() = settings;
    }

    /// Waits for the changes that are under way.
    pub async fn finish(&self) {
        self.tasks.close();
        self.tasks.wait().await;
    }

    /// Runs a change to its end.
    async fn whole<T: Send + 'static>(
        &self,
        work: impl Future<Output = Result<T, RecordFault>> + Send + 'static,
    ) -> Result<T, RecordFault> {
        // A panic has been counted and logged as one; its caller hears that the change was not made.
        self.tasks.spawn(work).await.unwrap_or(Err(RecordFault::NotWritten))
    }

    fn is_live(&self, app: AppId, stream: &StreamName) -> bool {
        self.parts.hub.stream(app, stream).is_some_and(|stream| stream.state() == StreamState::Live)
    }

    async fn channel(&self, app: AppId, id: &str) -> Result<Channel, RecordFault> {
        self.parts.channels.read(app, id).await.map_err(|fault| match fault {
            ChannelFault::Unknown { id } => RecordFault::UnknownChannel { id },
            _ => RecordFault::Unreadable,
        })
    }

    /// The store for a change that is noted with it.
    fn noted(
        &self,
        app: AppId,
        caller: &Caller,
        operation: &'static str,
        subject: String,
        (before, after): (Option<&Value>, Option<&Value>),
    ) -> Store {
        let (before, after) = (before.map(Value::to_string), after.map(Value::to_string));
        let change = Audited { app, caller: caller.clone(), operation, subject, before, after };
        self.parts.store.noted(change.at(self.now()))
    }

    /// The store for a change that makes something, whose number stands behind `subject` in its note.
    fn noted_new(
        &self,
        app: AppId,
        caller: &Caller,
        operation: &'static str,
        subject: &'static str,
        after: &Value,
    ) -> Store {
        let (caller, after, now) = (caller.clone(), after.to_string(), self.now());
        self.parts.store.noted(Note::numbered(move |number| {
            let (caller, subject, after) = (caller.clone(), format!("{subject}/{number}"), Some(after.clone()));
            Audited { app, caller, operation, subject, before: None, after }.at(now)
        }))
    }

    fn now(&self) -> UnixMs {
        self.parts.clock.unix()
    }
}

fn unreadable(fault: &Fault) -> RecordFault {
    tracing::error!(%fault, cause = cause(fault), "recordings cannot be read");
    RecordFault::Unreadable
}

fn unwritten(fault: &Fault) -> RecordFault {
    tracing::error!(%fault, cause = cause(fault), "a recording cannot be written");
    RecordFault::NotWritten
}

/// A number or an id as it was given, but not more than a message should carry.
fn shown_id(id: &str) -> String {
    id.chars().take(32).collect()
}
