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

/// Gives each part the time at which its first frame came. Within a file that follows the media, whatever the machine's
/// clock does; it never goes back.
#[derive(Debug, Default)]
pub(crate) struct PartClock {
    anchor: Option<(MediaTime, UnixMs)>,
    ended_at: UnixMs,
}

impl PartClock {
    /// The next part is dated by the machine's clock again.
    pub(crate) const fn release(&mut self) {
        self.anchor = None;
    }

    /// When a part came, of which `newest` is the stream's newest frame, which comes `now`.
    pub(crate) fn begun_at(&mut self, dts: MediaTime, duration: MediaTime, newest: MediaTime, now: UnixMs) -> UnixMs {
        let behind = (newest - dts).ms().max(0);
        let fresh = UnixMs(now.0.saturating_sub(behind).max(self.ended_at.0));
        let (from, at) = *self.anchor.get_or_insert((dts, fresh));
        let begun_at = UnixMs(at.0.saturating_add((dts - from).ms()).max(self.ended_at.0));
        self.ended_at = UnixMs(begun_at.0.saturating_add(duration.ms().max(0)));
        begun_at
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

    use super::{FileRate, Ids, PartClock};

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
    fn no_more_files_begin_in_a_minute_than_may() {
        let mut rate = FileRate::default();
        let begun = (0..600_000).step_by(10).filter(|ms| rate.take(MonoMs(7 + ms), 30)).count();
        assert_eq!(begun, 300, "ten minutes");
        assert!(!rate.take(MonoMs(600_006), 30) && rate.take(MonoMs(600_007), 30));
    }

    #[test]
    fn parts_are_dated_by_the_media_and_never_go_back() {
        let mut clock = PartClock::default();
        let s = |s: i64| MediaTime::from_ms(s * 1_000);
        let mut at = |dts, now| clock.begun_at(s(dts), s(1), s(dts + 1), UnixMs(now)).0;
        assert_eq!(at(10, 100_000), 99_000);
        // The clock is set an hour ahead, then two back: the file goes on.
        assert_eq!([at(11, 101_000 + HOUR), at(12, 102_000 - HOUR)], [100_000, 101_000]);
        clock.release();
        // Another file: the clock counts again, but not back.
        assert_eq!(clock.begun_at(s(13), s(1), s(14), UnixMs(103_000 - HOUR)), UnixMs(102_000));
        clock.release();
        assert_eq!(clock.begun_at(s(14), s(1), s(15), UnixMs(104_000 + HOUR)), UnixMs(103_000 + HOUR));
    }
}
