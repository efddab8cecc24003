use std::fmt;

use thiserror::Error;

use super::TagKind;

/// Why FLV bytes are refused. `at` counts bytes in the tag's body, `offset` bytes of the whole file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Fault {
    /// A tag's body ends inside its header.
    #[error("{kind} tag needs {needed_bytes} bytes at byte {at}, it has {left_bytes}")]
    Truncated {
        /// Kind of the tag.
        kind: TagKind,
        /// Where the missing part begins.
        at: usize,
        /// Bytes that the part needs.
        needed_bytes: usize,
        /// Bytes that are there.
        left_bytes: usize,
    },
    /// The codec is not one of the live path.
    #[error("{kind} codec {codec} is not supported")]
    UnsupportedCodec {
        /// Kind of the tag.
        kind: TagKind,
        /// The codec.
        codec: ForeignCodec,
    },
    /// One message carries several tracks (Enhanced RTMP v2, multitrack).
    #[error("{kind} with several tracks in one message is not supported")]
    UnsupportedMultitrack {
        /// Kind of the tag.
        kind: TagKind,
    },
    /// A packet type that is reserved, or that has no meaning for the codec.
    #[error("{kind} packet type {packet_type} is unknown")]
    UnknownPacketType {
        /// Kind of the tag.
        kind: TagKind,
        /// The type.
        packet_type: u8,
    },
    /// A script tag does not begin with a name, an AMF0 string.
    #[error("script tag begins with AMF0 marker {marker:#04x} instead of a name")]
    ScriptWithoutName {
        /// The marker found.
        marker: u8,
    },
    /// The body of a tag to write is longer than 24 bits can count.
    #[error("a {kind} tag cannot hold {bytes} bytes")]
    TagTooLong {
        /// Kind of the tag.
        kind: TagKind,
        /// Bytes of its body.
        bytes: usize,
    },
    /// The file does not begin as FLV of version 1 does (annex E.2).
    #[error("not an FLV file of version 1")]
    NotFlv,
    /// The file's header announces a length that is less than its own or out of proportion.
    #[error("the FLV header announces {bytes} bytes of its own")]
    HeaderLength {
        /// The announced length.
        bytes: u32,
    },
    /// A tag's body is encrypted or otherwise filtered (annex F).
    #[error("the tag at byte {offset} is encrypted")]
    FilteredTag {
        /// Where the tag begins.
        offset: u64,
    },
    /// A tag of an unknown kind.
    #[error("the tag at byte {offset} is of unknown kind {number}")]
    UnknownTagKind {
        /// Where the tag begins.
        offset: u64,
        /// The number found.
        number: u8,
    },
    /// A tag is longer than the limit of RTMP messages of its kind.
    #[error("the {kind} tag at byte {offset} has {bytes} bytes, at most {bytes_max} are allowed")]
    TagTooLarge {
        /// Where the tag begins.
        offset: u64,
        /// Kind of the tag.
        kind: TagKind,
        /// The announced length of its body.
        bytes: usize,
        /// The limit.
        bytes_max: usize,
    },
    /// The file ends inside its header or a tag.
    #[error("the file ends at byte {offset}, inside a header or a tag")]
    FileTruncated {
        /// Where the file ends.
        offset: u64,
    },
}

/// A codec that the live path does not carry, as the sender names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ForeignCodec {
    /// FourCC of an enhanced video or audio header.
    FourCc([u8; 4]),
    /// Codec id of a legacy video header (annex E.4.3.1).
    VideoId(u8),
    /// Sound format of a legacy audio header (annex E.4.2.1).
    AudioId(u8),
    /// The same, of a codec that is carried in mono only.
    StereoId(u8),
}

impl ForeignCodec {
    /// Its usual name; `unknown` where the number or code is reserved.
    pub fn name(self) -> &'static str {
        match self {
            Self::FourCc(code) => fourcc_name(&code),
            Self::VideoId(id) => video_name(id),
            Self::AudioId(id) => audio_name(id),
            Self::StereoId(_) => "G.711 in stereo",
        }
    }
}

impl fmt::Display for ForeignCodec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::FourCc(code) => write!(f, "{} (FourCC {})", self.name(), code.escape_ascii()),
            Self::VideoId(id) | Self::AudioId(id) | Self::StereoId(id) => write!(f, "{} (id {id})", self.name()),
        }
    }
}

fn fourcc_name(code: &[u8; 4]) -> &'static str {
    match code {
        b"vp08" => "VP8",
        b"vvc1" => "VVC",
        b"ac-3" => "AC-3",
        b"ec-3" => "E-AC-3",
        b"fLaC" => "FLAC",
        _ => "unknown",
    }
}

/// Ids 8 to 11 and 13 to 15 were never given by Adobe; 13 is what some encoders send for AV1.
fn video_name(id: u8) -> &'static str {
    match id {
        2 => "Sorenson H.263",
        3 => "Screen Video",
        4 => "VP6",
        5 => "VP6 with alpha",
        6 => "Screen Video 2",
        13 => "AV1",
        _ => "unknown",
    }
}

/// Formats 12 and 13 were never given by Adobe; 13 is what some encoders send for Opus.
fn audio_name(id: u8) -> &'static str {
    match id {
        0 => "PCM of unknown byte order",
        1 => "ADPCM",
        3 => "PCM",
        4 => "Nellymoser 16 kHz",
        5 => "Nellymoser 8 kHz",
        6 => "Nellymoser",
        11 => "Speex",
        13 => "Opus",
        15 => "device-specific sound",
        _ => "unknown",
    }
}
