use vivace_base::{Secret, StreamName, UnixMs};
use vivace_domain::hook::HookKind;
use vivace_domain::host::{AuthChange, HostName};
use vivace_domain::ip_list::Direction;
use vivace_domain::picture::NewPictureTemplate;

use super::{Moment, RecordCommand, WatermarkCommand};

/// A call whose parameters have been read.
#[derive(Clone, Debug)]
pub enum Command {
    /// About live streams.
    Stream(StreamCommand),
    /// About host names and keys.
    Domain(DomainCommand),
    /// About callbacks.
    Callback(CallbackCommand),
    /// About tasks that pull.
    Pull(PullCommand),
    /// Statistics.
    Statistics(StatisticsCommand),
    /// About screenshots.
    Picture(PictureCommand),
    /// About recordings.
    Record(RecordCommand),
    /// About watermarks.
    Watermark(WatermarkCommand),
}

/// A stream as a client names it. A stream belongs to its app under whichever host name it was pushed, so `DomainName`
/// must be given and tells nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StreamRef {
    /// `DomainName`, as it is said back.
    pub domain: String,
    /// `StreamName`; `None` if no stream of this server can have the name or the path.
    pub name: Option<StreamName>,
}

/// A part of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Page {
    /// Its number, from 1.
    pub number: u64,
    /// Most items in it, 1 or more.
    pub size: u64,
}

impl Page {
    /// Items before it.
    pub const fn offset(self) -> u64 {
        self.number.saturating_sub(1).saturating_mul(self.size)
    }

    /// Pages that so many items fill.
    pub const fn pages(self, total: u64) -> u64 {
        total.div_ceil(if self.size == 0 { 1 } else { self.size })
    }
}

/// Commands about live streams.
#[derive(Clone, Debug)]
pub enum StreamCommand {
    /// `DescribeLiveStreamState`.
    State(StreamRef),
    /// `DescribeLiveStreamOnlineList`.
    Online {
        /// `DomainName`, as it is said back.
        domain: String,
        /// `AppName` is one that streams have.
        served: bool,
        /// `StreamName`: this one alone.
        name: Option<String>,
        /// Which part of the list.
        page: Page,
    },
    /// `DescribeLiveStreamPublishedList`.
    Published(Events),
    /// `DescribeLiveStreamEventList`.
    Events(Events),
    /// `DropLiveStream`.
    Drop(StreamRef),
    /// `ForbidLiveStream`.
    Forbid {
        /// Which stream.
        stream: StreamRef,
        /// `ResumeTime`.
        until: Option<UnixMs>,
        /// `Reason`.
        reason: String,
    },
    /// `ResumeLiveStream`.
    Resume(StreamRef),
    /// `DescribeLiveForbidStreamList`.
    Forbidden {
        /// `StreamName`: this one alone.
        name: Option<String>,
        /// Which part of the list.
        page: Page,
    },
    /// `AddDelayLiveStream`.
    Delay {
        /// Which stream.
        stream: StreamRef,
        /// `DelayTime`, in milliseconds.
        ms: u64,
        /// `ExpireTime`.
        until: Option<UnixMs>,
    },
    /// `ResumeDelayLiveStream`.
    ResumeDelay(StreamRef),
}

/// What pushes are listed.
#[derive(Clone, Debug)]
pub struct Events {
    /// `DomainName`, as it is said back.
    pub domain: String,
    /// `AppName` is one that streams have.
    pub served: bool,
    /// From when on.
    pub from: UnixMs,
    /// Until when.
    pub to: UnixMs,
    /// What the name must hold or be.
    pub name: Option<EventsFilter>,
    /// Pushes that were refused are left out.
    pub only_begun: bool,
    /// The oldest first.
    pub ascending: bool,
    /// Which part of the list.
    pub page: Page,
}

/// Which names are meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EventsFilter {
    /// This one.
    Is(String),
    /// Those that hold this.
    Holds(String),
}

/// Commands about host names and keys.
#[derive(Clone, Debug)]
pub enum DomainCommand {
    /// `AddLiveDomain`.
    Add {
        /// `DomainName`.
        name: HostName,
        /// `DomainType`.
        direction: Direction,
        /// `PlayType`.
        play_type: u8,
    },
    /// `DeleteLiveDomain`.
    Delete {
        /// `DomainName`.
        name: HostName,
        /// `DomainType`.
        direction: Direction,
    },
    /// `EnableLiveDomain` and `ForbidLiveDomain`.
    Enable {
        /// `DomainName`.
        name: HostName,
        /// Whether it is to be enabled.
        enabled: bool,
    },
    /// `DescribeLiveDomain`.
    Describe(HostName),
    /// `DescribeLiveDomains`.
    List {
        /// `DomainStatus`.
        enabled: Option<bool>,
        /// `DomainType`.
        direction: Option<Direction>,
        /// `DomainPrefix`, in lower case.
        prefix: String,
        /// `PlayType`.
        play_type: Option<u8>,
        /// Which part of the list.
        page: Page,
    },
    /// `DescribeLivePushAuthKey` and `DescribeLivePlayAuthKey`.
    Keys {
        /// `DomainName`.
        name: HostName,
        /// Which of the two.
        direction: Direction,
    },
    /// `ModifyLivePushAuthKey` and `ModifyLivePlayAuthKey`.
    ModifyKeys {
        /// `DomainName`.
        name: HostName,
        /// Which of the two.
        direction: Direction,
        /// What is to change.
        change: AuthChange,
    },
}

/// Commands about callbacks.
#[derive(Clone, Debug)]
pub enum CallbackCommand {
    /// `CreateLiveCallbackTemplate`.
    Create(Template),
    /// `ModifyLiveCallbackTemplate`.
    Modify {
        /// `TemplateId`.
        id: i64,
        /// What is to change.
        change: TemplateChange,
    },
    /// `DeleteLiveCallbackTemplate`.
    Delete(i64),
    /// `DescribeLiveCallbackTemplate`.
    Describe(i64),
    /// `DescribeLiveCallbackTemplates`.
    List,
    /// `CreateLiveCallbackRule`.
    CreateRule {
        /// `DomainName`.
        domain: HostName,
        /// `AppName`.
        path: String,
        /// `TemplateId`.
        template: i64,
    },
    /// `DeleteLiveCallbackRule`.
    DeleteRule {
        /// `DomainName`.
        domain: HostName,
        /// `AppName`.
        path: String,
    },
    /// `DescribeLiveCallbackRules`.
    Rules,
}

/// `CreateLiveCallbackTemplate`.
#[derive(Clone, Debug)]
pub struct Template {
    /// `TemplateName`.
    pub name: String,
    /// `Description`.
    pub description: String,
    /// `CallbackKey`.
    pub key: Option<Secret<String>>,
    /// Addresses by kind of event, each with its parameter.
    pub urls: Vec<(HookKind, &'static str, String)>,
}

/// `ModifyLiveCallbackTemplate`: what is not said stays.
#[derive(Clone, Debug)]
pub struct TemplateChange {
    /// `TemplateName`.
    pub name: Option<String>,
    /// `Description`.
    pub description: Option<String>,
    /// `CallbackKey`; an empty one takes it away.
    pub key: Option<Secret<String>>,
    /// Addresses by kind of event, each with its parameter; an empty one takes it away.
    pub urls: Vec<(HookKind, &'static str, String)>,
}

/// `TaskId`, or `SpecifyTaskId`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TaskId {
    /// The server's.
    Own(String),
    /// The client's.
    Given(String),
}

/// `CreateLivePullStreamTask`.
#[derive(Clone, Debug)]
pub struct PullNew {
    /// `SourceUrls`.
    pub source: Secret<String>,
    /// `DomainName`.
    pub domain: String,
    /// `StreamName`; none with a `ToUrl`.
    pub stream: Option<StreamName>,
    /// `ToUrl`.
    pub target: Option<Secret<String>>,
    /// `StartTime`.
    pub begin_at: UnixMs,
    /// `EndTime`.
    pub end_at: UnixMs,
    /// `Operator`.
    pub operator: String,
    /// `Comment`.
    pub comment: String,
    /// `SpecifyTaskId`.
    pub given_id: String,
}

/// `ModifyLivePullStreamTask`: what is not said stays.
#[derive(Clone, Debug, Default)]
pub struct PullChange {
    /// `SourceUrls`.
    pub source: Option<Secret<String>>,
    /// `ToUrl`.
    pub target: Option<Secret<String>>,
    /// `StartTime`.
    pub begin_at: Option<UnixMs>,
    /// `EndTime`.
    pub end_at: Option<UnixMs>,
    /// `Status`.
    pub paused: Option<bool>,
    /// `Comment`.
    pub comment: Option<String>,
}

/// Commands about tasks that pull.
#[derive(Clone, Debug)]
pub enum PullCommand {
    /// `CreateLivePullStreamTask`.
    Create(Box<PullNew>),
    /// `ModifyLivePullStreamTask`.
    Modify {
        /// Which task.
        id: TaskId,
        /// `Operator`.
        operator: String,
        /// What is to change.
        change: Box<PullChange>,
    },
    /// `DeleteLivePullStreamTask`.
    Delete {
        /// Which task.
        id: TaskId,
    },
    /// `DescribeLivePullStreamTasks`.
    List {
        /// This one alone.
        id: Option<TaskId>,
        /// Which part of the list.
        page: Page,
    },
    /// `DescribeLivePullStreamTaskStatus`.
    Status {
        /// Which task.
        id: TaskId,
    },
    /// `RestartLivePullStreamTask`.
    Restart {
        /// Which task.
        id: TaskId,
    },
}

/// By what clients are ordered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TopOrder {
    /// `TotalRequest`.
    Requests,
    /// `FailedRequest`.
    Failed,
    /// `TotalFlux`.
    Bytes,
}

/// Statistics.
#[derive(Clone, Debug)]
pub enum StatisticsCommand {
    /// `DescribeStreamPlayInfoList`.
    Plays {
        /// `StartTime`.
        from: Moment,
        /// `EndTime`.
        to: Moment,
        /// `StreamName`; none for all together.
        stream: Option<String>,
    },
    /// `DescribeLiveStreamPushInfoList`.
    Pushes {
        /// `AppName` is one that streams have.
        served: bool,
        /// Which part of the list.
        page: Page,
    },
    /// `DescribeStreamPushInfoList`.
    PushHistory {
        /// `StreamName`.
        stream: String,
        /// `StartTime`.
        from: Moment,
        /// `EndTime`.
        to: Moment,
    },
    /// `DescribeTopClientIpSumInfoList`.
    TopClients {
        /// `StartTime`.
        from: Moment,
        /// `EndTime`.
        to: Moment,
        /// `OrderParam`.
        order: TopOrder,
        /// Which part of the list.
        page: Page,
    },
    /// `DescribeBillBandwidthAndFluxList`.
    Bill {
        /// `StartTime`.
        from: Moment,
        /// `EndTime`.
        to: Moment,
        /// `Granularity`, in milliseconds.
        step_ms: i64,
    },
}

/// Commands about screenshots.
#[derive(Clone, Debug)]
pub enum PictureCommand {
    /// `CreateScreenshotTask`.
    Create {
        /// `StreamName`.
        stream: StreamName,
        /// `DomainName`.
        domain: String,
        /// `TemplateId`.
        template: i64,
        /// `StartTime`.
        begin: Option<UnixMs>,
        /// `EndTime`.
        end: UnixMs,
    },
    /// `StopScreenshotTask`: `TaskId`.
    Stop(String),
    /// `DeleteScreenshotTask`: `TaskId`.
    Delete(String),
    /// `DescribeScreenshotTask`.
    List {
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
        after: i64,
    },
    /// `CreateLiveSnapshotTemplate`.
    CreateTemplate(NewPictureTemplate),
    /// `ModifyLiveSnapshotTemplate`.
    ModifyTemplate {
        /// `TemplateId`.
        id: i64,
        /// What is to change.
        change: PictureTemplateChange,
    },
    /// `DeleteLiveSnapshotTemplate`.
    DeleteTemplate(i64),
    /// `DescribeLiveSnapshotTemplate`.
    Template(i64),
    /// `DescribeLiveSnapshotTemplates`.
    Templates,
    /// `CreateLiveSnapshotRule`.
    CreateRule {
        /// `DomainName`.
        domain: String,
        /// `AppName`.
        path: String,
        /// `StreamName`; empty for all.
        stream: String,
        /// `TemplateId`.
        template: i64,
    },
    /// `DeleteLiveSnapshotRule`.
    DeleteRule {
        /// `DomainName`.
        domain: String,
        /// `AppName`.
        path: String,
        /// `StreamName`; empty for the rule for all.
        stream: String,
    },
    /// `DescribeLiveSnapshotRules`.
    Rules,
}

/// `ModifyLiveSnapshotTemplate`: what is not said stays.
#[derive(Clone, Debug, Default)]
pub struct PictureTemplateChange {
    /// `TemplateName`.
    pub name: Option<String>,
    /// `Description`.
    pub description: Option<String>,
    /// `SnapshotInterval`.
    pub interval_s: Option<i64>,
    /// `Width`.
    pub width: Option<i64>,
    /// `Height`.
    pub height: Option<i64>,
}
