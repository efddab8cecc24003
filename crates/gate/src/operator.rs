//! The use cases of the operator: keys, accounts, credentials and maintenance, each noted in the log of changes, and the
//! way back from a change.

mod account;
mod hooks;
mod keys;
mod undo;
mod urls;

use std::sync::Arc;

use tokio::sync::Semaphore;
use vivace_base::{AppId, Clock, Rng};
use vivace_store::{AuditFilter, AuditRow, EventFilter, EventRow, NewAudit, Store};

use crate::channels::cause;
use crate::{Access, Audited, Caller, Channels, Gate, Recordings};

pub use account::account_version;
pub use hooks::ResendFault;
pub use keys::KeyFault;
pub use undo::UndoFault;

/// What the use cases need.
pub struct OperatorParts {
    /// Where facts are kept.
    pub store: Store,
    /// What decides with the app's keys.
    pub gate: Arc<Gate>,
    /// Accounts and credentials.
    pub access: Arc<Access>,
    /// Channels, lists and rules.
    pub channels: Arc<Channels>,
    /// Recordings.
    pub recordings: Arc<Recordings>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Randomness for keys.
    pub rng: Arc<dyn Rng>,
}

/// The use cases of the operator.
pub struct Operator {
    parts: OperatorParts,
    /// Changes take turns.
    turns: Semaphore,
}

/// The store could not be read or written; the log has the reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the store could not be read or written: the server's log has the reason")]
pub struct StoreFailed;

impl Operator {
    /// The use cases, on these parts.
    pub fn new(parts: OperatorParts) -> Arc<Self> {
        Arc::new(Self { parts, turns: Semaphore::new(1) })
    }

    /// Changes of an app, newest first, at most `count`.
    ///
    /// # Errors
    /// [`StoreFailed`].
    pub async fn changes(&self, app: AppId, filter: &AuditFilter, count: u32) -> Result<Vec<AuditRow>, StoreFailed> {
        self.parts.store.reader().audit(app, filter, count).await.map_err(|fault| failed(&fault))
    }

    /// One change of an app.
    ///
    /// # Errors
    /// [`StoreFailed`].
    pub async fn change(&self, app: AppId, id: i64) -> Result<Option<AuditRow>, StoreFailed> {
        self.parts.store.reader().audit_of(app, id).await.map_err(|fault| failed(&fault))
    }

    /// What happened to streams, newest first, at most `count`.
    ///
    /// # Errors
    /// [`StoreFailed`].
    pub async fn events(&self, filter: &EventFilter, count: u32) -> Result<Vec<EventRow>, StoreFailed> {
        self.parts.store.reader().events(filter, count).await.map_err(|fault| failed(&fault))
    }

    /// The row of a change that is about to be made.
    fn row(
        &self,
        app: AppId,
        caller: &Caller,
        operation: &'static str,
        subject: String,
        (before, after): (Option<String>, Option<String>),
    ) -> NewAudit {
        let caller = caller.clone();
        Audited { app, caller, operation, subject, before, after }.at(self.parts.clock.unix())
    }
}

fn failed(fault: &vivace_store::Fault) -> StoreFailed {
    tracing::error!(%fault, cause = cause(fault), "what an operator asked for could not be read or written");
    StoreFailed
}
