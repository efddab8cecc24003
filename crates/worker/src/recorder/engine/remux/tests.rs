use bytes::Bytes;
use vivace_base::{Limits, MediaTime};
use vivace_media::aac::AdtsHeader;
use vivace_media::fmp4::{boxes, find};
use vivace_media::mpegts::{PACKET_BYTES, PID_AUDIO, PID_VIDEO, Reader as TsReader};
use vivace_media::{Codec, Frame, FrameKind, amf, flv};

use super::{Index, RemuxFault, RemuxFormat, TsRemuxer};
use crate::recorder::engine::Cut;
use crate::recorder::engine::tests::scene::{
    AAC_44, AAC_48, AVCC, Scene, audio_config, frame, picture, sound, video_config,
};

const AV1C: &[u8] = include_bytes!("../../../../../media/testdata/codecs/av1_main_318x178.av1c");
const OPUS: &[u8] = include_bytes!("../../../../../media/testdata/codecs/opus_stereo.head");

const MEMORY: usize = 1 << 20;

/// Five seconds of pictures and sound that begin at ten seconds.
fn recorded() -> Scene {
    let mut scene = Scene::new(1_000);
    scene.push(video_config(AVCC));
    scene.push(audio_config(AAC_48));
    feed(&mut scene, 10_000, 15_000);
    scene.end();
    scene
}

fn feed(scene: &mut Scene, from_ms: i64, until_ms: i64) {
    for ms in (from_ms..until_ms).step_by(40) {
        scene.push(Frame { cts: MediaTime::from_ms(80), ..picture(ms, ms % 2_000 == 0) });
        scene.push(sound(ms + 7));
        scene.push(sound(ms + 28));
    }
}

fn indexed(scene: &Scene, format: RemuxFormat) -> Result<super::Remuxer, RemuxFault> {
    let mut index = Index::new(format, MEMORY).expect("a format with an index");
    for cut in &scene.cuts {
        match cut {
            Cut::File(file) => index.init(&file.init)?,
            Cut::Part(part) => index.part(&part.bytes)?,
        }
    }
    index.finish()
}

/// The whole file, whose length the index must have told.
fn remuxed(scene: &Scene, format: RemuxFormat) -> Result<(Vec<u8>, MediaTime), RemuxFault> {
    let mut remuxer = indexed(scene, format)?;
    let mut file = remuxer.head().to_vec();
    for cut in &scene.cuts {
        match cut {
            Cut::File(file) => remuxer.init(&file.init)?,
            Cut::Part(part) => remuxer.part(&part.bytes, &mut file)?,
        }
    }
    remuxer.finish()?;
    assert_eq!(remuxer.bytes(), file.len() as u64);
    Ok((file, remuxer.duration()))
}

/// Place and frame of each tag.
fn tags(file: &[u8]) -> Vec<(usize, Frame)> {
    let mut reader = flv::Reader::new(&Limits::default());
    reader.feed(file);
    let (mut tags, mut at) = (Vec::new(), 13);
    while let Some(tag) = reader.next().unwrap() {
        let dts = MediaTime::from_ms(i64::from(tag.timestamp_ms));
        tags.push((at, flv::to_frame(tag.kind, dts, &tag.body).unwrap().unwrap()));
        at += tag.body.len() + flv::TAG_OVERHEAD_BYTES;
    }
    reader.finish().unwrap();
    assert_eq!(at, file.len());
    tags
}

fn metadata(frame: &Frame) -> amf::Value {
    let mut decoder = amf::Decoder::new(&frame.payload, &Limits::default());
    assert_eq!(decoder.next().unwrap().unwrap().as_str(), Some("onMetaData"));
    decoder.next().unwrap().unwrap()
}

#[test]
fn flv_begins_at_zero_and_tells_where_its_key_frames_stand() {
    let scene = recorded();
    let (file, duration) = remuxed(&scene, RemuxFormat::Flv).unwrap();
    let tags = tags(&file);
    let kinds: Vec<_> = tags.iter().take(3).map(|(_, frame)| frame.kind).collect();
    assert_eq!(kinds, [FrameKind::Metadata, FrameKind::VideoConfig, FrameKind::AudioConfig]);
    let frames: Vec<_> = tags[3..].iter().map(|(_, frame)| frame).collect();
    let given: Vec<_> =
        scene.given.iter().filter(|frame| matches!(frame.kind, FrameKind::Video | FrameKind::Audio)).collect();
    assert_eq!(frames.len(), given.len());
    assert!(frames.is_sorted_by_key(|frame| frame.dts));
    for kind in [FrameKind::Video, FrameKind::Audio] {
        let of_kind = |frames: &[&Frame]| {
            frames
                .iter()
                .filter(|frame| frame.kind == kind)
                .map(|frame| (frame.dts, frame.cts, frame.key, frame.payload.clone()))
                .collect::<Vec<_>>()
        };
        assert_eq!(of_kind(&frames), of_kind(&given), "the hub's timeline begins at zero too");
    }
    let told = metadata(&tags[0].1);
    let number = |key: &str| told.get(key).and_then(amf::Value::as_f64).unwrap();
    assert_eq!((number("filesize"), number("duration")), (file.len() as f64, 5.009));
    assert_eq!(duration, MediaTime::from_ms(5_009));
    assert_eq!(
        (number("width"), number("height"), number("videocodecid"), number("audiocodecid")),
        (638.0, 358.0, 7.0, 10.0)
    );
    let keys = tags.iter().filter(|(_, frame)| frame.key && frame.kind == FrameKind::Video);
    let keys: Vec<_> = keys.map(|(at, frame)| (*at as f64, frame.dts.ms() as f64 / 1_000.0)).collect();
    let list = |key: &str| match told.get("keyframes").and_then(|keys| keys.get(key)) {
        Some(amf::Value::StrictArray(values)) => values.iter().map(|value| value.as_f64().unwrap()).collect::<Vec<_>>(),
        other => panic!("{key}: {other:?}"),
    };
    let (places, times) = (list("filepositions"), list("times"));
    assert_eq!(places.into_iter().zip(times).collect::<Vec<_>>(), keys);
    assert_eq!(keys.len(), 3);
}

#[test]
fn flv_goes_on_with_another_configuration() {
    let mut scene = recorded();
    scene.push(audio_config(AAC_44));
    feed(&mut scene, 15_000, 16_000);
    scene.end();
    let (file, _) = remuxed(&scene, RemuxFormat::Flv).unwrap();
    let headers = tags(&file).into_iter().filter(|(_, frame)| frame.kind == FrameKind::AudioConfig);
    assert_eq!(headers.map(|(_, frame)| frame.payload).collect::<Vec<_>>(), [AAC_48, AAC_44]);
    assert_eq!(remuxed(&scene, RemuxFormat::Mp4).unwrap_err(), RemuxFault::Changed(RemuxFormat::Mp4));
}

#[test]
fn a_stream_that_begins_anew_follows_the_one_before() {
    let mut scene = recorded();
    let again = recorded();
    scene.cuts.extend(again.cuts);
    let (file, duration) = remuxed(&scene, RemuxFormat::Flv).unwrap();
    let tags = tags(&file);
    let frames: Vec<_> = tags.iter().map(|(_, frame)| frame).filter(|frame| frame.kind == FrameKind::Video).collect();
    assert!(frames.windows(2).all(|pair| (pair[1].dts - pair[0].dts).ms() <= 50 && pair[1].dts > pair[0].dts));
    assert!((duration.ms() - 10_018).abs() < 50, "{duration:?}");
    let (_, duration) = remuxed(&scene, RemuxFormat::Mp4).unwrap();
    assert!((duration.ms() - 10_082).abs() < 50, "{duration:?}");
}

#[test]
fn codecs_of_the_enhanced_headers_are_carried() {
    let mut scene = Scene::new(1_000);
    scene.push(frame(FrameKind::VideoConfig, Codec::Av1, 0, false, AV1C));
    scene.push(frame(FrameKind::AudioConfig, Codec::Opus, 0, false, OPUS));
    for ms in (0..2_000).step_by(20) {
        scene.push(frame(FrameKind::Video, Codec::Av1, ms, ms % 1_000 == 0, b"\x32\x01x"));
        scene.push(frame(FrameKind::Audio, Codec::Opus, ms, false, b"\xfc\x12"));
    }
    scene.end();
    assert_eq!(scene.files()[0].codecs, "av01.0.00M.08,opus");
    let (file, _) = remuxed(&scene, RemuxFormat::Flv).unwrap();
    let read = tags(&file);
    let headers: Vec<_> = read[1..3].iter().map(|(_, frame)| frame.payload.as_ref()).collect();
    assert_eq!(headers, [AV1C, OPUS]);
    assert_eq!(read.len(), 3 + 200);
    assert_eq!(metadata(&read[0].1).get("videocodecid").and_then(amf::Value::as_f64), Some(f64::from(0x6176_3031)));
    assert!(remuxed(&scene, RemuxFormat::Mp4).is_ok());
    let refused = RemuxFault::NotCarried { codec: Codec::Av1, format: RemuxFormat::Ts };
    assert_eq!(TsRemuxer::new().init(&scene.files()[0].init), Err(refused));
}

#[test]
fn the_index_of_flv_stays_small() {
    let mut keys = super::flv::Keys::default();
    for number in 0..200_000 {
        keys.add(number * 40, u64::from(number) * 1_000);
    }
    let kept = keys.kept();
    assert!((1 << 13..1 << 15).contains(&kept.len()), "{}", kept.len());
    assert!(kept.windows(2).all(|pair| pair[1].0 - pair[0].0 == kept[1].0), "evenly");
    assert!(kept.iter().all(|(ms, at)| u64::from(*ms) * 25 == *at));
}

#[test]
fn mp4_stands_with_its_tables_in_front() {
    let scene = recorded();
    let (file, duration) = remuxed(&scene, RemuxFormat::Mp4).unwrap();
    let kinds: Vec<_> = boxes(&file).map(|found| found.unwrap().kind).collect();
    assert_eq!(kinds, [*b"ftyp", *b"moov", *b"mdat"]);
    assert!(duration > MediaTime::from_ms(4_900));
    let moov = find(&file, &[b"moov"]).unwrap();
    let traks: Vec<_> = boxes(moov).map(Result::unwrap).filter(|found| found.kind == *b"trak").collect();
    for (trak, kind) in traks.iter().zip([FrameKind::Video, FrameKind::Audio]) {
        let words = |table: &[u8; 4]| -> Vec<u32> {
            let payload = find(trak.payload, &[b"mdia", b"minf", b"stbl", table]).unwrap();
            payload.chunks_exact(4).map(|word| u32::from_be_bytes(word.try_into().unwrap())).collect()
        };
        let given: Vec<_> = scene.given.iter().filter(|frame| frame.kind == kind).collect();
        let (sizes, chunks) = (words(b"stsz"), words(b"stco"));
        assert_eq!(
            sizes[3..].iter().map(|size| *size as usize).collect::<Vec<_>>(),
            given.iter().map(|frame| frame.payload.len()).collect::<Vec<_>>()
        );
        let first = chunks[2] as usize;
        assert!(file[first..].starts_with(&given[0].payload));
    }
}

#[test]
fn aac_is_frames_with_headers() {
    let scene = recorded();
    let (file, duration) = remuxed(&scene, RemuxFormat::Aac).unwrap();
    let mut rest = file.as_slice();
    for given in scene.given.iter().filter(|frame| frame.kind == FrameKind::Audio) {
        let header = AdtsHeader::parse(rest).unwrap();
        assert_eq!(
            (header.sample_rate, &rest[AdtsHeader::BYTES..header.frame_bytes]),
            (48_000, given.payload.as_ref())
        );
        rest = &rest[header.frame_bytes..];
    }
    assert!(rest.is_empty());
    assert!((duration - MediaTime::from_ms(5_009)).ms().abs() < 30, "{duration:?}");
}

#[test]
fn a_transport_stream_mixes_the_tracks() {
    let scene = recorded();
    let mut ts = TsRemuxer::new();
    let mut packets = Vec::new();
    for cut in &scene.cuts {
        match cut {
            Cut::File(file) => ts.init(&file.init).unwrap(),
            Cut::Part(part) => {
                ts.begin_segment();
                ts.part(&part.bytes, &mut packets).unwrap();
            }
        }
    }
    let mut reader = TsReader::new(1 << 20);
    let mut units = Vec::new();
    for packet in packets.chunks(PACKET_BYTES) {
        units.extend(reader.packet(packet).unwrap().unit);
    }
    units.extend(reader.finish().into_iter().map(Result::unwrap));
    let of = |kind| scene.given.iter().filter(move |frame| frame.kind == kind);
    assert_eq!(units.iter().filter(|unit| unit.pid == PID_VIDEO).count(), of(FrameKind::Video).count());
    let sound: usize = units.iter().filter(|unit| unit.pid == PID_AUDIO).map(|unit| unit.payload.len()).sum();
    assert_eq!(sound, of(FrameKind::Audio).map(|frame| frame.payload.len() + AdtsHeader::BYTES).sum::<usize>());
    let times: Vec<_> = units.iter().filter_map(|unit| unit.dts.or(unit.pts)).collect();
    assert!(times.windows(2).all(|pair| pair[1] + 90 * 200 > pair[0]), "mixed");
}

#[test]
fn what_a_container_cannot_carry_is_named() {
    let mut scene = Scene::new(1_000);
    scene.push(video_config(AVCC));
    for ms in (0..2_000).step_by(40) {
        scene.push(picture(ms, ms % 1_000 == 0));
        scene.push(frame(FrameKind::Audio, Codec::G711U, ms, false, &[0x7f; 320]));
    }
    scene.end();
    let refused = |format| RemuxFault::NotCarried { codec: Codec::G711U, format };
    assert_eq!(remuxed(&scene, RemuxFormat::Mp4).unwrap_err(), refused(RemuxFormat::Mp4));
    assert_eq!(TsRemuxer::new().init(&scene.files()[0].init), Err(refused(RemuxFormat::Ts)));
    assert_eq!(remuxed(&scene, RemuxFormat::Aac).unwrap_err(), RemuxFault::NoAac);
    assert_eq!(refused(RemuxFormat::Ts).to_string(), "G.711 mu-law is not carried in MPEG-TS");
    let (file, _) = remuxed(&scene, RemuxFormat::Flv).unwrap();
    assert_eq!(tags(&file).len(), 2 + 100, "metadata, one sequence header, and all frames");
}

#[test]
fn parts_out_of_place_are_refused() {
    for format in [RemuxFormat::Flv, RemuxFormat::Mp4, RemuxFormat::Aac] {
        let mut index = Index::new(format, MEMORY).unwrap();
        assert_eq!(index.part(&Bytes::new()), Err(RemuxFault::NoInit));
        assert_eq!(Index::new(format, MEMORY).unwrap().finish().unwrap_err(), RemuxFault::Empty);
        let scene = recorded();
        let mut remuxer = indexed(&scene, format).unwrap();
        assert_eq!(remuxer.finish(), Err(RemuxFault::NotIndexed));
        remuxer.init(&scene.files()[0].init).unwrap();
        let part = scene.parts()[0].bytes.clone();
        let fault = (0..6).find_map(|_| remuxer.part(&part, &mut Vec::new()).err());
        assert!(fault == Some(RemuxFault::NotIndexed), "{format:?}: {fault:?}");
    }
    assert!(Index::new(RemuxFormat::Ts, MEMORY).is_none());
}
