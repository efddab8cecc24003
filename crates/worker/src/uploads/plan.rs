//! What of a recording is put into the bucket, and under which names.
//!
//! A recording with a file of its own is one object, `ID.EXTENSION`. One that is HLS is an object for each media file it is
//! a view of, `ID/FILE.mp4` (the file's first bytes and the stretch that is shown), and `ID.m3u8`, a playlist of byte
//! ranges of those (RFC 8216, 4.3.2.2). The addresses in it are relative, so it plays from wherever the bucket is read; it is
//! sent last, so what can be read can be played.

use std::collections::HashMap;

use vivace_base::Ulid;
use vivace_domain::recording::{RecordFormat, Recording};
use vivace_store::{UploadObject, UploadSource};

use super::fault::UploadFault;

/// Parts of one object, as S3 has it.
const PARTS_MAX: u64 = 10_000;
/// The least a part but the last may have, as S3 has it.
const PART_BYTES_MIN: u64 = 5 << 20;
/// The most a part may have: it is held in memory.
const PART_BYTES_MAX: u64 = 64 << 20;
const MIB: u64 = 1 << 20;

/// The name of a recording's object, or of its playlist.
pub(super) fn key_of(prefix: &str, recording: &Recording) -> String {
    key(prefix, &format!("{}.{}", recording.id, recording.format.extension()))
}

/// What a recording's bytes are called (RFC 9110, 8.3).
pub(super) const fn content_type(source: UploadSource, format: RecordFormat) -> &'static str {
    match (source, format) {
        (UploadSource::Media { .. }, _) | (_, RecordFormat::Mp4) => "video/mp4",
        (_, RecordFormat::Flv) => "video/x-flv",
        (_, RecordFormat::Aac) => "audio/aac",
        (_, RecordFormat::Hls) => "application/vnd.apple.mpegurl",
    }
}

/// The one object of a recording that has a file of its own.
pub(super) fn file(prefix: &str, recording: &Recording, part_bytes: u64) -> Result<UploadObject, UploadFault> {
    object(0, key_of(prefix, recording), UploadSource::File, recording.bytes, part_bytes)
}

/// The objects of a recording as HLS, from the playlist that this server gives. `init` tells the first bytes of each media
/// file.
pub(super) fn hls(
    prefix: &str,
    recording: &Recording,
    text: &str,
    init: &HashMap<Ulid, u64>,
    part_bytes: u64,
) -> Result<Vec<UploadObject>, UploadFault> {
    let mut objects = Vec::new();
    for (number, stretch) in (0_u32..).zip(stretches(text)) {
        let Stretch { file, offset, end } = stretch;
        let Some(&init_bytes) = init.get(&file) else { return Err(odd()) };
        let source = UploadSource::Media { file, init_bytes, offset };
        let bytes = init_bytes.saturating_add(end.saturating_sub(offset));
        let name = key(prefix, &format!("{}/{file}.mp4", recording.id));
        objects.push(object(number, name, source, bytes, part_bytes)?);
    }
    if objects.is_empty() {
        return Err(odd());
    }
    let playlist = playlist(recording.id, text, &objects)?;
    let number = u32::try_from(objects.len()).map_err(|_| odd())?;
    // In one request, however long it is: it has been bounded where it was made.
    let (bytes, source) = (playlist.len() as u64, UploadSource::Playlist);
    objects.push(UploadObject {
        number,
        key: key_of(prefix, recording),
        source,
        bytes,
        part_bytes: bytes,
        upload: None,
        verified: false,
    });
    Ok(objects)
}

/// The playlist over a recording's objects, from the one that this server gives.
pub(super) fn playlist(id: Ulid, text: &str, objects: &[UploadObject]) -> Result<String, UploadFault> {
    let mut out = String::with_capacity(text.len() * 2);
    for line in text.lines() {
        if let Some(file) = line.strip_prefix("#EXT-X-MAP:URI=\"a-").and_then(|rest| rest.split_once('.')) {
            let file = Ulid::parse(file.0).map_err(|_| odd())?;
            let (init_bytes, _) = media(objects, file)?;
            out.push_str(&format!("#EXT-X-MAP:URI=\"{id}/{file}.mp4\",BYTERANGE=\"{init_bytes}@0\"\n"));
        } else if let Some(Segment { file, offset, bytes }) = segment(line) {
            let (init_bytes, begin) = media(objects, file)?;
            let at = init_bytes.saturating_add(offset.checked_sub(begin).ok_or_else(odd)?);
            out.push_str(&format!("#EXT-X-BYTERANGE:{bytes}@{at}\n{id}/{file}.mp4\n"));
        } else {
            out.push_str(line);
            out.push('\n');
        }
    }
    Ok(out)
}

/// A playlist of the bucket with other addresses: `address` is told the name within the bucket, without the prefix.
pub(super) fn readdressed(text: &str, address: &HashMap<String, String>) -> String {
    text.lines().fold(String::with_capacity(text.len() * 4), |mut out, line| {
        let map = line.strip_prefix("#EXT-X-MAP:URI=\"").and_then(|rest| rest.split_once('"'));
        match (map, address.get(line)) {
            (Some((name, rest)), _) => {
                let to = address.get(name).map_or(name, String::as_str);
                out.extend(["#EXT-X-MAP:URI=\"", to, "\"", rest]);
            }
            (None, Some(to)) => out.push_str(to),
            (None, None) => out.push_str(line),
        }
        out.push('\n');
        out
    })
}

/// A name with the prefix of all names.
pub(super) fn key(prefix: &str, name: &str) -> String {
    match prefix.trim_matches('/') {
        "" => name.to_owned(),
        prefix => format!("{prefix}/{name}"),
    }
}

fn object(
    number: u32,
    key: String,
    source: UploadSource,
    bytes: u64,
    part_bytes: u64,
) -> Result<UploadObject, UploadFault> {
    let max = PARTS_MAX * PART_BYTES_MAX;
    if bytes > max {
        return Err(UploadFault::TooLong { bytes, max });
    }
    // In whole mebibytes: some storages want parts of equal size, and round ones are easy to tell.
    let least = bytes.div_ceil(PARTS_MAX).div_ceil(MIB) * MIB;
    let part_bytes = part_bytes.clamp(PART_BYTES_MIN, PART_BYTES_MAX).max(least);
    Ok(UploadObject { number, key, source, bytes, part_bytes, upload: None, verified: false })
}

/// A stretch of a media file.
struct Stretch {
    file: Ulid,
    offset: u64,
    end: u64,
}

struct Segment {
    file: Ulid,
    offset: u64,
    bytes: u64,
}

/// `a-FILE-OFFSET-BYTES.m4s`
fn segment(line: &str) -> Option<Segment> {
    let mut words = line.strip_prefix("a-")?.strip_suffix(".m4s")?.split('-');
    let file = Ulid::parse(words.next()?).ok()?;
    let (offset, bytes) = (words.next()?.parse().ok()?, words.next()?.parse().ok()?);
    words.next().is_none().then_some(Segment { file, offset, bytes })
}

/// What of each media file a playlist names, in its order.
fn stretches(text: &str) -> Vec<Stretch> {
    let mut all: Vec<Stretch> = Vec::new();
    for Segment { file, offset, bytes } in text.lines().filter_map(segment) {
        let end = offset.saturating_add(bytes);
        match all.iter_mut().rev().find(|stretch| stretch.file == file) {
            Some(stretch) => {
                stretch.offset = stretch.offset.min(offset);
                stretch.end = stretch.end.max(end);
            }
            None => all.push(Stretch { file, offset, end }),
        }
    }
    all
}

/// The first bytes of a media file, and where its stretch begins.
fn media(objects: &[UploadObject], wanted: Ulid) -> Result<(u64, u64), UploadFault> {
    let found = objects.iter().find_map(|object| match object.source {
        UploadSource::Media { file, init_bytes, offset } if file == wanted => Some((init_bytes, offset)),
        _ => None,
    });
    found.ok_or_else(odd)
}

fn odd() -> UploadFault {
    tracing::error!("a playlist of a recording does not fit the index of its media");
    UploadFault::Internal
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use vivace_base::{AppId, StreamName, Ulid, UnixMs};
    use vivace_domain::recording::{PartAt, RecordFormat, RecordState, Recording, TaskKind};
    use vivace_store::UploadSource;

    use super::{file, hls, key_of, playlist, readdressed};

    fn recording(format: RecordFormat, bytes: u64) -> Recording {
        let at = PartAt { file: Ulid(7), part: 0 };
        let stream = StreamName::parse("cam").unwrap();
        Recording {
            state: RecordState::Stored,
            ended_at: Some(UnixMs(1)),
            last: Some(at),
            duration_ms: 1,
            bytes,
            ..Recording::begun(Ulid(1), (AppId(1), stream), (TaskKind::Policy, format), at, UnixMs(0))
        }
    }

    #[test]
    fn parts_are_equal_and_neither_too_small_nor_too_many() {
        let plan = |bytes, part| file("", &recording(RecordFormat::Mp4, bytes), part).map(|one| one.part_bytes);
        assert_eq!(plan(10, 8 << 20).unwrap(), 8 << 20);
        assert_eq!(plan(10, 1).unwrap(), 5 << 20);
        assert_eq!(plan(200 << 30, 8 << 20).unwrap(), 21 << 20);
        assert!(plan(640_000 << 20, 8 << 20).is_ok());
        assert!(plan((640_000 << 20) + 1, 8 << 20).is_err());
    }

    #[test]
    fn a_playlist_of_byte_ranges_names_the_stretches_that_are_uploaded() {
        let (one, two) = (Ulid(7), Ulid(8));
        let text = format!(
            "#EXTM3U\n#EXT-X-MAP:URI=\"a-{one}.mp4\"\n#EXTINF:2.000,\na-{one}-5000-300.m4s\n#EXTINF:2.000,\n\
             a-{one}-5300-200.m4s\n#EXT-X-DISCONTINUITY\n#EXT-X-MAP:URI=\"a-{two}.mp4\"\n#EXTINF:1.000,\n\
             a-{two}-900-100.m4s\n#EXT-X-ENDLIST\n"
        );
        let (recording, init) = (recording(RecordFormat::Hls, 0), HashMap::from([(one, 800), (two, 900)]));
        let objects = hls("/kept/", &recording, &text, &init, 8 << 20).unwrap();
        let id = recording.id;
        assert_eq!(objects.len(), 3);
        assert_eq!(objects[0].key, format!("kept/{id}/{one}.mp4"));
        assert_eq!(objects[0].source, UploadSource::Media { file: one, init_bytes: 800, offset: 5_000 });
        assert_eq!((objects[0].bytes, objects[1].bytes), (800 + 500, 900 + 100));
        assert_eq!(objects[2].key, key_of("kept", &recording));
        let out = playlist(id, &text, &objects).unwrap();
        assert_eq!(objects[2].bytes, out.len() as u64);
        let expected = format!(
            "#EXTM3U\n#EXT-X-MAP:URI=\"{id}/{one}.mp4\",BYTERANGE=\"800@0\"\n#EXTINF:2.000,\n#EXT-X-BYTERANGE:300@800\n\
             {id}/{one}.mp4\n#EXTINF:2.000,\n#EXT-X-BYTERANGE:200@1100\n{id}/{one}.mp4\n#EXT-X-DISCONTINUITY\n\
             #EXT-X-MAP:URI=\"{id}/{two}.mp4\",BYTERANGE=\"900@0\"\n#EXTINF:1.000,\n#EXT-X-BYTERANGE:100@900\n\
             {id}/{two}.mp4\n#EXT-X-ENDLIST\n"
        );
        assert_eq!(out, expected);
        let signed = HashMap::from([(format!("{id}/{one}.mp4"), "http://s/1?sig".to_owned())]);
        let readdressed = readdressed(&out, &signed);
        assert!(readdressed.contains("#EXT-X-MAP:URI=\"http://s/1?sig\",BYTERANGE=\"800@0\"\n"), "{readdressed}");
        assert!(readdressed.contains("#EXT-X-BYTERANGE:300@800\nhttp://s/1?sig\n"), "{readdressed}");
        assert!(readdressed.contains(&format!("\n{id}/{two}.mp4\n")), "{readdressed}");
        assert!(hls("", &recording, &text, &HashMap::from([(one, 800)]), 1).is_err());
        assert!(hls("", &recording, "#EXTM3U\n", &init, 1).is_err());
    }
}
