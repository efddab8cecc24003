/// How long to wait before a child is started again: at once after the first failure, then about twice as long each time.
#[derive(Clone, Copy, Debug, Default)]
pub struct Backoff {
    failures: u32,
}

/// After the second failure in a row.
const FIRST_MS: u64 = 250;
/// A child that ran for so long begins a new row.
const STABLE_MS: u64 = 30_000;

impl Backoff {
    /// Milliseconds to wait after a child that ran for `ran_ms`, at most `ms_max`.
    pub fn after(&mut self, ran_ms: u64, ms_max: u64) -> u64 {
        if ran_ms >= STABLE_MS {
            self.failures = 0;
        }
        let failures = self.failures;
        self.failures = failures.saturating_add(1);
        let Some(doublings) = failures.checked_sub(1) else { return 0 };
        1_u64.checked_shl(doublings).unwrap_or(u64::MAX).saturating_mul(FIRST_MS).min(ms_max)
    }

    /// Failures in a row.
    pub const fn failures(&self) -> u32 {
        self.failures
    }
}

#[cfg(test)]
mod tests {
    use super::Backoff;

    #[test]
    fn waits_grow_to_their_bound_and_a_stable_run_begins_anew() {
        let mut backoff = Backoff::default();
        let waits: Vec<u64> = (0..80).map(|_| backoff.after(10, 4_000)).collect();
        assert_eq!(waits[..7], [0, 250, 500, 1_000, 2_000, 4_000, 4_000]);
        assert!(waits[7..].iter().all(|ms| *ms == 4_000));
        assert_eq!((backoff.failures(), backoff.after(30_000, 4_000)), (80, 0));
    }
}
