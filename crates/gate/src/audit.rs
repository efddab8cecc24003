//! Who changed what. A change of the store is noted in its own transaction ([`Audited::at`], `Store::noted`), so that there
//! is never one without the other; what is done to streams alone is noted when it is done ([`Audit`]).

use std::future::Future;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use vivace_base::{AppId, Clock, UnixMs};
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

/// A change, as it is noted.
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

impl Audited {
    /// Its row in the store.
    pub fn at(self, now: UnixMs) -> NewAudit {
        let Self { app, caller, operation, subject, before, after } = self;
        NewAudit {
            at: now,
            app,
            face: caller.face.to_owned(),
            who: caller.who,
            peer: caller.peer.map(|peer| peer.to_string()),
            operation: operation.to_owned(),
            subject,
            before,
            after,
        }
    }
}

/// What notes something answers once that is on disk.
pub type Noting<'a> = Pin<Box<dyn Future<Output = ()> + Send + 'a>>;

/// Where is noted what changes nothing of the store: a stream that was cut.
pub trait Audit: Send + Sync {
    /// Notes one. It is on disk when this has answered, and so before its success is told.
    fn audit(&self, change: Audited) -> Noting<'_>;
}

/// Notes in the store and in the log.
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

    /// What was done and could not be noted.
    pub fn failed(&self) -> u64 {
        self.failed.load(Relaxed)
    }

    async fn write(&self, change: Audited) {
        let new = change.at(self.clock.unix());
        if let Err(fault) = self.store.append_audit(&new).await {
            // It is done; its caller is not told that it failed.
            self.failed.fetch_add(1, Relaxed);
            let NewAudit { operation, subject, before, after, .. } = new;
            tracing::error!(%fault, cause = cause(&fault), operation, subject, before, after, "what was done could not be noted");
        }
    }
}

impl Audit for AuditLog {
    fn audit(&self, change: Audited) -> Noting<'_> {
        Box::pin(self.write(change))
    }
}
