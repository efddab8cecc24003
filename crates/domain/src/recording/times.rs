use vivace_base::UnixMs;

use super::TimesFault;

const MINUTE_MS: i64 = 60_000;
const DAY_MS: i64 = 86_400_000;
/// A time of the caller beyond the year 9999 is none.
const TIME_MAX_MS: i64 = 253_402_300_799_999;

/// The times that a caller gave.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct GivenTimes {
    /// The begin.
    pub begin: Option<UnixMs>,
    /// The end.
    pub end: Option<UnixMs>,
}

/// Which times a task may have. Which rules hold depends on the face that it was asked for through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimeRules {
    /// Whether it begins with the call, whatever begin is given.
    begins_now: bool,
    /// How far ahead a begin that is given must lie.
    lead_ms: Option<i64>,
    /// How far ahead the begin lies if none is given.
    begin_in_ms: i64,
    /// How long it lasts if no end is given.
    lasts_ms: Option<i64>,
    /// How long it lasts at most.
    span_max_ms: i64,
    /// Whether a later end is moved to the latest possible, and not refused.
    end_is_moved: bool,
    /// How far ahead the end may lie.
    ahead_max_ms: i64,
}

impl TimeRules {
    /// `CreateRecord` and `CreateLVBShot`: from two minutes ahead, for a day if not said.
    pub const CHANNEL: Self = Self {
        begins_now: false,
        lead_ms: Some(2 * MINUTE_MS),
        begin_in_ms: 2 * MINUTE_MS,
        lasts_ms: Some(DAY_MS),
        span_max_ms: 30 * DAY_MS,
        end_is_moved: false,
        ahead_max_ms: 366 * DAY_MS,
    };
    /// `CreateRecord` with `tapeType` 1: from now on, for half an hour at most.
    pub const CLIP: Self = Self {
        begins_now: true,
        lead_ms: None,
        begin_in_ms: 0,
        lasts_ms: Some(30 * MINUTE_MS),
        span_max_ms: 30 * MINUTE_MS,
        end_is_moved: true,
        ahead_max_ms: DAY_MS,
    };
    /// `Live_Tape_Start`: both times are given, half an hour apart at most.
    pub const CODE: Self = Self {
        begins_now: false,
        lead_ms: None,
        begin_in_ms: 0,
        lasts_ms: None,
        span_max_ms: 30 * MINUTE_MS,
        end_is_moved: false,
        ahead_max_ms: 366 * DAY_MS,
    };
    /// `CreateRecordTask` of API 3.0: a day long at most, within the next seven.
    pub const TASK: Self = Self {
        begins_now: false,
        lead_ms: None,
        begin_in_ms: 0,
        lasts_ms: None,
        span_max_ms: DAY_MS,
        end_is_moved: false,
        ahead_max_ms: 7 * DAY_MS,
    };
    /// Our own API: from now on if not said, until the stream ends if not said.
    pub const OPEN: Self = Self {
        begins_now: false,
        lead_ms: None,
        begin_in_ms: 0,
        lasts_ms: None,
        span_max_ms: 366 * DAY_MS,
        end_is_moved: false,
        ahead_max_ms: 366 * DAY_MS,
    };

    /// Begin and end of a task; no end if none is given and the rules know none.
    ///
    /// # Errors
    /// [`TimesFault`]: the times are none that these rules allow.
    pub fn resolve(&self, given: GivenTimes, now: UnixMs) -> Result<(UnixMs, Option<UnixMs>), TimesFault> {
        let begin = self.begin(given.begin, now)?;
        let end = match (given.end, self.lasts_ms) {
            (Some(end), _) => Some(sane(end, "the end")?),
            (None, lasts_ms) => lasts_ms.map(|lasts_ms| later(begin, lasts_ms)),
        };
        end.map(|end| self.check_end(begin, end, now)).transpose().map(|end| (begin, end))
    }

    fn begin(&self, given: Option<UnixMs>, now: UnixMs) -> Result<UnixMs, TimesFault> {
        let Some(begin) = given.filter(|_| !self.begins_now) else { return Ok(later(now, self.begin_in_ms)) };
        let begin = sane(begin, "the begin")?;
        match self.lead_ms {
            // Callers say whole seconds, so the second that is under way counts.
            Some(lead_ms) if begin.0 < later(now, lead_ms).0 - 999 => {
                Err(TimesFault::TooSoon { lead_ms: lead_ms.unsigned_abs() })
            }
            _ => Ok(begin),
        }
    }

    fn check_end(&self, begin: UnixMs, end: UnixMs, now: UnixMs) -> Result<UnixMs, TimesFault> {
        if end <= begin {
            return Err(TimesFault::Order);
        }
        if end <= now {
            return Err(TimesFault::Over);
        }
        let latest = later(begin, self.span_max_ms);
        if end > latest && !self.end_is_moved {
            return Err(TimesFault::Span { span_ms: self.span_max_ms.unsigned_abs() });
        }
        let end = end.min(latest);
        if end > later(now, self.ahead_max_ms) {
            return Err(TimesFault::TooFar { ahead_ms: self.ahead_max_ms.unsigned_abs() });
        }
        Ok(end)
    }
}

const fn later(time: UnixMs, ms: i64) -> UnixMs {
    UnixMs(time.0.saturating_add(ms))
}

const fn sane(time: UnixMs, field: &'static str) -> Result<UnixMs, TimesFault> {
    if time.0 < 0 || time.0 > TIME_MAX_MS { Err(TimesFault::Unparsable { field }) } else { Ok(time) }
}
