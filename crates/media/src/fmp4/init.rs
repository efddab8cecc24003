use super::Track;
use super::sample_entry::sample_entry;
use super::write::{boxed, full, u16, u32, u64, zeros};

/// The unit of the movie's own duration, which is unknown and told as zero.
const MOVIE_TIMESCALE: u32 = 1_000;

/// The identity transformation (ISO/IEC 14496-12, 8.2.2.2).
pub(crate) const MATRIX: [u32; 9] = [0x1_0000, 0, 0, 0, 0x1_0000, 0, 0, 0, 0x4000_0000];

/// The initialization segment of a file with these tracks: `ftyp` and `moov` without samples.
pub fn init_segment(tracks: &[Track]) -> Vec<u8> {
    let config_bytes: usize = tracks.iter().map(|track| track.config.len()).sum();
    let mut out = Vec::with_capacity(256 + 640 * tracks.len() + config_bytes);
    file_type(tracks, &mut out);
    boxed(&mut out, b"moov", |out| {
        movie_header(tracks, out);
        for track in tracks {
            boxed(out, b"trak", |out| track_boxes(track, out));
        }
        boxed(out, b"mvex", |out| tracks.iter().for_each(|track| track_extends(track, out)));
    });
    out
}

fn file_type(tracks: &[Track], out: &mut Vec<u8>) {
    boxed(out, b"ftyp", |out| {
        out.extend(b"iso6");
        u32(out, 0); // minor_version
        out.extend(b"iso6mp41");
        // A CMAF header holds one track.
        if tracks.len() == 1 {
            out.extend(b"cmfc");
        }
    });
}

fn movie_header(tracks: &[Track], out: &mut Vec<u8>) {
    let next_id = tracks.iter().map(|track| track.id).max().unwrap_or(0).saturating_add(1);
    full(out, b"mvhd", 0, 0, |out| {
        zeros(out, 8); // creation_time, modification_time
        u32(out, MOVIE_TIMESCALE);
        u32(out, 0); // duration
        u32(out, 0x1_0000); // rate 1.0
        u16(out, 0x100); // volume 1.0
        zeros(out, 10);
        MATRIX.iter().for_each(|value| u32(out, *value));
        zeros(out, 24); // pre_defined
        u32(out, next_id);
    });
}

fn track_boxes(track: &Track, out: &mut Vec<u8>) {
    const ENABLED_IN_MOVIE: u32 = 3;
    full(out, b"tkhd", 0, ENABLED_IN_MOVIE, |out| {
        zeros(out, 8); // creation_time, modification_time
        u32(out, track.id);
        zeros(out, 4);
        u32(out, 0); // duration
        zeros(out, 8);
        zeros(out, 4); // layer, alternate_group
        u16(out, if track.is_video() { 0 } else { 0x100 }); // volume
        zeros(out, 2);
        MATRIX.iter().for_each(|value| u32(out, *value));
        u32(out, u32::from(track.width) << 16);
        u32(out, u32::from(track.height) << 16);
    });
    boxed(out, b"mdia", |out| media(track, out));
}

fn media(track: &Track, out: &mut Vec<u8>) {
    const UNDETERMINED: u16 = 0x55c4; // "und", five bits a letter
    full(out, b"mdhd", 0, 0, |out| {
        zeros(out, 8); // creation_time, modification_time
        u32(out, track.timescale);
        u32(out, 0); // duration
        u16(out, UNDETERMINED);
        u16(out, 0);
    });
    handler(track, out);
    boxed(out, b"minf", |out| {
        media_header(track, out);
        boxed(out, b"dinf", data_information);
        boxed(out, b"stbl", |out| sample_table(track, out));
    });
}

/// `hdlr` (8.4.3): pictures or sound.
pub(crate) fn handler(track: &Track, out: &mut Vec<u8>) {
    full(out, b"hdlr", 0, 0, |out| {
        u32(out, 0); // pre_defined
        out.extend(if track.is_video() { b"vide" } else { b"soun" });
        zeros(out, 12);
        out.extend_from_slice(if track.is_video() { b"Video\0" } else { b"Audio\0" });
    });
}

/// `vmhd` or `smhd`.
pub(crate) fn media_header(track: &Track, out: &mut Vec<u8>) {
    if track.is_video() {
        full(out, b"vmhd", 0, 1, |out| u64(out, 0)); // graphicsmode, opcolor
    } else {
        full(out, b"smhd", 0, 0, |out| u32(out, 0)); // balance
    }
}

/// The media data stand in this file.
pub(crate) fn data_information(out: &mut Vec<u8>) {
    const SELF_CONTAINED: u32 = 1;
    full(out, b"dref", 0, 0, |out| {
        u32(out, 1);
        full(out, b"url ", 0, SELF_CONTAINED, |_| {});
    });
}

/// A description of the samples and no samples: those stand in the fragments.
fn sample_table(track: &Track, out: &mut Vec<u8>) {
    full(out, b"stsd", 0, 0, |out| {
        u32(out, 1);
        sample_entry(track, out);
    });
    full(out, b"stts", 0, 0, |out| u32(out, 0));
    full(out, b"stsc", 0, 0, |out| u32(out, 0));
    full(out, b"stsz", 0, 0, |out| u64(out, 0)); // sample_size, sample_count
    full(out, b"stco", 0, 0, |out| u32(out, 0));
}

/// Every fragment tells everything itself, so the defaults are zero.
fn track_extends(track: &Track, out: &mut Vec<u8>) {
    full(out, b"trex", 0, 0, |out| {
        u32(out, track.id);
        u32(out, 1); // default_sample_description_index
        zeros(out, 12);
    });
}
