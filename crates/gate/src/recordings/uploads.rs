//! The queue of copies to the bucket: its list, and trying at once.

use std::sync::Arc;

use vivace_base::{AppId, Ulid};
use vivace_domain::recording::RecordFault;
use vivace_store::{UploadLine, UploadState};

use super::{Recordings, shown_id, unreadable, unwritten};
use crate::Caller;

impl Recordings {
    /// An app's places in the queue behind the recording `after`, newest recordings first, at most `limit`.
    ///
    /// # Errors
    /// [`RecordFault::Unreadable`].
    pub async fn uploads(
        &self,
        app: AppId,
        state: Option<UploadState>,
        after: Option<Ulid>,
        limit: u32,
    ) -> Result<Vec<UploadLine>, RecordFault> {
        let found = self.parts.store.reader().uploads(app, state, after, limit).await;
        found.map_err(|fault| unreadable(&fault))
    }

    /// Has a recording's copy tried at once that waits for its next try. On disk when this returns.
    ///
    /// # Errors
    /// [`RecordFault`]: `UnknownRecording` if nothing waits under this id, and those of the store.
    pub async fn retry_upload(self: &Arc<Self>, app: AppId, caller: &Caller, id: &str) -> Result<(), RecordFault> {
        let unknown = || RecordFault::UnknownRecording { id: shown_id(id) };
        let ulid = Ulid::parse(id).map_err(|_| unknown())?;
        let (this, caller) = (self.clone(), caller.clone());
        let retried = self.whole(async move { this.retry_upload_now(app, &caller, ulid).await }).await?;
        if retried { Ok(()) } else { Err(unknown()) }
    }

    /// Has a copy deleted no more: what the bucket still has of it stays there. On disk when this returns.
    ///
    /// # Errors
    /// [`RecordFault`]: `UnknownRecording` if no copy of this recording is to be deleted, and those of the store.
    pub async fn forget_deletion(self: &Arc<Self>, app: AppId, caller: &Caller, id: &str) -> Result<(), RecordFault> {
        let unknown = || RecordFault::UnknownRecording { id: shown_id(id) };
        let ulid = Ulid::parse(id).map_err(|_| unknown())?;
        let (this, caller) = (self.clone(), caller.clone());
        let forgotten = self.whole(async move { this.forget_deletion_now(app, &caller, ulid).await }).await?;
        if forgotten { Ok(()) } else { Err(unknown()) }
    }

    async fn forget_deletion_now(&self, app: AppId, caller: &Caller, id: Ulid) -> Result<bool, RecordFault> {
        let store = self.noted(app, caller, "upload.forget", format!("recording/{id}"), (None, None));
        store.forget_deletion(app, id).await.map_err(|fault| unwritten(&fault))
    }

    async fn retry_upload_now(&self, app: AppId, caller: &Caller, id: Ulid) -> Result<bool, RecordFault> {
        let store = self.noted(app, caller, "upload.retry", format!("recording/{id}"), (None, None));
        store.retry_upload(app, id, self.now()).await.map_err(|fault| unwritten(&fault))
    }
}
