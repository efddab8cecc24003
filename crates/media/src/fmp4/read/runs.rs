//! `moof`: track fragments and their runs, before a look at the samples.

use super::InputTrack;
use super::fields::Fields;
use crate::fmp4::{Fault, boxes};

/// What a sample has where its run does not tell it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Defaults {
    pub(super) duration: u32,
    pub(super) size: u32,
    pub(super) flags: u32,
}

/// One `trun` (ISO/IEC 14496-12, 8.8.8).
#[derive(Clone, Copy, Debug)]
pub(super) struct Run<'a> {
    /// Place of the track among those of the reader.
    pub(super) track: usize,
    /// Set on the first run of a track fragment.
    pub(super) opens: Option<Opens>,
    pub(super) flags: u32,
    pub(super) count: u32,
    pub(super) data_offset: Option<i32>,
    pub(super) first_flags: Option<u32>,
    pub(super) entries: &'a [u8],
    pub(super) defaults: Defaults,
}

/// Where a track fragment begins.
#[derive(Clone, Copy, Debug)]
pub(super) struct Opens {
    /// What offsets count from, in the bytes that are read; `None` for the end of the track fragment before.
    pub(super) base: Option<i64>,
    /// `tfdt`; `None` for the end of what came before.
    pub(super) decode_time: Option<i64>,
}

const DATA_OFFSET: u32 = 0x1;
const FIRST_FLAGS: u32 = 0x4;
pub(super) const DURATION: u32 = 0x100;
pub(super) const SIZE: u32 = 0x200;
pub(super) const FLAGS: u32 = 0x400;
pub(super) const COMPOSITION: u32 = 0x800;

/// Appends the runs of the tracks that are known. `moof_at` is where `moof` begins in the bytes that are read, `file_at`
/// where these begin in their file.
pub(super) fn runs<'a>(
    moof: &'a [u8],
    moof_at: i64,
    file_at: u64,
    tracks: &[InputTrack],
    out: &mut Vec<Run<'a>>,
) -> Result<(), Fault> {
    let mut first = true;
    for found in boxes(moof) {
        let found = found?;
        if found.kind == *b"traf" {
            track_fragment(found.payload, moof_at, file_at, first, tracks, out)?;
            first = false;
        }
    }
    Ok(())
}

fn track_fragment<'a>(
    traf: &'a [u8],
    moof_at: i64,
    file_at: u64,
    first: bool,
    tracks: &[InputTrack],
    out: &mut Vec<Run<'a>>,
) -> Result<(), Fault> {
    let (mut header, mut decode_time) = (None, None);
    // Boxes may stand in any order, so the header is looked for before the runs.
    for found in boxes(traf) {
        let found = found?;
        match &found.kind {
            b"tfhd" => header = Some(found.payload),
            b"tfdt" => decode_time = Some(track_decode_time(found.payload)?),
            _ => {}
        }
    }
    let header = header.ok_or(Fault::Missing(*b"tfhd"))?;
    let Some(header) = Header::read(header, moof_at, file_at, first, tracks)? else { return Ok(()) };
    let mut opens = Some(Opens { base: header.base, decode_time });
    for found in boxes(traf) {
        let found = found?;
        if found.kind == *b"trun" {
            out.push(run(found.payload, header.track, header.defaults, opens.take())?);
        }
    }
    Ok(())
}

fn track_decode_time(tfdt: &[u8]) -> Result<i64, Fault> {
    let mut fields = Fields::new(b"tfdt", tfdt);
    let (version, _) = fields.full()?;
    i64::try_from(fields.long(version)?).map_err(|_| Fault::DecodeTime)
}

/// `tfhd` (8.8.7).
struct Header {
    track: usize,
    base: Option<i64>,
    defaults: Defaults,
}

impl Header {
    /// `None` for a track that is not known.
    fn read(
        tfhd: &[u8],
        moof_at: i64,
        file_at: u64,
        first: bool,
        tracks: &[InputTrack],
    ) -> Result<Option<Self>, Fault> {
        const BASE_DATA_OFFSET: u32 = 0x1;
        const DESCRIPTION: u32 = 0x2;
        const DEFAULT_DURATION: u32 = 0x8;
        const DEFAULT_SIZE: u32 = 0x10;
        const DEFAULT_FLAGS: u32 = 0x20;
        const DEFAULT_BASE_IS_MOOF: u32 = 0x2_0000;
        let mut fields = Fields::new(b"tfhd", tfhd);
        let (_, flags) = fields.full()?;
        let id = fields.u32()?;
        let Some((track, known)) = tracks.iter().enumerate().find(|(_, track)| track.track.id() == id) else {
            return Ok(None);
        };
        let mut base = (first || flags & DEFAULT_BASE_IS_MOOF != 0).then_some(moof_at);
        if flags & BASE_DATA_OFFSET != 0 {
            let offset = fields.long(1)?.checked_sub(file_at).ok_or(Fault::DataOutside)?;
            base = Some(i64::try_from(offset).map_err(|_| Fault::DataOutside)?);
        }
        if flags & DESCRIPTION != 0 {
            let index = fields.u32()?;
            if index > 1 {
                return Err(Fault::Description(index));
            }
        }
        let mut defaults = known.defaults;
        if flags & DEFAULT_DURATION != 0 {
            defaults.duration = fields.u32()?;
        }
        if flags & DEFAULT_SIZE != 0 {
            defaults.size = fields.u32()?;
        }
        if flags & DEFAULT_FLAGS != 0 {
            defaults.flags = fields.u32()?;
        }
        Ok(Some(Self { track, base, defaults }))
    }
}

fn run(trun: &[u8], track: usize, defaults: Defaults, opens: Option<Opens>) -> Result<Run<'_>, Fault> {
    let mut fields = Fields::new(b"trun", trun);
    let (_, flags) = fields.full()?;
    let count = fields.u32()?;
    let data_offset = if flags & DATA_OFFSET != 0 { Some(fields.i32()?) } else { None };
    let first_flags = if flags & FIRST_FLAGS != 0 { Some(fields.u32()?) } else { None };
    let columns = [DURATION, SIZE, FLAGS, COMPOSITION].into_iter().filter(|column| flags & column != 0).count();
    // Samples that cost neither an entry nor a byte could be any number.
    if columns == 0 && defaults.size == 0 && count > 0 {
        return Err(Fault::SampleSize);
    }
    let entries = fields.entries(count, columns * 4)?;
    Ok(Run { track, opens, flags, count, data_offset, first_flags, entries, defaults })
}
