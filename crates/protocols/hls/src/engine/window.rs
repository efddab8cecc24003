use std::collections::VecDeque;
use std::sync::Arc;

use bytes::Bytes;
use vivace_base::{MediaTime, UnixMs};

use super::{Container, Flavor, QueryFault, Settings};

/// How many times over the segments to be listed may be more, because they are short.
const SHORT_MAX: usize = 8;
/// A segment of this length is enough to begin with: the next one is nearly there when it has been played.
const ENOUGH: MediaTime = MediaTime::from_ms(5_000);

/// What a decoder needs before the segments that name it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Init {
    /// Counts configurations of this run, from zero.
    pub number: u64,
    /// `ftyp` and `moov`.
    pub bytes: Bytes,
    /// Codecs as in RFC 6381.
    pub codecs: String,
    /// Width and height, if there are pictures.
    pub size: Option<(u16, u16)>,
}

/// A part of a segment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// Counts parts of this run, from zero, over all segments: the next part's name is known before it is there.
    pub number: u64,
    /// Duration.
    pub duration: MediaTime,
    /// Decoding may begin with it.
    pub independent: bool,
    /// Its bytes; none for a gap.
    pub bytes: Bytes,
    /// Nothing was sent in its time.
    pub gap: bool,
}

/// A segment, whole or in the making.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment {
    /// Media sequence number.
    pub sequence: u64,
    /// Discontinuity sequence number.
    pub discontinuity_sequence: u64,
    /// Another encoder or configuration begins here.
    pub discontinuity: bool,
    /// The date of its first frame.
    pub begins_at: UnixMs,
    /// What goes before it.
    pub init: Arc<Init>,
    /// Its parts; their bytes one after the other are the segment's.
    pub parts: Vec<Part>,
    /// Its duration so far.
    pub duration: MediaTime,
    /// The same as a transport stream, where one is asked for.
    pub ts: Option<Bytes>,
    /// Nothing is added any more.
    pub whole: bool,
}

impl Segment {
    /// Bytes as fragmented MP4.
    pub fn mp4_bytes(&self) -> usize {
        self.parts.iter().map(|part| part.bytes.len()).sum()
    }

    /// Bytes in all forms.
    pub fn bytes(&self) -> usize {
        self.mp4_bytes() + self.ts.as_ref().map_or(0, Bytes::len)
    }

    /// Its bytes in all forms that somebody else holds too.
    pub(super) fn into_held(self) -> impl Iterator<Item = Bytes> {
        let pieces = self.parts.into_iter().map(|part| part.bytes).chain(self.ts);
        pieces.filter(|piece| !piece.is_empty() && !piece.is_unique())
    }

    /// Bytes in a container; none where it cannot be had in it.
    pub fn bytes_in(&self, container: Container) -> usize {
        match container {
            Container::Mp4 => self.mp4_bytes(),
            Container::Ts => self.ts.as_ref().map_or(0, Bytes::len),
        }
    }

    /// Whether it can be had in a container.
    pub fn has(&self, container: Container) -> bool {
        container == Container::Mp4 || self.ts.is_some()
    }
}

/// The newest segments of a stream: the one index from which playlists, segments and parts of all forms are served.
#[derive(Clone, Debug)]
pub struct Window {
    pub(super) settings: Settings,
    pub(super) segments: VecDeque<Segment>,
    /// What was let go of while others held it.
    pub(super) gone: Vec<Bytes>,
    /// Number that the next segment gets.
    pub(super) next_sequence: u64,
    pub(super) next_part: u64,
    /// First media sequence number of this run, part of the names of parts and initialisation segments.
    pub(super) run: u64,
    pub(super) target_s: Option<u64>,
    pub(super) part_target: MediaTime,
    pub(super) frame_interval: Option<MediaTime>,
    pub(super) ended: bool,
    /// Highest rates of a segment, as fragmented MP4 and as a transport stream.
    pub(super) peaks: [u64; 2],
}

/// What a player waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// A whole segment.
    Segment(u64),
    /// A part of a segment, counted within it from zero.
    Part(u64, u64),
}

impl Window {
    pub(super) fn new(settings: Settings, first: u64) -> Self {
        Self {
            settings,
            segments: VecDeque::new(),
            gone: Vec::new(),
            next_sequence: first,
            next_part: 0,
            run: first,
            target_s: None,
            part_target: settings.part,
            frame_interval: None,
            ended: false,
            peaks: [0; 2],
        }
    }

    /// Nothing will be added any more.
    pub const fn has_ended(&self) -> bool {
        self.ended
    }

    /// First media sequence number of this run.
    pub const fn run(&self) -> u64 {
        self.run
    }

    /// The target duration in seconds; 1 while there is none.
    pub fn target_s(&self) -> u64 {
        self.target_s.unwrap_or(1)
    }

    /// The newest segment, whole or not.
    pub fn newest(&self) -> Option<&Segment> {
        self.segments.back()
    }

    /// The newest whole segment.
    pub fn newest_whole(&self) -> Option<&Segment> {
        self.segments.iter().rev().find(|segment| segment.whole)
    }

    /// Whether a playlist of this flavor lists enough to play without a break: two segments, so that there is time to
    /// fetch the third; with parts, one. A long one is enough as well: whoever waits for a second one sees nothing for
    /// longer than players wait.
    pub fn is_ready(&self, flavor: Flavor) -> bool {
        let wanted = if flavor == Flavor::LowLatency || self.ended { 1 } else { 2 };
        let whole = self.segments.iter().skip(self.first_listed(flavor.container())).filter(|segment| segment.whole);
        let listed: usize = whole.map(|segment| if segment.duration >= ENOUGH { 2 } else { 1 }).sum();
        self.target_s.is_some() && listed >= wanted
    }

    /// A segment by its number.
    pub fn segment(&self, sequence: u64) -> Option<&Segment> {
        let first = self.segments.front()?.sequence;
        self.segments.get(usize::try_from(sequence.checked_sub(first)?).ok()?)
    }

    /// A part by its number.
    pub fn part(&self, number: u64) -> Option<&Part> {
        let index =
            self.segments.partition_point(|segment| segment.parts.last().is_some_and(|last| last.number < number));
        self.segments.get(index)?.parts.iter().find(|part| part.number == number)
    }

    /// Number of the next part.
    pub const fn next_part(&self) -> u64 {
        self.next_part
    }

    /// An initialisation segment by its number.
    pub fn init(&self, number: u64) -> Option<&Arc<Init>> {
        self.segments.iter().map(|segment| &segment.init).find(|init| init.number == number)
    }

    /// How many configurations the segments name.
    #[cfg(test)]
    pub(super) fn inits_named(&self) -> usize {
        let mut numbers: Vec<u64> = self.segments.iter().map(|segment| segment.init.number).collect();
        numbers.dedup();
        numbers.len()
    }

    /// Whether what a player waits for is there, or will never be.
    pub fn has(&self, wanted: Wanted) -> bool {
        let there = match wanted {
            Wanted::Segment(sequence) => self.newest_whole().is_some_and(|newest| newest.sequence >= sequence),
            Wanted::Part(sequence, part) => match self.segment(sequence) {
                None => self.newest().is_some_and(|newest| newest.sequence > sequence),
                Some(segment) if (segment.parts.len() as u64) > part => true,
                // RFC 8216bis, 6.2.5.2: behind a segment's last part comes the first one of the next segment.
                Some(segment) => segment.whole && self.has_parts(sequence.saturating_add(1)),
            },
        };
        self.ended || there
    }

    fn has_parts(&self, sequence: u64) -> bool {
        self.segment(sequence).is_some_and(|segment| !segment.parts.is_empty())
    }

    /// Checks that what a player waits for can come soon (RFC 8216bis, 6.2.5.2): at most two segments beyond the newest
    /// whole one, and parts of three seconds, or three of them where they are longer.
    ///
    /// # Errors
    /// [`QueryFault::TooFar`], [`QueryFault::PartTooFar`].
    pub fn reaches(&self, wanted: Wanted) -> Result<(), QueryFault> {
        let newest = self.newest_whole().map_or(self.run.saturating_sub(1), |segment| segment.sequence);
        let (asked, part) = match wanted {
            Wanted::Segment(sequence) => (sequence, None),
            Wanted::Part(sequence, part) => (sequence, Some(part)),
        };
        if asked > newest.saturating_add(2) {
            return Err(QueryFault::TooFar { asked, newest });
        }
        let there = self.segment(asked).map_or(0, |segment| segment.parts.len() as u64);
        let limit = there.saturating_add(self.advance_parts());
        match part {
            Some(part) if asked > newest && part >= limit => Err(QueryFault::PartTooFar { asked: part, limit }),
            _ => Ok(()),
        }
    }

    /// The Advance Part Limit.
    fn advance_parts(&self) -> u64 {
        let ticks = self.part_target.ticks().clamp(1, MediaTime::HZ).unsigned_abs();
        (3 * MediaTime::HZ.unsigned_abs()).div_ceil(ticks)
    }

    /// Number of the newest segment of which something is there.
    pub fn newest_sequence(&self) -> Option<u64> {
        self.newest().map(|segment| segment.sequence)
    }

    /// Bytes of all segments.
    pub fn bytes(&self) -> usize {
        self.segments.iter().map(Segment::bytes).sum()
    }

    /// Index of the first segment that playlists in this container list.
    pub(super) fn first_listed(&self, container: Container) -> usize {
        let first = self.first_kept();
        // Transport streams are made from the moment on that somebody asks for one.
        let missing = self.segments.iter().rposition(|segment| segment.whole && !segment.has(container));
        missing.map_or(first, |missing| first.max(missing + 1))
    }

    /// Index of the first segment of the window: as many as are to be listed, and not less than three target durations of
    /// them (RFC 8216bis, 6.2.2).
    fn first_kept(&self) -> usize {
        let wanted = MediaTime::from_ms(i64::try_from(self.target_s().saturating_mul(3_000)).unwrap_or(i64::MAX));
        let (mut count, mut duration) = (0, MediaTime::ZERO);
        let mut first = self.segments.len();
        for (at, segment) in self.segments.iter().enumerate().rev() {
            if segment.whole {
                let many = count >= self.settings.listed * SHORT_MAX;
                if many || (count >= self.settings.listed && duration >= wanted) {
                    break;
                }
                (count, duration) = (count + 1, duration + segment.duration);
            }
            first = at;
        }
        first
    }

    /// Lets go of what is over the window or the bytes; a whole segment and the one in the making stay.
    pub(super) fn trim(&mut self) {
        let mut bytes = self.bytes();
        while self.first_kept() > self.settings.kept || (bytes > self.settings.bytes_max && self.segments.len() > 2) {
            let Some(gone) = self.segments.pop_front() else { return };
            bytes -= gone.bytes();
            self.gone.extend(gone.into_held());
        }
    }
}
