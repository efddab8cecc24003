use vivace_base::{AppId, MediaTime, StreamName, Ulid, UnixMs};

/// A file of one stream's media: fragmented MP4, its init segment first, then parts one behind the other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MediaFile {
    /// Its id, and its name on disk. Files of a stream sort by it.
    pub id: Ulid,
    /// Whose it is.
    pub app: AppId,
    /// The stream.
    pub stream: StreamName,
    /// When its first part came.
    pub begun_at: UnixMs,
    /// Bytes of its init segment.
    pub init_bytes: u64,
    /// Its codecs as RFC 6381 names them.
    pub codecs: String,
    /// Width of its picture; 0 without one.
    pub width: u32,
    /// Height of its picture; 0 without one.
    pub height: u32,
    /// Whether it does not continue the file before.
    pub discontinuity: bool,
    /// Whether no part will follow.
    pub closed: bool,
    /// When the last part of a closed file was over; that of an open one is not known.
    pub ended_at: Option<UnixMs>,
    /// Bytes of a closed file.
    pub bytes: u64,
}

/// One part of a media file: all tracks of about a second.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MediaPart {
    /// Counts the file's parts from 0 on.
    pub number: u32,
    /// Where it begins in the file.
    pub offset: u64,
    /// Its bytes.
    pub bytes: u32,
    /// When it came.
    pub begun_at: UnixMs,
    /// Its time on the stream's timeline.
    pub dts: MediaTime,
    /// How long it is.
    pub duration: MediaTime,
    /// Whether it begins with a key frame.
    pub key: bool,
    /// Whether it does not continue the part before.
    pub discontinuity: bool,
}

impl MediaPart {
    /// When it was over.
    pub fn ended_at(&self) -> UnixMs {
        UnixMs(self.begun_at.0.saturating_add(self.duration.ms().max(0)))
    }
}

/// A part of a stream's media. Those of one stream sort by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PartAt {
    /// The file.
    pub file: Ulid,
    /// The part's number in it.
    pub part: u32,
}

/// Whether a recording that plays for `played_ms` ends before `next`: its interval is over, and `next` can be played
/// from its begin. An interval of 0 never is.
pub const fn cut_is_due(played_ms: u64, interval_ms: u64, next: &MediaPart) -> bool {
    interval_ms > 0 && next.key && played_ms >= interval_ms
}
