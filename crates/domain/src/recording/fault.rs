use thiserror::Error;

use super::FormatsFault;

/// What is wrong with the times of a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum TimesFault {
    /// A time could not be read, or is missing where it must be given.
    #[error("{field} is not a time")]
    Unparsable {
        /// The parameter.
        field: &'static str,
    },
    /// The end is not later than the begin.
    #[error("the end is not later than the begin")]
    Order,
    /// The begin is nearer than it may be.
    #[error("the begin must lie {lead_ms} ms ahead at least")]
    TooSoon {
        /// How far ahead.
        lead_ms: u64,
    },
    /// The end is over already.
    #[error("the end lies in the past")]
    Over,
    /// The end is too far away.
    #[error("the end must not lie more than {ahead_ms} ms ahead")]
    TooFar {
        /// How far ahead.
        ahead_ms: u64,
    },
    /// Begin and end are too far apart.
    #[error("begin and end must not lie more than {span_ms} ms apart")]
    Span {
        /// How far apart.
        span_ms: u64,
    },
}

/// Why something was not done with a task, a recording, a template or a rule.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum RecordFault {
    /// There is no such task.
    #[error("there is no record task {id}")]
    UnknownTask {
        /// The number given, as it was given.
        id: String,
    },
    /// There is no such recording.
    #[error("there is no recording {id}")]
    UnknownRecording {
        /// The id given, as it was given.
        id: String,
    },
    /// There is no such channel.
    #[error("there is no channel {id}")]
    UnknownChannel {
        /// The number given, as it was given.
        id: String,
    },
    /// The stream has never been pushed.
    #[error("there is no stream of this name")]
    UnknownStream,
    /// There is no such template.
    #[error("there is no record template {id}")]
    UnknownTemplate {
        /// The number given, as it was given.
        id: String,
    },
    /// There is no such rule.
    #[error("there is no such record rule")]
    UnknownRule,
    /// A rule names the template.
    #[error("a rule uses record template {id}")]
    TemplateUsed {
        /// The template.
        id: u64,
    },
    /// There is a rule for this domain and stream.
    #[error("there is a record rule for this domain and stream already")]
    RuleKnown,
    /// Its times.
    #[error(transparent)]
    Times(#[from] TimesFault),
    /// A task that is not over wants the same time.
    #[error("record task {task} of the same channel wants the same time")]
    Overlap {
        /// The other task.
        task: u64,
    },
    /// There are as many as may be.
    #[error("there are {limit} {what}, the most that are allowed")]
    Quota {
        /// Of what.
        what: &'static str,
        /// How many may be.
        limit: u64,
    },
    /// Recording is off.
    #[error("recording is off: recording.on")]
    Off,
    /// The disk is too full for new recordings.
    #[error("the disk has less free space than recordings need: new ones are refused")]
    DiskFull,
    /// The channel has nothing that its stream could come from.
    #[error("the channel has no source")]
    NoSource,
    /// The stream is not live.
    #[error("nobody publishes under this stream name")]
    NotLive,
    /// The task is over.
    #[error("record task {task} is over already")]
    Finished {
        /// The task.
        task: u64,
    },
    /// The task is running.
    #[error("record task {task} is running: stop it first")]
    Running {
        /// The task.
        task: u64,
    },
    /// The recording is not finished.
    #[error("recording {id} is not finished yet")]
    NotStored {
        /// The recording.
        id: String,
    },
    /// The recording was not deleted.
    #[error("recording {id} is not deleted")]
    NotDeleted {
        /// The recording.
        id: String,
    },
    /// A deletion is too old to be taken back.
    #[error("recording {id} was deleted more than {undo_ms} ms ago")]
    UndoOver {
        /// The recording.
        id: String,
        /// How long a deletion can be taken back.
        undo_ms: u64,
    },
    /// A text is empty that may not be.
    #[error("{field} is empty")]
    Empty {
        /// The parameter.
        field: &'static str,
    },
    /// A text is too long.
    #[error("{field} has {bytes} bytes, more than {max}")]
    TooLong {
        /// The parameter.
        field: &'static str,
        /// Bytes given.
        bytes: usize,
        /// Bytes allowed.
        max: usize,
    },
    /// A value lies outside its range.
    #[error("{field} must be {expected}")]
    OutOfRange {
        /// The parameter.
        field: &'static str,
        /// What it may be.
        expected: &'static str,
    },
    /// The formats.
    #[error("{field} {fault}")]
    Formats {
        /// The parameter.
        field: &'static str,
        /// What is wrong.
        fault: FormatsFault,
    },
    /// The store could not be read; the log has the reason.
    #[error("the store could not be read")]
    Unreadable,
    /// The store could not be written; the log has the reason.
    #[error("the store could not be written")]
    NotWritten,
}
