//! Host names, and how addresses of either direction are signed.

use sqlx::Row;
use sqlx::sqlite::SqliteRow;
use vivace_base::{AppId, Secret, UnixMs};
use vivace_domain::host::{AuthChange, Host, HostName, UrlAuth};
use vivace_domain::ip_list::Direction;

use crate::{Fault, Operation, Reader, Store};

const INSERT: &str = "INSERT INTO domains (app, name, direction, enabled, play_type, created_at) \
    VALUES ($1, $2, $3, $4, $5, $6)";
const COUNT: &str = "SELECT COUNT(*) FROM domains WHERE app = $1";
const ENABLE: &str = "UPDATE domains SET enabled = $3 WHERE app = $1 AND name = $2";
const DELETE: &str = "DELETE FROM domains WHERE app = $1 AND name = $2 AND direction = $3";
const SET_AUTH: &str = "INSERT INTO url_auth (app, direction, enabled, delta_s) VALUES ($1, $2, $3, $4) \
    ON CONFLICT (app, direction) DO UPDATE SET enabled = excluded.enabled, delta_s = excluded.delta_s";
const SET_PUSH_KEYS: &str = "UPDATE apps SET push_key = COALESCE($2, push_key), \
    push_key_backup = COALESCE($3, push_key_backup) WHERE id = $1";
const SET_PLAY_KEYS: &str = "UPDATE apps SET play_key = COALESCE($2, play_key), \
    play_key_backup = COALESCE($3, play_key_backup) WHERE id = $1";

/// What became of a new host name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AddHost {
    /// It is on disk.
    Added,
    /// The app has it already.
    Known,
    /// The app has as many as it may.
    Full,
}

impl Store {
    /// Adds a host name to an app's, of which there may be `max`. On disk when this returns.
    ///
    /// # Errors
    /// [`Fault`]: the store cannot be written.
    pub async fn add_host(&self, app: AppId, host: &Host, max: u64) -> Result<AddHost, Fault> {
        let failed = |error| self.reader.fault(Operation::WriteHost, error);
        let mut write = self.write(Operation::WriteHost).await?;
        let known = "SELECT COUNT(*) FROM domains WHERE app = $1 AND name = $2";
        let known = sqlx::query_scalar(known).bind(i64::from(app.0)).bind(host.name.as_str());
        let known: i64 = known.fetch_one(&mut *write).await.map_err(failed)?;
        if known > 0 {
            return Ok(AddHost::Known);
        }
        let count: i64 =
            sqlx::query_scalar(COUNT).bind(i64::from(app.0)).fetch_one(&mut *write).await.map_err(failed)?;
        if count.unsigned_abs() >= max {
            return Ok(AddHost::Full);
        }
        let insert = sqlx::query(INSERT).bind(i64::from(app.0)).bind(host.name.as_str());
        let insert = insert.bind(number(host.direction)).bind(i64::from(host.enabled));
        let insert = insert.bind(i64::from(host.play_type)).bind(host.created_at.0);
        insert.execute(&mut *write).await.map_err(failed)?;
        write.commit().await.map_err(failed)?;
        Ok(AddHost::Added)
    }

    /// Enables a host name, or disables it. False if the app does not have it. On disk when this returns.
    ///
    /// # Errors
    /// [`Fault`]: the store cannot be written.
    pub async fn enable_host(&self, app: AppId, name: &HostName, enabled: bool) -> Result<bool, Fault> {
        let query = sqlx::query(ENABLE).bind(i64::from(app.0)).bind(name.as_str()).bind(i64::from(enabled));
        self.touch_host(query).await
    }

    /// Takes a host name away. False if the app does not have it for this direction. On disk when this returns.
    ///
    /// # Errors
    /// [`Fault`]: the store cannot be written.
    pub async fn remove_host(&self, app: AppId, name: &HostName, direction: Direction) -> Result<bool, Fault> {
        let query = sqlx::query(DELETE).bind(i64::from(app.0)).bind(name.as_str()).bind(number(direction));
        self.touch_host(query).await
    }

    /// Sets how addresses of a direction are signed: the keys of `change`, and `after` of the rest. On disk when this
    /// returns.
    ///
    /// # Errors
    /// [`Fault`]: the store cannot be written.
    pub async fn set_url_auth(
        &self,
        app: AppId,
        direction: Direction,
        change: &AuthChange,
        after: UrlAuth,
    ) -> Result<(), Fault> {
        let failed = |error| self.reader.fault(Operation::WriteHost, error);
        let mut write = self.write(Operation::WriteHost).await?;
        let set = sqlx::query(SET_AUTH).bind(i64::from(app.0)).bind(number(direction));
        let set = set.bind(after.enabled.map(i64::from)).bind(i64::try_from(after.delta_s).unwrap_or(i64::MAX));
        set.execute(&mut *write).await.map_err(failed)?;
        let keys = sqlx::query(if direction == Direction::Push { SET_PUSH_KEYS } else { SET_PLAY_KEYS });
        let keys = keys.bind(i64::from(app.0)).bind(change.key.as_ref().map(Secret::reveal));
        keys.bind(change.backup.as_ref().map(Secret::reveal)).execute(&mut *write).await.map_err(failed)?;
        write.commit().await.map_err(failed)
    }

    async fn touch_host<'q>(
        &self,
        query: sqlx::query::Query<'q, sqlx::Sqlite, sqlx::sqlite::SqliteArguments>,
    ) -> Result<bool, Fault> {
        let failed = |error| self.reader.fault(Operation::WriteHost, error);
        let mut write = self.write(Operation::WriteHost).await?;
        let touched = query.execute(&mut *write).await.map_err(failed)?.rows_affected() > 0;
        write.commit_if(touched).await.map_err(failed)?;
        Ok(touched)
    }
}

impl Reader {
    /// Every app's host names, by name.
    ///
    /// # Errors
    /// [`Fault`]: the store cannot be read, or a row is damaged.
    pub async fn hosts(&self) -> Result<Vec<(AppId, Host)>, Fault> {
        const SELECT: &str = "SELECT app, name, direction, enabled, play_type, created_at FROM domains ORDER BY name";
        let rows = sqlx::query(SELECT).fetch_all(&self.pool).await;
        let rows = rows.map_err(|error| self.fault(Operation::ReadHosts, error))?;
        rows.iter().map(|row| self.host(row)).collect()
    }

    /// How every app's addresses are signed.
    ///
    /// # Errors
    /// [`Fault`]: the store cannot be read, or a row is damaged.
    pub async fn url_auths(&self) -> Result<Vec<((AppId, Direction), UrlAuth)>, Fault> {
        const SELECT: &str = "SELECT app, direction, enabled, delta_s FROM url_auth";
        let failed = |error| self.fault(Operation::ReadHosts, error);
        let odd = |column| Fault::value(self.file(), Operation::ReadHosts, "url_auth", column);
        let rows = sqlx::query(SELECT).fetch_all(&self.pool).await.map_err(failed)?;
        let auth = |row: &SqliteRow| {
            let enabled: Option<i64> = row.try_get("enabled").map_err(failed)?;
            let delta_s: i64 = row.try_get("delta_s").map_err(failed)?;
            let delta_s = u64::try_from(delta_s).map_err(|_| odd("delta_s"))?;
            let (app, direction) = self.host_key(row, "url_auth")?;
            Ok(((app, direction), UrlAuth { enabled: enabled.map(|enabled| enabled != 0), delta_s }))
        };
        rows.iter().map(auth).collect()
    }

    fn host(&self, row: &SqliteRow) -> Result<(AppId, Host), Fault> {
        let failed = |error| self.fault(Operation::ReadHosts, error);
        let odd = |column| Fault::value(self.file(), Operation::ReadHosts, "domains", column);
        let number = |column: &'static str| row.try_get::<i64, _>(column).map_err(failed);
        let (app, direction) = self.host_key(row, "domains")?;
        let name: String = row.try_get("name").map_err(failed)?;
        let host = Host {
            name: HostName::parse(&name).ok_or_else(|| odd("name"))?,
            direction,
            enabled: number("enabled")? != 0,
            play_type: u8::try_from(number("play_type")?).map_err(|_| odd("play_type"))?,
            created_at: UnixMs(number("created_at")?),
        };
        Ok((app, host))
    }

    fn host_key(&self, row: &SqliteRow, table: &'static str) -> Result<(AppId, Direction), Fault> {
        let failed = |error| self.fault(Operation::ReadHosts, error);
        let odd = |column| Fault::value(self.file(), Operation::ReadHosts, table, column);
        let app: i64 = row.try_get("app").map_err(failed)?;
        let direction = match row.try_get::<i64, _>("direction").map_err(failed)? {
            0 => Direction::Push,
            1 => Direction::Play,
            _ => return Err(odd("direction")),
        };
        Ok((AppId(u32::try_from(app).map_err(|_| odd("app"))?), direction))
    }
}

const fn number(direction: Direction) -> i64 {
    match direction {
        Direction::Push => 0,
        Direction::Play => 1,
    }
}
