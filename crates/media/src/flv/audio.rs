use bytes::Bytes;
use vivace_base::MediaTime;

use super::body::Body;
use super::{Fault, ForeignCodec, TagKind, enhanced};
use crate::Codec;

const MP3: u8 = 2;
const G711_A: u8 = 7;
const G711_U: u8 = 8;
const ENHANCED: u8 = 9;
const AAC: u8 = 10;
const MP3_8_KHZ: u8 = 14;

const MULTICHANNEL_CONFIG: u8 = 4;

/// What the body of an audio tag carries. Payloads share the body's memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AudioTag {
    /// A decoder configuration record: AudioSpecificConfig or OpusHead.
    SequenceStart {
        /// The codec.
        codec: Codec,
        /// The record.
        record: Bytes,
    },
    /// Coded sound: one AAC access unit, one Opus packet, MP3 frames, or samples of G.711.
    Coded {
        /// The codec.
        codec: Codec,
        /// What a modifier adds to the tag's timestamp: less than one millisecond.
        timestamp_offset: MediaTime,
        /// The bytes.
        data: Bytes,
    },
    /// The sequence is over; sound of another may follow.
    SequenceEnd {
        /// The codec.
        codec: Codec,
    },
    /// Nothing for a decoder: an empty body, empty sound, or a loudspeaker layout.
    Ignored,
}

/// Reads the body of an audio tag or RTMP audio message: legacy (annex E.4.2.1) or enhanced header.
///
/// # Errors
/// The header is cut short, or names a codec, packet type or several tracks that the live path does not carry.
pub fn parse_audio(body: &Bytes) -> Result<AudioTag, Fault> {
    if body.is_empty() {
        return Ok(AudioTag::Ignored);
    }
    let mut body = Body::new(body, TagKind::Audio);
    let first = body.u8()?;
    match first >> 4 {
        AAC => legacy_aac(&mut body),
        MP3 | MP3_8_KHZ => Ok(coded(&body, Codec::Mp3, MediaTime::ZERO)),
        G711_A => g711(&body, first, Codec::G711A),
        G711_U => g711(&body, first, Codec::G711U),
        ENHANCED => enhanced(&mut body, first & 0x0F),
        id => Err(Fault::UnsupportedCodec { kind: TagKind::Audio, codec: ForeignCodec::AudioId(id) }),
    }
}

fn legacy_aac(body: &mut Body<'_>) -> Result<AudioTag, Fault> {
    match body.u8()? {
        enhanced::SEQUENCE_START => Ok(AudioTag::SequenceStart { codec: Codec::Aac, record: body.rest() }),
        enhanced::CODED_FRAMES => Ok(coded(body, Codec::Aac, MediaTime::ZERO)),
        packet_type => Err(Fault::UnknownPacketType { kind: TagKind::Audio, packet_type }),
    }
}

/// The live path knows G.711 as telephony has it. The flag of stereo is one that senders set by intent.
fn g711(body: &Body<'_>, flags: u8, codec: Codec) -> Result<AudioTag, Fault> {
    const STEREO: u8 = 1;
    if flags & STEREO != 0 {
        return Err(Fault::UnsupportedCodec { kind: TagKind::Audio, codec: ForeignCodec::StereoId(flags >> 4) });
    }
    Ok(coded(body, codec, MediaTime::ZERO))
}

fn enhanced(body: &mut Body<'_>, first_packet_type: u8) -> Result<AudioTag, Fault> {
    let prefix = enhanced::prefix(body, first_packet_type)?;
    if prefix.packet_type == enhanced::MULTITRACK {
        return Err(Fault::UnsupportedMultitrack { kind: TagKind::Audio });
    }
    let codec = match &body.fourcc()? {
        b"mp4a" => Codec::Aac,
        b".mp3" => Codec::Mp3,
        b"Opus" => Codec::Opus,
        code => return Err(Fault::UnsupportedCodec { kind: TagKind::Audio, codec: ForeignCodec::FourCc(*code) }),
    };
    match (prefix.packet_type, codec) {
        // MP3 frames describe themselves: a sequence start carries nothing.
        (enhanced::SEQUENCE_START, Codec::Mp3) => Ok(AudioTag::Ignored),
        // An Opus sequence start may be empty: each packet then tells whether it is mono or stereo.
        (enhanced::SEQUENCE_START, Codec::Opus) if body.rest().is_empty() => Ok(AudioTag::Ignored),
        (enhanced::SEQUENCE_START, _) => Ok(AudioTag::SequenceStart { codec, record: body.rest() }),
        (enhanced::CODED_FRAMES, _) => Ok(coded(body, codec, prefix.offset)),
        (enhanced::SEQUENCE_END, _) => Ok(AudioTag::SequenceEnd { codec }),
        (MULTICHANNEL_CONFIG, _) => Ok(AudioTag::Ignored),
        (packet_type, _) => Err(Fault::UnknownPacketType { kind: TagKind::Audio, packet_type }),
    }
}

fn coded(body: &Body<'_>, codec: Codec, timestamp_offset: MediaTime) -> AudioTag {
    let data = body.rest();
    if data.is_empty() {
        return AudioTag::Ignored;
    }
    AudioTag::Coded { codec, timestamp_offset, data }
}
