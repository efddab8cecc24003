//! Who may call a signed API, now: credential, signature, account, clock, replay and quota, in this order. The faces give
//! the signature as a question, since each way of signing has its own.

mod cache;
mod change;
mod fault;
mod stamped;
#[cfg(test)]
mod tests;

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use parking_lot::Mutex;
use vivace_base::{AppId, Clock, LiveLimits, Secret, UnixMs};
use vivace_domain::access::{RateWindow, check_clock};
use vivace_domain::account::{Account, AccountFault};
use vivace_domain::app::App;
use vivace_store::{ALL_ACTIONS, Credential, Replay, RequestKey, Store, Taken};

use crate::Standing;
use cache::Cache;
pub use change::AccessChangeFault;
pub use fault::AccessFault;
pub use stamped::{StampFault, StampedCall};

/// A signed call, as a face has read it; nothing in it has been believed yet.
pub struct SignedCall<'a> {
    /// The public half of the credential.
    pub secret_id: &'a str,
    /// Whether the signature is right if this is the secret half.
    pub is_signed_with: &'a (dyn Fn(&Secret<String>) -> bool + Sync),
    /// When it was signed, in Unix seconds.
    pub timestamp_s: u64,
    /// How far that may be from now, in seconds.
    pub clock_tolerance_s: u64,
    /// The number that tells calls of one second apart; none where the way of signing has none.
    pub nonce: Option<u64>,
    /// The action, by its name on the wire.
    pub action: &'a str,
    /// Whether it only reads.
    pub is_query: bool,
    /// Numbers of the account among the parameters.
    pub numbers: &'a [AccountNumber<'a>],
}

/// A number of an account that a call carries, and that must be the caller's own.
#[derive(Clone, Copy, Debug)]
pub struct AccountNumber<'a> {
    /// The parameter's name.
    pub field: &'static str,
    /// Which number it is.
    pub kind: NumberKind,
    /// What was given.
    pub given: &'a str,
}

/// Numbers of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NumberKind {
    /// `appid`.
    AppId,
    /// `bizid`.
    BizId,
}

/// An app with its account.
#[derive(Debug)]
pub struct Tenant {
    /// The app.
    pub app: App,
    /// What it may do.
    pub account: Account,
}

/// Decides about signed calls. Credentials and accounts are read once and kept until they change.
pub struct Access {
    store: Store,
    /// Decides about pushes and plays by the same accounts.
    standing: Arc<Standing>,
    clock: Arc<dyn Clock>,
    limits: LiveLimits,
    replay: Arc<Replay>,
    credentials: Cache<String, Credential>,
    tenants: Cache<AppId, Tenant>,
    maintenance: Cache<(), BTreeSet<String>>,
    /// By app, and whether the calls only read: bounded by the apps.
    rates: Mutex<HashMap<(AppId, bool), RateWindow>>,
}

impl Access {
    /// The decisions over a store and a memory of signed requests.
    pub fn new(
        store: Store,
        standing: Arc<Standing>,
        replay: Arc<Replay>,
        clock: Arc<dyn Clock>,
        limits: LiveLimits,
    ) -> Self {
        Self {
            store,
            standing,
            clock,
            limits,
            replay,
            credentials: Cache::default(),
            tenants: Cache::default(),
            maintenance: Cache::default(),
            rates: Mutex::default(),
        }
    }

    /// The memory of signed requests.
    pub const fn replay(&self) -> &Arc<Replay> {
        &self.replay
    }

    /// Whether an action is served now.
    ///
    /// # Errors
    /// [`AccessFault`]: `Maintenance`, `Unreadable`.
    pub async fn admit_action(&self, action: &str) -> Result<(), AccessFault> {
        let read = async || {
            let actions = self.store.reader().maintenance().await?;
            Ok(Some(actions.into_iter().collect()))
        };
        let closed = self.maintenance.get(&(), read).await.map_err(|fault| unreadable(&fault))?;
        let closed = |name: &str| closed.as_ref().is_some_and(|closed| closed.contains(name));
        if closed(ALL_ACTIONS) || closed(action) { Err(AccessFault::Maintenance) } else { Ok(()) }
    }

    /// Decides about a signed call. One that is let in is on record: the same call is not let in again.
    ///
    /// # Errors
    /// [`AccessFault`]: the first check that fails.
    pub async fn admit(&self, call: &SignedCall<'_>) -> Result<Arc<Tenant>, AccessFault> {
        let credential = self.credential(call.secret_id).await?.ok_or(AccessFault::CredentialUnknown)?;
        if !(call.is_signed_with)(&credential.secret_key) {
            return Err(AccessFault::SignatureWrong);
        }
        let tenant = self.tenant(credential.app).await?.ok_or(AccountFault::Gone)?;
        tenant.account.admit(&credential.rights, call.action)?;
        tenant.check_numbers(call.numbers)?;
        let now = self.clock.unix();
        check_clock(call.timestamp_s, now, call.clock_tolerance_s)?;
        let request = call.nonce.map(|nonce| {
            let request = RequestKey { secret_id: call.secret_id, timestamp_s: call.timestamp_s, nonce };
            self.replay.look_up(&request).map(|found| (request, found)).ok_or(AccessFault::Replayed)
        });
        let request = request.transpose()?;
        self.take_rate(credential.app, call.is_query, now)?;
        if let Some((request, found)) = request {
            // A call that is refused above takes no room, and of the same at once only one gets past here.
            match self.replay.take(&request, found).await {
                Ok(Taken::First) => {}
                Ok(Taken::Again | Taken::Forgotten) => return Err(AccessFault::Replayed),
                Ok(Taken::Full { max }) => return Err(AccessFault::MemoryFull { max }),
                Err(fault) => {
                    tracing::error!(%fault, "a signed call cannot be put on record: it is refused");
                    return Err(AccessFault::NotRecorded);
                }
            }
        }
        Ok(tenant)
    }

    /// An app with its account; none if there is no such app.
    ///
    /// # Errors
    /// [`AccountFault::Unreadable`]; the log has the reason.
    pub async fn tenant(&self, id: AppId) -> Result<Option<Arc<Tenant>>, AccountFault> {
        let read = async || {
            let (app, account) = (self.store.reader().app(id).await?, self.store.reader().account(id).await?);
            Ok(app.zip(account).map(|(app, account)| Tenant { app, account }))
        };
        self.tenants.get(&id, read).await.map_err(|fault| {
            tracing::error!(%fault, app = id.0, "an account cannot be read: its calls are refused");
            AccountFault::Unreadable
        })
    }

    async fn credential(&self, secret_id: &str) -> Result<Option<Arc<Credential>>, AccessFault> {
        let read = async || self.store.reader().credential(secret_id).await;
        self.credentials.get(secret_id, read).await.map_err(|fault| unreadable(&fault))
    }

    fn take_rate(&self, app: AppId, is_query: bool, now: UnixMs) -> Result<(), AccessFault> {
        let limits = self.limits.get();
        let max = if is_query { limits.api_queries_per_minute_max } else { limits.api_changes_per_minute_max };
        let taken = self.rates.lock().entry((app, is_query)).or_default().take(now, max);
        if taken { Ok(()) } else { Err(AccessFault::RateQuota { max, wait_ms: RateWindow::wait_ms(now) }) }
    }
}

impl Tenant {
    fn check_numbers(&self, numbers: &[AccountNumber<'_>]) -> Result<(), AccountFault> {
        let wrong = |number: &&AccountNumber<'_>| {
            let own = match number.kind {
                NumberKind::AppId => self.app.keys.appid,
                NumberKind::BizId => self.app.keys.bizid,
            };
            number.given.parse() != Ok(own)
        };
        match numbers.iter().find(wrong) {
            Some(number) => Err(AccountFault::Mismatch { field: number.field }),
            None => Ok(()),
        }
    }
}

fn unreadable(fault: &vivace_store::Fault) -> AccessFault {
    tracing::error!(%fault, "the store cannot be read: a signed call is refused");
    AccessFault::Unreadable
}
