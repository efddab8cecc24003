use super::write::{boxed, full, u32, u64};
use super::{Fault, Track};
use crate::{Codec, av1};
use vivace_base::MediaTime;

/// One sample of a fragment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sample<'a> {
    /// Decoding time on the stream's timeline.
    pub dts: MediaTime,
    /// Presentation time minus decoding time.
    pub cts: MediaTime,
    /// Until the next sample is decoded; counts for the last sample of a fragment, the others last until the next one.
    pub duration: MediaTime,
    /// Decoding may begin here. Every sample of audio is written as such.
    pub key: bool,
    /// One frame in the form that its codec tells; of an AV1 temporal unit the delimiter is left out.
    pub payload: &'a [u8],
}

/// Bytes of `moof` without the entries of `trun`: moof 8, mfhd 16, traf 8, tfhd 16, tfdt 20, trun 20.
const HEAD_BYTES: usize = 88;
/// Bytes of the header of `mdat`.
const DATA_HEAD_BYTES: usize = 8;

/// Appends `moof` and `mdat` with these samples of one track to `out`; without samples it appends nothing.
///
/// `sequence` begins with one and grows with every fragment of the file (`mfhd`). Memory is taken only to grow `out`, at
/// most once.
///
/// Times on the track are the stream's own times, rounded to the track's time scale, under two rules. The decoding time
/// is at least zero and at least that of the sample before; a sample that breaks this is decoded at the bound instead,
/// and a sample that ends before the bound lasts no time. The presentation time stays what it was, so the composition
/// offset grows or turns negative; it is held to 32 bits.
///
/// # Errors
/// [`Fault::FragmentTooLarge`]; `out` is then as before.
pub fn fragment(sequence: u32, track: &Track, samples: &[Sample<'_>], out: &mut Vec<u8>) -> Result<(), Fault> {
    let Some(first) = samples.first() else { return Ok(()) };
    let sizes = Sizes::of(track, samples)?;
    let start = decoding_ticks(track, first.dts, 0);
    out.reserve(sizes.total);
    boxed(out, b"moof", |out| {
        full(out, b"mfhd", 0, 0, |out| u32(out, sequence));
        boxed(out, b"traf", |out| {
            const DEFAULT_BASE_IS_MOOF: u32 = 0x2_0000;
            full(out, b"tfhd", 0, DEFAULT_BASE_IS_MOOF, |out| u32(out, track.id));
            full(out, b"tfdt", 1, 0, |out| u64(out, start.unsigned_abs()));
            run(track, samples, start, sizes.data_offset, out);
        });
    });
    boxed(out, b"mdat", |out| samples.iter().for_each(|sample| out.extend_from_slice(stored(track, sample))));
    Ok(())
}

struct Sizes {
    /// From the start of `moof` to the first payload, as `trun` tells it.
    data_offset: u32,
    /// Bytes of the fragment.
    total: usize,
}

impl Sizes {
    fn of(track: &Track, samples: &[Sample<'_>]) -> Result<Self, Fault> {
        Self::checked(track, samples).ok_or(Fault::FragmentTooLarge)
    }

    fn checked(track: &Track, samples: &[Sample<'_>]) -> Option<Self> {
        let entry_bytes = if track.is_video() { 16 } else { 12 };
        let head = samples.len().checked_mul(entry_bytes)?.checked_add(HEAD_BYTES + DATA_HEAD_BYTES)?;
        let data = samples.iter().try_fold(0usize, |sum, sample| sum.checked_add(stored(track, sample).len()))?;
        u32::try_from(data.checked_add(DATA_HEAD_BYTES)?).ok()?;
        let data_offset = i32::try_from(head).ok()?.unsigned_abs();
        Some(Self { data_offset, total: head.checked_add(data)? })
    }
}

/// `trun` (ISO/IEC 14496-12, 8.8.8) with a duration, size, flags and, for video, a signed composition offset per sample.
fn run(track: &Track, samples: &[Sample<'_>], start: i64, data_offset: u32, out: &mut Vec<u8>) {
    const OFFSET_DURATION_SIZE_FLAGS: u32 = 0x701;
    const COMPOSITION: u32 = 0x800;
    let flags = OFFSET_DURATION_SIZE_FLAGS | if track.is_video() { COMPOSITION } else { 0 };
    full(out, b"trun", 1, flags, |out| {
        u32(out, samples.len() as u32);
        u32(out, data_offset);
        let mut decoding = start;
        for (place, sample) in samples.iter().enumerate() {
            let end = samples.get(place + 1).map_or(sample.dts + sample.duration, |next| next.dts);
            let duration = u32::try_from(decoding_ticks(track, end, decoding).saturating_sub(decoding));
            let duration = duration.unwrap_or(u32::MAX);
            u32(out, duration);
            u32(out, stored(track, sample).len() as u32);
            u32(out, sample_flags(track, sample));
            if track.is_video() {
                let offset = track.ticks(sample.dts + sample.cts).saturating_sub(decoding);
                out.extend((offset.clamp(i64::from(i32::MIN), i64::from(i32::MAX)) as i32).to_be_bytes());
            }
            // What the reader adds up, which the next offset counts from.
            decoding = decoding.saturating_add(i64::from(duration));
        }
    });
}

/// What of a frame stands in a file.
fn stored<'a>(track: &Track, sample: &Sample<'a>) -> &'a [u8] {
    if track.codec == Codec::Av1 { av1::without_delimiter(sample.payload) } else { sample.payload }
}

/// The first rule of [`fragment`]: not before `bound`, which is never below zero.
fn decoding_ticks(track: &Track, time: MediaTime, bound: i64) -> i64 {
    track.ticks(time).max(bound)
}

/// `sample_flags` (8.8.3.1).
fn sample_flags(track: &Track, sample: &Sample<'_>) -> u32 {
    const DEPENDS_ON_NONE: u32 = 2 << 24;
    const DEPENDS_ON_OTHERS: u32 = 1 << 24;
    const NOT_SYNC: u32 = 1 << 16;
    if sample.key || !track.is_video() { DEPENDS_ON_NONE } else { DEPENDS_ON_OTHERS | NOT_SYNC }
}
