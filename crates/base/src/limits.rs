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
    /// Connections open at once from one address (of IPv6: one /64), all listeners together.
    pub connections_per_address_max: usize,
    /// Connections open at once from one address (of IPv6: one /64) that have neither published nor been granted a play.
    pub pending_connections_per_address_max: usize,
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
    /// Bytes of unfinished messages one connection may hold that has not been granted a publish.
    pub rtmp_pending_partial_bytes_max: usize,
    /// Message streams (`createStream`) one connection may hold.
    pub rtmp_message_streams_max: usize,
    /// Parts of one RTMP aggregate message.
    pub rtmp_aggregate_parts_max: usize,
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
    /// Bytes that an HTTP/2 client may send between two requests or pieces of a response.
    pub http2_idle_input_bytes_max: u64,
    /// A publisher that sends nothing for this long is taken for lost.
    pub publisher_idle_ms_max: u64,
    /// A publisher that has completed no message for this long must at least have sent `publisher_bytes_per_s_min`.
    pub publisher_slow_ms_max: u64,
    /// Bytes a second of a publisher within a message that takes longer than `publisher_slow_ms_max`.
    pub publisher_bytes_per_s_min: u64,
    /// After a publisher is lost, how long its stream waits for it to come back.
    pub publish_grace_ms: u64,
    /// How far a reader may be behind the newest frame, in media time.
    pub reader_lag_ms_max: u64,
    /// How far a reader may be behind the newest frame, in bytes.
    pub reader_lag_bytes_max: usize,
    /// A player that takes no byte for this long while some wait is let go.
    pub reader_stall_ms_max: u64,
    /// A player for which bytes have waited all this time must have taken `reader_bytes_per_s_min`, or is let go. A client of HTTP
    /// has this time if it is longer than 288 KiB take at that rate, which is 288 s by default.
    pub reader_slow_ms_max: u64,
    /// Bytes a second that a player, or a client of HTTP, takes at least while some wait for it.
    pub reader_bytes_per_s_min: u64,
    /// Bytes a second that a live player may send, in bursts of four seconds' worth.
    pub player_input_bytes_per_s_max: u64,
    /// Bytes of frames kept for readers that join with a fast start.
    pub gop_bytes_max: usize,
    /// Media time kept for readers that join with a fast start.
    pub gop_ms_max: u64,
    /// Bytes of a stream's frames that wait to be sent together; as many go out at once, whatever the pace.
    pub batch_bytes_max: usize,
    /// Bytes of a stream's frames that wait for one that works on them (recorder, segmenter, relay, transcoder); beyond, all that wait are left out.
    pub follower_bytes_max: usize,
    /// A step of a publisher's timestamps larger than this is a discontinuity.
    pub timestamp_jump_ms_max: u64,
    /// Bytes that wait in a player's connection outside the shared history (replies, notices).
    pub player_reply_bytes_max: usize,
    /// Bytes of one stream's HLS segments, all forms together.
    pub hls_bytes_max: usize,
    /// Bytes of HLS segments that have left their playlists and are still being sent, all streams together; beyond, the connections that are sent the oldest of them are closed.
    pub hls_let_go_bytes_max: usize,
    /// Longest HLS segment of a stream whose key frames are far apart.
    pub hls_segment_ms_max: u64,
    /// Whole segments in an HLS playlist.
    pub hls_segments_max: usize,
    /// A player of HLS that asks for nothing for this long is taken for gone.
    pub hls_session_idle_ms_max: u64,
    /// Players of HLS, all streams together.
    pub hls_sessions_max: usize,
    /// Players of HLS from one address (of IPv6: one /64), all streams together.
    pub hls_sessions_per_address_max: usize,
    /// Requests of one player of HLS that are answered at once, those that wait included.
    pub hls_session_requests_max: usize,
    /// Requests that wait at once for a part or playlist of HLS that is not there yet, for each stream.
    pub hls_waiting_max: usize,
    /// Streams whose HLS numbers are kept in the store; those that were played longest ago go first.
    pub hls_streams_kept_max: usize,
    /// Frames of a stream that wait to be cut into HLS segments.
    pub hls_queue_frames_max: usize,
    /// Files and playlists of what has been kept of streams that are sent at once; half a megabyte of memory for a file, a few
    /// for the playlist of a day.
    pub kept_reads_max: usize,
    /// The same from one IPv4 address or IPv6 /64.
    pub kept_reads_per_address_max: usize,
    /// A client that takes nothing for so long of a file of what has been kept is sent no more of it; it may ask for the rest.
    pub kept_read_stall_ms_max: u64,
    /// Bytes of the body of an API call.
    pub api_body_bytes_max: usize,
    /// Bytes of the bodies of API calls that are being read, all together.
    pub api_bodies_bytes_max: usize,
    /// From the end of an API call's head to the end of its body.
    pub api_body_ms_max: u64,
    /// Parameters of an API call.
    pub api_parameters_max: usize,
    /// Bytes of the name of a parameter.
    pub api_name_bytes_max: usize,
    /// Nesting of the structures that the parameters of an API call are flattened from.
    pub api_depth_max: usize,
    /// Calls of the signed APIs that only read, for each app, in a minute.
    pub api_queries_per_minute_max: u32,
    /// All other calls of the signed APIs, for each app, in a minute.
    pub api_changes_per_minute_max: u32,
    /// Signed calls that are remembered, so that none acts twice; each takes about 40 bytes of memory for four hours at most.
    pub api_replay_keys_max: usize,
    /// Credentials of the signed APIs that an app may have.
    pub api_credentials_max: usize,
    /// Streams live at once.
    pub streams_max: usize,
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
    /// Free bytes in the data folder's file system below which `vivace doctor` warns; below a sixteenth of it, it fails.
    pub data_free_bytes_min: u64,
    /// Free inodes there below which `vivace doctor` warns; below a sixteenth of it, it fails.
    pub data_free_inodes_min: u64,
    /// Bytes of the body of a request to the administration API (`/api/v1`).
    pub admin_body_bytes_max: usize,
    /// For each outgoing connection: to find its address, to connect, and to shake hands over TLS, all together.
    pub outbound_connect_ms_max: u64,
    /// Relays, those that are stopped included.
    pub relays_max: usize,
    /// From a relay's connection to the remote server's grant.
    pub relay_start_ms_max: u64,
    /// A remote server that takes or gives nothing for this long, while there is something, is taken for lost.
    pub relay_idle_ms_max: u64,
    /// The wait before a relay's second try; each further one is about twice as long.
    pub relay_backoff_ms_min: u64,
    /// The longest wait between two tries of a relay.
    pub relay_backoff_ms_max: u64,
    /// A relay that has run for this long begins anew with the shortest wait.
    pub relay_stable_ms_min: u64,
    /// Frames of a stream that wait for a relay to take them.
    pub relay_queue_frames_max: usize,
    /// Longest playlist of a source that is pulled by HLS.
    pub hls_pull_playlist_bytes_max: usize,
    /// Longest segment of a source that is pulled by HLS; no more than that waits to be let go at its time either.
    pub hls_pull_segment_bytes_max: usize,
    /// Frames of a segment of a source that is pulled by HLS.
    pub hls_pull_frames_max: usize,
    /// Channels of an app, those that are closed included.
    pub channels_per_app_max: u64,
    /// Bytes of the names of channels and their sources, and of a player's password.
    pub channel_name_bytes_max: usize,
    /// Bytes of a channel's description, and of the reason for which a stream is forbidden.
    pub channel_describe_bytes_max: usize,
    /// Channels whose stream is pulled and that are open.
    pub channel_pulls_max: usize,
    /// Watermarks of an app.
    pub watermarks_per_app_max: u64,
    /// Entries of a black or white list.
    pub ip_list_entries_max: usize,
    /// Streams of an app that are forbidden or delayed.
    pub stream_rules_max: u64,
    /// How long a stream may be forbidden, or delayed with an end.
    pub forbid_ms_max: u64,
    /// How far a stream's players may be kept behind its live edge.
    pub delay_ms_max: u64,
    /// Bytes of a stream's frames that wait for their delay to pass; more go out early.
    pub delay_bytes_max: usize,
    /// How long a call that ends a stream waits for its publisher's session to end.
    pub media_answer_ms_max: u64,
    /// Changes kept in the log of changes; the oldest go first.
    pub audit_rows_max: usize,
    /// Callbacks in the outbox, those that are delivered or given up included: the oldest of these go first.
    pub outbox_rows_max: usize,
    /// Domains of one app.
    pub domains_max: u64,
    /// Tasks of one app that pull a stream from another server.
    pub pull_tasks_max: u64,
    /// How long statistics are kept.
    pub statistics_ms_max: u64,
    /// Minutes of streams, and minutes of players' addresses, that are kept in the statistics; the oldest go first.
    pub statistics_rows_max: u64,
    /// Players' addresses that are told apart in one minute of the statistics.
    pub statistics_addresses_max: usize,
    /// Templates of callbacks of one app.
    pub callback_templates_max: usize,
    /// Rules of callbacks of one app.
    pub callback_rules_max: usize,
    /// Callbacks that are posted at once.
    pub callback_deliveries_max: usize,
    /// Callbacks that are posted to one host at once.
    pub callback_deliveries_per_host_max: usize,
    /// Bytes that are read of the answer to a callback.
    pub callback_answer_bytes_max: usize,
    /// Longest wait between two tries of a callback, unless `callback.interval_s` is longer.
    pub callback_backoff_ms_max: u64,
    /// Programs (FFmpeg) that run beside the server.
    pub children_max: usize,
    /// How long such a program may give nothing while it is given media; it is ended then and started anew.
    pub child_silent_ms_max: u64,
    /// Memory that one of them may hold.
    pub child_memory_bytes_max: u64,
    /// Address space of one of them, which the kernel keeps it to.
    pub child_address_bytes_max: u64,
    /// Processor time that one of them may take over ten seconds, in percent of one processor.
    pub child_cpu_percent_max: u64,
    /// Longest wait before one of them is started again.
    pub child_backoff_ms_max: u64,
    /// Screenshots that are taken at once; those that are due meanwhile wait.
    pub pictures_at_once_max: usize,
    /// How long taking one screenshot may take; FFmpeg is ended then.
    pub picture_ms_max: u64,
    /// Bytes of a screenshot.
    pub picture_bytes_max: usize,
    /// Screenshots kept; the oldest go first.
    pub pictures_kept_max: u64,
    /// How long screenshots are kept.
    pub pictures_kept_ms_max: u64,
    /// Screenshots that wait for a reader of the queue; the oldest leave it first.
    pub picture_queue_max: u64,
    /// Screenshot tasks of one app that have not ended.
    pub picture_tasks_max: u64,
    /// Templates of screenshots of one app.
    pub picture_templates_max: u64,
    /// Rules of screenshots of one app.
    pub picture_rules_max: u64,
    /// How old the picture may be that the page's list shows of a stream; an older one is taken anew when it is asked for.
    pub cover_age_ms_max: u64,
    /// Streams whose picture for the page's list is held in memory.
    pub covers_max: usize,
    /// Frames of a stream that wait to be recorded; more, because the disk is slow, and all that wait are left out.
    pub recording_queue_frames_max: usize,
    /// Bytes of frames in one part of a recording; more end the part before its time.
    pub recording_part_bytes_max: usize,
    /// Media files that one stream's recording begins in a minute; beyond, what further configurations describe is left out until the minute is over.
    pub recording_files_per_minute_max: u64,
    /// Rows of recordings that wait to be written to the store; where more are, recordings wait.
    pub recording_rows_waiting_max: usize,
    /// Writes of recordings that wait for the disk at once.
    pub recording_writes_max: usize,
    /// Recordings whose files are made at once.
    pub recording_finalisers_max: usize,
    /// Bytes of the index of a recorded file while it is made.
    pub recording_index_bytes_max: usize,
    /// Recordings that are uploaded, or deleted in the bucket, at once; each holds one part in memory.
    pub uploads_at_once_max: usize,
    /// Bytes of the parts in which large files are uploaded; 5 MiB at least. Very large files have larger ones.
    pub upload_part_bytes: u64,
    /// For one request to the bucket, from the look-up of its host to the end of the answer.
    pub upload_request_ms_max: u64,
    /// Longest wait between two tries of an upload.
    pub upload_backoff_ms_max: u64,
    /// Bytes of a playlist that is uploaded, or read from the bucket.
    pub upload_playlist_bytes_max: usize,
    /// Record tasks of one app that are not over.
    pub record_tasks_per_app_max: u64,
    /// Record tasks of one stream that are not over.
    pub record_tasks_per_stream_max: u64,
    /// Record tasks that are remembered, those that are over too; older ones that are over are forgotten.
    pub record_tasks_kept_max: u64,
    /// Record templates of one app.
    pub record_templates_max: u64,
    /// Record rules of one app.
    pub record_rules_max: u64,
    /// Frames of a stream that wait for the program which transcodes it; more, and all that wait are left out.
    pub transcode_waiting_frames_max: usize,
    /// Rules of watermarks of one app.
    pub watermark_rules_max: u64,
    /// Bytes of a watermark's picture as it is fetched.
    pub watermark_bytes_max: usize,
    /// Pixels of a watermark's picture.
    pub watermark_pixels_max: u64,
    /// On shutdown, how long sessions may take to end.
    pub drain_ms_max: u64,
    /// On an upgrade, how long publishers that were asked to reconnect, and players of their streams, may stay in the old process.
    pub upgrade_drain_ms_max: u64,
}
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections_max: 20_000,
            pending_connections_max: 4_000,
            connections_per_address_max: 5_000,
            pending_connections_per_address_max: 2_000,
            handshake_ms_max: 5_000,
            first_command_ms_max: 10_000,
            rtmp_chunk_bytes_max: 65_536,
            rtmp_chunk_bytes_min: 128,
            rtmp_video_message_bytes_max: 4 << 20,
            rtmp_audio_message_bytes_max: 64 << 10,
            rtmp_command_message_bytes_max: 64 << 10,
            rtmp_chunk_streams_max: 32,
            rtmp_partial_bytes_max: 6 << 20,
            rtmp_pending_partial_bytes_max: 256 << 10,
            rtmp_message_streams_max: 8,
            rtmp_aggregate_parts_max: 1_024,
            amf_depth_max: 16,
            amf_items_max: 1_024,
            amf_string_bytes_max: 64 << 10,
            url_bytes_max: 4 << 10,
            http_head_bytes_max: 16 << 10,
            http2_streams_max: 100,
            http2_idle_input_bytes_max: 256 << 10,
            publisher_idle_ms_max: 8_000,
            publisher_slow_ms_max: 10_000,
            publisher_bytes_per_s_min: 256,
            publish_grace_ms: 15_000,
            reader_lag_ms_max: 3_000,
            reader_lag_bytes_max: 16 << 20,
            reader_stall_ms_max: 15_000,
            reader_slow_ms_max: 30_000,
            reader_bytes_per_s_min: 1_024,
            player_input_bytes_per_s_max: 16 << 10,
            gop_bytes_max: 16 << 20,
            gop_ms_max: 20_000,
            batch_bytes_max: 1 << 20,
            follower_bytes_max: 32 << 20,
            timestamp_jump_ms_max: 3_000,
            player_reply_bytes_max: 64 << 10,
            hls_bytes_max: 64 << 20,
            hls_let_go_bytes_max: 256 << 20,
            hls_segment_ms_max: 10_000,
            hls_segments_max: 7,
            hls_session_idle_ms_max: 30_000,
            hls_sessions_max: 20_000,
            hls_sessions_per_address_max: 5_000,
            hls_session_requests_max: 32,
            hls_waiting_max: 20_000,
            hls_streams_kept_max: 100_000,
            hls_queue_frames_max: 4_096,
            kept_reads_max: 1_024,
            kept_reads_per_address_max: 256,
            kept_read_stall_ms_max: 60_000,
            api_body_bytes_max: 1 << 20,
            api_bodies_bytes_max: 64 << 20,
            api_body_ms_max: 10_000,
            api_parameters_max: 1_000,
            api_name_bytes_max: 256,
            api_depth_max: 8,
            api_queries_per_minute_max: 100,
            api_changes_per_minute_max: 600,
            api_replay_keys_max: 2_000_000,
            api_credentials_max: 20,
            streams_max: 10_000,
            event_queue_max: 4_096,
            event_batch_max: 256,
            events_kept_max: 100_000,
            event_text_bytes_max: 1_024,
            store_bytes_max: 4 << 30,
            store_busy_ms_max: 5_000,
            store_readers_max: 4,
            data_free_bytes_min: 1 << 30,
            data_free_inodes_min: 10_000,
            admin_body_bytes_max: 64 << 10,
            outbound_connect_ms_max: 10_000,
            relays_max: 1_000,
            relay_start_ms_max: 10_000,
            relay_idle_ms_max: 8_000,
            relay_backoff_ms_min: 1_000,
            relay_backoff_ms_max: 30_000,
            relay_stable_ms_min: 30_000,
            relay_queue_frames_max: 4_096,
            hls_pull_playlist_bytes_max: 4 << 20,
            hls_pull_segment_bytes_max: 64 << 20,
            hls_pull_frames_max: 65_536,
            channels_per_app_max: 5,
            channel_name_bytes_max: 256,
            channel_describe_bytes_max: 1_024,
            channel_pulls_max: 1_000,
            watermarks_per_app_max: 100,
            ip_list_entries_max: 100,
            stream_rules_max: 10_000,
            forbid_ms_max: 90 * 24 * 3_600 * 1_000,
            delay_ms_max: 600_000,
            delay_bytes_max: 256 << 20,
            media_answer_ms_max: 3_000,
            audit_rows_max: 100_000,
            outbox_rows_max: 100_000,
            domains_max: 100,
            pull_tasks_max: 100,
            statistics_ms_max: 15 * 24 * 3_600 * 1_000,
            statistics_rows_max: 2_000_000,
            statistics_addresses_max: 10_000,
            callback_templates_max: 50,
            callback_rules_max: 1_000,
            callback_deliveries_max: 64,
            callback_deliveries_per_host_max: 16,
            callback_answer_bytes_max: 64 << 10,
            callback_backoff_ms_max: 3_600_000,
            children_max: 16,
            child_silent_ms_max: 3_500,
            child_memory_bytes_max: 536_870_912,
            child_address_bytes_max: 4_294_967_296,
            child_cpu_percent_max: 400,
            child_backoff_ms_max: 4_000,
            pictures_at_once_max: 2,
            picture_ms_max: 4_000,
            picture_bytes_max: 8 << 20,
            pictures_kept_max: 100_000,
            pictures_kept_ms_max: 7 * 24 * 3_600 * 1_000,
            picture_queue_max: 10_000,
            picture_tasks_max: 1_000,
            picture_templates_max: 50,
            picture_rules_max: 1_000,
            cover_age_ms_max: 15_000,
            covers_max: 1_000,
            recording_queue_frames_max: 1_024,
            recording_part_bytes_max: 16 << 20,
            recording_files_per_minute_max: 30,
            recording_rows_waiting_max: 8_192,
            recording_writes_max: 8,
            recording_finalisers_max: 2,
            recording_index_bytes_max: 64 << 20,
            uploads_at_once_max: 2,
            upload_part_bytes: 8 << 20,
            upload_request_ms_max: 120_000,
            upload_backoff_ms_max: 120_000,
            upload_playlist_bytes_max: 32 << 20,
            record_tasks_per_app_max: 1_000,
            record_tasks_per_stream_max: 16,
            record_tasks_kept_max: 100_000,
            record_templates_max: 50,
            record_rules_max: 1_000,
            transcode_waiting_frames_max: 1_500,
            watermark_rules_max: 1_000,
            watermark_bytes_max: 2_097_152,
            watermark_pixels_max: 4_194_304,
            drain_ms_max: 5_000,
            upgrade_drain_ms_max: 10_000,
        }
    }
}
