//! Templates of screenshots, and the rules that say which streams they are for.

use sqlx::sqlite::SqliteRow;
use vivace_base::{AppId, UnixMs};
use vivace_domain::picture::{NewPictureTemplate, PictureRule, PictureTemplate};

use crate::{Fault, Operation, Reader, Store};

const CREATE: &str = "INSERT INTO picture_templates (app, name, description, interval_s, width, height, created_at, \
    updated_at) SELECT $1, $2, $3, $4, $5, $6, $7, $7 \
    WHERE (SELECT COUNT(*) FROM picture_templates WHERE app = $1) < $8 RETURNING id";
const CHANGE: &str = "UPDATE picture_templates SET name = $3, description = $4, interval_s = $5, width = $6, height = $7, \
    updated_at = $8 WHERE app = $1 AND id = $2";
const DELETE: &str = "DELETE FROM picture_templates WHERE app = $1 AND id = $2 \
    AND NOT EXISTS (SELECT 1 FROM picture_rules WHERE template = $2)";
const TEMPLATES: &str = "SELECT * FROM picture_templates WHERE app = $1 AND ($2 IS NULL OR id = $2) ORDER BY id";
const PUT_RULE: &str = "INSERT INTO picture_rules (app, domain, path, stream, template, created_at) \
    SELECT $1, $2, $3, $4, id, $6 FROM picture_templates WHERE app = $1 AND id = $5 \
    AND (SELECT COUNT(*) FROM picture_rules WHERE app = $1) < $7 ON CONFLICT DO NOTHING";
const DELETE_RULE: &str = "DELETE FROM picture_rules WHERE app = $1 AND domain = $2 AND path = $3 AND stream = $4";
const RULES: &str = "SELECT domain, path, stream, template, created_at FROM picture_rules WHERE app = $1 \
    ORDER BY created_at, domain, path, stream";
const EACH_RULE: &str = "SELECT rules.app AS rule_app, rules.domain, rules.path, rules.stream, rules.template, \
    rules.created_at AS rule_created_at, templates.* FROM picture_rules AS rules \
    JOIN picture_templates AS templates ON templates.id = rules.template";

/// A rule that is to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PutPictureRule<'a> {
    /// Whose.
    pub app: AppId,
    /// The rule.
    pub rule: &'a PictureRule,
    /// Rules that the app may have.
    pub rules_max: u64,
}

impl Store {
    /// Makes a template; its number, or `None` if the app has `templates_max`. On disk when this returns.
    ///
    /// # Errors
    /// [`Fault`]: the store cannot be written.
    pub async fn create_picture_template(
        &self,
        app: AppId,
        new: &NewPictureTemplate,
        templates_max: u64,
        now: UnixMs,
    ) -> Result<Option<i64>, Fault> {
        let failed = |error| self.reader.fault(Operation::WritePictures, error);
        let mut write = self.write(Operation::WritePictures).await?;
        let create = sqlx::query_scalar(CREATE).bind(i64::from(app.0)).bind(&new.name).bind(&new.description);
        let create = create.bind(new.interval_s).bind(new.width).bind(new.height).bind(now.0);
        let id: Option<i64> =
            create.bind(templates_max.cast_signed()).fetch_optional(&mut *write).await.map_err(failed)?;
        match id {
            Some(id) => write.commit_made(id).await.map_err(failed)?,
            None => write.commit_if(false).await.map_err(failed)?,
        }
        Ok(id)
    }

    /// Puts another content into a template. False if the app has no such template. On disk when this returns.
    ///
    /// # Errors
    /// [`Fault`]: the store cannot be written.
    pub async fn change_picture_template(
        &self,
        app: AppId,
        id: i64,
        new: &NewPictureTemplate,
        now: UnixMs,
    ) -> Result<bool, Fault> {
        let change = sqlx::query(CHANGE).bind(i64::from(app.0)).bind(id).bind(&new.name).bind(&new.description);
        self.touch_pictures(change.bind(new.interval_s).bind(new.width).bind(new.height).bind(now.0)).await
    }

    /// Deletes a template. False if the app has no such template, or a rule uses it. On disk when this returns.
    ///
    /// # Errors
    /// [`Fault`]: the store cannot be written.
    pub async fn delete_picture_template(&self, app: AppId, id: i64) -> Result<bool, Fault> {
        self.touch_pictures(sqlx::query(DELETE).bind(i64::from(app.0)).bind(id)).await
    }

    /// Writes a rule. False if the app has no such template, has as many rules as it may, or has one for these streams. On
    /// disk when this returns.
    ///
    /// # Errors
    /// [`Fault`]: the store cannot be written.
    pub async fn put_picture_rule(&self, put: PutPictureRule<'_>) -> Result<bool, Fault> {
        let PutPictureRule { app, rule, rules_max } = put;
        let query = sqlx::query(PUT_RULE).bind(i64::from(app.0)).bind(&rule.domain).bind(&rule.path).bind(&rule.stream);
        self.touch_pictures(query.bind(rule.template).bind(rule.created_at.0).bind(rules_max.cast_signed())).await
    }

    /// Deletes the rule for exactly these fields. False if there is none. On disk when this returns.
    ///
    /// # Errors
    /// [`Fault`]: the store cannot be written.
    pub async fn delete_picture_rule(&self, app: AppId, domain: &str, path: &str, stream: &str) -> Result<bool, Fault> {
        let query = sqlx::query(DELETE_RULE).bind(i64::from(app.0)).bind(domain).bind(path).bind(stream);
        self.touch_pictures(query).await
    }
}

impl Reader {
    /// An app's templates in the order of their numbers, or the one of this number.
    ///
    /// # Errors
    /// [`Fault`]: the store cannot be read.
    pub async fn picture_templates(&self, app: AppId, id: Option<i64>) -> Result<Vec<PictureTemplate>, Fault> {
        let rows = sqlx::query(TEMPLATES).bind(i64::from(app.0)).bind(id).fetch_all(&self.pool).await;
        let rows = rows.map_err(|error| self.fault(Operation::ReadPictures, error))?;
        rows.iter().map(|row| self.picture_template_row(row)).collect()
    }

    /// An app's rules, in the order in which they were made.
    ///
    /// # Errors
    /// [`Fault`]: the store cannot be read.
    pub async fn picture_rules(&self, app: AppId) -> Result<Vec<PictureRule>, Fault> {
        let rows = sqlx::query(RULES).bind(i64::from(app.0)).fetch_all(&self.pool).await;
        let rows = rows.map_err(|error| self.fault(Operation::ReadPictures, error))?;
        rows.iter().map(|row| self.picture_rule_row(row, "created_at")).collect()
    }

    /// The rules of all apps, each with its template. One that is damaged is left out and told, so that the others hold.
    ///
    /// # Errors
    /// [`Fault`]: the store cannot be read.
    pub async fn all_picture_rules(&self) -> Result<Vec<(AppId, PictureRule, PictureTemplate)>, Fault> {
        let rows = sqlx::query(EACH_RULE).fetch_all(&self.pool).await;
        let rows = rows.map_err(|error| self.fault(Operation::ReadPictures, error))?;
        let each = |row: &SqliteRow| {
            let app: i64 = self.picture_field(row, "rule_app")?;
            let app = u32::try_from(app).map_err(|_| self.odd_picture("picture_rules", "app"))?;
            Ok((AppId(app), self.picture_rule_row(row, "rule_created_at")?, self.picture_template_row(row)?))
        };
        let told = |fault: &Fault| tracing::error!(%fault, "a screenshot rule is damaged and does not hold");
        Ok(rows.iter().filter_map(|row| each(row).inspect_err(told).ok()).collect())
    }

    fn picture_rule_row(&self, row: &SqliteRow, created_at: &'static str) -> Result<PictureRule, Fault> {
        Ok(PictureRule {
            domain: self.picture_field(row, "domain")?,
            path: self.picture_field(row, "path")?,
            stream: self.picture_field(row, "stream")?,
            template: self.picture_field(row, "template")?,
            created_at: UnixMs(self.picture_field(row, created_at)?),
        })
    }

    fn picture_template_row(&self, row: &SqliteRow) -> Result<PictureTemplate, Fault> {
        Ok(PictureTemplate {
            id: self.picture_field(row, "id")?,
            content: NewPictureTemplate {
                name: self.picture_field(row, "name")?,
                description: self.picture_field(row, "description")?,
                interval_s: self.picture_field(row, "interval_s")?,
                width: self.picture_field(row, "width")?,
                height: self.picture_field(row, "height")?,
            },
            created_at: UnixMs(self.picture_field(row, "created_at")?),
            updated_at: UnixMs(self.picture_field(row, "updated_at")?),
        })
    }
}
