use vivace_base::UnixMs;

/// When a delivery that has failed is tried again: a number of times at one interval, then ever more rarely until a day,
/// or whatever is set, has passed since the event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retry {
    /// Tries after the first one that come at `interval_ms`.
    pub retries: u32,
    /// Milliseconds between those.
    pub interval_ms: u64,
    /// Longest wait between two tries, unless `interval_ms` is longer.
    pub backoff_ms_max: u64,
    /// No try comes later than this after the event.
    pub give_up_ms: u64,
}

impl Retry {
    /// When to try again after `attempts` tries, the last of which has failed `now`; `None` if it is given up.
    ///
    /// A time that is already over is not made good by many tries at once: an event that had to wait for others of its
    /// stream gets its tries at the same distances.
    pub fn next(&self, attempts: u32, created_at: UnixMs, now: UnixMs) -> Option<UnixMs> {
        let doublings = attempts.saturating_sub(self.retries).min(32);
        let wait = self.interval_ms.saturating_mul(1_u64.checked_shl(doublings).unwrap_or(u64::MAX));
        let wait = wait.min(self.longest_ms());
        let at = UnixMs(now.0.saturating_add_unsigned(wait));
        let until = created_at.0.saturating_add_unsigned(self.give_up_ms);
        (at.0 <= until).then_some(at)
    }

    /// The longest wait for a next try, in milliseconds.
    pub fn longest_ms(&self) -> u64 {
        self.backoff_ms_max.max(self.interval_ms)
    }
}
