//! Fragments made into progressive files: read by a reader of sample tables that knows nothing of the writer, and by
//! ffprobe, which decodes every frame.

use std::path::{Path, PathBuf};

use vivace_base::MediaTime;
use vivace_media::fmp4::Reader;
use vivace_media::mp4::{Entry, Movie};

use crate::source::{Source, mp3, mp4};
use crate::{compare, data, views, written};

/// The fragments of these sources as one progressive file.
fn progressive(sources: &[Source], start: MediaTime) -> Vec<u8> {
    let fragments = written(sources, 3, start);
    let mut reader = Reader::parse(&fragments).expect("our own file");
    let mut movie = Movie::new(reader.tracks().iter().map(|track| track.track().clone()).collect(), 1 << 20);
    let mut payload = Vec::new();
    for sample in reader.samples(&fragments, 0) {
        let sample = sample.expect("whole fragments");
        let entry = Entry {
            dts_ticks: sample.dts_ticks,
            cts_ticks: sample.cts_ticks,
            duration_ticks: sample.duration_ticks,
            bytes: sample.bytes as u32,
            key: sample.key,
        };
        movie.add(sample.track, &entry).expect("few samples");
        payload.extend_from_slice(sample.payload(&fragments));
    }
    let mut file = movie.head().expect("a small head");
    file.extend_from_slice(&payload);
    file
}

fn file(name: &str, sources: &[Source], start: MediaTime) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("progressive_{name}.mp4"));
    std::fs::write(&path, progressive(sources, start)).expect("the folder of test files can be written");
    compare(&format!("progressive_{name}.ffprobe.txt"), &views::ffprobe(&path));
    path
}

fn check(name: &str, sources: &[Source], start: MediaTime) {
    let path = file(name, sources, start);
    for (read, source) in mp4(&path).iter().zip(sources) {
        assert_eq!((read.codec, read.samples.len()), (source.codec, source.samples.len()));
        let first = source.samples[0].at(MediaTime::ZERO).dts;
        for (read, source) in read.samples.iter().zip(&source.samples) {
            let (read, source) = (read.at(MediaTime::ZERO), source.at(MediaTime::ZERO));
            assert_eq!((read.payload, read.key), (source.payload, source.key));
            assert!((read.dts - source.dts + first).ticks().abs() <= 1, "{:?} is {:?}", source.dts, read.dts);
            assert!((read.cts - source.cts).ticks().abs() <= 1, "{:?} is {:?}", source.cts, read.cts);
        }
    }
}

#[test]
fn h264_and_aac() {
    check("h264_aac", &mp4(&data("h264_high_1080p_aac.mp4")), MediaTime::from_ms(5_000));
}

#[test]
fn hevc() {
    check("hevc", &mp4(&data("hevc_main_1080p.mp4")), MediaTime::ZERO);
}

#[test]
fn mp3_alone() {
    file("mp3", &[mp3(&data("mp3_22050.mp3"))], MediaTime::from_ms(777));
}

#[test]
fn vp9_and_opus_after_a_hundred_hours() {
    let mut sources = mp4(&data("vp9_profile0_318x178.mp4"));
    sources.extend(mp4(&data("opus_stereo.mp4")));
    check("vp9_opus", &sources, MediaTime::from_ms(360_000_000));
}
