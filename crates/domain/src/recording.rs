//! Recordings: what is kept of streams, and by which rules (dossier `lvb_api`, sections b, f.1 and h).
//!
//! One written copy of the media per stream ([`MediaFile`], [`MediaPart`]), many views of it ([`Recording`]). A
//! [`RecordTask`] says what is to be kept and when. Decisions only: a function takes `now` and values.

mod fault;
mod format;
pub mod fuzz;
mod media;
mod name;
mod template;
#[cfg(test)]
mod tests;
mod times;
mod want;

pub use fault::{RecordFault, TimesFault};
pub use format::{Formats, FormatsFault, RecordFormat};
pub use media::{MediaFile, MediaPart, PartAt, cut_is_due};
pub use name::{NAME_BYTES_MAX, channel_pattern, file_name, literal};
pub use template::{FormatSetting, RecordRule, RecordTemplate, TemplateBounds};
pub use times::{GivenTimes, TimeRules};
pub use want::{PushParameters, Want, wants};

use vivace_base::{AppId, StreamName, Ulid, UnixMs};

use crate::channel::ChannelId;

/// What asked for a recording.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TaskKind {
    /// A task with a begin and an end.
    Timed,
    /// A clip from the moment of the call: `tapeType` 1.
    Clip,
    /// `record=` in the push address.
    Url,
    /// The app's policy: `recording.policy`.
    Policy,
    /// A rule with a template of API 3.0.
    Template,
}

impl TaskKind {
    /// Its word, in the store and in our own API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Timed => "timed",
            Self::Clip => "clip",
            Self::Url => "url",
            Self::Policy => "policy",
            Self::Template => "template",
        }
    }

    /// The kind of a word.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Timed, Self::Clip, Self::Url, Self::Policy, Self::Template]
            .into_iter()
            .find(|kind| kind.as_str() == word)
    }

    /// Whether a caller made it by a call, and can stop it by one.
    pub const fn is_called_for(self) -> bool {
        matches!(self, Self::Timed | Self::Clip)
    }
}

/// What is to be kept of a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordTask {
    /// Its number.
    pub id: u64,
    /// Whose it is.
    pub app: AppId,
    /// The stream.
    pub stream: StreamName,
    /// The channel that it was asked for, if it was one.
    pub channel: Option<ChannelId>,
    /// What asked for it.
    pub kind: TaskKind,
    /// The formats it is kept in.
    pub formats: Formats,
    /// From when on.
    pub begin_at: UnixMs,
    /// Until when; with the stream's end if not said.
    pub end_at: Option<UnixMs>,
    /// Longest time of one recording before the next begins, in milliseconds; 0 for no such bound.
    pub interval_ms: u64,
    /// How its recordings are named: a pattern of [`file_name`].
    pub name: String,
    /// The query of the push address, without what signs it.
    pub stream_param: String,
    /// The host name that the stream was pushed to or that the caller gave; may be empty.
    pub domain: String,
    /// The template that it follows.
    pub template: Option<u64>,
    /// How long its recordings are kept, in milliseconds; 0 for as long as the app's retention says.
    pub keep_ms: u64,
    /// Who made it, as they say.
    pub created_by: String,
    /// When it was made.
    pub created_at: UnixMs,
    /// When it was stopped before its time.
    pub stopped_at: Option<UnixMs>,
    /// Why it came to nothing.
    pub failure: Option<String>,
}

impl RecordTask {
    /// One that is made at `now` and begins then, without a number, a format or an end.
    pub fn new(app: AppId, stream: StreamName, kind: TaskKind, now: UnixMs) -> Self {
        Self {
            id: 0,
            app,
            stream,
            channel: None,
            kind,
            formats: Formats::NONE,
            begin_at: now,
            end_at: None,
            interval_ms: 0,
            name: String::new(),
            stream_param: String::new(),
            domain: String::new(),
            template: None,
            keep_ms: 0,
            created_by: String::new(),
            created_at: now,
            stopped_at: None,
            failure: None,
        }
    }
}

/// How far a task is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TaskState {
    /// 0: its begin lies ahead.
    Waiting,
    /// 1: what comes of the stream is kept.
    Running,
    /// 2: its end has come, or it was stopped.
    Finished,
    /// 3: it came to nothing.
    Abnormal,
}

impl TaskState {
    /// Its number on the wire.
    pub const fn number(self) -> i64 {
        match self {
            Self::Waiting => 0,
            Self::Running => 1,
            Self::Finished => 2,
            Self::Abnormal => 3,
        }
    }

    /// Its word, in our own API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Running => "running",
            Self::Finished => "finished",
            Self::Abnormal => "failed",
        }
    }
}

impl RecordTask {
    /// How far it is now.
    pub fn state(&self, now: UnixMs) -> TaskState {
        if self.failure.is_some() {
            TaskState::Abnormal
        } else if self.stopped_at.is_some() || self.end_at.is_some_and(|end| end <= now) {
            TaskState::Finished
        } else if now < self.begin_at {
            TaskState::Waiting
        } else {
            TaskState::Running
        }
    }

    /// When it is over or was: its stop, or its end.
    pub fn over_at(&self) -> Option<UnixMs> {
        match (self.stopped_at, self.end_at) {
            (Some(stop), Some(end)) => Some(stop.min(end)),
            (stop, end) => stop.or(end),
        }
    }

    /// Whether both want the same time.
    pub fn overlaps(&self, begin: UnixMs, end: Option<UnixMs>) -> bool {
        end.is_none_or(|end| self.begin_at < end) && self.over_at().is_none_or(|over| begin < over)
    }

    /// Whether it may be stopped.
    ///
    /// # Errors
    /// [`RecordFault::Finished`]: it is over already.
    pub fn check_stop(&self, now: UnixMs) -> Result<(), RecordFault> {
        match self.state(now) {
            TaskState::Waiting | TaskState::Running => Ok(()),
            TaskState::Finished | TaskState::Abnormal => Err(RecordFault::Finished { task: self.id }),
        }
    }

    /// Whether it may be deleted.
    ///
    /// # Errors
    /// [`RecordFault::Running`]: stop it first.
    pub fn check_delete(&self, now: UnixMs) -> Result<(), RecordFault> {
        match self.state(now) {
            TaskState::Running => Err(RecordFault::Running { task: self.id }),
            TaskState::Waiting | TaskState::Finished | TaskState::Abnormal => Ok(()),
        }
    }
}

/// How far a recording is. It only goes on: each state follows the one above it, and a failure any of the first two.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum RecordState {
    /// Parts are still added.
    Recording,
    /// Its file is made and checked.
    Finalizing,
    /// Its file is on disk, with its checksum.
    Stored,
    /// A second storage has it, checked.
    Uploaded,
    /// Nothing could be made of it; the reason stands with it.
    Failed,
}

impl RecordState {
    /// Its word, in the store and in our own API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Recording => "recording",
            Self::Finalizing => "finalizing",
            Self::Stored => "stored",
            Self::Uploaded => "uploaded",
            Self::Failed => "failed",
        }
    }

    /// The state of a word.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Recording, Self::Finalizing, Self::Stored, Self::Uploaded, Self::Failed]
            .into_iter()
            .find(|state| state.as_str() == word)
    }

    /// Whether `next` may follow.
    pub const fn may_become(self, next: Self) -> bool {
        matches!(
            (self, next),
            (Self::Recording, Self::Finalizing)
                | (Self::Finalizing, Self::Stored)
                | (Self::Stored, Self::Uploaded)
                | (Self::Recording | Self::Finalizing, Self::Failed)
        )
    }

    /// Whether its file can be read.
    pub const fn is_readable(self) -> bool {
        matches!(self, Self::Stored | Self::Uploaded)
    }
}

/// One view of a stream's media, in one format.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recording {
    /// Its id, and the name of its file.
    pub id: Ulid,
    /// Whose it is.
    pub app: AppId,
    /// The task it was made for.
    pub task: Option<u64>,
    /// What asked for it.
    pub kind: TaskKind,
    /// The stream.
    pub stream: StreamName,
    /// The channel, if the stream is one's.
    pub channel: Option<ChannelId>,
    /// Its format.
    pub format: RecordFormat,
    /// How far it is.
    pub state: RecordState,
    /// The pattern of its name for people: see [`file_name`].
    pub name: String,
    /// The host name that the stream was pushed to; may be empty.
    pub domain: String,
    /// The query of the push address, without what signs it; empty for a recording of a task.
    pub stream_param: String,
    /// When its first part came.
    pub started_at: UnixMs,
    /// When its last part was over.
    pub ended_at: Option<UnixMs>,
    /// Its first part.
    pub first: PartAt,
    /// Its last part, once it is known.
    pub last: Option<PartAt>,
    /// What it plays for, in milliseconds.
    pub duration_ms: u64,
    /// Bytes of its file; of HLS, those of its parts.
    pub bytes: u64,
    /// SHA-256 of its file.
    pub sha256: Option<[u8; 32]>,
    /// Why it failed.
    pub failure: Option<String>,
    /// Until when it is kept at least and at most; as long as the app's retention says if not said.
    pub keep_until: Option<UnixMs>,
    /// When it was deleted; its media goes when it cannot be restored any more.
    pub deleted_at: Option<UnixMs>,
}

impl Recording {
    /// One that begins with this part: nothing has become of it yet, and nothing else is known of what asked for it.
    pub fn begun(
        id: Ulid,
        (app, stream): (AppId, StreamName),
        (kind, format): (TaskKind, RecordFormat),
        first: PartAt,
        started_at: UnixMs,
    ) -> Self {
        Self {
            id,
            app,
            task: None,
            kind,
            stream,
            channel: None,
            format,
            state: RecordState::Recording,
            name: String::new(),
            domain: String::new(),
            stream_param: String::new(),
            started_at,
            ended_at: None,
            first,
            last: None,
            duration_ms: 0,
            bytes: 0,
            sha256: None,
            failure: None,
            keep_until: None,
            deleted_at: None,
        }
    }

    /// Whether a deletion may still be taken back.
    pub fn may_be_restored(&self, now: UnixMs, undo_ms: u64) -> bool {
        let undo_ms = i64::try_from(undo_ms).unwrap_or(i64::MAX);
        self.deleted_at.is_some_and(|deleted| now.0 < deleted.0.saturating_add(undo_ms))
    }

    /// Its name for people; `zone_ms` is how far local time is ahead of UTC.
    pub fn file_name(&self, zone_ms: i64) -> String {
        file_name(&self.name, self.stream.as_str(), self.started_at, self.ended_at.unwrap_or(self.started_at), zone_ms)
    }
}
