//! Tasks of API 3.0 that pull a stream from another server, and push it on to a third one where they say so.

use thiserror::Error;
use vivace_base::{StreamName, Ulid, UnixMs};

use crate::relay::RelayUrl;

/// Longest time between the begin and the end of a task.
pub const TASK_SPAN_MS_MAX: i64 = 30 * 86_400_000;
/// Bytes of what is noted with a task.
pub const TASK_COMMENT_BYTES_MAX: usize = 512;
/// Bytes of an id that a client has chosen.
pub const TASK_ID_BYTES_MAX: usize = 128;

/// What a task is to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PullTask {
    /// Its id.
    pub id: Ulid,
    /// The id that its owner has given it; empty if none.
    pub given_id: String,
    /// The stream of ours that it makes.
    pub stream: StreamName,
    /// The host name that it was asked for with; it is only shown.
    pub domain: String,
    /// Where it pulls from.
    pub source: RelayUrl,
    /// Where it pushes on to.
    pub target: Option<RelayUrl>,
    /// From when on.
    pub begin_at: UnixMs,
    /// Until when.
    pub end_at: UnixMs,
    /// Whether it is paused.
    pub paused: bool,
    /// What is noted with it.
    pub comment: String,
    /// Who made it, as they say.
    pub created_by: String,
    /// Who changed it last.
    pub updated_by: String,
    /// When it was made.
    pub created_at: UnixMs,
    /// When it was changed last.
    pub updated_at: UnixMs,
}

impl PullTask {
    /// Whether it is to run now.
    pub fn is_due(&self, now: UnixMs) -> bool {
        !self.paused && self.begin_at <= now && now < self.end_at
    }

    /// Whether its times are ones that a task may have.
    ///
    /// # Errors
    /// [`TaskFault::Times`].
    pub fn check_times(&self, now: UnixMs) -> Result<(), TaskFault> {
        let span_ms = self.end_at.0.saturating_sub(self.begin_at.0);
        let good = span_ms > 0 && span_ms < TASK_SPAN_MS_MAX && self.end_at > now;
        if good { Ok(()) } else { Err(TaskFault::Times) }
    }
}

/// Why a task was not made, changed or shown.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum TaskFault {
    /// There is no such task.
    #[error("there is no such task")]
    Unknown,
    /// There is one of this id.
    #[error("there is a task of this id already")]
    Known,
    /// There are as many as may be.
    #[error("there are {limit} tasks, the most that are allowed")]
    Quota {
        /// Tasks allowed.
        limit: u64,
    },
    /// An address is none that can be pulled or pushed to.
    #[error("{field}: {reason}")]
    Address {
        /// The parameter.
        field: &'static str,
        /// What is wrong, without the address.
        reason: String,
    },
    /// The times of begin and end.
    #[error("EndTime must be later than StartTime and than now, and less than 30 days behind StartTime")]
    Times,
    /// A text is too long.
    #[error("{field} has more than {max} bytes")]
    TooLong {
        /// The parameter.
        field: &'static str,
        /// Bytes allowed.
        max: usize,
    },
    /// The store could not be read or written; the log has the reason.
    #[error("the task could not be read or written")]
    Store,
    /// The one who pulls did not answer in time.
    #[error("the puller did not answer within {ms} ms")]
    Silent {
        /// How long it was waited for.
        ms: u64,
    },
}

#[cfg(test)]
mod tests {
    use vivace_base::{StreamName, Ulid, UnixMs};

    use super::{PullTask, TASK_SPAN_MS_MAX, TaskFault};
    use crate::relay::RelayUrl;

    fn task(begin: i64, end: i64) -> PullTask {
        PullTask {
            id: Ulid(1),
            given_id: String::new(),
            stream: StreamName::parse("a").expect("a name"),
            domain: String::new(),
            source: RelayUrl::parse("rtmp://h/live/a", 100).expect("an address"),
            target: None,
            begin_at: UnixMs(begin),
            end_at: UnixMs(end),
            paused: false,
            comment: String::new(),
            created_by: String::new(),
            updated_by: String::new(),
            created_at: UnixMs(0),
            updated_at: UnixMs(0),
        }
    }

    #[test]
    fn a_task_is_due_from_its_begin_to_its_end() {
        let due = |now| task(10, 20).is_due(UnixMs(now));
        assert_eq!([9, 10, 19, 20].map(due), [false, true, true, false]);
        assert!(!PullTask { paused: true, ..task(10, 20) }.is_due(UnixMs(15)));
    }

    #[test]
    fn times_are_in_their_order_and_less_than_a_month_apart() {
        let check = |begin, end, now| task(begin, end).check_times(UnixMs(now));
        assert_eq!(check(10, 11, 10), Ok(()));
        assert_eq!(check(10, 10, 0), Err(TaskFault::Times));
        assert_eq!(check(10, 20, 20), Err(TaskFault::Times));
        assert_eq!(check(0, TASK_SPAN_MS_MAX - 1, 0), Ok(()));
        assert_eq!(check(0, TASK_SPAN_MS_MAX, 0), Err(TaskFault::Times));
        assert_eq!(check(i64::MIN, i64::MAX, 0), Err(TaskFault::Times));
    }
}
