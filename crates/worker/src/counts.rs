use std::sync::atomic::{AtomicI64, AtomicU64, Ordering::Relaxed};

use vivace_base::UnixMs;

use crate::PostFault;

/// Why tries fail, in the words of metrics.
pub const REASONS: [&str; 8] = ["refused", "connect", "tls", "timeout", "broken", "status", "answer", "internal"];

/// No event waits.
const NONE: i64 = i64::MAX;

/// What has become of callbacks since the start, and what waits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CallbackCounts {
    /// Events that receivers have taken.
    pub delivered: u64,
    /// Tries that failed, in the order of [`REASONS`].
    pub failed: [u64; REASONS.len()],
    /// Events that were given up.
    pub dead: u64,
    /// Events that were left out: the outbox or the queue before it was full.
    pub dropped: u64,
    /// Events in the outbox that wait.
    pub waiting: u64,
    /// Age of the oldest event that is tried now, in milliseconds.
    pub oldest_ms: u64,
}

#[derive(Debug)]
pub(crate) struct Tally {
    delivered: AtomicU64,
    failed: [AtomicU64; REASONS.len()],
    dead: AtomicU64,
    dropped: AtomicU64,
    waiting: AtomicU64,
    oldest_at: AtomicI64,
}

impl Default for Tally {
    fn default() -> Self {
        Self {
            delivered: AtomicU64::new(0),
            failed: Default::default(),
            dead: AtomicU64::new(0),
            dropped: AtomicU64::new(0),
            waiting: AtomicU64::new(0),
            oldest_at: AtomicI64::new(NONE),
        }
    }
}

impl Tally {
    pub(crate) fn delivered(&self) {
        self.delivered.fetch_add(1, Relaxed);
    }

    pub(crate) fn failed(&self, fault: &PostFault) {
        let place = REASONS.iter().position(|reason| *reason == fault.reason());
        if let Some(count) = place.and_then(|place| self.failed.get(place)) {
            count.fetch_add(1, Relaxed);
        }
    }

    pub(crate) fn dead(&self) {
        self.dead.fetch_add(1, Relaxed);
    }

    pub(crate) fn dropped(&self, count: u64) {
        self.dropped.fetch_add(count, Relaxed);
    }

    pub(crate) fn taken_after_all(&self) {
        self.dropped.fetch_sub(1, Relaxed);
    }

    pub(crate) fn waits(&self, count: u64, oldest: Option<UnixMs>) {
        self.waiting.store(count, Relaxed);
        self.oldest_at.store(oldest.map_or(NONE, |at| at.0), Relaxed);
    }

    pub(crate) fn read(&self, now: UnixMs) -> CallbackCounts {
        let oldest_at = self.oldest_at.load(Relaxed);
        let age = if oldest_at == NONE { 0 } else { now.0.saturating_sub(oldest_at) };
        let mut failed = [0; REASONS.len()];
        failed.iter_mut().zip(&self.failed).for_each(|(to, from)| *to = from.load(Relaxed));
        CallbackCounts {
            delivered: self.delivered.load(Relaxed),
            failed,
            dead: self.dead.load(Relaxed),
            dropped: self.dropped.load(Relaxed),
            waiting: self.waiting.load(Relaxed),
            oldest_ms: u64::try_from(age).unwrap_or(0),
        }
    }
}
