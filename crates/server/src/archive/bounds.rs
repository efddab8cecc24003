//! How much of the past is shown, and how much of it in one playlist.

use vivace_base::UnixMs;
use vivace_domain::live::PlayFault;
use vivace_domain::url::Shift;
use vivace_worker::recorder::PastNow;

/// The longest stretch that one playlist lists.
pub(super) const SPAN_MS_MAX: u64 = 24 * 3_600_000;
/// A player that has just been told of a segment gets it, even if it leaves the window meanwhile.
const LEAVING_MS: u64 = 120_000;

/// The bounds of a stream's past now.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    past: PastNow,
    window_ms: u64,
}

/// What a playlist lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Listing {
    /// The newest segments that were over at `until`, and not at `from`.
    Behind {
        /// Nothing that was over here.
        from: UnixMs,
        /// The time.
        until: UnixMs,
    },
    /// What has something of a time.
    Between {
        /// Its begin.
        from: UnixMs,
        /// Its end, which may be to come.
        to: UnixMs,
    },
    /// All from a time on.
    Onward {
        /// The time.
        from: UnixMs,
    },
}

impl Bounds {
    /// # Errors
    /// [`PlayFault::NoTimeShift`].
    pub(super) const fn new(past: PastNow, window_ms: u64) -> Result<Self, PlayFault> {
        if window_ms == 0 { Err(PlayFault::NoTimeShift) } else { Ok(Self { past, window_ms }) }
    }

    /// Whether a player may begin there.
    ///
    /// # Errors
    /// [`PlayFault::BeyondTimeShift`], [`PlayFault::StretchTooLong`].
    pub(super) fn admit(&self, shift: Shift) -> Result<(), PlayFault> {
        let begin = match shift {
            Shift::Behind { .. } => return self.listing(shift).map(drop),
            Shift::Between { from, .. } => from,
        };
        self.reaches(since(begin, self.past.age))?;
        match shift {
            Shift::Between { to: None, .. } => lists(since(begin, self.past.now)),
            _ => self.listing(shift).map(drop),
        }
    }

    /// What a playlist of it lists. One that is open at its end slides: a player that stays loses what leaves the window, and
    /// what is farther behind than one playlist lists.
    ///
    /// # Errors
    /// [`PlayFault::BeyondTimeShift`], [`PlayFault::StretchTooLong`].
    pub(super) fn listing(&self, shift: Shift) -> Result<Listing, PlayFault> {
        let PastNow { now, age } = self.past;
        let oldest = ago(age, self.window_ms);
        match shift {
            Shift::Behind { ms } => {
                self.reaches(u64::try_from(ms).unwrap_or(0))?;
                // The last segments before the window are over at its begin.
                Ok(Listing::Behind { from: self.leaving(), until: UnixMs(now.0.saturating_sub(ms)) })
            }
            Shift::Between { from, to: Some(to) } => {
                lists(since(from, to))?;
                Ok(Listing::Between { from: from.max(oldest), to })
            }
            Shift::Between { from, to: None } => {
                Ok(Listing::Onward { from: from.max(oldest).max(ago(now, SPAN_MS_MAX)) })
            }
        }
    }

    /// What was over before this is gone.
    pub(super) fn leaving(&self) -> UnixMs {
        ago(self.past.age, self.window_ms.saturating_add(LEAVING_MS))
    }

    fn reaches(&self, asked_ms: u64) -> Result<(), PlayFault> {
        let window_ms = self.window_ms;
        if asked_ms > window_ms { Err(PlayFault::BeyondTimeShift { window_ms, asked_ms }) } else { Ok(()) }
    }
}

fn lists(asked_ms: u64) -> Result<(), PlayFault> {
    let max_ms = SPAN_MS_MAX;
    if asked_ms > max_ms { Err(PlayFault::StretchTooLong { max_ms, asked_ms }) } else { Ok(()) }
}

fn since(from: UnixMs, to: UnixMs) -> u64 {
    u64::try_from(to.0.saturating_sub(from.0)).unwrap_or(0)
}

const fn ago(at: UnixMs, ms: u64) -> UnixMs {
    UnixMs(at.0.saturating_sub_unsigned(ms))
}

#[cfg(test)]
mod tests {
    use vivace_base::UnixMs;
    use vivace_domain::live::PlayFault;
    use vivace_domain::url::Shift;
    use vivace_worker::recorder::PastNow;

    use super::{Bounds, Listing, SPAN_MS_MAX};

    const HOUR: i64 = 3_600_000;
    const NOW: UnixMs = UnixMs(1_767_326_400_000);
    const WEEK_MS: u64 = 7 * 24 * 3_600_000;

    fn at(ago: i64) -> UnixMs {
        UnixMs(NOW.0 - ago)
    }

    fn between(ago: i64, to: Option<i64>) -> Shift {
        Shift::Between { from: at(ago), to: to.map(at) }
    }

    fn bounds(window_ms: u64) -> Bounds {
        Bounds::new(PastNow { now: NOW, age: NOW }, window_ms).unwrap()
    }

    fn too_long(hours: u64) -> PlayFault {
        PlayFault::StretchTooLong { max_ms: SPAN_MS_MAX, asked_ms: hours * 3_600_000 }
    }

    #[test]
    fn a_playlist_lists_a_day_at_most_however_it_is_asked_for() {
        let week = bounds(WEEK_MS);
        // The player's first address is told of it, and one that stays is shown what comes.
        assert_eq!(week.admit(between(25 * HOUR, None)), Err(too_long(25)));
        assert_eq!(week.admit(between(24 * HOUR, None)), Ok(()));
        for hours in [25, 167, 9_999] {
            assert_eq!(week.listing(between(hours * HOUR, None)), Ok(Listing::Onward { from: at(24 * HOUR) }));
        }
        // A stretch is whole or refused.
        for shift in [between(26 * HOUR, Some(HOUR)), between(HOUR, Some(-24 * HOUR))] {
            assert_eq!((week.admit(shift), week.listing(shift)), (Err(too_long(25)), Err(too_long(25))));
        }
        let day = between(25 * HOUR, Some(HOUR));
        assert_eq!(week.admit(day), Ok(()));
        assert_eq!(week.listing(day), Ok(Listing::Between { from: at(25 * HOUR), to: at(HOUR) }));
        let to_come = between(HOUR, Some(-HOUR));
        assert_eq!(week.listing(to_come), Ok(Listing::Between { from: at(HOUR), to: at(-HOUR) }));
    }

    #[test]
    fn nobody_gets_behind_the_window() {
        let hour = bounds(3_600_000);
        let beyond = PlayFault::BeyondTimeShift { window_ms: 3_600_000, asked_ms: 3_600_001 };
        for shift in [between(HOUR + 1, None), between(HOUR + 1, Some(0)), Shift::Behind { ms: HOUR + 1 }] {
            assert_eq!(hour.admit(shift), Err(beyond.clone()), "{shift:?}");
        }
        assert_eq!(hour.listing(Shift::Behind { ms: HOUR + 1 }), Err(beyond));
        let begin = at(HOUR);
        assert_eq!(hour.listing(between(2 * HOUR, None)), Ok(Listing::Onward { from: begin }));
        assert_eq!(hour.listing(between(2 * HOUR, Some(0))), Ok(Listing::Between { from: begin, to: NOW }));
        let behind = Listing::Behind { from: at(HOUR + 120_000), until: begin };
        assert_eq!(hour.listing(Shift::Behind { ms: HOUR }), Ok(behind));
        assert_eq!(hour.leaving(), at(HOUR + 120_000));
        assert!(matches!(Bounds::new(PastNow { now: NOW, age: NOW }, 0), Err(PlayFault::NoTimeShift)));
    }
}
