use schemars::JsonSchema;
use serde::Serialize;

/// `GET /api/v1/status`: the server as a whole.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Status {
    /// Version of the server.
    pub version: &'static str,
    /// The server's clock: milliseconds since 1970.
    pub now_ms: i64,
    /// Milliseconds since it started.
    pub uptime_ms: u64,
    /// Port of the RTMP listener.
    pub rtmp_port: u16,
    /// Streams that are live or in their grace time.
    pub streams: usize,
    /// Readers of all streams.
    pub readers: u64,
    /// Payload bytes received from publishers.
    pub bytes_in: u64,
    /// Bytes sent to readers.
    pub bytes_out: u64,
    /// Times that slow readers were moved on.
    pub skips: u64,
    /// Largest lag of a reader, in milliseconds of media time.
    pub lag_ms: u64,
    /// How far players may go back in the past of streams, in milliseconds; 0 for not at all.
    pub timeshift_window_ms: u64,
    /// Whether pictures of streams can be taken: FFmpeg is there.
    pub screenshots: bool,
    /// Keys of settings that were changed and wait for the next start.
    pub restart_needed: Vec<String>,
}

/// A list; `next` is the cursor of the following page, null on the last.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "{T}Page")]
pub struct Items<T> {
    /// The rows.
    pub items: Vec<T>,
    /// Where the next page begins.
    pub next: Option<String>,
}

/// One stream.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "Stream")]
pub struct StreamView {
    /// Its name.
    pub name: String,
    /// `live` or `grace`.
    pub state: &'static str,
    /// The publisher's session.
    pub session: String,
    /// Milliseconds since the stream began.
    pub uptime_ms: u64,
    /// Its newest frame.
    pub newest: NewestView,
    /// The video track.
    pub video: Option<VideoView>,
    /// The audio track.
    pub audio: Option<AudioView>,
    /// Payload bits received in the last second.
    pub bits_per_second: u64,
    /// Readers.
    pub readers: u64,
    /// Times that slow readers were moved on.
    pub skips: u64,
    /// Largest lag of a reader, in milliseconds of media time.
    pub lag_ms: u64,
    /// Payload bytes received.
    pub bytes_in: u64,
    /// Bytes sent to readers.
    pub bytes_out: u64,
    /// Addresses to play it from.
    pub play: PlayUrls,
}

/// The newest frame of a stream: with it a player that knows a timestamp knows when that came to the server.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
#[schemars(rename = "Newest")]
pub struct NewestView {
    /// Decoding time on the stream's timeline, the one of FLV and fragmented MP4, in milliseconds.
    pub timestamp_ms: i64,
    /// When the publisher was last heard, in milliseconds since 1970.
    pub at_ms: i64,
}

/// A video track.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "Video")]
pub struct VideoView {
    /// RFC 6381 codec string.
    pub codec: String,
    /// Usual name.
    pub name: &'static str,
    /// Pixels.
    pub width: u16,
    /// Pixels.
    pub height: u16,
    /// Pictures received in the last second.
    pub fps: u64,
}

/// An audio track.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "Audio")]
pub struct AudioView {
    /// RFC 6381 codec string.
    pub codec: String,
    /// Usual name.
    pub name: &'static str,
    /// Hz.
    pub sample_rate: u32,
    /// Channels.
    pub channels: u8,
}

/// Addresses to play a stream from; those over HTTP are relative to the page.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct PlayUrls {
    /// Fragmented MP4 over HTTP.
    pub mp4: String,
    /// FLV over HTTP.
    pub flv: String,
    /// HLS with fragmented MP4.
    pub hls: String,
    /// The same with parts: LL-HLS.
    pub llhls: String,
    /// RTMP.
    pub rtmp: String,
}

/// A screenshot.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "Screenshot")]
pub struct PictureView {
    /// Its id.
    pub id: String,
    /// The stream.
    pub stream: String,
    /// When it was taken, in milliseconds since 1970.
    pub taken_at_ms: i64,
    /// Pixels.
    pub width: u16,
    /// Pixels.
    pub height: u16,
    /// Bytes of the file.
    pub size_bytes: u64,
    /// What the picture is called, with its date.
    pub name: String,
    /// Where it is fetched from. Who has the address may have the picture.
    pub url: String,
}

/// `GET /api/v1/push-url`.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct PushUrl {
    /// The address to push to.
    pub url: String,
}

/// The catalogue's words in one language.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Words {
    /// The sentence.
    pub message: &'static str,
    /// When this happens.
    pub cause: &'static str,
    /// What to do.
    pub remedy: &'static str,
}

/// One refused push or play.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "Refusal")]
pub struct RefusalView {
    /// Its number, which grows.
    pub id: i64,
    /// Milliseconds since 1970.
    pub at_ms: i64,
    /// `publish`, `play`, `running_publish` for a push that was ended, or `call` for one of a signed API.
    pub operation: &'static str,
    /// The stream asked for, as the peer wrote it.
    pub stream: Option<String>,
    /// The peer's address.
    pub peer: String,
    /// The session.
    pub session: String,
    /// Table of the code.
    pub table: String,
    /// The code.
    pub code: u32,
    /// The sentence that the peer was given.
    pub message: &'static str,
    /// What exactly was wrong.
    pub detail: String,
    /// The catalogue in English.
    pub en: Words,
    /// The catalogue in Chinese.
    pub zh: Words,
}

/// A recording.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "Recording")]
pub struct RecordingView {
    /// Its id.
    pub id: String,
    /// The stream.
    pub stream: String,
    /// The task it was made for, if it is one that was called for.
    pub task: Option<String>,
    /// What asked for it: `timed`, `clip`, `url`, `policy` or `template`.
    pub kind: &'static str,
    /// `flv`, `hls`, `mp4` or `aac`.
    pub format: &'static str,
    /// `recording`, `finalizing`, `stored`, `uploaded` or `failed`.
    pub state: &'static str,
    /// What it is called, with its date.
    pub name: String,
    /// When its first part came, in ISO 8601.
    pub started_at: String,
    /// The same in milliseconds since 1970.
    pub started_at_ms: i64,
    /// When its last part was over, in milliseconds since 1970; nothing while parts are added.
    pub ended_at_ms: Option<i64>,
    /// What it plays for, in milliseconds.
    pub duration_ms: u64,
    /// Bytes of its file; of one that is not finished, or is HLS, those of its media.
    pub size_bytes: u64,
    /// SHA-256 of its file; nothing of one that is HLS.
    pub sha256: Option<String>,
    /// Where its file is fetched from, or the playlist of one that is HLS; nothing before it is stored. Who has the address may have the recording.
    pub download_url: Option<String>,
    /// Where it is played from: its file, or a playlist of HLS, also while it is recorded.
    pub play_url: Option<String>,
    /// Why it failed.
    pub failure: Option<String>,
    /// When it was deleted, in milliseconds since 1970.
    pub deleted_at_ms: Option<i64>,
    /// Until when the deletion can be taken back, in milliseconds since 1970.
    pub restorable_until_ms: Option<i64>,
}

/// Files of recordings that are where they should not be, and the other way round.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Astray {
    /// Files that no row knows of, put aside.
    pub stray_files: u64,
    /// Their bytes.
    pub stray_bytes: u64,
    /// Files that were not in their folder at the start.
    pub missing_files: u64,
}
