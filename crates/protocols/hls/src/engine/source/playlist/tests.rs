use super::{Encryption, Media, Playlist, PlaylistFault, Range, SEGMENTS_MAX};

fn media(text: &str) -> Media {
    match Playlist::parse(&format!("#EXTM3U\n#EXT-X-TARGETDURATION:4\n{text}")) {
        Ok(Playlist::Media(media)) => media,
        other => panic!("{other:?}"),
    }
}

fn fault(text: &str) -> PlaylistFault {
    Playlist::parse(&format!("#EXTM3U\n{text}")).unwrap_err()
}

#[test]
fn segments_have_their_numbers_and_what_stands_before_them() {
    let list = media(
        "#EXT-X-MEDIA-SEQUENCE:7\r\n#EXT-X-DISCONTINUITY-SEQUENCE:2\r\n#EXT-X-MAP:URI=\"i.mp4\",BYTERANGE=\"100@5\"\r\n\
         #EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:00Z\r\n#EXTINF:3.96,title, more\r\na.m4s\r\n\
         #EXT-X-DISCONTINUITY\r\n#EXT-X-GAP\r\n#EXTINF:4\r\nb.m4s?k=1\r\n",
    );
    assert_eq!((list.target_ms, list.first, list.end(), list.ended), (4_000, 7, 9, false));
    let (a, b) = (list.get(7).unwrap(), list.get(8).unwrap());
    assert_eq!((a.uri.as_str(), a.duration_ms, a.discontinuity_sequence, a.gap), ("a.m4s", 3_960, 2, false));
    assert_eq!((b.uri.as_str(), b.duration_ms, b.discontinuity_sequence, b.gap), ("b.m4s?k=1", 4_000, 3, true));
    let map = a.map.as_ref().unwrap();
    assert_eq!((map.uri.as_str(), map.range), ("i.mp4", Some(Range { at: 5, bytes: 100 })));
    assert!(a.date.starts_with("2026") && b.date.is_empty() && list.get(6).is_none() && list.get(9).is_none());
}

#[test]
fn byte_ranges_go_on_where_the_one_before_ends() {
    let list = media(
        "#EXTINF:4,\n#EXT-X-BYTERANGE:10@20\na.ts\n#EXTINF:4,\n#EXT-X-BYTERANGE:5\na.ts\n#EXTINF:4,\nb.ts\n#EXT-X-ENDLIST",
    );
    let ranges: Vec<_> = list.segments.iter().map(|segment| segment.range).collect();
    assert_eq!(ranges, [Some(Range { at: 20, bytes: 10 }), Some(Range { at: 30, bytes: 5 }), None]);
    assert!(list.ended);
}

#[test]
fn keys_hold_until_they_are_taken_back() {
    let list = media(
        "#EXT-X-KEY:METHOD=AES-128,URI=\"k\"\n#EXTINF:4,\na\n#EXT-X-KEY:METHOD=SAMPLE-AES,URI=\"k\"\n#EXTINF:4,\nb\n\
         #EXT-X-KEY:METHOD=NONE\n#EXTINF:4,\nc\n#EXT-X-KEY:METHOD=ROT13\n#EXTINF:4,\nd\n",
    );
    let methods: Vec<_> = list.segments.iter().map(|segment| segment.encryption).collect();
    assert_eq!(methods, [Some(Encryption::Aes128), Some(Encryption::SampleAes), None, Some(Encryption::Other)]);
}

#[test]
fn what_contradicts_itself_is_refused() {
    assert_eq!(Playlist::parse("<html>"), Err(PlaylistFault::NoPlaylist));
    assert_eq!(Playlist::parse(""), Err(PlaylistFault::NoPlaylist));
    assert_eq!(fault("#EXTINF:4,\na.ts"), PlaylistFault::Empty);
    for (text, tag) in [
        ("#EXT-X-TARGETDURATION:x", "EXT-X-TARGETDURATION"),
        ("#EXTINF:-1,\na", "EXTINF"),
        ("#EXTINF:1.2.3,\na", "EXTINF"),
        ("#EXT-X-MEDIA-SEQUENCE:-1", "EXT-X-MEDIA-SEQUENCE"),
        ("#EXT-X-BYTERANGE:7", "EXT-X-BYTERANGE"),
        ("#EXT-X-BYTERANGE:0@0", "EXT-X-BYTERANGE"),
        ("#EXT-X-BYTERANGE:18446744073709551615@1", "EXT-X-BYTERANGE"),
        ("#EXT-X-MAP:URI=\"\"", "EXT-X-MAP"),
    ] {
        assert_eq!(fault(text), PlaylistFault::Tag { tag, line: 2 }, "{text}");
    }
    let numbers = "#EXT-X-TARGETDURATION:1\n#EXT-X-MEDIA-SEQUENCE:18446744073709551614\n#EXTINF:1,\na\n#EXTINF:1,\nb";
    assert_eq!(fault(numbers), PlaylistFault::Numbers { line: 7 });
}

#[test]
fn of_a_list_without_end_the_newest_are_kept() {
    let text: String = (0..SEGMENTS_MAX + 10).map(|at| format!("#EXTINF:4,\n{at}.ts\n")).collect();
    let list = media(&text);
    assert_eq!((list.segments.len(), list.first, list.end()), (SEGMENTS_MAX, 10, SEGMENTS_MAX as u64 + 10));
    assert_eq!(list.get(10).unwrap().uri, "10.ts");
    assert_eq!(media("#EXT-X-TARGETDURATION:99999999999\n").target_ms, 600_000);
}
