use std::collections::VecDeque;

use parking_lot::Mutex;
use vivace_base::{MediaTime, UnixMs};

/// Runs that are remembered: streams that are made of this one come a few seconds behind it.
const RUNS_MAX: usize = 8;
/// Further than this from what the clock says, the clock has been set.
const OFF_MS_MAX: i64 = 30_000;

/// The date of a time of a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dated {
    /// When it came to this server.
    pub date: UnixMs,
    /// Counts publishers: within a run dates follow times.
    pub run: u64,
}

/// Which date a time of a timeline has: whoever tells it, of the stream or of another one that is made of it, says the
/// same (RFC 8216bis, 6.2.4: consistent mappings of dates to media timestamps).
#[derive(Debug)]
pub(crate) struct Dates {
    runs: Mutex<VecDeque<Run>>,
}

/// What one publisher sends.
#[derive(Clone, Copy, Debug)]
struct Run {
    number: u64,
    /// Its times are behind this one.
    after: MediaTime,
    /// The date of time zero, once something of it has been seen.
    zero_ms: Option<i64>,
}

impl Dates {
    pub(crate) fn new() -> Self {
        let first = Run { number: 0, after: MediaTime::from_ticks(i64::MIN), zero_ms: None };
        Self { runs: Mutex::new(VecDeque::from([first])) }
    }

    /// Another publisher goes on behind this time.
    pub(crate) fn begin_run(&self, after: MediaTime) {
        let mut runs = self.runs.lock();
        let number = runs.back().map_or(0, |run| run.number + 1);
        runs.push_back(Run { number, after, zero_ms: None });
        if runs.len() > RUNS_MAX {
            runs.pop_front();
        }
    }

    /// The date of a time that has been seen at `at`. The first answer of a run holds for all of it, unless `is_own` and
    /// the clock has been set.
    pub(crate) fn date(&self, time: MediaTime, at: UnixMs, is_own: bool) -> Dated {
        let mut runs = self.runs.lock();
        let place = runs.iter().rposition(|run| time > run.after).unwrap_or(0);
        let Some(run) = runs.get_mut(place) else { return Dated { date: at, run: 0 } };
        let (ms, seen_ms) = (time.ms(), at.0.saturating_sub(time.ms()));
        let is_off = |zero_ms: i64| is_own && zero_ms.abs_diff(seen_ms) > OFF_MS_MAX.unsigned_abs();
        let zero_ms = run.zero_ms.filter(|zero_ms| !is_off(*zero_ms)).unwrap_or(seen_ms);
        run.zero_ms = Some(zero_ms);
        Dated { date: UnixMs(zero_ms.saturating_add(ms)), run: run.number }
    }
}

#[cfg(test)]
mod tests {
    use vivace_base::{MediaTime, UnixMs};

    use super::{Dates, RUNS_MAX};

    const fn ms(ms: i64) -> MediaTime {
        MediaTime::from_ms(ms)
    }

    #[test]
    fn what_comes_late_has_the_date_of_its_time() {
        let dates = Dates::new();
        assert_eq!(dates.date(ms(1_000), UnixMs(501_000), true).date, UnixMs(501_000));
        assert_eq!(
            dates.date(ms(1_000), UnixMs(504_000), false).date,
            UnixMs(501_000),
            "made of it, three seconds later"
        );
        assert_eq!(dates.date(ms(9_000), UnixMs(509_700), true).date, UnixMs(509_000), "late in the network");
        dates.begin_run(ms(9_000));
        let late = dates.date(ms(8_960), UnixMs(516_000), false);
        assert_eq!((late.date, late.run), (UnixMs(508_960), 0), "of the publisher before");
        let next = dates.date(ms(9_040), UnixMs(515_000), true);
        assert_eq!((next.date, next.run), (UnixMs(515_000), 1));
        assert_eq!(dates.date(ms(10_040), UnixMs(519_000), false).date, UnixMs(516_000));
    }

    #[test]
    fn a_clock_that_is_set_is_followed_and_runs_are_bounded() {
        let dates = Dates::new();
        assert_eq!(dates.date(ms(0), UnixMs(0), true).date, UnixMs(0));
        assert_eq!(dates.date(ms(1_000), UnixMs(9_000_000), false).date, UnixMs(1_000), "not by what is made of it");
        assert_eq!(dates.date(ms(2_000), UnixMs(9_001_000), true).date, UnixMs(9_001_000));
        for _ in 0..100 {
            dates.begin_run(ms(3_000));
        }
        assert_eq!(dates.runs.lock().len(), RUNS_MAX);
        assert_eq!(dates.date(ms(1), UnixMs(7), true).run, 93, "the oldest that is known");
    }
}
