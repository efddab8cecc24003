/// Bytes of the chunks in which this side sends RTMP messages. No setting: players share the bytes that are cut to it.
pub const RTMP_CHUNK_BYTES_OUT: usize = 60_000;

/// One field of [`Limits`], for settings, pages and checks that go over all of them.
#[derive(Clone, Copy, Debug)]
pub struct LimitField {
    /// The field's name; its unit stands at the end.
    pub name: &'static str,
    /// What it bounds, in one line.
    pub doc: &'static str,
    /// Reads the field.
    pub get: fn(&Limits) -> u64,
    /// Sets the field; false, and nothing is changed, if this machine's field cannot hold the value.
    pub set: fn(&mut Limits, u64) -> bool,
}

/// Declares the struct as it is written, and [`Limits::FIELDS`] from the same lines.
macro_rules! limits {
    ($(#[$meta:meta])* pub struct Limits { $($(#[doc = $doc:literal])+ pub $field:ident: $type:ty,)+ }) => {
        $(#[$meta])*
        pub struct Limits {
            $($(#[doc = $doc])+ pub $field: $type,)+
        }

        impl Limits {
            /// Every field, in the order of the struct.
            pub const FIELDS: &'static [LimitField] = &[$(LimitField {
                name: stringify!($field),
                doc: concat!($($doc),+).trim_ascii(),
                get: |limits| limits.$field as u64,
                set: |limits, value| <$type>::try_from(value).map(|value| limits.$field = value).is_ok(),
            },)+];
        }
    };
}

limits! {
/// Every limit of the server with its default, in one place. Units stand at the end of the names.
///
/// A limit that is met is answered with a typed fault, counted, and named in the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Connections open at once, all listeners together.
    pub connections_max: usize,
    /// Connections open at once that have neither published nor been granted a play.
    pub pending_connections_max: usize,
    /// For each of the TLS handshake, the RTMP handshake, and the first whole HTTP request head.
    pub handshake_ms_max: u64,
    /// From the end of the handshake to the first publish or play.
    pub first_command_ms_max: u64,
    /// Longest RTMP chunk a peer may announce.
    pub rtmp_chunk_bytes_max: usize,
    /// Shortest RTMP chunk a peer may announce.
    pub rtmp_chunk_bytes_min: usize,
    /// Longest RTMP message with video.
    pub rtmp_video_message_bytes_max: usize,
    /// Longest RTMP message with audio.
    pub rtmp_audio_message_bytes_max: usize,
    /// Longest RTMP command, data or control message.
    pub rtmp_command_message_bytes_max: usize,
    /// Chunk streams one connection may use.
    pub rtmp_chunk_streams_max: usize,
    /// Bytes of unfinished messages one connection may hold.
    pub rtmp_partial_bytes_max: usize,
    /// Message streams (`createStream`) one connection may hold.
    pub rtmp_message_streams_max: usize,
    /// Nesting of AMF values.
    pub amf_depth_max: usize,
    /// Keys and elements in one AMF message, all levels together.
    pub amf_items_max: usize,
    /// Bytes in one AMF string.
    pub amf_string_bytes_max: usize,
    /// Bytes of a stream name with its query.
    pub url_bytes_max: usize,
    /// Bytes of one HTTP request head.
    pub http_head_bytes_max: usize,
    /// Requests under way at once on one HTTP/2 connection.
    pub http2_streams_max: u32,
    /// A publisher that sends nothing for this long is taken for lost.
    pub publisher_idle_ms_max: u64,
    /// After a publisher is lost, how long its stream waits for it to come back.
    pub publish_grace_ms: u64,
    /// How far a reader may be behind the newest frame, in media time.
    pub reader_lag_ms_max: u64,
    /// How far a reader may be behind the newest frame, in bytes.
    pub reader_lag_bytes_max: usize,
    /// A player that takes no byte for this long while some wait is let go.
    pub reader_stall_ms_max: u64,
    /// Bytes of frames kept for readers that join with a fast start.
    pub gop_bytes_max: usize,
    /// Media time kept for readers that join with a fast start.
    pub gop_ms_max: u64,
    /// Bytes of a stream's frames that wait to be sent together; as many go out at once, whatever the pace.
    pub batch_bytes_max: usize,
    /// A step of a publisher's timestamps larger than this is a discontinuity.
    pub timestamp_jump_ms_max: u64,
    /// Bytes that wait in a player's connection outside the shared history (replies, notices).
    pub player_reply_bytes_max: usize,
    /// Bytes of one stream's HLS segments, all forms together.
    pub hls_bytes_max: usize,
    /// Longest HLS segment of a stream whose key frames are far apart.
    pub hls_segment_ms_max: u64,
    /// Whole segments in an HLS playlist.
    pub hls_segments_max: usize,
    /// A player of HLS that asks for nothing for this long is taken for gone.
    pub hls_session_idle_ms_max: u64,
    /// Players of HLS, all streams together.
    pub hls_sessions_max: usize,
    /// Requests that wait at once for a part or playlist of HLS that is not there yet, for each stream.
    pub hls_waiting_max: usize,
    /// Streams whose HLS numbers are kept in the store; those that were played longest ago go first.
    pub hls_streams_kept_max: usize,
    /// Frames of a stream that wait to be cut into HLS segments.
    pub hls_queue_frames_max: usize,
    /// Streams live at once.
    pub streams_max: usize,
    /// Refusals kept for the page.
    pub refusals_kept_max: usize,
    /// Events that wait for the store; one more is counted and dropped from the log of events.
    pub event_queue_max: usize,
    /// Events written in one transaction.
    pub event_batch_max: usize,
    /// Events kept in the store; the oldest go first.
    pub events_kept_max: usize,
    /// Bytes of each text of an event; a longer one is cut.
    pub event_text_bytes_max: usize,
    /// Bytes of the store's file.
    pub store_bytes_max: u64,
    /// How long a statement waits for another process or task that is writing to the store.
    pub store_busy_ms_max: u64,
    /// Connections that read the store at once.
    pub store_readers_max: u32,
    /// On shutdown, how long sessions may take to end.
    pub drain_ms_max: u64,
}
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections_max: 20_000,
            pending_connections_max: 4_000,
            handshake_ms_max: 5_000,
            first_command_ms_max: 10_000,
            rtmp_chunk_bytes_max: 65_536,
            rtmp_chunk_bytes_min: 128,
            rtmp_video_message_bytes_max: 4 << 20,
            rtmp_audio_message_bytes_max: 64 << 10,
            rtmp_command_message_bytes_max: 64 << 10,
            rtmp_chunk_streams_max: 32,
            rtmp_partial_bytes_max: 6 << 20,
            rtmp_message_streams_max: 8,
            amf_depth_max: 16,
            amf_items_max: 1_024,
            amf_string_bytes_max: 64 << 10,
            url_bytes_max: 4 << 10,
            http_head_bytes_max: 16 << 10,
            http2_streams_max: 100,
            publisher_idle_ms_max: 8_000,
            publish_grace_ms: 15_000,
            reader_lag_ms_max: 3_000,
            reader_lag_bytes_max: 16 << 20,
            reader_stall_ms_max: 15_000,
            gop_bytes_max: 16 << 20,
            gop_ms_max: 20_000,
            batch_bytes_max: 1 << 20,
            timestamp_jump_ms_max: 3_000,
            player_reply_bytes_max: 64 << 10,
            hls_bytes_max: 64 << 20,
            hls_segment_ms_max: 10_000,
            hls_segments_max: 7,
            hls_session_idle_ms_max: 30_000,
            hls_sessions_max: 20_000,
            hls_waiting_max: 20_000,
            hls_streams_kept_max: 100_000,
            hls_queue_frames_max: 4_096,
            streams_max: 10_000,
            refusals_kept_max: 100,
            event_queue_max: 4_096,
            event_batch_max: 256,
            events_kept_max: 100_000,
            event_text_bytes_max: 1_024,
            store_bytes_max: 4 << 30,
            store_busy_ms_max: 5_000,
            store_readers_max: 4,
            drain_ms_max: 5_000,
        }
    }
}
