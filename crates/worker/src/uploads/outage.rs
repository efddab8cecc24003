//! When it is told that uploads fail: a storage that is away fails each try of each recording.

use vivace_base::MonoMs;

/// How long nothing more is told of what goes on failing.
const QUIET_MS: u64 = 60_000;

/// Tries that fail, and what has been told of them.
#[derive(Debug, Default)]
pub(super) struct Outage {
    told_at: Option<MonoMs>,
    untold: u64,
    failed: u64,
}

impl Outage {
    /// Takes note of a try that has failed; how many are told of now, if it is time.
    pub(super) fn failed(&mut self, now: MonoMs) -> Option<u64> {
        (self.failed, self.untold) = (self.failed.saturating_add(1), self.untold.saturating_add(1));
        if self.told_at.is_some_and(|at| now.since(at) < QUIET_MS) {
            return None;
        }
        self.told_at = Some(now);
        Some(std::mem::take(&mut self.untold))
    }

    /// Takes note of a try that went well; how many had failed before, if any.
    pub(super) fn worked(&mut self) -> Option<u64> {
        self.untold = 0;
        Some(std::mem::take(&mut self.failed)).filter(|failed| *failed > 0)
    }
}

#[cfg(test)]
mod tests {
    use vivace_base::MonoMs;

    use super::Outage;

    #[test]
    fn the_first_failure_is_told_then_one_a_minute_with_a_count_and_once_when_it_works_again() {
        let mut outage = Outage::default();
        assert_eq!(outage.worked(), None);
        let told: Vec<_> = (0..1_200).filter_map(|tenth| outage.failed(MonoMs(5_000 + tenth * 100))).collect();
        assert_eq!(told, [1, 600]);
        assert_eq!((outage.worked(), outage.worked()), (Some(1_200), None));
        // A storage that comes and goes is told of no more often.
        assert_eq!(outage.failed(MonoMs(124_999)), None);
        assert_eq!(outage.failed(MonoMs(125_000)), Some(2));
    }
}
