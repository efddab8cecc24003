use vivace_base::Limits;

use super::{Feed, NOW};
use crate::engine::{Flavor, Resume, Settings, Skip, Wanted, master, media};

#[test]
fn a_low_latency_playlist_has_everything_a_player_needs() {
    let mut feed = Feed::new(Resume { media_sequence: 7, ..Resume::default() }, (25_000, 25));
    feed.pictures(25 * 5 + 8);
    let text = feed.text().replace('\u{1}', "");
    let wanted = [
        "#EXTM3U\n#EXT-X-VERSION:9\n#EXT-X-TARGETDURATION:2\n",
        "#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK=0.60900,CAN-SKIP-UNTIL=12.0\n",
        "#EXT-X-PART-INF:PART-TARGET=0.20300\n#EXT-X-INDEPENDENT-SEGMENTS\n#EXT-X-MEDIA-SEQUENCE:7\n",
        "#EXT-X-DISCONTINUITY-SEQUENCE:0\n#EXT-X-MAP:URI=\"i7-0.mp4\"\n",
        "#EXT-X-PROGRAM-DATE-TIME:2026-01-02T03:04:05.678Z\n",
        "#EXT-X-PART:DURATION=0.20000,URI=\"p7-0.m4s\",INDEPENDENT=YES\n#EXT-X-PART:DURATION=0.20000,URI=\"p7-1.m4s\"\n",
        "#EXTINF:2.00000,\ns8.m4s\n",
        "URI=\"p7-25.m4s\",INDEPENDENT=YES\n#EXT-X-PRELOAD-HINT:TYPE=PART,URI=\"p7-26.m4s\"\n",
    ];
    for wanted in wanted {
        assert!(text.contains(wanted), "{wanted}\nis not in\n{text}");
    }
    let plain = media(feed.segmenter.window(), Flavor::Mp4, None).unwrap();
    assert!(!plain.contains("PART") && !plain.contains("HINT") && plain.contains("#EXT-X-VERSION:6\n"), "{plain}");
    let master = master(feed.segmenter.window(), Flavor::LowLatency, "a/ll.m3u8").unwrap();
    assert!(
        master.contains("CODECS=\"avc1.4D401E,mp4a.40.2\",RESOLUTION=638x358,FRAME-RATE=25.000\na/ll.m3u8"),
        "{master}"
    );
    assert_eq!(NOW.0, 1_767_323_045_678);
}

#[test]
fn a_delta_update_leaves_out_what_is_older_than_six_targets() {
    let mut feed = Feed::new(Resume::default(), (25_000, 25));
    feed.pictures(25 * 60);
    let full = crate::walk::Playlist::parse(&feed.text()).unwrap();
    let text = media(feed.segmenter.window(), feed.flavor, Some(Skip::Segments)).unwrap();
    let delta = crate::walk::Playlist::parse(&text).unwrap();
    assert!(delta.skipped > 0, "{text}");
    assert_eq!(delta.media_sequence, full.media_sequence);
    let kept = &full.segments[delta.skipped as usize..];
    assert_eq!(delta.segments.len(), kept.len());
    assert!(
        delta.segments.iter().zip(kept).all(|(delta, full)| (delta.sequence, &delta.uri) == (full.sequence, &full.uri))
    );
    feed.walker.add(&text).unwrap();
}

#[test]
fn what_a_player_waits_for_is_known_to_be_there_or_not() {
    let mut feed = Feed::new(Resume { media_sequence: 3, ..Resume::default() }, (25_000, 25));
    feed.pictures(25 * 4 + 8);
    let window = feed.segmenter.window();
    assert_eq!(window.newest_sequence(), Some(5));
    for (wanted, there) in [
        (Wanted::Segment(4), true),
        (Wanted::Segment(5), false),
        (Wanted::Part(5, 0), true),
        (Wanted::Part(5, 1), false),
        (Wanted::Part(4, 99), true),
        (Wanted::Part(6, 0), false),
    ] {
        assert_eq!(window.has(wanted), there, "{wanted:?}");
    }
    let part = window.newest().unwrap().parts[0].number;
    assert_eq!(window.part(part).map(|part| part.number), Some(part));
    assert!(window.part(part + 1).is_none() && window.segment(2).is_none() && window.segment(4).is_some());
    feed.segmenter.end();
    assert!(feed.segmenter.window().has(Wanted::Part(90, 0)), "nobody waits for the end of a stream that has ended");
}

#[test]
fn a_limit_that_has_changed_counts_for_the_next_stream() {
    let before = Limits::default();
    let now = Limits { hls_segment_ms_max: 4_000, hls_segments_max: 9, hls_bytes_max: 1 << 20, ..Limits::default() };
    let settings = Settings::new(&before, 2_000, 200);
    assert_ne!(settings, Settings::new(&now, 2_000, 200));
    assert_eq!(settings.under(&now), Settings::new(&now, 2_000, 200));
}
