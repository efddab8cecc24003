use vivace_base::MediaTime;

use super::tables::Tables;
use super::{Fault, Movie};
use crate::fmp4::Track;
use crate::fmp4::layout::{
    MATRIX, boxed, data_information, full, handler, media_header, sample_entry, u16, u32, u64, zeros,
};

/// The unit of the movie's times, in which edits are told: that of the hub's timeline.
const TIMESCALE: i64 = MediaTime::HZ;

/// Where a track stands in the movie, in ticks of the movie.
struct Place {
    /// From the movie's begin to the track's.
    delay: u64,
    duration: u64,
    /// Ticks of the track from its first decoding time to what is shown first.
    media_time: u64,
}

/// When the movie begins, in ticks of the movie.
fn begin(movie: &Movie) -> i64 {
    let begun = movie.tracks.iter().filter(|(_, tables)| !tables.sizes.is_empty());
    begun.map(|(track, tables)| in_movie(tables.begin(), track)).min().unwrap_or(0)
}

fn in_movie(ticks: i64, track: &Track) -> i64 {
    track.time(ticks).ticks()
}

fn place(track: &Track, tables: &Tables, begin: i64) -> Place {
    let first = in_movie(tables.begin(), track);
    let end = in_movie(tables.end_pts, track);
    Place {
        delay: first.saturating_sub(begin).max(0).unsigned_abs(),
        duration: end.saturating_sub(first).max(0).unsigned_abs(),
        media_time: tables.begin().saturating_sub(tables.first_dts).unsigned_abs(),
    }
}

pub(super) fn duration(movie: &Movie) -> MediaTime {
    let begin = begin(movie);
    let ends = movie.tracks.iter().map(|(track, tables)| place(track, tables, begin));
    let ticks = ends.map(|place| place.delay.saturating_add(place.duration)).max().unwrap_or(0);
    MediaTime::from_ticks(i64::try_from(ticks).unwrap_or(i64::MAX))
}

pub(super) fn head(movie: &Movie) -> Result<Vec<u8>, Fault> {
    let tables_bytes: usize = movie.tracks.iter().map(|(_, tables)| tables.memory_bytes()).sum();
    // On disk, a chunk takes up to four bytes more than in memory; and what describes a track less than a thousand.
    let others = movie.tracks.iter().map(|(track, tables)| tables.chunks.len() * 4 + track.config_bytes() + 1_024);
    let room = others.fold(tables_bytes.saturating_add(1_024), usize::saturating_add);
    if u32::try_from(room).is_err() {
        return Err(Fault::HeadTooLarge);
    }
    let wide = movie.data_bytes.saturating_add(room as u64) > u64::from(u32::MAX);
    let mut out = Vec::with_capacity(room);
    boxed(&mut out, b"ftyp", |out| {
        out.extend(b"isom");
        u32(out, 0x200); // minor_version
        out.extend(b"isomiso2mp41");
    });
    let mut offsets = Vec::new();
    boxed(&mut out, b"moov", |out| {
        movie_header(movie, out);
        let begin = begin(movie);
        for (track, tables) in movie.tracks.iter().filter(|(_, tables)| !tables.sizes.is_empty()) {
            boxed(out, b"trak", |out| track_boxes(track, tables, begin, wide, &mut offsets, out));
        }
    });
    let data_bytes = movie.data_bytes.saturating_add(8);
    match u32::try_from(data_bytes) {
        Ok(bytes) => {
            u32(&mut out, bytes);
            out.extend(b"mdat");
        }
        Err(_) => {
            u32(&mut out, 1);
            out.extend(b"mdat");
            u64(&mut out, data_bytes.saturating_add(8));
        }
    }
    move_chunks(&mut out, &offsets, wide);
    Ok(out)
}

/// Adds the length of the head to the chunk offsets that stand at these places, and counts each of them.
fn move_chunks(out: &mut [u8], offsets: &[(usize, usize)], wide: bool) {
    let head_bytes = out.len() as u64;
    for (at, count) in offsets {
        let entry_bytes = if wide { 8 } else { 4 };
        let table = out.get_mut(*at..).unwrap_or_default().chunks_exact_mut(entry_bytes).take(*count);
        for entry in table {
            if let Ok(place) = <&mut [u8; 8]>::try_from(&mut *entry) {
                *place = u64::from_be_bytes(*place).saturating_add(head_bytes).to_be_bytes();
            } else if let Ok(place) = <&mut [u8; 4]>::try_from(entry) {
                *place = u32::from_be_bytes(*place).saturating_add(head_bytes as u32).to_be_bytes();
            }
        }
    }
}

fn movie_header(movie: &Movie, out: &mut Vec<u8>) {
    let next_id = movie.tracks.iter().map(|(track, _)| track.id()).max().unwrap_or(0).saturating_add(1);
    let duration = duration(movie).ticks().unsigned_abs();
    let version = version_of(duration);
    full(out, b"mvhd", version, 0, |out| {
        times(out, version);
        u32(out, TIMESCALE as u32);
        long(out, version, duration);
        u32(out, 0x1_0000); // rate 1.0
        u16(out, 0x100); // volume 1.0
        zeros(out, 10);
        MATRIX.iter().for_each(|value| u32(out, *value));
        zeros(out, 24); // pre_defined
        u32(out, next_id);
    });
}

fn track_boxes(
    track: &Track,
    tables: &Tables,
    begin: i64,
    wide: bool,
    offsets: &mut Vec<(usize, usize)>,
    out: &mut Vec<u8>,
) {
    const ENABLED_IN_MOVIE: u32 = 3;
    let place = place(track, tables, begin);
    let whole = place.delay.saturating_add(place.duration);
    let version = version_of(whole);
    full(out, b"tkhd", version, ENABLED_IN_MOVIE, |out| {
        times(out, version);
        u32(out, track.id());
        zeros(out, 4);
        long(out, version, whole);
        zeros(out, 8);
        zeros(out, 4); // layer, alternate_group
        u16(out, if track.is_video() { 0 } else { 0x100 }); // volume
        zeros(out, 2);
        MATRIX.iter().for_each(|value| u32(out, *value));
        let (width, height) = track.size();
        u32(out, u32::from(width) << 16);
        u32(out, u32::from(height) << 16);
    });
    edits(&place, out);
    boxed(out, b"mdia", |out| {
        let duration = tables.media_ticks();
        let version = version_of(duration);
        full(out, b"mdhd", version, 0, |out| {
            times(out, version);
            u32(out, track.timescale());
            long(out, version, duration);
            out.extend(UNDETERMINED.to_be_bytes());
            u16(out, 0);
        });
        handler(track, out);
        boxed(out, b"minf", |out| {
            media_header(track, out);
            boxed(out, b"dinf", data_information);
            boxed(out, b"stbl", |out| sample_tables(track, tables, wide, offsets, out));
        });
    });
}

/// "und", five bits a letter.
const UNDETERMINED: u16 = 0x55c4;

/// The edit list (8.6.6): nothing until the track begins, then all of it from what is shown first.
fn edits(place: &Place, out: &mut Vec<u8>) {
    let version = version_of(place.delay.max(place.duration).max(place.media_time.saturating_mul(2)));
    boxed(out, b"edts", |out| {
        full(out, b"elst", version, 0, |out| {
            u32(out, if place.delay > 0 { 2 } else { 1 });
            if place.delay > 0 {
                long(out, version, place.delay);
                long(out, version, u64::MAX); // an empty edit
                u32(out, 0x1_0000); // rate 1.0
            }
            long(out, version, place.duration);
            long(out, version, place.media_time);
            u32(out, 0x1_0000);
        });
    });
}

fn sample_tables(track: &Track, tables: &Tables, wide: bool, offsets: &mut Vec<(usize, usize)>, out: &mut Vec<u8>) {
    full(out, b"stsd", 0, 0, |out| {
        u32(out, 1);
        sample_entry(track, out);
    });
    full(out, b"stts", 0, 0, |out| durations(tables, out));
    if tables.compositions.iter().any(|(_, offset)| *offset != 0) {
        full(out, b"ctts", 1, 0, |out| {
            u32(out, tables.compositions.len() as u32);
            for (count, offset) in &tables.compositions {
                u32(out, *count);
                u32(out, offset.cast_unsigned());
            }
        });
    }
    // Where every sample is one, the box is left out.
    if tables.keys.len() < tables.sizes.len() && track.is_video() {
        full(out, b"stss", 0, 0, |out| {
            u32(out, tables.keys.len() as u32);
            tables.keys.iter().for_each(|key| u32(out, *key));
        });
    }
    full(out, b"stsc", 0, 0, |out| chunk_samples(tables, out));
    full(out, b"stsz", 0, 0, |out| {
        u32(out, 0); // sample_size: each has its own
        u32(out, tables.sizes.len() as u32);
        tables.sizes.iter().for_each(|bytes| u32(out, *bytes));
    });
    full(out, if wide { b"co64" } else { b"stco" }, 0, 0, |out| {
        u32(out, tables.chunks.len() as u32);
        offsets.push((out.len(), tables.chunks.len()));
        for chunk in &tables.chunks {
            if wide { u64(out, chunk.offset) } else { u32(out, chunk.offset as u32) }
        }
    });
}

/// `stts` (8.6.1.2): the steps, and the duration of the last sample.
fn durations(tables: &Tables, out: &mut Vec<u8>) {
    let joins = tables.durations.last().is_some_and(|(_, step)| *step == tables.last_duration);
    u32(out, (tables.durations.len() + usize::from(!joins)) as u32);
    for (place, (count, step)) in tables.durations.iter().enumerate() {
        let last = joins && place + 1 == tables.durations.len();
        u32(out, count.saturating_add(u32::from(last)));
        u32(out, *step);
    }
    if !joins {
        u32(out, 1);
        u32(out, tables.last_duration);
    }
}

/// `stsc` (8.7.4): runs of chunks with the same number of samples.
fn chunk_samples(tables: &Tables, out: &mut Vec<u8>) {
    let at = out.len();
    u32(out, 0);
    let (mut before, mut runs) = (0, 0u32);
    for (number, chunk) in (1u32..).zip(&tables.chunks) {
        if chunk.samples != before {
            u32(out, number);
            u32(out, chunk.samples);
            u32(out, 1); // sample_description_index
            (before, runs) = (chunk.samples, runs.saturating_add(1));
        }
    }
    if let Some(place) = out.get_mut(at..).and_then(<[u8]>::first_chunk_mut) {
        *place = runs.to_be_bytes();
    }
}

/// Version 1 of a box where 32 bits are too few.
fn version_of(value: u64) -> u8 {
    u8::from(u32::try_from(value).is_err())
}

/// creation_time and modification_time.
fn times(out: &mut Vec<u8>, version: u8) {
    zeros(out, if version == 0 { 8 } else { 16 });
}

fn long(out: &mut Vec<u8>, version: u8, value: u64) {
    if version == 0 { u32(out, value as u32) } else { u64(out, value) }
}
