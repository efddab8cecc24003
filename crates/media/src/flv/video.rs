use bytes::Bytes;
use vivace_base::MediaTime;

use super::body::Body;
use super::{Fault, ForeignCodec, TagKind, enhanced};
use crate::Codec;

const FRAME_KEY: u8 = 1;
const FRAME_GENERATED_KEY: u8 = 4;
const FRAME_COMMAND: u8 = 5;

const CODED_FRAMES_X: u8 = 3;
const METADATA: u8 = 4;
const MULTITRACK: u8 = 6;

/// What the body of a video tag carries. Payloads share the body's memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum VideoTag {
    /// A decoder configuration record: avcC, hvcC, av1C or vpcC.
    SequenceStart {
        /// The codec.
        codec: Codec,
        /// The record.
        record: Bytes,
    },
    /// One coded picture.
    Coded {
        /// The codec.
        codec: Codec,
        /// The tag says that a decoder may begin here.
        key: bool,
        /// Presentation time minus decoding time.
        cts: MediaTime,
        /// What a modifier adds to the tag's timestamp: less than one millisecond.
        timestamp_offset: MediaTime,
        /// Length-prefixed NAL units, the OBUs of a temporal unit, or a VP9 frame.
        data: Bytes,
    },
    /// The sequence is over; pictures of another may follow.
    SequenceEnd {
        /// The codec.
        codec: Codec,
    },
    /// Metadata of the picture, such as `colorInfo`: AMF0 values (Enhanced RTMP, "Metadata Frame").
    Metadata {
        /// The codec.
        codec: Codec,
        /// The values.
        data: Bytes,
    },
    /// Nothing for a decoder: an empty body, an empty picture, or a player command such as a seek mark.
    Ignored,
}

/// Reads the body of a video tag or RTMP video message: legacy (annex E.4.3.1) or enhanced header.
///
/// Reserved frame types are taken for pictures that are no key frames.
///
/// # Errors
/// The header is cut short, or names a codec, packet type or several tracks that the live path does not carry.
pub fn parse_video(body: &Bytes) -> Result<VideoTag, Fault> {
    if body.is_empty() {
        return Ok(VideoTag::Ignored);
    }
    let mut body = Body::new(body, TagKind::Video);
    let first = body.u8()?;
    let is_enhanced = first & 0x80 != 0;
    let frame_type = (first >> 4) & 0x07;
    let key = matches!(frame_type, FRAME_KEY | FRAME_GENERATED_KEY);
    match (is_enhanced, frame_type) {
        (_, FRAME_COMMAND) => Ok(VideoTag::Ignored),
        (false, _) => legacy(&mut body, key, first & 0x0F),
        (true, _) => enhanced(&mut body, key, first & 0x0F),
    }
}

fn legacy(body: &mut Body<'_>, key: bool, codec_id: u8) -> Result<VideoTag, Fault> {
    let codec = match codec_id {
        7 => Codec::H264,
        12 => Codec::Hevc,
        id => return Err(Fault::UnsupportedCodec { kind: TagKind::Video, codec: ForeignCodec::VideoId(id) }),
    };
    let packet_type = body.u8()?;
    if packet_type == enhanced::SEQUENCE_END {
        // Senders differ in whether a composition time follows.
        return Ok(VideoTag::SequenceEnd { codec });
    }
    let cts = composition_time(body)?;
    match packet_type {
        enhanced::SEQUENCE_START => Ok(VideoTag::SequenceStart { codec, record: body.rest() }),
        enhanced::CODED_FRAMES => Ok(coded(body, codec, key, cts, MediaTime::ZERO)),
        packet_type => Err(Fault::UnknownPacketType { kind: TagKind::Video, packet_type }),
    }
}

fn enhanced(body: &mut Body<'_>, key: bool, first_packet_type: u8) -> Result<VideoTag, Fault> {
    let prefix = enhanced::prefix(body, first_packet_type)?;
    if prefix.packet_type == MULTITRACK {
        return Err(Fault::UnsupportedMultitrack { kind: TagKind::Video });
    }
    let codec = match &body.fourcc()? {
        b"avc1" => Codec::H264,
        b"hvc1" => Codec::Hevc,
        b"av01" => Codec::Av1,
        b"vp09" => Codec::Vp9,
        code => return Err(Fault::UnsupportedCodec { kind: TagKind::Video, codec: ForeignCodec::FourCc(*code) }),
    };
    match prefix.packet_type {
        enhanced::SEQUENCE_START => Ok(VideoTag::SequenceStart { codec, record: body.rest() }),
        enhanced::CODED_FRAMES => {
            // Pictures of AV1 and VP9 are shown in the order in which they are sent.
            let reorders = matches!(codec, Codec::H264 | Codec::Hevc);
            let cts = if reorders { composition_time(body)? } else { MediaTime::ZERO };
            Ok(coded(body, codec, key, cts, prefix.offset))
        }
        enhanced::SEQUENCE_END => Ok(VideoTag::SequenceEnd { codec }),
        CODED_FRAMES_X => Ok(coded(body, codec, key, MediaTime::ZERO, prefix.offset)),
        METADATA => Ok(VideoTag::Metadata { codec, data: body.rest() }),
        // The MPEG-2 TS sequence start (5) is AV1's in another form, which no known sender uses.
        packet_type => Err(Fault::UnknownPacketType { kind: TagKind::Video, packet_type }),
    }
}

fn composition_time(body: &mut Body<'_>) -> Result<MediaTime, Fault> {
    body.si24().map(|ms| MediaTime::from_ms(i64::from(ms)))
}

fn coded(body: &Body<'_>, codec: Codec, key: bool, cts: MediaTime, timestamp_offset: MediaTime) -> VideoTag {
    let data = body.rest();
    if data.is_empty() {
        return VideoTag::Ignored;
    }
    VideoTag::Coded { codec, key, cts, timestamp_offset, data }
}
