use std::collections::VecDeque;
use std::sync::Arc;

use bytes::Bytes;
use vivace_base::{MediaTime, UnixMs};

use super::{Container, Flavor, Settings};

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
    /// Its bytes.
    pub bytes: Bytes,
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
    /// Number that the next segment gets.
    pub(super) next_sequence: u64,
    pub(super) next_part: u64,
    /// First media sequence number of this run, part of the names of parts and initialisation segments.
    pub(super) run: u64,
    pub(super) target_s: Option<u64>,
    pub(super) part_target: MediaTime,
    pub(super) frame_interval: Option<MediaTime>,
    pub(super) ended: bool,
    pub(super) peak_bits_per_second: u64,
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
            next_sequence: first,
            next_part: 0,
            run: first,
            target_s: None,
            part_target: settings.part,
            frame_interval: None,
            ended: false,
            peak_bits_per_second: 0,
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
    /// fetch the third; with parts, one.
    pub fn is_ready(&self, flavor: Flavor) -> bool {
        let wanted = if flavor == Flavor::LowLatency || self.ended { 1 } else { 2 };
        let listed = self.segments.iter().skip(self.first_listed(flavor.container()));
        self.target_s.is_some() && listed.filter(|segment| segment.whole).count() >= wanted
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
        let Some(newest) = self.newest() else { return self.ended };
        let sequence = match wanted {
            Wanted::Segment(sequence) | Wanted::Part(sequence, _) => sequence,
        };
        let there = match wanted {
            _ if newest.sequence != sequence => newest.sequence > sequence,
            Wanted::Segment(_) => newest.whole,
            Wanted::Part(_, part) => newest.whole || newest.parts.len() as u64 > part,
        };
        self.ended || there
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
        let whole = self.segments.iter().filter(|segment| segment.whole).count();
        let first = whole.saturating_sub(self.settings.listed);
        // Transport streams are made from the moment on that somebody asks for one.
        let missing = self.segments.iter().rposition(|segment| segment.whole && !segment.has(container));
        missing.map_or(first, |missing| first.max(missing + 1))
    }

    /// Lets go of what is over the window or the bytes; a whole segment and the one in the making stay.
    pub(super) fn trim(&mut self) {
        let count_max = self.settings.listed + self.settings.kept + 1;
        let mut bytes = self.bytes();
        while self.segments.len() > count_max || (bytes > self.settings.bytes_max && self.segments.len() > 2) {
            let Some(gone) = self.segments.pop_front() else { return };
            bytes -= gone.bytes();
        }
    }
}
