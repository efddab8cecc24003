use thiserror::Error;
use vivace_base::UnixMs;

use super::{PictureTask, PictureTaskState, Plan};

const MINUTE_MS: i64 = 60_000;
const DAY_MS: i64 = 86_400_000;
/// A task of a channel begins this long after it was asked for, at the earliest, unless nothing is said.
pub(super) const AHEAD_MS: i64 = 2 * MINUTE_MS;

impl Plan {
    /// Milliseconds from `now` to the next picture of what began at `begin_at`: always later than now. The pictures lie on
    /// a grid, so that neither a late one nor a restart moves those behind it.
    pub fn next_in_ms(&self, begin_at: UnixMs, now: UnixMs) -> u64 {
        let first = begin_at.0.saturating_add_unsigned(self.first_ms);
        let Ok(since) = u64::try_from(now.0.saturating_sub(first)) else { return now.0.abs_diff(first) };
        let interval_ms = self.interval_ms.max(1);
        interval_ms - since % interval_ms
    }
}

impl PictureTask {
    /// Whether its time runs.
    pub fn runs(&self, now: UnixMs) -> bool {
        self.stopped_at.is_none() && self.begin_at <= now && now < self.end_at
    }

    /// What it does; `failing` tells that its last picture could not be taken.
    pub fn state(&self, now: UnixMs, failing: bool) -> PictureTaskState {
        if self.stopped_at.is_some() || now >= self.end_at {
            PictureTaskState::Finished
        } else if now < self.begin_at {
            PictureTaskState::Waiting
        } else if failing {
            PictureTaskState::Abnormal
        } else {
            PictureTaskState::Running
        }
    }
}

/// Why the times of a task are none.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum TimesFault {
    /// A time cannot be read.
    #[error("{field} must be a time such as 2026-01-31 12:00:00")]
    Malformed {
        /// The parameter.
        field: &'static str,
    },
    /// It begins too early.
    #[error("the start must be two minutes ahead at least")]
    TooSoon,
    /// It ends before it begins, or has ended already.
    #[error("the end must be later than the start and than now")]
    Order,
    /// It lasts too long, or ends too far in the future.
    #[error("the end must be within 24 hours of the start and 7 days of now")]
    TooLong,
}

/// The times of `CreateLVBShot`, as they were given.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ShotTimes {
    /// `startTime`.
    pub begin: Option<UnixMs>,
    /// `endTime`.
    pub end: Option<UnixMs>,
}

/// From when to when a task runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TaskSpan {
    /// From when on.
    pub begin: UnixMs,
    /// Until when.
    pub end: UnixMs,
}

impl ShotTimes {
    /// The times that hold: two minutes from now, and a day behind the begin, unless others are given.
    ///
    /// # Errors
    /// [`TimesFault`]: `TooSoon`, `Order`.
    pub fn span(self, now: UnixMs) -> Result<TaskSpan, TimesFault> {
        let earliest = UnixMs(now.0.saturating_add(AHEAD_MS));
        let begin = self.begin.unwrap_or(earliest);
        if begin < earliest {
            return Err(TimesFault::TooSoon);
        }
        let end = self.end.unwrap_or(UnixMs(begin.0.saturating_add(DAY_MS)));
        if end <= begin { Err(TimesFault::Order) } else { Ok(TaskSpan { begin, end }) }
    }
}

impl TaskSpan {
    /// The times of `CreateScreenshotTask`: at once if no begin is given, 24 hours at most, and 7 days ahead at most.
    ///
    /// # Errors
    /// [`TimesFault`]: `Order`, `TooLong`.
    pub fn of_task(begin: Option<UnixMs>, end: UnixMs, now: UnixMs) -> Result<Self, TimesFault> {
        // What lies in the past has passed.
        let begin = begin.filter(|begin| *begin > now).unwrap_or(now);
        if end <= begin {
            return Err(TimesFault::Order);
        }
        if end.0.saturating_sub(begin.0) > DAY_MS || end.0.saturating_sub(now.0) >= 7 * DAY_MS {
            return Err(TimesFault::TooLong);
        }
        Ok(Self { begin, end })
    }
}
