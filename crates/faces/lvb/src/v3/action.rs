use crate::actions::Class;

/// Declares the Actions that are served: group, variant, name on the wire, and every parameter that it knows.
macro_rules! actions {
    ($([$group:ident] $($action:ident($($parameter:literal),* $(,)?);)+)+) => {
        /// One Action of API 3.0 that this server carries out.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Action {
            $($(#[doc = concat!("`", stringify!($action), "`.")] $action,)+)+
        }

        impl Action {
            /// All of them.
            pub const ALL: &'static [Self] = &[$($(Self::$action,)+)+];

            /// Its name on the wire.
            pub const fn name(self) -> &'static str {
                match self {
                    $($(Self::$action => stringify!($action),)+)+
                }
            }

            /// What it is about.
            pub const fn group(self) -> Group {
                match self {
                    $($(Self::$action)|+ => Group::$group,)+
                }
            }

            /// The parameters that it knows.
            pub const fn parameters(self) -> &'static [&'static str] {
                match self {
                    $($(Self::$action => &[$($parameter),*],)+)+
                }
            }
        }
    };
}

/// What Actions are about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    /// Live streams.
    Streams,
    /// Host names, and the keys of addresses.
    Domains,
    /// Templates and rules of callbacks.
    Callbacks,
    /// Tasks that pull and push on.
    Pulls,
    /// Statistics.
    Statistics,
    /// Screenshots.
    Pictures,
    /// Recordings.
    Records,
    /// Watermarks.
    Watermarks,
}

actions! {
    [Streams]
    DescribeLiveStreamState("AppName", "DomainName", "StreamName");
    DescribeLiveStreamOnlineList("DomainName", "AppName", "PageNum", "PageSize", "StreamName");
    DescribeLiveStreamPublishedList(
        "DomainName", "EndTime", "StartTime", "AppName", "PageNum", "PageSize", "StreamName",
    );
    DescribeLiveStreamEventList(
        "StartTime", "EndTime", "AppName", "DomainName", "StreamName", "PageNum", "PageSize", "IsFilter", "IsStrict",
        "IsAsc",
    );
    DropLiveStream("StreamName", "DomainName", "AppName");
    ForbidLiveStream("AppName", "DomainName", "StreamName", "ResumeTime", "Reason");
    ResumeLiveStream("AppName", "DomainName", "StreamName");
    DescribeLiveForbidStreamList("PageNum", "PageSize", "StreamName");
    AddDelayLiveStream("AppName", "DomainName", "StreamName", "DelayTime", "ExpireTime");
    ResumeDelayLiveStream("AppName", "DomainName", "StreamName");
    [Domains]
    AddLiveDomain("DomainName", "DomainType", "PlayType", "IsDelayLive", "IsMiniProgramLive", "VerifyOwnerType");
    DeleteLiveDomain("DomainName", "DomainType");
    EnableLiveDomain("DomainName");
    ForbidLiveDomain("DomainName");
    DescribeLiveDomain("DomainName");
    DescribeLiveDomains("DomainStatus", "DomainType", "PageSize", "PageNum", "IsDelayLive", "DomainPrefix", "PlayType");
    DescribeLivePushAuthKey("DomainName");
    ModifyLivePushAuthKey("DomainName", "Enable", "MasterAuthKey", "BackupAuthKey", "AuthDelta");
    DescribeLivePlayAuthKey("DomainName");
    ModifyLivePlayAuthKey("DomainName", "Enable", "AuthKey", "AuthDelta", "AuthBackKey");
    [Callbacks]
    CreateLiveCallbackTemplate(
        "TemplateName", "Description", "StreamBeginNotifyUrl", "StreamEndNotifyUrl", "RecordNotifyUrl",
        "RecordStatusNotifyUrl", "SnapshotNotifyUrl", "PornCensorshipNotifyUrl", "CallbackKey", "StreamMixNotifyUrl",
        "PushExceptionNotifyUrl", "AudioAuditNotifyUrl", "RecordExceptionNotifyUrl", "RecordExceptionLevels",
    );
    ModifyLiveCallbackTemplate(
        "TemplateId", "TemplateName", "Description", "StreamBeginNotifyUrl", "StreamEndNotifyUrl", "RecordNotifyUrl",
        "RecordStatusNotifyUrl", "SnapshotNotifyUrl", "PornCensorshipNotifyUrl", "CallbackKey",
        "PushExceptionNotifyUrl", "AudioAuditNotifyUrl", "RecordExceptionNotifyUrl", "RecordExceptionLevels",
    );
    DeleteLiveCallbackTemplate("TemplateId");
    DescribeLiveCallbackTemplate("TemplateId");
    DescribeLiveCallbackTemplates();
    CreateLiveCallbackRule("DomainName", "AppName", "TemplateId");
    DeleteLiveCallbackRule("DomainName", "AppName");
    DescribeLiveCallbackRules();
    [Pulls]
    CreateLivePullStreamTask(
        "SourceType", "SourceUrls", "DomainName", "AppName", "StreamName", "StartTime", "EndTime", "Operator",
        "PushArgs", "CallbackEvents", "VodLoopTimes", "VodRefreshType", "CallbackUrl", "ExtraCmd", "SpecifyTaskId",
        "Comment", "ToUrl", "FileIndex", "OffsetTime", "BackupSourceType", "BackupSourceUrl", "WatermarkList",
        "VodLocalMode", "RecordTemplateId", "BackupToUrl", "TranscodeTemplateName",
    );
    ModifyLivePullStreamTask(
        "TaskId", "Operator", "SourceUrls", "StartTime", "EndTime", "VodLoopTimes", "VodRefreshType", "Status",
        "CallbackEvents", "CallbackUrl", "FileIndex", "OffsetTime", "SpecifyTaskId", "ToUrl", "Comment",
        "BackupSourceType", "BackupSourceUrl", "WatermarkList", "VodLocalMode", "BackupToUrl", "BackupVodUrl",
    );
    DeleteLivePullStreamTask("TaskId", "Operator", "SpecifyTaskId");
    DescribeLivePullStreamTasks("TaskId", "PageNum", "PageSize", "SpecifyTaskId");
    DescribeLivePullStreamTaskStatus("TaskId");
    RestartLivePullStreamTask("TaskId", "Operator");
    [Statistics]
    DescribeStreamPlayInfoList("StartTime", "EndTime", "PlayDomain", "StreamName", "AppName", "ServiceName");
    DescribeLiveStreamPushInfoList("PushDomain", "AppName", "PageNum", "PageSize");
    DescribeStreamPushInfoList("StreamName", "StartTime", "EndTime", "PushDomain", "AppName");
    DescribeTopClientIpSumInfoList(
        "StartTime", "EndTime", "PlayDomains", "PageNum", "PageSize", "OrderParam", "MainlandOrOversea",
        "OutLanguage",
    );
    DescribeBillBandwidthAndFluxList(
        "StartTime", "EndTime", "PlayDomains", "MainlandOrOversea", "Granularity", "ServiceName", "RegionNames",
    );
    [Pictures]
    CreateScreenshotTask(
        "StreamName", "DomainName", "AppName", "EndTime", "TemplateId", "StartTime", "StreamType", "Extension",
    );
    StopScreenshotTask("TaskId");
    DeleteScreenshotTask("TaskId");
    DescribeScreenshotTask("StartTime", "EndTime", "StreamName", "DomainName", "AppName", "ScrollToken");
    CreateLiveSnapshotTemplate(
        "TemplateName", "CosAppId", "CosBucket", "CosRegion", "Description", "SnapshotInterval", "Width", "Height",
        "PornFlag", "CosPrefix", "CosFileName",
    );
    ModifyLiveSnapshotTemplate(
        "TemplateId", "CosAppId", "CosBucket", "CosRegion", "TemplateName", "Description", "SnapshotInterval", "Width",
        "Height", "PornFlag", "CosPrefix", "CosFileName",
    );
    DeleteLiveSnapshotTemplate("TemplateId");
    DescribeLiveSnapshotTemplate("TemplateId");
    DescribeLiveSnapshotTemplates();
    CreateLiveSnapshotRule("DomainName", "TemplateId", "AppName", "StreamName");
    DeleteLiveSnapshotRule("DomainName", "AppName", "StreamName");
    DescribeLiveSnapshotRules();
    [Records]
    CreateRecordTask(
        "StreamName", "DomainName", "AppName", "EndTime", "StartTime", "StreamType", "TemplateId", "Extension",
    );
    StopRecordTask("TaskId");
    DeleteRecordTask("TaskId");
    DescribeRecordTask("StartTime", "EndTime", "StreamName", "DomainName", "AppName", "ScrollToken");
    CreateLiveRecord(
        "StreamName", "AppName", "DomainName", "StartTime", "EndTime", "RecordType", "FileFormat", "Highlight",
        "MixStream", "StreamParam",
    );
    StopLiveRecord("StreamName", "TaskId");
    DeleteLiveRecord("StreamName", "TaskId");
    CreateLiveRecordTemplate(
        "TemplateName", "Description", "FlvParam", "HlsParam", "Mp4Param", "AacParam", "IsDelayLive",
        "HlsSpecialParam", "Mp3Param", "CosStore", "RemoveWatermark", "FlvSpecialParam",
    );
    ModifyLiveRecordTemplate(
        "TemplateId", "TemplateName", "Description", "FlvParam", "HlsParam", "Mp4Param", "AacParam", "HlsSpecialParam",
        "Mp3Param", "RemoveWatermark", "FlvSpecialParam",
    );
    DeleteLiveRecordTemplate("TemplateId");
    DescribeLiveRecordTemplate("TemplateId");
    DescribeLiveRecordTemplates("IsDelayLive");
    CreateLiveRecordRule("DomainName", "TemplateId", "AppName", "StreamName");
    DeleteLiveRecordRule("DomainName", "AppName", "StreamName");
    DescribeLiveRecordRules();
    [Watermarks]
    AddLiveWatermark("PictureUrl", "WatermarkName", "XPosition", "YPosition", "Width", "Height");
    UpdateLiveWatermark("WatermarkId", "PictureUrl", "XPosition", "YPosition", "WatermarkName", "Width", "Height");
    DeleteLiveWatermark("WatermarkId");
    DescribeLiveWatermark("WatermarkId");
    DescribeLiveWatermarks();
    CreateLiveWatermarkRule("DomainName", "AppName", "StreamName", "TemplateId");
    DeleteLiveWatermarkRule("DomainName", "AppName", "StreamName");
    DescribeLiveWatermarkRules();
}

impl Action {
    /// The Action of a name.
    pub fn of(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|action| action.name() == name).copied()
    }

    /// Which quota it is counted against.
    pub fn class(self) -> Class {
        if self.name().starts_with("Describe") { Class::Query } else { Class::Change }
    }
}
