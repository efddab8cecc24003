use sqlx::SqliteConnection;
use sqlx::sqlite::SqliteRow;
use vivace_base::{AppId, Secret, StreamName, UnixMs};
use vivace_domain::hook::HookKind;

use crate::{Fault, Operation, Reader, Store};

const TARGET: &str = "SELECT r.template, u.url FROM callback_rules AS r \
    LEFT JOIN callback_urls AS u ON u.template = r.template AND u.kind = $5 \
    WHERE r.app = $1 AND r.domain IN ('', $2) AND r.path IN ('', $3) AND r.stream IN ('', $4) \
    ORDER BY r.stream <> '' DESC, r.path <> '' DESC, r.domain <> '' DESC LIMIT 1";
const TEMPLATES: &str = "SELECT id, name, description, callback_key, created_at, updated_at FROM callback_templates \
    WHERE app = $1 AND ($2 IS NULL OR id = $2) ORDER BY id";

/// Where events of a stream go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallbackTarget {
    /// The template of the rule that is for the stream.
    pub template: i64,
    /// Its address for this kind of event; none, and nothing is told, if it has none.
    pub url: Option<String>,
}

/// What a template says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewTemplate {
    /// Its name.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// The key of its signatures; none for the app's.
    pub callback_key: Option<Secret<String>>,
    /// Addresses by kind of event.
    pub urls: Vec<(HookKind, String)>,
}

/// A template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallbackTemplate {
    /// Its number.
    pub id: i64,
    /// What it says.
    pub content: NewTemplate,
    /// When it was made.
    pub created_at: UnixMs,
    /// When it was changed last.
    pub updated_at: UnixMs,
}

/// Which streams a template is for. An empty field stands for all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallbackRule {
    /// The host name that is pushed to.
    pub domain: String,
    /// The application name.
    pub path: String,
    /// The stream's name.
    pub stream: String,
    /// The template.
    pub template: i64,
    /// When it was made.
    pub created_at: UnixMs,
}

impl Store {
    /// Makes a template; its number.
    pub async fn create_callback_template(&self, app: AppId, new: &NewTemplate, now: UnixMs) -> Result<i64, Fault> {
        const CREATE: &str = "INSERT INTO callback_templates (app, name, description, callback_key, created_at, updated_at) \
            VALUES ($1, $2, $3, $4, $5, $5) RETURNING id";
        let failed = |error| self.reader.fault(Operation::WriteHooks, error);
        let mut write = self.write(Operation::WriteHooks).await?;
        let query = sqlx::query_scalar(CREATE).bind(i64::from(app.0)).bind(&new.name).bind(&new.description);
        let query = query.bind(new.callback_key.as_ref().map(Secret::reveal)).bind(now.0);
        let id: i64 = query.fetch_one(&mut *write).await.map_err(failed)?;
        put_urls(&mut write, id, &new.urls).await.map_err(failed)?;
        write.commit_made(id).await.map_err(failed)?;
        Ok(id)
    }

    /// Puts another content into a template. False if the app has no such template.
    pub async fn change_callback_template(
        &self,
        app: AppId,
        id: i64,
        new: &NewTemplate,
        now: UnixMs,
    ) -> Result<bool, Fault> {
        const CHANGE: &str = "UPDATE callback_templates SET name = $3, description = $4, callback_key = $5, updated_at = $6 \
            WHERE app = $1 AND id = $2";
        let failed = |error| self.reader.fault(Operation::WriteHooks, error);
        let mut write = self.write(Operation::WriteHooks).await?;
        let query = sqlx::query(CHANGE).bind(i64::from(app.0)).bind(id).bind(&new.name).bind(&new.description);
        let query = query.bind(new.callback_key.as_ref().map(Secret::reveal)).bind(now.0);
        if query.execute(&mut *write).await.map_err(failed)?.rows_affected() == 0 {
            return Ok(false);
        }
        put_urls(&mut write, id, &new.urls).await.map_err(failed)?;
        write.commit().await.map_err(failed)?;
        Ok(true)
    }

    /// Deletes a template. False if the app has no such template, or a rule uses it.
    pub async fn delete_callback_template(&self, app: AppId, id: i64) -> Result<bool, Fault> {
        const DELETE: &str = "DELETE FROM callback_templates WHERE app = $1 AND id = $2 \
            AND NOT EXISTS (SELECT 1 FROM callback_rules WHERE template = $2)";
        self.touch_callback(sqlx::query(DELETE).bind(i64::from(app.0)).bind(id)).await
    }

    /// Puts a rule, in the place of one for the same streams if there is one. False if the app has no such template.
    pub async fn put_callback_rule(&self, app: AppId, rule: &CallbackRule) -> Result<bool, Fault> {
        const PUT: &str = "INSERT INTO callback_rules (app, domain, path, stream, template, created_at) \
            SELECT $1, $2, $3, $4, id, $6 FROM callback_templates WHERE app = $1 AND id = $5 \
            ON CONFLICT (app, domain, path, stream) DO UPDATE SET template = excluded.template";
        let query = sqlx::query(PUT).bind(i64::from(app.0)).bind(&rule.domain).bind(&rule.path).bind(&rule.stream);
        self.touch_callback(query.bind(rule.template).bind(rule.created_at.0)).await
    }

    /// Deletes the rule for exactly these fields. False if there is none.
    pub async fn delete_callback_rule(
        &self,
        app: AppId,
        domain: &str,
        path: &str,
        stream: &str,
    ) -> Result<bool, Fault> {
        const DELETE: &str = "DELETE FROM callback_rules WHERE app = $1 AND domain = $2 AND path = $3 AND stream = $4";
        let query = sqlx::query(DELETE).bind(i64::from(app.0)).bind(domain).bind(path).bind(stream);
        self.touch_callback(query).await
    }

    /// Writes one change; whether a row was touched.
    async fn touch_callback<'q>(
        &self,
        query: sqlx::query::Query<'q, sqlx::Sqlite, sqlx::sqlite::SqliteArguments>,
    ) -> Result<bool, Fault> {
        let failed = |error| self.reader.fault(Operation::WriteHooks, error);
        let mut write = self.write(Operation::WriteHooks).await?;
        let touched = query.execute(&mut *write).await.map_err(failed)?.rows_affected() > 0;
        write.commit_if(touched).await.map_err(failed)?;
        Ok(touched)
    }
}

impl Reader {
    /// Where an event of a stream goes by the rules; `None` if none is for it. Of several, the one that names the stream
    /// comes first, then the one that names the application, then the host name.
    pub async fn callback_target(
        &self,
        app: AppId,
        domain: &str,
        path: &str,
        stream: &StreamName,
        kind: HookKind,
    ) -> Result<Option<CallbackTarget>, Fault> {
        let failed = |error| self.fault(Operation::ReadHooks, error);
        let query = sqlx::query(TARGET).bind(i64::from(app.0)).bind(domain).bind(path).bind(stream.as_str());
        let row = query.bind(i64::from(kind.number())).fetch_optional(&self.pool).await.map_err(failed)?;
        let target = |row: SqliteRow| {
            Ok(CallbackTarget { template: self.hook_field(&row, "template")?, url: self.hook_field(&row, "url")? })
        };
        row.map(target).transpose()
    }

    /// An app's templates in the order of their numbers, or the one of this number.
    pub async fn callback_templates(&self, app: AppId, id: Option<i64>) -> Result<Vec<CallbackTemplate>, Fault> {
        let failed = |error| self.fault(Operation::ReadHooks, error);
        let rows =
            sqlx::query(TEMPLATES).bind(i64::from(app.0)).bind(id).fetch_all(&self.pool).await.map_err(failed)?;
        let mut templates = Vec::new();
        for row in &rows {
            templates.push(self.callback_template(row).await?);
        }
        Ok(templates)
    }

    /// An app's rules, in the order in which they were made.
    pub async fn callback_rules(&self, app: AppId) -> Result<Vec<CallbackRule>, Fault> {
        const RULES: &str = "SELECT domain, path, stream, template, created_at FROM callback_rules WHERE app = $1 \
            ORDER BY created_at, domain, path, stream";
        let rows = sqlx::query(RULES).bind(i64::from(app.0)).fetch_all(&self.pool).await;
        let rows = rows.map_err(|error| self.fault(Operation::ReadHooks, error))?;
        let rule = |row: &SqliteRow| {
            Ok(CallbackRule {
                domain: self.hook_field(row, "domain")?,
                path: self.hook_field(row, "path")?,
                stream: self.hook_field(row, "stream")?,
                template: self.hook_field(row, "template")?,
                created_at: UnixMs(self.hook_field(row, "created_at")?),
            })
        };
        rows.iter().map(rule).collect()
    }

    async fn callback_template(&self, row: &SqliteRow) -> Result<CallbackTemplate, Fault> {
        const URLS: &str = "SELECT kind, url FROM callback_urls WHERE template = $1 ORDER BY kind";
        let id: i64 = self.hook_field(row, "id")?;
        let urls = sqlx::query(URLS).bind(id).fetch_all(&self.pool).await;
        let urls = urls.map_err(|error| self.fault(Operation::ReadHooks, error))?;
        let key: Option<String> = self.hook_field(row, "callback_key")?;
        let content = NewTemplate {
            name: self.hook_field(row, "name")?,
            description: self.hook_field(row, "description")?,
            callback_key: key.map(Secret::new),
            urls: urls.iter().map(|row| self.template_url(row)).collect::<Result<_, _>>()?,
        };
        let created_at = UnixMs(self.hook_field(row, "created_at")?);
        Ok(CallbackTemplate { id, content, created_at, updated_at: UnixMs(self.hook_field(row, "updated_at")?) })
    }

    fn template_url(&self, row: &SqliteRow) -> Result<(HookKind, String), Fault> {
        let odd = || Fault::value(&self.file, Operation::ReadHooks, "callback_urls", "kind");
        let kind: i64 = self.hook_field(row, "kind")?;
        let kind = u32::try_from(kind).ok().and_then(HookKind::of).ok_or_else(odd)?;
        Ok((kind, self.hook_field(row, "url")?))
    }
}

/// The addresses of a template are these and no others.
async fn put_urls(
    connection: &mut SqliteConnection,
    template: i64,
    urls: &[(HookKind, String)],
) -> Result<(), sqlx::Error> {
    sqlx::query("DELETE FROM callback_urls WHERE template = $1").bind(template).execute(&mut *connection).await?;
    for (kind, url) in urls {
        let query = sqlx::query("INSERT INTO callback_urls (template, kind, url) VALUES ($1, $2, $3)");
        query.bind(template).bind(i64::from(kind.number())).bind(url).execute(&mut *connection).await?;
    }
    Ok(())
}
