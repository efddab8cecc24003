//! What the reader reads of our own fragments and of those of others is what went into them.

use vivace_base::MediaTime;
use vivace_media::fmp4::{InputSample, Reader, whole_bytes};
use vivace_media::{Codec, av1};

use crate::source::{Source, mp3, mp4};
use crate::{data, written};

/// The samples of each track of a whole file, read as one piece.
fn read(file: &[u8]) -> (Reader, Vec<Vec<InputSample>>) {
    assert_eq!(whole_bytes(file), whole_end(file));
    let mut reader = Reader::parse(file).expect("a file that is read");
    let mut tracks = vec![Vec::new(); reader.tracks().len()];
    let samples = reader.samples(file, 0).collect::<Result<Vec<_>, _>>().expect("whole fragments");
    samples.into_iter().for_each(|sample| tracks[sample.track].push(sample));
    (reader, tracks)
}

/// FFmpeg puts an index behind the last fragment.
fn whole_end(file: &[u8]) -> usize {
    file.windows(4).position(|window| window == b"mfra").map_or(file.len(), |at| at - 4)
}

fn near(left: MediaTime, right: MediaTime) -> bool {
    (left - right).ticks().abs() <= 1
}

/// Compares with the source, whose decoding and presentation times are this much earlier.
fn same(file: &[u8], sources: &[Source], moved: &[(MediaTime, MediaTime)]) {
    let (reader, tracks) = read(file);
    assert_eq!(tracks.len(), sources.len());
    for (((track, read), source), (dts, pts)) in reader.tracks().iter().zip(&tracks).zip(sources).zip(moved) {
        assert_eq!(track.track().codec(), source.codec);
        match source.codec {
            Codec::Mp3 => assert!(track.record().is_empty()),
            Codec::Vp9 => assert!(source.config.ends_with(&track.record()[2..])),
            _ => assert_eq!(track.record(), &source.config),
        }
        assert_eq!(read.len(), source.samples.len());
        for (read, owned) in read.iter().zip(&source.samples) {
            let sample = owned.at(MediaTime::ZERO);
            let expected =
                if source.codec == Codec::Av1 { av1::without_delimiter(sample.payload) } else { sample.payload };
            assert_eq!(read.payload(file), expected);
            assert!(
                near(read.dts, sample.dts + *dts),
                "{:?}: {:?} is decoded at {:?}",
                source.codec,
                sample.dts,
                read.dts
            );
            assert!(near(read.dts + read.cts, sample.dts + sample.cts + *pts), "{:?}", source.codec);
            assert_eq!(read.key, sample.key || !source.codec.is_video());
        }
    }
}

#[test]
fn our_own_fragments_are_read_as_they_were_written() {
    let av = |names: &[&str]| names.iter().flat_map(|name| mp4(&data(name))).collect::<Vec<_>>();
    let mut hevc_mp3 = av(&["hevc_main_1080p.mp4"]);
    hevc_mp3.push(mp3(&data("mp3_44100.mp3")));
    let files = [
        av(&["h264_high_1080p_aac.mp4"]),
        hevc_mp3,
        av(&["av1_main_318x178.mp4", "opus_stereo.mp4"]),
        av(&["vp9_profile0_318x178.mp4", "aac_lc_44100.mp4"]),
    ];
    for sources in &files {
        for (grouping, start) in [(1, MediaTime::ZERO), (4, MediaTime::from_ms(360_000_003))] {
            same(&written(sources, grouping, start), sources, &[(start, start); 2]);
        }
    }
}

#[test]
fn fragments_with_absolute_offsets_are_read() {
    let file = std::fs::read(data("fragmented_absolute.mp4")).expect("a committed sample");
    let mut sources = mp4(&data("h264_baseline_320x240.mp4"));
    sources.extend(mp4(&data("aac_lc_44100.mp4")));
    same(&file, &sources, &[(MediaTime::ZERO, MediaTime::ZERO); 2]);
}

#[test]
fn absolute_offsets_count_from_the_begin_of_the_file() {
    let file = std::fs::read(data("fragmented_absolute.mp4")).expect("a committed sample");
    let second = 1 + file.windows(4).skip(1).position(|window| window == b"moof").expect("a fragment") - 4;
    let mut reader = Reader::parse(&file).expect("tracks");
    let whole: Vec<_> = reader.clone().samples(&file, 0).map(|sample| sample.expect("whole fragments").dts).collect();
    let apart: Vec<_> =
        reader.samples(&file[second..], second as u64).map(|sample| sample.expect("whole fragments").dts).collect();
    assert_eq!(apart, whole);
    assert!(reader.samples(&file[second..], 0).any(|sample| sample.is_err()));
}

#[test]
fn edit_lists_move_their_tracks() {
    let file = std::fs::read(data("fragmented_edits.mp4")).expect("a committed sample");
    let video = MediaTime::from_ticks(-2_002 * 3);
    let audio = MediaTime::from_ticks(-1_024 * 90 / 48);
    same(&file, &mp4(&data("h264_high_1080p_aac.mp4")), &[(video, video), (audio, audio)]);
}

#[test]
fn negative_composition_offsets_are_read() {
    let file = std::fs::read(data("fragmented_cmaf.mp4")).expect("a committed sample");
    let earlier = MediaTime::from_ms(-80);
    same(&file, &mp4(&data("h264_main_638x358.mp4")), &[(MediaTime::ZERO, earlier)]);
}
