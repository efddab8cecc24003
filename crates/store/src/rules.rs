//! Rules of single streams: who may not be pushed until when, and what players see late.

use sqlx::Row;
use sqlx::sqlite::SqliteRow;
use vivace_base::{AppId, StreamName, UnixMs};
use vivace_domain::rule::{Delay, Forbid, StreamRule};

use crate::{Fault, Operation, Reader, Store};

const SELECT: &str = "SELECT app, stream, forbidden_until, reason, delay_ms, delay_until FROM stream_rules";
const COUNT: &str = "SELECT COUNT(*) FROM stream_rules WHERE app = $1 AND stream <> $2";
const PRUNE: &str = "DELETE FROM stream_rules WHERE (forbidden_until IS NULL OR forbidden_until <= $1) \
    AND (delay_ms = 0 OR delay_until <= $1)";
const WRITE: &str = "INSERT INTO stream_rules \
    (app, stream, forbidden_until, reason, delay_ms, delay_until, updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7) \
    ON CONFLICT (app, stream) DO UPDATE SET forbidden_until = excluded.forbidden_until, reason = excluded.reason, \
    delay_ms = excluded.delay_ms, delay_until = excluded.delay_until, updated_at = excluded.updated_at";
const DELETE: &str = "DELETE FROM stream_rules WHERE app = $1 AND stream = $2";

/// A rule with whose stream it is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptRule {
    /// Whose.
    pub app: AppId,
    /// Which stream.
    pub stream: StreamName,
    /// The rule.
    pub rule: StreamRule,
}

impl Store {
    /// Writes a stream's rule over the one before; an empty one is taken away, and so are those whose time is over.
    /// False, and nothing is written, if the app has `rules_max` of other streams. On disk when this returns.
    ///
    /// # Errors
    /// [`Fault`]: the store cannot be written.
    pub async fn set_rule(
        &self,
        app: AppId,
        stream: &StreamName,
        rule: &StreamRule,
        rules_max: u64,
        now: UnixMs,
    ) -> Result<bool, Fault> {
        let failed = |error| self.reader.fault(Operation::WriteRule, error);
        let mut write = self.write(Operation::WriteRule).await?;
        sqlx::query(PRUNE).bind(now.0).execute(&mut *write).await.map_err(failed)?;
        let id = (i64::from(app.0), stream.as_str());
        if rule.is_empty() {
            sqlx::query(DELETE).bind(id.0).bind(id.1).execute(&mut *write).await.map_err(failed)?;
        } else {
            let count = sqlx::query_scalar(COUNT).bind(id.0).bind(id.1).fetch_one(&mut *write).await;
            let count: i64 = count.map_err(failed)?;
            if count.unsigned_abs() >= rules_max {
                return Ok(false);
            }
            let insert = sqlx::query(WRITE)
                .bind(id.0)
                .bind(id.1)
                .bind(rule.forbid.as_ref().map(|forbid| forbid.until.0))
                .bind(rule.forbid.as_ref().map_or("", |forbid| forbid.reason.as_str()))
                .bind(rule.delay.map_or(0, |delay| delay.ms.cast_signed()))
                .bind(rule.delay.and_then(|delay| delay.until).map(|until| until.0))
                .bind(now.0);
            insert.execute(&mut *write).await.map_err(failed)?;
        }
        write.commit().await.map_err(failed)?;
        Ok(true)
    }
}

impl Reader {
    /// Every rule.
    ///
    /// # Errors
    /// [`Fault`]: the store cannot be read, or a row is damaged.
    pub async fn rules(&self) -> Result<Vec<KeptRule>, Fault> {
        let rows = sqlx::query(SELECT).fetch_all(&self.pool).await;
        let rows = rows.map_err(|error| self.fault(Operation::ReadRules, error))?;
        rows.iter().map(|row| self.rule(row)).collect()
    }

    fn rule(&self, row: &SqliteRow) -> Result<KeptRule, Fault> {
        let odd = |column| Fault::value(self.file(), Operation::ReadRules, "stream_rules", column);
        let failed = |error| self.fault(Operation::ReadRules, error);
        let number = |column: &'static str| row.try_get::<i64, _>(column).map_err(failed);
        let stream: String = row.try_get("stream").map_err(failed)?;
        let reason: String = row.try_get("reason").map_err(failed)?;
        let until: Option<i64> = row.try_get("forbidden_until").map_err(failed)?;
        let delay_until: Option<i64> = row.try_get("delay_until").map_err(failed)?;
        let ms = u64::try_from(number("delay_ms")?).map_err(|_| odd("delay_ms"))?;
        Ok(KeptRule {
            app: AppId(u32::try_from(number("app")?).map_err(|_| odd("app"))?),
            stream: StreamName::parse(&stream).map_err(|_| odd("stream"))?,
            rule: StreamRule {
                forbid: until.map(|until| Forbid { until: UnixMs(until), reason }),
                delay: (ms > 0).then(|| Delay { ms, until: delay_until.map(UnixMs) }),
            },
        })
    }
}
