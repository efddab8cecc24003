use vivace_base::{MediaTime, UnixMs};

use crate::engine::archive::{Entry, Growth, Numbers, Piece, Slice, SliceSettings, archive};
use crate::walk::{Playlist, Walker};

const SETTINGS: SliceSettings = SliceSettings { target: MediaTime::from_ms(4_000), longest: MediaTime::from_ms(8_000) };

/// Parts of a second and a hundred bytes each, the first of a file behind an initialisation segment of 700.
fn pieces(count: i64, key_every: i64) -> Vec<Piece> {
    let piece = |at: i64| Piece {
        offset: 700 + at.unsigned_abs() * 100,
        bytes: 100,
        begins_at: UnixMs(1_767_323_045_000 + at * 1_000),
        duration: MediaTime::from_ms(1_000),
        independent: at % key_every == 0,
        discontinuity: false,
    };
    (0..count).map(piece).collect()
}

fn lengths(slices: &[Slice]) -> Vec<usize> {
    slices.iter().map(|slice| slice.parts).collect()
}

fn entries(file: &str, slices: Vec<Slice>) -> Vec<Entry> {
    slices.into_iter().map(|slice| Entry { file: file.to_owned(), slice }).collect()
}

#[test]
fn segments_end_at_the_first_key_frame_behind_the_target() {
    assert_eq!(lengths(&SETTINGS.slices(&pieces(13, 3), true)), [6, 6, 1]);
    assert_eq!(lengths(&SETTINGS.slices(&pieces(13, 1), true)), [4, 4, 4, 1]);
    assert_eq!(SETTINGS.slices(&[], true), []);
    let first = SETTINGS.slices(&pieces(13, 3), true).swap_remove(0);
    assert_eq!((first.offset, first.bytes, first.duration.ms(), first.independent), (700, 600, 6_000, true));
    assert_eq!(first.ends_at(), UnixMs(1_767_323_051_000));
}

#[test]
fn no_segment_is_longer_than_the_target_duration_says() {
    let slices = SETTINGS.slices(&pieces(20, 100), true);
    assert_eq!(lengths(&slices), [8, 8, 4]);
    assert_eq!(SETTINGS.target_s(), 8);
    assert!(!slices[1].independent);
}

#[test]
fn a_discontinuity_and_a_hole_in_the_file_end_a_segment() {
    let mut parts = pieces(6, 1);
    parts[2].discontinuity = true;
    for moved in &mut parts[5..] {
        moved.offset += 9;
    }
    let slices = SETTINGS.slices(&parts, true);
    assert_eq!(lengths(&slices), [2, 3, 1]);
    assert!(slices[1].discontinuity && !slices[2].discontinuity);
}

#[test]
fn a_segment_is_told_once_it_cannot_grow_and_never_changes() {
    let (mut told, all) = (Vec::new(), SETTINGS.slices(&pieces(40, 3), true));
    for count in 0..=40 {
        let now = SETTINGS.slices(&pieces(count, 3), false);
        assert_eq!(now[..told.len()], told[..], "{count}");
        assert_eq!(now[..], all[..now.len()], "{count}");
        told = now;
    }
    assert_eq!(told.len() + 1, all.len());
}

#[test]
fn playlists_of_growing_files_keep_their_promises() {
    let mut walker = Walker::default();
    for count in 30..90 {
        let mut all = entries("01A", SETTINGS.slices(&pieces(count.min(50), 2), count > 50));
        if count > 50 {
            let mut parts = pieces(count - 50, 2);
            parts.iter_mut().for_each(|part| part.begins_at.0 += 90_000);
            parts[0].discontinuity = true;
            all.extend(entries("01B", SETTINGS.slices(&parts, false)));
        }
        // Three target durations stay.
        let gone = all.len().saturating_sub(7);
        let passed = all.iter().take(gone).filter(|entry| entry.slice.discontinuity).count() as u64;
        let numbers = Numbers { sequence: 100 + gone as u64, discontinuity: 3 + passed };
        let text = archive(&all[gone..], numbers, &SETTINGS, Growth::FromNewest);
        if all.len() > gone {
            walker.add(&text).unwrap_or_else(|fault| panic!("{fault}\n{text}"));
        }
    }
    assert!(walker.known().count() > 8);
}

#[test]
fn a_playlist_that_ends_has_its_end_more_and_nothing_else() {
    let mut all = entries("01A", SETTINGS.slices(&pieces(8, 2), true));
    all[0].slice.discontinuity = true;
    let [grows, over] =
        [Growth::FromFirst, Growth::Over].map(|growth| archive(&all, Numbers::default(), &SETTINGS, growth));
    assert_eq!(format!("{grows}#EXT-X-ENDLIST\n"), over);
}

#[test]
fn a_whole_playlist_has_its_type_its_end_and_a_map_for_each_file() {
    let mut all = entries("01A", SETTINGS.slices(&pieces(8, 2), true));
    all[0].slice.discontinuity = true;
    all.extend(entries("01B", SETTINGS.slices(&pieces(4, 2), true)));
    let text = archive(&all, Numbers::default(), &SETTINGS, Growth::Ended);
    assert!(text.contains("#EXT-X-PLAYLIST-TYPE:VOD\n") && text.ends_with("#EXT-X-ENDLIST\n"), "{text}");
    assert!(!text.contains("#EXT-X-DISCONTINUITY\n"), "{text}");
    assert_eq!(text.matches("#EXT-X-MAP:").count(), 2, "{text}");
    assert!(text.contains("\na-01A-700-400.m4s\u{1}\n"), "{text}");
    let playlist = Playlist::parse(&text.replace('\u{1}', "?k=t")).unwrap();
    assert_eq!(playlist.newest_whole(), Some(2));
}
