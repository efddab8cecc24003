//! Who changed what: every use case that changes something says so here, and nowhere else.

use std::future::Future;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use vivace_base::{AppId, Clock};
use vivace_store::{NewAudit, Store};

use crate::channels::cause;

/// Who asks for a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// The face that the call came by, such as `lvb-v2`.
    pub face: &'static str,
    /// The credential: a public part of it, never a secret.
    pub who: String,
    /// Where the call came from.
    pub peer: Option<IpAddr>,
}

/// A change that is on disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Audited {
    /// Whose thing was changed.
    pub app: AppId,
    /// Who did it.
    pub caller: Caller,
    /// What was done, such as `channel.stop`.
    pub operation: &'static str,
    /// To what, such as `channel/16093104850681751595`.
    pub subject: String,
    /// How it was, as JSON text without secrets; `None` for what is new.
    pub before: Option<String>,
    /// How it is, likewise; `None` for what is gone.
    pub after: Option<String>,
}

/// What notes a change answers once that is on disk.
pub type Noting<'a> = Pin<Box<dyn Future<Output = ()> + Send + 'a>>;

/// Where changes are noted.
pub trait Audit: Send + Sync {
    /// Notes one. It is on disk when this has answered, and so before the success of the change is told.
    fn audit(&self, change: Audited) -> Noting<'_>;
}

/// Notes changes in the store and in the log.
pub struct AuditLog {
    store: Store,
    clock: Arc<dyn Clock>,
    failed: AtomicU64,
}

impl AuditLog {
    /// The log of changes of a store.
    pub fn new(store: Store, clock: Arc<dyn Clock>) -> Self {
        Self { store, clock, failed: AtomicU64::new(0) }
    }

    /// Changes that were made and could not be noted.
    pub fn failed(&self) -> u64 {
        self.failed.load(Relaxed)
    }

    async fn write(&self, change: Audited) {
        let Audited { app, caller, operation, subject, before, after } = change;
        let peer = caller.peer.map(|peer| peer.to_string());
        tracing::info!(target: "audit", app = app.0, face = caller.face, who = caller.who, peer, operation, subject, "changed");
        let new = NewAudit {
            at: self.clock.unix(),
            app,
            face: caller.face.to_owned(),
            who: caller.who,
            peer,
            operation: operation.to_owned(),
            subject,
            before,
            after,
        };
        if let Err(fault) = self.store.append_audit(&new).await {
            // The change is on disk; its caller is not told that it failed.
            self.failed.fetch_add(1, Relaxed);
            let NewAudit { operation, subject, before, after, .. } = new;
            tracing::error!(%fault, cause = cause(&fault), operation, subject, before, after, "a change could not be noted");
        }
    }
}

impl Audit for AuditLog {
    fn audit(&self, change: Audited) -> Noting<'_> {
        Box::pin(self.write(change))
    }
}
