use thiserror::Error;

use super::{ChannelId, Status};

/// Why something was not done with a channel.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ChannelFault {
    /// A text is empty that may not be.
    #[error("{field} is empty")]
    Empty {
        /// The parameter.
        field: &'static str,
    },
    /// A text is too long.
    #[error("{field} has {bytes} bytes, more than {max}")]
    TooLong {
        /// The parameter.
        field: &'static str,
        /// Bytes given.
        bytes: usize,
        /// Bytes allowed.
        max: usize,
    },
    /// A value lies outside its range.
    #[error("{field} must be {expected}")]
    OutOfRange {
        /// The parameter.
        field: &'static str,
        /// What it may be.
        expected: &'static str,
    },
    /// The app has as many channels as it may.
    #[error("the app has {limit} channels, the most that are allowed")]
    QuotaReached {
        /// Channels allowed.
        limit: u64,
    },
    /// No source was given, or the channel has none.
    #[error("the channel has no source")]
    NoSource,
    /// More than one source.
    #[error("{count} sources were given; a channel has one")]
    TooManySources {
        /// Sources given.
        count: usize,
    },
    /// The source's kind is unknown, or its address is not of that kind.
    #[error("{field}: {reason}")]
    SourceProtocol {
        /// The parameter.
        field: &'static str,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// A pull source without an address.
    #[error("{field} is empty: a source that is pulled needs an address")]
    AddressEmpty {
        /// The parameter.
        field: &'static str,
    },
    /// The channel's source has another number.
    #[error("the channel has no source {id}")]
    SourceUnknown {
        /// The number given.
        id: u64,
    },
    /// Unknown `outputSourceType`.
    #[error("{field} must be 1 (RTMP and FLV), 2 (HLS) or 3 (both)")]
    ReceiverProtocol {
        /// The parameter.
        field: &'static str,
    },
    /// There is no such watermark.
    #[error("there is no watermark {id}")]
    WatermarkUnknown {
        /// The number given.
        id: u64,
    },
    /// What is asked for takes FFmpeg, which is not there.
    #[error("{field} takes ffmpeg, which this server does not find")]
    NoTranscoder {
        /// The parameter.
        field: &'static str,
    },
    /// What is to change may not change now.
    #[error("{field} cannot be changed while the channel is live")]
    NotEditable {
        /// The parameter.
        field: &'static str,
    },
    /// Only a closed channel can be deleted.
    #[error("the channel is not closed (status {}): stop it first", status.number())]
    NotClosed {
        /// What it does.
        status: Status,
    },
    /// It is closed already.
    #[error("the channel is closed already")]
    AlreadyClosed,
    /// It is open already.
    #[error("the channel is open already")]
    AlreadyOpen,
    /// There is no such channel in this app.
    #[error("there is no channel {id}")]
    Unknown {
        /// The number given, as it was given.
        id: String,
    },
    /// Another call changed the channel in between.
    #[error("channel {id} was changed by another call in the meantime")]
    Conflict {
        /// The channel.
        id: ChannelId,
    },
    /// The store could not be read; the log has the reason.
    #[error("the store could not be read")]
    Unreadable,
    /// The store could not be written; the log has the reason.
    #[error("the store could not be written")]
    NotWritten,
    /// The channel's stream could not be cut.
    #[error("the channel's stream could not be cut in time")]
    CutFailed,
    /// The channel's source cannot be pulled.
    #[error("the channel's source cannot be pulled: {reason}")]
    IngestFailed {
        /// Why, without the address.
        reason: String,
    },
    /// The media task did not answer in time.
    #[error("the media task did not answer within {ms} ms")]
    MediaSilent {
        /// How long it was waited for.
        ms: u64,
    },
}
