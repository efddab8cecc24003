use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteExecutor};
use vivace_base::{AppId, Rng, Secret, UnixMs};
use vivace_domain::account::CredentialRights;
use vivace_domain::app::KeyName;
use vivace_domain::{App, Keys};

use crate::credentials::{self, Credential};
use crate::{FIRST_APP, Fault, Operation, Reader, Store};

const SELECT: &str = "SELECT id, sdkappid, sdk_secret, sdk_public_key, secret_id, secret_key, appid, bizid, api_key, \
    push_key, push_key_backup, play_key, play_key_backup, callback_key, zim_app_id, zim_server_secret, auth_key, admin, \
    api_token FROM apps WHERE id = $1";

const INSERT: &str = "INSERT INTO apps (id, sdkappid, sdk_secret, sdk_public_key, secret_id, secret_key, appid, bizid, \
    api_key, push_key, push_key_backup, play_key, play_key_backup, callback_key, zim_app_id, zim_server_secret, auth_key, \
    admin, api_token, created_at) \
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)";

impl Store {
    /// The first app; if there is none yet, one is made with random keys, and the second value is true.
    ///
    /// The keys are on disk when this returns, and of two that ask at once only one makes them.
    pub async fn app_or_create(&self, rng: &dyn Rng, now: UnixMs) -> Result<(App, bool), Fault> {
        if let Some(app) = self.reader.app(FIRST_APP).await? {
            return Ok((app, false));
        }
        let mut write = self.write(Operation::WriteApp).await?;
        if let Some(app) = self.reader.app_by(&mut *write, FIRST_APP).await? {
            return Ok((app, false));
        }
        let app = App::generate(FIRST_APP, rng);
        let failed = |error| self.reader.fault(Operation::WriteApp, error);
        insert(&mut *write, &app, now).await.map_err(failed)?;
        credentials::insert(&mut *write, &first_credential(&app, now)).await.map_err(failed)?;
        write.commit().await.map_err(failed)?;
        Ok((app, true))
    }

    /// An app by its id; none if there is no such app.
    pub async fn app(&self, id: AppId) -> Result<Option<App>, Fault> {
        self.reader.app(id).await
    }

    /// Puts a new key in the place of one of an app; where there is a second one for the same use, the old key becomes
    /// that one. The app as it is then; none if there is no such app. On disk when this returns.
    pub async fn rotate_key(&self, id: AppId, name: KeyName, key: &Secret<String>) -> Result<Option<App>, Fault> {
        let failed = |error| self.reader.fault(Operation::WriteApp, error);
        let mut write = self.write(Operation::WriteApp).await?;
        let rotate = sqlx::query(rotation(name)).bind(i64::from(id.0)).bind(key.reveal());
        rotate.execute(&mut *write).await.map_err(failed)?;
        let app = self.reader.app_by(&mut *write, id).await?;
        write.commit_if(app.is_some()).await.map_err(failed)?;
        Ok(app)
    }
}

const fn rotation(name: KeyName) -> &'static str {
    match name {
        KeyName::Push => "UPDATE apps SET push_key_backup = push_key, push_key = $2 WHERE id = $1",
        KeyName::PushBackup => "UPDATE apps SET push_key_backup = $2 WHERE id = $1",
        KeyName::Play => "UPDATE apps SET play_key_backup = play_key, play_key = $2 WHERE id = $1",
        KeyName::PlayBackup => "UPDATE apps SET play_key_backup = $2 WHERE id = $1",
        KeyName::Api => "UPDATE apps SET api_key = $2 WHERE id = $1",
        KeyName::Callback => "UPDATE apps SET callback_key = $2 WHERE id = $1",
        KeyName::SdkSecret => "UPDATE apps SET sdk_secret = $2 WHERE id = $1",
        KeyName::ZimServerSecret => "UPDATE apps SET zim_server_secret = $2 WHERE id = $1",
        KeyName::AuthKey => "UPDATE apps SET auth_key = $2 WHERE id = $1",
        KeyName::ApiToken => "UPDATE apps SET api_token = $2 WHERE id = $1",
    }
}

impl Reader {
    /// An app by its id; none if there is no such app.
    pub async fn app(&self, id: AppId) -> Result<Option<App>, Fault> {
        self.app_by(&self.pool, id).await
    }

    async fn app_by(&self, connection: impl SqliteExecutor<'_>, id: AppId) -> Result<Option<App>, Fault> {
        let found = sqlx::query(SELECT).bind(i64::from(id.0)).fetch_optional(connection).await;
        let row = found.map_err(|error| self.fault(Operation::ReadApp, error))?;
        row.map(|row| self.parse(&row)).transpose()
    }

    fn parse(&self, row: &SqliteRow) -> Result<App, Fault> {
        let keys = Keys {
            sdkappid: self.number(row, "sdkappid")?,
            sdk_secret: self.secret(row, "sdk_secret")?,
            sdk_public_key: self.column(row, "sdk_public_key")?,
            secret_id: self.column(row, "secret_id")?,
            secret_key: self.secret(row, "secret_key")?,
            appid: self.number(row, "appid")?,
            bizid: self.number(row, "bizid")?,
            api_key: self.secret(row, "api_key")?,
            push_key: self.secret(row, "push_key")?,
            push_key_backup: self.secret(row, "push_key_backup")?,
            play_key: self.secret(row, "play_key")?,
            play_key_backup: self.secret(row, "play_key_backup")?,
            callback_key: self.secret(row, "callback_key")?,
            zim_app_id: self.number(row, "zim_app_id")?,
            zim_server_secret: self.secret(row, "zim_server_secret")?,
            auth_key: self.secret(row, "auth_key")?,
            admin: self.column(row, "admin")?,
            api_token: self.secret(row, "api_token")?,
        };
        Ok(App { id: AppId(self.number(row, "id")?), keys })
    }

    fn column<'r, T>(&self, row: &'r SqliteRow, column: &'static str) -> Result<T, Fault>
    where
        T: sqlx::Decode<'r, sqlx::Sqlite> + sqlx::Type<sqlx::Sqlite>,
    {
        row.try_get(column).map_err(|error| self.fault(Operation::ReadApp, error))
    }

    fn secret(&self, row: &SqliteRow, column: &'static str) -> Result<Secret<String>, Fault> {
        self.column(row, column).map(Secret::new)
    }

    fn number(&self, row: &SqliteRow, column: &'static str) -> Result<u32, Fault> {
        let wide: i64 = self.column(row, column)?;
        u32::try_from(wide).map_err(|_| Fault::value(&self.file, Operation::ReadApp, "apps", column))
    }
}

/// The credential among an app's keys, which may call everything.
fn first_credential(app: &App, now: UnixMs) -> Credential {
    Credential {
        secret_id: app.keys.secret_id.clone(),
        secret_key: app.keys.secret_key.clone(),
        app: app.id,
        rights: CredentialRights { enabled: true, actions: None },
        created_at: now,
    }
}

async fn insert(connection: impl SqliteExecutor<'_>, app: &App, now: UnixMs) -> Result<(), sqlx::Error> {
    let keys = &app.keys;
    sqlx::query(INSERT)
        .bind(i64::from(app.id.0))
        .bind(i64::from(keys.sdkappid))
        .bind(keys.sdk_secret.reveal())
        .bind(keys.sdk_public_key.as_ref())
        .bind(&keys.secret_id)
        .bind(keys.secret_key.reveal())
        .bind(i64::from(keys.appid))
        .bind(i64::from(keys.bizid))
        .bind(keys.api_key.reveal())
        .bind(keys.push_key.reveal())
        .bind(keys.push_key_backup.reveal())
        .bind(keys.play_key.reveal())
        .bind(keys.play_key_backup.reveal())
        .bind(keys.callback_key.reveal())
        .bind(i64::from(keys.zim_app_id))
        .bind(keys.zim_server_secret.reveal())
        .bind(keys.auth_key.reveal())
        .bind(&keys.admin)
        .bind(keys.api_token.reveal())
        .bind(now.0)
        .execute(connection)
        .await
        .map(|_| ())
}
