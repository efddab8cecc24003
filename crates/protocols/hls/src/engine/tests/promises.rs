//! What must hold from one playlist to the next when a stream is not even; the walker looks at each of them.

use bytes::Bytes;
use vivace_base::{Limits, MediaTime, UnixMs};
use vivace_hub::Config;
use vivace_media::{Codec, Frame, FrameKind};

use super::{AVCC, Feed, NOW, picture, tracks};
use crate::engine::{Flavor, QueryFault, Resume, Segmenter, Settings, Wanted, master};

/// Pictures alone at these milliseconds, a key frame first.
fn pictures(feed: &mut Feed, times: impl IntoIterator<Item = i64>) {
    feed.tracks = tracks(Some(AVCC), false);
    for ms in times {
        let frame = picture(MediaTime::from_ms(ms), ms % 1_000 == 0);
        feed.segmenter.push(&[frame], &feed.tracks, feed.epoch, UnixMs(NOW.0 + ms));
        feed.walk();
    }
}

fn every(step_ms: usize, from_ms: i64, to_ms: i64) -> impl Iterator<Item = i64> {
    (from_ms..to_ms).step_by(step_ms)
}

#[test]
fn a_long_segment_of_an_encoder_that_went_away_counts_for_the_target() {
    let mut feed = Feed::new(Resume::default(), (25_000, 250));
    feed.pictures(25 * 7);
    feed.restart((25_000, 25));
    feed.pictures(25 * 60);
    assert!(feed.text().contains("#EXT-X-TARGETDURATION:7\n"), "{}", feed.text());
    assert_eq!(feed.walker.discontinuities, 1);
}

#[test]
fn short_segments_behind_a_long_target_are_listed_for_three_of_it() {
    let mut feed = Feed::new(Resume::default(), (25_000, 200));
    feed.pictures(25 * 17);
    feed.restart((25_000, 25));
    feed.pictures(25 * 60);
    assert!(feed.text().contains("#EXT-X-TARGETDURATION:8\n"), "{}", feed.text());
    assert!(feed.text().matches("#EXTINF").count() >= 12, "{}", feed.text());
    assert!(feed.segmenter.window().segments.len() <= 18);
}

#[test]
fn a_hole_that_no_segment_can_hold_is_a_discontinuity() {
    let mut feed = Feed::new(Resume::default(), (25_000, 25));
    pictures(&mut feed, every(40, 0, 8_400));
    pictures(&mut feed, every(40, 11_320, 24_000));
    assert_eq!(feed.walker.discontinuities, 1, "{}", feed.text());
    assert!(feed.text().contains("#EXT-X-TARGETDURATION:2\n"), "{}", feed.text());
    // It goes on with a key frame.
    assert!(feed.text().contains("#EXT-X-INDEPENDENT-SEGMENTS\n"), "{}", feed.text());
}

#[test]
fn a_short_hole_at_the_end_of_a_segment_is_none() {
    let mut feed = Feed::new(Resume::default(), (25_000, 25));
    pictures(&mut feed, every(40, 0, 6_000));
    // No key frame any more, so that segments are as long as they may be.
    pictures(&mut feed, every(40, 6_001, 8_400).chain(every(40, 8_821, 20_000)));
    assert_eq!(feed.walker.discontinuities, 0, "{}", feed.text());
    assert!(feed.walker.playlists > 250);
}

#[test]
fn pictures_that_become_rare_leave_the_part_target_as_it_was() {
    let mut feed = Feed::new(Resume::default(), (25_000, 25));
    pictures(&mut feed, every(40, 0, 8_000).chain(every(500, 8_000, 30_000)));
    let text = feed.text();
    assert!(text.contains("PART-TARGET=0.20300\n") && text.contains(",GAP=YES\n"), "{text}");
    assert_eq!(feed.walker.discontinuities, 0, "{text}");
    let (gap, _) = text.lines().find(|line| line.ends_with(",GAP=YES")).unwrap().split_once(".m4s").unwrap();
    let number = gap.rsplit_once('-').unwrap().1.parse().unwrap();
    assert!(feed.segmenter.window().part(number).unwrap().bytes.is_empty());
}

#[test]
fn a_first_part_with_a_hole_in_it_sets_no_long_part_target() {
    let mut feed = Feed::new(Resume::default(), (25_000, 25));
    pictures(&mut feed, [0].into_iter().chain(every(40, 1_500, 12_000)));
    assert!(feed.text().contains("PART-TARGET=0.70300\n"), "{}", feed.text());
}

#[test]
fn a_stream_that_ends_before_its_first_part_is_due_tells_a_part_target_that_holds_it() {
    let mut feed = Feed::new(Resume::default(), (25_000, 25));
    pictures(&mut feed, [0, 150]);
    feed.segmenter.end();
    feed.walk();
    assert!(feed.text().contains("PART-TARGET=0.30000\n"), "{}", feed.text());
}

#[test]
fn what_is_told_again_changes_nothing() {
    let mut feed = Feed::new(Resume::default(), (25_000, 25));
    feed.pictures(25 * 5);
    feed.tracks.metadata = Some(Bytes::from_static(b"other words"));
    feed.tracks.video = feed.tracks.video.clone();
    feed.pictures(25 * 5);
    assert_eq!((feed.walker.discontinuities, feed.segmenter.window().inits_named()), (0, 1));
}

#[test]
fn durations_that_are_set_reach_the_playlist() {
    for (segment_ms, part_ms, target, part_target) in [(1_000, 400, 1, "0.40300"), (6_000, 1_000, 6, "1.00300")] {
        let mut feed = Feed::new(Resume::default(), (25_000, 25));
        feed.segmenter = Segmenter::new(Settings::new(&Limits::default(), segment_ms, part_ms), Resume::default());
        feed.pictures(25 * 30);
        let text = feed.text();
        assert!(text.contains(&format!("#EXT-X-TARGETDURATION:{target}\n")), "{text}");
        assert!(text.contains(&format!("PART-TARGET={part_target}\n")), "{text}");
    }
}

#[test]
fn only_what_can_come_soon_is_waited_for() {
    let mut feed = Feed::new(Resume { media_sequence: 3, ..Resume::default() }, (25_000, 25));
    assert_eq!(
        feed.segmenter.window().reaches(Wanted::Segment(5)),
        Err(QueryFault::TooFar { asked: 5, newest: 2 }),
        "before the first segment"
    );
    feed.pictures(25 * 4 + 8);
    let window = feed.segmenter.window();
    // Segment 5 is in the making, with one part; a part target of 203 ms lets 15 more be asked for.
    for (wanted, reached) in [
        (Wanted::Segment(6), Ok(())),
        (Wanted::Segment(7), Err(QueryFault::TooFar { asked: 7, newest: 4 })),
        (Wanted::Part(4, 999), Ok(())),
        (Wanted::Part(5, 15), Ok(())),
        (Wanted::Part(5, 16), Err(QueryFault::PartTooFar { asked: 16, limit: 16 })),
        (Wanted::Part(6, 14), Ok(())),
        (Wanted::Part(6, 15), Err(QueryFault::PartTooFar { asked: 15, limit: 15 })),
    ] {
        assert_eq!(window.reaches(wanted), reached, "{wanted:?}");
    }
}

#[test]
fn the_rate_of_transport_streams_is_their_own() {
    let mut feed = Feed::new(Resume::default(), (25_000, 25));
    feed.segmenter.set_transport(true);
    feed.pictures(25 * 9);
    let window = feed.segmenter.window();
    let rate = |flavor| {
        let text = master(window, flavor, "x").unwrap();
        let (_, rest) = text.split_once("BANDWIDTH=").unwrap();
        rest.split(',').next().unwrap().parse::<u64>().unwrap()
    };
    for segment in window.segments.iter().filter(|segment| segment.whole) {
        assert!(segment.ts.as_ref().unwrap().len() as u64 * 4 <= rate(Flavor::Ts));
        assert!(segment.mp4_bytes() as u64 * 4 <= rate(Flavor::Mp4));
    }
    assert!(rate(Flavor::Ts) != rate(Flavor::Mp4));
}

/// The head of a frame of MPEG-1 Layer III: 128 kbit/s, 44.1 kHz, stereo.
const MP3: &[u8] = &[0xff, 0xfb, 0x90, 0x00];

#[test]
fn sound_is_named_as_players_of_hls_know_it() {
    let opus = [b"OpusHead".as_slice(), &[1, 2, 0, 0, 0x80, 0xbb, 0, 0, 0, 0, 0]].concat();
    for (codec, record, step_ms, name) in
        [(Codec::Opus, opus, 20, "Opus"), (Codec::Mp3, [MP3, &[0; 413]].concat(), 26, "mp4a.40.34")]
    {
        let mut segmenter = Segmenter::new(super::settings(), Resume::default());
        let mut given = tracks(None, false);
        given.audio = Some(Config { codec, record: record.clone().into(), size: None });
        for dts in (0..400).map(|at| MediaTime::from_ms(at * step_ms)) {
            let (kind, payload) = (FrameKind::Audio, Bytes::from(record.clone()));
            let frame = Frame { kind, codec: Some(codec), dts, cts: MediaTime::ZERO, key: false, payload };
            segmenter.push(&[frame], &given, 1, UnixMs(NOW.0 + dts.ms()));
        }
        let text = master(segmenter.window(), Flavor::LowLatency, "x").unwrap();
        assert!(text.contains(&format!("CODECS=\"{name}\"")), "{text}");
    }
}

#[test]
fn nothing_begins_before_the_size_of_the_pictures_is_known() {
    let mut feed = Feed::new(Resume::default(), (25_000, 25));
    let record = Bytes::from_static(&[1, 0, 0, 0, 0, 21, 0x82, 2, 2, 2, 0, 0]);
    let vp9 = |size| Some(Config { codec: Codec::Vp9, record: record.clone(), size });
    feed.tracks.video = vp9(None);
    feed.pictures(10);
    assert!(feed.segmenter.window().newest().is_none());
    feed.tracks.video = vp9(Some((320, 180)));
    feed.pictures(25 * 6);
    assert_eq!((feed.walker.discontinuities, feed.segmenter.window().inits_named()), (0, 1));
    let text = master(feed.segmenter.window(), Flavor::LowLatency, "x").unwrap();
    assert!(text.contains("CODECS=\"vp09.00.") && text.contains("RESOLUTION=320x180"), "{text}");
}
