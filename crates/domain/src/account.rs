//! What an app's account may do now, and what its credentials may call.

use thiserror::Error;

/// An app's account, as an operator has set it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Its calls and pushes are refused.
    pub blocked: bool,
    /// It was deleted; credentials of it may be in use still.
    pub deleted: bool,
    /// Its owner has been verified.
    pub verified: bool,
    /// What is left of a prepaid balance, in the operator's units; none where nothing is prepaid.
    pub balance: Option<i64>,
}

impl Default for Account {
    fn default() -> Self {
        Self { blocked: false, deleted: false, verified: true, balance: None }
    }
}

/// Who calls: one of an app's credentials, as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CredentialRights {
    /// A disabled credential may call nothing.
    pub enabled: bool,
    /// The actions it may call; none for all.
    pub actions: Option<Vec<String>>,
}

/// Why an account or a credential is refused.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum AccountFault {
    /// The store could not be read; the log has the reason.
    #[error("the account could not be read")]
    Unreadable,
    /// The account was deleted while its credential lives.
    #[error("the account of this credential was deleted")]
    Gone,
    /// A number in the request is another account's.
    #[error("{field} is not the one of this credential's account")]
    Mismatch {
        /// The parameter.
        field: &'static str,
    },
    /// The account is blocked.
    #[error("the account is blocked")]
    Blocked,
    /// The credential is disabled.
    #[error("the credential is disabled")]
    CredentialDisabled,
    /// The credential may not call the action.
    #[error("the credential may not call {action}")]
    ActionDenied {
        /// The action.
        action: String,
    },
    /// The operator serves verified accounts only.
    #[error("the account has not been verified")]
    NotVerified,
    /// The prepaid balance is used up.
    #[error("the prepaid balance is used up")]
    BalanceExhausted,
    /// What was asked for needs more than the machine has left.
    #[error("no capacity is left for {what}")]
    NoCapacity {
        /// What was asked for.
        what: &'static str,
    },
}

impl Account {
    /// Whether a credential of this account may call `action` at all.
    ///
    /// # Errors
    /// `Gone`, `Blocked`, `CredentialDisabled`, `ActionDenied`, in this order.
    pub fn admit(&self, rights: &CredentialRights, action: &str) -> Result<(), AccountFault> {
        if self.deleted {
            return Err(AccountFault::Gone);
        }
        if self.blocked {
            return Err(AccountFault::Blocked);
        }
        if !rights.enabled {
            return Err(AccountFault::CredentialDisabled);
        }
        match &rights.actions {
            Some(allowed) if !allowed.iter().any(|known| known == action) => {
                Err(AccountFault::ActionDenied { action: action.to_owned() })
            }
            _ => Ok(()),
        }
    }

    /// Whether the account may make something that costs.
    ///
    /// # Errors
    /// `NotVerified` if the operator asks for verified accounts; `BalanceExhausted` at a balance of 0 or less.
    pub fn admit_create(&self, verified_only: bool) -> Result<(), AccountFault> {
        if verified_only && !self.verified {
            return Err(AccountFault::NotVerified);
        }
        if self.balance.is_some_and(|left| left <= 0) {
            return Err(AccountFault::BalanceExhausted);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::{Account, AccountFault, CredentialRights};

    const ALL: CredentialRights = CredentialRights { enabled: true, actions: None };

    #[test]
    fn the_account_comes_before_the_credential_and_this_before_its_actions() {
        let closed = CredentialRights { enabled: false, actions: Some(Vec::new()) };
        let account = |deleted, blocked| Account { deleted, blocked, ..Account::default() };
        assert_eq!(account(true, true).admit(&closed, "A"), Err(AccountFault::Gone));
        assert_eq!(account(false, true).admit(&closed, "A"), Err(AccountFault::Blocked));
        assert_eq!(account(false, false).admit(&closed, "A"), Err(AccountFault::CredentialDisabled));
        let only = CredentialRights { enabled: true, actions: Some(vec!["B".to_owned()]) };
        let denied = AccountFault::ActionDenied { action: "A".to_owned() };
        assert_eq!(Account::default().admit(&only, "A"), Err(denied));
        assert_eq!(Account::default().admit(&only, "B"), Ok(()));
        assert_eq!(Account::default().admit(&ALL, "A"), Ok(()));
    }

    #[test]
    fn what_costs_needs_a_balance_where_one_is_kept() {
        let with = |verified, balance| Account { verified, balance, ..Account::default() };
        assert_eq!(with(true, None).admit_create(true), Ok(()));
        assert_eq!(with(false, None).admit_create(false), Ok(()));
        assert_eq!(with(false, Some(1)).admit_create(true), Err(AccountFault::NotVerified));
        assert_eq!(with(true, Some(0)).admit_create(true), Err(AccountFault::BalanceExhausted));
        assert_eq!(with(true, Some(1)).admit_create(true), Ok(()));
    }
}
