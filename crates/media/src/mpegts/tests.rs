use bytes::Bytes;
use vivace_base::MediaTime;

use super::{Fault, PACKET_BYTES, PID_AUDIO, PID_VIDEO, Reader, Unit, Writer};
use crate::Codec;
use crate::fmp4::Sample;

const AVCC: &[u8] = include_bytes!("../../testdata/codecs/h264_main_638x358.avcc");
const HVCC: &[u8] = include_bytes!("../../testdata/codecs/hevc_main_1080p.hvcc");
/// AAC LC, 44,100 Hz, stereo.
const ASC: &[u8] = &[0x12, 0x10];

fn sample(ms: i64, cts_ms: i64, key: bool, payload: &[u8]) -> Sample<'_> {
    let [dts, cts, duration] = [ms, cts_ms, 40].map(MediaTime::from_ms);
    Sample { dts, cts, duration, key, payload }
}

/// A slice of `kind` with `bytes` bytes behind its header.
fn slice(kind: u8, bytes: usize) -> Vec<u8> {
    let mut out = Vec::from((bytes as u32 + 1).to_be_bytes());
    out.push(kind);
    out.extend((0..bytes).map(|at| at as u8 | 1));
    out
}

struct Read {
    units: Vec<Unit>,
    clocks: Vec<(u16, u64)>,
}

fn read(bytes: &[u8]) -> Read {
    let mut reader = Reader::new(1 << 20);
    let mut read = Read { units: Vec::new(), clocks: Vec::new() };
    assert_eq!(bytes.len() % PACKET_BYTES, 0);
    for packet in bytes.chunks(PACKET_BYTES) {
        let told = reader.packet(packet).unwrap();
        read.units.extend(told.unit);
        read.clocks.extend(told.pcr.map(|pcr| (told.pid, pcr)));
    }
    read.units.extend(reader.finish().into_iter().map(Result::unwrap));
    read
}

fn writer() -> Writer {
    let mut writer = Writer::new();
    writer.configure(Some((Codec::H264, AVCC)), Some((Codec::Aac, ASC))).unwrap();
    writer
}

#[test]
fn pictures_of_every_length_come_out_as_they_went_in() {
    let mut writer = writer();
    let mut out = Vec::new();
    let slices: Vec<Vec<u8>> = (0..600).map(|bytes| slice(1, bytes)).collect();
    for (at, slice) in slices.iter().enumerate() {
        writer.video(&sample(40 * at as i64, 80, false, slice), &mut out).unwrap();
    }
    let read = read(&out);
    assert_eq!(read.units.len(), slices.len());
    for (at, (unit, slice)) in read.units.iter().zip(&slices).enumerate() {
        let dts = 90_000 + 3_600 * at as u64;
        assert_eq!((unit.pid, unit.stream_type, unit.random_access), (PID_VIDEO, 0x1b, false));
        assert_eq!((unit.pts, unit.dts), (Some(dts + 7_200), Some(dts)));
        assert_eq!(unit.payload, [&[0, 0, 0, 1, 9, 0xf0, 0, 0, 0, 1], &slice[4..]].concat(), "slice {at}");
        assert_eq!(read.clocks[at], (PID_VIDEO, dts - 9_000));
    }
}

#[test]
fn a_key_frame_has_tables_and_parameter_sets_before_it() {
    let mut writer = writer();
    let mut out = Vec::new();
    let idr = slice(0x65, 20);
    writer.video(&sample(0, 0, true, &idr), &mut out).unwrap();
    assert_eq!([out[1], out[2]], [0x40, 0], "the association table comes first");
    assert_eq!([out[PACKET_BYTES + 1], out[PACKET_BYTES + 2]], [0x50, 0], "then the map");
    let first = &read(&out).units[0];
    assert!(first.random_access && first.dts.is_none());
    let kinds = |payload: &[u8]| {
        payload.windows(5).filter(|five| five.starts_with(&[0, 0, 0, 1])).map(|five| five[4] & 31).collect::<Vec<_>>()
    };
    assert_eq!(kinds(&first.payload), [9, 7, 8, 5]);
    // With sets of its own, and a delimiter, it gets neither again.
    let mut own = Vec::new();
    for kind in [9, 0x67, 0x68, 0x65] {
        own.extend(slice(kind, 3));
    }
    let mut out = Vec::new();
    writer.video(&sample(40, 0, true, &own), &mut out).unwrap();
    assert_eq!(kinds(&read(&out).units[0].payload), [9, 7, 8, 5]);
}

#[test]
fn hevc_begins_with_its_own_delimiter_and_three_kinds_of_sets() {
    let mut writer = Writer::new();
    writer.configure(Some((Codec::Hevc, HVCC)), None).unwrap();
    let mut out = Vec::new();
    writer.video(&sample(0, 0, true, &[0, 0, 0, 3, 19 << 1, 1, 7]), &mut out).unwrap();
    let unit = &read(&out).units[0];
    assert_eq!(unit.stream_type, 0x24);
    let five = unit.payload.windows(5).filter(|five| five.starts_with(&[0, 0, 0, 1]));
    assert_eq!(five.map(|five| five[4] >> 1 & 63).collect::<Vec<_>>(), [35, 32, 33, 34, 19]);
}

#[test]
fn several_frames_of_sound_share_a_packet_behind_adts_headers() {
    let mut writer = writer();
    let mut out = Vec::new();
    let frames = [vec![7; 100], vec![8; 300]];
    let samples: Vec<_> = frames.iter().map(|frame| sample(0, 0, true, frame)).collect();
    writer.audio(&samples, &mut out).unwrap();
    let unit = &read(&out).units[0];
    assert_eq!((unit.pid, unit.stream_type, unit.pts), (PID_AUDIO, 0x0f, Some(90_000)));
    let header = crate::aac::AdtsHeader::parse(&unit.payload).unwrap();
    assert_eq!((header.frame_bytes, header.sample_rate, header.channel_configuration), (107, 44_100, 2));
    let second = &unit.payload[107..];
    assert_eq!(crate::aac::AdtsHeader::parse(second).unwrap().frame_bytes, 307);
    assert_eq!(second[7..], frames[1]);
}

#[test]
fn a_long_run_of_sound_becomes_several_packets() {
    let mut writer = Writer::new();
    writer.configure(None, Some((Codec::Aac, ASC))).unwrap();
    let frame = vec![1; 8_000];
    let samples: Vec<_> = (0..20).map(|at| sample(at * 10, 0, true, &frame)).collect();
    let mut out = Vec::new();
    writer.audio(&samples, &mut out).unwrap();
    let read = read(&out);
    assert_eq!(read.units.len(), 3);
    assert_eq!(read.units.iter().map(|unit| unit.payload.len()).sum::<usize>(), 20 * 8_007);
    assert!(read.clocks.iter().all(|(pid, _)| *pid == PID_AUDIO) && read.clocks.len() == 3);
    let long = vec![1; 8_185];
    assert_eq!(writer.audio(&[sample(0, 0, true, &long)], &mut out), Err(Fault::AudioFrame(8_185)));
}

#[test]
fn the_clock_is_told_between_rare_pictures_and_never_goes_back() {
    let mut writer = writer();
    let mut out = Vec::new();
    let idr = slice(0x65, 20);
    writer.video(&sample(0, 0, true, &idr), &mut out).unwrap();
    for at in 1..40 {
        writer.audio(&[sample(at * 23, 0, true, &[1; 50])], &mut out).unwrap();
    }
    writer.video(&sample(500, 0, false, &idr), &mut out).unwrap();
    let clocks: Vec<u64> = read(&out).clocks.iter().map(|(_, pcr)| *pcr).collect();
    assert!(clocks.windows(2).all(|pair| pair[0] <= pair[1] && pair[1] - pair[0] <= 63 * 90), "{clocks:?}");
    let tables = out.chunks(PACKET_BYTES).filter(|packet| packet[1] == 0x40 && packet[2] == 0).count();
    assert_eq!(tables, 3, "at 0, 414 and 828 ms");
}

/// Steps of the clock, and of it from tables to tables, in milliseconds.
fn steps(out: &[u8]) -> (Vec<u64>, Vec<u64>) {
    let (mut clocks, mut tables) = (Vec::new(), Vec::new());
    let mut reader = Reader::new(1 << 20);
    let mut due = false;
    for packet in out.chunks(PACKET_BYTES) {
        due |= packet[1] == 0x40 && packet[2] == 0;
        let Some(pcr) = reader.packet(packet).unwrap().pcr else { continue };
        clocks.push(pcr / 90);
        if std::mem::take(&mut due) {
            tables.push(pcr / 90);
        }
    }
    let steps = |times: Vec<u64>| times.windows(2).map(|pair| pair[1] - pair[0]).collect();
    (steps(clocks), steps(tables))
}

#[test]
fn the_clock_and_the_tables_are_told_where_pictures_are_rare_and_sound_is_long() {
    let idr = slice(0x65, 20);
    let mut silent = Writer::new();
    silent.configure(Some((Codec::H264, AVCC)), None).unwrap();
    let mut alone = Writer::new();
    alone.configure(None, Some((Codec::Aac, ASC))).unwrap();
    let (mut pictures, mut sounds) = (Vec::new(), Vec::new());
    for at in 0..10 {
        silent.video(&sample(at * 1_000, 0, at == 0, &idr), &mut pictures).unwrap();
        alone.audio(&[sample(at * 256, 0, true, &[1; 50])], &mut sounds).unwrap();
    }
    for out in [&pictures, &sounds] {
        let (clocks, tables) = steps(out);
        assert!(clocks.iter().all(|ms| *ms <= 100) && clocks.len() > 20, "{clocks:?}");
        assert!(tables.iter().all(|ms| (300..=500).contains(ms)) && tables.len() >= 4, "{tables:?}");
        assert_eq!(read(out).units.len(), 10);
    }
    // A hole is none that is filled.
    let mut out = Vec::new();
    silent.video(&sample(3_600_000, 0, true, &idr), &mut out).unwrap();
    assert_eq!(out.len(), 3 * PACKET_BYTES);
}

#[test]
fn counters_go_on_over_segments_and_configurations() {
    let mut writer = writer();
    let mut out = Vec::new();
    let idr = slice(0x65, 500);
    for at in 0..20 {
        writer.begin_segment();
        writer.video(&sample(at * 40, 0, true, &idr), &mut out).unwrap();
        if at == 10 {
            writer.configure(Some((Codec::H264, AVCC)), None).unwrap();
        }
    }
    assert_eq!(read(&out).units.len(), 20);
    let versions: Vec<u8> =
        out.chunks(PACKET_BYTES).filter(|p| p[1] == 0x50 && p[2] == 0).map(|p| p[10] >> 1 & 31).collect();
    assert_eq!((versions[10], versions[11]), (1, 2));
}

#[test]
fn times_wrap_at_33_bits() {
    let mut writer = writer();
    let mut out = Vec::new();
    let idr = slice(0x65, 20);
    let dts = MediaTime::from_ticks((1 << 33) - 90_000 + 5);
    writer.video(&Sample { dts, ..sample(0, 0, true, &idr) }, &mut out).unwrap();
    assert_eq!(read(&out).units[0].pts, Some(5));
}

#[test]
fn what_cannot_be_carried_is_refused_and_leaves_no_trace() {
    let mut writer = writer();
    let mut out = vec![1];
    let cut = writer.video(&sample(0, 0, true, &[0, 0, 0, 9, 1]), &mut out);
    assert!(matches!(cut, Err(Fault::H264(_))) && out == [1]);
    let asc = Bytes::from_static(&[0x12, 0x00]);
    assert!(matches!(writer.configure(None, Some((Codec::Aac, &asc))), Err(Fault::Aac(_))));
    assert_eq!(writer.configure(Some((Codec::Aac, &asc)), None), Err(Fault::Codec));
    assert_eq!(Writer::new().video(&sample(0, 0, true, &[]), &mut out), Err(Fault::NoTrack));
}
