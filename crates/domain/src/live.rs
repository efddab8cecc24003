//! Why a publish or a play is refused, and why a running publish ends.
//!
//! Each fault is a fact with the field it is about; which number a client of which system sees is its face's matter.

mod convert;
#[cfg(test)]
mod tests;

use thiserror::Error;
use vivace_base::{NameFault, StreamName};

use crate::claim::HolderState;

/// The one application name of push and play addresses.
pub const APP_NAME: &str = "live";

/// Why a publish was refused.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum PublishFault {
    /// The address names another application.
    #[error("the application name must be \"{APP_NAME}\"")]
    BadAppName,
    /// The stream name is not one.
    #[error("stream name: {0}")]
    BadName(NameFault),
    /// The query is longer than allowed.
    #[error("the query has {bytes} bytes, more than {max}")]
    QueryTooLong {
        /// Bytes given.
        bytes: usize,
        /// Bytes allowed.
        max: usize,
    },
    /// The query cannot be decoded.
    #[error("the parameter in byte {at} of the query is not percent-encoded UTF-8")]
    QueryEncoding {
        /// Where the parameter begins.
        at: usize,
    },
    /// A parameter stands twice.
    #[error("the parameter {name:?} stands twice")]
    DuplicateParameter {
        /// Its decoded name as the peer wrote it, at most 64 characters.
        name: String,
    },
    /// A known parameter has an unknown value.
    #[error("the parameter {name} must be {wanted}")]
    ParameterMalformed {
        /// The parameter.
        name: &'static str,
        /// What it may be.
        wanted: &'static str,
    },
    /// No `txTime`.
    #[error("txTime is missing: the push address must be signed")]
    ExpiryMissing,
    /// `txTime` is no time.
    #[error("txTime must be Unix seconds, as 1 to 8 hex digits or as 10 decimal digits")]
    ExpiryMalformed,
    /// No `txSecret`.
    #[error("txSecret is missing: the push address must be signed")]
    SignatureMissing,
    /// `txSecret` is another key's, name's or time's.
    #[error("txSecret does not match the push key, the stream name and txTime")]
    SignatureWrong,
    /// The address is over.
    #[error("txTime passed {ago_ms} ms ago: the push address has expired")]
    Expired {
        /// Milliseconds since the end.
        ago_ms: u64,
    },
    /// `bizid` is not this app's.
    #[error("bizid is not the one of this app")]
    WrongBizid,
    /// The app's account is blocked.
    #[error("the account of this app is blocked")]
    AccountBlocked,
    /// The host name that the push came by is disabled.
    #[error("the domain that the push address names is disabled")]
    DomainDisabled,
    /// The publisher's address stands on the black list.
    #[error("the address of the publisher is on the black list")]
    Blacklisted,
    /// The publisher's address does not stand on the white list.
    #[error("the address of the publisher is not on the white list")]
    NotWhitelisted,
    /// The stream is forbidden for a time.
    #[error("the stream is forbidden for another {left_ms} ms")]
    StreamForbidden {
        /// Milliseconds until it may be pushed again.
        left_ms: u64,
    },
    /// The name is one of a channel, and there is no such channel.
    #[error("there is no channel with this stream name")]
    ChannelUnknown,
    /// The channel is closed.
    #[error("the channel of this stream is closed")]
    ChannelClosed,
    /// The channel's stream is pulled by this server.
    #[error("the stream of this channel is pulled from its source and takes no push")]
    ChannelPulls,
    /// The name is that of a rate or of another sound, which this server makes itself.
    #[error("this name is that of an output rate or of another sound, which this server makes of the stream {of}")]
    RenditionReserved {
        /// The stream that it is made of.
        of: StreamName,
    },
    /// The store could not be read; the log has the reason.
    #[error("the channel of this stream could not be read from the store")]
    StoreUnreadable,
    /// Someone else holds the name.
    #[error("the stream name is held by another publisher{}", held(*state))]
    NameTaken {
        /// What the holder is doing.
        state: HolderState,
    },
    /// As many streams are live as may be.
    #[error("{limit} streams are live, the most that are allowed")]
    StreamsQuota {
        /// Streams allowed.
        limit: usize,
    },
    /// The server is about to stop.
    #[error("the server is shutting down and takes no new streams")]
    Draining,
}

/// Why a play was refused.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum PlayFault {
    /// The address names another application.
    #[error("the application name must be \"{APP_NAME}\"")]
    BadAppName,
    /// The stream name is not one.
    #[error("stream name: {0}")]
    BadName(NameFault),
    /// The query is longer than allowed.
    #[error("the query has {bytes} bytes, more than {max}")]
    QueryTooLong {
        /// Bytes given.
        bytes: usize,
        /// Bytes allowed.
        max: usize,
    },
    /// The query cannot be decoded.
    #[error("the parameter in byte {at} of the query is not percent-encoded UTF-8")]
    QueryEncoding {
        /// Where the parameter begins.
        at: usize,
    },
    /// A parameter stands twice.
    #[error("the parameter {name:?} stands twice")]
    DuplicateParameter {
        /// Its decoded name as the peer wrote it, at most 64 characters.
        name: String,
    },
    /// A known parameter has an unknown value.
    #[error("the parameter {name} must be {wanted}")]
    ParameterMalformed {
        /// The parameter.
        name: &'static str,
        /// What it may be.
        wanted: &'static str,
    },
    /// A parameter that others of the address ask for is not there.
    #[error("the parameter {name} is missing")]
    ParameterMissing {
        /// The parameter.
        name: &'static str,
    },
    /// No `txTime`.
    #[error("txTime is missing: the play address must be signed")]
    ExpiryMissing,
    /// `txTime` is no time.
    #[error("txTime must be Unix seconds, as 1 to 8 hex digits or as 10 decimal digits")]
    ExpiryMalformed,
    /// No `txSecret`.
    #[error("txSecret is missing: the play address must be signed")]
    SignatureMissing,
    /// `txSecret` is another key's, name's or time's.
    #[error("txSecret does not match the play key, the stream name and txTime")]
    SignatureWrong,
    /// The address is over.
    #[error("txTime passed {ago_ms} ms ago: the play address has expired")]
    Expired {
        /// Milliseconds since the end.
        ago_ms: u64,
    },
    /// `bizid` is not this app's.
    #[error("bizid is not the one of this app")]
    WrongBizid,
    /// The app's account is blocked.
    #[error("the account of this app is blocked")]
    AccountBlocked,
    /// The host name that the play came by is disabled.
    #[error("the domain that the play address names is disabled")]
    DomainDisabled,
    /// The player's address stands on the black list.
    #[error("the address of the player is on the black list")]
    Blacklisted,
    /// The player's address does not stand on the white list.
    #[error("the address of the player is not on the white list")]
    NotWhitelisted,
    /// Nobody publishes under this name.
    #[error("nobody publishes under this stream name")]
    NotLive,
    /// The stream is live, and the rate or sound that is asked for is not made of it.
    #[error("the stream is live, but this rate or sound of it is not produced")]
    NotProduced,
    /// The rate or sound is made when it is asked for, and there is no place for one more.
    #[error("{limit} programs run beside the server, the most that are allowed: there is no place to make this")]
    TranscodersFull {
        /// Places.
        limit: usize,
    },
    /// The rate or sound is made when it is asked for, and what makes it is not there.
    #[error("this rate or sound cannot be made: ffmpeg is not there")]
    NoTranscoder,
    /// Another sound is asked for of a stream that has none.
    #[error("the stream has no sound that could be converted")]
    NoSound,
    /// The past of streams is not shown.
    #[error("time shift is off: the setting timeshift.window_ms is 0")]
    NoTimeShift,
    /// The address asks for more of the past than is shown.
    #[error("the last {window_ms} ms are shown, and the address asks for {asked_ms} ms ago")]
    BeyondTimeShift {
        /// How far back anybody may go, in milliseconds.
        window_ms: u64,
        /// How far back the address goes, in milliseconds.
        asked_ms: u64,
    },
    /// The address asks for a longer stretch of the past than one playlist lists.
    #[error("one playlist lists {max_ms} ms at most, and the address asks for {asked_ms} ms")]
    StretchTooLong {
        /// The longest stretch, in milliseconds.
        max_ms: u64,
        /// How long the one asked for is, in milliseconds.
        asked_ms: u64,
    },
    /// The address asks for the past in a format that goes on live alone.
    #[error(
        "the parameter {name} asks for the past of the stream, which only HLS carries: play the address that ends in .m3u8"
    )]
    PastInHlsOnly {
        /// The parameter.
        name: &'static str,
    },
    /// Nothing has been kept of the time asked for.
    #[error("nothing has been kept of the stream at this time")]
    NotKept,
    /// What has been kept cannot be read; the log has the reason.
    #[error("what has been kept of the stream cannot be read now")]
    KeptUnreadable,
    /// The address asks for a format that is not served.
    #[error("the address must end in .flv, .mp4 or .m3u8")]
    UnsupportedFormat,
    /// The stream's codecs do not fit into the format asked for.
    #[error("the format cannot carry the stream's codec {codec}")]
    UnsupportedCodec {
        /// The codec's usual name.
        codec: &'static str,
    },
    /// As many players are connected as may be.
    #[error("{limit} players are connected, the most that are allowed")]
    ReadersQuota {
        /// Players allowed.
        limit: usize,
    },
    /// The server is about to stop.
    #[error("the server is shutting down and takes no new players")]
    Draining,
}

/// The command with which a publisher ended its stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Unpublish {
    /// `deleteStream`.
    #[error("deleteStream")]
    DeleteStream,
    /// `closeStream`.
    #[error("closeStream")]
    CloseStream,
    /// `FCUnpublish`.
    #[error("FCUnpublish")]
    FcUnpublish,
}

/// Why a running publish was ended.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum MediaFault {
    /// The publisher sends a codec that is not carried.
    #[error("the codec {codec} is not supported")]
    CodecUnsupported {
        /// Its FourCC or its number in the FLV tag.
        codec: String,
    },
    /// A message is longer than allowed for its kind.
    #[error("a message of {bytes} bytes was announced, more than {max}")]
    MessageTooLarge {
        /// Bytes announced.
        bytes: usize,
        /// Bytes allowed.
        max: usize,
    },
    /// Nothing was sent for too long.
    #[error("nothing was sent for {silent_ms} ms")]
    Idle {
        /// Milliseconds since the last byte.
        silent_ms: u64,
    },
    /// The RTMP chunk stream cannot be read.
    #[error("the RTMP chunk stream is broken")]
    ChunkError,
    /// The media in a message cannot be read.
    #[error("the body of a media message is broken")]
    MediaError,
    /// An AMF value cannot be read, or is too deep or too large.
    #[error("an AMF value is broken or over its limits")]
    AmfError,
    /// The same owner pushed again.
    #[error("replaced by a new push to the same name")]
    Replaced,
    /// Cut by a call; it may be pushed again.
    #[error("the stream was cut on request")]
    CutOnRequest,
    /// Cut by a call that closed its channel or forbade it.
    #[error("the stream was disabled on request")]
    Disabled,
    /// The server stops.
    #[error("the server is shutting down")]
    ShuttingDown,
    /// The server was killed, or its own code failed.
    #[error("the server failed, or was killed, while the push ran")]
    ServerLost,
    /// The publisher ended it by a command.
    #[error("ended by the publisher with {0}")]
    Unpublished(Unpublish),
    /// The publisher closed the connection in order, without a command.
    #[error("the publisher closed the connection")]
    ClientClosed,
    /// The connection broke.
    #[error("the connection to the publisher was lost")]
    TcpLost,
}

const fn held(state: HolderState) -> &'static str {
    match state {
        HolderState::Live => "",
        HolderState::Grace => ", who was lost a moment ago and may come back",
    }
}
