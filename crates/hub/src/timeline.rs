use vivace_base::MediaTime;

/// One of the two tracks whose clocks a publisher drives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Track {
    /// Pictures.
    Video,
    /// Sound, and data that goes along with it.
    Audio,
}

/// Where a publisher's timestamp falls on the stream's own timeline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timestamp {
    /// Decoding time on the stream's timeline, which never goes back within a track.
    pub dts: MediaTime,
    /// The publisher's clock jumped here, or another publisher goes on from here.
    pub discontinuity: bool,
}

/// Puts publishers' timestamps on one timeline that begins at zero and only grows.
///
/// A step forward larger than the allowed jump, a step back of more than half a second, and a new publisher of the same
/// stream are discontinuities: the timeline goes on one frame after its newest point instead of following the jump.
#[derive(Debug)]
pub struct Timeline {
    jump_max: MediaTime,
    tracks: [Clock; 2],
    newest: MediaTime,
    offset: MediaTime,
    begun: bool,
}

#[derive(Clone, Copy, Debug, Default)]
struct Clock {
    offset: Option<MediaTime>,
    last: MediaTime,
}

/// The step taken over a discontinuity: a frame at 25 pictures a second.
const STEP: MediaTime = MediaTime::from_ms(40);

/// The longest step back within a track that is taken for disorder and not for a jump.
const BACK_MAX: MediaTime = MediaTime::from_ms(500);

fn jump_max(ms: u64) -> MediaTime {
    MediaTime::from_ms(i64::try_from(ms).unwrap_or(i64::MAX))
}

impl Timeline {
    /// A timeline on which a step of more than `jump_ms_max` is a discontinuity.
    pub fn new(jump_ms_max: u64) -> Self {
        Self {
            jump_max: jump_max(jump_ms_max),
            tracks: [Clock::default(); 2],
            newest: MediaTime::ZERO,
            offset: MediaTime::ZERO,
            begun: false,
        }
    }

    /// From now on a step of more than this is a discontinuity.
    pub fn set_jump_ms_max(&mut self, jump_ms_max: u64) {
        self.jump_max = jump_max(jump_ms_max);
    }

    /// Another publisher goes on: its first timestamp follows the newest point, wherever it starts.
    pub fn resume(&mut self) {
        for clock in &mut self.tracks {
            clock.offset = None;
        }
        self.begun = false;
    }

    /// The newest point reached.
    pub const fn newest(&self) -> MediaTime {
        self.newest
    }

    /// Keeps a time as it is, where it belongs to another stream's timeline that this one follows; within a track it never
    /// goes back.
    pub fn keep(&mut self, track: Track, time: MediaTime) -> Timestamp {
        let clock = &mut self.tracks[track as usize];
        let dts = time.max(clock.last);
        clock.last = dts;
        self.newest = self.newest.max(dts);
        Timestamp { dts, discontinuity: false }
    }

    /// Places a publisher's timestamp of a track.
    pub fn place(&mut self, track: Track, time: MediaTime) -> Timestamp {
        let first = !self.begun;
        if first {
            let step = if self.newest == MediaTime::ZERO { MediaTime::ZERO } else { STEP };
            self.offset = self.newest + step - time;
            self.begun = true;
        }
        let resumed = first && self.newest != MediaTime::ZERO;
        let (newest, shared, jump_max) = (self.newest, self.offset, self.jump_max);
        let clock = &mut self.tracks[track as usize];
        let near = |offset: MediaTime, base: MediaTime, back_max: MediaTime| {
            let ahead = time + offset - base;
            ahead <= jump_max && MediaTime::ZERO - ahead <= back_max
        };
        let (offset, jumped) = match clock.offset {
            Some(own) if near(own, clock.last, BACK_MAX.min(jump_max)) => (own, false),
            // A longer step back would hold the track's time until the publisher's clock has caught up.
            Some(own) if own == shared && time + own < clock.last => (newest + STEP - time, true),
            // The other track has met the jump already: this one follows it.
            _ if near(shared, newest, jump_max) => (shared, false),
            _ => (newest + STEP - time, true),
        };
        if jumped {
            self.offset = offset;
        }
        clock.offset = Some(offset);
        let dts = (time + offset).max(clock.last);
        clock.last = dts;
        self.newest = newest.max(dts);
        Timestamp { dts, discontinuity: jumped || resumed }
    }
}
