//! Pushes that are over, with their begin and their end, and pushes that were refused.

use sqlx::sqlite::SqliteRow;
use vivace_base::{SessionId, UnixMs};

use crate::{Fault, Operation, Reader};

/// Stands behind the name in a refusal, where the publisher put more behind it than is shown.
const CUT: char = '…';

const WHERE: &str = "FROM live_events AS e WHERE (e.kind = 'ended' OR ($3 AND e.kind = 'refused_publish')) \
    AND e.at >= $1 AND e.at <= $2 AND ($4 IS NULL OR e.stream IN ($4, $4 || '…')) AND ($5 IS NULL OR INSTR(e.stream, $5) > 0)";
const SELECT: &str = "SELECT e.at, e.session, e.stream, e.peer, e.kind, e.detail, (SELECT MAX(b.at) \
    FROM live_events AS b WHERE b.session = e.session AND b.kind IN ('published', 'resumed', 'took_over')) AS begun_at";

/// Which names are meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PushName {
    /// All.
    All,
    /// This one.
    Is(String),
    /// Those that hold this.
    Holds(String),
}

/// Which pushes are listed, by the time of their end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PushAsk {
    /// From when on.
    pub from: UnixMs,
    /// Until when.
    pub to: UnixMs,
    /// By the stream's name.
    pub name: PushName,
    /// Whether those that were refused are among them.
    pub refused: bool,
    /// The oldest first.
    pub ascending: bool,
    /// How many are left out before the first.
    pub offset: u64,
    /// Most of them.
    pub limit: u64,
}

/// A push that is over, or was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PushRecord {
    /// Its session.
    pub session: SessionId,
    /// The stream, as the publisher named it.
    pub stream: String,
    /// When it began; `None` if it was refused, or if that is not kept any more.
    pub begun_at: Option<UnixMs>,
    /// When it ended or was refused.
    pub ended_at: UnixMs,
    /// The publisher's address and port.
    pub peer: String,
    /// Why.
    pub detail: String,
    /// Whether it was refused.
    pub refused: bool,
}

impl Reader {
    /// Pushes that are over, and how many there are on all pages.
    ///
    /// # Errors
    /// [`Fault`]: the store cannot be read, or a row is damaged.
    pub async fn past_pushes(&self, ask: &PushAsk) -> Result<(Vec<PushRecord>, u64), Fault> {
        let failed = |error| self.fault(Operation::ReadEvents, error);
        let (is, holds) = match &ask.name {
            PushName::All => (None, None),
            PushName::Is(name) => (Some(name), None),
            PushName::Holds(part) => (None, Some(part)),
        };
        let count = format!("SELECT COUNT(*) {WHERE}");
        let count = sqlx::query_scalar(sqlx::AssertSqlSafe(count)).bind(ask.from.0).bind(ask.to.0).bind(ask.refused);
        let count: i64 = count.bind(is).bind(holds).fetch_one(&self.pool).await.map_err(failed)?;
        let order = if ask.ascending { "ASC" } else { "DESC" };
        // The words are constants of this file.
        let select = format!("{SELECT} {WHERE} ORDER BY e.at {order}, e.id {order} LIMIT $6 OFFSET $7");
        let wide = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
        let query = sqlx::query(sqlx::AssertSqlSafe(select)).bind(ask.from.0).bind(ask.to.0).bind(ask.refused);
        let query = query.bind(is).bind(holds).bind(wide(ask.limit)).bind(wide(ask.offset));
        let rows = query.fetch_all(&self.pool).await.map_err(failed)?;
        let records = rows.iter().map(|row| self.push_record(row)).collect::<Result<_, _>>()?;
        Ok((records, count.unsigned_abs()))
    }

    fn push_record(&self, row: &SqliteRow) -> Result<PushRecord, Fault> {
        let kind: String = self.field(row, "kind")?;
        let begun_at: Option<i64> = self.field(row, "begun_at")?;
        let stream: Option<String> = self.field(row, "stream")?;
        Ok(PushRecord {
            session: SessionId(self.field::<i64>(row, "session")?.cast_unsigned()),
            stream: stream.unwrap_or_default().trim_end_matches(CUT).to_owned(),
            begun_at: begun_at.map(UnixMs),
            ended_at: UnixMs(self.field(row, "at")?),
            peer: self.field(row, "peer")?,
            detail: self.field(row, "detail")?,
            refused: kind == "refused_publish",
        })
    }
}
