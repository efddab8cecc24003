//! Faults of screenshots, which all three APIs have.

use vivace_codes::{LvbAccess, LvbVideo};
use vivace_domain::picture::{PictureFault, TakeFault};

use super::access::Code;
use super::action::channel;
use crate::actions::Action;

/// Something about screenshots that was not done.
pub fn picture(action: Option<Action>, fault: &PictureFault) -> Code {
    match fault {
        PictureFault::Channel(fault) => channel(action, fault),
        PictureFault::NoSource => Code::Video(LvbVideo::NoSource),
        PictureFault::Times(_) => Code::Video(LvbVideo::RecordTimesInvalid),
        PictureFault::TaskUnknown => Code::Video(LvbVideo::ShotTaskNotFound),
        PictureFault::Quota { .. } => Code::Access(LvbAccess::RateQuota),
        PictureFault::Empty { .. } | PictureFault::TooLong { .. } | PictureFault::OutOfRange { .. } => {
            Code::Video(LvbVideo::ValueOutOfRange)
        }
        PictureFault::TemplateUnknown { .. } | PictureFault::RuleUnknown => Code::Access(LvbAccess::ResourceNotFound),
        PictureFault::TemplateUsed { .. } | PictureFault::RuleKnown => Code::Access(LvbAccess::OperationFailed),
        PictureFault::Take(fault) => take(fault),
        PictureFault::Unreadable | PictureFault::NotWritten => Code::Access(LvbAccess::Internal),
    }
}

const fn take(fault: &TakeFault) -> Code {
    match fault {
        TakeFault::Missing => Code::Video(LvbVideo::FeatureInactive),
        TakeFault::NotLive | TakeFault::NoKeyFrame => Code::Video(LvbVideo::NoSource),
        TakeFault::Busy { .. } => Code::Access(LvbAccess::RateQuota),
        TakeFault::Spawn
        | TakeFault::Late { .. }
        | TakeFault::Undecodable
        | TakeFault::TooLarge { .. }
        | TakeFault::NotWritten => Code::Access(LvbAccess::OperationFailed),
    }
}
