//! Fault to number, for the live path. Every match is exhaustive: a new fault does not compile until it has its number.
//!
//! Two numberings meet here: the rows of the tables `lvb-access` and `lvb-video`, and the `errcode`/`sub_errcode` pair
//! that the interruption record and the interruption callback of a push carry.

mod access;
mod action;
mod code_api;
mod picture;
mod record;
mod rule;
#[cfg(test)]
mod tests;
mod v3;

use vivace_codes::{LvbAccess, LvbVideo, Row};
use vivace_domain::live::{MediaFault, PlayFault, PublishFault, Unpublish};

pub use access::{Code, access, account, api, outer, parameter};
pub use action::{action, batch};
pub use code_api::{code_api, code_api_ret};
pub use picture::picture;
pub use record::record;
pub use rule::rule;
pub use v3::v3;

/// What a refused publish or play is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The row of the catalogue.
    pub row: &'static Row,
    /// `errcode` of the interruption record: 18 for a refused publish, 0 for a play, which has no such record.
    pub errcode: u32,
    /// `sub_errcode` of the interruption record, 0 for a play.
    pub sub_errcode: u32,
}

/// What the end of a running publish is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Interruption {
    /// The row of the catalogue; none where nobody did anything wrong, such as an end by the publisher's own command.
    pub row: Option<&'static Row>,
    /// `errcode` of the interruption record.
    pub errcode: u32,
    /// `sub_errcode` of the interruption record, 0 where `errcode` has none.
    pub sub_errcode: u32,
}

/// `errcode` of a publish that was refused; `sub_errcode` tells why.
const REFUSED_AT_PUBLISH: u32 = 18;
/// `errcode` of a publish that the server ended by intent; `sub_errcode` tells why.
const ENDED_BY_SERVER: u32 = 21;

/// A refused publish.
pub fn publish(fault: &PublishFault) -> Refusal {
    let (row, sub_errcode) = match fault {
        PublishFault::BadAppName => (LvbAccess::InvalidParameter.row(), 309),
        // The record knows illegal characters in the stream's text, which holds the query too.
        PublishFault::BadName(_)
        | PublishFault::QueryTooLong { .. }
        | PublishFault::QueryEncoding { .. }
        | PublishFault::DuplicateParameter { .. } => (LvbAccess::InvalidParameter.row(), 308),
        PublishFault::ParameterMalformed { .. } => (LvbVideo::ValueOutOfRange.row(), 308),
        PublishFault::ExpiryMissing => (LvbAccess::AuthenticationFailed.row(), 500),
        PublishFault::ExpiryMalformed => (LvbAccess::InvalidParameter.row(), 500),
        PublishFault::Expired { .. } => (LvbAccess::RequestExpired.row(), 501),
        PublishFault::SignatureMissing => (LvbAccess::AuthenticationFailed.row(), 502),
        PublishFault::SignatureWrong => (LvbAccess::AuthenticationFailed.row(), 503),
        PublishFault::WrongBizid => (LvbVideo::AccountMismatch.row(), 200),
        PublishFault::AccountBlocked => (LvbAccess::AccessDenied.row(), 201),
        PublishFault::DomainDisabled => (LvbAccess::AccessDenied.row(), 303),
        PublishFault::Blacklisted => (LvbAccess::AccessDenied.row(), 400),
        PublishFault::NotWhitelisted => (LvbAccess::AccessDenied.row(), 401),
        PublishFault::StreamForbidden { .. } => (LvbAccess::AccessDenied.row(), 305),
        PublishFault::ChannelUnknown => (LvbVideo::ChannelNotFound.row(), 306),
        PublishFault::ChannelClosed => (LvbAccess::AccessDenied.row(), 307),
        PublishFault::ChannelPulls => (LvbVideo::SourceProtocol.row(), 602),
        PublishFault::RenditionReserved { .. } => (LvbVideo::NotEditable.row(), 602),
        PublishFault::StoreUnreadable => (LvbVideo::ReadFailed.row(), 100),
        PublishFault::StreamsQuota { .. } => (LvbAccess::RateQuota.row(), 600),
        PublishFault::NameTaken { .. } => (LvbVideo::NotEditable.row(), 602),
        PublishFault::Draining => (LvbAccess::Maintenance.row(), 100),
    };
    Refusal { row, errcode: REFUSED_AT_PUBLISH, sub_errcode }
}

/// A refused play.
pub fn play(fault: &PlayFault) -> Refusal {
    let row = match fault {
        PlayFault::BadAppName
        | PlayFault::BadName(_)
        | PlayFault::QueryTooLong { .. }
        | PlayFault::QueryEncoding { .. }
        | PlayFault::DuplicateParameter { .. }
        | PlayFault::ParameterMissing { .. }
        | PlayFault::ExpiryMalformed => LvbAccess::InvalidParameter.row(),
        PlayFault::ParameterMalformed { .. } | PlayFault::BeyondTimeShift { .. } | PlayFault::StretchTooLong { .. } => {
            LvbVideo::ValueOutOfRange.row()
        }
        PlayFault::ExpiryMissing | PlayFault::SignatureMissing | PlayFault::SignatureWrong => {
            LvbAccess::AuthenticationFailed.row()
        }
        PlayFault::Expired { .. } => LvbAccess::RequestExpired.row(),
        PlayFault::WrongBizid => LvbVideo::AccountMismatch.row(),
        PlayFault::AccountBlocked | PlayFault::DomainDisabled | PlayFault::Blacklisted | PlayFault::NotWhitelisted => {
            LvbAccess::AccessDenied.row()
        }
        PlayFault::NotProduced | PlayFault::NoTranscoder | PlayFault::NoTimeShift => LvbVideo::FeatureInactive.row(),
        PlayFault::TranscodersFull { .. } => LvbAccess::CapacityUnavailable.row(),
        PlayFault::KeptUnreadable => LvbVideo::RecordListFailed.row(),
        // A name needs no channel in the LVB-code mode, so what lacks is the source and not the channel.
        PlayFault::NotLive | PlayFault::NotKept => LvbVideo::NoSource.row(),
        PlayFault::UnsupportedFormat
        | PlayFault::UnsupportedCodec { .. }
        | PlayFault::NoSound
        | PlayFault::PastInHlsOnly { .. } => LvbVideo::ReceiverProtocol.row(),
        PlayFault::ReadersQuota { .. } => LvbAccess::RateQuota.row(),
        PlayFault::Draining => LvbAccess::Maintenance.row(),
    };
    Refusal { row, errcode: 0, sub_errcode: 0 }
}

/// The end of a running publish.
pub fn interruption(fault: &MediaFault) -> Interruption {
    let malformed = || Some(LvbAccess::InvalidParameter.row());
    let (row, errcode, sub_errcode) = match fault {
        MediaFault::Unpublished(Unpublish::DeleteStream) => (None, 1, 0),
        MediaFault::Unpublished(Unpublish::CloseStream) => (None, 2, 0),
        MediaFault::Unpublished(Unpublish::FcUnpublish) => (None, 35, 0),
        MediaFault::ClientClosed => (None, 3, 0),
        MediaFault::TcpLost => (None, 4, 0),
        MediaFault::ServerLost => (Some(LvbAccess::Internal.row()), 5, 0),
        MediaFault::ChunkError => (malformed(), 6, 0),
        MediaFault::MessageTooLarge { .. } => (malformed(), 7, 0),
        MediaFault::Idle { .. } => (None, 8, 0),
        MediaFault::ShuttingDown => (Some(LvbAccess::Maintenance.row()), 10, 0),
        MediaFault::CodecUnsupported { .. } => (Some(LvbVideo::SourceProtocol.row()), 23, 0),
        MediaFault::MediaError => (malformed(), 23, 0),
        MediaFault::AmfError => (malformed(), 33, 0),
        MediaFault::CutOnRequest => (None, ENDED_BY_SERVER, 100),
        MediaFault::Disabled => (None, ENDED_BY_SERVER, 101),
        MediaFault::Replaced => (None, ENDED_BY_SERVER, 102),
    };
    Interruption { row, errcode, sub_errcode }
}

/// The HTTP status of a refused play over HTTP.
pub const fn http_status(fault: &PlayFault) -> u16 {
    match fault {
        PlayFault::BadAppName
        | PlayFault::BadName(_)
        | PlayFault::QueryEncoding { .. }
        | PlayFault::DuplicateParameter { .. }
        | PlayFault::ParameterMalformed { .. }
        | PlayFault::ParameterMissing { .. }
        | PlayFault::BeyondTimeShift { .. }
        | PlayFault::StretchTooLong { .. }
        | PlayFault::ExpiryMalformed => 400,
        PlayFault::ExpiryMissing
        | PlayFault::SignatureMissing
        | PlayFault::SignatureWrong
        | PlayFault::Expired { .. }
        | PlayFault::AccountBlocked
        | PlayFault::DomainDisabled
        | PlayFault::Blacklisted
        | PlayFault::NotWhitelisted
        | PlayFault::WrongBizid => 403,
        PlayFault::NotLive | PlayFault::NotKept => 404,
        PlayFault::QueryTooLong { .. } => 414,
        PlayFault::UnsupportedFormat | PlayFault::PastInHlsOnly { .. } => 415,
        PlayFault::UnsupportedCodec { .. } | PlayFault::NoSound => 406,
        PlayFault::NotProduced | PlayFault::NoTranscoder | PlayFault::NoTimeShift => 501,
        PlayFault::ReadersQuota { .. }
        | PlayFault::TranscodersFull { .. }
        | PlayFault::Draining
        | PlayFault::KeptUnreadable => 503,
    }
}
