//! Playlists over media that has been written to files: replay, rewind and time shift.

use std::fmt::Write;

use vivace_base::{MediaTime, UnixMs};

use super::playlist::{TOKEN, date, seconds};

/// A part of a written file, as the index knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Piece {
    /// Where its bytes begin in the file.
    pub offset: u64,
    /// Their number.
    pub bytes: u64,
    /// When its first frame came.
    pub begins_at: UnixMs,
    /// How long it lasts.
    pub duration: MediaTime,
    /// Whether it begins with a frame that needs none before it.
    pub independent: bool,
    /// Whether its timestamps do not go on from those before it.
    pub discontinuity: bool,
}

/// Parts that stand one behind the other in their file and are played as one segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slice {
    /// The first part of it, counted from the file's first.
    pub first: usize,
    /// Its number of parts.
    pub parts: usize,
    /// Where its bytes begin in the file.
    pub offset: u64,
    /// Their number.
    pub bytes: u64,
    /// When its first frame came.
    pub begins_at: UnixMs,
    /// How long it lasts.
    pub duration: MediaTime,
    /// Whether it begins with a frame that needs none before it.
    pub independent: bool,
    /// Whether its timestamps do not go on from those before it.
    pub discontinuity: bool,
}

impl Slice {
    const fn of(first: usize, piece: Piece) -> Self {
        let Piece { offset, bytes, begins_at, duration, independent, discontinuity } = piece;
        Self { first, parts: 1, offset, bytes, begins_at, duration, independent, discontinuity }
    }

    /// When its last frame ends, by the clock of its first.
    pub const fn ends_at(&self) -> UnixMs {
        UnixMs(self.begins_at.0.saturating_add(self.duration.ms()))
    }
}

/// How files are cut into segments. The cuts of a file follow from its parts alone, so every playlist numbers them alike.
#[derive(Clone, Copy, Debug)]
pub struct SliceSettings {
    /// A segment ends at the first key frame behind this.
    pub target: MediaTime,
    /// A segment ends here, key frame or not.
    pub longest: MediaTime,
}

impl SliceSettings {
    /// The target duration of every playlist, in seconds: no segment is longer (RFC 8216, 4.3.3.1).
    pub fn target_s(&self) -> u64 {
        let ticks = self.longest.ticks().max(1);
        u64::try_from(ticks.saturating_add(MediaTime::HZ - 1) / MediaTime::HZ).unwrap_or(1).max(1)
    }

    /// The segments of a file. Of one that is being written the last is not told: it may grow.
    pub fn slices(&self, pieces: &[Piece], is_whole: bool) -> Vec<Slice> {
        let mut slices: Vec<Slice> = Vec::new();
        for (at, piece) in pieces.iter().enumerate() {
            match slices.last_mut() {
                Some(last) if !self.cuts(last, piece) => {
                    last.parts += 1;
                    last.bytes = last.bytes.saturating_add(piece.bytes);
                    last.duration = last.duration + piece.duration;
                }
                _ => slices.push(Slice::of(at, *piece)),
            }
        }
        if !is_whole {
            slices.pop();
        }
        slices
    }

    fn cuts(&self, last: &Slice, next: &Piece) -> bool {
        let is_adjacent = last.offset.checked_add(last.bytes) == Some(next.offset);
        !is_adjacent
            || next.discontinuity
            || (next.independent && last.duration >= self.target)
            || last.duration + next.duration > self.longest
    }
}

/// A segment of a playlist.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The file, by the name that its addresses have.
    pub file: String,
    /// Which of its bytes.
    pub slice: Slice,
}

/// Where a playlist stands among all segments that there have ever been.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Numbers {
    /// The media sequence number of its first segment.
    pub sequence: u64,
    /// The discontinuity sequence number before its first segment.
    pub discontinuity: u64,
}

impl Numbers {
    /// Where what follows these segments stands, the first of which stands here.
    pub fn behind(self, slices: &[Slice]) -> Self {
        let passed = slices.iter().filter(|slice| slice.discontinuity).count();
        Self {
            sequence: self.sequence.saturating_add(slices.len() as u64),
            discontinuity: self.discontinuity.saturating_add(passed as u64),
        }
    }
}

/// What is still to come in a playlist.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Growth {
    /// Nothing: it is whole, and was when its player came.
    Ended,
    /// Nothing any more: a player that has followed it finds all as it was told.
    Over,
    /// Segments are added, and a player begins at the first (RFC 8216, 4.3.5.2).
    FromFirst,
    /// Segments are added, and a player begins near the newest.
    FromNewest,
}

/// The media playlist over written files (RFC 8216, section 4.3). Each file begins with its own initialisation segment.
pub fn archive(entries: &[Entry], numbers: Numbers, settings: &SliceSettings, growth: Growth) -> String {
    let mut text = String::with_capacity(256 + entries.len() * 160);
    // Writing to a string cannot fail.
    let _ = write(&mut text, entries, numbers, settings, growth);
    text
}

fn write(
    text: &mut String,
    entries: &[Entry],
    numbers: Numbers,
    settings: &SliceSettings,
    growth: Growth,
) -> std::fmt::Result {
    writeln!(text, "#EXTM3U\n#EXT-X-VERSION:6\n#EXT-X-TARGETDURATION:{}", settings.target_s())?;
    match growth {
        Growth::Ended => writeln!(text, "#EXT-X-PLAYLIST-TYPE:VOD")?,
        Growth::FromFirst | Growth::Over => writeln!(text, "#EXT-X-START:TIME-OFFSET=0,PRECISE=YES")?,
        Growth::FromNewest => {}
    }
    if entries.iter().all(|entry| entry.slice.independent) {
        writeln!(text, "#EXT-X-INDEPENDENT-SEGMENTS")?;
    }
    let Numbers { sequence, discontinuity } = numbers;
    writeln!(text, "#EXT-X-MEDIA-SEQUENCE:{sequence}\n#EXT-X-DISCONTINUITY-SEQUENCE:{discontinuity}")?;
    let mut before: Option<&Entry> = None;
    for entry in entries {
        let Entry { file, slice } = entry;
        // The first segment of a playlist that has all of it goes on from nothing.
        if slice.discontinuity && (before.is_some() || growth != Growth::Ended) {
            writeln!(text, "#EXT-X-DISCONTINUITY")?;
        }
        if before.is_none_or(|before| before.file != *file) {
            writeln!(text, "#EXT-X-MAP:URI=\"a-{file}.mp4{TOKEN}\"")?;
        }
        writeln!(text, "#EXT-X-PROGRAM-DATE-TIME:{}", date(slice.begins_at))?;
        let (duration, Slice { offset, bytes, .. }) = (seconds(slice.duration), slice);
        writeln!(text, "#EXTINF:{duration},\na-{file}-{offset}-{bytes}.m4s{TOKEN}")?;
        before = Some(entry);
    }
    if matches!(growth, Growth::Ended | Growth::Over) { writeln!(text, "#EXT-X-ENDLIST") } else { Ok(()) }
}

/// What a master playlist says of its rendition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rendition {
    /// Codecs as RFC 6381 names them.
    pub codecs: String,
    /// Width and height of the picture.
    pub size: Option<(u32, u32)>,
}

/// The master playlist (RFC 8216, 4.3.4) over written files, with the one rendition there is at `uri`.
pub fn archive_master(entries: &[Entry], rendition: &Rendition, uri: &str) -> String {
    let rate = |bytes: u64, ms: i64| bytes.saturating_mul(8_000) / ms.max(1).unsigned_abs();
    let (bytes, ms) = entries.iter().fold((0_u64, 0_i64), |(bytes, ms), entry| {
        (bytes.saturating_add(entry.slice.bytes), ms.saturating_add(entry.slice.duration.ms()))
    });
    let average = rate(bytes, ms).max(1);
    let peaks = entries.iter().map(|entry| rate(entry.slice.bytes, entry.slice.duration.ms()));
    let peak = peaks.max().unwrap_or(0).max(average);
    let size = rendition.size.map_or_else(String::new, |(width, height)| format!(",RESOLUTION={width}x{height}"));
    let codecs = &rendition.codecs;
    format!(
        "#EXTM3U\n#EXT-X-VERSION:6\n#EXT-X-STREAM-INF:BANDWIDTH={peak},AVERAGE-BANDWIDTH={average},\
         CODECS=\"{codecs}\"{size}\n{uri}{TOKEN}\n"
    )
}
