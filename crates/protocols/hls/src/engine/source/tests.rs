use std::collections::BTreeMap;

use bytes::Bytes;
use vivace_base::{Limits, MediaTime, MonoMs};
use vivace_domain::relay::HttpUrl;
use vivace_media::fmp4::{Sample, Track, fragment, init_segment};
use vivace_media::mpegts::Writer;
use vivace_media::{Codec, Frame, FrameKind};

use super::{Encryption, SegmentFault, Source, SourceFault, SourceLimits, Step, What, fuzz};

const AVCC: &[u8] = include_bytes!("../../../../../media/testdata/codecs/h264_main_638x358.avcc");
const ASC: &[u8] = &[0x12, 0x10];

/// Two seconds of 25 pictures a second and sound that begin at `ms`.
fn segment(ms: i64) -> Vec<u8> {
    let mut writer = Writer::new();
    writer.configure(Some((Codec::H264, AVCC)), Some((Codec::Aac, ASC))).unwrap();
    let mut out = Vec::new();
    for at in 0..50 {
        let [dts, cts, duration] = [ms + at * 40, 0, 40].map(MediaTime::from_ms);
        let payload: &[u8] = if at == 0 { &[0, 0, 0, 3, 0x65, 7, 7] } else { &[0, 0, 0, 3, 0x41, 7, 7] };
        let sample = Sample { dts, cts, duration, key: at == 0, payload };
        writer.video(&sample, &mut out).unwrap();
        writer.audio(&[Sample { payload: &[5; 20], ..sample }], &mut out).unwrap();
    }
    out
}

fn list(first: u64, count: u64, more: &str) -> String {
    let mut text = format!("#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXT-X-MEDIA-SEQUENCE:{first}\n{more}\n");
    (first..first + count).for_each(|at| text += &format!("#EXTINF:2.0,\n{at}.ts?t={first}\n"));
    text
}

/// A server in a test's hands, and a source that follows it.
struct Scene {
    source: Source,
    now: MonoMs,
    files: BTreeMap<String, Vec<u8>>,
    asked: Vec<(MonoMs, String)>,
    got: Vec<(MonoMs, Frame)>,
}

impl Scene {
    fn new() -> Self {
        let limits = SourceLimits::from(&Limits::default());
        let url = HttpUrl::parse("http://h/live/x.m3u8", 100).unwrap();
        let (now, source) = (MonoMs(10_000), Source::new(url, limits));
        let files = (0..100).map(|at| (format!("/live/{at}.ts"), segment(at * 2_000))).collect();
        Self { source, now, files, asked: Vec::new(), got: Vec::new() }
    }

    fn list(&mut self, text: &str) {
        self.files.insert("/live/x.m3u8".to_owned(), text.as_bytes().to_vec());
    }

    /// Goes on for so long; each load takes no time.
    fn run(&mut self, ms: u64) -> Result<(), SourceFault> {
        let end = MonoMs(self.now.0 + ms);
        loop {
            while let Some(frame) = self.source.pop(self.now) {
                self.got.push((self.now, frame));
            }
            let until = match self.source.poll(self.now)? {
                Step::Load(load) => {
                    self.asked.push((self.now, load.url.target().to_owned()));
                    match self.files.get(load.url.path()) {
                        Some(body) => {
                            let body = Bytes::from(body.clone());
                            self.source.loaded(&load, load.url.clone(), body, self.now)?;
                        }
                        None => assert!(self.source.failed(&load, self.now), "{:?}", load.what),
                    }
                    continue;
                }
                Step::Wait(until) => until.min(self.source.due_at().unwrap_or(until)),
            };
            assert!(until > self.now);
            if until > end {
                self.now = end;
                return Ok(());
            }
            self.now = until;
        }
    }

    fn asked(&self, file: &str) -> usize {
        self.asked.iter().filter(|(_, asked)| asked.split('?').next() == Some(file)).count()
    }

    fn pictures(&self) -> Vec<(u64, i64)> {
        let pictures = self.got.iter().filter(|(_, frame)| frame.kind == FrameKind::Video);
        pictures.map(|(at, frame)| (at.0 - 10_000, frame.dts.ms())).collect()
    }
}

#[test]
fn it_begins_three_target_durations_from_the_end_and_lets_frames_go_at_their_time() {
    let mut scene = Scene::new();
    scene.list(&list(10, 6, ""));
    for at in 0..20 {
        scene.run(2_000).unwrap();
        scene.list(&list(11 + at, 6, ""));
    }
    assert_eq!((scene.asked("/live/12.ts"), scene.asked("/live/13.ts"), scene.source.skipped()), (0, 1, 0));
    let pictures = scene.pictures();
    assert!(pictures.len() > 800, "{}", pictures.len());
    for (at, (when, dts)) in pictures.iter().enumerate() {
        assert_eq!((*dts, when.abs_diff(at as u64 * 40) <= 1), (at as i64 * 40, true), "at {when}");
    }
    assert!(scene.asked("/live/x.m3u8") <= 22, "a playlist that changes is asked for once a target duration");
    assert!((13..30).all(|at| scene.asked(&format!("/live/{at}.ts")) == 1), "each segment once");
}

#[test]
fn a_master_playlist_leads_to_the_rendition_and_to_its_sound() {
    let mut scene = Scene::new();
    let video = Track::from_config(Codec::H264, &Bytes::from_static(AVCC), 1).unwrap();
    let audio = Track::from_config(Codec::Aac, &Bytes::from_static(ASC), 1).unwrap();
    scene.list(
        "#EXTM3U\n#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"a\",URI=\"a/l.m3u8\"\n#EXT-X-STREAM-INF:BANDWIDTH=1,AUDIO=\"a\"\nv/l.m3u8",
    );
    let list = list(0, 4, "#EXT-X-MAP:URI=\"i.mp4\"");
    for (folder, track) in [("v", &video), ("a", &audio)] {
        let mut put = |file: &str, body: Vec<u8>| scene.files.insert(format!("/live/{folder}/{file}"), body);
        put("l.m3u8", list.clone().into_bytes());
        put("i.mp4", init_segment(std::slice::from_ref(track)));
        for at in 0..4 {
            let samples: Vec<_> = (0..10)
                .map(|n| {
                    let [dts, cts, duration] = [at * 2_000 + n * 200, 0, 200].map(MediaTime::from_ms);
                    Sample { dts, cts, duration, key: n == 0, payload: &[0, 0, 0, 2, 0x65, 1] }
                })
                .collect();
            let mut body = Vec::new();
            fragment(1, track, &samples, &mut body).unwrap();
            put(&format!("{at}.ts"), body);
        }
    }
    scene.run(3_000).unwrap();
    let of = |kind: FrameKind| scene.got.iter().filter(|(_, frame)| frame.kind == kind).count();
    assert_eq!((of(FrameKind::VideoConfig), of(FrameKind::AudioConfig)), (1, 1));
    assert_eq!((of(FrameKind::Video), of(FrameKind::Audio)), (16, 16));
    assert_eq!((scene.asked("/live/x.m3u8"), scene.asked("/live/v/i.mp4"), scene.asked("/live/a/i.mp4")), (1, 1, 1));
}

#[test]
fn a_playlist_that_does_not_change_is_asked_for_twice_as_often_and_then_the_source_is_lost() {
    let mut scene = Scene::new();
    scene.list(&list(0, 3, ""));
    let fault = scene.run(60_000).unwrap_err();
    assert!(matches!(fault, SourceFault::Stuck { ms: 8_000..=9_000, last: None }), "{fault:?}");
    let times: Vec<u64> = scene.asked.iter().filter(|(_, file)| file.ends_with("m3u8")).map(|(at, _)| at.0).collect();
    assert!(times.windows(2).skip(1).all(|pair| pair[1] - pair[0] == 1_000), "{times:?}");
}

#[test]
fn times_go_on_over_discontinuities_declared_or_not() {
    for declared in [true, false] {
        let mut scene = Scene::new();
        scene.files.insert("/live/2.ts".to_owned(), segment(50_000));
        scene.files.insert("/live/3.ts".to_owned(), segment(10));
        let text = list(0, 4, "");
        let text =
            if declared { text.replace("#EXTINF:2.0,\n2", "#EXT-X-DISCONTINUITY\n#EXTINF:2.0,\n2") } else { text };
        let text =
            if declared { text.replace("#EXTINF:2.0,\n3", "#EXT-X-DISCONTINUITY\n#EXTINF:2.0,\n3") } else { text };
        scene.list(&text);
        scene.run(7_000).unwrap();
        let pictures = scene.pictures();
        assert_eq!(pictures.len(), 150);
        for (at, (when, dts)) in pictures.iter().enumerate() {
            let apart = (dts - at as i64 * 40).unsigned_abs().max(when.abs_diff(at as u64 * 40));
            assert!(apart <= 80, "picture {at} of {dts} at {when}");
        }
    }
}

#[test]
fn a_source_that_begins_anew_is_followed_from_there() {
    let mut scene = Scene::new();
    scene.list(&list(50, 3, ""));
    scene.run(4_000).unwrap();
    scene.list(&list(0, 3, ""));
    scene.run(8_000).unwrap();
    assert_eq!((scene.asked("/live/0.ts"), scene.asked("/live/2.ts")), (1, 1));
    assert_eq!(scene.pictures().len(), 300);
    // An older copy of the same list is none.
    let mut scene = Scene::new();
    scene.list(&list(50, 4, ""));
    scene.run(2_000).unwrap();
    scene.list(&list(49, 4, ""));
    scene.run(3_000).unwrap();
    scene.list(&list(52, 4, ""));
    scene.run(4_000).unwrap();
    assert_eq!((scene.asked("/live/53.ts"), scene.asked("/live/54.ts"), scene.asked("/live/49.ts")), (1, 1, 0));
}

#[test]
fn who_falls_behind_goes_on_near_the_end() {
    let mut scene = Scene::new();
    scene.list(&list(0, 4, ""));
    scene.run(2_000).unwrap();
    scene.list(&list(40, 6, ""));
    scene.run(6_000).unwrap();
    assert_eq!((scene.asked("/live/42.ts"), scene.asked("/live/43.ts"), scene.source.skipped()), (0, 1, 39));
}

#[test]
fn gaps_and_missing_segments_are_passed_over() {
    let mut scene = Scene::new();
    scene.list(&list(0, 5, "").replace("#EXTINF:2.0,\n3", "#EXT-X-GAP\n#EXTINF:2.0,\n3"));
    scene.files.remove("/live/2.ts");
    scene.run(5_000).unwrap();
    assert_eq!((scene.asked("/live/2.ts"), scene.asked("/live/3.ts"), scene.asked("/live/4.ts")), (2, 0, 1));
    assert_eq!(scene.source.skipped(), 2);
}

#[test]
fn what_no_segment_will_mend_ends_it_with_its_reason() {
    let ends = |list: &str, segment: &[u8]| {
        let mut scene = Scene::new();
        scene.list(list);
        scene.files.insert("/live/1.ts".to_owned(), segment.to_vec());
        scene.run(30_000).unwrap_err()
    };
    let key = "#EXT-X-KEY:METHOD=AES-128,URI=\"k\"";
    assert_eq!(ends(&list(0, 3, key), b""), SourceFault::Encrypted(Encryption::Aes128));
    assert_eq!(ends(&format!("{}#EXT-X-ENDLIST\n", list(0, 3, "")), b""), SourceFault::Ended);
    assert!(matches!(ends("<html>", b""), SourceFault::Playlist(_)));
    let foreign = "#EXTM3U\n#EXT-X-STREAM-INF:CODECS=\"ec-3\"\nx.m3u8";
    assert!(matches!(ends(foreign, b""), SourceFault::Codecs { .. }));
    assert_eq!(ends("#EXTM3U\n#EXT-X-STREAM-INF:X=1\nx.m3u8", b""), SourceFault::Nested);
    assert!(matches!(ends("#EXTM3U\n#EXT-X-STREAM-INF:X=1\nfile:///x", b""), SourceFault::Address(_)));
    let mp4 = b"\0\0\0\x08moof";
    assert_eq!(ends(&list(1, 1, ""), mp4), SourceFault::Segment(SegmentFault::NoMap));
    let noise = ends(&list(1, 1, ""), b"noise that is nothing");
    assert!(matches!(noise, SourceFault::Stuck { last: Some(SegmentFault::Container), .. }), "{noise:?}");
}

#[test]
fn a_stream_that_ends_is_let_go_to_its_end() {
    let mut scene = Scene::new();
    scene.list(&list(0, 3, ""));
    scene.run(1_000).unwrap();
    scene.list(&format!("{}#EXT-X-ENDLIST\n", list(0, 4, "")));
    assert_eq!(scene.run(20_000), Err(SourceFault::Ended));
    assert_eq!(scene.pictures().len(), 200);
}

#[test]
fn a_source_that_is_fast_is_caught_up_with() {
    let mut scene = Scene::new();
    scene.files.extend((100..500).map(|at| (format!("/live/{at}.ts"), segment(at * 2_000))));
    scene.list(&list(0, 3, ""));
    // A list of 12 seconds that grows by two in a little less than two: in the end, by 24 more than time has passed.
    for at in 0..480_u64 {
        scene.run(1_950).unwrap();
        scene.list(&list(at.saturating_sub(3), 4 + at.min(3) - 1, ""));
    }
    assert_eq!(scene.source.skipped(), 0);
}

#[test]
fn a_list_of_segments_without_duration_is_not_asked_for_all_at_once() {
    let mut scene = Scene::new();
    let text: String = (0..4_000).map(|at| format!("#EXTINF:0,\n{at}.ts\n")).collect();
    scene.list(&format!("#EXTM3U\n#EXT-X-TARGETDURATION:1\n{text}"));
    scene.run(1_000).unwrap();
    assert!(scene.asked.len() < 40, "{}", scene.asked.len());
}

#[test]
fn noise_and_mutated_sources_break_no_promise() {
    let mut state = 0x5EED_0042_u64;
    let mut random = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    let mut seed = list(0, 3, "").into_bytes();
    for at in 0..2 {
        seed.extend(b"---\n");
        seed.extend(&segment(at * 2_000)[..188 * 12]);
    }
    let master = b"#EXTM3U\n#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"a\",URI=\"a\"\n#EXT-X-STREAM-INF:BANDWIDTH=1,AUDIO=\"a\"\nv\n---\n";
    for seed in [seed.clone(), [&master[..], &seed].concat()] {
        fuzz::source(&seed);
        for _ in 0..600 {
            let mut bytes = seed.clone();
            for _ in 0..=random() % 4 {
                let at = (random() % bytes.len() as u64) as usize;
                match random() % 4 {
                    0 => bytes[at] = random() as u8,
                    1 => bytes.truncate(at + 1),
                    2 => drop(bytes.remove(at)),
                    _ => bytes.insert(at, random() as u8),
                }
                bytes.push(b'\n');
            }
            fuzz::source(&bytes);
            fuzz::playlist(&bytes);
        }
    }
}

#[test]
fn what_is_asked_for_is_told() {
    let mut scene = Scene::new();
    let Step::Load(load) = scene.source.poll(scene.now).unwrap() else { panic!() };
    assert_eq!((load.what, load.url.path()), (What::Playlist, "/live/x.m3u8"));
    assert!(!scene.source.failed(&load, scene.now), "without the first playlist there is nothing");
}
