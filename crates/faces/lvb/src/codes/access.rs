//! Faults of the access layer.

use vivace_codes::{LvbAccess, LvbVideo, Row};
use vivace_domain::access::ClockFault;
use vivace_domain::account::AccountFault;
use vivace_gate::AccessFault;

use crate::access::{ApiFault, ParameterFault};
use crate::actions::Action;

/// A code of the API: of the access layer, or of the video layer behind it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Code {
    /// Of the access layer.
    Access(LvbAccess),
    /// Of the video layer.
    Video(LvbVideo),
}

impl Code {
    /// The row of the catalogue.
    pub fn row(self) -> &'static Row {
        match self {
            Self::Access(code) => code.row(),
            Self::Video(code) => code.row(),
        }
    }

    /// The code of the access layer that stands in front: this one, or [`outer`].
    pub const fn access(self) -> LvbAccess {
        match self {
            Self::Access(code) => code,
            Self::Video(code) => outer(code),
        }
    }
}

/// A refused call; `action` is the one that it asked for, where that is known.
pub fn api(action: Option<Action>, fault: &ApiFault) -> Code {
    match fault {
        ApiFault::PlainHttp | ApiFault::Method => Code::Access(LvbAccess::UnsupportedProtocol),
        ApiFault::Parameter(fault) => parameter(fault),
        ApiFault::UnknownAction { .. } | ApiFault::OtherModule { .. } | ApiFault::NotOffered { .. } => {
            Code::Access(LvbAccess::UnknownAction)
        }
        ApiFault::Access(fault) => access(fault),
        ApiFault::Action(fault) => super::action::action(action, fault),
    }
}

/// A parameter that cannot be used, of whatever call.
pub fn parameter(fault: &ParameterFault) -> Code {
    match fault {
        ParameterFault::OutOfRange { .. } => Code::Video(LvbVideo::ValueOutOfRange),
        ParameterFault::Json { .. } => Code::Video(LvbVideo::InvalidJson),
        ParameterFault::BodiesFull { .. } => Code::Access(LvbAccess::RateQuota),
        ParameterFault::Missing { .. }
        | ParameterFault::WrongType { .. }
        | ParameterFault::Duplicate { .. }
        | ParameterFault::Ambiguous { .. }
        | ParameterFault::BadName { .. }
        | ParameterFault::NameTooLong { .. }
        | ParameterFault::TooDeep { .. }
        | ParameterFault::NotUtf8 { .. }
        | ParameterFault::Encoding { .. }
        | ParameterFault::TooMany { .. }
        | ParameterFault::BodyTooLong { .. }
        | ParameterFault::BodySlow { .. }
        | ParameterFault::BodyCut
        | ParameterFault::Multipart { .. }
        | ParameterFault::NoHost => Code::Access(LvbAccess::InvalidParameter),
    }
}

/// A signed call that is not let in.
pub fn access(fault: &AccessFault) -> Code {
    match fault {
        AccessFault::Maintenance => Code::Access(LvbAccess::Maintenance),
        AccessFault::CredentialUnknown | AccessFault::SignatureWrong | AccessFault::TemporaryCredential => {
            Code::Access(LvbAccess::AuthenticationFailed)
        }
        AccessFault::Account(fault) => account(fault),
        AccessFault::Clock(ClockFault::Old { .. }) => Code::Access(LvbAccess::RequestExpired),
        AccessFault::Clock(ClockFault::Future { .. }) | AccessFault::Replayed => Code::Access(LvbAccess::Replay),
        AccessFault::MemoryFull { .. } | AccessFault::RateQuota { .. } => Code::Access(LvbAccess::RateQuota),
        AccessFault::Unreadable | AccessFault::NotRecorded => Code::Access(LvbAccess::Internal),
    }
}

/// An account or a credential that may not.
pub fn account(fault: &AccountFault) -> Code {
    match fault {
        AccountFault::Unreadable => Code::Video(LvbVideo::AccountUnreadable),
        AccountFault::Gone => Code::Video(LvbVideo::UserNotFound),
        AccountFault::Mismatch { .. } => Code::Video(LvbVideo::AccountMismatch),
        AccountFault::Blocked | AccountFault::CredentialDisabled | AccountFault::ActionDenied { .. } => {
            Code::Access(LvbAccess::AccessDenied)
        }
        AccountFault::NotVerified => Code::Access(LvbAccess::NotVerified),
        AccountFault::BalanceExhausted => Code::Access(LvbAccess::BalanceExhausted),
        AccountFault::NoCapacity { .. } => Code::Access(LvbAccess::CapacityUnavailable),
    }
}

/// The code of the access layer that stands in front of a row, for clients that look for it there (dossier, section g).
pub const fn outer(row: LvbVideo) -> LvbAccess {
    match row {
        LvbVideo::ValueOutOfRange
        | LvbVideo::InvalidJson
        | LvbVideo::SourceProtocol
        | LvbVideo::ReceiverProtocol
        | LvbVideo::CreatePullAddressEmpty
        | LvbVideo::ModifyPullAddressEmpty
        | LvbVideo::ListEmpty
        | LvbVideo::RecordTimesInvalid => LvbAccess::InvalidParameter,
        LvbVideo::AccountUnreadable | LvbVideo::Network => LvbAccess::Internal,
        LvbVideo::UserNotFound | LvbVideo::AccountMismatch => LvbAccess::AccessDenied,
        LvbVideo::ChannelQuota | LvbVideo::ListQuota => LvbAccess::RateQuota,
        LvbVideo::NoSource
        | LvbVideo::SourceUnreadable
        | LvbVideo::ListNotFound
        | LvbVideo::ChannelNotFound
        | LvbVideo::RecordTaskNotFound
        | LvbVideo::ShotTaskNotFound
        | LvbVideo::WatermarkNotFound => LvbAccess::ResourceNotFound,
        LvbVideo::CreateFailed
        | LvbVideo::ReadFailed
        | LvbVideo::ModifyFailed
        | LvbVideo::ListFailed
        | LvbVideo::DeleteFailed
        | LvbVideo::StopFailed
        | LvbVideo::StartFailed
        | LvbVideo::NotEditable
        | LvbVideo::NotClosed
        | LvbVideo::FeatureInactive
        | LvbVideo::SourceCreateFailed
        | LvbVideo::SourceDeleteFailed
        | LvbVideo::ListUnreadable
        | LvbVideo::StatusChangeFailed
        | LvbVideo::RecordCreateFailed
        | LvbVideo::RecordListFailed
        | LvbVideo::RecordTimeConflict
        | LvbVideo::RecordModifyFailed => LvbAccess::OperationFailed,
    }
}
