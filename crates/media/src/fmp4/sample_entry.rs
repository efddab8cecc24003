use super::Track;
use super::write::{boxed, descriptor, full, u16, u32, zeros};
use crate::Codec;

/// The one entry of `stsd`: codec, size or sound, and the decoder's configuration.
pub(crate) fn sample_entry(track: &Track, out: &mut Vec<u8>) {
    match track.codec {
        Codec::H264 => visual(track, b"avc1", b"avcC", out),
        Codec::Hevc => visual(track, b"hvc1", b"hvcC", out),
        Codec::Av1 => visual(track, b"av01", b"av1C", out),
        Codec::Vp9 => visual(track, b"vp09", b"vpcC", out),
        Codec::Aac | Codec::Mp3 => {
            audio(track, b"mp4a", out, |out| full(out, b"esds", 0, 0, |out| elementary_stream(track, out)));
        }
        Codec::Opus => {
            audio(track, b"Opus", out, |out| boxed(out, b"dOps", |out| out.extend_from_slice(&track.config)))
        }
        Codec::G711A => audio(track, b"alaw", out, |_| {}),
        Codec::G711U => audio(track, b"ulaw", out, |_| {}),
    }
}

/// `VisualSampleEntry` (ISO/IEC 14496-12, 12.1.3) with the configuration record in a box of its own.
fn visual(track: &Track, kind: &[u8; 4], config_kind: &[u8; 4], out: &mut Vec<u8>) {
    boxed(out, kind, |out| {
        entry_head(out);
        zeros(out, 16);
        u16(out, track.width);
        u16(out, track.height);
        u32(out, 0x48_0000); // 72 dpi across
        u32(out, 0x48_0000); // 72 dpi down
        u32(out, 0);
        u16(out, 1); // frame_count
        zeros(out, 32); // compressorname
        u16(out, 0x18); // depth
        u16(out, 0xffff); // pre_defined
        boxed(out, config_kind, |out| out.extend_from_slice(&track.config));
    });
}

/// `AudioSampleEntry` (ISO/IEC 14496-12, 12.2.3) with the box of its configuration, such as `esds` (ISO/IEC 14496-14,
/// 6.7).
fn audio(track: &Track, kind: &[u8; 4], out: &mut Vec<u8>, config: impl FnOnce(&mut Vec<u8>)) {
    boxed(out, kind, |out| {
        entry_head(out);
        zeros(out, 8);
        u16(out, u16::from(track.channels));
        u16(out, 16); // samplesize
        zeros(out, 4);
        // The field is 16.16 bits; a frequency that is too high for it stands in the configuration alone.
        u16(out, u16::try_from(track.timescale).unwrap_or(0));
        u16(out, 0);
        config(out);
    });
}

/// `ES_Descriptor` (ISO/IEC 14496-1, 7.2.6.5).
fn elementary_stream(track: &Track, out: &mut Vec<u8>) {
    const ES: u8 = 3;
    const DECODER_CONFIG: u8 = 4;
    const DECODER_SPECIFIC: u8 = 5;
    const SYNC_LAYER: u8 = 6;
    const AUDIO_STREAM: u8 = 0x05 << 2 | 1;
    const PREDEFINED_FOR_MP4: u8 = 2;
    descriptor(out, ES, |out| {
        u16(out, 0); // ES_ID, which a file leaves to the track
        out.push(0);
        descriptor(out, DECODER_CONFIG, |out| {
            out.push(track.object_type);
            out.push(AUDIO_STREAM);
            zeros(out, 3); // bufferSizeDB
            u32(out, 0); // maxBitrate
            u32(out, 0); // avgBitrate: not constant
            if !track.config.is_empty() {
                descriptor(out, DECODER_SPECIFIC, |out| out.extend_from_slice(&track.config));
            }
        });
        descriptor(out, SYNC_LAYER, |out| out.push(PREDEFINED_FOR_MP4));
    });
}

/// `SampleEntry`: reserved bytes and the data reference.
fn entry_head(out: &mut Vec<u8>) {
    zeros(out, 6);
    u16(out, 1);
}
