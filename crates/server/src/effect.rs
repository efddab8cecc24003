use vivace_base::LimitField;

use crate::Config;

/// When a changed setting takes effect. There is no third sort.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// At once. What runs and has taken a value at its begin keeps it.
    Live,
    /// With the next start: ports, the data folder, the store, threads.
    Restart,
}

/// When the setting of this key takes effect; `None` if it is none of [`Config`].
pub fn effect(key: &str) -> Option<Effect> {
    if let Some(field) = FIELDS.iter().find(|field| field.key == key) {
        return Some(field.effect);
    }
    let limits = vivace_base::Limits::FIELDS.iter();
    limits
        .map(|field| (field, limit_effect(field)))
        .find(|(field, _)| key == limit_key(field))
        .map(|(_, effect)| effect)
}

/// One field of [`Config`], by the key of its setting.
pub(crate) struct Field {
    pub(crate) key: &'static str,
    pub(crate) effect: Effect,
    pub(crate) same: fn(&Config, &Config) -> bool,
    /// Sets the first one's field to the second one's.
    pub(crate) copy: fn(&mut Config, &Config),
}

macro_rules! fields {
    ($($key:literal $effect:ident $field:ident $(. $part:ident)?;)+) => {
        /// Every field but the limits.
        pub(crate) const FIELDS: &[Field] = &[$(Field {
            key: $key,
            effect: Effect::$effect,
            same: |one, other| one.$field$(.$part)? == other.$field$(.$part)?,
            copy: |to, from| to.$field$(.$part)?.clone_from(&from.$field$(.$part)?),
        },)+];
    };
}

fields! {
    "rtmp" Restart rtmp;
    "http" Restart http;
    "rtmps" Restart rtmps;
    "https" Restart https;
    "tls.cert" Live tls.cert;
    "tls.key" Live tls.key;
    "tls.names" Restart tls.names;
    "outbound.allow" Live outbound.allow;
    "outbound.ca" Restart outbound.ca;
    "lvb.allow_http" Live lvb.allow_http;
    "lvb.dual_code" Live lvb.dual_code;
    "lvb.connect" Restart lvb.connect;
    "lvb.connect_port" Restart lvb.connect_port;
    "callback.url" Live callback.url;
    "callback.success" Live callback.success;
    "callback.retries" Live callback.retries;
    "callback.interval_s" Live callback.interval_s;
    "callback.give_up_s" Live callback.give_up_s;
    "callback.timeout_s" Live callback.timeout_s;
    "callback.error_report_s" Live callback.error_report_s;
    "recording.on" Live recording.on;
    "recording.dir" Restart recording.dir;
    "recording.policy" Live recording.policy;
    "recording.formats" Live recording.formats;
    "recording.interval_ms" Live recording.interval_ms;
    "recording.name" Live recording.name;
    "recording.part_ms" Live recording.part_ms;
    "recording.file_ms_max" Live recording.file_ms_max;
    "recording.free_bytes_min" Live recording.free_bytes_min;
    "recording.keep_days" Live recording.keep_days;
    "recording.bytes_max" Live recording.bytes_max;
    "recording.undo_ms" Live recording.undo_ms;
    "storage.s3.endpoint" Live storage.endpoint;
    "storage.s3.bucket" Live storage.bucket;
    "storage.s3.region" Live storage.region;
    "storage.s3.prefix" Live storage.prefix;
    "storage.s3.path_style" Live storage.path_style;
    "storage.s3.access_key_id" Live storage.access_key_id;
    "storage.s3.secret_access_key" Live storage.secret_access_key;
    "storage.keep_local" Live storage.keep_local_days;
    "storage.public_url" Live storage.public_url;
    "storage.expire_waiting" Live storage.expire_waiting;
    "data" Restart data;
    "public.host" Live public_host;
    "push.auth" Live push_auth;
    "play.auth" Live play_auth;
    "lvb.channels_only" Live lvb_channels_only;
    "lvb.verified_only" Live lvb_verified_only;
    "lvb.utc_offset_min" Live lvb_utc_offset_min;
    "url.validity_s" Live url_validity_s;
    "page.open" Live page_open;
    "delivery.merge_ms" Live merge_ms;
    "ffmpeg.path" Live ffmpeg;
    "transcode.rates" Live transcode.rates;
    "transcode.sounds" Live transcode.sounds;
    "transcode.idle_ms" Live transcode.idle_ms;
    "delivery.threads" Restart delivery_threads;
    "hls.segment_ms" Restart hls_segment_ms;
    "hls.part_ms" Restart hls_part_ms;
    "timeshift.window_ms" Live timeshift_window_ms;
}

/// Names every field, so that one which is added is missed here by the compiler; its line belongs above then.
const _: fn(Config) = |config| {
    #[rustfmt::skip]
    let Config {
        rtmp: _, http: _, rtmps: _, https: _, tls, data: _, public_host: _, push_auth: _, play_auth: _, url_validity_s: _,
        lvb_channels_only: _, lvb_verified_only: _, lvb_utc_offset_min: _,
        page_open: _, merge_ms: _, delivery_threads: _, hls_segment_ms: _, hls_part_ms: _, timeshift_window_ms: _, limits: _, ffmpeg: _, transcode, outbound, callback,
        lvb, recording, storage,
    } = config;
    let crate::TlsConfig { cert: _, key: _, names: _ } = tls;
    let crate::CallbackConfig {
        url: _,
        success: _,
        retries: _,
        interval_s: _,
        give_up_s: _,
        timeout_s: _,
        error_report_s: _,
    } = callback;
    let crate::TranscodeConfig { rates: _, sounds: _, idle_ms: _ } = transcode;
    #[rustfmt::skip]
    let crate::RecordingConfig {
        on: _, dir: _, policy: _, formats: _, interval_ms: _, name: _, part_ms: _, file_ms_max: _, free_bytes_min: _,
        keep_days: _, bytes_max: _, undo_ms: _,
    } = recording;
    #[rustfmt::skip]
    let crate::StorageConfig {
        endpoint: _, bucket: _, region: _, prefix: _, path_style: _, access_key_id: _, secret_access_key: _,
        keep_local_days: _, public_url: _, expire_waiting: _,
    } = storage;
    let crate::OutboundConfig { allow: _, ca: _ } = outbound;
    let crate::LvbConfig { allow_http: _, dual_code: _, connect: _, connect_port: _ } = lvb;
};

/// What the store, its queues and its connections are opened with.
const RESTART_LIMITS: [&str; 17] = [
    "pictures_at_once_max",
    "recording_rows_waiting_max",
    "recording_writes_max",
    "kept_reads_max",
    "kept_reads_per_address_max",
    "hls_streams_kept_max",
    "event_queue_max",
    "event_batch_max",
    "events_kept_max",
    "event_text_bytes_max",
    "store_bytes_max",
    "store_busy_ms_max",
    "store_readers_max",
    "audit_rows_max",
    "outbox_rows_max",
    "api_replay_keys_max",
    "api_bodies_bytes_max",
];

/// When a changed limit takes effect.
pub(crate) fn limit_effect(field: &LimitField) -> Effect {
    if RESTART_LIMITS.contains(&field.name) { Effect::Restart } else { Effect::Live }
}

pub(crate) fn limit_key(field: &LimitField) -> String {
    format!("limits.{}", field.name)
}

#[cfg(test)]
mod tests {
    use vivace_base::Limits;

    use super::{Effect, RESTART_LIMITS, effect};

    #[test]
    fn every_limit_named_here_exists() {
        for name in RESTART_LIMITS {
            assert!(Limits::FIELDS.iter().any(|field| field.name == name), "{name}");
            assert_eq!(effect(&format!("limits.{name}")), Some(Effect::Restart));
        }
        assert_eq!(effect("limits.connections_max"), Some(Effect::Live));
        assert_eq!(
            (effect("rtmp"), effect("play.auth"), effect("no")),
            (Some(Effect::Restart), Some(Effect::Live), None)
        );
    }
}
