//! Record templates, and the rules that say which streams they are for.

use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection};
use vivace_base::{AppId, UnixMs};
use vivace_domain::recording::{FormatSetting, RecordFormat, RecordRule, RecordTemplate};

use crate::{Fault, Operation, Reader, Store};

const CREATE: &str = "INSERT INTO record_templates (app, name, description, created_at, updated_at) \
    SELECT $1, $2, $3, $4, $4 WHERE (SELECT COUNT(*) FROM record_templates WHERE app = $1) < $5 RETURNING id";
const CHANGE: &str =
    "UPDATE record_templates SET name = $3, description = $4, updated_at = $5 WHERE app = $1 AND id = $2";
const DELETE: &str = "DELETE FROM record_templates WHERE app = $1 AND id = $2 \
    AND NOT EXISTS (SELECT 1 FROM record_rules WHERE template = $2)";
const SELECT: &str = "SELECT t.id, t.name, t.description, t.created_at, t.updated_at, f.format, f.interval_ms, f.keep_ms, \
    f.name AS file_name FROM record_templates AS t LEFT JOIN record_template_formats AS f ON f.template = t.id \
    WHERE t.app = $1 AND ($2 IS NULL OR t.id = $2) ORDER BY t.id, f.format";
const SET_FORMAT: &str = "INSERT INTO record_template_formats (template, format, interval_ms, keep_ms, name) \
    VALUES ($1, $2, $3, $4, $5)";
const CREATE_RULE: &str = "INSERT INTO record_rules (app, domain, path, stream, template, created_at) \
    VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING";
const DELETE_RULE: &str = "DELETE FROM record_rules WHERE app = $1 AND domain = $2 AND path = $3 AND stream = $4";
const RULES: &str = "SELECT domain, path, stream, template, created_at FROM record_rules WHERE app = $1 \
    ORDER BY domain, path, stream";

/// What became of a new rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RuleWritten {
    /// It is there.
    Made,
    /// There is one for these streams.
    Known,
    /// The app has no such template, or no such watermark.
    NoTemplate,
    /// The app has as many as it may.
    Full,
}

impl Store {
    /// Writes a template, whose number is given here; `None` if the app has `templates_max`. On disk when this
    /// returns.
    ///
    /// # Errors
    /// [`Fault`]: the store cannot be written.
    pub async fn create_record_template(
        &self,
        app: AppId,
        new: &RecordTemplate,
        templates_max: u64,
    ) -> Result<Option<u64>, Fault> {
        let failed = |error| self.reader.fault(Operation::WriteRecording, error);
        let mut write = self.write(Operation::WriteRecording).await?;
        let create = sqlx::query_scalar(CREATE).bind(i64::from(app.0)).bind(&new.name).bind(&new.description);
        let create = create.bind(new.created_at.0).bind(i64::try_from(templates_max).unwrap_or(i64::MAX));
        let id: Option<i64> = create.fetch_optional(&mut *write).await.map_err(failed)?;
        let Some(id) = id else { return Ok(None) };
        set_formats(&mut write, id, &new.formats).await.map_err(failed)?;
        write.commit_made(id).await.map_err(failed)?;
        Ok(Some(id.cast_unsigned()))
    }

    /// Writes a template over the one of its number; false if the app has none. On disk when this returns.
    ///
    /// # Errors
    /// [`Fault`]: the store cannot be written.
    pub async fn change_record_template(&self, app: AppId, template: &RecordTemplate) -> Result<bool, Fault> {
        let failed = |error| self.reader.fault(Operation::WriteRecording, error);
        let mut write = self.write(Operation::WriteRecording).await?;
        let id = template.id.cast_signed();
        let change = sqlx::query(CHANGE).bind(i64::from(app.0)).bind(id).bind(&template.name);
        let change = change.bind(&template.description).bind(template.updated_at.0);
        if change.execute(&mut *write).await.map_err(failed)?.rows_affected() == 0 {
            return Ok(false);
        }
        set_formats(&mut write, id, &template.formats).await.map_err(failed)?;
        write.commit().await.map_err(failed)?;
        Ok(true)
    }

    /// Deletes a template that no rule names; false, and nothing is written, if the app has no such
    /// template. On disk when this returns.
    ///
    /// # Errors
    /// [`Fault`]: the store cannot be written.
    pub async fn delete_record_template(&self, app: AppId, id: u64) -> Result<bool, Fault> {
        self.change_template(sqlx::query(DELETE).bind(i64::from(app.0)).bind(id.cast_signed())).await
    }

    /// Writes a rule. On disk when this returns.
    ///
    /// # Errors
    /// [`Fault`]: the store cannot be written.
    pub async fn create_record_rule(
        &self,
        app: AppId,
        rule: &RecordRule,
        rules_max: u64,
    ) -> Result<RuleWritten, Fault> {
        const TEMPLATE: &str = "SELECT COUNT(*) FROM record_templates WHERE app = $1 AND id = $2";
        const COUNT: &str = "SELECT COUNT(*) FROM record_rules WHERE app = $1";
        let failed = |error| self.reader.fault(Operation::WriteRecording, error);
        let mut write = self.write(Operation::WriteRecording).await?;
        let (app, template) = (i64::from(app.0), rule.template.cast_signed());
        let known = sqlx::query_scalar(TEMPLATE).bind(app).bind(template).fetch_one(&mut *write).await;
        let known: i64 = known.map_err(failed)?;
        if known == 0 {
            return Ok(RuleWritten::NoTemplate);
        }
        let create = sqlx::query(CREATE_RULE).bind(app).bind(&rule.domain).bind(&rule.path).bind(&rule.stream);
        let create = create.bind(template).bind(rule.created_at.0);
        if create.execute(&mut *write).await.map_err(failed)?.rows_affected() == 0 {
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

    /// Deletes the rule for these streams; false, and nothing is written, if there is none. On disk when
    /// this returns.
    ///
    /// # Errors
    /// [`Fault`]: the store cannot be written.
    pub async fn delete_record_rule(&self, app: AppId, rule: &RecordRule) -> Result<bool, Fault> {
        let delete = sqlx::query(DELETE_RULE).bind(i64::from(app.0)).bind(&rule.domain).bind(&rule.path);
        self.change_template(delete.bind(&rule.stream)).await
    }

    async fn change_template(
        &self,
        change: sqlx::query::Query<'_, sqlx::Sqlite, sqlx::sqlite::SqliteArguments>,
    ) -> Result<bool, Fault> {
        let failed = |error| self.reader.fault(Operation::WriteRecording, error);
        let mut write = self.write(Operation::WriteRecording).await?;
        let changed = change.execute(&mut *write).await.map_err(failed)?.rows_affected() > 0;
        write.commit_if(changed).await.map_err(failed)?;
        Ok(changed)
    }
}

impl Reader {
    /// An app's templates in the order of their numbers, or the one of this number.
    ///
    /// # Errors
    /// [`Fault`]: the store cannot be read, or a row is damaged.
    pub async fn record_templates(&self, app: AppId, id: Option<u64>) -> Result<Vec<RecordTemplate>, Fault> {
        let select = sqlx::query(SELECT).bind(i64::from(app.0)).bind(id.map(u64::cast_signed));
        let rows = select.fetch_all(&self.pool).await;
        let rows = rows.map_err(|error| self.fault(Operation::ReadRecordings, error))?;
        let mut templates: Vec<RecordTemplate> = Vec::new();
        for row in &rows {
            let template = self.record_template_row(row)?;
            if templates.last().is_none_or(|last| last.id != template.id) {
                templates.push(template);
            }
            if let (Some(setting), Some(last)) = (self.record_format_row(row)?, templates.last_mut()) {
                last.formats.push(setting);
            }
        }
        Ok(templates)
    }

    /// An app's rules.
    ///
    /// # Errors
    /// [`Fault`]: the store cannot be read, or a row is damaged.
    pub async fn record_rules(&self, app: AppId) -> Result<Vec<RecordRule>, Fault> {
        let rows = sqlx::query(RULES).bind(i64::from(app.0)).fetch_all(&self.pool).await;
        let rows = rows.map_err(|error| self.fault(Operation::ReadRecordings, error))?;
        rows.iter().map(|row| self.record_rule_row(row)).collect()
    }

    fn record_template_row(&self, row: &SqliteRow) -> Result<RecordTemplate, Fault> {
        let failed = |error| self.fault(Operation::ReadRecordings, error);
        let number = |column: &'static str| row.try_get::<i64, _>(column).map_err(failed);
        Ok(RecordTemplate {
            id: number("id")?.cast_unsigned(),
            name: row.try_get("name").map_err(failed)?,
            description: row.try_get("description").map_err(failed)?,
            formats: Vec::new(),
            created_at: UnixMs(number("created_at")?),
            updated_at: UnixMs(number("updated_at")?),
        })
    }

    fn record_format_row(&self, row: &SqliteRow) -> Result<Option<FormatSetting>, Fault> {
        let odd = |column| Fault::value(self.file(), Operation::ReadRecordings, "record_template_formats", column);
        let failed = |error| self.fault(Operation::ReadRecordings, error);
        let format: Option<String> = row.try_get("format").map_err(failed)?;
        let Some(format) = format else { return Ok(None) };
        let count = |column: &'static str| {
            let number: i64 = row.try_get(column).map_err(failed)?;
            u64::try_from(number).map_err(|_| odd(column))
        };
        Ok(Some(FormatSetting {
            format: RecordFormat::parse(&format).ok_or_else(|| odd("format"))?,
            interval_ms: count("interval_ms")?,
            keep_ms: count("keep_ms")?,
            name: row.try_get("file_name").map_err(failed)?,
        }))
    }

    fn record_rule_row(&self, row: &SqliteRow) -> Result<RecordRule, Fault> {
        let failed = |error| self.fault(Operation::ReadRecordings, error);
        let text = |column: &'static str| row.try_get::<String, _>(column).map_err(failed);
        let number = |column: &'static str| row.try_get::<i64, _>(column).map_err(failed);
        Ok(RecordRule {
            domain: text("domain")?,
            path: text("path")?,
            stream: text("stream")?,
            template: number("template")?.cast_unsigned(),
            created_at: UnixMs(number("created_at")?),
        })
    }
}

async fn set_formats(
    connection: &mut SqliteConnection,
    template: i64,
    formats: &[FormatSetting],
) -> Result<(), sqlx::Error> {
    let clear = sqlx::query("DELETE FROM record_template_formats WHERE template = $1").bind(template);
    clear.execute(&mut *connection).await?;
    for setting in formats {
        let set = sqlx::query(SET_FORMAT).bind(template).bind(setting.format.as_str());
        let set = set.bind(setting.interval_ms.cast_signed()).bind(setting.keep_ms.cast_signed()).bind(&setting.name);
        set.execute(&mut *connection).await?;
    }
    Ok(())
}
