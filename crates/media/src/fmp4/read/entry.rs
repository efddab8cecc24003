//! Sample entries: from `stsd` to a codec and its configuration.

use bytes::Bytes;

use super::fields::Fields;
use crate::fmp4::{Fault, Track, find};
use crate::{Codec, opus};

/// Bytes of a `VisualSampleEntry` in front of its boxes.
const VISUAL_BYTES: usize = 78;

/// A codec as the file describes it.
pub(super) struct Described {
    /// As the writer describes it, with the time scale of the file.
    pub(super) track: Track,
    /// As a sequence header holds it.
    pub(super) record: Bytes,
}

/// Reads one entry; `None` for a codec that the live path does not carry.
pub(super) fn describe(kind: &[u8; 4], payload: &[u8], id: u32, timescale: u32) -> Result<Option<Described>, Fault> {
    let described = match kind {
        b"avc1" | b"avc3" => visual(Codec::H264, kind, payload, b"avcC", id)?,
        b"hvc1" | b"hev1" => visual(Codec::Hevc, kind, payload, b"hvcC", id)?,
        b"av01" => visual(Codec::Av1, kind, payload, b"av1C", id)?,
        b"vp09" => visual(Codec::Vp9, kind, payload, b"vpcC", id)?,
        b"mp4a" | b".mp3" | b"Opus" | b"alaw" | b"ulaw" => match sound(kind, payload, id)? {
            Some(described) => described,
            None => return Ok(None),
        },
        _ => return Ok(None),
    };
    let track = described.track.with_timescale(timescale);
    Ok(Some(Described { track, ..described }))
}

fn visual(codec: Codec, kind: &[u8; 4], payload: &[u8], config_kind: &[u8; 4], id: u32) -> Result<Described, Fault> {
    let mut fields = Fields::new(kind, payload);
    fields.take(24)?; // SampleEntry, pre_defined, reserved
    let size = (fields.u16()?, fields.u16()?);
    let boxes = payload.get(VISUAL_BYTES..).ok_or(Fault::Field(*kind))?;
    let config = find(boxes, &[config_kind]).ok_or(Fault::Missing(*config_kind))?;
    // Of VP9, the record stands behind version and flags.
    let record = if codec == Codec::Vp9 { config.get(4..).ok_or(Fault::Field(*config_kind))? } else { config };
    let record = Bytes::copy_from_slice(record);
    let in_band = (size.0 > 0 && size.1 > 0).then_some(size);
    Ok(Described { track: Track::sized(codec, &record, in_band, id)?, record })
}

fn sound(kind: &[u8; 4], payload: &[u8], id: u32) -> Result<Option<Described>, Fault> {
    let mut fields = Fields::new(kind, payload);
    fields.take(8)?;
    // QuickTime's entries have a version, and further fields behind those of ISO/IEC 14496-12.
    let further = match fields.u16()? {
        1 => 16,
        2 => 36,
        _ => 0,
    };
    fields.take(6)?;
    let channels = u8::try_from(fields.u16()?).unwrap_or(u8::MAX);
    fields.take(10 + further)?; // samplesize, pre_defined, reserved, samplerate
    let boxes = fields.rest();
    match kind {
        b"Opus" => opus(find(boxes, &[b"dOps"]).ok_or(Fault::Missing(*b"dOps"))?, id).map(Some),
        b"alaw" => Track::g711(Codec::G711A, id).map(plain).map(Some),
        b"ulaw" => Track::g711(Codec::G711U, id).map(plain).map(Some),
        b".mp3" => Track::mpeg_audio(MPEG1_AUDIO, channels, id).map(plain).map(Some),
        _ => {
            let esds = find(boxes, &[b"esds"]).or_else(|| find(boxes, &[b"wave", b"esds"]));
            elementary_stream(esds.ok_or(Fault::Missing(*b"esds"))?, channels, id)
        }
    }
}

fn opus(dops: &[u8], id: u32) -> Result<Described, Fault> {
    let mut record = Vec::new();
    opus::Head::parse_dops(dops)?.write(&mut record);
    let record = Bytes::from(record);
    Ok(Described { track: Track::from_config(Codec::Opus, &record, id)?, record })
}

const fn plain(track: Track) -> Described {
    Described { track, record: Bytes::new() }
}

/// Object type indications (ISO/IEC 14496-1, table 5).
const AUDIO_ISO_14496_3: u8 = 0x40;
const AUDIO_ISO_13818_7: std::ops::RangeInclusive<u8> = 0x66..=0x68;
const MPEG2_AUDIO: u8 = 0x69;
const MPEG1_AUDIO: u8 = 0x6b;

/// `ES_Descriptor` (ISO/IEC 14496-1, 7.2.6.5).
fn elementary_stream(esds: &[u8], channels: u8, id: u32) -> Result<Option<Described>, Fault> {
    let mut fields = Fields::new(b"esds", esds);
    fields.full()?;
    let mut stream = descriptor(&mut fields, 3)?;
    stream.u16()?; // ES_ID
    let flags = stream.u8()?;
    if flags & 0x80 != 0 {
        stream.u16()?; // dependsOn_ES_ID
    }
    if flags & 0x40 != 0 {
        let url_bytes = usize::from(stream.u8()?);
        stream.take(url_bytes)?;
    }
    if flags & 0x20 != 0 {
        stream.u16()?; // OCR_ES_Id
    }
    let mut decoder = descriptor(&mut stream, 4)?;
    let object_type = decoder.u8()?;
    decoder.take(12)?; // streamType, bufferSizeDB, maxBitrate, avgBitrate
    match object_type {
        MPEG1_AUDIO | MPEG2_AUDIO => Track::mpeg_audio(object_type, channels, id).map(plain).map(Some),
        kind if kind == AUDIO_ISO_14496_3 || AUDIO_ISO_13818_7.contains(&kind) => {
            let record = Bytes::copy_from_slice(descriptor(&mut decoder, 5)?.rest());
            Ok(Some(Described { track: Track::from_config(Codec::Aac, &record, id)?, record }))
        }
        _ => Ok(None),
    }
}

/// The content of the next descriptor, which must have this tag (8.3.3).
fn descriptor<'a>(fields: &mut Fields<'a>, tag: u8) -> Result<Fields<'a>, Fault> {
    if fields.u8()? != tag {
        return Err(Fault::Field(*b"esds"));
    }
    let mut bytes = 0usize;
    for _ in 0..4 {
        let byte = fields.u8()?;
        bytes = bytes << 7 | usize::from(byte & 0x7f);
        if byte & 0x80 == 0 {
            break;
        }
    }
    fields.take(bytes).map(|content| Fields::new(b"esds", content))
}
