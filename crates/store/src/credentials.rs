//! What the signed APIs are called with.

use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteExecutor};
use vivace_base::{AppId, Secret, UnixMs};
use vivace_domain::account::CredentialRights;

use crate::{Fault, Operation, Reader, Store};

const SELECT: &str = "SELECT secret_id, app, secret_key, enabled, actions, created_at FROM credentials \
    WHERE secret_id = $1";
const SELECT_APP: &str = "SELECT secret_id, app, secret_key, enabled, actions, created_at FROM credentials \
    WHERE app = $1 ORDER BY created_at, secret_id";
const INSERT: &str = "INSERT INTO credentials (secret_id, app, secret_key, enabled, actions, created_at) \
    VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING";
const COUNT: &str = "SELECT COUNT(*) FROM credentials WHERE app = $1";
const UPDATE: &str = "UPDATE credentials SET enabled = $3, actions = $4 WHERE secret_id = $1 AND app = $2";
const DELETE: &str = "DELETE FROM credentials WHERE secret_id = $1 AND app = $2";

/// One of an app's credentials.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credential {
    /// Its public half, which is its name.
    pub secret_id: String,
    /// Its secret half.
    pub secret_key: Secret<String>,
    /// Whose it is.
    pub app: AppId,
    /// What it may call.
    pub rights: CredentialRights,
    /// When it was made.
    pub created_at: UnixMs,
}

/// What became of a new credential.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Added {
    /// It is there.
    Done,
    /// There is one of this name.
    Taken,
    /// The app has as many as it may.
    TooMany,
}

impl Store {
    /// Adds a credential to an app that has fewer than `max`.
    pub async fn add_credential(&self, new: &Credential, max: usize) -> Result<Added, Fault> {
        let doing = Operation::WriteCredential;
        let failed = |error| self.reader.fault(doing, error);
        let mut write = self.write(doing).await?;
        let count = sqlx::query_scalar(COUNT).bind(i64::from(new.app.0)).fetch_one(&mut *write).await;
        let count: i64 = count.map_err(failed)?;
        if usize::try_from(count).unwrap_or(usize::MAX) >= max {
            return Ok(Added::TooMany);
        }
        if !insert(&mut *write, new).await.map_err(failed)? {
            return Ok(Added::Taken);
        }
        write.commit().await.map_err(failed)?;
        Ok(Added::Done)
    }

    /// Changes what a credential may call; what it might before, or none if the app has no such credential.
    pub async fn set_credential_rights(
        &self,
        app: AppId,
        secret_id: &str,
        rights: &CredentialRights,
    ) -> Result<Option<CredentialRights>, Fault> {
        let doing = Operation::WriteCredential;
        let failed = |error| self.reader.fault(doing, error);
        let mut write = self.write(doing).await?;
        let before = self.reader.credential_by(&mut *write, secret_id).await?;
        let Some(before) = before.filter(|found| found.app == app) else { return Ok(None) };
        let update = sqlx::query(UPDATE).bind(secret_id).bind(i64::from(app.0));
        let update = update.bind(i64::from(rights.enabled)).bind(actions_text(rights));
        update.execute(&mut *write).await.map_err(failed)?;
        write.commit().await.map_err(failed)?;
        Ok(Some(before.rights))
    }

    /// Removes a credential; false if the app has no such credential.
    pub async fn remove_credential(&self, app: AppId, secret_id: &str) -> Result<bool, Fault> {
        let doing = Operation::WriteCredential;
        let failed = |error| self.reader.fault(doing, error);
        let mut write = self.write(doing).await?;
        let deleted = sqlx::query(DELETE).bind(secret_id).bind(i64::from(app.0)).execute(&mut *write).await;
        let deleted = deleted.map_err(failed)?.rows_affected() > 0;
        write.commit_if(deleted).await.map_err(failed)?;
        Ok(deleted)
    }
}

impl Reader {
    /// A credential by its public half.
    pub async fn credential(&self, secret_id: &str) -> Result<Option<Credential>, Fault> {
        self.credential_by(&self.pool, secret_id).await
    }

    /// The credentials of an app, the oldest first.
    pub async fn credentials(&self, app: AppId) -> Result<Vec<Credential>, Fault> {
        let rows = sqlx::query(SELECT_APP).bind(i64::from(app.0)).fetch_all(&self.pool).await;
        let rows = rows.map_err(|error| self.fault(Operation::ReadCredential, error))?;
        rows.iter().map(|row| self.credential_of(row)).collect()
    }

    async fn credential_by(
        &self,
        connection: impl SqliteExecutor<'_>,
        secret_id: &str,
    ) -> Result<Option<Credential>, Fault> {
        let found = sqlx::query(SELECT).bind(secret_id).fetch_optional(connection).await;
        let row = found.map_err(|error| self.fault(Operation::ReadCredential, error))?;
        row.map(|row| self.credential_of(&row)).transpose()
    }

    fn credential_of(&self, row: &SqliteRow) -> Result<Credential, Fault> {
        let odd = |column| Fault::value(&self.file, Operation::ReadCredential, "credentials", column);
        let failed = |error| self.fault(Operation::ReadCredential, error);
        let actions: Option<String> = row.try_get("actions").map_err(failed)?;
        let listed = |text: String| text.split(',').filter(|name| !name.is_empty()).map(str::to_owned).collect();
        let enabled = match row.try_get("enabled").map_err(failed)? {
            0_i64 => false,
            1 => true,
            _ => return Err(odd("enabled")),
        };
        let app: i64 = row.try_get("app").map_err(failed)?;
        Ok(Credential {
            secret_id: row.try_get("secret_id").map_err(failed)?,
            secret_key: Secret::new(row.try_get("secret_key").map_err(failed)?),
            app: AppId(u32::try_from(app).map_err(|_| odd("app"))?),
            rights: CredentialRights { enabled, actions: actions.map(listed) },
            created_at: UnixMs(row.try_get("created_at").map_err(failed)?),
        })
    }
}

/// False, and nothing is changed, if there is one of this name.
pub(crate) async fn insert(connection: impl SqliteExecutor<'_>, new: &Credential) -> Result<bool, sqlx::Error> {
    let insert = sqlx::query(INSERT).bind(&new.secret_id).bind(i64::from(new.app.0)).bind(new.secret_key.reveal());
    let insert = insert.bind(i64::from(new.rights.enabled)).bind(actions_text(&new.rights)).bind(new.created_at.0);
    insert.execute(connection).await.map(|done| done.rows_affected() > 0)
}

fn actions_text(rights: &CredentialRights) -> Option<String> {
    rights.actions.as_ref().map(|names| names.join(","))
}
