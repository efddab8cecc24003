//! Faults of API 3.0: it has names of its own ([`crate::v3::code`]), and the catalogue has a row for each.

use vivace_codes::{LvbAccess, LvbVideo};
use vivace_domain::hook::CallbackFault;
use vivace_domain::host::HostFault;
use vivace_domain::task::TaskFault;
use vivace_gate::WatermarkFault;

use super::access::{Code, access, account, parameter};
use super::picture::picture;
use super::record::record;
use super::rule::rule;
use crate::actions::RecordStep;
use crate::v3::Fault;

/// A refused call.
pub fn v3(fault: &Fault) -> Code {
    match fault {
        Fault::PlainHttp | Fault::Method => Code::Access(LvbAccess::UnsupportedProtocol),
        Fault::Parameter(fault) => parameter(fault),
        Fault::UnknownParameter { .. } => Code::Access(LvbAccess::InvalidParameter),
        Fault::UnknownAction { .. } | Fault::NotOffered { .. } | Fault::Version { .. } => {
            Code::Access(LvbAccess::UnknownAction)
        }
        Fault::NotSupported { .. } => Code::Video(LvbVideo::FeatureInactive),
        Fault::Authorization(_) | Fault::ScopeDate => Code::Access(LvbAccess::AuthenticationFailed),
        Fault::Access(fault) => access(fault),
        Fault::NoStream => Code::Video(LvbVideo::NoSource),
        Fault::Rule(fault) => rule(fault),
        Fault::Host(fault) => host(fault),
        Fault::Callback(fault) => callback(fault),
        Fault::Watermark(fault) => watermark(fault),
        Fault::Picture(fault) => picture(None, fault),
        Fault::Account(fault) => account(fault),
        Fault::Record(fault) => record(&RecordStep::Create.refused(fault.clone())),
        Fault::RuleKnown => Code::Access(LvbAccess::OperationFailed),
        Fault::Task(fault) => task(fault),
        Fault::Internal => Code::Access(LvbAccess::Internal),
    }
}

const fn watermark(fault: &WatermarkFault) -> Code {
    match fault {
        WatermarkFault::Value { .. } => Code::Video(LvbVideo::ValueOutOfRange),
        WatermarkFault::Quota { .. } => Code::Access(LvbAccess::RateQuota),
        WatermarkFault::NoTranscoder => Code::Video(LvbVideo::FeatureInactive),
        WatermarkFault::Unknown => Code::Video(LvbVideo::WatermarkNotFound),
        WatermarkFault::Used | WatermarkFault::RuleKnown => Code::Access(LvbAccess::OperationFailed),
        WatermarkFault::RuleUnknown => Code::Access(LvbAccess::ResourceNotFound),
        WatermarkFault::Unreadable | WatermarkFault::NotWritten => Code::Access(LvbAccess::Internal),
    }
}

const fn host(fault: &HostFault) -> Code {
    match fault {
        HostFault::Malformed => Code::Access(LvbAccess::InvalidParameter),
        HostFault::Known => Code::Access(LvbAccess::OperationFailed),
        HostFault::Unknown => Code::Access(LvbAccess::ResourceNotFound),
        HostFault::Quota { .. } => Code::Access(LvbAccess::RateQuota),
        HostFault::Key { .. } | HostFault::Delta { .. } => Code::Video(LvbVideo::ValueOutOfRange),
        HostFault::Unreadable | HostFault::NotWritten => Code::Access(LvbAccess::Internal),
        HostFault::MediaSilent { .. } => Code::Video(LvbVideo::Network),
    }
}

const fn callback(fault: &CallbackFault) -> Code {
    match fault {
        CallbackFault::Empty { .. }
        | CallbackFault::TooLong { .. }
        | CallbackFault::TwoUrls { .. }
        | CallbackFault::Url { .. } => Code::Video(LvbVideo::ValueOutOfRange),
        CallbackFault::TemplateUnknown { .. } | CallbackFault::RuleUnknown | CallbackFault::EventUnknown { .. } => {
            Code::Access(LvbAccess::ResourceNotFound)
        }
        CallbackFault::TemplateUsed { .. } | CallbackFault::EventWaits { .. } | CallbackFault::OutboxFull => {
            Code::Access(LvbAccess::OperationFailed)
        }
        CallbackFault::Quota { .. } => Code::Access(LvbAccess::RateQuota),
        CallbackFault::Unreadable | CallbackFault::NotWritten => Code::Access(LvbAccess::Internal),
    }
}

const fn task(fault: &TaskFault) -> Code {
    match fault {
        TaskFault::Unknown => Code::Access(LvbAccess::ResourceNotFound),
        TaskFault::Known => Code::Access(LvbAccess::OperationFailed),
        TaskFault::Quota { .. } => Code::Access(LvbAccess::RateQuota),
        TaskFault::Address { .. } => Code::Video(LvbVideo::SourceProtocol),
        TaskFault::Times | TaskFault::TooLong { .. } => Code::Video(LvbVideo::ValueOutOfRange),
        TaskFault::Store => Code::Access(LvbAccess::Internal),
        TaskFault::Silent { .. } => Code::Video(LvbVideo::Network),
    }
}
