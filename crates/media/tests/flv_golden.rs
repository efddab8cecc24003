//! What we write is FLV to others: ffprobe's reading of it is a golden file, and a second reader finds the same tags.

use std::io::Cursor;
use std::path::{Path, PathBuf};
use std::process::Command;

use bytes::Bytes;
use scuffle_flv::audio::body::AudioTagBody;
use scuffle_flv::audio::body::enhanced::{AudioPacket, ExAudioTagBody};
use scuffle_flv::audio::header::enhanced::AudioFourCc;
use scuffle_flv::file::FlvFile;
use scuffle_flv::tag::FlvTagData;
use scuffle_flv::video::body::VideoTagBody;
use scuffle_flv::video::body::enhanced::{
    ExVideoTagBody, VideoPacket, VideoPacketCodedFrames, VideoPacketSequenceStart,
};
use vivace_base::{Limits, MediaTime};
use vivace_media::flv::{Reader, Tag, TagKind, file_header, to_frame, write_tag};
use vivace_media::{Codec, Frame, FrameKind};

fn testdata(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/flv").join(name)
}

fn sample(name: &str) -> Vec<u8> {
    let path = testdata(name);
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn tags(file: &[u8]) -> Vec<Tag> {
    let mut reader = Reader::new(&Limits::default());
    let mut tags = Vec::new();
    for piece in file.chunks(1_000) {
        reader.feed(piece);
        while let Some(tag) = reader.next().expect("the file is FLV") {
            tags.push(tag);
        }
    }
    reader.finish().expect("the file is whole");
    tags
}

fn frames(tags: &[Tag]) -> Vec<Frame> {
    let frame = |tag: &Tag| to_frame(tag.kind, MediaTime::from_ms(i64::from(tag.timestamp_ms)), &tag.body);
    tags.iter().filter_map(|tag| frame(tag).expect("the tag is known")).collect()
}

fn written(frames: &[Frame]) -> Vec<u8> {
    let mut out = file_header(true, true).to_vec();
    for frame in frames {
        let timestamp_ms = u32::try_from(frame.dts.ms()).expect("samples begin at zero");
        write_tag(frame, timestamp_ms, &mut out).expect("samples are small");
    }
    out
}

/// Our file of the sample: read, taken to frames, written.
fn rewritten_sample() -> Vec<u8> {
    written(&frames(&tags(&sample("h264_aac.flv"))))
}

fn ffprobe(file: &Path) -> String {
    let output = Command::new("ffprobe")
        .args(["-v", "error", "-of", "compact", "-show_packets", "-show_streams", "-show_entries"])
        .arg("packet=codec_type,pts,dts,size,flags:stream=codec_name,codec_type,width,height,sample_rate,channels")
        .arg(file)
        .output()
        .unwrap_or_else(|error| panic!("this test needs ffprobe (package ffmpeg) on the path: {error}"));
    let complaints = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && complaints.is_empty(), "ffprobe complains: {complaints}");
    reduced(&String::from_utf8(output.stdout).expect("ffprobe writes text"))
}

/// Newer versions print more flags and more fields for the same file: only what all of them agree on is kept.
fn reduced(report: &str) -> String {
    let mut lines = String::new();
    for line in report.lines().filter(|line| !line.is_empty()) {
        let mut fields: Vec<String> = Vec::new();
        for field in line.split('|') {
            match field.split_once('=') {
                Some(("flags", flags)) => fields.push(format!("key={}", flags.starts_with('K'))),
                _ if field.starts_with("side_data")
                    || field.starts_with("tag:")
                    || field.starts_with("disposition:") => {}
                _ => fields.push(field.to_owned()),
            }
        }
        lines.push_str(&fields.join("|"));
        lines.push('\n');
    }
    lines
}

#[test]
fn ffprobe_reads_what_the_golden_file_says() {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("rewritten.flv");
    std::fs::write(&path, rewritten_sample()).expect("the target's folder can be written");
    let golden_path = testdata("h264_aac.golden.txt");
    let reading = ffprobe(&path);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&golden_path, &reading).expect("the golden file can be written");
    }
    let golden = std::fs::read_to_string(&golden_path).expect("the golden file is there");
    for (number, (ours, theirs)) in reading.lines().zip(golden.lines()).enumerate() {
        assert_eq!(ours, theirs, "line {} of {}", number + 1, golden_path.display());
    }
    assert_eq!(reading.lines().count(), golden.lines().count());
    assert_eq!(reading, ffprobe(&testdata("h264_aac.flv")), "the sample itself reads otherwise");
}

#[test]
fn a_second_reader_finds_the_same_tags() {
    let ours = rewritten_sample();
    let expected: Vec<_> = tags(&ours).iter().map(|tag| (tag.kind, tag.timestamp_ms)).collect();
    assert_eq!(expected.len(), frames(&tags(&sample("h264_aac.flv"))).len());

    let theirs = FlvFile::demux(&mut Cursor::new(Bytes::from(ours))).expect("the second reader takes the file");
    assert!(theirs.header.is_audio_present && theirs.header.is_video_present);
    let found: Vec<_> = theirs.tags.iter().map(|tag| (kind_of(&tag.data), tag.timestamp_ms)).collect();
    assert_eq!(found, expected);
}

fn kind_of(data: &FlvTagData<'_>) -> TagKind {
    match data {
        FlvTagData::Audio(_) => TagKind::Audio,
        FlvTagData::Video(_) => TagKind::Video,
        FlvTagData::ScriptData(_) => TagKind::Script,
        other => panic!("the second reader knows no {other:?}"),
    }
}

#[test]
fn a_second_reader_finds_hevc_behind_the_enhanced_header() {
    let record = Bytes::from(sample("hevc.hvcc"));
    let picture = Bytes::from_static(b"\0\0\0\x02\x26\x01");
    let video = |kind, cts_ms, payload: &Bytes| Frame {
        kind,
        codec: Some(Codec::Hevc),
        dts: MediaTime::from_ms(40),
        cts: MediaTime::from_ms(cts_ms),
        key: kind == FrameKind::Video,
        payload: payload.clone(),
    };
    let ours = [
        video(FrameKind::VideoConfig, 0, &record),
        video(FrameKind::Video, 0, &picture),
        video(FrameKind::Video, -33, &picture),
    ];
    let theirs =
        FlvFile::demux(&mut Cursor::new(Bytes::from(written(&ours)))).expect("the second reader takes the file");
    let packets: Vec<_> = theirs.tags.iter().map(|tag| enhanced_packet(&tag.data)).collect();
    let [
        VideoPacket::SequenceStart(VideoPacketSequenceStart::Hevc(_)),
        VideoPacket::CodedFramesX { data: first },
        VideoPacket::CodedFrames(VideoPacketCodedFrames::Hevc { composition_time_offset: -33, data: second }),
    ] = packets.as_slice()
    else {
        panic!("the second reader finds {packets:?}");
    };
    assert_eq!((first, second), (&picture, &picture));
}

#[test]
fn a_second_reader_finds_av1_vp9_and_opus_behind_enhanced_headers() {
    let record = Bytes::from_static(include_bytes!("../testdata/codecs/av1_main_318x178.av1c"));
    let data = Bytes::from_static(b"ab");
    let frame = |kind, codec, payload: &Bytes| Frame {
        kind,
        codec: Some(codec),
        dts: MediaTime::from_ms(40),
        cts: MediaTime::ZERO,
        key: false,
        payload: payload.clone(),
    };
    let ours = [
        frame(FrameKind::VideoConfig, Codec::Av1, &record),
        frame(FrameKind::Video, Codec::Av1, &data),
        frame(FrameKind::VideoConfig, Codec::Vp9, &data),
        frame(FrameKind::Video, Codec::Vp9, &data),
        frame(FrameKind::AudioConfig, Codec::Opus, &data),
        frame(FrameKind::Audio, Codec::Opus, &data),
    ];
    let file = written(&ours);
    let theirs = FlvFile::demux(&mut Cursor::new(Bytes::from(file))).expect("the second reader takes the file");
    let (video, audio) = theirs.tags.split_at(4);
    let packets: Vec<_> = video.iter().map(|tag| enhanced_packet(&tag.data)).collect();
    let [
        VideoPacket::SequenceStart(VideoPacketSequenceStart::Av1(found)),
        VideoPacket::CodedFrames(VideoPacketCodedFrames::Other(av1)),
        VideoPacket::SequenceStart(VideoPacketSequenceStart::Other(vpcc)),
        VideoPacket::CodedFrames(VideoPacketCodedFrames::Other(vp9)),
    ] = packets.as_slice()
    else {
        panic!("the second reader finds {packets:?}");
    };
    assert_eq!((&found.config_obu, av1, vpcc, vp9), (&record.slice(4..), &data, &data, &data));
    let packets: Vec<_> = audio.iter().map(|tag| enhanced_sound(&tag.data)).collect();
    let start = AudioPacket::SequenceStart { header_data: data.clone() };
    assert_eq!(packets, [(AudioFourCc::Opus, &start), (AudioFourCc::Opus, &AudioPacket::CodedFrames { data })]);
}

fn enhanced_sound<'a>(data: &'a FlvTagData<'a>) -> (AudioFourCc, &'a AudioPacket) {
    match data {
        FlvTagData::Audio(audio) => match &audio.body {
            AudioTagBody::Enhanced(ExAudioTagBody::NoMultitrack { audio_four_cc, packet }) => (*audio_four_cc, packet),
            other => panic!("the second reader finds {other:?}"),
        },
        other => panic!("the second reader finds {other:?}"),
    }
}

fn enhanced_packet<'a>(data: &'a FlvTagData<'a>) -> &'a VideoPacket<'a> {
    match data {
        FlvTagData::Video(video) => match &video.body {
            VideoTagBody::Enhanced(ExVideoTagBody::NoMultitrack { packet, .. }) => packet,
            other => panic!("the second reader finds {other:?}"),
        },
        other => panic!("the second reader finds {other:?}"),
    }
}

#[test]
fn the_metadata_of_the_sample_is_amf() {
    let frames = frames(&tags(&sample("h264_aac.flv")));
    let metadata = frames.iter().find(|frame| frame.kind == FrameKind::Metadata).expect("the sample has metadata");
    let limits = Limits::default();
    let mut decoder = vivace_media::amf::Decoder::new(&metadata.payload, &limits);
    let name = decoder.next().expect("it is AMF").expect("it has a name");
    assert_eq!(name.as_str(), Some("onMetaData"));
    let value = decoder.next().expect("it is AMF").expect("it has a value");
    assert_eq!(value.get("width").and_then(|width| width.as_f64()), Some(64.0));
    assert_eq!(decoder.next(), Ok(None));
}
