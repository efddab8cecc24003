use vivace_base::UnixMs;

use crate::events::cut;
use crate::{Fault, Operation, Store};

const DELIVERED: &str = "UPDATE outbox SET state = 'delivered', attempts = attempts + 1, next_at = NULL, settled_at = $2, \
    last_error = NULL WHERE seq = $1 AND state = 'waiting'";
const AGAIN: &str = "UPDATE outbox SET attempts = attempts + 1, next_at = $2, last_error = $3 \
    WHERE seq = $1 AND state = 'waiting'";
const DEAD: &str = "UPDATE outbox SET state = 'dead', attempts = attempts + 1, next_at = NULL, settled_at = $2, \
    last_error = $3 WHERE seq = $1 AND state = 'waiting'";
const ADVANCE: &str = "UPDATE outbox SET next_at = $2 WHERE next_at IS NULL AND seq = (SELECT MIN(line.seq) \
    FROM outbox AS line, outbox AS done WHERE done.seq = $1 AND line.app = done.app AND line.stream = done.stream \
    AND line.state = 'waiting')";

/// What came of a try.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Settled {
    /// The customer's server has the event.
    Delivered,
    /// It failed and is tried again.
    Again {
        /// When.
        at: UnixMs,
        /// Why it failed.
        error: String,
    },
    /// It failed and is given up.
    Dead {
        /// Why it failed.
        error: String,
    },
}

impl Store {
    /// Writes what came of tries, all or none; behind an event that is settled, the next one of its stream is due.
    pub async fn settle_hooks(&self, tried: &[(i64, Settled)], now: UnixMs) -> Result<(), Fault> {
        let failed = |error| self.reader.fault(Operation::WriteHooks, error);
        let mut write = self.write(Operation::WriteHooks).await?;
        for (seq, what) in tried {
            let query = match what {
                Settled::Delivered => sqlx::query(DELIVERED).bind(seq).bind(now.0),
                Settled::Again { at, error } => sqlx::query(AGAIN).bind(seq).bind(at.0).bind(self.cut(error)),
                Settled::Dead { error } => sqlx::query(DEAD).bind(seq).bind(now.0).bind(self.cut(error)),
            };
            query.execute(&mut *write).await.map_err(failed)?;
            if !matches!(what, Settled::Again { .. }) {
                sqlx::query(ADVANCE).bind(seq).bind(now.0).execute(&mut *write).await.map_err(failed)?;
            }
        }
        write.commit().await.map_err(failed)
    }

    /// What waits for its next try until later than `beyond` is due `now`: the clock was set back, and would let it wait for
    /// longer than it was to. How many these are.
    pub async fn hasten_hooks(&self, beyond: UnixMs, now: UnixMs) -> Result<u64, Fault> {
        let failed = |error| self.reader.fault(Operation::WriteHooks, error);
        let mut write = self.write(Operation::WriteHooks).await?;
        let hasten = sqlx::query("UPDATE outbox SET next_at = $2 WHERE next_at > $1").bind(beyond.0).bind(now.0);
        let hastened = hasten.execute(&mut *write).await.map_err(failed)?.rows_affected();
        write.commit_if(hastened > 0).await.map_err(failed)?;
        Ok(hastened)
    }

    fn cut<'a>(&self, text: &'a str) -> &'a str {
        cut(text, self.reader.event_text_bytes_max)
    }
}
