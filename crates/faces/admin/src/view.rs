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
