use vivace_hls::serve::Fault as HlsFault;
use vivace_hub::PlayEnd;
use vivace_media::amf;
use vivace_net::HttpFault;
use vivace_net::tls::HandshakeFault;
use vivace_rtmp::engine::Fault;
use vivace_rtmp::{Awaited, SessionEnd};

/// Declares the enum, and what each reason is called, which limit it met, and what its peer can do about it.
macro_rules! reasons {
    ($($(#[doc = $doc:literal])+ $variant:ident $name:literal, $limit:literal, $remedy:literal;)+) => {
        /// Why a connection was closed, or a request turned away, because of what its peer did.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum Reason { $($(#[doc = $doc])+ $variant,)+ }

        impl Reason {
            pub(crate) const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The label of the metric.
            pub(crate) const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)+ }
            }

            /// The setting below `limits` that was met; empty if it was none.
            pub(crate) const fn limit(self) -> &'static str {
                match self { $(Self::$variant => $limit,)+ }
            }

            /// What the peer, or whoever runs the server, can do.
            pub(crate) const fn remedy(self) -> &'static str {
                match self { $(Self::$variant => $remedy,)+ }
            }
        }
    };
}

reasons! {
    /// One connection more than there may be.
    Connections "connections", "connections_max", "raise the limit, or add a server";
    /// One connection more from its address.
    AddressConnections "address_connections", "connections_per_address_max", "raise it where a proxy or CDN brings many";
    /// One connection more that has been granted nothing.
    Pending "pending_connections", "pending_connections_max", "raise the limit, or keep strangers off the port";
    /// One more of these from its address.
    AddressPending "address_pending", "pending_connections_per_address_max", "raise it where a proxy or CDN brings many";
    /// A TLS handshake took too long.
    TlsLate "tls_handshake_late", "handshake_ms_max", "look at the client's network";
    /// A TLS handshake failed, or was none.
    TlsFailed "tls_handshake_failed", "", "trust the certificate, and speak TLS to this port";
    /// An RTMP handshake took too long.
    RtmpHandshakeLate "rtmp_handshake_late", "handshake_ms_max", "look at the client's network";
    /// No publish or play came.
    RtmpCommandLate "rtmp_command_late", "first_command_ms_max", "publish or play right after the connect";
    /// The first bytes are not RTMP's.
    NotRtmp "not_rtmp", "", "speak plain RTMP to this port, RTMPS to the other";
    /// Chunks that contradict each other.
    RtmpChunk "rtmp_chunk", "", "mend the encoder: its chunks are not those of the specification";
    /// A chunk size that is too small or too large.
    RtmpChunkSize "rtmp_chunk_size", "rtmp_chunk_bytes_max", "let the encoder announce a usual chunk size, 4096 or so";
    /// Too many chunk streams.
    RtmpChunkStreams "rtmp_chunk_streams", "rtmp_chunk_streams_max", "use a few chunk streams, as encoders do";
    /// A message that is too long, by its type.
    RtmpMessage "rtmp_message_too_long", "rtmp_video_message_bytes_max", "lower the bitrate, or raise the limit of the type";
    /// Unfinished messages hold too much.
    RtmpPartial "rtmp_unfinished_messages", "rtmp_partial_bytes_max", "finish messages before new ones are begun";
    /// A control message without its fields.
    RtmpControl "rtmp_control", "", "mend the client: its control messages are too short";
    /// An aggregate message that lies, or has too many parts.
    RtmpAggregate "rtmp_aggregate", "rtmp_aggregate_parts_max", "send messages by themselves";
    /// Bytes that are not AMF.
    AmfMalformed "amf_malformed", "", "mend the client: its commands are no AMF";
    /// AMF that is too deep, too long or too large.
    AmfLimit "amf_limit", "amf_depth_max", "send fewer and shallower values";
    /// More replies were asked for than taken.
    RtmpReplies "rtmp_replies_untaken", "player_reply_bytes_max", "read what the server answers";
    /// Nothing of a reply was taken.
    RtmpUntaken "rtmp_write_late", "publisher_idle_ms_max", "read what the server answers";
    /// A publisher was silent.
    PublisherIdle "publisher_idle", "publisher_idle_ms_max", "look at the encoder and its network";
    /// A publisher's message did not end.
    PublisherSlow "publisher_slow", "publisher_bytes_per_s_min", "lower the bitrate to what the network carries";
    /// Media that cannot be carried.
    PublisherMedia "publisher_media", "", "publish a codec of docs/formats.md, one track of each kind";
    /// A request head took too long.
    HttpHeadLate "http_head_late", "handshake_ms_max", "look at the client's network";
    /// A request head is too long.
    HttpHeadTooLong "http_head_too_long", "http_head_bytes_max", "send fewer and shorter headers, and a shorter address";
    /// The body of a call took too long.
    HttpBodyLate "http_body_late", "api_body_ms_max", "send the body at once, or look at the client's network";
    /// The head of a CONNECT took too long.
    ConnectLate "connect_late", "handshake_ms_max", "look at the client's network";
    /// A CONNECT to somebody else, or none at all.
    Connect "connect_refused", "", "connect only to the names of the API that this server stands in for, at port 443";
    /// No HTTP.
    HttpMalformed "http_malformed", "", "speak HTTP/1.1 or HTTP/2 to this port";
    /// Nothing of a response was taken.
    HttpStalled "http_write_late", "reader_bytes_per_s_min", "read the response";
    /// Nothing of a response was taken by a client that had been granted neither a play nor a file.
    HttpDeaf "http_ungranted_write_late", "handshake_ms_max", "read the response";
    /// What a client was sent had left its playlist, and more of that was held than may be.
    HlsOvertaken "hls_overtaken", "hls_let_go_bytes_max", "play a lower bitrate, or look at the client's network";
    /// Nothing of a file was taken, over a connection that went on.
    KeptStalled "kept_read_stalled", "kept_read_stall_ms_max", "ask for the rest of the file when it is wanted";
    /// Too little of a response was taken.
    HttpSlow "http_reader_slow", "reader_bytes_per_s_min", "look at the client's network";
    /// An HTTP/2 client sent what leads to nothing.
    HttpFlood "http2_flood", "http2_idle_input_bytes_max", "send requests, and no floods of other frames";
    /// An HTTP/2 client broke the protocol.
    Http2 "http2_protocol", "http2_streams_max", "keep to RFC 9113: the log has the error code";
    /// An HTTP/2 client did nothing.
    HttpSilent "http2_silent", "reader_stall_ms_max", "close connections that are not used";
    /// A player took nothing.
    PlayerStalled "player_stalled", "reader_stall_ms_max", "play a lower bitrate, or look at the network";
    /// A player took too little.
    PlayerSlow "player_slow", "reader_bytes_per_s_min", "play a lower bitrate, or look at the network";
    /// A player sent too much.
    PlayerFlood "player_flood", "player_input_bytes_per_s_max", "send pings and acknowledgements only";
    /// A player broke its protocol.
    PlayerProtocol "player_protocol", "", "mend the player: it breaks RTMP or WebSocket";
    /// A player left its replies.
    PlayerReplies "player_replies_untaken", "player_reply_bytes_max", "read what the server answers";
    /// A token of HLS does not hold.
    HlsToken "hls_token", "", "begin with the signed address of the playlist";
    /// Too many requests wait.
    HlsWaiting "hls_waiting", "hls_waiting_max", "raise the limit, or add a server";
    /// Too many players of HLS.
    HlsSessions "hls_sessions", "hls_sessions_max", "raise the limit, or add a server";
    /// Too many players of HLS from one address.
    HlsAddressSessions "hls_address_sessions", "hls_sessions_per_address_max", "raise it where a proxy or CDN brings many";
}

impl Reason {
    /// Of an RTMP session; `None` if it ended without a fault of its peer.
    pub(crate) const fn of_session(end: &SessionEnd) -> Option<Self> {
        Some(match end {
            SessionEnd::Closed
            | SessionEnd::Broken(_)
            | SessionEnd::Unpublished(_)
            | SessionEnd::Replaced
            | SessionEnd::HandedOver
            | SessionEnd::Shutdown => return None,
            SessionEnd::Protocol(fault) => Self::of_rtmp(fault),
            SessionEnd::TooLate { what: Awaited::Handshake, .. } => Self::RtmpHandshakeLate,
            SessionEnd::TooLate { what: Awaited::FirstCommand, .. } => Self::RtmpCommandLate,
            SessionEnd::TooSlow { .. } => Self::PublisherSlow,
            SessionEnd::Untaken { .. } => Self::RtmpUntaken,
            SessionEnd::Idle { .. } => Self::PublisherIdle,
            SessionEnd::Media(_) => Self::PublisherMedia,
        })
    }

    const fn of_rtmp(fault: &Fault) -> Self {
        match fault {
            Fault::NotRtmp { .. } | Fault::EncryptedHandshake { .. } => Self::NotRtmp,
            Fault::ChunkStreams { .. } => Self::RtmpChunkStreams,
            Fault::ChunkStreamUnknown { .. } | Fault::MessageInterrupted { .. } | Fault::LengthChanged { .. } => {
                Self::RtmpChunk
            }
            Fault::MessageTooLong { .. } => Self::RtmpMessage,
            Fault::PartialBytes { .. } => Self::RtmpPartial,
            Fault::ChunkSize { .. } => Self::RtmpChunkSize,
            Fault::ControlTooShort { .. } => Self::RtmpControl,
            Fault::Aggregate { .. } | Fault::AggregateParts { .. } => Self::RtmpAggregate,
            Fault::Amf { fault, .. } => match fault {
                amf::Fault::TooDeep { .. } | amf::Fault::TooManyItems { .. } | amf::Fault::StringTooLong { .. } => {
                    Self::AmfLimit
                }
                _ => Self::AmfMalformed,
            },
            Fault::CommandWithoutName => Self::AmfMalformed,
            Fault::OutputFull { .. } => Self::RtmpReplies,
        }
    }

    /// Of a player on a delivery thread.
    pub(crate) const fn of_play(end: PlayEnd) -> Option<Self> {
        Some(match end {
            PlayEnd::Client
            | PlayEnd::Broken(_)
            | PlayEnd::StreamEnded
            | PlayEnd::UnsupportedCodec { .. }
            | PlayEnd::Shutdown
            | PlayEnd::Panicked => return None,
            PlayEnd::Stalled { .. } => Self::PlayerStalled,
            PlayEnd::TooSlow { .. } => Self::PlayerSlow,
            PlayEnd::Flood { .. } => Self::PlayerFlood,
            PlayEnd::Protocol => Self::PlayerProtocol,
            PlayEnd::Replies { .. } => Self::PlayerReplies,
        })
    }

    /// Of an HTTP connection.
    pub(crate) const fn of_http(fault: &HttpFault) -> Option<Self> {
        Some(match fault {
            HttpFault::HeadLate { .. } => Self::HttpHeadLate,
            HttpFault::HeadTooLong { .. } => Self::HttpHeadTooLong,
            HttpFault::Malformed(_) => Self::HttpMalformed,
            HttpFault::Stalled { .. } => Self::HttpStalled,
            HttpFault::Deaf { .. } => Self::HttpDeaf,
            HttpFault::TooSlow { .. } => Self::HttpSlow,
            HttpFault::Overtaken => Self::HlsOvertaken,
            HttpFault::Flood { .. } => Self::HttpFlood,
            HttpFault::Http2 { .. } => Self::Http2,
            HttpFault::Silent { .. } => Self::HttpSilent,
            HttpFault::Broken(_) => return None,
        })
    }

    /// Of a TLS handshake.
    pub(crate) const fn of_tls(fault: &HandshakeFault) -> Option<Self> {
        Some(match fault {
            HandshakeFault::Closed => return None,
            HandshakeFault::TooLate { .. } => Self::TlsLate,
            HandshakeFault::NoTls { .. } | HandshakeFault::Failed(_) => Self::TlsFailed,
        })
    }

    /// Of a request for a file of HLS.
    pub(crate) const fn of_hls(fault: &HlsFault) -> Option<Self> {
        Some(match fault {
            HlsFault::Token(_) => Self::HlsToken,
            HlsFault::Waiting { .. } => Self::HlsWaiting,
            HlsFault::Sessions { .. } => Self::HlsSessions,
            HlsFault::AddressSessions { .. } => Self::HlsAddressSessions,
            HlsFault::Query(_)
            | HlsFault::NoFile
            | HlsFault::NotCarried { .. }
            | HlsFault::NotPlayed
            | HlsFault::NotMoved
            | HlsFault::NotYet
            | HlsFault::Gone
            | HlsFault::Range { .. }
            | HlsFault::Late { .. }
            | HlsFault::Keep => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use vivace_base::Limits;

    use super::Reason;

    #[test]
    fn every_reason_has_a_name_of_its_own_and_a_limit_that_exists() {
        let names: BTreeSet<_> = Reason::ALL.iter().map(|reason| reason.name()).collect();
        assert_eq!(names.len(), Reason::ALL.len());
        for reason in Reason::ALL {
            let limit = reason.limit();
            let known = limit.is_empty() || Limits::FIELDS.iter().any(|field| field.name == limit);
            assert!(known, "{limit} of {reason:?}");
            assert!(reason.remedy().len() > 10 && !reason.name().contains('-'));
        }
    }
}
