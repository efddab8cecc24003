//! The clock and the rate of signed requests: how old one may be, and how many there may be in a minute.

use thiserror::Error;
use vivace_base::UnixMs;

/// How far a request's `Timestamp` may be from the server's clock, in seconds (dossier `lvb_api`, section a.5).
pub const CLOCK_TOLERANCE_S: u64 = 7_200;

/// Why a request's time is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum ClockFault {
    /// It is too old.
    #[error("Timestamp is {by_s} s before the server's clock, more than {max_s}")]
    Old {
        /// Seconds between the two.
        by_s: u64,
        /// Seconds allowed.
        max_s: u64,
    },
    /// It lies in the future.
    #[error("Timestamp is {by_s} s after the server's clock, more than {max_s}")]
    Future {
        /// Seconds between the two.
        by_s: u64,
        /// Seconds allowed.
        max_s: u64,
    },
}

/// Whether a request of `timestamp_s` (Unix seconds) is of now.
///
/// # Errors
/// [`ClockFault`] beyond `max_s` to either side.
pub fn check_clock(timestamp_s: u64, now: UnixMs, max_s: u64) -> Result<(), ClockFault> {
    let now_s = u64::try_from(now.0.div_euclid(1_000)).unwrap_or(0);
    let by_s = now_s.abs_diff(timestamp_s);
    match (by_s > max_s, timestamp_s < now_s) {
        (false, _) => Ok(()),
        (true, true) => Err(ClockFault::Old { by_s, max_s }),
        (true, false) => Err(ClockFault::Future { by_s, max_s }),
    }
}

/// How many calls there were in the current minute.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RateWindow {
    minute: i64,
    calls: u32,
}

impl RateWindow {
    /// Counts one call. False, and it is not counted, if there were `max` in this minute already.
    pub fn take(&mut self, now: UnixMs, max: u32) -> bool {
        let minute = now.0.div_euclid(60_000);
        if minute != self.minute {
            *self = Self { minute, calls: 0 };
        }
        if self.calls >= max {
            return false;
        }
        self.calls += 1;
        true
    }

    /// Milliseconds until the next minute begins.
    pub const fn wait_ms(now: UnixMs) -> u64 {
        60_000 - now.0.rem_euclid(60_000).unsigned_abs()
    }
}

#[cfg(test)]
mod tests {
    use vivace_base::UnixMs;

    use super::{CLOCK_TOLERANCE_S, ClockFault, RateWindow, check_clock};

    #[test]
    fn the_tolerance_is_inclusive_to_the_second_on_both_sides() {
        let now = UnixMs(1_700_000_000_999);
        let check = |timestamp_s| check_clock(timestamp_s, now, CLOCK_TOLERANCE_S);
        assert_eq!(check(1_700_000_000 - 7_200), Ok(()));
        assert_eq!(check(1_700_000_000 - 7_201), Err(ClockFault::Old { by_s: 7_201, max_s: 7_200 }));
        assert_eq!(check(1_700_000_000 + 7_200), Ok(()));
        assert_eq!(check(1_700_000_000 + 7_201), Err(ClockFault::Future { by_s: 7_201, max_s: 7_200 }));
        assert!(matches!(check(0), Err(ClockFault::Old { .. })));
        assert!(matches!(check(u64::MAX), Err(ClockFault::Future { .. })));
    }

    #[test]
    fn a_minute_has_its_calls_and_the_next_one_its_own() {
        let mut window = RateWindow::default();
        let at = |ms: i64| UnixMs(1_700_000_040_000 + ms);
        for call in 0..100 {
            assert!(window.take(at(call), 100), "{call}");
        }
        assert!(!window.take(at(59_999), 100));
        assert!(window.take(at(60_000), 100));
        assert_eq!(RateWindow::wait_ms(at(59_999)), 1);
        assert!(!RateWindow::default().take(at(0), 0));
    }
}
