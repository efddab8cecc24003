//! Faults of the rules of single streams: forbidden, dropped, delayed.

use vivace_codes::{LvbAccess, LvbVideo};
use vivace_domain::rule::RuleFault;

use super::access::Code;

/// A rule that was not made.
pub const fn rule(fault: &RuleFault) -> Code {
    match fault {
        RuleFault::Time { .. } | RuleFault::DelayTooLong { .. } | RuleFault::TooLong { .. } => {
            Code::Video(LvbVideo::ValueOutOfRange)
        }
        RuleFault::Quota { .. } => Code::Access(LvbAccess::RateQuota),
        RuleFault::NotLive => Code::Video(LvbVideo::NoSource),
        RuleFault::Unreadable => Code::Video(LvbVideo::ReadFailed),
        RuleFault::NotWritten => Code::Video(LvbVideo::StatusChangeFailed),
        RuleFault::MediaSilent { .. } => Code::Video(LvbVideo::Network),
    }
}
