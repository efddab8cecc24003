use vivace_base::MediaTime;
use vivace_media::{Codec, Frame, FrameKind};

use super::scene::{AAC_44, AAC_48, AVCC, Scene, audio_config, picture, sound, video_config};

/// A xorshift generator (Marsaglia 2003, 64 bits).
struct Random(u64);

impl Random {
    fn below(&mut self, end: u64) -> i64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % end).cast_signed()
    }

    fn one_in(&mut self, many: u64) -> bool {
        self.below(many) == 0
    }
}

/// A stream that does what streams do: jitter, sound ahead of or behind pictures, holes, other configurations and
/// publishers.
fn wild_stream(part_ms: i64, random: &mut Random) -> Scene {
    let mut scene = Scene::new(part_ms);
    let (step, gop) = (15 + random.below(100), 1 + random.below(90));
    let lead = random.below(900) - 450;
    let (mut video_ms, mut audio_ms, mut count) = (1_000, 1_000 + lead, 0);
    scene.push(video_config(AVCC));
    let (silent, sounds_only) = (random.one_in(4), random.one_in(8));
    if !silent {
        scene.push(audio_config(AAC_48));
    }
    for _ in 0..1_500 {
        let turn = if sounds_only { audio_ms } else { video_ms };
        if !silent && audio_ms <= turn + lead && !random.one_in(5) {
            scene.push(sound(audio_ms));
            audio_ms += 21 + random.below(3);
        } else if silent || !sounds_only {
            let cts = MediaTime::from_ms(step * random.below(4));
            scene.push(Frame { cts, ..picture(video_ms, count % gop == 0) });
            (video_ms, count) = (video_ms + step + random.below(3), count + 1);
        } else {
            audio_ms += 21;
        }
        match random.below(400) {
            0 => (video_ms, audio_ms) = (video_ms + 1_800, audio_ms + 1_800),
            1 if !silent => scene.push(audio_config(if random.one_in(2) { AAC_44 } else { AAC_48 })),
            2 => {
                scene.reconnect();
                scene.push(video_config(AVCC));
                if !silent {
                    scene.push(audio_config(AAC_48));
                }
                count = 0;
            }
            3 => scene.follow_to_the_end(),
            _ => {}
        }
    }
    scene.end();
    scene
}

/// Frames of one kind.
fn of_kind(frames: &[Frame], kind: FrameKind) -> Vec<&Frame> {
    frames.iter().filter(|frame| frame.kind == kind).collect()
}

fn near(left: MediaTime, right: MediaTime) -> bool {
    (left - right).ticks().abs() <= 1
}

#[test]
fn every_frame_is_kept_with_its_time_whatever_the_order() {
    let mut random = Random(0x5EED_0031);
    for run in 0..60 {
        let part_ms = 200 + random.below(2_000);
        let (scene, half) = (wild_stream(part_ms, &mut random), MediaTime::from_ticks(part_ms * 45));
        let read = scene.read().concat();
        for kind in [FrameKind::Video, FrameKind::Audio] {
            let (given, read) = (of_kind(&scene.given, kind), of_kind(&read, kind));
            assert_eq!(read.len(), given.len(), "run {run}");
            for (read, given) in read.iter().zip(&given) {
                assert_eq!(read.payload, given.payload, "run {run}");
                assert!(near(read.dts, given.dts), "run {run}: {:?} is {:?}", given.dts, read.dts);
                assert!(near(read.dts + read.cts, given.dts + given.cts), "run {run}");
                assert_eq!(read.key, given.key && kind == FrameKind::Video, "run {run}");
            }
        }
        check_parts(&scene, half, run);
    }
}

/// Parts follow each other, and a GOP begins one unless it would be very short.
fn check_parts(scene: &Scene, half: MediaTime, run: i32) {
    let parts = scene.parts();
    for (part, frames) in parts.iter().zip(scene.read()) {
        let pictures: Vec<_> = of_kind(&frames, FrameKind::Video);
        match pictures.first() {
            Some(first) => assert_eq!(part.key, first.key, "run {run}"),
            None => assert!(!part.key || frames.iter().all(|frame| frame.kind == FrameKind::Audio), "run {run}"),
        }
        let within = pictures.iter().skip(1).filter(|frame| frame.key);
        let late = within.filter(|frame| !part.key || frame.dts - part.dts >= half).count();
        // Before all tracks are known, nothing is cut.
        assert!(late == 0 || part.dts.ms() < 1_500, "run {run}: a GOP begins within the part at {:?}", part.dts);
        assert!(!part.duration.ticks().is_negative() && !frames.is_empty());
    }
    let jumps = parts.windows(2).filter(|pair| pair[1].dts < pair[0].dts);
    assert_eq!(jumps.count(), 0, "run {run}");
}

#[test]
fn sound_and_pictures_do_not_drift_apart_in_half_an_hour() {
    let mut scene = Scene::new(1_000);
    scene.push(video_config(AVCC));
    scene.push(audio_config(AAC_44));
    // As a publisher sends them: 29.97 pictures a second and 1,024 samples of 44.1 kHz, rounded to milliseconds.
    let (mut pictures, mut sounds) = (0i64, 0i64);
    while pictures < 30 * 60 * 30 {
        let (video_ms, audio_ms) = (pictures * 1_001 / 30, sounds * 1_024_000 / 44_100);
        if audio_ms < video_ms {
            scene.push(sound(audio_ms));
            sounds += 1;
        } else {
            scene.push(picture(video_ms, pictures % 60 == 0));
            pictures += 1;
        }
    }
    scene.end();
    let read = scene.read().concat();
    for (kind, codec) in [(FrameKind::Video, Codec::H264), (FrameKind::Audio, Codec::Aac)] {
        let (given, read) = (of_kind(&scene.given, kind), of_kind(&read, kind));
        assert_eq!(given.len(), read.len());
        let worst = given.iter().zip(&read).map(|(given, read)| (given.dts - read.dts).ticks().abs()).max();
        assert!(worst.is_some_and(|worst| worst <= 1), "{codec:?}: {worst:?}");
    }
    let parts = scene.parts();
    assert!(parts.windows(2).all(|pair| pair[0].dts + pair[0].duration == pair[1].dts));
}
