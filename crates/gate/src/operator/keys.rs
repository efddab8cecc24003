use std::sync::Arc;

use thiserror::Error;
use vivace_base::Secret;
use vivace_domain::app::KeyName;

use super::{Operator, StoreFailed, failed};
use crate::Caller;

/// Why a key was not replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum KeyFault {
    /// There is no such app.
    #[error("there is no such app")]
    AppUnknown,
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreFailed),
}

impl Operator {
    /// Puts a new random key in the place of one of the app's; the new one. Where there is a second key for the same use,
    /// the old one stays good as that, so that nothing that was signed with it breaks. On disk, and in force, when this
    /// returns.
    ///
    /// # Errors
    /// [`KeyFault`].
    pub async fn rotate(self: &Arc<Self>, caller: &Caller, name: KeyName) -> Result<Secret<String>, KeyFault> {
        let (this, caller) = (self.clone(), caller.clone());
        let done = self.parts.channels.whole(async move {
            let _turn = this.turns.acquire().await;
            let parts = &this.parts;
            let (app, fresh) = (parts.gate.app().id, name.fresh(parts.rng.as_ref()));
            // Neither key is shown, but that there was one, so that a rotation counts as a change of its subject.
            let shown = (Some("{}".to_owned()), Some("{}".to_owned()));
            let row = this.row(app, &caller, "key.rotate", format!("key/{}", name.as_str()), shown);
            let written = parts.store.noted(row).rotate_key(app, name, &fresh).await;
            let app = written.map_err(|fault| failed(&fault))?.ok_or(KeyFault::AppUnknown)?;
            parts.gate.set_app(app);
            parts.access.app_changed();
            Ok(fresh)
        });
        done.await.unwrap_or(Err(KeyFault::Store(StoreFailed)))
    }
}
