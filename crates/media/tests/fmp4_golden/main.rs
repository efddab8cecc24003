//! What the fMP4 writer writes is read by two independent readers, ffprobe and mp4-atom, and their reading is compared
//! with the golden files in `testdata/codecs/golden`.
//!
//! `VIVACE_GOLDEN=write` replaces the golden files by what is read now; the difference is then for a person to judge.

mod progressive;
mod reading;
mod source;
mod views;

use source::{Source, adts, mp3, mp4};
use std::path::{Path, PathBuf};
use vivace_base::MediaTime;
use vivace_media::fmp4::{Sample, Track, fragment, init_segment, mime_codecs};

/// Samples of each track in one fragment.
type Grouping = usize;

fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/codecs").join(name)
}

/// The file: an initialization segment, then fragments of the tracks in order of decoding time.
fn written(sources: &[Source], grouping: Grouping, start: MediaTime) -> Vec<u8> {
    let tracks: Vec<Track> = (1..).zip(sources).map(|(id, source)| described(source, id)).collect();
    let mut groups: Vec<(MediaTime, usize, Vec<Sample<'_>>)> = Vec::new();
    for (index, source) in sources.iter().enumerate() {
        let samples: Vec<_> = source.samples.iter().map(|owned| owned.at(start)).collect();
        groups.extend(samples.chunks(grouping).map(|group| (group[0].dts, index, group.to_vec())));
    }
    groups.sort_by_key(|(dts, index, _)| (*dts, *index));
    let mut out = init_segment(&tracks);
    for (sequence, (_, index, samples)) in (1..).zip(&groups) {
        fragment(sequence, &tracks[*index], samples, &mut out).expect("a small fragment");
    }
    out
}

fn described(source: &Source, id: u32) -> Track {
    Track::sized(source.codec, &source.config, source.size, id).expect("a described track")
}

fn check(name: &str, sources: &[Source], grouping: Grouping, start: MediaTime) {
    let bytes = written(sources, grouping, start);
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("fmp4_golden_{name}.mp4"));
    std::fs::write(&path, &bytes).expect("the folder of test files can be written");
    compare(&format!("{name}.ffprobe.txt"), &views::ffprobe(&path));
    compare(&format!("{name}.mp4-atom.txt"), &views::mp4_atom(&bytes));
}

fn compare(name: &str, read: &str) {
    let path = data("golden").join(name);
    if std::env::var_os("VIVACE_GOLDEN").is_some_and(|value| value == "write") {
        std::fs::write(&path, read).expect("the golden file can be written");
    }
    let golden = std::fs::read_to_string(&path).unwrap_or_else(|fault| panic!("golden file {name}: {fault}"));
    for (line, (golden, read)) in (1..).zip(golden.lines().zip(read.lines())) {
        assert_eq!(read, golden, "{name}, line {line}");
    }
    assert_eq!(read.lines().count(), golden.lines().count(), "{name} has another number of lines");
}

#[test]
fn h264_and_aac_in_groups() {
    check("h264_aac", &mp4(&data("h264_high_1080p_aac.mp4")), 4, MediaTime::ZERO);
}

#[test]
fn h264_frame_by_frame() {
    check("h264_main", &mp4(&data("h264_main_638x358.mp4")), 1, MediaTime::from_ms(10_000));
}

#[test]
fn h264_that_begins_before_zero() {
    check("h264_before_zero", &mp4(&data("h264_main_638x358.mp4")), 3, MediaTime::from_ms(-70));
}

#[test]
fn hevc_after_a_hundred_hours() {
    check("hevc", &mp4(&data("hevc_main_1080p.mp4")), 5, MediaTime::from_ms(360_000_000));
}

#[test]
fn hevc_main_10_cropped() {
    check("hevc_main10", &mp4(&data("hevc_main10_638x358.mp4")), 3, MediaTime::ZERO);
}

#[test]
fn aac_at_44100_hz_frame_by_frame() {
    check("aac_44100", &mp4(&data("aac_lc_44100.mp4")), 1, MediaTime::from_ms(1_000));
}

#[test]
fn aac_from_adts() {
    check("aac_adts", &[adts(&data("aac_lc_48000.aac"))], 5, MediaTime::ZERO);
}

#[test]
fn mp3_of_both_versions() {
    check("mp3_44100", &[mp3(&data("mp3_44100.mp3"))], 3, MediaTime::ZERO);
    check("mp3_22050", &[mp3(&data("mp3_22050.mp3"))], 1, MediaTime::from_ms(500));
}

#[test]
fn hevc_and_mp3_together() {
    let mut sources = mp4(&data("hevc_main10_638x358.mp4"));
    sources.push(mp3(&data("mp3_44100.mp3")));
    check("hevc_mp3", &sources, 2, MediaTime::from_ms(5));
}

#[test]
fn av1_and_opus_together() {
    let mut sources = mp4(&data("av1_main_318x178.mp4"));
    sources.extend(mp4(&data("opus_stereo.mp4")));
    check("av1_opus", &sources, 3, MediaTime::from_ms(40));
}

#[test]
fn av1_of_10_bits_frame_by_frame() {
    check("av1_main10", &mp4(&data("av1_main10_200x120.mp4")), 1, MediaTime::ZERO);
}

#[test]
fn vp9_and_opus_of_60_ms_together() {
    let mut sources = mp4(&data("vp9_profile0_318x178.mp4"));
    sources.extend(mp4(&data("opus_mono_60ms.mp4")));
    check("vp9_opus", &sources, 2, MediaTime::from_ms(360_000_000));
}

#[test]
fn vp9_of_10_bits_frame_by_frame() {
    check("vp9_profile3", &mp4(&data("vp9_profile3_200x120.mp4")), 1, MediaTime::ZERO);
}

#[test]
fn codec_strings_of_the_samples() {
    let strings = |sources: Vec<Source>| {
        let tracks = sources.iter().map(|source| described(source, 1));
        mime_codecs(&tracks.collect::<Vec<_>>())
    };
    assert_eq!(strings(mp4(&data("h264_high_1080p_aac.mp4"))), "avc1.640028,mp4a.40.2");
    assert_eq!(strings(mp4(&data("hevc_main_1080p.mp4"))), "hvc1.1.6.L120.90");
    assert_eq!(strings(vec![mp3(&data("mp3_22050.mp3"))]), "mp4a.69");
    assert_eq!(strings(mp4(&data("av1_main10_200x120.mp4"))), "av01.0.00M.10");
    assert_eq!(strings(mp4(&data("vp9_profile3_200x120.mp4"))), "vp09.03.10.10");
    assert_eq!(strings(mp4(&data("opus_stereo.mp4"))), "opus");
}
