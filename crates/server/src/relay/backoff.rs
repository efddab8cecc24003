use vivace_base::{Limits, Rng};

/// How long to wait before the next try: about twice as long after each failure, within bounds, and not the same for all
/// who lost the same server.
#[derive(Debug, Default)]
pub(super) struct Backoff {
    failures: u32,
}

impl Backoff {
    /// Milliseconds to wait after a connection that ran for `ran_ms`.
    pub(super) fn after(&mut self, ran_ms: u64, limits: &Limits, rng: &dyn Rng) -> u64 {
        if ran_ms >= limits.relay_stable_ms_min {
            self.failures = 0;
        }
        let doubled = 1_u64.checked_shl(self.failures).unwrap_or(u64::MAX);
        let base = limits.relay_backoff_ms_min.saturating_mul(doubled).min(limits.relay_backoff_ms_max);
        self.failures = self.failures.saturating_add(1);
        let mut random = [0; 8];
        rng.fill(&mut random);
        let jitter = u64::from_be_bytes(random) % (base / 2).max(1);
        base.saturating_add(jitter).min(limits.relay_backoff_ms_max)
    }
}

#[cfg(test)]
mod tests {
    use vivace_base::{Limits, Rng};

    use super::Backoff;

    struct Fixed(u8);

    impl Rng for Fixed {
        fn fill(&self, out: &mut [u8]) {
            out.fill(self.0);
        }
    }

    #[test]
    fn waits_grow_to_their_bound_and_a_stable_run_begins_anew() {
        let limits = Limits::default();
        for random in [0, 1, 127, 255] {
            let mut backoff = Backoff::default();
            let waits: Vec<u64> = (0..100).map(|_| backoff.after(0, &limits, &Fixed(random))).collect();
            for (at, base) in [1_000, 2_000, 4_000, 8_000, 16_000].into_iter().enumerate() {
                assert!((base..base * 3 / 2).contains(&waits[at]), "{} after {at} failures", waits[at]);
            }
            assert!(waits[5..].iter().all(|wait| *wait == 30_000), "{waits:?}");
            assert!(backoff.after(29_999, &limits, &Fixed(random)) == 30_000);
            assert!(backoff.after(30_000, &limits, &Fixed(random)) < 1_500);
        }
    }

    #[test]
    fn no_limits_overflow() {
        let limits = Limits { relay_backoff_ms_min: u64::MAX, relay_backoff_ms_max: u64::MAX, ..Limits::default() };
        let mut backoff = Backoff { failures: 62 };
        for _ in 0..5 {
            assert_eq!(backoff.after(0, &limits, &Fixed(255)), u64::MAX);
        }
    }
}
