//! What an app's account may do, and which actions of the signed API are under maintenance.

use sqlx::{Row, SqliteExecutor};
use vivace_base::{AppId, UnixMs};
use vivace_domain::account::Account;

use crate::{Fault, Operation, Reader, Store};

const SELECT: &str = "SELECT blocked, deleted, verified, balance FROM apps WHERE id = $1";
const UPDATE: &str = "UPDATE apps SET blocked = $2, deleted = $3, verified = $4, balance = $5 WHERE id = $1";
const SELECT_MAINTENANCE: &str = "SELECT action FROM api_maintenance ORDER BY action";
const BEGIN_MAINTENANCE: &str = "INSERT INTO api_maintenance (action, since) VALUES ($1, $2) ON CONFLICT DO NOTHING";
const END_MAINTENANCE: &str = "DELETE FROM api_maintenance WHERE action = $1";

/// Stands for the whole API where an action is named.
pub const ALL_ACTIONS: &str = "*";

impl Store {
    /// Sets what an account may do; what it might before, or none if there is no such app.
    pub async fn set_account(&self, app: AppId, account: &Account) -> Result<Option<Account>, Fault> {
        let doing = Operation::WriteAccount;
        let failed = |error| self.reader.fault(doing, error);
        let mut write = self.write(doing).await?;
        let Some(before) = self.reader.account_by(&mut *write, app).await? else { return Ok(None) };
        let update = sqlx::query(UPDATE).bind(i64::from(app.0)).bind(i64::from(account.blocked));
        let update = update.bind(i64::from(account.deleted)).bind(i64::from(account.verified)).bind(account.balance);
        update.execute(&mut *write).await.map_err(failed)?;
        write.commit().await.map_err(failed)?;
        Ok(Some(before))
    }

    /// Begins or ends the maintenance of an action, or of [`ALL_ACTIONS`]; false if it was so before.
    pub async fn set_maintenance(&self, action: &str, on: bool, now: UnixMs) -> Result<bool, Fault> {
        let doing = Operation::WriteAccount;
        let failed = |error| self.reader.fault(doing, error);
        let mut write = self.write(doing).await?;
        let change = if on {
            sqlx::query(BEGIN_MAINTENANCE).bind(action).bind(now.0)
        } else {
            sqlx::query(END_MAINTENANCE).bind(action)
        };
        let changed = change.execute(&mut *write).await.map_err(failed)?.rows_affected() > 0;
        write.commit_if(changed).await.map_err(failed)?;
        Ok(changed)
    }
}

impl Reader {
    /// What an account may do; none if there is no such app.
    pub async fn account(&self, app: AppId) -> Result<Option<Account>, Fault> {
        self.account_by(&self.pool, app).await
    }

    /// The actions that are under maintenance, [`ALL_ACTIONS`] among them if all are.
    pub async fn maintenance(&self) -> Result<Vec<String>, Fault> {
        let actions = sqlx::query_scalar(SELECT_MAINTENANCE).fetch_all(&self.pool).await;
        actions.map_err(|error| self.fault(Operation::ReadAccount, error))
    }

    async fn account_by(&self, connection: impl SqliteExecutor<'_>, app: AppId) -> Result<Option<Account>, Fault> {
        let doing = Operation::ReadAccount;
        let found = sqlx::query(SELECT).bind(i64::from(app.0)).fetch_optional(connection).await;
        let Some(row) = found.map_err(|error| self.fault(doing, error))? else { return Ok(None) };
        let flag = |column: &'static str| match row.try_get(column).map_err(|error| self.fault(doing, error))? {
            0_i64 => Ok(false),
            1 => Ok(true),
            _ => Err(Fault::value(&self.file, doing, "apps", column)),
        };
        Ok(Some(Account {
            blocked: flag("blocked")?,
            deleted: flag("deleted")?,
            verified: flag("verified")?,
            balance: row.try_get("balance").map_err(|error| self.fault(doing, error))?,
        }))
    }
}
