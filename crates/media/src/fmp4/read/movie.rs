//! `moov`: the tracks, and what their fragments leave out.

use super::InputTrack;
use super::entry::describe;
use super::fields::Fields;
use super::runs::Defaults;
use crate::fmp4::{Fault, boxes, find};

/// More tracks than any file of ours has.
const TRACKS_MAX: usize = 32;

/// The tracks of an initialization segment, and the sample entries that are not carried.
pub(super) fn tracks(init: &[u8]) -> Result<(Vec<InputTrack>, Vec<[u8; 4]>), Fault> {
    let moov = top_level(init, b"moov")?.ok_or(Fault::Missing(*b"moov"))?;
    let movie_timescale = find(moov, &[b"mvhd"]).map_or(Ok(0), |mvhd| timescale(b"mvhd", mvhd))?;
    let (mut tracks, mut foreign) = (Vec::new(), Vec::new());
    for found in boxes(moov) {
        let found = found?;
        if found.kind != *b"trak" {
            continue;
        }
        if tracks.len() + foreign.len() >= TRACKS_MAX {
            return Err(Fault::Tracks(TRACKS_MAX));
        }
        match track(found.payload, movie_timescale)? {
            Ok(track) => tracks.push(track),
            Err(kind) => foreign.push(kind),
        }
    }
    if let Some(mvex) = find(moov, &[b"mvex"]) {
        extends(mvex, &mut tracks)?;
    }
    Ok((tracks, foreign))
}

fn top_level<'a>(data: &'a [u8], kind: &[u8; 4]) -> Result<Option<&'a [u8]>, Fault> {
    for found in boxes(data) {
        let found = found?;
        if found.kind == *kind {
            return Ok(Some(found.payload));
        }
    }
    Ok(None)
}

/// A track, or the type of the sample entry that is not carried.
fn track(trak: &[u8], movie_timescale: u32) -> Result<Result<InputTrack, [u8; 4]>, Fault> {
    let part = |path: &[&[u8; 4]], kind: &[u8; 4]| find(trak, path).ok_or(Fault::Missing(*kind));
    let id = track_id(part(&[b"tkhd"], b"tkhd")?)?;
    let stsd = part(&[b"mdia", b"minf", b"stbl", b"stsd"], b"stsd")?;
    let mut fields = Fields::new(b"stsd", stsd);
    fields.take(8)?; // version, flags, entry_count
    let entry = boxes(fields.rest()).next().ok_or(Fault::Missing(*b"stsd"))??;
    let timescale = timescale(b"mdhd", part(&[b"mdia", b"mdhd"], b"mdhd")?)?;
    if timescale == 0 {
        return Err(Fault::TimeScale);
    }
    let Some(described) = describe(&entry.kind, entry.payload, id, timescale)? else { return Ok(Err(entry.kind)) };
    let edits = find(trak, &[b"edts", b"elst"]);
    let shift = edits.map_or(Ok(0), |edits| shift(edits, movie_timescale, timescale))?;
    Ok(Ok(InputTrack { track: described.track, record: described.record, defaults: Defaults::default(), shift }))
}

fn track_id(tkhd: &[u8]) -> Result<u32, Fault> {
    let mut fields = Fields::new(b"tkhd", tkhd);
    let (version, _) = fields.full()?;
    fields.long(version)?; // creation_time
    fields.long(version)?; // modification_time
    fields.u32()
}

/// The time scale in `mvhd` and `mdhd`.
fn timescale(kind: &[u8; 4], payload: &[u8]) -> Result<u32, Fault> {
    let mut fields = Fields::new(kind, payload);
    let (version, _) = fields.full()?;
    fields.long(version)?; // creation_time
    fields.long(version)?; // modification_time
    fields.u32()
}

/// By how many ticks of the track its edit list moves it (ISO/IEC 14496-12, 8.6.6): empty edits in front move it back,
/// what the first other edit leaves out moves it forward.
fn shift(elst: &[u8], movie_timescale: u32, timescale: u32) -> Result<i64, Fault> {
    let mut fields = Fields::new(b"elst", elst);
    let (version, _) = fields.full()?;
    let count = fields.u32()?;
    let entry_bytes = if version == 0 { 12 } else { 20 };
    let mut entries = Fields::new(b"elst", fields.entries(count, entry_bytes)?);
    let mut shift = 0i64;
    for _ in 0..count {
        let duration = entries.long(version)?;
        let media_time = entries.long(version)?;
        entries.u32()?; // media_rate
        let media_time =
            if version == 0 { i64::from((media_time as u32).cast_signed()) } else { media_time.cast_signed() };
        if media_time >= 0 {
            return Ok(shift.saturating_sub(media_time));
        }
        let ticks = u128::from(duration) * u128::from(timescale) / u128::from(movie_timescale.max(1));
        shift = shift.saturating_add(i64::try_from(ticks).unwrap_or(i64::MAX));
    }
    Ok(0)
}

/// `trex` of each track: what its fragments leave out.
fn extends(mvex: &[u8], tracks: &mut [InputTrack]) -> Result<(), Fault> {
    for found in boxes(mvex) {
        let found = found?;
        if found.kind != *b"trex" {
            continue;
        }
        let mut fields = Fields::new(b"trex", found.payload);
        fields.full()?;
        let id = fields.u32()?;
        fields.u32()?; // default_sample_description_index
        let defaults = Defaults { duration: fields.u32()?, size: fields.u32()?, flags: fields.u32()? };
        if let Some(track) = tracks.iter_mut().find(|track| track.track.id() == id) {
            track.defaults = defaults;
        }
    }
    Ok(())
}
