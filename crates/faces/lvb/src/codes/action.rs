//! Faults of the Actions: a table of operation and fault. What could not be read or written has a code for each
//! operation; the rest has one wherever it happens.

use vivace_codes::{LvbAccess, LvbVideo};
use vivace_domain::channel::ChannelFault;
use vivace_domain::ip_list::ListFault;

use super::access::{Code, account, parameter};
use super::picture::picture;
use super::record::record;
use crate::actions::{Action, ActionFault};

/// A command that was not carried out.
pub fn action(action: Option<Action>, fault: &ActionFault) -> Code {
    match fault {
        ActionFault::Parameter(fault) => parameter(fault),
        ActionFault::Account(fault) => account(fault),
        ActionFault::Channel(fault) => channel(action, fault),
        ActionFault::List(fault) => list(fault),
        ActionFault::Picture(fault) => picture(action, fault),
        ActionFault::Record(refusal) => record(refusal),
        ActionFault::Inactive { .. } => Code::Video(LvbVideo::FeatureInactive),
        ActionFault::Internal => Code::Access(LvbAccess::Internal),
    }
}

/// The outcome of a batch: whether all, or some, of several ids failed.
pub fn batch(failed: usize, all: usize) -> Option<Code> {
    match failed {
        0 => None,
        failed if failed == all => Some(Code::Access(LvbAccess::OperationFailed)),
        _ => Some(Code::Access(LvbAccess::PartlyDone)),
    }
}

pub(super) fn channel(action: Option<Action>, fault: &ChannelFault) -> Code {
    match fault {
        ChannelFault::Empty { .. } | ChannelFault::TooLong { .. } | ChannelFault::OutOfRange { .. } => {
            Code::Video(LvbVideo::ValueOutOfRange)
        }
        ChannelFault::QuotaReached { .. } => Code::Video(LvbVideo::ChannelQuota),
        ChannelFault::NoSource => Code::Video(LvbVideo::NoSource),
        ChannelFault::TooManySources { .. } => Code::Video(LvbVideo::SourceCreateFailed),
        ChannelFault::SourceProtocol { .. } => Code::Video(LvbVideo::SourceProtocol),
        ChannelFault::AddressEmpty { .. } => match action {
            Some(Action::ModifyUpstream) => Code::Video(LvbVideo::ModifyPullAddressEmpty),
            _ => Code::Video(LvbVideo::CreatePullAddressEmpty),
        },
        ChannelFault::SourceUnknown { .. } => Code::Video(LvbVideo::SourceUnreadable),
        ChannelFault::ReceiverProtocol { .. } => Code::Video(LvbVideo::ReceiverProtocol),
        ChannelFault::WatermarkUnknown { .. } => Code::Video(LvbVideo::WatermarkNotFound),
        ChannelFault::NoTranscoder { .. } => Code::Video(LvbVideo::FeatureInactive),
        ChannelFault::NotEditable { .. } => Code::Video(LvbVideo::NotEditable),
        ChannelFault::NotClosed { .. } => Code::Video(LvbVideo::NotClosed),
        ChannelFault::AlreadyClosed | ChannelFault::CutFailed => Code::Video(LvbVideo::StopFailed),
        ChannelFault::AlreadyOpen => Code::Video(LvbVideo::StartFailed),
        ChannelFault::IngestFailed { .. } => match action {
            Some(Action::CreateChannel | Action::ModifyUpstream) => Code::Video(LvbVideo::SourceCreateFailed),
            _ => Code::Video(LvbVideo::StartFailed),
        },
        ChannelFault::Unknown { .. } => Code::Video(LvbVideo::ChannelNotFound),
        ChannelFault::MediaSilent { .. } => Code::Video(LvbVideo::Network),
        ChannelFault::Unreadable => unreadable(action),
        ChannelFault::Conflict { .. } | ChannelFault::NotWritten => not_written(action),
    }
}

fn unreadable(action: Option<Action>) -> Code {
    match action {
        Some(Action::DescribeChannel | Action::DescribeOnlineUsers) => Code::Video(LvbVideo::ReadFailed),
        Some(Action::DescribeChannelList) => Code::Video(LvbVideo::ListFailed),
        Some(Action::ModifyUpstream) => Code::Video(LvbVideo::SourceUnreadable),
        other => not_written(other),
    }
}

fn not_written(action: Option<Action>) -> Code {
    match action {
        Some(Action::CreateChannel) => Code::Video(LvbVideo::CreateFailed),
        Some(Action::ModifyChannel) => Code::Video(LvbVideo::ModifyFailed),
        Some(Action::ModifyUpstream) => Code::Video(LvbVideo::SourceDeleteFailed),
        Some(Action::StartChannel | Action::StopChannel) => Code::Video(LvbVideo::StatusChangeFailed),
        Some(Action::DeleteChannel) => Code::Video(LvbVideo::DeleteFailed),
        _ => Code::Access(LvbAccess::Internal),
    }
}

fn list(fault: &ListFault) -> Code {
    match fault {
        ListFault::Empty => Code::Video(LvbVideo::ListEmpty),
        ListFault::Entry { .. } | ListFault::OtherColour => Code::Video(LvbVideo::ValueOutOfRange),
        ListFault::TooMany { .. } => Code::Video(LvbVideo::ListQuota),
        ListFault::Unknown => Code::Video(LvbVideo::ListNotFound),
        ListFault::Unreadable => Code::Video(LvbVideo::ListUnreadable),
        ListFault::NotWritten => Code::Access(LvbAccess::Internal),
    }
}
