use bytes::Bytes;

use crate::engine::wire::MediaKind;

/// What the client does with its stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Sends it.
    Publish,
    /// Receives it.
    Play,
}

/// What a client asks the server for. It has no `Debug`, because addresses and names carry keys.
#[derive(Clone)]
pub struct ClientConfig {
    /// `app` of `connect`.
    pub app: String,
    /// `tcUrl` of `connect`.
    pub tc_url: String,
    /// Stream name with its query.
    pub name: String,
    /// Publish or play.
    pub role: Role,
    /// Chunk size announced and sent.
    pub chunk_bytes_out: usize,
    /// Handshake with a digest, which some servers ask for before they deliver H.264.
    pub digest: bool,
}

/// What the server said or sent.
#[derive(Clone, Debug, PartialEq)]
pub enum ClientEvent {
    /// The server granted the publish or play.
    Ready {
        /// Message stream.
        stream_id: u32,
    },
    /// The server refused `connect`, `createStream`, publish or play.
    Refused {
        /// Status code, empty if the server gave none.
        code: String,
        /// Its words, empty if the server gave none.
        description: String,
    },
    /// Audio, video or data of a play.
    Media {
        /// Which of the three.
        kind: MediaKind,
        /// Milliseconds modulo 2^32.
        timestamp: u32,
        /// An FLV tag's body; never empty.
        body: Bytes,
    },
    /// The server asks for a new connection (Enhanced RTMP v2, "Reconnect Request"). The stream goes on here until the
    /// client leaves, best when the new connection has been granted its stream and a key frame is due.
    ReconnectRequest {
        /// `tcUrl` to connect to; empty for the one that this connection has.
        tc_url: String,
        /// The server's words.
        description: String,
    },
    /// Any other `onStatus`.
    Status {
        /// `status`, `warning` or `error`.
        level: String,
        /// Status code.
        code: String,
        /// The server's words.
        description: String,
    },
    /// The server has received this many bytes since the handshake, modulo 2^32.
    Acknowledged(u32),
    /// The stream is over on the server's side.
    Ended,
}
