use thiserror::Error;
use vivace_domain::account::AccountFault;
use vivace_domain::picture::PictureFault;
use vivace_domain::rule::RuleFault;
use vivace_gate::{AccessFault, StampFault};

use crate::access::ParameterFault;
use crate::actions::RecordRefusal;

/// Why a call is refused, in the order of the checks.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Fault {
    /// Neither GET nor POST.
    #[error("the method is neither GET nor POST")]
    Method,
    /// A parameter, or the body.
    #[error(transparent)]
    Parameter(#[from] ParameterFault),
    /// There is no such interface.
    #[error("there is no interface {interface:?}")]
    UnknownInterface {
        /// As it was asked for, cut.
        interface: String,
    },
    /// The caller may not, or not now.
    #[error(transparent)]
    Stamp(#[from] StampFault),
    /// A part that the interface needs is not active.
    #[error("{interface}: {part} is not active on this server")]
    Inactive {
        /// The interface.
        interface: &'static str,
        /// The part.
        part: &'static str,
    },
    /// A parameter asks for a distinction that is not made.
    #[error("{field} is not supported: statistics are not told apart by it")]
    NotTold {
        /// The parameter.
        field: &'static str,
    },
    /// The number is another account's.
    #[error(transparent)]
    Account(#[from] AccountFault),
    /// The status of `Live_Channel_SetStatus` is none.
    #[error("Param.n.status must be 0 (forbid), 1 (allow) or 2 (drop)")]
    Status,
    /// The stream was never pushed.
    #[error("nobody has ever pushed to this channel_id")]
    NeverPushed,
    /// The rule of the stream.
    #[error(transparent)]
    Rule(#[from] RuleFault),
    /// Screenshots.
    #[error(transparent)]
    Picture(#[from] PictureFault),
    /// Recordings.
    #[error(transparent)]
    Record(#[from] RecordRefusal),
    /// What is known of the channel could not be read; the log has the reason.
    #[error("the channel could not be read")]
    Unreadable,
    /// The list could not be read; the log has the reason.
    #[error("the list of channels could not be read")]
    ListUnreadable,
    /// The statistics could not be read; the log has the reason.
    #[error("the statistics could not be read")]
    StatisticsUnreadable,
}

impl From<AccessFault> for Fault {
    fn from(fault: AccessFault) -> Self {
        Self::Stamp(fault.into())
    }
}
