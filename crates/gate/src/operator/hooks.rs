use std::sync::Arc;

use serde_json::json;
use thiserror::Error;
use vivace_base::AppId;
use vivace_store::{Hook, HookFilter, HookState, Note};

use super::{Operator, StoreFailed, failed};
use crate::Caller;

/// Why a callback was not sent once more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum ResendFault {
    /// There is no such callback, or no longer.
    #[error("there is no such callback")]
    Unknown,
    /// It has not been settled.
    #[error("the callback waits for its next try anyway")]
    Waits,
    /// The outbox is full of callbacks that wait.
    #[error("the outbox is full of callbacks that wait")]
    Full,
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreFailed),
}

impl Operator {
    /// An app's callbacks, newest first, at most `count`.
    ///
    /// # Errors
    /// [`StoreFailed`].
    pub async fn hooks(&self, app: AppId, filter: &HookFilter, count: u32) -> Result<Vec<Hook>, StoreFailed> {
        self.parts.store.reader().hooks(app, filter, count).await.map_err(|fault| failed(&fault))
    }

    /// Sends a callback that is settled once more, as a new one, whose number this returns. On disk then.
    ///
    /// # Errors
    /// [`ResendFault`].
    pub async fn resend_hook(self: &Arc<Self>, app: AppId, caller: &Caller, seq: i64) -> Result<i64, ResendFault> {
        let (this, caller) = (self.clone(), caller.clone());
        let done = self.parts.channels.whole(async move {
            let store = &this.parts.store;
            let one = HookFilter { before: seq.checked_add(1), ..HookFilter::default() };
            let found = store.reader().hooks(app, &one, 1).await.map_err(|fault| failed(&fault))?;
            let found = found.into_iter().find(|hook| hook.seq == seq).ok_or(ResendFault::Unknown)?;
            if found.state == HookState::Waiting {
                return Err(ResendFault::Waits);
            }
            let (now, noting) = (this.parts.clock.unix(), this.clone());
            let note = Note::numbered(move |again| {
                let shown = (None, Some(json!({ "as": again }).to_string()));
                noting.row(app, &caller, "hook.resend", format!("hook/{seq}"), shown)
            });
            let again = store.noted(note).resend_hook(app, seq, now).await.map_err(|fault| failed(&fault))?;
            again.ok_or(ResendFault::Full)
        });
        done.await.unwrap_or(Err(ResendFault::Store(StoreFailed)))
    }
}
