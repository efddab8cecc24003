//! Entry points for fuzzing: any bytes may go in, and nothing may panic, grow without bound or ask without end.

use bytes::Bytes;
use vivace_base::MonoMs;
use vivace_domain::relay::HttpUrl;
use vivace_media::FrameKind;

use super::playlist::{Playlist, SEGMENTS_MAX};
use super::{Source, SourceLimits, Step, What};

/// Small, so that inputs of the size a fuzzer makes reach them.
const LIMITS: SourceLimits = SourceLimits {
    url_bytes_max: 100,
    playlist_bytes_max: 4_096,
    segment_bytes_max: 4_096,
    frames_max: 40,
    frame_bytes_max: 1_024,
    jump_ms_max: 3_000,
    idle_ms_max: 8_000,
    load_ms_max: 1_000,
};

/// Any text as a playlist.
///
/// # Panics
/// If its numbers contradict each other.
pub fn playlist(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    for text in [text.clone().into_owned(), format!("#EXTM3U\n#EXT-X-TARGETDURATION:2\n{text}")] {
        match Playlist::parse(&text) {
            Ok(Playlist::Media(list)) => {
                assert!(list.segments.len() <= SEGMENTS_MAX && (1_000..=600_000).contains(&list.target_ms));
                let numbers = list.segments.iter().map(|segment| segment.sequence);
                assert!(numbers.eq(list.first..list.end()), "numbers have a hole");
            }
            Ok(Playlist::Master(master)) => drop(master.choose()),
            Err(fault) => assert!(!fault.to_string().is_empty()),
        }
    }
}

/// Any bytes as what a server answers, one answer behind each `---` and a line's end, over and over for a minute.
///
/// # Panics
/// If more is kept than allowed, the server is asked too often, or nothing is waited for.
pub fn source(data: &[u8]) {
    let answers = split(data);
    let url = HttpUrl::parse("http://h/live/x.m3u8", 100).expect("an address");
    let mut source = Source::new(url, LIMITS);
    let (mut now, mut loads, mut at) = (MonoMs(1_000), 0_u64, 0);
    while now.0 < 61_000 {
        match source.poll(now) {
            Ok(Step::Wait(until)) => {
                assert!(until > now, "a wait that is none");
                now = until;
            }
            Ok(Step::Load(load)) => {
                loads += 1;
                assert!(load.url.target().len() <= 100 && load.bytes_max == 4_096);
                let answer = answers.get(at % answers.len()).copied().unwrap_or_default();
                at += 1;
                if answer.is_empty() {
                    if !source.failed(&load, now) {
                        return;
                    }
                } else {
                    let body = playable(answer, load.what);
                    if source.loaded(&load, load.url.clone(), body, now).is_err() {
                        return;
                    }
                }
            }
            Err(fault) => return assert!(!fault.to_string().is_empty()),
        }
        while let Some(frame) = source.pop(now) {
            assert!(frame.kind != FrameKind::Metadata && frame.payload.len() <= 4_096);
        }
        assert!(source.pacer.bytes() <= 4 * 4_096, "more waits than is allowed");
    }
    // Two renditions, each with a playlist a half a second and at most 60 segments and maps to it.
    assert!(loads < 60 * 2 * 130, "{loads} loads in a minute");
}

fn split(data: &[u8]) -> Vec<&[u8]> {
    const MARK: &[u8] = b"---\n";
    let (mut parts, mut begin, mut at) = (Vec::new(), 0, 0);
    while let Some(rest) = data.get(at..).filter(|rest| !rest.is_empty()) {
        if rest.starts_with(MARK) {
            parts.push(data.get(begin..at).unwrap_or_default());
            begin = at + MARK.len();
            at = begin;
        } else {
            at += 1;
        }
    }
    parts.push(data.get(begin..).unwrap_or_default());
    parts
}

/// An answer no longer than is taken; a playlist with the head that noise hardly ever has.
fn playable(answer: &[u8], what: What) -> Bytes {
    let answer = answer.get(..answer.len().min(4_000)).unwrap_or_default();
    match what {
        What::Playlist if !answer.starts_with(b"#EXTM3U") => {
            [&b"#EXTM3U\n#EXT-X-TARGETDURATION:1\n"[..], answer].concat().into()
        }
        _ => Bytes::copy_from_slice(answer),
    }
}
