use thiserror::Error;
use vivace_domain::access::ClockFault;
use vivace_domain::account::AccountFault;
use vivace_domain::api_sign::Tc3Fault;
use vivace_domain::hook::CallbackFault;
use vivace_domain::host::HostFault;
use vivace_domain::picture::{PictureFault, TakeFault};
use vivace_domain::recording::RecordFault;
use vivace_domain::rule::RuleFault;
use vivace_domain::task::TaskFault;
use vivace_gate::{AccessFault, WatermarkFault};

use crate::access::ParameterFault;

/// Why a call of API 3.0 is refused.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Fault {
    /// It came over plain HTTP.
    #[error("the API is served over HTTPS only")]
    PlainHttp,
    /// Neither GET nor POST.
    #[error("the method is neither GET nor POST")]
    Method,
    /// A parameter cannot be used.
    #[error(transparent)]
    Parameter(#[from] ParameterFault),
    /// The Action has no such parameter.
    #[error("{name:?} is no parameter of this action")]
    UnknownParameter {
        /// The parameter, cut.
        name: String,
    },
    /// There is no such Action.
    #[error("there is no action {action:?}")]
    UnknownAction {
        /// As it was asked for, cut.
        action: String,
    },
    /// The Action is known and not carried out.
    #[error("the action {action} is not supported by this server")]
    NotOffered {
        /// The Action.
        action: &'static str,
    },
    /// A parameter asks for what is not supported.
    #[error("{field}: {what} is not supported by this server")]
    NotSupported {
        /// The parameter.
        field: &'static str,
        /// What is not.
        what: &'static str,
    },
    /// Another version.
    #[error("there is no version {version:?}; this is {}", super::VERSION)]
    Version {
        /// As it was asked for, cut.
        version: String,
    },
    /// The `Authorization` header cannot be read.
    #[error("Authorization: {0}")]
    Authorization(#[from] Tc3Fault),
    /// The credential's scope is of another day than the call.
    #[error("the date of Credential is not the UTC date of X-TC-Timestamp")]
    ScopeDate,
    /// The caller may not, or not now.
    #[error(transparent)]
    Access(#[from] AccessFault),
    /// The stream is not live, or there never was one.
    #[error("there is no such stream")]
    NoStream,
    /// A rule of a stream.
    #[error(transparent)]
    Rule(#[from] RuleFault),
    /// A host name, or keys.
    #[error(transparent)]
    Host(#[from] HostFault),
    /// A template or rule of callbacks.
    #[error(transparent)]
    Callback(#[from] CallbackFault),
    /// There is a rule for these streams.
    #[error("there is a rule for this domain and path already")]
    RuleKnown,
    /// A task that pulls.
    #[error(transparent)]
    Task(#[from] TaskFault),
    /// Screenshots.
    #[error(transparent)]
    Picture(#[from] PictureFault),
    /// Watermarks.
    #[error(transparent)]
    Watermark(#[from] WatermarkFault),
    /// Recordings.
    #[error(transparent)]
    Record(#[from] RecordFault),
    /// The account may not have it.
    #[error(transparent)]
    Account(#[from] AccountFault),
    /// The server failed; the log has the reason.
    #[error("the server failed")]
    Internal,
}

/// The name of a fault on the wire.
pub const fn code(fault: &Fault) -> &'static str {
    match fault {
        Fault::PlainHttp | Fault::Method => "UnsupportedProtocol",
        Fault::Parameter(fault) => parameter(fault),
        Fault::UnknownParameter { .. } => "UnknownParameter",
        Fault::UnknownAction { .. } => "InvalidAction",
        Fault::NotOffered { .. } | Fault::NotSupported { .. } => "UnsupportedOperation",
        Fault::Version { .. } => "NoSuchVersion",
        Fault::Authorization(_) => "AuthFailure.InvalidAuthorization",
        Fault::ScopeDate => "AuthFailure.SignatureFailure",
        Fault::Access(fault) => access(fault),
        Fault::NoStream => "ResourceUnavailable.StreamNotExist",
        Fault::Rule(fault) => rule(fault),
        Fault::Host(fault) => host(fault),
        Fault::Callback(fault) => callback(fault),
        Fault::RuleKnown => "FailedOperation.RuleAlreadyExist",
        Fault::Task(fault) => task(fault),
        Fault::Picture(fault) => picture(fault),
        Fault::Watermark(fault) => watermark(fault),
        Fault::Record(fault) => record(fault),
        Fault::Account(fault) => account(fault),
        Fault::Internal => "InternalError",
    }
}

const fn parameter(fault: &ParameterFault) -> &'static str {
    match fault {
        ParameterFault::Missing { .. } => "MissingParameter",
        ParameterFault::OutOfRange { .. } => "InvalidParameterValue",
        ParameterFault::BodyTooLong { .. } => "RequestSizeLimitExceeded",
        ParameterFault::BodiesFull { .. } => "RequestLimitExceeded",
        ParameterFault::WrongType { .. }
        | ParameterFault::Json { .. }
        | ParameterFault::Duplicate { .. }
        | ParameterFault::Ambiguous { .. }
        | ParameterFault::BadName { .. }
        | ParameterFault::NameTooLong { .. }
        | ParameterFault::TooDeep { .. }
        | ParameterFault::NotUtf8 { .. }
        | ParameterFault::Encoding { .. }
        | ParameterFault::TooMany { .. }
        | ParameterFault::BodySlow { .. }
        | ParameterFault::BodyCut
        | ParameterFault::Multipart { .. }
        | ParameterFault::NoHost => "InvalidParameter",
    }
}

const fn access(fault: &AccessFault) -> &'static str {
    match fault {
        AccessFault::Maintenance => "ResourceUnavailable",
        AccessFault::CredentialUnknown => "AuthFailure.SecretIdNotFound",
        AccessFault::SignatureWrong => "AuthFailure.SignatureFailure",
        AccessFault::TemporaryCredential => "AuthFailure.TokenFailure",
        AccessFault::Account(fault) => account(fault),
        AccessFault::Clock(ClockFault::Old { .. } | ClockFault::Future { .. }) => "AuthFailure.SignatureExpire",
        AccessFault::Replayed => "AuthFailure.SignatureFailure",
        AccessFault::MemoryFull { .. } | AccessFault::RateQuota { .. } => "RequestLimitExceeded",
        AccessFault::Unreadable | AccessFault::NotRecorded => "InternalError",
    }
}

const fn account(fault: &AccountFault) -> &'static str {
    match fault {
        AccountFault::Unreadable => "InternalError",
        AccountFault::Gone => "ResourceNotFound.UserNotExist",
        AccountFault::Mismatch { .. } => "InvalidParameterValue",
        AccountFault::Blocked => "ResourceNotFound.UserDisableService",
        AccountFault::CredentialDisabled => "AuthFailure.SecretIdNotFound",
        AccountFault::ActionDenied { .. } => "AuthFailure.UnauthorizedOperation",
        AccountFault::NotVerified => "FailedOperation.NoRealNameAuth",
        AccountFault::BalanceExhausted => "ResourceNotFound.StopService",
        AccountFault::NoCapacity { .. } => "LimitExceeded",
    }
}

const fn rule(fault: &RuleFault) -> &'static str {
    match fault {
        RuleFault::Time { .. } | RuleFault::DelayTooLong { .. } | RuleFault::TooLong { .. } => "InvalidParameterValue",
        RuleFault::Quota { .. } => "LimitExceeded",
        RuleFault::NotLive => "ResourceUnavailable.StreamNotExist",
        RuleFault::Unreadable | RuleFault::NotWritten | RuleFault::MediaSilent { .. } => "InternalError",
    }
}

const fn host(fault: &HostFault) -> &'static str {
    match fault {
        HostFault::Malformed => "InvalidParameter.DomainFormatError",
        HostFault::Known => "FailedOperation.DomainAdded",
        HostFault::Unknown => "ResourceNotFound.DomainNotExist",
        HostFault::Quota { .. } => "LimitExceeded",
        HostFault::Key { .. } | HostFault::Delta { .. } => "InvalidParameterValue",
        HostFault::Unreadable | HostFault::NotWritten | HostFault::MediaSilent { .. } => "InternalError",
    }
}

const fn callback(fault: &CallbackFault) -> &'static str {
    match fault {
        CallbackFault::Empty { .. } | CallbackFault::TooLong { .. } | CallbackFault::TwoUrls { .. } => {
            "InvalidParameterValue"
        }
        CallbackFault::Url { .. } => "InvalidParameter.InvalidCallbackUrl",
        CallbackFault::TemplateUnknown { .. } => "ResourceNotFound.TemplateNotExists",
        CallbackFault::TemplateUsed { .. } => "FailedOperation.RuleAlreadyExist",
        CallbackFault::Quota { .. } => "LimitExceeded",
        CallbackFault::RuleUnknown => "InvalidParameter.RuleNotFound",
        CallbackFault::EventUnknown { .. } => "ResourceNotFound",
        CallbackFault::EventWaits { .. } | CallbackFault::OutboxFull => "FailedOperation",
        CallbackFault::Unreadable | CallbackFault::NotWritten => "InternalError",
    }
}

const fn task(fault: &TaskFault) -> &'static str {
    match fault {
        TaskFault::Unknown => "ResourceNotFound.TaskId",
        TaskFault::Known => "InvalidParameter.InvalidTaskId",
        TaskFault::Quota { .. } => "LimitExceeded.MaximumTask",
        TaskFault::Address { .. } | TaskFault::Times | TaskFault::TooLong { .. } => "InvalidParameterValue",
        TaskFault::Store | TaskFault::Silent { .. } => "InternalError",
    }
}

const fn picture(fault: &PictureFault) -> &'static str {
    match fault {
        PictureFault::Channel(_) => "ResourceNotFound.ChannelNotExist",
        PictureFault::NoSource => "ResourceUnavailable.StreamNotExist",
        PictureFault::TaskUnknown => "ResourceNotFound.TaskId",
        PictureFault::Times(_)
        | PictureFault::Empty { .. }
        | PictureFault::TooLong { .. }
        | PictureFault::OutOfRange { .. } => "InvalidParameterValue",
        PictureFault::Quota { .. } => "LimitExceeded",
        PictureFault::TemplateUnknown { .. } => "ResourceNotFound.TemplateNotExists",
        PictureFault::TemplateUsed { .. } | PictureFault::RuleKnown => "FailedOperation.RuleAlreadyExist",
        PictureFault::RuleUnknown => "InvalidParameter.RuleNotFound",
        PictureFault::Take(TakeFault::Missing) => "ResourceUnavailable",
        PictureFault::Take(TakeFault::NotLive | TakeFault::NoKeyFrame) => "ResourceUnavailable.StreamNotExist",
        PictureFault::Take(TakeFault::Busy { .. }) => "RequestLimitExceeded",
        PictureFault::Take(_) => "FailedOperation",
        PictureFault::Unreadable | PictureFault::NotWritten => "InternalError",
    }
}

const fn watermark(fault: &WatermarkFault) -> &'static str {
    match fault {
        WatermarkFault::Value { .. } => "InvalidParameterValue",
        WatermarkFault::Quota { .. } => "LimitExceeded",
        WatermarkFault::NoTranscoder => "ResourceUnavailable",
        WatermarkFault::Unknown => "ResourceNotFound.WatermarkNotExist",
        WatermarkFault::Used | WatermarkFault::RuleKnown => "FailedOperation.RuleAlreadyExist",
        WatermarkFault::RuleUnknown => "InvalidParameter.RuleNotFound",
        WatermarkFault::Unreadable | WatermarkFault::NotWritten => "InternalError",
    }
}

const fn record(fault: &RecordFault) -> &'static str {
    match fault {
        RecordFault::UnknownChannel { .. } => "ResourceNotFound.ChannelNotExist",
        RecordFault::UnknownTask { .. } => "ResourceNotFound.TaskId",
        RecordFault::UnknownRecording { .. } => "ResourceNotFound",
        RecordFault::UnknownStream | RecordFault::NoSource | RecordFault::NotLive => {
            "ResourceUnavailable.StreamNotExist"
        }
        RecordFault::UnknownTemplate { .. } => "ResourceNotFound.TemplateNotExists",
        RecordFault::UnknownRule => "InvalidParameter.RuleNotFound",
        RecordFault::TemplateUsed { .. } | RecordFault::RuleKnown => "FailedOperation.RuleAlreadyExist",
        RecordFault::Quota { .. } => "LimitExceeded",
        RecordFault::Off => "ResourceUnavailable.InvalidVodStatus",
        RecordFault::Overlap { .. }
        | RecordFault::DiskFull
        | RecordFault::Finished { .. }
        | RecordFault::Running { .. }
        | RecordFault::NotStored { .. }
        | RecordFault::NotDeleted { .. }
        | RecordFault::UndoOver { .. } => "FailedOperation",
        RecordFault::Times(_)
        | RecordFault::Empty { .. }
        | RecordFault::TooLong { .. }
        | RecordFault::OutOfRange { .. }
        | RecordFault::Formats { .. } => "InvalidParameterValue",
        RecordFault::Unreadable | RecordFault::NotWritten => "InternalError",
    }
}
