use vivace_base::MediaTime;

use super::{Demuxer, nearest};
use crate::fmp4::Sample;
use crate::mpegts::{Fault, PACKET_BYTES, PID_AUDIO, PID_VIDEO, Writer};
use crate::{Codec, Frame, FrameKind};

const AVCC: &[u8] = include_bytes!("../../../testdata/codecs/h264_main_638x358.avcc");
const HVCC: &[u8] = include_bytes!("../../../testdata/codecs/hevc_main_1080p.hvcc");
const ASC: &[u8] = &[0x12, 0x10];

fn sample(ms: i64, key: bool, payload: &[u8]) -> Sample<'_> {
    let [dts, cts, duration] = [ms, 80, 40].map(MediaTime::from_ms);
    Sample { dts, cts, duration, key, payload }
}

/// A length and a slice behind a header of these bytes.
fn slice(header: &[u8], bytes: usize) -> Vec<u8> {
    [&((header.len() + bytes) as u32).to_be_bytes()[..], header, &vec![0x11; bytes]].concat()
}

fn segment(from_ms: i64) -> Vec<u8> {
    let mut writer = Writer::new();
    writer.configure(Some((Codec::H264, AVCC)), Some((Codec::Aac, ASC))).unwrap();
    let mut out = Vec::new();
    for at in 0..5 {
        let ms = from_ms + at * 40;
        let header = if at == 0 { 0x65 } else { 0x41 };
        writer.video(&sample(ms, at == 0, &slice(&[header], 700)), &mut out).unwrap();
        writer.audio(&[Sample { cts: MediaTime::ZERO, ..sample(ms, true, &[9; 50]) }], &mut out).unwrap();
    }
    out
}

fn of(frames: &[Frame], kind: FrameKind) -> Vec<&Frame> {
    frames.iter().filter(|frame| frame.kind == kind).collect()
}

fn demuxer() -> Demuxer {
    Demuxer::new(1 << 20, 1_000)
}

#[test]
fn what_was_written_comes_back_as_frames_with_their_times() {
    let mut demuxer = demuxer();
    let frames = demuxer.segment(&[], &segment(0)).unwrap();
    let config = of(&frames, FrameKind::VideoConfig);
    assert_eq!((config.len(), &config[0].payload[..]), (1, AVCC), "the record that the sets came from");
    assert_eq!(of(&frames, FrameKind::AudioConfig)[0].payload[..], *ASC);
    let pictures = of(&frames, FrameKind::Video);
    assert_eq!(pictures.len(), 5);
    assert_eq!(pictures[0].payload, slice(&[0x65], 700), "delimiter and sets are left out");
    for (at, picture) in pictures.iter().enumerate() {
        let (dts, cts) = (MediaTime::from_ms(1_000 + 40 * at as i64), MediaTime::from_ms(80));
        assert_eq!((picture.dts, picture.cts, picture.key), (dts, cts, at == 0));
    }
    let sounds = of(&frames, FrameKind::Audio);
    assert_eq!((sounds.len(), &sounds[4].payload[..], sounds[4].dts.ms()), (5, &[9; 50][..], 1_160));
    let again = demuxer.segment(&[], &segment(200)).unwrap();
    assert_eq!((again.len(), demuxer.left_out()), (10, 0), "what was configured is not told again");
}

#[test]
fn hevc_is_configured_by_its_sets() {
    let mut writer = Writer::new();
    writer.configure(Some((Codec::Hevc, HVCC)), None).unwrap();
    let mut out = Vec::new();
    writer.video(&sample(0, true, &slice(&[19 << 1, 1], 90)), &mut out).unwrap();
    let frames = demuxer().segment(&[], &out).unwrap();
    let [config, picture] = frames.as_slice() else { panic!("{frames:?}") };
    let [ours, theirs] = [&config.payload, HVCC].map(|record| crate::hevc::ConfigurationRecord::parse(record).unwrap());
    assert_eq!((ours.sps(), ours.vps(), ours.profile), (theirs.sps(), theirs.vps(), theirs.profile));
    assert!(picture.key && picture.payload == slice(&[19 << 1, 1], 90));
}

#[test]
fn frames_of_sound_go_on_over_packets_and_keep_time() {
    // Three ADTS frames in two PES packets, the second of which begins within the second frame.
    let config = crate::aac::AudioSpecificConfig::parse(ASC).unwrap();
    let mut stream = Vec::new();
    for _ in 0..3 {
        crate::aac::AdtsHeader::write(&config, 93, &mut stream).unwrap();
        stream.extend([7; 93]);
    }
    let mut sounds = super::Sounds::new(Codec::Aac);
    let mut frames = Vec::new();
    let (first, second) = stream.split_at(150);
    sounds.add(Some(MediaTime::from_ms(0)), first, &mut |frame| frames.push(frame));
    sounds.add(Some(MediaTime::from_ms(50)), second, &mut |frame| frames.push(frame));
    let times: Vec<_> = of(&frames, FrameKind::Audio).iter().map(|frame| frame.dts.ms()).collect();
    assert_eq!(times, [0, 23, 50]);
}

#[test]
fn times_go_on_past_33_bits_in_both_directions() {
    let span = 1_i64 << 33;
    assert_eq!(nearest(5, span - 5), span + 5);
    assert_eq!(nearest((span - 5) as u64, span + 5), span - 5);
    assert_eq!(nearest(7, 3 * span + 9), 3 * span + 7);
    let mut demuxer = demuxer();
    let end = (1 << 33) / 90 - 1_000;
    let first = demuxer.segment(&[], &segment(end - 300)).unwrap();
    let second = demuxer.segment(&[], &segment(end + 100)).unwrap();
    let times: Vec<_> = [first, second].iter().map(|frames| of(frames, FrameKind::Video)[0].dts.ms()).collect();
    assert!((399..=401).contains(&(times[1] - times[0])), "{times:?}");
}

#[test]
fn damage_costs_only_the_frames_that_it_is_in() {
    let whole = segment(0);
    let packets = whole.len() / PACKET_BYTES;
    for lost in 2..packets {
        let mut cut = whole.clone();
        cut.drain(lost * PACKET_BYTES..(lost + 1) * PACKET_BYTES);
        let frames = demuxer().segment(&[], &cut).unwrap_or_default();
        let pictures = of(&frames, FrameKind::Video);
        assert!(pictures.len() >= 3 || lost <= 8, "without packet {lost}: {} pictures", pictures.len());
        // Without the key frame, whose end the next one tells, nothing is configured. A frame whose middle is missing does not come.
        assert!(pictures.iter().all(|picture| picture.payload.len() == 705), "without packet {lost}");
        let mut twice = whole.clone();
        let copy = twice[lost * PACKET_BYTES..(lost + 1) * PACKET_BYTES].to_vec();
        twice.splice(lost * PACKET_BYTES..lost * PACKET_BYTES, copy);
        assert_eq!(demuxer().segment(&[], &twice), demuxer().segment(&[], &whole), "packet {lost} twice");
    }
}

#[test]
fn what_cannot_be_taken_is_said() {
    assert_eq!(demuxer().segment(&[], b"not a stream"), Err(Fault::Sync));
    assert_eq!(demuxer().segment(&[], &[0x47; 1_880]), Err(Fault::NoMap));
    let whole = segment(0);
    let scrambled: Vec<u8> = whole
        .chunks(PACKET_BYTES)
        .flat_map(|packet| {
            let mut packet = packet.to_vec();
            let pid = u16::from_be_bytes([packet[1] & 0x1f, packet[2]]);
            packet[3] |= if [PID_VIDEO, PID_AUDIO].contains(&pid) { 0x80 } else { 0 };
            packet
        })
        .collect();
    assert_eq!(demuxer().segment(&[], &scrambled), Err(Fault::Scrambled));
    assert_eq!(Demuxer::new(1 << 20, 6).segment(&[], &whole), Err(Fault::Frames(6)));
    assert!(Demuxer::new(100, 1_000).segment(&[], &whole).is_ok_and(|frames| of(&frames, FrameKind::Video).is_empty()));
}

#[test]
fn a_pes_packet_shorter_than_it_says_is_left_out_and_longer_is_cut() {
    let mut writer = Writer::new();
    writer.configure(None, Some((Codec::Aac, ASC))).unwrap();
    let mut out = Vec::new();
    writer.audio(&[Sample { cts: MediaTime::ZERO, ..sample(0, true, &[9; 50]) }], &mut out).unwrap();
    let begin = out.windows(4).position(|four| four == [0, 0, 1, 0xc0]).unwrap();
    assert_eq!(of(&demuxer().segment(&[], &out).unwrap(), FrameKind::Audio).len(), 1);
    for (told, frames) in [(0xffff_u16, 0), (10, 0), (2, 0)] {
        let mut broken = out.clone();
        broken[begin + 4..begin + 6].copy_from_slice(&told.to_be_bytes());
        assert!(demuxer().segment(&[], &broken).unwrap_or_default().len() == frames, "{told}");
    }
}
