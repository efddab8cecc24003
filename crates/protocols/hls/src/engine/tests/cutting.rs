use vivace_base::{MediaTime, UnixMs};
use vivace_media::fmp4::{boxes, find};
use vivace_media::mpegts::Reader;

use super::{AVCC, AVCC_OTHER, Feed, NOW, picture, settings, sound, tracks};
use crate::engine::{Flavor, Resume, Segmenter, Settings};

fn whole(feed: &Feed) -> Vec<i64> {
    let window = feed.segmenter.window();
    window.segments.iter().filter(|segment| segment.whole).map(|segment| segment.duration.ms()).collect()
}

#[test]
fn segments_end_with_key_frames_and_parts_have_their_share_of_pictures() {
    let mut feed = Feed::new(Resume::default(), (25_000, 25));
    feed.pictures(25 * 20 + 1);
    assert_eq!(whole(&feed), [2_000; 10]);
    let window = feed.segmenter.window();
    for segment in window.segments.iter().filter(|segment| segment.whole) {
        let durations: Vec<i64> = segment.parts.iter().map(|part| part.duration.ms()).collect();
        assert_eq!(durations, [200; 10]);
        assert_eq!(segment.parts.iter().filter(|part| part.independent).count(), 2);
        let kinds: Vec<_> = boxes(&segment.parts[0].bytes).map(|one| one.unwrap().kind).collect();
        assert_eq!(kinds, [*b"moof", *b"mdat", *b"moof", *b"mdat"]);
    }
    assert_eq!(window.target_s, Some(2));
    assert!(feed.walker.playlists > 400, "{}", feed.walker.playlists);
}

#[test]
fn odd_rates_and_gops_keep_all_promises() {
    for (rate, gop) in [(29_970, 60), (24_000, 48), (23_976, 40), (60_000, 90), (15_000, 70), (50_000, 25), (5_000, 5)]
    {
        let mut feed = Feed::new(Resume::default(), (rate, gop));
        feed.pictures(rate * 40 / 1_000);
        assert!(feed.walker.playlists > 60, "{rate} {gop}: {}", feed.walker.playlists);
        assert!(feed.text().contains("#EXT-X-INDEPENDENT-SEGMENTS"), "{rate} {gop}\n{}", feed.text());
        let window = feed.segmenter.window();
        let target = window.part_target.ms();
        for segment in window.segments.iter().filter(|segment| segment.whole) {
            let parts = segment.parts.len() - 1;
            for part in &segment.parts[..parts] {
                let ms = part.duration.ms();
                assert!(ms <= target && ms * 100 >= target * 85, "{rate} {gop}: {ms} of {target}");
            }
        }
    }
}

#[test]
fn the_sound_of_all_fragments_is_one_unbroken_line() {
    let mut feed = Feed::new(Resume::default(), (25_000, 50));
    feed.pictures(25 * 10);
    let mut expected = None;
    let mut fragments = 0;
    for part in feed.segmenter.window().segments.iter().flat_map(|segment| &segment.parts) {
        for moof in boxes(&part.bytes).map(|one| one.unwrap()).filter(|one| one.kind == *b"moof") {
            let tfhd = find(moof.payload, &[b"traf", b"tfhd"]).unwrap();
            if tfhd[7] != 2 {
                continue;
            }
            let start =
                u64::from_be_bytes(*find(moof.payload, &[b"traf", b"tfdt"]).unwrap()[4..].first_chunk().unwrap());
            assert!(expected.is_none_or(|expected: u64| expected.abs_diff(start) <= 1), "{expected:?} {start}");
            let trun = find(moof.payload, &[b"traf", b"trun"]).unwrap();
            let durations =
                trun[12..].chunks(12).map(|entry| u64::from(u32::from_be_bytes(*entry.first_chunk().unwrap())));
            expected = Some(start + durations.sum::<u64>());
            fragments += 1;
        }
    }
    assert!(fragments > 45, "{fragments}");
}

#[test]
fn another_encoder_is_one_discontinuity_and_another_configuration_a_new_map() {
    let mut feed = Feed::new(Resume::default(), (25_000, 25));
    feed.pictures(25 * 5 + 7);
    feed.restart((30_000, 30));
    feed.pictures(30 * 5);
    assert_eq!(feed.walker.discontinuities, 1);
    assert_eq!(feed.segmenter.window().inits_named(), 1);
    feed.tracks = tracks(Some(AVCC_OTHER), true);
    feed.restart((25_000, 50));
    feed.pictures(25 * 5);
    assert_eq!(feed.walker.discontinuities, 2);
    assert_eq!(feed.segmenter.window().inits_named(), 2);
    // After a minute the tags have left the list, and the numbers tell of them.
    feed.pictures(25 * 60);
    assert!(feed.text().contains("#EXT-X-DISCONTINUITY-SEQUENCE:2\n"), "{}", feed.text());
    assert!(!feed.text().contains("#EXT-X-DISCONTINUITY\n"));
}

#[test]
fn a_minute_without_key_frames_is_cut_within_the_target() {
    let mut feed = Feed::new(Resume::default(), (25_000, 25));
    feed.pictures(25 * 5);
    feed.rate.1 = i64::MAX;
    feed.pictures(25 * 60);
    assert!(whole(&feed).iter().all(|ms| (2_300..2_500).contains(ms)), "{:?}", whole(&feed));
    assert!(!feed.text().contains("#EXT-X-INDEPENDENT-SEGMENTS"));
}

#[test]
fn rare_key_frames_from_the_start_make_the_target_longer_for_good() {
    let mut feed = Feed::new(Resume::default(), (25_000, 100));
    feed.pictures(25 * 60);
    assert!(feed.text().contains("#EXT-X-TARGETDURATION:4\n"), "{}", feed.text());
    assert!(whole(&feed).iter().all(|ms| *ms == 4_000));
}

#[test]
fn sound_alone_is_cut_too() {
    let mut segmenter = Segmenter::new(settings(), Resume::default());
    let tracks = tracks(None, true);
    for at in 0..1_000 {
        let dts = MediaTime::from_ms(at * 1_024_000 / 44_100);
        segmenter.push(&[sound(dts)], &tracks, 1, UnixMs(NOW.0 + dts.ms()));
    }
    let window = segmenter.window();
    assert!(window.segments.iter().filter(|one| one.whole).all(|one| (1_900..=2_100).contains(&one.duration.ms())));
    assert!(window.newest().unwrap().sequence >= 10);
    let text = crate::engine::master(window, Flavor::Mp4, "x.m3u8").unwrap();
    assert!(text.contains("CODECS=\"mp4a.40.2\"") && !text.contains("RESOLUTION"), "{text}");
}

#[test]
fn pictures_that_stop_while_the_sound_goes_on_hold_up_nothing() {
    let mut feed = Feed::new(Resume::default(), (25_000, 25));
    feed.pictures(25 * 5);
    let begun = feed.now_ms();
    for at in 0..400 {
        let dts = MediaTime::from_ms(begun + at * 1_024_000 / 44_100);
        feed.segmenter.push(&[sound(dts)], &feed.tracks, 1, UnixMs(NOW.0 + dts.ms()));
        feed.walk();
    }
    let newest = feed.segmenter.window().newest_whole().unwrap();
    assert!(newest.begins_at.0 - NOW.0 > begun + 3_000, "{}", newest.begins_at.0 - NOW.0 - begun);
    assert_eq!(feed.walker.discontinuities, 0);
}

#[test]
fn pictures_that_stop_anywhere_leave_no_segment_that_is_too_long() {
    // Where key frames are missing, segments last as long as they may, and the sound ends the one that the pictures left.
    for pictures in 0..65 {
        let mut feed = Feed::new(Resume::default(), (25_000, 25));
        feed.pictures(25 * 5);
        feed.rate.1 = i64::MAX;
        feed.pictures(pictures);
        let begun = feed.now_ms();
        for at in 0..130 {
            let dts = MediaTime::from_ms(begun + at * 1_024_000 / 44_100);
            feed.segmenter.push(&[sound(dts)], &feed.tracks, 1, UnixMs(NOW.0 + dts.ms()));
            feed.walk();
        }
    }
}

#[test]
fn numbers_and_dates_go_on_where_an_earlier_run_was() {
    let mut first = Feed::new(Resume::default(), (25_000, 25));
    first.pictures(25 * 9);
    first.segmenter.end();
    first.walk();
    assert!(first.text().ends_with("#EXT-X-ENDLIST\n"));
    let resume = first.segmenter.resume();
    assert!(resume.media_sequence >= 5 && resume.discontinuity_sequence == 1);
    let mut second = Feed::new(resume, (25_000, 25));
    second.walker = first.walker;
    // The player has stopped at the end of the list; this is another look at the same address.
    let mut again = crate::walk::Walker::default();
    second.start_ms = -3_600_000;
    std::mem::swap(&mut second.walker, &mut again);
    second.pictures(25 * 9);
    let oldest = second.segmenter.window().segments.front().unwrap();
    assert_eq!(oldest.sequence, resume.media_sequence);
    assert_eq!(oldest.begins_at, resume.program_date_time, "a clock that was set back moves no date back");
}

#[test]
fn transport_streams_begin_with_the_next_segment_and_count_on() {
    let mut feed = Feed::new(Resume::default(), (25_000, 25));
    feed.pictures(25 * 5);
    assert!(!feed.segmenter.window().is_ready(Flavor::Ts));
    feed.segmenter.set_transport(true);
    feed.flavor = Flavor::Ts;
    feed.pictures(25 * 12);
    assert!(feed.walker.playlists > 100);
    let mut reader = Reader::new(1 << 20);
    let (mut pictures, mut frames_of_sound) = (0, 0);
    let segments = feed.segmenter.window().segments.iter();
    let all: Vec<u8> = segments.filter_map(|segment| segment.ts.clone()).flatten().collect();
    for packet in all.chunks(188) {
        let unit = reader.packet(packet).unwrap().unit;
        pictures += usize::from(unit.as_ref().is_some_and(|unit| unit.stream_type == 0x1b));
        frames_of_sound += unit.filter(|unit| unit.stream_type == 0x0f).map_or(0, |unit| unit.payload.len() / 27);
    }
    assert!(pictures > 240 && frames_of_sound > 400, "{pictures} {frames_of_sound}");
}

#[test]
fn a_history_of_one_gop_is_dated_by_its_own_times() {
    let mut segmenter = Segmenter::new(settings(), Resume::default());
    let frames: Vec<_> = (0..50).map(|at| picture(MediaTime::from_ms(at * 40), at == 0)).collect();
    segmenter.push(&frames, &tracks(Some(AVCC), false), 1, NOW);
    let begins = segmenter.window().newest().unwrap().begins_at;
    assert_eq!(begins.0, NOW.0 - 49 * 40);
}

/// Dates of whole segments, and whether they begin anew there.
fn dated(feed: &Feed) -> Vec<(i64, bool)> {
    let segments = feed.segmenter.window().segments.iter().filter(|segment| segment.whole);
    segments.map(|segment| (segment.begins_at.0 - NOW.0, segment.discontinuity)).collect()
}

#[test]
fn where_the_timeline_passes_over_time_the_date_is_the_clocks_from_the_next_key_frame_on() {
    let mut feed = Feed::new(Resume::default(), (25_000, 25));
    feed.pictures(25 * 6 + 10);
    // The encoder stood still for ten seconds, in mid-GOP.
    feed.late_ms = 10_000;
    feed.pictures(25 * 6);
    assert_eq!(dated(&feed)[..5], [(0, false), (2_000, false), (4_000, false), (6_000, false), (17_000, true)]);
    assert_eq!(feed.walker.discontinuities, 1, "{}", feed.text());
    assert!(feed.text().contains("#EXT-X-INDEPENDENT-SEGMENTS\n"), "nothing is left out: {}", feed.text());
    // Less than that is told by and by, either way.
    for (late_ms, step_ms) in [(10_300, 2_019), (10_000, 1_981)] {
        feed.late_ms = late_ms;
        feed.pictures(25 * 12);
        let steps: Vec<_> = dated(&feed).windows(2).map(|pair| pair[1].0 - pair[0].0).collect();
        assert_eq!(steps[steps.len() - 4..], [step_ms; 4]);
    }
    assert_eq!(feed.walker.discontinuities, 1, "{}", feed.text());
}

/// A player begins anew at a discontinuity, so one that stands at no key frame shows it nothing.
#[test]
fn where_the_timeline_passes_over_time_within_a_long_gop_the_next_key_frame_begins_the_discontinuity() {
    let mut feed = Feed::new(Resume::default(), (25_000, 25 * 30));
    feed.pictures(25 * 20);
    feed.late_ms = 10_000;
    feed.pictures(25 * 25);
    let window = feed.segmenter.window();
    let anew: Vec<_> = window.segments.iter().filter(|segment| segment.discontinuity).collect();
    assert_eq!(anew.iter().map(|one| one.begins_at.0 - NOW.0).collect::<Vec<_>>(), [40_000], "{}", feed.text());
    assert!(anew[0].parts[0].independent, "{}", feed.text());
    assert_eq!(feed.walker.discontinuities, 1, "{}", feed.text());
}

/// It tells the target duration, which never changes.
#[test]
fn the_first_segment_is_not_cut_short_where_the_timeline_passes_over_time() {
    let mut feed = Feed::new(Resume::default(), (25_000, 15));
    feed.pictures(15);
    feed.late_ms = 10_000;
    feed.pictures(25 * 9);
    assert_eq!(dated(&feed)[..2], [(0, false), (12_400, true)]);
    assert_eq!(feed.walker.discontinuities, 1, "{}", feed.text());
}

/// Dates creep by up to 1/512 of the time: what a long segment cannot follow would come to a discontinuity in the end.
#[test]
fn long_segments_follow_dates_that_creep() {
    let mut feed = Feed::new(Resume::default(), (2_500, 250));
    for _ in 0..150 {
        feed.pictures(250);
        feed.late_ms += 19;
    }
    assert_eq!(feed.walker.discontinuities, 0, "{}", feed.text());
}

#[test]
fn dates_do_not_go_back_where_the_clock_does() {
    let mut feed = Feed::new(Resume::default(), (25_000, 1));
    feed.segmenter = Segmenter::new(Settings { segment: MediaTime::ZERO, ..settings() }, Resume::default());
    feed.pictures(10);
    feed.late_ms = -3_600_000;
    feed.pictures(100);
    let dates = dated(&feed);
    assert!(dates.len() > 10 && dates.is_sorted(), "{dates:?}");
}
