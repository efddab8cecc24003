use std::sync::Arc;

use serde_json::json;
use vivace_domain::host::{AuthChange, HostFault, UrlAuth};
use vivace_domain::ip_list::Direction;

use super::Operator;
use crate::Caller;
use crate::channels::cause;

impl Operator {
    /// Changes how the app's addresses of a direction are signed: the keys, whether they must be, and how long they are
    /// good beyond their `txTime`. On disk, and in force, when this returns.
    ///
    /// # Errors
    /// [`HostFault`]: `Key`, `Delta`, `NotWritten`.
    pub async fn set_url_auth(
        self: &Arc<Self>,
        caller: &Caller,
        direction: Direction,
        change: AuthChange,
    ) -> Result<(), HostFault> {
        change.check()?;
        let (this, caller) = (self.clone(), caller.clone());
        let done = self.parts.channels.whole(async move {
            let _turn = this.turns.acquire().await;
            let parts = &this.parts;
            let (id, standing) = (parts.gate.app().id, parts.gate.standing());
            let before = standing.url_auth(id, direction);
            let after = UrlAuth {
                enabled: change.enabled.or(before.enabled),
                delta_s: change.delta_s.unwrap_or(before.delta_s),
            };
            let subject = if direction == Direction::Push { "url/push" } else { "url/play" };
            let shown = (Some(shown(before, None)), Some(shown(after, Some(&change))));
            let store = parts.store.noted(this.row(id, &caller, "url.set_auth", subject.to_owned(), shown));
            store.set_url_auth(id, direction, &change, after).await.map_err(|fault| failed(&fault))?;
            // What is on disk counts, whatever became of reading it: the next start would go by it.
            let app = parts.store.app(id).await.map_err(|fault| failed(&fault))?.ok_or(HostFault::NotWritten)?;
            parts.gate.set_app(app);
            parts.access.app_changed();
            standing.set_url_auth(id, direction, after);
            Ok(())
        });
        done.await.unwrap_or(Err(HostFault::NotWritten))
    }
}

/// Without keys, but whether they were changed.
fn shown(auth: UrlAuth, change: Option<&AuthChange>) -> String {
    let is_new = |has: fn(&AuthChange) -> bool| change.is_some_and(has);
    json!({
        "enabled": auth.enabled,
        "delta_s": auth.delta_s,
        "key_is_new": is_new(|change| change.key.is_some()),
        "backup_is_new": is_new(|change| change.backup.is_some()),
    })
    .to_string()
}

fn failed(fault: &vivace_store::Fault) -> HostFault {
    tracing::error!(%fault, cause = cause(fault), "how addresses are signed cannot be written");
    HostFault::NotWritten
}
