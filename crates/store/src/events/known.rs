//! The streams that are known: pushed once, or a channel's.

use std::collections::BTreeSet;

use sqlx::Row;
use vivace_base::{AppId, StreamName, UnixMs};

use crate::{Fault, Operation, Reader};

const WAS_PUSHED: &str =
    "SELECT EXISTS (SELECT 1 FROM known_streams WHERE app = $1 AND stream = $2 AND pushed_at IS NOT NULL)";
const COUNT: &str =
    "SELECT COALESCE(SUM(count), 0) FROM known_stream_counts WHERE app = $1 AND ($2 IS NULL OR closed = $2)";
/// Of the streams whose state is known better than by the store, those that it would list.
const COUNT_BUSY: &str = "SELECT COUNT(*) FROM known_streams WHERE app = $1 AND ($2 IS NULL OR closed = $2) \
    AND stream IN (SELECT value FROM json_each($3))";
/// Those of which nothing better is known.
const REST: &str = "SELECT stream, first_at AS first FROM known_streams WHERE app = $1 \
    AND stream NOT IN (SELECT value FROM json_each($3))";
/// Those of which something is. One that is live may be too new to be on record.
const BUSY: &str = "SELECT b.value AS stream, COALESCE(k.first_at, $5) AS first FROM json_each($4) AS b \
    LEFT JOIN known_streams AS k ON k.app = $1 AND k.stream = b.value";

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
    /// there are on all pages. One that is no channel's is known for as long as statistics are kept behind its last push.
    ///
    /// # Errors
    /// [`Fault`]: the store cannot be read.
    pub async fn known_streams(&self, app: AppId, ask: &KnownAsk<'_>) -> Result<(Vec<String>, u64), Fault> {
        let failed = |error| self.fault(Operation::ReadEvents, error);
        let live: BTreeSet<&str> = ask.live.iter().map(StreamName::as_str).collect();
        let busy: BTreeSet<&str> = live.iter().copied().chain(ask.forbidden.iter().map(StreamName::as_str)).collect();
        // What the store lists beside those whose state is known here, and which of these are listed.
        let (has_rest, closed, listed) = match ask.state {
            None => (true, None, busy.clone()),
            Some(KnownState::Idle) => (true, Some(0_i64), BTreeSet::new()),
            Some(KnownState::Live) => (false, None, live),
            Some(KnownState::Closed) => (true, Some(1), &busy - &live),
        };
        let (busy, shown) = (json(&busy), json(&listed));
        let app = i64::from(app.0);
        let mut read = self.pool.begin().await.map_err(failed)?;
        let mut total = i64::try_from(listed.len()).unwrap_or(i64::MAX);
        if has_rest {
            let all: i64 =
                sqlx::query_scalar(COUNT).bind(app).bind(closed).fetch_one(&mut *read).await.map_err(failed)?;
            let counted = sqlx::query_scalar(COUNT_BUSY).bind(app).bind(closed).bind(&busy);
            let counted: i64 = counted.fetch_one(&mut *read).await.map_err(failed)?;
            total = total.saturating_add(all.saturating_sub(counted));
        }
        let order = if ask.descending { "DESC" } else { "ASC" };
        // Nothing but the words of this file.
        let rest = match (has_rest, closed) {
            (false, _) => String::new(),
            (true, None) => format!("{REST} UNION ALL "),
            (true, Some(_)) => format!("{REST} AND closed = $2 UNION ALL "),
        };
        let select = format!("{rest}{BUSY} ORDER BY first {order}, stream {order} LIMIT $6 OFFSET $7");
        let wide = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
        let rows = sqlx::query(sqlx::AssertSqlSafe(select)).bind(app).bind(closed).bind(busy).bind(shown);
        let rows = rows.bind(ask.now.0).bind(wide(ask.limit)).bind(wide(ask.offset));
        let rows = rows.fetch_all(&mut *read).await.map_err(failed)?;
        read.rollback().await.map_err(failed)?;
        let streams = rows.iter().map(|row| row.try_get("stream").map_err(failed)).collect::<Result<_, _>>()?;
        Ok((streams, total.unsigned_abs()))
    }
}

/// Names as a JSON list: they hold nothing that would have to be escaped.
fn json(names: &BTreeSet<&str>) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("\"{name}\"")).collect();
    format!("[{}]", quoted.join(","))
}
