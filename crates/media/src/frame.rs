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
}

/// What a frame is to the hub.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FrameKind {
    /// Stream metadata: the AMF0 bytes of `onMetaData` and its value, as in an FLV script tag.
    Metadata,
    /// A video decoder configuration record (avcC, hvcC): the sequence header.
    VideoConfig,
    /// An audio decoder configuration record (AudioSpecificConfig): the sequence header.
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
    /// A reader may begin here (video IDR/CRA; audio of a stream without video).
    pub key: bool,
    /// The bytes: a configuration record, length-prefixed NAL units, an AAC access unit, an MP3 frame, or AMF0.
    pub payload: Bytes,
}
