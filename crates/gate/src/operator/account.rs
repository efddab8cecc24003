use std::sync::Arc;

use serde_json::json;
use vivace_base::AppId;
use vivace_domain::account::{Account, CredentialRights};
use vivace_store::{ALL_ACTIONS, Credential};

use super::Operator;
use crate::{AccessChangeFault, Caller, Guarded};

impl Operator {
    /// An app's account.
    ///
    /// # Errors
    /// [`AccessChangeFault`]: `AppUnknown`, `NotWritten`.
    pub async fn account(&self, app: AppId) -> Result<Account, AccessChangeFault> {
        match self.parts.access.tenant(app).await {
            Ok(tenant) => tenant.map(|tenant| tenant.account.clone()).ok_or(AccessChangeFault::AppUnknown),
            Err(_) => Err(AccessChangeFault::NotWritten),
        }
    }

    /// Changes what an account may do; with `known` only if it has this [`account_version`]. On disk, and in force, when
    /// this returns.
    ///
    /// # Errors
    /// [`AccessChangeFault`], or the word that it has another version.
    pub async fn change_account(
        self: &Arc<Self>,
        app: AppId,
        caller: &Caller,
        known: Option<String>,
        change: impl FnOnce(&mut Account) + Send + 'static,
    ) -> Result<Account, Guarded<AccessChangeFault>> {
        let (this, caller) = (self.clone(), caller.clone());
        let done = self.parts.channels.whole(async move {
            let _turn = this.turns.acquire().await;
            let before = this.account(app).await?;
            if known.is_some_and(|known| known != account_version(&before)) {
                return Err(Guarded::Changed);
            }
            let mut after = before.clone();
            change(&mut after);
            let shown = (Some(shown(&before)), Some(shown(&after)));
            let row = this.row(app, &caller, "account.set", "account".to_owned(), shown);
            this.parts.access.set_account(app, &after, row).await?;
            Ok(after)
        });
        done.await.unwrap_or(Err(AccessChangeFault::NotWritten.into()))
    }

    /// The credentials of an app, the oldest first.
    ///
    /// # Errors
    /// [`AccessChangeFault::NotWritten`].
    pub async fn credentials(&self, app: AppId) -> Result<Vec<Credential>, AccessChangeFault> {
        self.parts.access.credentials(app).await
    }

    /// Makes one more credential. On disk when this returns.
    ///
    /// # Errors
    /// [`AccessChangeFault`]: `AppUnknown`, `TooMany`, `NotWritten`.
    pub async fn add_credential(
        self: &Arc<Self>,
        app: AppId,
        caller: &Caller,
    ) -> Result<Credential, AccessChangeFault> {
        let (this, caller) = (self.clone(), caller.clone());
        let done = self.parts.channels.whole(async move {
            let _turn = this.turns.acquire().await;
            let row = |new: &Credential| {
                let shown = (None, Some(shown_rights(&new.rights)));
                this.row(app, &caller, "credential.add", subject(&new.secret_id), shown)
            };
            this.parts.access.add_credential(app, this.parts.rng.as_ref(), row).await
        });
        done.await.unwrap_or(Err(AccessChangeFault::NotWritten))
    }

    /// Changes what a credential may call. On disk, and in force, when this returns.
    ///
    /// # Errors
    /// [`AccessChangeFault`]: `ActionName`, `CredentialUnknown`, `NotWritten`.
    pub async fn change_credential(
        self: &Arc<Self>,
        app: AppId,
        caller: &Caller,
        secret_id: &str,
        change: impl FnOnce(&mut CredentialRights) + Send + 'static,
    ) -> Result<Credential, AccessChangeFault> {
        let (this, caller, secret_id) = (self.clone(), caller.clone(), secret_id.to_owned());
        let done = self.parts.channels.whole(async move {
            let _turn = this.turns.acquire().await;
            let all = this.parts.access.credentials(app).await?;
            let found = all.into_iter().find(|one| one.secret_id == secret_id);
            let mut found = found.ok_or(AccessChangeFault::CredentialUnknown)?;
            let before = found.rights.clone();
            change(&mut found.rights);
            let shown = (Some(shown_rights(&before)), Some(shown_rights(&found.rights)));
            let row = this.row(app, &caller, "credential.set", subject(&secret_id), shown);
            this.parts.access.set_credential_rights(app, &secret_id, &found.rights, row).await?;
            Ok(found)
        });
        done.await.unwrap_or(Err(AccessChangeFault::NotWritten))
    }

    /// Removes a credential. Gone from disk, and refused, when this returns.
    ///
    /// # Errors
    /// [`AccessChangeFault`]: `CredentialUnknown`, `NotWritten`.
    pub async fn remove_credential(
        self: &Arc<Self>,
        app: AppId,
        caller: &Caller,
        secret_id: &str,
    ) -> Result<(), AccessChangeFault> {
        let (this, caller, secret_id) = (self.clone(), caller.clone(), secret_id.to_owned());
        let done = self.parts.channels.whole(async move {
            let _turn = this.turns.acquire().await;
            let all = this.parts.access.credentials(app).await?;
            let found = all.into_iter().find(|one| one.secret_id == secret_id);
            let found = found.ok_or(AccessChangeFault::CredentialUnknown)?;
            let shown = (Some(shown_rights(&found.rights)), None);
            let row = this.row(app, &caller, "credential.remove", subject(&secret_id), shown);
            this.parts.access.remove_credential(app, &secret_id, row).await
        });
        done.await.unwrap_or(Err(AccessChangeFault::NotWritten))
    }

    /// The actions of the signed API that are under maintenance; `*` is the whole of it.
    ///
    /// # Errors
    /// [`AccessChangeFault::NotWritten`].
    pub async fn maintenance(&self) -> Result<Vec<String>, AccessChangeFault> {
        self.parts.access.maintenance().await
    }

    /// Begins or ends the maintenance of an action of the signed API, or of the whole of it where none is named. On disk,
    /// and in force, when this returns; false if it was so before.
    ///
    /// # Errors
    /// [`AccessChangeFault`]: `ActionName`, `NotWritten`.
    pub async fn set_maintenance(
        self: &Arc<Self>,
        app: AppId,
        caller: &Caller,
        action: Option<&str>,
        on: bool,
    ) -> Result<bool, AccessChangeFault> {
        let (this, caller, action) = (self.clone(), caller.clone(), action.map(str::to_owned));
        let done = self.parts.channels.whole(async move {
            let _turn = this.turns.acquire().await;
            let subject = format!("maintenance/{}", action.as_deref().unwrap_or(ALL_ACTIONS));
            let state = |on: bool| Some(json!({ "on": on }).to_string());
            let row = this.row(app, &caller, "maintenance.set", subject, (state(!on), state(on)));
            this.parts.access.set_maintenance(action.as_deref(), on, row).await
        });
        done.await.unwrap_or(Err(AccessChangeFault::NotWritten))
    }
}

/// Tells one state of an account from another.
pub fn account_version(account: &Account) -> String {
    let Account { blocked, deleted, verified, balance } = account;
    let flags = u8::from(*blocked) | u8::from(*deleted) << 1 | u8::from(*verified) << 2;
    balance.map_or_else(|| flags.to_string(), |balance| format!("{flags}.{balance}"))
}

pub(super) fn shown(account: &Account) -> String {
    let Account { blocked, deleted, verified, balance } = account;
    json!({ "blocked": blocked, "deleted": deleted, "verified": verified, "balance": balance }).to_string()
}

fn shown_rights(rights: &CredentialRights) -> String {
    json!({ "enabled": rights.enabled, "actions": rights.actions }).to_string()
}

fn subject(secret_id: &str) -> String {
    format!("credential/{secret_id}")
}
