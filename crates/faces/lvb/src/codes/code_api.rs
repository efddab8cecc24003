//! Faults of the LVB-code API: `ret` is the number of the row, with one exception that the tables do not have.

use vivace_codes::{LvbAccess, LvbVideo};
use vivace_gate::StampFault;

use super::access::{Code, access, account, parameter};
use super::picture::picture;
use super::record::record;
use super::rule::rule;
use crate::code_api::Fault;

/// `ret` of the status of a stream that was never pushed.
const NEVER_PUSHED: u32 = 20_601;

/// A refused call.
pub fn code_api(fault: &Fault) -> Code {
    match fault {
        Fault::Method => Code::Access(LvbAccess::UnsupportedProtocol),
        Fault::Parameter(fault) => parameter(fault),
        Fault::UnknownInterface { .. } => Code::Access(LvbAccess::UnknownAction),
        Fault::Stamp(fault) => stamp(fault),
        Fault::Inactive { .. } | Fault::NotTold { .. } => Code::Video(LvbVideo::FeatureInactive),
        Fault::Account(fault) => account(fault),
        Fault::Status => Code::Video(LvbVideo::StatusChangeFailed),
        // The tables have no row of its number; this one is the nearest.
        Fault::NeverPushed => Code::Video(LvbVideo::NoSource),
        Fault::Rule(fault) => rule(fault),
        Fault::Picture(fault) => picture(None, fault),
        Fault::Record(refusal) => record(refusal),
        Fault::Unreadable => Code::Video(LvbVideo::ReadFailed),
        Fault::ListUnreadable => Code::Video(LvbVideo::ListFailed),
        Fault::StatisticsUnreadable => Code::Access(LvbAccess::Internal),
    }
}

/// Its number on the wire.
pub fn code_api_ret(fault: &Fault) -> u32 {
    match fault {
        Fault::NeverPushed => NEVER_PUSHED,
        other => code_api(other).row().number,
    }
}

fn stamp(fault: &StampFault) -> Code {
    match fault {
        StampFault::AppUnknown | StampFault::TimeMalformed | StampFault::SignatureWrong => {
            Code::Access(LvbAccess::AuthenticationFailed)
        }
        StampFault::Expired => Code::Access(LvbAccess::RequestExpired),
        StampFault::Access(fault) => access(fault),
    }
}
