//! The parts of a closed file as one value: a byte for its form, then a fixed number of bytes per part, little-endian.

use vivace_base::{MediaTime, UnixMs};
use vivace_domain::recording::MediaPart;

const FORM: u8 = 1;
const PART_BYTES: usize = 41;
const KEY: u8 = 1;
const DISCONTINUITY: u8 = 2;

pub(super) fn flags(part: &MediaPart) -> u8 {
    (u8::from(part.key) * KEY) | (u8::from(part.discontinuity) * DISCONTINUITY)
}

/// The part with these flags; none if one of them has no meaning.
pub(super) fn flagged(part: MediaPart, flags: u8) -> Option<MediaPart> {
    let known = flags & !(KEY | DISCONTINUITY) == 0;
    known.then_some(MediaPart { key: flags & KEY != 0, discontinuity: flags & DISCONTINUITY != 0, ..part })
}

pub(super) fn pack(parts: &[MediaPart]) -> Vec<u8> {
    let mut out = Vec::with_capacity(1 + parts.len() * PART_BYTES);
    out.push(FORM);
    for part in parts {
        out.extend_from_slice(&part.number.to_le_bytes());
        out.extend_from_slice(&part.offset.to_le_bytes());
        out.extend_from_slice(&part.bytes.to_le_bytes());
        out.extend_from_slice(&part.begun_at.0.to_le_bytes());
        out.extend_from_slice(&part.dts.ticks().to_le_bytes());
        out.extend_from_slice(&part.duration.ticks().to_le_bytes());
        out.push(flags(part));
    }
    out
}

/// The parts of a value; none if it is not of this form.
pub(super) fn unpack(packed: &[u8]) -> Option<Vec<MediaPart>> {
    let (form, parts) = packed.split_first()?;
    let (parts, rest) = parts.as_chunks::<PART_BYTES>();
    if *form != FORM || !rest.is_empty() {
        return None;
    }
    parts.iter().map(|part| read(part)).collect()
}

fn read(part: &[u8]) -> Option<MediaPart> {
    let mut rest = part;
    let part = MediaPart {
        number: u32::from_le_bytes(*take(&mut rest)?),
        offset: u64::from_le_bytes(*take(&mut rest)?),
        bytes: u32::from_le_bytes(*take(&mut rest)?),
        begun_at: UnixMs(i64::from_le_bytes(*take(&mut rest)?)),
        dts: MediaTime::from_ticks(i64::from_le_bytes(*take(&mut rest)?)),
        duration: MediaTime::from_ticks(i64::from_le_bytes(*take(&mut rest)?)),
        key: false,
        discontinuity: false,
    };
    let [flags] = take::<1>(&mut rest)?;
    flagged(part, *flags)
}

fn take<'a, const BYTES: usize>(rest: &mut &'a [u8]) -> Option<&'a [u8; BYTES]> {
    let (taken, behind) = rest.split_first_chunk()?;
    *rest = behind;
    Some(taken)
}
