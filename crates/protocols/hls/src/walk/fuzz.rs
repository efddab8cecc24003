//! Entry point for fuzzing: any bytes may go in, and nothing may panic or grow without bound.

use super::{Playlist, Walker};

/// Any text as a playlist, and its parts between lines `---` as playlists that follow each other.
///
/// # Panics
/// If the walker keeps more than it was given, or a playlist contradicts itself.
pub fn walk(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let mut walker = Walker::default();
    let mut given = 0;
    for part in text.split("---\n") {
        // Noise hardly ever begins like a playlist.
        for list in [part.to_owned(), format!("#EXTM3U\n{part}")] {
            match Playlist::parse(&list) {
                Ok(list) => {
                    given += list.segments.len();
                    assert!(list.newest_whole() <= list.segments.last().map(|segment| segment.sequence));
                }
                Err(fault) => assert!(!fault.to_string().is_empty()),
            }
            let before = walker.playlists;
            if walker.add(&list).is_ok() {
                assert_eq!(walker.playlists, before + 1);
                // Playlists may be read again where a reader has been elsewhere in between.
                let again = walker.clone().add(&list).map(|_| ());
                assert_eq!(again, Ok(()), "a playlist contradicts itself");
            }
            assert!(walker.known().count() <= given, "segments out of nowhere");
        }
    }
}
