//! Numbers of the wire: message types, user control events, and the chunk streams that this side sends on.

use vivace_media::amf::Value;

use super::Fault;
use super::chunk::Message;

/// Message type ids (RTMP 1.0, 5.4 and 7.1).
pub mod message_type {
    /// Set Chunk Size (5.4.1).
    pub const SET_CHUNK_SIZE: u8 = 1;
    /// Abort Message (5.4.2).
    pub const ABORT: u8 = 2;
    /// Acknowledgement (5.4.3).
    pub const ACKNOWLEDGEMENT: u8 = 3;
    /// User Control (7.1.7).
    pub const USER_CONTROL: u8 = 4;
    /// Window Acknowledgement Size (5.4.4).
    pub const WINDOW_ACK_SIZE: u8 = 5;
    /// Set Peer Bandwidth (5.4.5).
    pub const SET_PEER_BANDWIDTH: u8 = 6;
    /// Audio (7.1.4).
    pub const AUDIO: u8 = 8;
    /// Video (7.1.5).
    pub const VIDEO: u8 = 9;
    /// Data in AMF3 (7.1.2).
    pub const DATA_AMF3: u8 = 15;
    /// Command in AMF3 (7.1.1).
    pub const COMMAND_AMF3: u8 = 17;
    /// Data in AMF0 (7.1.2).
    pub const DATA_AMF0: u8 = 18;
    /// Command in AMF0 (7.1.1).
    pub const COMMAND_AMF0: u8 = 20;
    /// Aggregate (7.1.6).
    pub const AGGREGATE: u8 = 22;
}

/// Chunk stream ids that this side sends on. All players of a stream share the ones of media.
pub mod chunk_stream {
    /// Protocol and user control messages; 2 is prescribed (RTMP 1.0, 5.4).
    pub const CONTROL: u32 = 2;
    /// Commands of the connection.
    pub const COMMAND: u32 = 3;
    /// Audio.
    pub const AUDIO: u32 = 4;
    /// `onStatus` and data of a message stream.
    pub const STREAM: u32 = 5;
    /// Video.
    pub const VIDEO: u32 = 6;
}

/// User control event types (RTMP 1.0, 7.1.7).
pub(super) mod user_event {
    pub(in crate::engine) const STREAM_BEGIN: u16 = 0;
    pub(in crate::engine) const STREAM_EOF: u16 = 1;
    pub(in crate::engine) const SET_BUFFER_LENGTH: u16 = 3;
    pub(in crate::engine) const PING_REQUEST: u16 = 6;
    pub(in crate::engine) const PING_RESPONSE: u16 = 7;
}

/// Code of the status by which a server asks for a new connection (Enhanced RTMP v2, "Reconnect Request").
pub(super) const RECONNECT_REQUEST: &str = "NetConnection.Connect.ReconnectRequest";

/// The three kinds of message that carry a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MediaKind {
    /// The body of an FLV audio tag.
    Audio,
    /// The body of an FLV video tag.
    Video,
    /// AMF0 values, as in an FLV script tag; `@setDataFrame` is still in front where the encoder sent it.
    Data,
}

impl MediaKind {
    /// The message type and the chunk stream that this side sends it with.
    pub const fn message_type_and_chunk_stream(self) -> (u8, u32) {
        match self {
            Self::Audio => (message_type::AUDIO, chunk_stream::AUDIO),
            Self::Video => (message_type::VIDEO, chunk_stream::VIDEO),
            Self::Data => (message_type::DATA_AMF0, chunk_stream::STREAM),
        }
    }

    /// The kind that a message or FLV tag type carries.
    pub(super) const fn of_message_type(type_id: u8) -> Option<Self> {
        match type_id {
            message_type::AUDIO => Some(Self::Audio),
            message_type::VIDEO => Some(Self::Video),
            message_type::DATA_AMF0 | message_type::DATA_AMF3 => Some(Self::Data),
            _ => None,
        }
    }
}

/// The big-endian number at byte `at` of a control message.
pub(super) fn be32(message: &Message, at: usize) -> Result<u32, Fault> {
    let bytes = message.payload.get(at..).and_then(<[u8]>::first_chunk);
    bytes.map(|bytes| u32::from_be_bytes(*bytes)).ok_or_else(|| too_short(message, at.saturating_add(4)))
}

/// The big-endian number at the start of a user control message.
pub(super) fn be16(message: &Message) -> Result<u16, Fault> {
    let bytes = message.payload.first_chunk();
    bytes.map(|bytes| u16::from_be_bytes(*bytes)).ok_or_else(|| too_short(message, 2))
}

fn too_short(message: &Message, needed: usize) -> Fault {
    Fault::ControlTooShort { message_type: message.type_id, received: message.payload.len(), needed }
}

/// An AMF object.
pub(super) fn object<const N: usize>(properties: [(&str, Value); N]) -> Value {
    Value::Object(properties.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
}

/// The information object of `onStatus`, `_result` and `_error` (RTMP 1.0, 7.2.2).
pub(super) fn info(level: &str, code: &str, description: &str) -> Value {
    object([("level", level.into()), ("code", code.into()), ("description", description.into())])
}

/// Values one after the other, as a command or data message holds them.
pub(super) fn encode(values: &[Value]) -> Vec<u8> {
    let mut out = Vec::new();
    values.iter().for_each(|value| value.encode(&mut out));
    out
}
