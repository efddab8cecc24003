use vivace_base::{Limits, MediaTime, UnixMs};
use vivace_media::Codec;

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
    /// Bytes of all segments of a stream.
    pub bytes_max: usize,
}

impl Settings {
    /// Segments and parts of these durations, as many as the limits leave.
    pub fn new(limits: &Limits, segment_ms: u64, part_ms: u64) -> Self {
        let (listed, kept, bytes_max) = (0, 3, 0);
        Self { segment: ms(segment_ms), segment_max: MediaTime::ZERO, part: ms(part_ms), listed, kept, bytes_max }
            .under(limits)
    }

    /// The same durations under other limits: what begins after a limit has changed keeps to it.
    #[must_use]
    pub fn under(self, limits: &Limits) -> Self {
        Self {
            segment_max: ms(limits.hls_segment_ms_max),
            listed: limits.hls_segments_max.max(3),
            bytes_max: limits.hls_bytes_max,
            ..self
        }
    }
}

fn ms(ms: u64) -> MediaTime {
    MediaTime::from_ms(i64::try_from(ms).unwrap_or(i64::MAX))
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

impl Container {
    /// Whether players can be expected to play the codec from it.
    pub const fn carries(self, codec: Codec) -> bool {
        let container = match self {
            Self::Mp4 => vivace_media::Container::Fmp4,
            Self::Ts => vivace_media::Container::MpegTs,
        };
        container.carries(codec)
    }
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
