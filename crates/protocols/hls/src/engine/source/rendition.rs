use std::sync::Arc;

use bytes::Bytes;
use vivace_base::{MediaTime, MonoMs};
use vivace_domain::relay::HttpUrl;

use super::demux::Demux;
use super::playlist::{Map, Media, Segment};
use super::timeline::Era;
use super::{SegmentFault, SourceFault, SourceLimits};

/// One media playlist that is followed, and its segments.
#[derive(Debug)]
pub(super) struct Rendition {
    pub(super) url: HttpUrl,
    /// What addresses in the playlist are relative to.
    base: HttpUrl,
    list: Option<Media>,
    /// When the playlist is to be asked for again.
    pub(super) poll_at: MonoMs,
    /// Number of the next segment.
    next: u64,
    /// Failures of the next segment, and when it is tried again.
    tries: u8,
    again_at: MonoMs,
    pub(super) map: Option<(Arc<Map>, Bytes)>,
    pub(super) demux: Demux,
    /// When a segment was last had.
    pub(super) heard_at: MonoMs,
    /// Where what was had ends.
    pub(super) end: Option<MediaTime>,
    /// How often the source began anew.
    restarts: u64,
    era: Option<Era>,
    /// What was wrong with the last segment.
    pub(super) last: Option<SegmentFault>,
    /// Segments that were passed over: gaps, failures, and those that had gone before they were asked for.
    pub(super) skipped: u64,
}

/// Times that a segment is asked for: one that has just been announced may not be everywhere yet.
const TRIES: u8 = 2;
/// RFC 8216, 6.3.3: nearer to the end there may be nothing to play while the next segment is made.
const TARGETS_FROM_END: u64 = 3;
/// No more segments than this, however short they say they are: a source is not asked for hundreds at once.
const SEGMENTS_FROM_END: u64 = 30;

impl Rendition {
    pub(super) fn new(url: HttpUrl, limits: &SourceLimits, now: MonoMs) -> Self {
        Self {
            base: url.clone(),
            url,
            list: None,
            poll_at: now,
            next: 0,
            tries: 0,
            again_at: now,
            map: None,
            demux: Demux::new(limits),
            heard_at: now,
            end: None,
            restarts: 0,
            era: None,
            last: None,
            skipped: 0,
        }
    }

    pub(super) const fn is_open(&self) -> bool {
        self.list.is_some()
    }

    pub(super) fn target_ms(&self) -> u64 {
        self.list.as_ref().map_or(0, |list| list.target_ms)
    }

    /// Whether everything of a stream that has ended was had.
    pub(super) fn is_over(&self) -> bool {
        self.list.as_ref().is_some_and(|list| list.ended && self.next >= list.end())
    }

    /// Milliseconds of segments that are listed and were not had yet.
    pub(super) fn listed_ms(&self) -> u64 {
        let listed = self.list.iter().flat_map(|list| list.segments.iter().rev());
        listed.take_while(|segment| segment.sequence >= self.next).map(|segment| segment.duration_ms).sum()
    }

    /// When the next segment may be asked for, and what it is. Gaps are passed over.
    pub(super) fn wanted(&mut self) -> Result<Option<(MonoMs, &Segment)>, SourceFault> {
        let Some(list) = &self.list else { return Ok(None) };
        while list.get(self.next).is_some_and(|segment| segment.gap) {
            self.next += 1;
            self.skipped += 1;
        }
        let Some(segment) = list.get(self.next) else { return Ok(None) };
        match segment.encryption {
            Some(method) => Err(SourceFault::Encrypted(method)),
            None => Ok(Some((self.again_at, segment))),
        }
    }

    pub(super) fn resolve(&self, uri: &str, bytes_max: usize) -> Result<HttpUrl, SourceFault> {
        Ok(self.base.resolve(uri, bytes_max)?)
    }

    /// A playlist has come from `base`, asked for at `asked_at`.
    pub(super) fn on_list(&mut self, list: Media, base: HttpUrl, asked_at: MonoMs) -> Result<(), SourceFault> {
        self.base = base;
        let before = self.list.take();
        let mut changed = true;
        let list = match before {
            None if list.ended => return Err(SourceFault::Ended),
            None => {
                self.next = start(&list);
                list
            }
            Some(before) if begins_anew(&before, &list) => {
                self.restarts += 1;
                self.map = None;
                self.begin_at(start(&list));
                list
            }
            // A copy of a time before: what is known is newer.
            Some(before) if list.end() < before.end() => {
                changed = false;
                before
            }
            Some(before) => {
                changed = (before.first, before.end(), before.ended) != (list.first, list.end(), list.ended);
                list
            }
        };
        // Behind the list, or so far behind its end that it would never be reached.
        if self.next < list.first || list.end().saturating_sub(self.next) > 2 * SEGMENTS_FROM_END {
            let start = start(&list);
            self.skipped = self.skipped.saturating_add(start.saturating_sub(self.next));
            self.begin_at(start);
        }
        self.poll_in(asked_at, list.target_ms, changed);
        self.list = Some(list);
        Ok(())
    }

    /// The playlist was not had, or cannot be read.
    pub(super) fn list_failed(&mut self, asked_at: MonoMs) {
        self.poll_in(asked_at, self.target_ms(), false);
    }

    /// RFC 8216, 6.3.4: a target duration later, or half of one if nothing has changed.
    const fn poll_in(&mut self, asked_at: MonoMs, target_ms: u64, changed: bool) {
        let wait_ms = if changed { target_ms } else { target_ms / 2 };
        self.poll_at = MonoMs(asked_at.0.saturating_add(if wait_ms == 0 { 1_000 } else { wait_ms }));
    }

    /// The next segment is done with.
    pub(super) const fn advance(&mut self) {
        self.begin_at(self.next.saturating_add(1));
    }

    const fn begin_at(&mut self, next: u64) {
        self.next = next;
        self.tries = 0;
        self.again_at = MonoMs(0);
    }

    /// The next segment was not had: it is tried once more, and then passed over.
    pub(super) fn segment_failed(&mut self, now: MonoMs) {
        self.tries += 1;
        if self.tries >= TRIES {
            self.left_out(now);
        } else {
            self.again_at = MonoMs(now.0.saturating_add(self.target_ms() / 2));
        }
    }

    /// The next segment is passed over. The one after it is not asked for at once: all may be like it.
    pub(super) fn left_out(&mut self, now: MonoMs) {
        self.skipped += 1;
        self.advance();
        self.again_at = MonoMs(now.0.saturating_add(self.target_ms() / 4));
    }

    /// The era of a segment; at the begin of another one, times do not follow those before.
    pub(super) fn enter(&mut self, discontinuity_sequence: u64) -> Era {
        let era = (self.restarts, discontinuity_sequence);
        if self.era.replace(era).is_some_and(|before| before != era) {
            self.demux.discontinuity();
        }
        era
    }

    /// The number of the next segment.
    pub(super) const fn next(&self) -> u64 {
        self.next
    }
}

/// Where to begin: the newest segment from which three target durations are left.
fn start(list: &Media) -> u64 {
    let wanted_ms = list.target_ms.saturating_mul(TARGETS_FROM_END);
    let mut left_ms = 0_u64;
    let mut start = list.end();
    for segment in list.segments.iter().rev() {
        if left_ms >= wanted_ms || list.end() - segment.sequence > SEGMENTS_FROM_END {
            break;
        }
        left_ms = left_ms.saturating_add(segment.duration_ms);
        start = segment.sequence;
    }
    start
}

/// Whether the numbers of a playlist are those of another run of the source than the ones of the playlist before it.
fn begins_anew(before: &Media, now: &Media) -> bool {
    if now.end() <= before.first && now.end() < before.end() {
        return true;
    }
    let known = now.segments.iter().filter_map(|segment| Some((before.get(segment.sequence)?, segment)));
    let mut known = known.peekable();
    // One may have been corrected; all of them are others.
    known.peek().is_some() && known.all(|(before, now)| is_another(before, now))
}

/// Whether two segments of one number are different ones. Queries hold tokens, which change.
fn is_another(before: &Segment, now: &Segment) -> bool {
    let name = |segment: &Segment| segment.uri.split('?').next().unwrap_or_default().to_owned();
    name(before) != name(now) || before.date != now.date || before.range != now.range
}
