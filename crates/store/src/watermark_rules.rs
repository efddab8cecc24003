//! Rules that say which streams a watermark is for.

use sqlx::Row;
use sqlx::sqlite::SqliteRow;
use vivace_base::{AppId, UnixMs};
use vivace_domain::watermark::WatermarkRule;

use crate::{Fault, Operation, Reader, RuleWritten, Store};

const WATERMARK: &str = "SELECT COUNT(*) FROM watermarks WHERE app = $1 AND id = $2";
const COUNT: &str = "SELECT COUNT(*) FROM watermark_rules WHERE app = $1";
const INSERT: &str = "INSERT INTO watermark_rules (app, domain, path, stream, watermark, created_at) \
    VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING";
const DELETE: &str = "DELETE FROM watermark_rules WHERE app = $1 AND domain = $2 AND path = $3 AND stream = $4";
const SELECT: &str = "SELECT app, domain, path, stream, watermark, created_at FROM watermark_rules \
    WHERE $1 IS NULL OR app = $1 ORDER BY app, domain, path, stream";

impl Store {
    /// Writes a rule, unless its watermark is not there, there is one for these streams, or the app has `rules_max`. On disk
    /// when this returns.
    ///
    /// # Errors
    /// [`Fault`]: the store cannot be written.
    pub async fn create_watermark_rule(
        &self,
        app: AppId,
        rule: &WatermarkRule,
        rules_max: u64,
    ) -> Result<RuleWritten, Fault> {
        let failed = |error| self.reader.fault(Operation::WriteChannel, error);
        let mut write = self.write(Operation::WriteChannel).await?;
        let (app, watermark) = (i64::from(app.0), rule.watermark.cast_signed());
        let known = sqlx::query_scalar(WATERMARK).bind(app).bind(watermark).fetch_one(&mut *write).await;
        let known: i64 = known.map_err(failed)?;
        if known == 0 {
            return Ok(RuleWritten::NoTemplate);
        }
        let insert = sqlx::query(INSERT).bind(app).bind(&rule.domain).bind(&rule.path).bind(&rule.stream);
        let insert = insert.bind(watermark).bind(rule.created_at.0);
        if insert.execute(&mut *write).await.map_err(failed)?.rows_affected() == 0 {
            return Ok(RuleWritten::Known);
        }
        // With the new one, which is not written where there are too many.
        let count: i64 = sqlx::query_scalar(COUNT).bind(app).fetch_one(&mut *write).await.map_err(failed)?;
        if count.unsigned_abs() > rules_max {
            return Ok(RuleWritten::Full);
        }
        write.commit().await.map_err(failed)?;
        Ok(RuleWritten::Made)
    }

    /// Deletes the rule for exactly these streams; false, and nothing is written, if there is none. Gone from disk when this
    /// returns.
    ///
    /// # Errors
    /// [`Fault`]: the store cannot be written.
    pub async fn delete_watermark_rule(&self, app: AppId, rule: &WatermarkRule) -> Result<bool, Fault> {
        let failed = |error| self.reader.fault(Operation::WriteChannel, error);
        let mut write = self.write(Operation::WriteChannel).await?;
        let delete = sqlx::query(DELETE).bind(i64::from(app.0));
        let delete = delete.bind(&rule.domain).bind(&rule.path).bind(&rule.stream);
        let deleted = delete.execute(&mut *write).await.map_err(failed)?.rows_affected() > 0;
        write.commit_if(deleted).await.map_err(failed)?;
        Ok(deleted)
    }
}

impl Reader {
    /// The rules of an app, or of all, each with its app.
    ///
    /// # Errors
    /// [`Fault`]: the store cannot be read.
    pub async fn watermark_rules(&self, app: Option<AppId>) -> Result<Vec<(AppId, WatermarkRule)>, Fault> {
        let rows = sqlx::query(SELECT).bind(app.map(|app| i64::from(app.0))).fetch_all(&self.pool).await;
        let rows = rows.map_err(|error| self.fault(Operation::ReadChannels, error))?;
        rows.iter().map(|row| self.watermark_rule_row(row)).collect()
    }

    fn watermark_rule_row(&self, row: &SqliteRow) -> Result<(AppId, WatermarkRule), Fault> {
        let failed = |error| self.fault(Operation::ReadChannels, error);
        let odd = || Fault::value(self.file(), Operation::ReadChannels, "watermark_rules", "app");
        let text = |column: &'static str| row.try_get::<String, _>(column).map_err(failed);
        let number = |column: &'static str| row.try_get::<i64, _>(column).map_err(failed);
        let rule = WatermarkRule {
            domain: text("domain")?,
            path: text("path")?,
            stream: text("stream")?,
            watermark: number("watermark")?.cast_unsigned(),
            created_at: UnixMs(number("created_at")?),
        };
        Ok((AppId(u32::try_from(number("app")?).map_err(|_| odd())?), rule))
    }
}
