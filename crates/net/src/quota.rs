use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// A part of a [`Quota`]; dropping it gives it back.
pub type Share = OwnedSemaphorePermit;

/// How many of a kind may be there at once, and how many were turned away. Nobody waits for a share.
#[derive(Debug)]
pub struct Quota {
    limit: &'static str,
    max: usize,
    free: Arc<Semaphore>,
    refused: AtomicU64,
}

impl Quota {
    /// A quota of `max` shares; `limit` is the name of the limit that it keeps, for the log.
    pub fn new(limit: &'static str, max: usize) -> Arc<Self> {
        let max = max.min(Semaphore::MAX_PERMITS);
        Arc::new(Self { limit, max, free: Arc::new(Semaphore::new(max)), refused: AtomicU64::new(0) })
    }

    /// A share if one is free; else the refusal is counted.
    pub fn try_take(&self) -> Option<Share> {
        let share = self.free.clone().try_acquire_owned().ok();
        if share.is_none() {
            let refused = self.refused.fetch_add(1, Relaxed) + 1;
            // A line for each refusal would let a flood of peers write the log.
            if refused.is_power_of_two() {
                tracing::warn!(limit = self.limit, max = self.max, refused, "connections are refused at a limit");
            }
        }
        share
    }

    /// Shares that are taken now.
    pub fn taken(&self) -> u64 {
        self.max.saturating_sub(self.free.available_permits()) as u64
    }

    /// How often no share was free.
    pub fn refused(&self) -> u64 {
        self.refused.load(Relaxed)
    }
}
