//! When parts came, ids that sort by it, and how many files begin in a minute.

use vivace_base::{MediaTime, MonoMs, Rng, Ulid, UnixMs};

/// Ids of one stream's files, each greater than the one before, also when the machine's clock is set back.
#[derive(Debug)]
pub(crate) struct Ids {
    newest: Option<Ulid>,
}

/// Bits of a ULID behind its milliseconds.
const RANDOM_BITS: u32 = 80;

impl Ids {
    /// Behind those that there are.
    pub(crate) const fn behind(newest: Option<Ulid>) -> Self {
        Self { newest }
    }

    /// The next one.
    pub(crate) fn next(&mut self, now: UnixMs, rng: &dyn Rng) -> Ulid {
        let behind =
            self.newest.map_or(0, |newest| i64::try_from(newest.0 >> RANDOM_BITS).map_or(i64::MAX, |ms| ms + 1));
        let id = Ulid::new(UnixMs(now.0.max(behind)), rng);
        self.newest = Some(id);
        id
    }
}

/// How far dates move towards the clock with a file that continues the one before: less than a player takes for a hole.
const STEP_MS_MAX: i64 = 15;
/// Dates that are so far behind the clock are set to it all the same.
const BEHIND_MS_MAX: i64 = 5_000;

/// Gives each part the time at which its first frame came. Where parts continue each other that follows the media, whatever
/// the machine's clock does; it never goes back.
#[derive(Debug, Default)]
pub(crate) struct PartClock {
    anchor: Option<(MediaTime, UnixMs)>,
    creeps: bool,
    ended_at: UnixMs,
}

impl PartClock {
    /// The next part is dated by the machine's clock again.
    pub(crate) const fn release(&mut self) {
        self.anchor = None;
    }

    /// The next part continues the one before, and may be a little nearer to the machine's clock: that of an encoder is not
    /// the same over days.
    pub(crate) const fn creep(&mut self) {
        self.creeps = true;
    }

    /// When a part came, of which `newest` is the stream's newest frame, which comes `now`.
    pub(crate) fn begun_at(&mut self, dts: MediaTime, duration: MediaTime, newest: MediaTime, now: UnixMs) -> UnixMs {
        let behind = (newest - dts).ms().max(0);
        let fresh = UnixMs(now.0.saturating_sub(behind).max(self.ended_at.0));
        let creeps = std::mem::take(&mut self.creeps);
        let (from, at) = *self.anchor.get_or_insert((dts, fresh));
        let by_media = at.0.saturating_add((dts - from).ms()).max(self.ended_at.0);
        let step = match fresh.0.saturating_sub(by_media) {
            behind if !creeps || behind <= 0 => 0,
            behind if behind > BEHIND_MS_MAX => behind,
            behind => behind.min(STEP_MS_MAX),
        };
        let begun_at = UnixMs(by_media.saturating_add(step));
        if creeps {
            self.anchor = Some((dts, begun_at));
        }
        self.ended_at = UnixMs(begun_at.0.saturating_add(duration.ms().max(0)));
        begun_at
    }
}

/// When time zero of a stream's timeline came, by the monotonic clock: the earliest of what its frames say since the last
/// part. None comes before its time, and many come late or are looked at late.
#[derive(Debug, Default)]
pub(crate) struct Arrival {
    zero_ms: i64,
    holds: bool,
}

impl Arrival {
    /// A frame of this time was there at that moment.
    pub(crate) fn note(&mut self, at: MonoMs, dts: MediaTime) {
        let zero_ms = i64::try_from(at.0).unwrap_or(i64::MAX).saturating_sub(dts.ms());
        self.zero_ms = if self.holds { self.zero_ms.min(zero_ms) } else { zero_ms };
        self.holds = true;
    }

    /// What it has come to, for a part; the next one goes by the frames that follow.
    pub(crate) fn take(&mut self) -> TimeZero {
        self.holds = false;
        TimeZero(self.zero_ms)
    }
}

/// The moment of a timeline's zero, in milliseconds of the monotonic clock.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TimeZero(i64);

impl TimeZero {
    /// How long ago a time of the timeline came.
    pub(crate) fn since(self, dts: MediaTime, now: MonoMs) -> MediaTime {
        let now_ms = i64::try_from(now.0).unwrap_or(i64::MAX);
        MediaTime::from_ms(now_ms.saturating_sub(self.0).saturating_sub(dts.ms()).max(0))
    }
}

/// What a clock may be off by before it counts as set: clocks that are steered creep.
const CREEP_MS: i64 = 10_000;

/// When the monotonic clock was zero by the wall clock.
fn zero_of(unix: UnixMs, mono: MonoMs) -> i64 {
    unix.0.saturating_sub(i64::try_from(mono.0).unwrap_or(i64::MAX))
}

fn at(zero: i64, mono: MonoMs) -> UnixMs {
    UnixMs(zero.saturating_add(i64::try_from(mono.0).unwrap_or(i64::MAX)))
}

/// The clock of one stream that is kept. It follows the machine's, but is not set with it: what a player of the past goes
/// back by stays the same, and the parts of a stream lie where they came, also over files and holes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct StreamClock {
    zero: i64,
}

impl StreamClock {
    /// Shows what the machine's clock shows.
    pub(crate) fn set(unix: UnixMs, mono: MonoMs) -> Self {
        Self { zero: zero_of(unix, mono) }
    }

    /// The time; and it follows the machine's clock, if that creeps.
    pub(crate) fn follow(&mut self, unix: UnixMs, mono: MonoMs) -> UnixMs {
        let now = self.now(unix, mono);
        if now == unix {
            self.zero = zero_of(unix, mono);
        }
        now
    }

    /// The time.
    pub(crate) fn now(self, unix: UnixMs, mono: MonoMs) -> UnixMs {
        let is_set = zero_of(unix, mono).abs_diff(self.zero) > CREEP_MS.unsigned_abs();
        if is_set { at(self.zero, mono) } else { unix }
    }
}

/// A time so long before another.
pub(crate) fn before(now: UnixMs, ms: u64) -> UnixMs {
    UnixMs(now.0.saturating_sub(i64::try_from(ms).unwrap_or(i64::MAX)))
}

/// The clock by which things become old. Where the machine's is set ahead, nothing has become older by that: it follows when
/// a while has passed, behind which they are that old by themselves. Where it is set back, they stay for longer.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct AgeClock {
    zero: Option<i64>,
    ahead_since: Option<MonoMs>,
}

impl AgeClock {
    /// The time, if a clock that is set ahead counts when `hold_ms` have passed.
    pub(crate) fn now(&mut self, unix: UnixMs, mono: MonoMs, hold_ms: u64) -> UnixMs {
        let zero = zero_of(unix, mono);
        let known = *self.zero.get_or_insert(zero);
        let since = if zero > known.saturating_add(CREEP_MS) { self.ahead_since.or(Some(mono)) } else { None };
        self.ahead_since = since.filter(|since| mono.since(*since) < hold_ms);
        if self.ahead_since.is_some() {
            return at(known, mono);
        }
        self.zero = Some(zero);
        unix
    }
}

/// How many files one stream begins: each change of its configuration is a file, a row and maybe a recording with a hook,
/// and how often it changes is the publisher's choice.
#[derive(Debug, Default)]
pub(crate) struct FileRate {
    minute_at: MonoMs,
    begun: u64,
}

const MINUTE_MS: u64 = 60_000;

impl FileRate {
    /// Counts a file that is to begin; false if it may not, because the minute has seen `max` already.
    pub(crate) fn take(&mut self, now: MonoMs, max: u64) -> bool {
        if self.begun == 0 || now.since(self.minute_at) >= MINUTE_MS {
            *self = Self { minute_at: now, begun: 0 };
        }
        let may = self.begun < max;
        self.begun += u64::from(may);
        may
    }
}

#[cfg(test)]
mod tests {
    use vivace_base::{MediaTime, MonoMs, Rng, UnixMs};

    use super::{AgeClock, Arrival, FileRate, Ids, PartClock, StreamClock};

    struct Zero;

    impl Rng for Zero {
        fn fill(&self, out: &mut [u8]) {
            out.fill(0);
        }
    }

    const HOUR: i64 = 3_600_000;

    #[test]
    fn ids_grow_whatever_the_clock_does() {
        let mut ids = Ids::behind(None);
        let made: Vec<_> = [5, 5, HOUR, 0, 7].map(|now| ids.next(UnixMs(now), &Zero)).into();
        assert!(made.is_sorted_by(|one, other| one < other), "{made:?}");
        assert!(Ids::behind(made.last().copied()).next(UnixMs(0), &Zero) > made[4]);
    }

    #[test]
    fn the_clock_of_a_stream_creeps_with_the_machines_and_is_not_set_with_it() {
        let mut clock = StreamClock::set(UnixMs(HOUR), MonoMs(7));
        let mut at = |unix: i64, mono| clock.follow(UnixMs(unix), MonoMs(mono)).0;
        // Ten seconds in a hundred, twice.
        assert_eq!([at(HOUR + 110_000, 100_007), at(HOUR + 220_000, 200_007)], [HOUR + 110_000, HOUR + 220_000]);
        assert_eq!([at(2 * HOUR + 221_000, 201_007), at(222_000, 202_007)], [HOUR + 221_000, HOUR + 222_000]);
        assert_eq!(at(HOUR + 223_500, 203_007), HOUR + 223_500);
    }

    #[test]
    fn nothing_is_older_because_a_clock_is_set_ahead_until_it_is_that_old() {
        let mut clock = AgeClock::default();
        let mut at = |unix: i64, mono| clock.now(UnixMs(unix), MonoMs(mono), 60_000).0;
        assert_eq!([at(HOUR, 0), at(HOUR + 1_000, 1_000)], [HOUR, HOUR + 1_000]);
        assert_eq!([at(2 * HOUR, 2_000), at(2 * HOUR + 59_000, 61_000)], [HOUR + 2_000, HOUR + 61_000]);
        assert_eq!(at(2 * HOUR + 60_000, 62_000), 2 * HOUR + 60_000);
        // Back is believed at once, and ahead again is not.
        assert_eq!([at(HOUR, 63_000), at(2 * HOUR, 64_000)], [HOUR, HOUR + 1_000]);
        assert_eq!(at(HOUR + 1_000, 65_000), HOUR + 1_000);
    }

    #[test]
    fn no_more_files_begin_in_a_minute_than_may() {
        let mut rate = FileRate::default();
        let begun = (0..600_000).step_by(10).filter(|ms| rate.take(MonoMs(7 + ms), 30)).count();
        assert_eq!(begun, 300, "ten minutes");
        assert!(!rate.take(MonoMs(600_006), 30) && rate.take(MonoMs(600_007), 30));
    }

    #[test]
    fn a_frame_that_is_looked_at_late_did_not_come_late() {
        let (mut arrival, ms) = (Arrival::default(), MediaTime::from_ms);
        arrival.note(MonoMs(7_000), ms(40));
        // The push was over after a third of a second, and is looked at after one.
        arrival.note(MonoMs(8_000), ms(300));
        assert_eq!(arrival.take().since(ms(40), MonoMs(8_000)), ms(1_000));
        // An encoder whose clock is slow: what counted for the part before does not for this one.
        arrival.note(MonoMs(9_500), ms(1_040));
        assert_eq!(arrival.take().since(ms(1_040), MonoMs(9_600)), ms(100));
        assert_eq!(arrival.take().since(ms(2_000), MonoMs(9_600)), ms(0), "the same frames once more");
    }

    #[test]
    fn parts_are_dated_by_the_media_and_never_go_back() {
        let mut clock = PartClock::default();
        let s = |s: i64| MediaTime::from_ms(s * 1_000);
        let mut at = |dts, now| clock.begun_at(s(dts), s(1), s(dts + 1), UnixMs(now)).0;
        assert_eq!(at(10, 100_000), 99_000);
        // The clock is set an hour ahead, then two back: the file goes on.
        assert_eq!([at(11, 101_000 + HOUR), at(12, 102_000 - HOUR)], [100_000, 101_000]);
        // A file that continues this one, of a publisher that is late or early: it moves by what nobody takes for a hole.
        clock.creep();
        assert_eq!(clock.begun_at(s(13), s(1), s(14), UnixMs(103_300)), UnixMs(102_015));
        clock.creep();
        assert_eq!(clock.begun_at(s(14), s(1), s(15), UnixMs(103_000)), UnixMs(103_015));
        clock.creep();
        assert_eq!(clock.begun_at(s(15), s(1), s(16), UnixMs(111_000)), UnixMs(110_000));
        let mut clock = PartClock { ended_at: UnixMs(102_000), ..PartClock::default() };
        // Another file: the clock counts again, but not back.
        assert_eq!(clock.begun_at(s(13), s(1), s(14), UnixMs(103_000 - HOUR)), UnixMs(102_000));
        clock.release();
        assert_eq!(clock.begun_at(s(14), s(1), s(15), UnixMs(104_000 + HOUR)), UnixMs(103_000 + HOUR));
    }
}
