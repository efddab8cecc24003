use super::{Fault, Playlist, Walker};

/// A playlist of segments with these sequence numbers, 2 s each, dated by them.
fn list(media_sequence: u64, discontinuity_sequence: u64, count: u64) -> String {
    let mut text = format!(
        "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXT-X-PART-INF:PART-TARGET=1.0\n#EXT-X-MEDIA-SEQUENCE:{media_sequence}\n\
         #EXT-X-DISCONTINUITY-SEQUENCE:{discontinuity_sequence}\n#EXT-X-MAP:URI=\"i.mp4?k=1\"\n"
    );
    for sequence in media_sequence..media_sequence + count {
        text += &format!(
            "#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:{:02}.000Z\n#EXT-X-PART:DURATION=1.0,URI=\"p{sequence}.m4s\"\n\
             #EXT-X-PART:DURATION=1.0,URI=\"q{sequence}.m4s\"\n#EXTINF:2.00000,\ns{sequence}.m4s?k=1\n",
            sequence * 2
        );
    }
    text
}

fn second(first: &str, second: &str) -> Result<(), Fault> {
    let mut walker = Walker::default();
    walker.add(first).unwrap();
    walker.add(second).map(|_| ())
}

#[test]
fn a_list_is_read_with_its_numbers() {
    let read = Playlist::parse(&list(3, 1, 2)).unwrap();
    assert_eq!((read.media_sequence, read.target_s, read.part_target_us), (3, 2, Some(1_000_000)));
    let last = &read.segments[1];
    assert_eq!((last.sequence, last.uri.as_str(), last.map.as_str()), (4, "s4.m4s", "i.mp4"));
    assert_eq!((last.duration_us, last.date_ms, last.parts.len()), (2_000_000, Some(1_767_225_608_000), 2));
}

#[test]
fn a_window_that_moves_on_is_fine() {
    second(&list(3, 1, 3), &list(3, 1, 3)).unwrap();
    second(&list(3, 1, 3), &list(4, 1, 4)).unwrap();
}

#[test]
fn each_broken_promise_is_found() {
    let before = list(3, 1, 3);
    let falls = |second: Result<(), Fault>| matches!(second, Err(Fault::Falls { .. }));
    let changes = |second: Result<(), Fault>| matches!(second, Err(Fault::Changes { .. }));
    let duration = |second: Result<(), Fault>| matches!(second, Err(Fault::Duration { .. }));
    assert!(falls(second(&before, &list(2, 1, 5))), "the media sequence");
    assert!(falls(second(&before, &list(3, 0, 3))), "the discontinuity sequence");
    assert!(falls(second(&before, &list(3, 1, 2))), "the end of the list");
    assert!(changes(second(&before, &before.replace("s4.m4s", "t4.m4s"))), "an address");
    assert!(changes(second(&before, &before.replace("p4.m4s", "t4.m4s"))), "a part");
    assert!(changes(second(&before, &before.replace("i.mp4", "j.mp4"))), "a map");
    assert!(changes(second(&before, &before.replace("00:08.000", "00:08.500"))), "a date");
    assert!(changes(second(&before, &list(4, 1, 4).replace("TARGETDURATION:2", "TARGETDURATION:3"))), "the target");
    assert!(falls(second(&before, &list(4, 1, 4).replace("00:12.000", "00:11.000"))), "a date that goes back");
    assert!(falls(second(&before, &list(4, 1, 4).replace("00:12.000", "00:13.000"))), "a gap without discontinuity");
    assert!(
        duration(second(&before, &list(4, 1, 4).replace("EXTINF:2.00000,\ns7", "EXTINF:2.60000,\ns7"))),
        "too long"
    );
    let sum = list(4, 1, 4).replace("DURATION=1.0,URI=\"q7", "DURATION=0.9,URI=\"q7");
    assert!(duration(second(&before, &sum)), "the sum of the parts");
    assert!(duration(second(&before, &list(4, 1, 4).replace("PART-TARGET=1.0", "PART-TARGET=0.9"))), "a part");
    let ended = format!("{before}#EXT-X-ENDLIST\n");
    assert!(matches!(second(&ended, &before), Err(Fault::Missing(_))), "the end is taken back");
    assert!(matches!(Playlist::parse("#EXTM3\n"), Err(Fault::Syntax { .. })));
}

/// The same list without its first segments.
fn delta(media_sequence: u64, count: u64, skipped: u64) -> String {
    let whole = list(media_sequence, 1, count);
    let (head, _) = whole.split_once("#EXT-X-MAP").unwrap();
    let (_, rest) = whole.split_once(&format!("s{}.m4s?k=1\n", media_sequence + skipped - 1)).unwrap();
    format!("{head}#EXT-X-SKIP:SKIPPED-SEGMENTS={skipped}\n{rest}")
}

#[test]
fn a_delta_update_is_read_with_what_it_leaves_out() {
    let mut walker = Walker::default();
    walker.add(&list(3, 1, 8)).unwrap();
    walker.add(&delta(4, 9, 3)).unwrap();
    assert_eq!((walker.deltas, walker.known().last().map(|one| one.map.as_str())), (1, Some("i.mp4")));
    // Of a discontinuity that is left out only the segment before the first one tells.
    let date = "#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:08";
    let whole = list(3, 1, 8).replace(date, &format!("#EXT-X-DISCONTINUITY\n{date}"));
    let mut walker = Walker::default();
    walker.add(&whole).unwrap();
    let now = walker.add(&delta(3, 9, 3)).unwrap();
    assert_eq!((now.segments[0].discontinuity_sequence, walker.discontinuities), (2, 1));
}

#[test]
fn a_delta_update_leaves_out_only_what_is_old_and_was_listed() {
    let missing = |second: Result<(), Fault>| matches!(second, Err(Fault::Missing(_)));
    assert!(missing(Walker::default().add(&delta(3, 9, 3)).map(|_| ())), "nothing was listed before");
    assert!(missing(second(&list(3, 1, 2), &delta(3, 9, 3))), "a segment that was never listed");
    // Six target durations are six segments here.
    second(&list(3, 1, 8), &delta(3, 8, 2)).unwrap();
    assert!(matches!(second(&list(3, 1, 8), &delta(3, 8, 3)), Err(Fault::Duration { .. })), "one that is too new");
}

#[test]
fn what_segments_are_counted_from_stands_before_them() {
    for late in ["#EXT-X-MEDIA-SEQUENCE:1", "#EXT-X-DISCONTINUITY-SEQUENCE:0", "#EXT-X-SKIP:SKIPPED-SEGMENTS=1"] {
        for before in ["#EXTINF:2,\na.ts", "#EXT-X-DISCONTINUITY"] {
            let text = format!("#EXTM3U\n#EXT-X-TARGETDURATION:2\n{before}\n{late}\n#EXTINF:2,\nb.ts\n");
            assert!(matches!(Playlist::parse(&text), Err(Fault::Syntax { .. })), "{text}");
        }
    }
}

#[test]
fn numbers_at_the_end_of_their_range_are_refused_or_compared_without_wrapping() {
    let max = u64::MAX;
    let mut walker = Walker::default();
    let mut add = |text: &str| walker.add(&format!("#EXTM3U\n#EXT-X-TARGETDURATION:{max}\n{text}")).is_ok();
    assert!(!add(&format!("#EXT-X-MEDIA-SEQUENCE:{max}\n#EXTINF:2,\na.ts\n")));
    assert!(!add(&format!("#EXT-X-MEDIA-SEQUENCE:1\n#EXT-X-SKIP:SKIPPED-SEGMENTS={max}\n")));
    assert!(!add(&format!("#EXT-X-DISCONTINUITY-SEQUENCE:{max}\n#EXT-X-DISCONTINUITY\n#EXTINF:2,\na.ts\n")));
    let long = "18446744073709.551615";
    let part = format!("#EXT-X-PART:DURATION={long},URI=\"p\"\n");
    assert!(!add(&format!("#EXT-X-MEDIA-SEQUENCE:7\n{part}{part}#EXTINF:2,\na.ts\n")), "the sum of the parts");
    assert!(add(&format!("#EXT-X-MEDIA-SEQUENCE:7\n#EXTINF:{long},\na.ts\n")));
    for odd in ["9223372036854775807-01-01T00:00:00Z", "2026-13-01T00:00:00Z", "2026-01-01T24:00:00Z"] {
        assert!(!add(&format!("#EXT-X-MEDIA-SEQUENCE:8\n#EXT-X-PROGRAM-DATE-TIME:{odd}\n#EXTINF:2,\nb.ts\n")), "{odd}");
    }
}
