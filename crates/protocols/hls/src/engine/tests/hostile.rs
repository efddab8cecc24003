use bytes::Bytes;
use vivace_base::{MediaTime, UnixMs};
use vivace_media::Frame;

use super::{AVCC, Feed, NOW, picture, settings, sound, tracks};
use crate::engine::{Resume, Segmenter, Settings};

fn held(segmenter: &Segmenter) -> usize {
    segmenter.window().bytes()
}

#[test]
fn times_that_stand_still_take_no_memory() {
    let settings = Settings { bytes_max: 1 << 20, ..settings() };
    let mut segmenter = Segmenter::new(settings, Resume::default());
    let tracks = tracks(Some(AVCC), false);
    let payload = Bytes::from(vec![1; 10_000]);
    for at in 0..2_000 {
        let frame = Frame { payload: payload.clone(), ..picture(MediaTime::from_ms(1_000), at % 50 == 0) };
        segmenter.push(&[frame], &tracks, 1, NOW);
        assert!(segmenter.waiting_bytes() < 1 << 20);
    }
    assert!(held(&segmenter) < 2 << 20);
}

#[test]
fn tiny_frames_without_end_take_no_memory() {
    let mut segmenter = Segmenter::new(settings(), Resume::default());
    let tracks = tracks(Some(AVCC), false);
    for at in 0..20_000 {
        segmenter.push(&[picture(MediaTime::ZERO, at == 0)], &tracks, 1, NOW);
        assert!(segmenter.waiting_bytes() < 1 << 20);
    }
}

#[test]
fn large_frames_shorten_the_window_to_its_bytes() {
    let settings = Settings { bytes_max: 8 << 20, ..settings() };
    let mut segmenter = Segmenter::new(settings, Resume::default());
    let tracks = tracks(Some(AVCC), false);
    let payload = Bytes::from(vec![1; 50_000]);
    for at in 0..2_000 {
        let dts = MediaTime::from_ms(at * 40);
        let frame = Frame { payload: payload.clone(), ..picture(dts, at % 25 == 0) };
        segmenter.push(&[frame], &tracks, 1, UnixMs(NOW.0 + dts.ms()));
        assert!(held(&segmenter) < 13 << 20, "{} at {at}", held(&segmenter));
    }
    assert!(segmenter.window().newest_whole().is_some());
}

#[test]
fn encoders_that_come_and_go_keep_all_promises() {
    let mut feed = Feed::new(Resume::default(), (25_000, 25));
    for round in 0..60 {
        feed.pictures(1 + round * 7 % 90);
        feed.restart(([25_000, 30_000, 50_000][round as usize % 3], [25, 60, 70][round as usize % 3]));
    }
    assert!(feed.walker.discontinuities >= 50, "{}", feed.walker.discontinuities);
}

/// Sound that is ahead has cut parts in the pictures' place; the key frame that then comes lies before their end.
#[test]
fn a_late_key_frame_ends_no_segment_before_its_parts() {
    let mut feed = Feed::new(Resume::default(), (25_000, 25));
    feed.pictures(25 * 9);
    let begun = feed.now_ms();
    for at in 1..82 {
        let dts = MediaTime::from_ms(begun + at * 1_024_000 / 44_100);
        feed.segmenter.push(&[sound(dts)], &feed.tracks, 1, UnixMs(NOW.0 + dts.ms()));
        feed.walk();
    }
    for (late_ms, key) in [(910, false), (950, true), (990, false), (2_000, false)] {
        let dts = MediaTime::from_ms(begun + late_ms);
        feed.segmenter.push(&[picture(dts, key)], &feed.tracks, 1, UnixMs(NOW.0 + begun + 2_000));
        feed.walk();
    }
    let window = feed.segmenter.window();
    for segment in window.segments.iter().filter(|segment| segment.whole) {
        let parts = segment.parts.iter().fold(MediaTime::ZERO, |sum, part| sum + part.duration);
        assert_eq!(parts, segment.duration, "segment {}", segment.sequence);
    }
}

/// Sound has ended the first segment while the pictures were late; those that then come are half a second apart.
#[test]
fn the_part_target_stays_what_it_was_when_the_first_list_was_told() {
    let mut feed = Feed::new(Resume::default(), (25_000, 25));
    feed.segmenter.push(&[picture(MediaTime::ZERO, true)], &feed.tracks, 1, NOW);
    for at in 0..700 {
        let dts = MediaTime::from_ms(at * 1_024_000 / 44_100);
        feed.segmenter.push(&[sound(dts)], &feed.tracks, 1, UnixMs(NOW.0 + dts.ms()));
        feed.walk();
    }
    assert!(feed.walker.playlists > 0);
    for at in 0..20 {
        let dts = MediaTime::from_ms(16_300 + at * 490);
        feed.segmenter.push(&[picture(dts, at % 4 == 0)], &feed.tracks, 1, UnixMs(NOW.0 + dts.ms()));
        feed.walk();
    }
}
