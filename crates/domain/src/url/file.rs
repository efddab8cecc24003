use thiserror::Error;
use vivace_base::{NameFault, StreamName};

/// How a stream is played.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PlayFormat {
    /// RTMP, no extension.
    Rtmp,
    /// FLV over HTTP, `.flv`.
    Flv,
    /// Fragmented MP4 over HTTP, `.mp4`.
    Mp4,
    /// HLS, `.m3u8`.
    Hls,
    /// HLS with parts, for low latency: `.m3u8` with `hls=ll` in the query.
    LlHls,
}

/// Why the last part of a play path was refused.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum FileFault {
    /// No extension, or one that is not served.
    #[error("the address must end in .flv, .mp4 or .m3u8")]
    UnsupportedFormat,
    /// What stands before the extension is no stream name.
    #[error("stream name: {0}")]
    BadName(NameFault),
}

/// Splits the last part of an HTTP play path, decoded, into the stream's name and the format its extension asks for.
///
/// Only the last extension is taken off: a name may itself hold dots.
pub fn split_file(file: &str) -> Result<(StreamName, PlayFormat), FileFault> {
    let (name, extension) = file.rsplit_once('.').ok_or(FileFault::UnsupportedFormat)?;
    let format = match extension {
        "flv" => PlayFormat::Flv,
        "mp4" => PlayFormat::Mp4,
        "m3u8" => PlayFormat::Hls,
        _ => return Err(FileFault::UnsupportedFormat),
    };
    StreamName::parse(name).map(|name| (name, format)).map_err(FileFault::BadName)
}
