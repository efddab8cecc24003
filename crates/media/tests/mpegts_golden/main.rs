//! What the writer of transport streams writes is read by two independent readers, ffprobe and mpeg2ts, and their reading
//! is compared with the golden files in `testdata/codecs/golden`.
//!
//! `VIVACE_GOLDEN=write` replaces the golden files by what is read now; the difference is then for a person to judge.

#[allow(dead_code, reason = "the other golden test takes more of it")]
#[path = "../fmp4_golden/source.rs"]
mod source;
#[allow(dead_code, reason = "the other golden test takes more of it")]
#[path = "../fmp4_golden/views.rs"]
mod views;

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};

use mpeg2ts::pes::{PesPacketReader, ReadPesPacket};
use mpeg2ts::ts::{ReadTsPacket, TsPacketReader, TsPayload};
use source::{Source, adts, mp3, mp4};
use vivace_base::MediaTime;
use vivace_media::Codec;
use vivace_media::fmp4::Sample;
use vivace_media::mpegts::Writer;

/// Frames of sound in one PES packet.
const SOUND_IN_PES: usize = 3;

fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/codecs").join(name)
}

/// The stream, in order of decoding time, with a new segment at each key frame.
fn written(video: Option<&Source>, audio: Option<&Source>) -> Vec<u8> {
    let given = |source: &Source| (source.codec, source.config.clone());
    let configs = [video.map(given), audio.map(given)];
    let [video_config, audio_config] =
        configs.each_ref().map(|one| one.as_ref().map(|(codec, config)| (*codec, &**config)));
    let mut writer = Writer::new();
    writer.configure(video_config, audio_config).expect("a described program");
    let (pictures, sound) = (video.map(samples), audio.map(samples));
    let mut groups = sound.as_deref().unwrap_or_default().chunks(SOUND_IN_PES).peekable();
    let mut out = Vec::new();
    for picture in pictures.iter().flatten() {
        while let Some(group) = groups.next_if(|group| group[0].dts <= picture.dts) {
            writer.audio(group, &mut out).expect("sound");
        }
        if picture.key {
            writer.begin_segment();
        }
        writer.video(picture, &mut out).expect("a picture");
    }
    groups.for_each(|group| writer.audio(group, &mut out).expect("sound"));
    out
}

/// What mpeg2ts reads: PES packets with their times, and the counts of packets.
fn mpeg2ts(bytes: &[u8]) -> String {
    let mut text = String::new();
    let mut counters: BTreeMap<u16, u8> = BTreeMap::new();
    let mut clocks = Vec::new();
    let mut tables = 0;
    let mut packets = TsPacketReader::new(bytes);
    while let Some(packet) = packets.read_ts_packet().expect("mpeg2ts reads every packet") {
        if let Some(clock) = packet.adaptation_field.as_ref().and_then(|field| field.pcr) {
            clocks.push(clock.as_u64() / 300);
        }
        tables += usize::from(matches!(packet.payload, Some(TsPayload::Pat(_) | TsPayload::Pmt(_))));
        if packet.payload.is_some() {
            let (pid, found) = (packet.header.pid.as_u16(), packet.header.continuity_counter.as_u8());
            let before = counters.insert(pid, found);
            assert!(
                before.is_none_or(|before| (before + 1) & 15 == found),
                "PID {pid} jumps from {before:?} to {found}"
            );
        }
    }
    assert!(clocks.is_sorted(), "{clocks:?}");
    writeln!(text, "tables={tables} clocks={} from {:?} to {:?}", clocks.len(), clocks.first(), clocks.last())
        .expect("memory");
    let mut reader = PesPacketReader::new(TsPacketReader::new(bytes));
    while let Some(packet) = reader.read_pes_packet().expect("mpeg2ts reads every PES packet") {
        let header = &packet.header;
        let (pts, dts) = (header.pts.map(|time| time.as_u64()), header.dts.map(|time| time.as_u64()));
        let id = header.stream_id.as_u8();
        writeln!(text, "pes id={id:#x} pts={pts:?} dts={dts:?} bytes={}", packet.data.len()).expect("memory");
    }
    text
}

fn samples(source: &Source) -> Vec<Sample<'_>> {
    source.samples.iter().map(|one| one.at(MediaTime::ZERO)).collect()
}

fn check(name: &str, video: Option<&Source>, audio: Option<&Source>) {
    let bytes = written(video, audio);
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("mpegts_golden_{name}.ts"));
    std::fs::write(&path, &bytes).expect("the folder of test files can be written");
    compare(&format!("{name}.ts.ffprobe.txt"), &views::ffprobe(&path).replace("|side_data\n", ""));
    compare(&format!("{name}.ts.mpeg2ts.txt"), &mpeg2ts(&bytes));
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
fn h264_with_b_frames_and_aac() {
    let sources = mp4(&data("h264_high_1080p_aac.mp4"));
    let of = |codec| sources.iter().find(|source| source.codec == codec);
    check("h264_aac", of(Codec::H264), of(Codec::Aac));
}

#[test]
fn hevc_and_mp3() {
    let video = &mp4(&data("hevc_main_1080p.mp4"))[0];
    check("hevc_mp3", Some(video), Some(&mp3(&data("mp3_44100.mp3"))));
}

#[test]
fn sound_alone() {
    check("aac_adts", None, Some(&adts(&data("aac_lc_48000.aac"))));
}
