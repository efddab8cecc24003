use vivace_base::{Limits, MediaTime, UnixMs};

/// How a stream is cut and how much of it is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// A segment ends with the first key frame behind this duration.
    pub segment: MediaTime,
    /// A segment ends here at the latest, with or without a key frame, as long as no longer one has set a target duration.
    pub segment_max: MediaTime,
    /// A part has as many pictures as come closest to this duration, rounded up.
    pub part: MediaTime,
    /// Whole segments in a playlist.
    pub listed: usize,
    /// Whole segments kept behind the oldest in the playlist, for players that have read it a moment ago.
    pub kept: usize,
    /// Newest whole segments of which the parts are listed too.
    pub in_parts: usize,
    /// Bytes of all segments of a stream.
    pub bytes_max: usize,
}

impl Settings {
    /// The settings that the limits leave: segments of 2 s, parts of 200 ms.
    pub fn new(limits: &Limits) -> Self {
        let ms = |ms: u64| MediaTime::from_ms(i64::try_from(ms).unwrap_or(i64::MAX));
        Self {
            segment: MediaTime::from_ms(2_000),
            segment_max: ms(limits.hls_segment_ms_max),
            part: MediaTime::from_ms(200),
            listed: limits.hls_segments_max.max(3),
            kept: 3,
            in_parts: 3,
            bytes_max: limits.hls_bytes_max,
        }
    }
}

/// Where the numbers of a stream go on: each is above every one that was ever told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Resume {
    /// `EXT-X-MEDIA-SEQUENCE` of the first segment.
    pub media_sequence: u64,
    /// `EXT-X-DISCONTINUITY-SEQUENCE` of the first segment.
    pub discontinuity_sequence: u64,
    /// The first segment's date is not before this.
    pub program_date_time: UnixMs,
}

/// What the segments are packed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Container {
    /// Fragmented MP4 (CMAF).
    Mp4,
    /// MPEG transport streams.
    Ts,
}

/// What a playlist lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Flavor {
    /// Segments of fragmented MP4.
    Mp4,
    /// The same with their parts: low latency.
    LowLatency,
    /// Transport streams.
    Ts,
}

impl Flavor {
    /// What its segments are packed in.
    pub const fn container(self) -> Container {
        match self {
            Self::Mp4 | Self::LowLatency => Container::Mp4,
            Self::Ts => Container::Ts,
        }
    }
}
