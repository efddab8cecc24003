#![allow(clippy::unusual_byte_groupings, reason = "bits are grouped by field")]

use super::{Fault, Sample, Track, boxes, find, fragment, init_segment, mime_codecs};
use crate::Codec;
use bytes::Bytes;
use vivace_base::MediaTime;

const AVCC: &[u8] = include_bytes!("../../testdata/codecs/h264_main_638x358.avcc");

const AV1C: &[u8] = include_bytes!("../../testdata/codecs/av1_main_318x178.av1c");
/// Without a level, and with version and flags in front, as some senders have it.
const VPCC: &[u8] = b"\x01\0\0\0\x00\x00\x82\x02\x02\x02\0\0";

fn video() -> Track {
    Track::from_config(Codec::H264, &Bytes::from_static(AVCC), 1).unwrap()
}

fn audio(config: &'static [u8]) -> Track {
    Track::from_config(Codec::Aac, &Bytes::from_static(config), 2).unwrap()
}

fn sample(dts: i64, cts: i64, duration: i64, payload: &[u8]) -> Sample<'_> {
    let [dts, cts, duration] = [dts, cts, duration].map(MediaTime::from_ticks);
    Sample { dts, cts, duration, key: false, payload }
}

fn word(data: &[u8], at: usize) -> u32 {
    u32::from_be_bytes(*data[at..].first_chunk().unwrap())
}

/// Decoding time of the fragment and (duration, composition offset) of each sample.
fn timing(track: &Track, samples: &[Sample<'_>]) -> (u64, Vec<(u32, i32)>) {
    let mut out = Vec::new();
    fragment(1, track, samples, &mut out).unwrap();
    let tfdt = find(&out, &[b"moof", b"traf", b"tfdt"]).unwrap();
    let trun = find(&out, &[b"moof", b"traf", b"trun"]).unwrap();
    let entry = if track.is_video() { 16 } else { 12 };
    let entries = trun[12..].chunks(entry);
    let entries = entries.map(|entry| (word(entry, 0), cts(entry)));
    (u64::from_be_bytes(*tfdt[4..].first_chunk().unwrap()), entries.collect())
}

fn cts(entry: &[u8]) -> i32 {
    if entry.len() == 16 { word(entry, 12) as i32 } else { 0 }
}

#[test]
fn a_fragment_is_two_boxes_and_its_offset_leads_to_the_payload() {
    let mut out = vec![0xaa; 3];
    let key = Sample { key: true, ..sample(3_000, 0, 3_000, b"first") };
    fragment(7, &video(), &[key, sample(6_000, 3_000, 3_000, b"second")], &mut out).unwrap();
    let fragment_bytes = &out[3..];
    let kinds: Vec<_> = boxes(fragment_bytes).map(|found| found.unwrap().kind).collect();
    assert_eq!(kinds, [*b"moof", *b"mdat"]);
    assert_eq!(word(find(fragment_bytes, &[b"moof", b"mfhd"]).unwrap(), 4), 7);
    let trun = find(fragment_bytes, &[b"moof", b"traf", b"trun"]).unwrap();
    assert_eq!(word(trun, 0), 0x0100_0f01);
    assert_eq!(&fragment_bytes[word(trun, 8) as usize..], b"firstsecond");
    assert_eq!([word(trun, 20), word(trun, 36)], [0x0200_0000, 0x0101_0000]);
    assert_eq!([word(trun, 16), word(trun, 32)], [5, 6]);
}

#[test]
fn nothing_is_written_without_samples() {
    let mut out = Vec::new();
    fragment(1, &video(), &[], &mut out).unwrap();
    assert!(out.is_empty());
}

#[test]
fn memory_grows_once_and_to_the_byte() {
    for track in [video(), audio(&[0x12, 0x10])] {
        let samples = [sample(0, 0, 3_000, &[1; 100]), sample(3_000, 0, 3_000, &[2; 50])];
        let mut out = Vec::new();
        fragment(1, &track, &samples, &mut out).unwrap();
        let mut exact = Vec::with_capacity(out.len());
        let place = exact.as_ptr();
        fragment(1, &track, &samples, &mut exact).unwrap();
        assert_eq!((exact.as_ptr(), exact.capacity()), (place, out.len()));
    }
}

#[test]
fn audio_does_not_drift_from_the_stream_in_ten_days() {
    let track = audio(&[0x12, 0x10]);
    // The stream's own times are rounded to 1/90,000 s, frame by frame.
    let stream_time = |frame: i64| (frame * 1_024 * 90_000 + 22_050) / 44_100;
    for start in [0i64, 1, 1_000_003, 37_209_375] {
        let frames: Vec<_> = (start..start + 50).map(stream_time).collect();
        let samples: Vec<_> = frames.windows(2).map(|pair| sample(pair[0], 0, pair[1] - pair[0], b"x")).collect();
        let (first, entries) = timing(&track, &samples);
        assert_eq!(first, start as u64 * 1_024);
        assert_eq!(entries, vec![(1_024, 0); 49]);
    }
}

#[test]
fn a_sample_lasts_until_the_next_one_and_the_last_one_as_told() {
    let samples = [sample(900, 0, 1, b"a"), sample(4_500, 0, 1, b"b"), sample(5_000, 0, 700, b"c")];
    assert_eq!(timing(&video(), &samples), (900, vec![(3_600, 0), (500, 0), (700, 0)]));
}

#[test]
fn times_before_zero_are_decoded_at_zero_and_shown_when_they_were() {
    let samples = [sample(-6_000, 9_000, 3_000, b"a"), sample(-3_000, 0, 3_000, b"b"), sample(0, 0, 3_000, b"c")];
    assert_eq!(timing(&video(), &samples), (0, vec![(0, 3_000), (0, -3_000), (3_000, 0)]));
    assert_eq!(timing(&video(), &samples[..1]), (0, vec![(0, 3_000)]));
    assert_eq!(timing(&video(), &[sample(-1_000, 0, 3_000, b"a")]), (0, vec![(2_000, -1_000)]));
}

#[test]
fn decoding_times_that_step_back_wait_and_presentation_stays() {
    let samples = [sample(9_000, 0, 0, b"a"), sample(6_000, 1_000, 0, b"b"), sample(12_000, 0, 3_000, b"c")];
    assert_eq!(timing(&video(), &samples), (9_000, vec![(0, 0), (3_000, -2_000), (3_000, 0)]));
}

#[test]
fn times_at_the_ends_of_the_range_are_held_to_the_fields() {
    let samples = [sample(i64::MIN, 0, 0, b"a"), sample(i64::MAX, i64::MIN, i64::MAX, b"b")];
    for track in [video(), audio(&[0x10, 0x10])] {
        let (start, entries) = timing(&track, &samples);
        assert_eq!((start, entries.len()), (0, 2));
        assert_eq!(entries[0].0, u32::MAX);
    }
}

#[test]
fn tracks_are_described_by_their_configuration() {
    let video = video();
    assert_eq!((video.size(), video.timescale(), video.channels()), ((638, 358), 90_000, 0));
    let audio = audio(&[0b11101_011, 0b1_0001_010, 0b0_00010_00, 0]);
    assert_eq!((audio.timescale(), audio.channels(), audio.size()), (44_100, 2, (0, 0)));
    assert_eq!(mime_codecs(&[video, audio]), "avc1.4D401E,mp4a.40.29");
    assert_eq!(mime_codecs(&[]), "");
}

#[test]
fn configurations_that_describe_no_track_are_refused() {
    let track =
        |codec, bytes: &'static [u8], id| Track::from_config(codec, &Bytes::from_static(bytes), id).unwrap_err();
    assert_eq!(track(Codec::H264, AVCC, 0), Fault::TrackId);
    assert_eq!(track(Codec::H264, &[1, 66, 0, 30, 0xff, 0xe0, 0], 1), Fault::NoParameterSet);
    assert_eq!(track(Codec::H264, b"", 1), Fault::H264(crate::h264::Fault::Truncated));
    assert_eq!(track(Codec::Hevc, b"", 1), Fault::Hevc(crate::hevc::Fault::Truncated));
    assert_eq!(track(Codec::Aac, b"", 1), Fault::Aac(crate::aac::Fault::Truncated));
    assert_eq!(track(Codec::Mp3, b"", 1), Fault::Mp3(crate::mp3::Fault::Truncated));
    assert_eq!(track(Codec::Av1, b"", 1), Fault::Av1(crate::av1::Fault::Truncated));
    assert_eq!(track(Codec::Av1, &[0x81, 0, 0, 0], 1), Fault::SizeUnknown);
    assert_eq!(track(Codec::Vp9, VPCC, 1), Fault::SizeUnknown);
    assert_eq!(track(Codec::Opus, b"", 1), Fault::Opus(crate::opus::Fault::Magic));
    assert_eq!(track(Codec::G711A, b"x", 1), Fault::NotCarried(Codec::G711A));
    assert_eq!(track(Codec::G711U, b"x", 1).to_string(), "G.711 mu-law is not carried in MP4");
}

#[test]
fn a_key_frame_tells_the_size_that_the_record_does_not() {
    let sized = |codec, bytes| Track::sized(codec, &Bytes::from_static(bytes), Some((320, 180)), 1).unwrap();
    let vp9 = sized(Codec::Vp9, VPCC);
    assert_eq!((vp9.size(), vp9.codec_string()), ((320, 180), "vp09.00.11.08"));
    assert_eq!(sized(Codec::Vp9, &VPCC[4..]), vp9);
    assert_eq!(sized(Codec::Av1, &AV1C[..4]).size(), (320, 180));
    assert_eq!(sized(Codec::Av1, AV1C).size(), (318, 178));
    let entry = find(&init_segment(&[vp9]), &[b"moov", b"trak", b"mdia", b"minf", b"stbl", b"stsd"]).unwrap().to_vec();
    assert_eq!(
        find(&find(&entry[8..], &[b"vp09"]).unwrap()[78..], &[b"vpcC"]),
        Some(&b"\x01\0\0\0\0\x0b\x82\x02\x02\x02\0\0"[..])
    );
}

#[test]
fn temporal_delimiters_stay_out_of_the_file() {
    let av1 = Track::from_config(Codec::Av1, &Bytes::from_static(AV1C), 1).unwrap();
    let (mut with, mut without) = (Vec::new(), Vec::new());
    fragment(1, &av1, &[sample(0, 0, 3_000, b"\x12\0\x32\x01x")], &mut with).unwrap();
    fragment(1, &av1, &[sample(0, 0, 3_000, b"\x32\x01x")], &mut without).unwrap();
    assert_eq!(with, without);
}

#[test]
fn one_track_makes_a_cmaf_header_and_two_do_not() {
    let brands = |tracks: &[Track]| find(&init_segment(tracks), &[b"ftyp"]).unwrap()[8..].to_vec();
    assert_eq!(brands(&[video()]), b"iso6mp41cmfc");
    assert_eq!(brands(&[video(), audio(&[0x12, 0x10])]), b"iso6mp41");
}

#[test]
fn a_long_configuration_keeps_the_length_of_its_descriptor() {
    let mut config = vec![0x12, 0x10];
    config.resize(20_000, 0);
    let track = Track::from_config(Codec::Aac, &Bytes::from(config.clone()), 1).unwrap();
    let init = init_segment(&[track]);
    let stsd = find(&init, &[b"moov", b"trak", b"mdia", b"minf", b"stbl", b"stsd"]).unwrap();
    let esds = find(&find(&stsd[8..], &[b"mp4a"]).unwrap()[28..], &[b"esds"]).unwrap();
    let place = esds.windows(config.len()).position(|window| window == config).unwrap();
    assert_eq!(esds[place - 5..place], [5, 0x80, 0x81, 0x9c, 0x20]);
}

#[test]
fn boxes_of_every_size_form_are_walked_and_broken_ones_end_the_walk() {
    let read = |data: &'static [u8]| boxes(data).map(|found| found.map(|b| (b.kind, b.payload))).collect::<Vec<_>>();
    assert_eq!(read(b"\0\0\0\x09freea\0\0\0\x08skip"), [Ok((*b"free", &b"a"[..])), Ok((*b"skip", b""))]);
    assert_eq!(read(b"\0\0\0\x01free\0\0\0\0\0\0\0\x12ab"), [Ok((*b"free", &b"ab"[..]))]);
    assert_eq!(read(b"\0\0\0\0mdatabc"), [Ok((*b"mdat", &b"abc"[..]))]);
    assert_eq!(read(b"\0\0\0\x08fre"), [Err(Fault::Truncated)]);
    assert_eq!(read(b"\0\0\0\x07free"), [Err(Fault::BoxSize { announced: 7, left: 8 })]);
    assert_eq!(read(b"\0\0\0\x0afreea"), [Err(Fault::BoxSize { announced: 10, left: 9 })]);
    let huge = Fault::BoxSize { announced: u64::MAX, left: 16 };
    assert_eq!(read(b"\0\0\0\x01free\xff\xff\xff\xff\xff\xff\xff\xff"), [Err(huge)]);
}
