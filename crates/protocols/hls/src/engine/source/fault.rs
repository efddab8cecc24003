use thiserror::Error;
use vivace_domain::relay::UrlFault;
use vivace_media::{fmp4, mpegts};

use super::playlist::{Encryption, PlaylistFault};

/// Why a source is not followed any more. Nothing of its addresses is in it.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum SourceFault {
    /// The playlist cannot be read.
    #[error("the playlist: {0}")]
    Playlist(#[from] PlaylistFault),
    /// A playlist or segment is named by what is no address.
    #[error("an address in the playlist: {0}")]
    Address(#[from] UrlFault),
    /// No variant has codecs that are all carried.
    #[error("no variant of the master playlist has codecs that are all carried: {codec} is not")]
    Codecs {
        /// The first codec that is not.
        codec: String,
    },
    /// A master playlist names another one.
    #[error("the master playlist leads to another master playlist")]
    Nested,
    /// The source is no live stream any more.
    #[error("the playlist says that the stream has ended (EXT-X-ENDLIST): only live streams are pulled")]
    Ended,
    /// The segments are encrypted.
    #[error("the segments are encrypted ({0}), which is not pulled: let the source publish without encryption")]
    Encrypted(Encryption),
    /// A segment holds what no further segment will mend.
    #[error("a segment: {0}")]
    Segment(SegmentFault),
    /// No new segment came.
    #[error("no new segment came for {ms} ms{}", why(.last.as_ref()))]
    Stuck {
        /// For how long.
        ms: u64,
        /// What was wrong with the segment that came last, if anything was.
        last: Option<SegmentFault>,
    },
}

fn why(last: Option<&SegmentFault>) -> String {
    last.map_or_else(String::new, |last| format!("; the last one: {last}"))
}

/// Why a segment is not taken.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum SegmentFault {
    /// The bytes are of no container of HLS.
    #[error("it is neither a transport stream nor fragmented MP4")]
    Container,
    /// Fragmented MP4 without `EXT-X-MAP`.
    #[error("it is fragmented MP4, and the playlist has no EXT-X-MAP")]
    NoMap,
    /// Transport streams.
    #[error("{0}")]
    Ts(#[from] mpegts::Fault),
    /// Fragmented MP4.
    #[error("{0}")]
    Mp4(#[from] fmp4::Fault),
    /// The samples are encrypted.
    #[error("its samples are encrypted")]
    Encrypted,
    /// No track is carried.
    #[error("no track has a codec that is carried here")]
    Codecs,
    /// More frames than are taken.
    #[error("more than {0} frames")]
    Frames(usize),
    /// A frame longer than is taken.
    #[error("a frame of more than {0} bytes")]
    FrameBytes(usize),
    /// No frame at all.
    #[error("it holds no frame")]
    Empty,
}

impl SegmentFault {
    /// Whether the segments that follow will be no better.
    pub(super) const fn is_lasting(&self) -> bool {
        matches!(
            self,
            Self::NoMap
                | Self::Encrypted
                | Self::Codecs
                | Self::Ts(mpegts::Fault::StreamType(_) | mpegts::Fault::Scrambled)
        )
    }
}
