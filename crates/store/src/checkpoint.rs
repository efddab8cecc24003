//! The write-ahead log goes into the database beside the commits: one that has to do it itself is ten times as slow as the
//! others.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use tokio::time::{MissedTickBehavior, interval};

use crate::{Fault, Operation, Store};

/// Between two looks at what has been committed.
const LOOK: Duration = Duration::from_millis(250);
/// Commits that are worth a checkpoint.
const COMMITS: u64 = 64;
/// Looks after which even one commit is worth it.
const LOOKS_MAX: u64 = 40;
/// Pages of the log, at 4 KiB, from which on a commit does it itself: this never happens while [`Store::keep`] runs.
pub(crate) const BACKSTOP_PAGES: u32 = 16_384;

/// Commits since the log went into the database.
#[derive(Debug, Default)]
pub(crate) struct Uncopied(AtomicU64);

impl Uncopied {
    pub(crate) fn committed(&self) {
        self.0.fetch_add(1, Relaxed);
    }
}

impl Store {
    /// Puts the log into the database whenever there is enough of it, for ever. Commits go on meanwhile.
    pub async fn keep(&self) {
        let mut looks = interval(LOOK);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let (mut waited, mut is_failing) = (0, false);
        loop {
            looks.tick().await;
            waited += 1;
            let commits = self.uncopied.0.load(Relaxed);
            if commits < COMMITS && (commits == 0 || waited < LOOKS_MAX) {
                continue;
            }
            waited = 0;
            match self.checkpoint().await {
                Ok(()) => is_failing = false,
                // Told once per spell. Commits go on, into a log that grows; at its backstop they try it themselves.
                Err(fault) if !is_failing => {
                    is_failing = true;
                    let cause = std::error::Error::source(&fault).map(ToString::to_string);
                    tracing::warn!(%fault, cause, "the log of the store cannot be put into its database");
                }
                Err(_) => {}
            }
        }
    }

    /// Puts what has been committed into the database, as far as no reader is in the way.
    ///
    /// # Errors
    /// [`Fault`]: the store cannot be written.
    pub async fn checkpoint(&self) -> Result<(), Fault> {
        self.uncopied.0.store(0, Relaxed);
        let done = sqlx::query("PRAGMA wal_checkpoint(PASSIVE)").fetch_one(&self.copier).await;
        done.map(drop).map_err(|error| self.reader.fault(Operation::Checkpoint, error))
    }
}
