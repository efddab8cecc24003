//! The streams that are known: pushed once, or a channel's.

use sqlx::Row;
use vivace_base::{AppId, StreamName, UnixMs};

use crate::{Fault, Operation, Reader};

const WAS_PUSHED: &str = "SELECT EXISTS (SELECT 1 FROM stream_minutes WHERE app = $1 AND stream = $2 AND live_ms > 0) \
    OR EXISTS (SELECT 1 FROM live_events WHERE stream = $2 AND kind IN ('published', 'resumed', 'took_over'))";
/// Each with the time from which it is known, and its state; those that are live may be too new to be on record.
const KNOWN: &str = "FROM (SELECT stream, MIN(at) AS first, CASE \
    WHEN stream IN (SELECT value FROM json_each($2)) THEN 1 \
    WHEN stream IN (SELECT value FROM json_each($3)) THEN 3 \
    WHEN stream IN (SELECT stream FROM channels WHERE app = $1 AND closed = 1) THEN 3 ELSE 0 END AS state FROM ( \
    SELECT stream, at FROM live_events WHERE kind IN ('published', 'resumed', 'took_over') AND stream IS NOT NULL \
    UNION ALL SELECT stream, minute FROM stream_minutes WHERE app = $1 AND live_ms > 0 \
    UNION ALL SELECT stream, created_at FROM channels WHERE app = $1 \
    UNION ALL SELECT value, $4 FROM json_each($2) UNION ALL SELECT value, $4 FROM json_each($3) \
    ) GROUP BY stream) WHERE ($5 IS NULL OR state = $5)";

/// What a known stream does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KnownState {
    /// Nobody pushes.
    Idle,
    /// It is live.
    Live,
    /// It may not be pushed.
    Closed,
}

/// Which known streams are listed.
#[derive(Clone, Debug)]
pub struct KnownAsk<'a> {
    /// Those that are live now: the store does not know.
    pub live: &'a [StreamName],
    /// Those that are forbidden now.
    pub forbidden: &'a [StreamName],
    /// The time.
    pub now: UnixMs,
    /// Only those that do this.
    pub state: Option<KnownState>,
    /// The last that became known first.
    pub descending: bool,
    /// How many are left out before the first.
    pub offset: u64,
    /// Most of them.
    pub limit: u64,
}

impl Reader {
    /// Whether a stream was ever pushed, as far as is on record.
    ///
    /// # Errors
    /// [`Fault`]: the store cannot be read.
    pub async fn was_pushed(&self, app: AppId, stream: &StreamName) -> Result<bool, Fault> {
        let found = sqlx::query_scalar(WAS_PUSHED).bind(i64::from(app.0)).bind(stream.as_str());
        let found = found.fetch_one(&self.pool).await;
        found.map_err(|error| self.fault(Operation::ReadEvents, error))
    }

    /// The streams of an app that were pushed or are channels', in the order in which they became known, and how many
    /// there are on all pages.
    ///
    /// # Errors
    /// [`Fault`]: the store cannot be read.
    pub async fn known_streams(&self, app: AppId, ask: &KnownAsk<'_>) -> Result<(Vec<String>, u64), Fault> {
        let failed = |error| self.fault(Operation::ReadEvents, error);
        let names = |of: &[StreamName]| {
            // A name holds nothing that JSON would have to escape.
            let quoted: Vec<String> = of.iter().map(|name| format!("\"{name}\"")).collect();
            format!("[{}]", quoted.join(","))
        };
        let (live, forbidden) = (names(ask.live), names(ask.forbidden));
        let state = ask.state.map(|state| match state {
            KnownState::Idle => 0_i64,
            KnownState::Live => 1,
            KnownState::Closed => 3,
        });
        // The words are constants of this file.
        let count = sqlx::query_scalar(sqlx::AssertSqlSafe(format!("SELECT COUNT(*) {KNOWN}")));
        let count = count.bind(i64::from(app.0)).bind(&live).bind(&forbidden).bind(ask.now.0).bind(state);
        let count: i64 = count.fetch_one(&self.pool).await.map_err(failed)?;
        let order = if ask.descending { "DESC" } else { "ASC" };
        let select = format!("SELECT stream {KNOWN} ORDER BY first {order}, stream {order} LIMIT $6 OFFSET $7");
        let wide = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
        let rows = sqlx::query(sqlx::AssertSqlSafe(select)).bind(i64::from(app.0)).bind(live).bind(forbidden);
        let rows = rows.bind(ask.now.0).bind(state).bind(wide(ask.limit)).bind(wide(ask.offset));
        let rows = rows.fetch_all(&self.pool).await.map_err(failed)?;
        let streams = rows.iter().map(|row| row.try_get("stream").map_err(failed)).collect::<Result<_, _>>()?;
        Ok((streams, count.unsigned_abs()))
    }
}
