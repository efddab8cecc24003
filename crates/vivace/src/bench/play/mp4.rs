//! Fragmented MP4 as far as a player needs it to see the first key frame (ISO/IEC 14496-12).

use thiserror::Error;

/// Why a body is not the fragmented MP4 that is expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub(super) enum Mp4Fault {
    #[error("the MP4 box {} is {bytes} bytes long", .kind.escape_ascii())]
    BoxLength { kind: [u8; 4], bytes: u64 },
    #[error("the MP4 box {} is cut short", .0.escape_ascii())]
    Truncated([u8; 4]),
    #[error("not an MP4 stream: it begins with a box {}", .0.escape_ascii())]
    NotMp4([u8; 4]),
}

/// Longest `moov` and `moof`, in bytes.
const HEADER_BOX_BYTES_MAX: u64 = 1 << 20;
/// `sample_is_non_sync_sample` (8.8.3.1).
const NOT_SYNC: u32 = 1 << 16;

/// What has come so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Seen {
    /// A whole fragment.
    pub(super) media: bool,
    /// A whole fragment with a key frame of the video.
    pub(super) key: bool,
}

/// Reads boxes as their bytes arrive; of all but `moov` and `moof` only the length is looked at.
#[derive(Debug, Default)]
pub(super) struct Scanner {
    buffer: Vec<u8>,
    skip: u64,
    begun: bool,
    video: Option<Video>,
    /// The fragment whose data comes next holds a key frame.
    key_announced: bool,
    in_data: bool,
    seen: Seen,
}

/// The video track.
#[derive(Clone, Copy, Debug)]
struct Video {
    id: u32,
    /// From `trex` (8.8.3).
    default_flags: u32,
}

impl Scanner {
    /// Takes bytes, cut at any place, and tells what has come so far.
    ///
    /// # Errors
    /// [`Mp4Fault`]; nothing more is to be given then.
    pub(super) fn feed(&mut self, mut input: &[u8]) -> Result<Seen, Mp4Fault> {
        loop {
            let skipped = usize::try_from(self.skip).unwrap_or(usize::MAX).min(input.len());
            input = input.get(skipped..).unwrap_or_default();
            self.skip = self.skip.saturating_sub(skipped as u64);
            if self.skip > 0 {
                return Ok(self.seen);
            }
            self.end_of_data();
            let Some(needed) = self.needed()? else { continue };
            let missing = needed.saturating_sub(self.buffer.len());
            if missing > input.len() {
                self.buffer.extend_from_slice(input);
                return Ok(self.seen);
            }
            let (taken, rest) = input.split_at(missing);
            self.buffer.extend_from_slice(taken);
            input = rest;
            self.header_box()?;
        }
    }

    fn end_of_data(&mut self) {
        if std::mem::take(&mut self.in_data) {
            self.seen.media = true;
            self.seen.key |= std::mem::take(&mut self.key_announced);
        }
    }

    /// How long the buffer must be to go on; `None` after a box was found that is to be skipped.
    fn needed(&mut self) -> Result<Option<usize>, Mp4Fault> {
        let Some(head) = self.buffer.first_chunk::<8>() else { return Ok(Some(8)) };
        let [a, b, c, d, kind @ ..] = *head;
        let (head_bytes, bytes) = match u32::from_be_bytes([a, b, c, d]) {
            1 => match self.buffer.get(8..16).and_then(|large| large.try_into().ok()) {
                Some(large) => (16, u64::from_be_bytes(large)),
                None => return Ok(Some(16)),
            },
            bytes => (8, u64::from(bytes)),
        };
        if !std::mem::replace(&mut self.begun, true) && kind != *b"ftyp" {
            return Err(Mp4Fault::NotMp4(kind));
        }
        if bytes < head_bytes {
            return Err(Mp4Fault::BoxLength { kind, bytes });
        }
        if matches!(&kind, b"moov" | b"moof") {
            // No writer takes 64 bits for the length of so small a box.
            let is_sane = bytes <= HEADER_BOX_BYTES_MAX && head_bytes == 8;
            let needed = usize::try_from(bytes).ok().filter(|_| is_sane);
            return needed.map(Some).ok_or(Mp4Fault::BoxLength { kind, bytes });
        }
        self.in_data = kind == *b"mdat";
        self.skip = bytes - head_bytes;
        self.buffer.clear();
        Ok(None)
    }

    /// Called with as many bytes as were needed: a `moov` or `moof`, or only the length of a box.
    fn header_box(&mut self) -> Result<(), Mp4Fault> {
        let whole = self.buffer.first_chunk::<4>().map(|length| u32::from_be_bytes(*length) as usize);
        let kind = self.buffer.get(4..8).and_then(|kind| kind.try_into().ok()).unwrap_or_default();
        if whole != Some(self.buffer.len()) || !matches!(&kind, b"moov" | b"moof") {
            return Ok(());
        }
        let buffer = std::mem::take(&mut self.buffer);
        let content = buffer.get(8..).unwrap_or_default();
        match &kind {
            b"moov" => self.video = video_track(content).ok_or(Mp4Fault::Truncated(kind))?,
            _ => self.key_announced |= holds_key(content, self.video).ok_or(Mp4Fault::Truncated(kind))?,
        }
        Ok(())
    }
}

/// The boxes directly inside one; `None` in the place of one that is cut short.
fn boxes(mut content: &[u8]) -> impl Iterator<Item = Option<([u8; 4], &[u8])>> {
    std::iter::from_fn(move || {
        if content.is_empty() {
            return None;
        }
        let item = content.first_chunk::<8>().and_then(|&[a, b, c, d, kind @ ..]| {
            let bytes = usize::try_from(u32::from_be_bytes([a, b, c, d])).ok()?;
            let (inside, rest) = (content.get(8..bytes)?, content.get(bytes..)?);
            content = rest;
            Some((kind, inside))
        });
        if item.is_none() {
            content = &[];
        }
        Some(item)
    })
}

/// The first box of a kind; the inner `None` where there is none.
fn find<'a>(content: &'a [u8], wanted: &[u8; 4]) -> Option<Option<&'a [u8]>> {
    for item in boxes(content) {
        let (kind, inside) = item?;
        if kind == *wanted {
            return Some(Some(inside));
        }
    }
    Some(None)
}

fn be32(content: &[u8], at: usize) -> Option<u32> {
    content.get(at..)?.first_chunk().map(|bytes| u32::from_be_bytes(*bytes))
}

/// The first video track of a `moov`; the outer `None` if a box is cut short.
fn video_track(moov: &[u8]) -> Option<Option<Video>> {
    let mut id = None;
    for item in boxes(moov) {
        let (kind, inside) = item?;
        if kind == *b"trak" && id.is_none() {
            id = video_track_id(inside)?;
        }
    }
    let Some(id) = id else { return Some(None) };
    let mut default_flags = 0;
    for item in boxes(find(moov, b"mvex")?.unwrap_or_default()) {
        let (kind, inside) = item?;
        if kind == *b"trex" && be32(inside, 4)? == id {
            default_flags = be32(inside, 20)?;
        }
    }
    Some(Some(Video { id, default_flags }))
}

fn video_track_id(trak: &[u8]) -> Option<Option<u32>> {
    let handler = find(find(trak, b"mdia")??, b"hdlr")??;
    if handler.get(8..12)? != b"vide" {
        return Some(None);
    }
    let header = find(trak, b"tkhd")??;
    let is_long = *header.first()? == 1;
    be32(header, if is_long { 20 } else { 12 }).map(Some)
}

/// Whether a `moof` announces a key frame of the video; `None` if a box is cut short.
fn holds_key(moof: &[u8], video: Option<Video>) -> Option<bool> {
    let Some(video) = video else { return Some(false) };
    for item in boxes(moof) {
        let (kind, traf) = item?;
        if kind != *b"traf" {
            continue;
        }
        let header = find(traf, b"tfhd")??;
        if be32(header, 4)? != video.id {
            continue;
        }
        let default_flags = track_default_flags(header)?.unwrap_or(video.default_flags);
        for item in boxes(traf) {
            let (kind, run) = item?;
            if kind == *b"trun" && run_holds_key(run, default_flags)? {
                return Some(true);
            }
        }
    }
    Some(false)
}

/// `default_sample_flags` of a `tfhd` (8.8.7).
fn track_default_flags(header: &[u8]) -> Option<Option<u32>> {
    let flags = be32(header, 0)?;
    if flags & 0x20 == 0 {
        return Some(None);
    }
    let before = [(0x1, 8), (0x2, 4), (0x8, 4), (0x10, 4)];
    let at = before.iter().filter(|(flag, _)| flags & flag != 0).map(|(_, bytes)| bytes).sum::<usize>();
    be32(header, 8 + at).map(Some)
}

/// `trun` (8.8.8).
fn run_holds_key(run: &[u8], default_flags: u32) -> Option<bool> {
    let flags = be32(run, 0)?;
    let samples = be32(run, 4)?;
    let mut at = 8;
    if flags & 0x1 != 0 {
        at += 4;
    }
    let mut first_flags = None;
    if flags & 0x4 != 0 {
        first_flags = Some(be32(run, at)?);
        at += 4;
    }
    let width = |flag: u32| if flags & flag != 0 { 4 } else { 0 };
    let flags_at = width(0x100) + width(0x200);
    let entry_bytes = flags_at + width(0x400) + width(0x800);
    for sample in 0..samples {
        let own = if flags & 0x400 != 0 { Some(be32(run, at + flags_at)?) } else { None };
        let first = first_flags.filter(|_| sample == 0);
        if first.or(own).unwrap_or(default_flags) & NOT_SYNC == 0 {
            return Some(true);
        }
        if entry_bytes == 0 && sample > 0 {
            // All that follow are alike.
            return Some(false);
        }
        at += entry_bytes;
    }
    Some(false)
}
