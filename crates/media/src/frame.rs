use bytes::Bytes;
use vivace_base::MediaTime;

/// A codec of the live path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Codec {
    /// H.264 / AVC (ISO/IEC 14496-10); frames are length-prefixed NAL units.
    H264,
    /// H.265 / HEVC (ISO/IEC 23008-2); frames are length-prefixed NAL units.
    Hevc,
    /// AAC (ISO/IEC 14496-3); raw access units.
    Aac,
    /// MPEG-1/2 Audio Layer III; whole frames with their headers.
    Mp3,
    /// AV1 (AV1 Bitstream & Decoding Process Specification); temporal units of OBUs with sizes.
    Av1,
    /// VP9 (VP9 Bitstream & Decoding Process Specification); frames or superframes.
    Vp9,
    /// Opus (RFC 6716); packets.
    Opus,
    /// G.711 A-law (ITU-T G.711); samples of 8 kHz, mono.
    G711A,
    /// G.711 mu-law (ITU-T G.711); samples of 8 kHz, mono.
    G711U,
}

impl Codec {
    /// Every codec, pictures first, in the order in which lists show them.
    pub const ALL: [Self; 9] =
        [Self::H264, Self::Hevc, Self::Av1, Self::Vp9, Self::Aac, Self::Mp3, Self::Opus, Self::G711A, Self::G711U];

    /// Its usual name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::H264 => "H.264",
            Self::Hevc => "HEVC",
            Self::Av1 => "AV1",
            Self::Vp9 => "VP9",
            Self::Aac => "AAC",
            Self::Mp3 => "MP3",
            Self::Opus => "Opus",
            Self::G711A => "G.711 A-law",
            Self::G711U => "G.711 mu-law",
        }
    }

    /// Whether it codes pictures.
    pub const fn is_video(self) -> bool {
        matches!(self, Self::H264 | Self::Hevc | Self::Av1 | Self::Vp9)
    }

    /// Whether a decoder needs a configuration record; every frame of the others describes itself.
    pub const fn has_record(self) -> bool {
        !matches!(self, Self::Mp3 | Self::G711A | Self::G711U)
    }
}

/// What a frame is to the hub.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FrameKind {
    /// Stream metadata: the AMF0 bytes of `onMetaData` and its value, as in an FLV script tag.
    Metadata,
    /// A video decoder configuration record (avcC, hvcC, av1C, vpcC): the sequence header.
    VideoConfig,
    /// An audio decoder configuration record (AudioSpecificConfig, OpusHead): the sequence header.
    AudioConfig,
    /// One coded picture.
    Video,
    /// One coded audio frame.
    Audio,
}

/// One unit that passes through the hub: codec-level bytes without any container around them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// What it is.
    pub kind: FrameKind,
    /// Its codec; `None` for metadata.
    pub codec: Option<Codec>,
    /// Decoding time on the stream's timeline.
    pub dts: MediaTime,
    /// Presentation time minus decoding time; zero for audio.
    pub cts: MediaTime,
    /// A reader may begin here (a key frame of video; audio of a stream without video).
    pub key: bool,
    /// The bytes: a configuration record, one frame in the form that its codec tells, or AMF0.
    pub payload: Bytes,
}
