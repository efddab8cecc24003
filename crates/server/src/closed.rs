mod reason;

use std::fmt::Display;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use parking_lot::Mutex;
use vivace_base::MonoMs;

pub(crate) use reason::Reason;

use crate::shared::Peer;

/// Lines of one kind that the log takes in a second. More would let a flood of peers write the disk full.
const LINES_PER_S: u64 = 20;

/// How often connections were closed for each [`Reason`].
pub(crate) struct Closed {
    counts: [Count; Reason::ALL.len()],
}

#[derive(Default)]
struct Count {
    total: AtomicU64,
    lines: Lines,
}

impl Default for Closed {
    fn default() -> Self {
        Self { counts: std::array::from_fn(|_| Count::default()) }
    }
}

impl Closed {
    /// Counts one, and says so in the log. `protocol` is what the peer spoke, `detail` what was wrong in this case.
    pub(crate) fn note(&self, now: MonoMs, peer: Peer, protocol: &str, reason: Reason, detail: &dyn Display) {
        let Some(count) = self.counts.get(reason as usize) else { return };
        count.total.fetch_add(1, Relaxed);
        let Some(unlogged) = count.lines.take(now) else { return };
        let (name, limit, remedy) = (reason.name(), Some(reason.limit()), reason.remedy());
        let limit = limit.filter(|limit| !limit.is_empty());
        tracing::info!(
            session = %peer.session, peer = %peer.address, protocol, reason = name, limit, remedy, unlogged,
            "closed because of its peer: {detail}"
        );
    }

    /// How often it happened.
    pub(crate) fn count(&self, reason: Reason) -> u64 {
        self.counts.get(reason as usize).map_or(0, |count| count.total.load(Relaxed))
    }
}

/// Lets so many lines pass in a second.
#[derive(Default)]
pub(crate) struct Lines(Mutex<Second>);

#[derive(Default)]
struct Second {
    begun_at: MonoMs,
    passed: u64,
    kept_back: u64,
}

impl Lines {
    /// How many were kept back since the last one that passed; `None` if this one is kept back too.
    pub(crate) fn take(&self, now: MonoMs) -> Option<u64> {
        let mut second = self.0.lock();
        if now.since(second.begun_at) >= 1_000 {
            (second.begun_at, second.passed) = (now, 0);
        }
        if second.passed >= LINES_PER_S {
            second.kept_back += 1;
            return None;
        }
        second.passed += 1;
        Some(std::mem::take(&mut second.kept_back))
    }
}

#[cfg(test)]
mod tests {
    use vivace_base::MonoMs;

    use super::{LINES_PER_S, Lines};

    #[test]
    fn a_flood_writes_a_few_lines_a_second_and_the_next_line_tells_how_many_are_missing() {
        let lines = Lines::default();
        let passed = (0..10_000).filter(|ms| lines.take(MonoMs(5_000 + ms)).is_some()).count();
        assert_eq!(passed as u64, 10 * LINES_PER_S);
        assert_eq!(lines.take(MonoMs(60_000)), Some(1_000 - LINES_PER_S));
        assert_eq!(lines.take(MonoMs(60_000)), Some(0));
    }
}
