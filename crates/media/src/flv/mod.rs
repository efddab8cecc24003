//! Flash Video: the bodies of audio, video and script messages, which RTMP shares, and the file around them.
//!
//! Read: Adobe "Video File Format Specification 10.1", annex E, with HEVC as codec id 12, and Veovera "Enhanced RTMP
//! v2" as far as one track goes. Written: annex E, and the enhanced header for HEVC, AV1, VP9 and Opus.

mod audio;
mod body;
mod enhanced;
mod fault;
mod frame;
mod reader;
#[cfg(test)]
mod tests;
mod video;
mod write;

pub use audio::{AudioTag, parse_audio};
pub use fault::{Fault, ForeignCodec};
pub use frame::to_frame;
pub use reader::{Reader, Tag};
pub use video::{VideoTag, parse_video};
pub use write::{TAG_OVERHEAD_BYTES, body_header, file_header, tag_kind, write_tag};

/// What a tag carries (annex E.4.1). The numbers are those of RTMP's message types too.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TagKind {
    /// Audio data.
    Audio = 8,
    /// Video data.
    Video = 9,
    /// Script data: AMF0 values.
    Script = 18,
}

impl TagKind {
    /// The kind of this number.
    pub fn from_number(number: u8) -> Option<Self> {
        match number {
            8 => Some(Self::Audio),
            9 => Some(Self::Video),
            18 => Some(Self::Script),
            _ => None,
        }
    }

    /// Its number in a tag header and as an RTMP message type.
    pub const fn number(self) -> u8 {
        self as u8
    }
}

impl std::fmt::Display for TagKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Audio => "audio",
            Self::Video => "video",
            Self::Script => "script",
        })
    }
}
