use vivace_base::MediaTime;
use vivace_media::{Codec, FrameKind};

use super::scene::{AAC_44, AAC_48, AVCC, Scene, audio_config, frame, picture, sound, video_config};
use crate::recorder::engine::Cut;

/// (start, duration, key, discontinuity) of each part in milliseconds.
fn shape(scene: &Scene) -> Vec<(i64, i64, bool, bool)> {
    let parts = scene.parts();
    parts.iter().map(|part| (part.dts.ms(), part.duration.ms(), part.key, part.discontinuity)).collect()
}

fn configure(scene: &mut Scene) {
    scene.push(video_config(AVCC));
    scene.push(audio_config(AAC_48));
}

/// 25 pictures a second with a key frame every `gop_ms`, and sound every 20 ms, between two times.
fn feed(scene: &mut Scene, from_ms: i64, until_ms: i64, gop_ms: i64) {
    for ms in (from_ms..until_ms).step_by(40) {
        scene.push(picture(ms, (ms - from_ms) % gop_ms == 0));
        scene.push(sound(ms));
        scene.push(sound(ms + 20));
    }
}

#[test]
fn a_gop_begins_a_part_and_is_cut_into_parts() {
    let mut scene = Scene::new(1_000);
    configure(&mut scene);
    feed(&mut scene, 0, 6_000, 2_000);
    scene.end();
    let keys = [true, false, true, false, true, false];
    let shape = shape(&scene);
    assert!(
        shape.iter().zip(0..).zip(keys).all(|((part, at), key)| *part == (at * 1_000, 1_000, key, false)),
        "{shape:?}"
    );
    assert_eq!((shape.len(), scene.files().len()), (6, 1));
    let file = scene.files()[0];
    assert_eq!(
        (file.codecs.as_str(), file.size, file.discontinuity),
        ("avc1.4D401E,mp4a.40.2", Some((638, 358)), false)
    );
    assert!(matches!(scene.cuts[0], Cut::File(_)));
}

#[test]
fn a_gop_that_is_a_little_longer_than_a_part_is_one_part() {
    let mut scene = Scene::new(1_000);
    configure(&mut scene);
    feed(&mut scene, 0, 6_000, 1_200);
    scene.end();
    let starts: Vec<_> = shape(&scene).iter().map(|part| (part.0, part.2)).collect();
    // How long a GOP is, the first one has to show.
    assert_eq!(starts, [(0, true), (1_000, false), (1_200, true), (2_400, true), (3_600, true), (4_800, true)]);
}

#[test]
fn short_gops_share_a_part() {
    let mut scene = Scene::new(1_000);
    configure(&mut scene);
    feed(&mut scene, 0, 4_000, 40);
    scene.end();
    assert!(shape(&scene).iter().all(|part| part.1 == 520 || part.0 + part.1 == 4_000), "{:?}", shape(&scene));
    assert!(scene.parts().iter().all(|part| part.key));
}

#[test]
fn sound_alone_is_cut_by_time() {
    let mut scene = Scene::new(1_000);
    scene.push(audio_config(AAC_48));
    for ms in (0..5_000).step_by(20) {
        scene.push(sound(ms));
    }
    scene.end();
    let expected: Vec<_> = (0..5).map(|at| (at * 1_000, if at == 4 { 1_001 } else { 1_000 }, true, false)).collect();
    assert_eq!(shape(&scene), expected, "the last frame lasts 1,024 samples");
    assert_eq!(scene.files()[0].size, None);
}

#[test]
fn sound_goes_on_where_the_pictures_stay_away() {
    let mut scene = Scene::new(1_000);
    configure(&mut scene);
    feed(&mut scene, 0, 2_000, 2_000);
    for ms in (2_000..8_000).step_by(20) {
        scene.push(sound(ms));
    }
    let shape_before = shape(&scene);
    assert_eq!(shape_before.last().unwrap().0, 6_000);
    feed(&mut scene, 8_000, 9_000, 2_000);
    scene.end();
    assert!(shape(&scene).windows(2).all(|pair| pair[0].0 + pair[0].1 == pair[1].0), "{:?}", shape(&scene));
    assert!(shape(&scene).iter().any(|part| part.0 == 8_000 && part.2), "the GOP begins a part");
}

#[test]
fn another_configuration_begins_another_file() {
    let mut scene = Scene::new(1_000);
    configure(&mut scene);
    feed(&mut scene, 0, 2_000, 1_000);
    scene.push(audio_config(AAC_44));
    feed(&mut scene, 2_000, 4_000, 1_000);
    scene.end();
    let files: Vec<_> = scene.cuts.iter().map(|cut| matches!(cut, Cut::File(_))).collect();
    assert_eq!(files, [true, false, false, true, false, false]);
    assert_eq!(scene.files().iter().map(|file| file.discontinuity).collect::<Vec<_>>(), [false, true]);
    assert!(scene.parts()[2].key);
}

#[test]
fn tracks_that_come_one_after_the_other_are_one_file() {
    let mut scene = Scene::new(1_000);
    scene.push(audio_config(AAC_48));
    scene.push(sound(0));
    scene.push(sound(20));
    scene.push(video_config(AVCC));
    feed(&mut scene, 40, 2_040, 1_000);
    scene.end();
    assert_eq!(scene.files().len(), 1);
    let sounds = scene.read().concat().iter().filter(|frame| frame.kind == FrameKind::Audio).count();
    assert_eq!(sounds, 102);
    assert_eq!((scene.parts()[0].dts, scene.parts()[0].key), (MediaTime::ZERO, true));
}

#[test]
fn the_same_configuration_of_another_publisher_goes_on_in_the_file() {
    let mut scene = Scene::new(1_000);
    configure(&mut scene);
    feed(&mut scene, 0, 1_500, 2_000);
    scene.reconnect();
    configure(&mut scene);
    feed(&mut scene, 700_000, 702_000, 2_000);
    scene.end();
    assert_eq!(scene.files().len(), 1);
    let marked: Vec<_> = scene.parts().iter().map(|part| (part.key, part.discontinuity)).collect();
    assert_eq!(marked, [(true, false), (false, false), (true, true), (false, false)]);
}

#[test]
fn what_was_lost_is_marked_and_pictures_wait_for_a_key_frame() {
    let mut scene = Scene::new(1_000);
    configure(&mut scene);
    feed(&mut scene, 0, 1_400, 5_000);
    scene.lose();
    for ms in (2_000..2_400).step_by(40) {
        scene.push(picture(ms, false));
        scene.push(sound(ms));
    }
    feed(&mut scene, 2_400, 3_400, 5_000);
    scene.end();
    let parts = scene.parts();
    let marked: Vec<_> = parts.iter().map(|part| part.discontinuity).collect();
    assert_eq!(marked, [false, false, true, false]);
    assert!(parts[2].key, "sound that waited for the key frame stands in its part");
    assert_eq!(parts[2].dts.ms(), 2_000);
}

#[test]
fn a_hole_in_the_timeline_is_marked() {
    let mut scene = Scene::new(1_000);
    configure(&mut scene);
    feed(&mut scene, 0, 1_000, 5_000);
    feed(&mut scene, 2_500, 3_500, 5_000);
    scene.end();
    assert_eq!(shape(&scene), [(0, 1_000, true, false), (2_500, 1_000, true, true)]);
}

#[test]
fn frames_whose_times_stand_still_are_bounded() {
    let mut scene = Scene::new(1_000);
    configure(&mut scene);
    scene.push(picture(0, true));
    for _ in 0..20_000 {
        scene.push(picture(40, false));
    }
    assert!(scene.cutter.waiting_bytes() < 4_200 * 128);
    scene.end();
    assert_eq!(scene.read().concat().len(), 20_001);
}

#[test]
fn g711_is_kept_and_a_broken_configuration_is_named() {
    let mut scene = Scene::new(1_000);
    scene.push(video_config(AVCC));
    for ms in (0..2_000).step_by(40) {
        scene.push(picture(ms, ms % 1_000 == 0));
        scene.push(frame(FrameKind::Audio, Codec::G711A, ms, false, &[0xd5; 320]));
    }
    scene.end();
    assert_eq!(scene.files()[0].codecs, "avc1.4D401E,alaw");
    assert_eq!(scene.read().concat().len(), 100);
    let mut scene = Scene::new(1_000);
    scene.push(video_config(b"junk"));
    scene.push(audio_config(AAC_48));
    for ms in (0..1_200).step_by(20) {
        scene.push(sound(ms));
    }
    scene.end();
    assert_eq!((scene.cutter.uncarried(), scene.files()[0].codecs.as_str()), (&[Codec::H264][..], "mp4a.40.2"));
}
