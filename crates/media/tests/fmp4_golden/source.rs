//! The committed samples as frames of the hub.

use bytes::Bytes;
use std::path::Path;
use vivace_base::MediaTime;
use vivace_media::aac::AdtsHeader;
use vivace_media::fmp4::{Sample, boxes, find};
use vivace_media::mp3::FrameHeader;
use vivace_media::{Codec, av1, h264, hevc, opus, size_in_band, vp9};

pub(crate) struct Source {
    pub(crate) codec: Codec,
    pub(crate) config: Bytes,
    /// What a key frame tells of the size.
    pub(crate) size: Option<(u16, u16)>,
    pub(crate) samples: Vec<Owned>,
}

pub(crate) struct Owned {
    dts: MediaTime,
    cts: MediaTime,
    duration: MediaTime,
    key: bool,
    payload: Vec<u8>,
}

impl Owned {
    pub(crate) fn at(&self, start: MediaTime) -> Sample<'_> {
        let Self { dts, cts, duration, key, ref payload } = *self;
        Sample { dts: dts + start, cts, duration, key, payload }
    }
}

/// A time in units of `timescale`, rounded to the nearest tick of 1/90,000 s.
fn time(units: i64, timescale: u32) -> MediaTime {
    let timescale = i64::from(timescale);
    MediaTime::from_ticks((units * MediaTime::HZ + timescale / 2).div_euclid(timescale))
}

fn owned(dts: i64, cts: i64, duration: i64, timescale: u32, key: bool, payload: &[u8]) -> Owned {
    let start = time(dts, timescale);
    Owned {
        dts: start,
        cts: time(dts + cts, timescale) - start,
        duration: time(dts + duration, timescale) - start,
        key,
        payload: payload.to_vec(),
    }
}

pub(crate) fn adts(path: &Path) -> Source {
    let file = std::fs::read(path).expect("a committed sample");
    let mut config = Vec::new();
    let mut samples = Vec::new();
    let mut rest = file.as_slice();
    while !rest.is_empty() {
        let header = AdtsHeader::parse(rest).expect("an ADTS header");
        if config.is_empty() {
            header.config().expect("plain channels").write(&mut config).expect("a configuration of AAC LC");
        }
        let place = samples.len() as i64 * 1_024;
        let payload = &rest[header.header_bytes()..header.frame_bytes];
        samples.push(owned(place, 0, 1_024, header.sample_rate, true, payload));
        rest = &rest[header.frame_bytes..];
    }
    Source { codec: Codec::Aac, config: config.into(), size: None, samples }
}

pub(crate) fn mp3(path: &Path) -> Source {
    let file = std::fs::read(path).expect("a committed sample");
    let mut samples: Vec<Owned> = Vec::new();
    let mut rest = file.as_slice();
    while !rest.is_empty() {
        let header = FrameHeader::parse(rest).expect("an MP3 header");
        let length = i64::from(header.samples_per_frame());
        let place = samples.len() as i64 * length;
        samples.push(owned(place, 0, length, header.sample_rate, true, &rest[..header.frame_bytes]));
        rest = &rest[header.frame_bytes..];
    }
    Source { codec: Codec::Mp3, config: samples[0].payload.clone().into(), size: None, samples }
}

/// The tracks of an MP4 file with sample tables.
pub(crate) fn mp4(path: &Path) -> Vec<Source> {
    let file = std::fs::read(path).expect("a committed sample");
    let moov = find(&file, &[b"moov"]).expect("moov");
    let tracks = boxes(moov).map(|found| found.expect("whole boxes")).filter(|found| found.kind == *b"trak");
    tracks.map(|found| track(&file, found.payload)).collect()
}

fn track(file: &[u8], trak: &[u8]) -> Source {
    let table = |kind: &[u8; 4]| find(trak, &[b"mdia", b"minf", b"stbl", kind]);
    let timescale = words(find(trak, &[b"mdia", b"mdhd"]).expect("mdhd"))[3];
    let (codec, config) = description(&table(b"stsd").expect("stsd")[8..]);
    let sizes = words(table(b"stsz").expect("stsz"))[3..].to_vec();
    let offsets = sample_offsets(&words(table(b"stsc").expect("stsc")), &words(table(b"stco").expect("stco")), &sizes);
    let durations = unrolled(table(b"stts").expect("stts"));
    let compositions = table(b"ctts").map_or_else(|| vec![0; sizes.len()], unrolled);
    let mut dts = 0;
    let mut samples = Vec::new();
    for (index, offset) in offsets.iter().enumerate() {
        let payload = &file[*offset..*offset + sizes[index] as usize];
        let key = is_key(codec, payload);
        let (duration, cts) = (i64::from(durations[index]), i64::from(compositions[index] as i32));
        if codec == Codec::Opus && index + 1 < sizes.len() {
            assert_eq!(opus::samples(payload), Ok(durations[index]), "the file and the packet disagree");
        }
        samples.push(owned(dts, cts, duration, timescale, key, payload));
        dts += duration;
    }
    let told = table(b"stss").map(|stss| words(stss)[2..].to_vec());
    let found: Vec<_> = (1u32..).zip(&samples).filter(|(_, sample)| sample.key).map(|(number, _)| number).collect();
    assert!(told.is_none_or(|told| told == found), "the file and the key frame test disagree");
    let size = size_in_band(codec, &config, &samples[0].payload);
    Source { codec, config, size, samples }
}

fn is_key(codec: Codec, payload: &[u8]) -> bool {
    match codec {
        Codec::H264 => h264::is_key(payload, 4).expect("whole NAL units"),
        Codec::Hevc => hevc::is_key(payload, 4).expect("whole NAL units"),
        Codec::Av1 => av1::is_key(payload).expect("whole OBUs"),
        Codec::Vp9 => vp9::is_key(payload).expect("a frame"),
        Codec::Aac | Codec::Mp3 | Codec::Opus | Codec::G711A | Codec::G711U => true,
    }
}

fn description(entries: &[u8]) -> (Codec, Bytes) {
    let entry = boxes(entries).next().expect("an entry").expect("a whole entry");
    let config = |head: usize, kind| find(&entry.payload[head..], &[kind]).expect("a configuration");
    match &entry.kind {
        b"avc1" => (Codec::H264, Bytes::copy_from_slice(config(78, b"avcC"))),
        b"hvc1" => (Codec::Hevc, Bytes::copy_from_slice(config(78, b"hvcC"))),
        b"av01" => (Codec::Av1, Bytes::copy_from_slice(config(78, b"av1C"))),
        b"vp09" => (Codec::Vp9, Bytes::copy_from_slice(config(78, b"vpcC"))),
        b"Opus" => (Codec::Opus, opus_head(config(28, b"dOps"))),
        b"mp4a" => (Codec::Aac, Bytes::copy_from_slice(decoder_specific(config(28, b"esds")))),
        other => panic!("sample entry {other:?}"),
    }
}

fn opus_head(dops: &[u8]) -> Bytes {
    let mut head = Vec::new();
    opus::Head::parse_dops(dops).expect("a header").write(&mut head);
    head.into()
}

/// Where ffmpeg writes it: behind two descriptors with lengths of four bytes.
fn decoder_specific(esds: &[u8]) -> &[u8] {
    assert_eq!(esds[30..34], [5, 0x80, 0x80, 0x80]);
    &esds[35..35 + usize::from(esds[34])]
}

fn words(table: &[u8]) -> Vec<u32> {
    table.as_chunks().0.iter().map(|bytes| u32::from_be_bytes(*bytes)).collect()
}

/// The values of a table of runs.
fn unrolled(table: &[u8]) -> Vec<u32> {
    words(table)[2..].chunks(2).flat_map(|run| vec![run[1]; run[0] as usize]).collect()
}

fn sample_offsets(stsc: &[u32], stco: &[u32], sizes: &[u32]) -> Vec<usize> {
    let mut offsets = Vec::new();
    for (chunk, offset) in (1u32..).zip(&stco[2..]) {
        let run = stsc[2..].chunks(3).rfind(|run| run[0] <= chunk).expect("a run for each chunk");
        let mut place = *offset as usize;
        for _ in 0..run[1] {
            offsets.push(place);
            place += sizes[offsets.len() - 1] as usize;
        }
    }
    offsets
}
