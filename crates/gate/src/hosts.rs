//! The use cases of host names: streams come and go by them unless they are disabled.

use std::sync::Arc;

use serde_json::json;
use vivace_base::AppId;
use vivace_domain::host::{Host, HostFault, HostName};
use vivace_domain::ip_list::Direction;
use vivace_store::{AddHost, Store};

use crate::channels::cause;
use crate::{Audited, Caller, Channels};

impl Channels {
    /// An app's host names, by name.
    pub fn hosts(&self, app: AppId) -> Vec<Host> {
        self.parts.standing.hosts(app)
    }

    /// A host name of an app.
    ///
    /// # Errors
    /// [`HostFault::Unknown`].
    pub fn host(&self, app: AppId, name: &HostName) -> Result<Host, HostFault> {
        self.parts.standing.host(app, name).ok_or(HostFault::Unknown)
    }

    /// Adds a host name, which is enabled. On disk, and in effect, when this returns.
    ///
    /// # Errors
    /// [`HostFault`]: `Known`, `Quota`, `NotWritten`.
    pub async fn add_host(
        self: &Arc<Self>,
        app: AppId,
        caller: &Caller,
        (name, direction, play_type): (HostName, Direction, u8),
    ) -> Result<(), HostFault> {
        let created_at = self.parts.clock.unix();
        let host = Host { name, direction, enabled: true, play_type, created_at };
        let (this, caller) = (self.clone(), caller.clone());
        let done = self.whole(async move {
            let _turn = this.turns.acquire().await;
            let limit = this.parts.limits.get().domains_max;
            let store = this.noted_host(app, caller, "domain.add", (None, Some(&host)));
            match store.add_host(app, &host, limit).await.map_err(|fault| failed(&fault))? {
                AddHost::Added => {}
                AddHost::Known => return Err(HostFault::Known),
                AddHost::Full => return Err(HostFault::Quota { limit }),
            }
            this.parts.standing.set_host(app, &host.name, Some(host.clone()));
            Ok(())
        });
        done.await.unwrap_or(Err(HostFault::NotWritten))
    }

    /// Enables a host name, or disables it: new pushes or plays by it are refused then. On disk, and in effect, when this
    /// returns.
    ///
    /// # Errors
    /// [`HostFault`]: `Unknown`, `NotWritten`.
    pub async fn enable_host(
        self: &Arc<Self>,
        app: AppId,
        caller: &Caller,
        name: &HostName,
        enabled: bool,
    ) -> Result<(), HostFault> {
        let (this, caller, name) = (self.clone(), caller.clone(), name.clone());
        let done = self.whole(async move {
            let _turn = this.turns.acquire().await;
            let before = this.host(app, &name)?;
            let after = Host { enabled, ..before.clone() };
            let operation = if enabled { "domain.enable" } else { "domain.disable" };
            let store = this.noted_host(app, caller, operation, (Some(&before), Some(&after)));
            let changed = store.enable_host(app, &name, enabled).await;
            if !changed.map_err(|fault| failed(&fault))? {
                return Err(HostFault::Unknown);
            }
            this.parts.standing.set_host(app, &name, Some(after));
            Ok(())
        });
        done.await.unwrap_or(Err(HostFault::NotWritten))
    }

    /// Takes a host name away. Gone from disk when this returns.
    ///
    /// # Errors
    /// [`HostFault`]: `Unknown`, `NotWritten`.
    pub async fn remove_host(
        self: &Arc<Self>,
        app: AppId,
        caller: &Caller,
        name: &HostName,
        direction: Direction,
    ) -> Result<(), HostFault> {
        let (this, caller, name) = (self.clone(), caller.clone(), name.clone());
        let done = self.whole(async move {
            let _turn = this.turns.acquire().await;
            let before = this.host(app, &name)?;
            let store = this.noted_host(app, caller, "domain.delete", (Some(&before), None));
            let removed = store.remove_host(app, &name, direction).await;
            if !removed.map_err(|fault| failed(&fault))? {
                return Err(HostFault::Unknown);
            }
            this.parts.standing.set_host(app, &name, None);
            Ok(())
        });
        done.await.unwrap_or(Err(HostFault::NotWritten))
    }

    fn noted_host(
        &self,
        app: AppId,
        caller: Caller,
        operation: &'static str,
        (before, after): (Option<&Host>, Option<&Host>),
    ) -> Store {
        let name = after.or(before).map_or("", |host| host.name.as_str());
        let (subject, before, after) = (format!("domain/{name}"), before.map(shown), after.map(shown));
        let change = Audited { app, caller, operation, subject, before, after };
        self.parts.store.noted(change.at(self.parts.clock.unix()))
    }
}

fn shown(host: &Host) -> String {
    let direction = if host.direction == Direction::Push { "push" } else { "play" };
    json!({ "direction": direction, "enabled": host.enabled, "play_type": host.play_type }).to_string()
}

fn failed(fault: &vivace_store::Fault) -> HostFault {
    tracing::error!(%fault, cause = cause(fault), "a domain cannot be written");
    HostFault::NotWritten
}
