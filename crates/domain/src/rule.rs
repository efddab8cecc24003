//! Rules of single streams: forbidden until a time, or shown late to players.

use thiserror::Error;
use vivace_base::UnixMs;

/// Pushes to a stream are refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Forbid {
    /// Until when.
    pub until: UnixMs,
    /// What the operator says of it.
    pub reason: String,
}

/// Players of a stream are behind its live edge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Delay {
    /// How far.
    pub ms: u64,
    /// Until when; for good if not said.
    pub until: Option<UnixMs>,
}

/// What is ruled of a stream.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StreamRule {
    /// Whether it may be pushed.
    pub forbid: Option<Forbid>,
    /// How late players see it.
    pub delay: Option<Delay>,
}

/// Why a rule was not made or shown.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum RuleFault {
    /// A time is over already, or too far away.
    #[error("{field} must lie in the future, and {max_ms} ms away at most")]
    Time {
        /// The parameter.
        field: &'static str,
        /// How far away it may be.
        max_ms: u64,
    },
    /// The delay is longer than what is kept of a stream.
    #[error("{field} is {ms} ms, more than {max_ms}")]
    DelayTooLong {
        /// The parameter.
        field: &'static str,
        /// Asked for.
        ms: u64,
        /// Allowed.
        max_ms: u64,
    },
    /// A text is too long.
    #[error("{field} has {bytes} bytes, more than {max}")]
    TooLong {
        /// The parameter.
        field: &'static str,
        /// Bytes given.
        bytes: usize,
        /// Bytes allowed.
        max: usize,
    },
    /// The app has as many rules as it may.
    #[error("the app has rules for {limit} streams, the most that are allowed")]
    Quota {
        /// Streams allowed.
        limit: u64,
    },
    /// The stream is not live.
    #[error("nobody publishes under this stream name")]
    NotLive,
    /// The store could not be read; the log has the reason.
    #[error("the rule could not be read")]
    Unreadable,
    /// The store could not be written; the log has the reason.
    #[error("the rule could not be written")]
    NotWritten,
    /// The media task did not answer in time.
    #[error("the media task did not answer within {ms} ms")]
    MediaSilent {
        /// How long it was waited for.
        ms: u64,
    },
}

impl StreamRule {
    /// Whether nothing is ruled.
    pub const fn is_empty(&self) -> bool {
        self.forbid.is_none() && self.delay.is_none()
    }

    /// What forbids a push now.
    pub fn forbidden(&self, now: UnixMs) -> Option<&Forbid> {
        self.forbid.as_ref().filter(|forbid| now < forbid.until)
    }

    /// How far players are behind now, in milliseconds.
    pub fn delay_ms(&self, now: UnixMs) -> u64 {
        let running = |delay: &Delay| delay.until.is_none_or(|until| now < until);
        self.delay.filter(running).map_or(0, |delay| delay.ms)
    }

    /// Whether it says nothing any more.
    pub fn is_over(&self, now: UnixMs) -> bool {
        self.forbidden(now).is_none() && self.delay_ms(now) == 0
    }
}

#[cfg(test)]
mod tests {
    use vivace_base::UnixMs;

    use super::{Delay, Forbid, StreamRule};

    #[test]
    fn a_rule_is_over_with_its_time() {
        let forbid = Forbid { until: UnixMs(10), reason: String::new() };
        let delay = Delay { ms: 3_000, until: Some(UnixMs(20)) };
        let rule = StreamRule { forbid: Some(forbid), delay: Some(delay) };
        assert!(rule.forbidden(UnixMs(9)).is_some() && rule.forbidden(UnixMs(10)).is_none());
        assert_eq!((rule.delay_ms(UnixMs(19)), rule.delay_ms(UnixMs(20))), (3_000, 0));
        assert!(!rule.is_over(UnixMs(19)) && rule.is_over(UnixMs(20)));
        let lasting = StreamRule { forbid: None, delay: Some(Delay { ms: 1, until: None }) };
        assert!(!lasting.is_over(UnixMs(i64::MAX)) && !lasting.is_empty());
    }
}
