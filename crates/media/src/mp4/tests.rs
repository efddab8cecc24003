use bytes::Bytes;
use vivace_base::MediaTime;

use super::{Entry, Fault, Movie};
use crate::Codec;
use crate::fmp4::{Track, boxes, find};

const AVCC: &[u8] = include_bytes!("../../testdata/codecs/h264_main_638x358.avcc");

fn tracks() -> Vec<Track> {
    vec![
        Track::from_config(Codec::H264, &Bytes::from_static(AVCC), 1).unwrap(),
        Track::from_config(Codec::Aac, &Bytes::from_static(&[0x11, 0x90]), 2).unwrap(),
    ]
}

fn entry(dts_ticks: i64, cts_ticks: i32, bytes: u32) -> Entry {
    Entry { dts_ticks, cts_ticks, duration_ticks: 3_000, bytes, key: dts_ticks % 9_000 == 0 }
}

fn words(payload: &[u8]) -> Vec<u32> {
    payload.chunks_exact(4).map(|word| u32::from_be_bytes(word.try_into().unwrap())).collect()
}

/// A table of a track, which counts from zero.
fn table(head: &[u8], track: usize, path: &[&[u8; 4]]) -> Option<Vec<u32>> {
    let moov = find(head, &[b"moov"]).unwrap();
    let traks = boxes(moov).map(Result::unwrap).filter(|found| found.kind == *b"trak");
    find(traks.map(|found| found.payload).nth(track).unwrap(), path).map(words)
}

fn sample_table(head: &[u8], track: usize, kind: &[u8; 4]) -> Option<Vec<u32>> {
    table(head, track, &[b"mdia", b"minf", b"stbl", kind])
}

#[test]
fn tables_are_runs_and_chunks_follow_the_data() {
    let mut movie = Movie::new(tracks(), 1 << 20);
    for number in 0..3 {
        movie.add(0, &entry(number * 3_000, 0, 10)).unwrap();
    }
    for number in 0..2 {
        movie.add(1, &entry(number * 1_024, 0, 4)).unwrap();
    }
    movie.add(0, &Entry { duration_ticks: 500, ..entry(9_000, 3_000, 7) }).unwrap();
    let head = movie.head().unwrap();
    let start = head.len() as u32;
    assert_eq!(sample_table(&head, 0, b"stts").unwrap(), [0, 2, 3, 3_000, 1, 500]);
    assert_eq!(sample_table(&head, 0, b"ctts").unwrap(), [0x100_0000, 2, 3, 0, 1, 3_000]);
    assert_eq!(sample_table(&head, 0, b"stss").unwrap(), [0, 2, 1, 4]);
    assert_eq!(sample_table(&head, 0, b"stsc").unwrap(), [0, 2, 1, 3, 1, 2, 1, 1]);
    assert_eq!(sample_table(&head, 0, b"stsz").unwrap(), [0, 0, 4, 10, 10, 10, 7]);
    assert_eq!(sample_table(&head, 0, b"stco").unwrap(), [0, 2, start, start + 38]);
    assert_eq!(sample_table(&head, 1, b"stts").unwrap(), [0, 2, 1, 1_024, 1, 3_000]);
    assert_eq!(sample_table(&head, 1, b"stco").unwrap(), [0, 1, start + 30]);
    assert_eq!((sample_table(&head, 1, b"stss"), sample_table(&head, 1, b"ctts")), (None, None));
    assert_eq!(words(&head[head.len() - 8..]), [8 + 45, u32::from_be_bytes(*b"mdat")]);
}

#[test]
fn a_file_beyond_four_gigabytes_has_long_offsets() {
    let mut movie = Movie::new(tracks(), 1 << 20);
    for number in 0..3 {
        movie.add(0, &entry(number * 3_000, 0, u32::MAX)).unwrap();
    }
    let head = movie.head().unwrap();
    let data_bytes = u64::from(u32::MAX) * 3;
    assert_eq!(movie.data_bytes(), data_bytes);
    assert_eq!(head[head.len() - 16..head.len() - 8], *b"\0\0\0\x01mdat");
    assert_eq!(u64::from_be_bytes(*head.last_chunk().unwrap()), data_bytes + 16);
    let offsets = sample_table(&head, 0, b"co64").unwrap();
    let second = u64::from(offsets[4]) << 32 | u64::from(offsets[5]);
    assert_eq!((offsets[1], second), (3, u64::from(u32::MAX) + head.len() as u64));
    assert_eq!(sample_table(&head, 0, b"stco"), None);
}

#[test]
fn each_track_keeps_its_place_in_time() {
    let mut movie = Movie::new(tracks(), 1 << 20);
    // Pictures are decoded from 1 s on and shown from 1.1 s on, sound begins at 1.05 s.
    movie.add(0, &entry(90_000, 9_000, 1)).unwrap();
    movie.add(0, &entry(93_000, 9_000, 1)).unwrap();
    movie.add(1, &Entry { duration_ticks: 1_024, ..entry(50_400, 0, 1) }).unwrap();
    let head = movie.head().unwrap();
    let edits = |track| table(&head, track, &[b"edts", b"elst"]).unwrap();
    assert_eq!(edits(0), [0, 2, 4_500, u32::MAX, 0x1_0000, 6_000, 9_000, 0x1_0000]);
    assert_eq!(edits(1), [0, 1, 1_920, 0, 0x1_0000]);
    assert_eq!(movie.duration(), MediaTime::from_ticks(10_500));
    let header = words(find(&head, &[b"moov", b"mvhd"]).unwrap());
    assert_eq!(header[3..5], [90_000, 10_500]);
}

#[test]
fn times_too_long_for_32_bits_have_64() {
    let mut movie = Movie::new(tracks(), 1 << 20);
    for second in [0, 40_000, 80_000] {
        movie.add(0, &entry(second * 90_000, 0, 1)).unwrap();
    }
    let head = movie.head().unwrap();
    let header = words(find(&head, &[b"moov", b"mvhd"]).unwrap());
    assert_eq!((header[0], u64::from(header[6]) << 32 | u64::from(header[7])), (0x100_0000, 7_200_003_000));
    assert_eq!(table(&head, 0, &[b"edts", b"elst"]).unwrap()[..2], [0x100_0000, 1]);
    assert_eq!(table(&head, 0, &[b"mdia", b"mdhd"]).unwrap()[0], 0x100_0000);
}

#[test]
fn times_that_step_back_wait_and_presentation_stays() {
    let mut movie = Movie::new(tracks(), 1 << 20);
    for entry in [entry(9_000, 0, 1), entry(6_000, 1_000, 1), entry(12_000, 0, 1)] {
        movie.add(0, &entry).unwrap();
    }
    let head = movie.head().unwrap();
    assert_eq!(sample_table(&head, 0, b"stts").unwrap(), [0, 2, 1, 0, 2, 3_000]);
    assert_eq!(sample_table(&head, 0, b"ctts").unwrap()[2..], [1, 0, 1, (-2_000i32).cast_unsigned(), 1, 0]);
}

#[test]
fn memory_is_bounded_and_small() {
    let mut movie = Movie::new(tracks(), 1 << 20);
    let mut added = 0u64;
    let fault = loop {
        // Every step and every offset is another: the worst case.
        let dts = added as i64 * 3_000 + (added % 2) as i64 * 90;
        let cts = if added.is_multiple_of(3) { 3_000 } else { 0 };
        match movie.add(0, &Entry { key: true, ..entry(dts, cts, 20_000) }) {
            Ok(()) => added += 1,
            Err(fault) => break fault,
        }
    };
    assert_eq!(fault, Fault::TablesTooLarge(1 << 20));
    // Vectors may have grown to twice what they hold.
    assert!((1 << 20) / added < 48, "{added} samples in a mebibyte");
    assert!(movie.head().unwrap().len() < 1 << 20);
    assert_eq!(movie.add(2, &entry(0, 0, 1)), Err(Fault::TablesTooLarge(1 << 20)));
    assert_eq!(Movie::new(tracks(), 1).add(2, &entry(0, 0, 1)), Err(Fault::NoTrack(2)));
}
