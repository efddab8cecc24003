//! Playlists of strangers (RFC 8216, section 4): what is not needed is passed over, what contradicts itself is refused.

use std::collections::VecDeque;
use std::sync::Arc;

use thiserror::Error;

use super::attributes::attribute;
use super::master::{Master, Rendition, Variant};

/// Newest segments of a playlist that are kept: hours of them, and of a list that never ends no more.
pub(super) const SEGMENTS_MAX: usize = 4_096;

/// Longest segment or target duration in milliseconds.
const DURATION_MS_MAX: u64 = 600_000;

/// Why a text is no playlist that could be followed. Nothing of the text is in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum PlaylistFault {
    /// The first line is another one.
    #[error("it is no playlist: it does not begin with #EXTM3U")]
    NoPlaylist,
    /// A tag does not hold what it must.
    #[error("{tag} in line {line} does not hold what it must")]
    Tag {
        /// The tag.
        tag: &'static str,
        /// Number of the line.
        line: usize,
    },
    /// Neither variants nor a target duration.
    #[error("it names neither variants nor a target duration")]
    Empty,
    /// Media sequence numbers leave their range.
    #[error("its numbers leave their range in line {line}")]
    Numbers {
        /// Number of the line.
        line: usize,
    },
}

/// Either kind of playlist.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Playlist {
    Master(Master),
    Media(Media),
}

/// A media playlist.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Media {
    pub(super) target_ms: u64,
    /// The newest [`SEGMENTS_MAX`]; numbered without a hole.
    pub(super) segments: VecDeque<Segment>,
    /// The number of the first segment, or of the one that would come.
    pub(super) first: u64,
    pub(super) ended: bool,
}

/// One segment of a playlist.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Segment {
    pub(super) sequence: u64,
    pub(super) discontinuity_sequence: u64,
    pub(super) uri: String,
    pub(super) range: Option<Range>,
    pub(super) map: Option<Arc<Map>>,
    pub(super) duration_ms: u64,
    /// `EXT-X-GAP`: it is not there.
    pub(super) gap: bool,
    pub(super) encryption: Option<Encryption>,
    /// `EXT-X-PROGRAM-DATE-TIME` as it stands: it tells a segment from another one of the same name.
    pub(super) date: String,
}

/// Bytes of a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Range {
    /// The first byte.
    pub at: u64,
    /// How many.
    pub bytes: u64,
}

/// `EXT-X-MAP`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Map {
    pub(super) uri: String,
    pub(super) range: Option<Range>,
}

/// How segments are encrypted (`METHOD` of `EXT-X-KEY`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encryption {
    /// Whole segments.
    Aes128,
    /// Samples.
    SampleAes,
    /// Another method.
    Other,
}

impl std::fmt::Display for Encryption {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Aes128 => "AES-128",
            Self::SampleAes => "SAMPLE-AES",
            Self::Other => "a method that is not known",
        })
    }
}

impl Media {
    /// The number behind that of the last segment.
    pub(super) fn end(&self) -> u64 {
        self.segments.back().map_or(self.first, |last| last.sequence.saturating_add(1))
    }

    pub(super) fn get(&self, sequence: u64) -> Option<&Segment> {
        let at = sequence.checked_sub(self.segments.front()?.sequence)?;
        self.segments.get(usize::try_from(at).ok()?)
    }
}

impl Playlist {
    pub(super) fn parse(text: &str) -> Result<Self, PlaylistFault> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let mut lines = text.lines().map(str::trim).enumerate();
        if lines.next().is_none_or(|(_, first)| !first.starts_with("#EXTM3U")) {
            return Err(PlaylistFault::NoPlaylist);
        }
        let mut reading = Reading::default();
        for (at, line) in lines {
            reading.line(line, at + 1)?;
        }
        reading.end()
    }
}

/// A playlist as far as it has been read.
#[derive(Default)]
struct Reading {
    media: Media,
    master: Master,
    has_target: bool,
    numbered: bool,
    discontinuities: u64,
    next_range: Option<u64>,
    open: Segment,
    map: Option<Arc<Map>>,
    encryption: Option<Encryption>,
    variant: Option<Variant>,
}

impl Reading {
    fn line(&mut self, line: &str, number: usize) -> Result<(), PlaylistFault> {
        let (tag, value) = line.split_once(':').unwrap_or((line, ""));
        let fault = |tag| PlaylistFault::Tag { tag, line: number };
        match tag {
            "#EXT-X-TARGETDURATION" => {
                let ms = millis(value).ok_or(fault("EXT-X-TARGETDURATION"))?;
                self.media.target_ms = ms.clamp(1_000, DURATION_MS_MAX);
                self.has_target = true;
            }
            "#EXT-X-MEDIA-SEQUENCE" => {
                self.media.first = value.trim().parse().map_err(|_| fault("EXT-X-MEDIA-SEQUENCE"))?;
                // 4.3.3.2: it stands before the first segment.
                if self.numbered {
                    return Err(fault("EXT-X-MEDIA-SEQUENCE"));
                }
            }
            "#EXT-X-DISCONTINUITY-SEQUENCE" => {
                let begin: u64 = value.trim().parse().map_err(|_| fault("EXT-X-DISCONTINUITY-SEQUENCE"))?;
                self.discontinuities = self.discontinuities.saturating_add(begin);
            }
            "#EXT-X-DISCONTINUITY" => self.discontinuities = self.discontinuities.saturating_add(1),
            "#EXT-X-ENDLIST" => self.media.ended = true,
            "#EXT-X-GAP" => self.open.gap = true,
            "#EXT-X-PROGRAM-DATE-TIME" => {
                value.get(..value.len().min(40)).unwrap_or_default().clone_into(&mut self.open.date);
            }
            "#EXTINF" => {
                let duration = value.split(',').next().unwrap_or_default();
                self.open.duration_ms = millis(duration).ok_or(fault("EXTINF"))?.min(DURATION_MS_MAX);
            }
            "#EXT-X-BYTERANGE" => {
                let range = range(value, self.next_range).ok_or(fault("EXT-X-BYTERANGE"))?;
                self.open.range = Some(range);
            }
            "#EXT-X-MAP" => {
                let uri = attribute(value, "URI").filter(|uri| !uri.is_empty()).ok_or(fault("EXT-X-MAP"))?.to_owned();
                let range = match attribute(value, "BYTERANGE") {
                    Some(text) => Some(range(text, Some(0)).ok_or(fault("EXT-X-MAP"))?),
                    None => None,
                };
                self.map = Some(Arc::new(Map { uri, range }));
            }
            "#EXT-X-KEY" => {
                self.encryption = match attribute(value, "METHOD") {
                    Some("NONE") => None,
                    Some("AES-128") => Some(Encryption::Aes128),
                    Some(method) if method.starts_with("SAMPLE-AES") => Some(Encryption::SampleAes),
                    _ => Some(Encryption::Other),
                };
            }
            "#EXT-X-STREAM-INF" => self.variant = Some(Variant::read(value)),
            "#EXT-X-MEDIA" => self.master.renditions.extend(Rendition::read(value)),
            _ if line.is_empty() || line.starts_with('#') => {}
            _ => self.uri(line, number)?,
        }
        Ok(())
    }

    fn uri(&mut self, line: &str, number: usize) -> Result<(), PlaylistFault> {
        if let Some(variant) = self.variant.take() {
            self.master.variants.push(variant.at(line));
            return Ok(());
        }
        let fault = PlaylistFault::Numbers { line: number };
        let segment = std::mem::take(&mut self.open);
        self.next_range = segment.range.map(|range| range.at.saturating_add(range.bytes));
        let sequence = if self.numbered { self.media.end() } else { self.media.first };
        if sequence == u64::MAX {
            return Err(fault);
        }
        self.numbered = true;
        self.media.segments.push_back(Segment {
            sequence,
            discontinuity_sequence: self.discontinuities,
            uri: line.to_owned(),
            map: self.map.clone(),
            encryption: self.encryption,
            ..segment
        });
        if self.media.segments.len() > SEGMENTS_MAX {
            self.media.segments.pop_front();
            self.media.first = self.media.segments.front().map_or(self.media.first, |first| first.sequence);
        }
        Ok(())
    }

    fn end(self) -> Result<Playlist, PlaylistFault> {
        match (self.master.variants.is_empty(), self.has_target) {
            (false, _) => Ok(Playlist::Master(self.master)),
            (true, true) => Ok(Playlist::Media(self.media)),
            (true, false) => Err(PlaylistFault::Empty),
        }
    }
}

/// Seconds as a decimal number, in milliseconds.
fn millis(text: &str) -> Option<u64> {
    let text = text.trim();
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let digits = part.bytes().chain(std::iter::repeat(b'0')).take(3);
    let part =
        digits.map(|digit| char::from(digit).to_digit(10)).try_fold(0u64, |sum, d| Some(sum * 10 + u64::from(d?)));
    let all_digits =
        !whole.is_empty() && whole.bytes().chain(text.bytes().skip(whole.len() + 1)).all(|b| b.is_ascii_digit());
    whole.parse::<u64>().ok().filter(|_| all_digits)?.checked_mul(1_000)?.checked_add(part?)
}

/// `n[@o]`; without an offset, `next` is the place.
fn range(text: &str, next: Option<u64>) -> Option<Range> {
    let (bytes, at) = match text.trim().split_once('@') {
        Some((bytes, at)) => (bytes, at.parse().ok()?),
        None => (text.trim(), next?),
    };
    let bytes: u64 = bytes.parse().ok().filter(|bytes| *bytes > 0)?;
    at.checked_add(bytes)?;
    Some(Range { at, bytes })
}

#[cfg(test)]
mod tests;
