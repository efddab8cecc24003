//! Faults of recordings, which all three APIs have. What could not be read or written has a code by what was wanted.

use vivace_codes::{LvbAccess, LvbVideo};
use vivace_domain::recording::RecordFault;

use super::access::Code;
use crate::actions::{RecordRefusal, RecordStep};

/// Something about recordings that was not done.
pub const fn record(refusal: &RecordRefusal) -> Code {
    let RecordRefusal { step, fault } = refusal;
    match fault {
        RecordFault::UnknownChannel { .. } => Code::Video(LvbVideo::ChannelNotFound),
        RecordFault::UnknownTask { .. } => Code::Video(LvbVideo::RecordTaskNotFound),
        RecordFault::UnknownRecording { .. } | RecordFault::UnknownTemplate { .. } | RecordFault::UnknownRule => {
            Code::Access(LvbAccess::ResourceNotFound)
        }
        RecordFault::UnknownStream | RecordFault::NoSource | RecordFault::NotLive => Code::Video(LvbVideo::NoSource),
        RecordFault::TemplateUsed { .. }
        | RecordFault::RuleKnown
        | RecordFault::NotStored { .. }
        | RecordFault::NotDeleted { .. }
        | RecordFault::UndoOver { .. } => Code::Access(LvbAccess::OperationFailed),
        RecordFault::Times(_) => Code::Video(LvbVideo::RecordTimesInvalid),
        RecordFault::Overlap { .. } => Code::Video(LvbVideo::RecordTimeConflict),
        RecordFault::Quota { .. } | RecordFault::DiskFull => Code::Video(LvbVideo::RecordCreateFailed),
        RecordFault::Off => Code::Video(LvbVideo::FeatureInactive),
        RecordFault::Finished { .. } | RecordFault::Running { .. } => Code::Video(LvbVideo::RecordModifyFailed),
        RecordFault::Empty { .. }
        | RecordFault::TooLong { .. }
        | RecordFault::OutOfRange { .. }
        | RecordFault::Formats { .. } => Code::Video(LvbVideo::ValueOutOfRange),
        RecordFault::Unreadable | RecordFault::NotWritten => Code::Video(match step {
            RecordStep::Create => LvbVideo::RecordCreateFailed,
            RecordStep::Change => LvbVideo::RecordModifyFailed,
            RecordStep::Read => LvbVideo::RecordListFailed,
        }),
    }
}
