use bytes::Bytes;
use vivace_base::MediaTime;

use super::{Reader, Scan, whole_bytes};
use crate::fmp4::{Fault, Sample, Track, fragment, init_segment};
use crate::{Codec, FrameKind};

const AVCC: &[u8] = include_bytes!("../../../testdata/codecs/h264_main_638x358.avcc");

fn tracks() -> [Track; 2] {
    [
        Track::from_config(Codec::H264, &Bytes::from_static(AVCC), 1).unwrap(),
        Track::from_config(Codec::Aac, &Bytes::from_static(&[0x12, 0x10]), 2).unwrap(),
    ]
}

fn reader() -> Reader {
    Reader::parse(&init_segment(&tracks())).unwrap()
}

fn atom(kind: &[u8; 4], content: &[&[u8]]) -> Vec<u8> {
    let content = content.concat();
    [&(content.len() as u32 + 8).to_be_bytes(), &kind[..], &content].concat()
}

fn words(words: &[u32]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_be_bytes()).collect()
}

/// A fragment of track 1 with these boxes behind `tfhd`, and `mdat`.
fn piece(tfhd: &[u32], boxes: &[Vec<u8>], data: &[u8]) -> Vec<u8> {
    let traf = [vec![atom(b"tfhd", &[&words(tfhd)])], boxes.to_vec()].concat().concat();
    [atom(b"moof", &[&atom(b"traf", &[&traf])]), atom(b"mdat", &[data])].concat()
}

/// (dts, cts, duration, key, payload).
type Told<'a> = (i64, i32, u32, bool, &'a [u8]);

fn read(data: &[u8]) -> Result<Vec<Told<'_>>, Fault> {
    let mut reader = reader();
    let samples = reader
        .samples(data, 0)
        .map(|sample| sample.map(|s| (s.dts_ticks, s.cts_ticks, s.duration_ticks, s.key, s.payload(data))));
    samples.collect()
}

const BASE_IS_MOOF: u32 = 0x2_0000;

#[test]
fn frames_share_the_memory_of_the_piece() {
    let mut data = Vec::new();
    let time = MediaTime::from_ms;
    let sample = Sample { dts: time(40), cts: time(80), duration: time(40), key: true, payload: b"picture" };
    fragment(1, &tracks()[0], &[sample], &mut data).unwrap();
    fragment(2, &tracks()[1], &[Sample { payload: b"sound", cts: time(0), ..sample }], &mut data).unwrap();
    let data = Bytes::from(data);
    let mut reader = reader();
    let headers: Vec<_> = reader.tracks().iter().map(|track| track.header(time(40)).unwrap()).collect();
    assert_eq!((headers[0].kind, headers[0].payload.as_ref()), (FrameKind::VideoConfig, AVCC));
    assert_eq!((headers[1].kind, headers[1].payload.as_ref()), (FrameKind::AudioConfig, &[0x12, 0x10][..]));
    let frames: Vec<_> = reader.frames(&data, 0).map(Result::unwrap).collect();
    assert_eq!(
        (frames[0].kind, frames[0].dts, frames[0].cts, frames[0].key),
        (FrameKind::Video, time(40), time(80), true)
    );
    assert_eq!((frames[1].kind, frames[1].codec, frames[1].key), (FrameKind::Audio, Some(Codec::Aac), false));
    let bounds = data.as_ptr_range();
    assert!(frames.iter().all(|frame| bounds.contains(&frame.payload.as_ptr())), "a payload was copied");
}

#[test]
fn what_a_run_does_not_tell_comes_from_the_defaults() {
    // tfhd: duration 7, size 2, flags not sync; trun: first flags sync, three samples.
    let trun = atom(b"trun", &[&words(&[0x5, 3, 8 + 8 + 28 + 24 + 8, 0x0200_0000])]);
    let data = piece(&[BASE_IS_MOOF | 0x38, 1, 7, 2, 0x1_0000], &[trun], b"aabbcc");
    let expected = [(0, 0, 7, true, &b"aa"[..]), (7, 0, 7, false, b"bb"), (14, 0, 7, false, b"cc")];
    assert_eq!(read(&data).unwrap(), expected);
}

#[test]
fn boxes_stand_in_any_order_and_runs_follow_each_other() {
    let tfdt = atom(b"tfdt", &[&words(&[0, 900])]);
    let head = 8 + 8 + (16 + 28 + 24 + 16) + 8;
    let first = atom(b"trun", &[&words(&[0x301, 1, head, 10, 3])]);
    let second = atom(b"trun", &[&words(&[0x300, 1, 20, 4])]);
    let data = piece(&[BASE_IS_MOOF, 1], &[first, second, tfdt], b"onetwoo");
    assert_eq!(read(&data).unwrap(), [(900, 0, 10, true, &b"one"[..]), (910, 0, 20, true, b"twoo")]);
    // Behind the movie fragment header, in front of the data: whatever else there is.
    let between = [atom(b"styp", &[b"msdh"]), atom(b"free", &[]), data].concat();
    assert_eq!(read(&between).unwrap()[1].4, b"twoo");
}

#[test]
fn a_fragment_without_a_time_goes_on_where_the_one_before_ended() {
    let piece = |tfdt: bool| {
        let told = if tfdt { vec![atom(b"tfdt", &[&words(&[0x100_0000, 1, 0])])] } else { Vec::new() };
        let head = 8 + 8 + 16 + 24 + if tfdt { 20 } else { 0 } + 8;
        piece(&[BASE_IS_MOOF, 1], &[told, vec![atom(b"trun", &[&words(&[0x301, 1, head, 10, 1])])]].concat(), b"x")
    };
    let both = [piece(true), piece(false)].concat();
    let times: Vec<_> = read(&both).unwrap().iter().map(|sample| sample.0).collect();
    assert_eq!(times, [1 << 32, (1 << 32) + 10]);
}

#[test]
fn fragments_of_unknown_tracks_are_passed_over() {
    let data = piece(&[BASE_IS_MOOF, 9], &[atom(b"trun", &[&words(&[0x301, 1, 72, 10, 1])])], b"x");
    assert_eq!(read(&data).unwrap(), []);
}

#[test]
fn lengths_that_lie_are_refused() {
    let run =
        |content: &[u32]| read(&piece(&[BASE_IS_MOOF, 1], &[atom(b"trun", &[&words(content)])], b"data")).map(|_| ());
    assert_eq!(run(&[0x301, 2, 72, 10, 1]), Err(Fault::Field(*b"trun")));
    assert_eq!(run(&[0x301, u32::MAX, 72, 10, 1]), Err(Fault::Field(*b"trun")));
    assert_eq!(run(&[0x101, 1, 64, 10]), Ok(()), "a sample without bytes that has an entry");
    assert_eq!(run(&[0x001, u32::MAX, 72]), Err(Fault::SampleSize));
    assert_eq!(run(&[0x201, 1, 72, 5]), Err(Fault::DataOutside));
    assert_eq!(run(&[0x201, 1, (-80i32).cast_unsigned(), 5]), Err(Fault::DataOutside));
    assert_eq!(run(&[0x201]), Err(Fault::Field(*b"trun")));
    let header = |tfhd: &[u32]| read(&piece(tfhd, &[], b"")).map(|_| ());
    assert_eq!(header(&[BASE_IS_MOOF]), Err(Fault::Field(*b"tfhd")));
    assert_eq!(header(&[0x1, 1, 0, 0]), Ok(()), "an absolute offset of the file's begin");
    assert_eq!(header(&[0x1, 1, u32::MAX, 0]), Err(Fault::DataOutside));
    assert_eq!(header(&[0x2, 1, 2]), Err(Fault::Description(2)));
    assert_eq!(read(&atom(b"moof", &[&atom(b"traf", &[])])), Err(Fault::Missing(*b"tfhd")));
    let time = piece(&[BASE_IS_MOOF, 1], &[atom(b"tfdt", &[&words(&[0x100_0000, u32::MAX, 0])])], b"");
    assert_eq!(read(&time), Err(Fault::DecodeTime));
    assert!(matches!(read(b"\0\0\0\x10moof1234"), Err(Fault::BoxSize { announced: 16, .. })));
}

#[test]
fn many_runs_over_the_same_bytes_are_refused() {
    let run = atom(b"trun", &[&words(&[0x1, 40, 72])]);
    let data = piece(&[BASE_IS_MOOF | 0x10, 1, 1], &vec![run; 30], &[0; 400]);
    assert_eq!(read(&data), Err(Fault::DataOutside));
}

#[test]
fn nothing_follows_a_fault() {
    let mut data = piece(&[BASE_IS_MOOF, 1], &[atom(b"trun", &[&words(&[0x201, 1, 72, 50])])], b"x");
    fragment(1, &tracks()[0], &[], &mut data).unwrap();
    let mut reader = reader();
    let mut samples = reader.samples(&data, 0);
    assert_eq!((samples.next(), samples.next()), (Some(Err(Fault::DataOutside)), None));
}

#[test]
fn tracks_that_are_not_carried_are_named_and_broken_ones_refused() {
    let init = init_segment(&tracks());
    let swap = |from: &[u8], to: &[u8]| {
        let at = init.windows(from.len()).position(|window| window == from).unwrap();
        [&init[..at], to, &init[at + to.len()..]].concat()
    };
    let reader = Reader::parse(&swap(b"mp4a", b"ac-3")).unwrap();
    assert_eq!((reader.tracks().len(), reader.foreign()), (1, &[*b"ac-3"][..]));
    let parse = |init: &[u8]| Reader::parse(init).map(|_| ()).unwrap_err();
    assert_eq!(parse(b""), Fault::Missing(*b"moov"));
    assert_eq!(parse(&swap(b"avcC", b"free")), Fault::Missing(*b"avcC"));
    assert_eq!(parse(&swap(b"esds", b"free")), Fault::Missing(*b"esds"));
    assert_eq!(parse(&swap(b"mdhd", b"free")), Fault::Missing(*b"mdhd"));
    assert_eq!(parse(&swap(&90_000u32.to_be_bytes(), &[0; 4])), Fault::TimeScale);
    let trak = atom(b"trak", &[crate::fmp4::find(&swap(b"mp4a", b"ac-3"), &[b"moov", b"trak"]).unwrap()]);
    assert_eq!(parse(&atom(b"moov", &[&trak.repeat(33)])), Fault::Tracks(32));
}

#[test]
fn g711_is_read_from_our_own_files_only_as_it_was_written() {
    for (codec, name) in [(Codec::G711A, "alaw"), (Codec::G711U, "ulaw")] {
        let track = Track::g711(codec, 1).unwrap();
        let reader = Reader::parse(&init_segment(std::slice::from_ref(&track))).unwrap();
        assert_eq!((reader.tracks()[0].track(), reader.tracks()[0].header(MediaTime::ZERO)), (&track, None));
        assert_eq!(track.codec_string(), name);
    }
    assert_eq!(Track::g711(Codec::Aac, 1), Err(Fault::NotCarried(Codec::Aac)));
}

#[test]
fn the_last_whole_fragment_is_found_however_the_file_was_cut() {
    let mut file = init_segment(&tracks());
    let mut ends = vec![0, file.len()];
    for number in 1..=3 {
        let sample = |payload| {
            let (dts, cts) = (MediaTime::ZERO, MediaTime::ZERO);
            Sample { dts, cts, duration: MediaTime::from_ms(1), key: true, payload }
        };
        fragment(number, &tracks()[number as usize % 2], &[sample(b"payload")], &mut file).unwrap();
        ends.push(file.len());
    }
    for cut in 0..=file.len() {
        let whole = ends.iter().rev().find(|end| **end <= cut).unwrap();
        assert_eq!(whole_bytes(&file[..cut]), *whole, "cut at {cut}");
    }
    let mut scan = Scan::from(ends[2] as u64);
    while scan.header(&file[scan.at() as usize..], file.len() as u64) {}
    assert_eq!(scan.whole_bytes(), file.len() as u64);
    // What a file system may leave behind a crash.
    assert_eq!(whole_bytes(&[&file[..], &[0; 64]].concat()), file.len());
    assert_eq!(whole_bytes(b"\0\0\0\x01moof\xff\xff\xff\xff\xff\xff\xff\xff"), 0);
    assert_eq!(whole_bytes(b"\0\0\0\x08moof\0\0\0\0mdatdata"), 0, "a box without a size is never whole");
}
