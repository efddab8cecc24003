use super::{Fault, TagKind};
use crate::{Codec, Frame, FrameKind};

/// What a tag adds to its body: the tag header and the previous tag size behind it.
pub const TAG_OVERHEAD_BYTES: usize = TAG_HEADER_BYTES + 4;

const TAG_HEADER_BYTES: usize = 11;
const U24_MAX: usize = 0xFF_FFFF;
const SI24_MIN: i64 = -0x80_0000;
const SI24_MAX: i64 = 0x7F_FFFF;

const FRAME_KEY: u8 = 1;
const FRAME_INTER: u8 = 2;
/// AAC as annex E.4.2.1 wants it whatever the sound is: 44 kHz, 16 bits, stereo.
const AAC_FLAGS: u8 = 0xAF;
/// MP3, 44 kHz, 16 bits, stereo; decoders read the frame's own header.
const MP3_FLAGS: u8 = 0x2F;
/// G.711 A-law in 16 bits (which it becomes), mono; its 8 kHz have no number and stand as the lowest, as others do it.
const G711_A_FLAGS: u8 = 0x72;
/// The same for mu-law.
const G711_U_FLAGS: u8 = 0x82;

const SEQUENCE_START: u8 = 0;
const CODED_FRAMES: u8 = 1;
const CODED_FRAMES_X: u8 = 3;

/// The kind of the tag or RTMP message that carries this frame.
pub fn tag_kind(frame: &Frame) -> TagKind {
    match frame.kind {
        FrameKind::Metadata => TagKind::Script,
        FrameKind::VideoConfig | FrameKind::Video => TagKind::Video,
        FrameKind::AudioConfig | FrameKind::Audio => TagKind::Audio,
    }
}

/// Appends what stands before `frame.payload` in the body of a tag or RTMP message.
///
/// HEVC, AV1, VP9 and Opus have enhanced headers, the others legacy ones. Times are rounded to milliseconds so that decoding
/// and presentation time each stay the nearest millisecond before the true one. Metadata has no header.
pub fn body_header(frame: &Frame, out: &mut Vec<u8>) {
    let is_config = matches!(frame.kind, FrameKind::VideoConfig | FrameKind::AudioConfig);
    match frame.codec {
        Some(Codec::H264) => h264_header(frame, is_config, out),
        Some(Codec::Hevc) => hevc_header(frame, is_config, out),
        Some(Codec::Av1) => ordered_header(frame, is_config, b"av01", out),
        Some(Codec::Vp9) => ordered_header(frame, is_config, b"vp09", out),
        Some(Codec::Aac) => out.extend_from_slice(&[AAC_FLAGS, u8::from(!is_config)]),
        Some(Codec::Mp3) => out.push(MP3_FLAGS),
        Some(Codec::Opus) => {
            const ENHANCED: u8 = 0x90;
            out.push(ENHANCED | if is_config { SEQUENCE_START } else { CODED_FRAMES });
            out.extend_from_slice(b"Opus");
        }
        Some(Codec::G711A) => out.push(G711_A_FLAGS),
        Some(Codec::G711U) => out.push(G711_U_FLAGS),
        None => {}
    }
}

/// Appends a whole tag: header, body, and the previous tag size behind it (annex E.4.1).
///
/// # Errors
/// The body is longer than 24 bits can count; nothing is appended then.
pub fn write_tag(frame: &Frame, timestamp_ms: u32, out: &mut Vec<u8>) -> Result<(), Fault> {
    let start = out.len();
    let kind = tag_kind(frame);
    out.push(kind.number());
    out.extend_from_slice(&[0; TAG_HEADER_BYTES - 1]);
    body_header(frame, out);
    let body_bytes = (out.len() - start - TAG_HEADER_BYTES).saturating_add(frame.payload.len());
    let Some(size) = u32::try_from(body_bytes).ok().filter(|_| body_bytes <= U24_MAX) else {
        out.truncate(start);
        return Err(Fault::TagTooLong { kind, bytes: body_bytes });
    };
    let [_, size_high, size_middle, size_low] = size.to_be_bytes();
    let [extended, high, middle, low] = timestamp_ms.to_be_bytes();
    let fields = [size_high, size_middle, size_low, high, middle, low, extended];
    if let Some(place) = out.get_mut(start + 1..start + 1 + fields.len()) {
        place.copy_from_slice(&fields);
    }
    out.extend_from_slice(&frame.payload);
    let tag_bytes = size.saturating_add(TAG_HEADER_BYTES as u32);
    out.extend_from_slice(&tag_bytes.to_be_bytes());
    Ok(())
}

/// The file header (annex E.2) and the first previous tag size.
pub fn file_header(audio: bool, video: bool) -> [u8; 13] {
    let flags = (u8::from(audio) << 2) | u8::from(video);
    [b'F', b'L', b'V', 1, flags, 0, 0, 0, 9, 0, 0, 0, 0]
}

fn h264_header(frame: &Frame, is_config: bool, out: &mut Vec<u8>) {
    let [high, middle, low] = if is_config { [0; 3] } else { composition_time(frame) };
    out.extend_from_slice(&[frame_type(frame, is_config) << 4 | 7, u8::from(!is_config), high, middle, low]);
}

fn hevc_header(frame: &Frame, is_config: bool, out: &mut Vec<u8>) {
    let cts = composition_time(frame);
    let packet_type = match (is_config, cts) {
        (true, _) => SEQUENCE_START,
        (false, [0, 0, 0]) => CODED_FRAMES_X,
        (false, _) => CODED_FRAMES,
    };
    out.push(0x80 | frame_type(frame, is_config) << 4 | packet_type);
    out.extend_from_slice(b"hvc1");
    if packet_type == CODED_FRAMES {
        out.extend_from_slice(&cts);
    }
}

/// For codecs whose pictures are shown in the order in which they are sent: no composition time.
fn ordered_header(frame: &Frame, is_config: bool, fourcc: &[u8; 4], out: &mut Vec<u8>) {
    let packet_type = if is_config { SEQUENCE_START } else { CODED_FRAMES };
    out.push(0x80 | frame_type(frame, is_config) << 4 | packet_type);
    out.extend_from_slice(fourcc);
}

/// A sequence header is marked as a key frame, as all senders do.
fn frame_type(frame: &Frame, is_config: bool) -> u8 {
    if is_config || frame.key { FRAME_KEY } else { FRAME_INTER }
}

/// The distance of the two times after each was rounded: so presentation times do not jitter by a millisecond.
fn composition_time(frame: &Frame) -> [u8; 3] {
    let ms = ((frame.dts + frame.cts).ms() - frame.dts.ms()).clamp(SI24_MIN, SI24_MAX);
    let [.., high, middle, low] = ms.to_be_bytes();
    [high, middle, low]
}
