use bytes::Bytes;

use crate::engine::wire::MediaKind;

/// What a client asked for or sent.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// `connect` (RTMP 1.0, 7.2.1.1). It is answered with success when the output is taken next, or when the next
    /// command arrives, unless [`super::Server::refuse_connect`] comes first.
    Connect {
        /// `app` as sent; some encoders put a query here.
        app: String,
        /// `tcUrl` as sent, empty if it was not.
        tc_url: String,
        /// `flashVer` as sent, empty if it was not.
        flash_ver: String,
    },
    /// `publish` (7.2.2.6). Waits for `accept_publish` or `refuse_publish`.
    Publish {
        /// Message stream.
        stream_id: u32,
        /// Stream name as sent, with its query.
        name: String,
        /// `live`, `record` or `append`; empty if it was not sent.
        publish_type: String,
        /// `app` of the connection as sent, with its query.
        app: String,
        /// `tcUrl` of the connection as sent, with its query.
        tc_url: String,
    },
    /// `play` (7.2.2.1). Waits for `accept_play` or `refuse_play`.
    Play {
        /// Message stream.
        stream_id: u32,
        /// Stream name as sent, with its query.
        name: String,
        /// Where to start, in milliseconds; -2000 is "live, else recorded" and -1000 is "live only".
        start_ms: i64,
        /// How long to play, in milliseconds; negative is "to the end".
        duration_ms: i64,
        /// Whether an earlier playlist is thrown away.
        reset: bool,
        /// `app` of the connection as sent, with its query.
        app: String,
        /// `tcUrl` of the connection as sent, with its query.
        tc_url: String,
    },
    /// Audio, video or data of an accepted publish.
    Media {
        /// Message stream.
        stream_id: u32,
        /// Which of the three.
        kind: MediaKind,
        /// Milliseconds modulo 2^32.
        timestamp: u32,
        /// An FLV tag's body; never empty.
        body: Bytes,
    },
    /// A publish, asked for or accepted, is over.
    Unpublish {
        /// Message stream.
        stream_id: u32,
        /// Which command ended it.
        how: HowEnded,
    },
    /// A play, asked for or accepted, is over.
    StopPlay {
        /// Message stream.
        stream_id: u32,
    },
    /// `pause` of an accepted play (7.2.2.8), already answered.
    Pause {
        /// Message stream.
        stream_id: u32,
        /// True to pause, false to go on.
        paused: bool,
        /// Where the player stands, in milliseconds.
        at_ms: i64,
    },
    /// `receiveAudio` (7.2.2.4).
    ReceiveAudio {
        /// Message stream.
        stream_id: u32,
        /// Whether audio is wanted.
        wanted: bool,
    },
    /// `receiveVideo` (7.2.2.5).
    ReceiveVideo {
        /// Message stream.
        stream_id: u32,
        /// Whether video is wanted.
        wanted: bool,
    },
    /// SetBufferLength (7.1.7).
    BufferLength {
        /// Message stream.
        stream_id: u32,
        /// Milliseconds that the player keeps ahead.
        ms: u32,
    },
    /// The peer has received this many bytes since the handshake, modulo 2^32 (5.4.3).
    Acknowledged(u32),
}

/// Which command ended a publish.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HowEnded {
    /// `deleteStream` (7.2.2.3).
    DeleteStream,
    /// `closeStream`, or `publish(false)`.
    CloseStream,
    /// `FCUnpublish`.
    FcUnpublish,
}

/// What a session received, and what of it in vain.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Whole messages received, those of control that the session answers by itself among them.
    pub messages: u64,
    /// Media messages without an accepted publish.
    pub media_not_accepted: u64,
    /// Media messages without a body.
    pub media_empty: u64,
    /// Messages of types, and commands without a transaction, that mean nothing here.
    pub ignored: u64,
}
