//! The commands of recordings.

use vivace_base::{StreamName, UnixMs};
use vivace_domain::recording::{Formats, RecordFormat, RecordRule, RecordTemplate};

/// Commands about recordings.
#[derive(Clone, Debug)]
pub enum RecordCommand {
    /// `CreateRecordTask`.
    CreateTask(RecordNew),
    /// `StopRecordTask`: `TaskId`.
    StopTask(String),
    /// `DeleteRecordTask`: `TaskId`.
    DeleteTask(String),
    /// `DescribeRecordTask`.
    Tasks {
        /// `StartTime`.
        from: UnixMs,
        /// `EndTime`.
        to: UnixMs,
        /// `StreamName`: this one alone.
        stream: Option<String>,
        /// `DomainName`: this one alone.
        domain: Option<String>,
        /// `AppName` is one that streams have.
        is_served: bool,
        /// `ScrollToken`: the number of the last task of the reply before.
        after: u64,
    },
    /// `CreateLiveRecord`.
    Create(RecordNew),
    /// `StopLiveRecord`.
    Stop {
        /// `StreamName`.
        stream: StreamName,
        /// `TaskId`.
        task: String,
    },
    /// `DeleteLiveRecord`.
    Delete {
        /// `StreamName`.
        stream: StreamName,
        /// `TaskId`.
        task: String,
    },
    /// `CreateLiveRecordTemplate`.
    CreateTemplate(RecordTemplate),
    /// `ModifyLiveRecordTemplate`.
    ModifyTemplate {
        /// `TemplateId`.
        id: u64,
        /// What is to change.
        change: RecordTemplateChange,
    },
    /// `DeleteLiveRecordTemplate`.
    DeleteTemplate(u64),
    /// `DescribeLiveRecordTemplate`.
    Template(u64),
    /// `DescribeLiveRecordTemplates`.
    Templates {
        /// `IsDelayLive`: templates of another kind, of which there are none.
        other_kind: bool,
    },
    /// `CreateLiveRecordRule`.
    CreateRule(RecordRule),
    /// `DeleteLiveRecordRule`.
    DeleteRule(RecordRule),
    /// `DescribeLiveRecordRules`.
    Rules,
}

/// A task that is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordNew {
    /// `StreamName`.
    pub stream: StreamName,
    /// `DomainName`.
    pub domain: String,
    /// `StartTime`; from now on, and of a live stream only, without one.
    pub begin: Option<UnixMs>,
    /// `EndTime`.
    pub end: Option<UnixMs>,
    /// `TemplateId`.
    pub template: Option<u64>,
    /// `Highlight`: a clip.
    pub is_clip: bool,
    /// `FileFormat`.
    pub formats: Option<Formats>,
    /// `record_interval` of `StreamParam`, in milliseconds.
    pub interval_ms: Option<u64>,
    /// `storage_time` of `StreamParam`, in milliseconds.
    pub keep_ms: Option<u64>,
}

/// `ModifyLiveRecordTemplate`: what is not said stays.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RecordTemplateChange {
    /// `TemplateName`.
    pub name: Option<String>,
    /// `Description`.
    pub description: Option<String>,
    /// `FlvParam`, `HlsParam`, `Mp4Param` and `AacParam`, those that are there.
    pub formats: Vec<FormatChange>,
}

/// What a template is to say of a format: what is not said stays, or is as usual.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FormatChange {
    /// The format.
    pub format: RecordFormat,
    /// `Enable`.
    pub enable: Option<bool>,
    /// `RecordInterval`, in milliseconds.
    pub interval_ms: Option<u64>,
    /// `StorageTime`, in milliseconds.
    pub keep_ms: Option<u64>,
    /// `VodFileName`.
    pub name: Option<String>,
}
