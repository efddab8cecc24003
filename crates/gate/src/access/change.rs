//! What an operator changes about accounts and credentials. What is answered with `Ok` is on disk and in force; what is
//! known is read again whatever became of the write, since one that fails late may have been made all the same.

use thiserror::Error;
use vivace_base::{AppId, Rng};
use vivace_domain::account::{Account, CredentialRights};
use vivace_domain::app::credential_pair;
use vivace_store::{ALL_ACTIONS, Added, Credential, NewAudit};

use super::Access;

/// Why a change was not made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum AccessChangeFault {
    /// There is no such app.
    #[error("there is no such app")]
    AppUnknown,
    /// The app has no such credential.
    #[error("the app has no such credential")]
    CredentialUnknown,
    /// The app has as many credentials as it may.
    #[error("the app has {max} credentials, the most that are allowed")]
    TooMany {
        /// Credentials allowed: `limits.api_credentials_max`.
        max: usize,
    },
    /// The name of an action is empty, or has a comma in it.
    #[error("an action's name is empty or holds a comma")]
    ActionName,
    /// The store could not be read or written; the log has the reason.
    #[error("the store could not be read or written")]
    NotWritten,
}

impl Access {
    /// The credentials of an app, the oldest first.
    ///
    /// # Errors
    /// [`AccessChangeFault::NotWritten`].
    pub async fn credentials(&self, app: AppId) -> Result<Vec<Credential>, AccessChangeFault> {
        self.store.reader().credentials(app).await.map_err(|fault| failed(&fault))
    }

    /// Makes one more credential for an app; both work until one is disabled or removed. `row` is what that is noted as.
    ///
    /// # Errors
    /// [`AccessChangeFault`]: `AppUnknown`, `TooMany`, `NotWritten`.
    pub async fn add_credential(
        &self,
        app: AppId,
        rng: &dyn Rng,
        row: impl Fn(&Credential) -> NewAudit,
    ) -> Result<Credential, AccessChangeFault> {
        let known = self.store.app(app).await.map_err(|fault| failed(&fault))?;
        if known.is_none() {
            return Err(AccessChangeFault::AppUnknown);
        }
        let max = self.limits.get().api_credentials_max;
        loop {
            let (secret_id, secret_key) = credential_pair(rng);
            let rights = CredentialRights { enabled: true, actions: None };
            let new = Credential { secret_id, secret_key, app, rights, created_at: self.clock.unix() };
            match self.store.noted(row(&new)).add_credential(&new, max).await.map_err(|fault| failed(&fault))? {
                Added::Done => return Ok(new),
                Added::TooMany => return Err(AccessChangeFault::TooMany { max }),
                // Of 32 random letters the same have been drawn before: once more.
                Added::Taken => {}
            }
        }
    }

    /// Sets what a credential may call; what it might before. `row` is what that is noted as.
    ///
    /// # Errors
    /// [`AccessChangeFault`]: `ActionName`, `CredentialUnknown`, `NotWritten`.
    pub async fn set_credential_rights(
        &self,
        app: AppId,
        secret_id: &str,
        rights: &CredentialRights,
        row: NewAudit,
    ) -> Result<CredentialRights, AccessChangeFault> {
        let wrong = |name: &String| name.is_empty() || name.contains(',');
        if rights.actions.as_ref().is_some_and(|names| names.iter().any(wrong)) {
            return Err(AccessChangeFault::ActionName);
        }
        let before = self.store.noted(row).set_credential_rights(app, secret_id, rights).await;
        self.credentials.clear();
        before.map_err(|fault| failed(&fault))?.ok_or(AccessChangeFault::CredentialUnknown)
    }

    /// Removes a credential; calls signed with it are refused from now on. `row` is what that is noted as.
    ///
    /// # Errors
    /// [`AccessChangeFault`]: `CredentialUnknown`, `NotWritten`.
    pub async fn remove_credential(&self, app: AppId, secret_id: &str, row: NewAudit) -> Result<(), AccessChangeFault> {
        let removed = self.store.noted(row).remove_credential(app, secret_id).await;
        self.credentials.clear();
        if removed.map_err(|fault| failed(&fault))? { Ok(()) } else { Err(AccessChangeFault::CredentialUnknown) }
    }

    /// An app has other keys: it is read again.
    pub(crate) fn app_changed(&self) {
        self.tenants.clear();
    }

    /// Sets what an account may do; what it might before. `row` is what that is noted as.
    ///
    /// # Errors
    /// [`AccessChangeFault`]: `AppUnknown`, `NotWritten`.
    pub async fn set_account(
        &self,
        app: AppId,
        account: &Account,
        row: NewAudit,
    ) -> Result<Account, AccessChangeFault> {
        let before = self.store.noted(row).set_account(app, account).await;
        self.tenants.clear();
        if before.is_ok() {
            self.standing.set_account(app, account.clone());
        }
        before.map_err(|fault| failed(&fault))?.ok_or(AccessChangeFault::AppUnknown)
    }

    /// Begins or ends the maintenance of an action, or of the whole API where none is named. False if it was so before.
    /// `row` is what that is noted as.
    ///
    /// # Errors
    /// [`AccessChangeFault::NotWritten`].
    pub async fn set_maintenance(
        &self,
        action: Option<&str>,
        on: bool,
        row: NewAudit,
    ) -> Result<bool, AccessChangeFault> {
        let action = action.unwrap_or(ALL_ACTIONS);
        let changed = self.store.noted(row).set_maintenance(action, on, self.clock.unix()).await;
        self.maintenance.clear();
        changed.map_err(|fault| failed(&fault))
    }

    /// The actions that are under maintenance; `*` is the whole API.
    ///
    /// # Errors
    /// [`AccessChangeFault::NotWritten`].
    pub async fn maintenance(&self) -> Result<Vec<String>, AccessChangeFault> {
        self.store.reader().maintenance().await.map_err(|fault| failed(&fault))
    }
}

fn failed(fault: &vivace_store::Fault) -> AccessChangeFault {
    tracing::error!(%fault, "an account or a credential was not changed");
    AccessChangeFault::NotWritten
}
