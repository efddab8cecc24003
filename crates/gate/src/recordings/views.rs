//! Recordings: lists, deletion and its undoing.

use std::sync::Arc;

use serde_json::{Value, json};
use vivace_base::{AppId, Ulid, UnixMs};
use vivace_domain::recording::{RecordFault, RecordState, Recording};
use vivace_store::{RecordingFilter, RecordingPage, StorageUse};

use super::{Recordings, TaskTarget, shown_id, unreadable, unwritten};
use crate::Caller;

/// Which recordings a page shows.
#[derive(Clone, Debug, Default)]
pub struct RecordingList {
    /// Of this channel or stream.
    pub target: Option<TaskTarget>,
    /// Of this task, as it was given.
    pub task: Option<String>,
    /// Only what was still recorded after this time.
    pub from: Option<UnixMs>,
    /// Only what began before this time.
    pub to: Option<UnixMs>,
    /// Only those whose file can be read.
    pub readable: bool,
    /// The newest first.
    pub descending: bool,
    /// Recordings before the page.
    pub offset: u64,
    /// Recordings on it, at most.
    pub limit: u32,
}

impl Recordings {
    /// A page of an app's recordings.
    ///
    /// # Errors
    /// [`RecordFault`]: `UnknownChannel`, `UnknownTask`, `Unreadable`.
    pub async fn page(&self, app: AppId, list: &RecordingList) -> Result<RecordingPage, RecordFault> {
        let target = list.target.as_ref();
        let of = self.of_target(app, target).await?;
        let task = match &list.task {
            None => None,
            Some(id) => Some(self.task(app, target, id).await?.id),
        };
        let filter = RecordingFilter {
            stream: of.stream,
            channel: of.channel,
            task,
            from: list.from,
            to: list.to,
            states: if list.readable { vec![RecordState::Stored, RecordState::Uploaded] } else { Vec::new() },
            deleted: false,
            leave_waiting: false,
        };
        let reader = self.parts.store.reader();
        let page = reader.recordings_page(app, &filter, list.descending, list.offset, list.limit).await;
        page.map_err(|fault| unreadable(&fault))
    }

    /// An app's recordings behind the one of id `after`, at most `limit`; the newest first if `descending`.
    ///
    /// # Errors
    /// [`RecordFault::Unreadable`].
    pub async fn recordings(
        &self,
        app: AppId,
        filter: &RecordingFilter,
        descending: bool,
        after: Option<Ulid>,
        limit: u32,
    ) -> Result<Vec<Recording>, RecordFault> {
        let found = self.parts.store.reader().recordings(app, filter, descending, after, limit).await;
        let mut recordings = found.map_err(|fault| unreadable(&fault))?;
        for recording in &mut recordings {
            self.count(recording).await?;
        }
        Ok(recordings)
    }

    /// What a recording has so far, if it is not finished: its row says so only in the end.
    async fn count(&self, recording: &mut Recording) -> Result<(), RecordFault> {
        if !matches!(recording.state, RecordState::Recording | RecordState::Finalizing) {
            return Ok(());
        }
        let so_far = self.parts.store.reader().recorded_so_far(recording).await;
        (recording.duration_ms, recording.bytes) = so_far.map_err(|fault| unreadable(&fault))?;
        Ok(())
    }

    /// One recording, a deleted one too.
    ///
    /// # Errors
    /// [`RecordFault`]: `UnknownRecording`, `Unreadable`.
    pub async fn recording(&self, app: AppId, id: &str) -> Result<Recording, RecordFault> {
        let unknown = || RecordFault::UnknownRecording { id: shown_id(id) };
        let ulid = Ulid::parse(id).map_err(|_| unknown())?;
        let found = self.parts.store.reader().recording(app, ulid).await.map_err(|fault| unreadable(&fault))?;
        let mut found = found.ok_or_else(unknown)?;
        self.count(&mut found).await?;
        Ok(found)
    }

    /// What an app's recordings take on disk.
    ///
    /// # Errors
    /// [`RecordFault::Unreadable`].
    pub async fn storage_use(&self, app: AppId) -> Result<StorageUse, RecordFault> {
        self.parts.store.reader().storage_use(app).await.map_err(|fault| unreadable(&fault))
    }

    /// Deletes a recording that is finished. Its media stays for `recording.undo_ms`. On disk when this returns.
    ///
    /// # Errors
    /// [`RecordFault`]: `UnknownRecording`, `NotStored`, and those of the store.
    pub async fn delete_recording(self: &Arc<Self>, app: AppId, caller: &Caller, id: &str) -> Result<(), RecordFault> {
        let found = self.recording(app, id).await?;
        let (this, caller) = (self.clone(), caller.clone());
        self.whole(async move { this.delete_recording_now(&caller, &found).await }).await
    }

    async fn delete_recording_now(&self, caller: &Caller, found: &Recording) -> Result<(), RecordFault> {
        if found.deleted_at.is_some() {
            return Err(RecordFault::UnknownRecording { id: found.id.to_string() });
        }
        if matches!(found.state, RecordState::Recording | RecordState::Finalizing) {
            return Err(RecordFault::NotStored { id: found.id.to_string() });
        }
        let subject = format!("recording/{}", found.id);
        let store = self.noted(found.app, caller, "recording.delete", subject, (Some(&shown(found)), None));
        let deleted = store.delete_recording(found.app, found.id, self.now()).await;
        if !deleted.map_err(|fault| unwritten(&fault))? {
            return Err(RecordFault::UnknownRecording { id: found.id.to_string() });
        }
        Ok(())
    }

    /// Takes a deletion back. On disk when this returns.
    ///
    /// # Errors
    /// [`RecordFault`]: `UnknownRecording`, `NotDeleted`, `UndoOver`, and those of the store.
    pub async fn restore_recording(self: &Arc<Self>, app: AppId, caller: &Caller, id: &str) -> Result<(), RecordFault> {
        let found = self.recording(app, id).await?;
        let (this, caller) = (self.clone(), caller.clone());
        self.whole(async move { this.restore_recording_now(&caller, &found).await }).await
    }

    async fn restore_recording_now(&self, caller: &Caller, found: &Recording) -> Result<(), RecordFault> {
        let (now, undo_ms) = (self.now(), self.settings().undo_ms);
        if found.deleted_at.is_none() {
            return Err(RecordFault::NotDeleted { id: found.id.to_string() });
        }
        if !found.may_be_restored(now, undo_ms) {
            return Err(RecordFault::UndoOver { id: found.id.to_string(), undo_ms });
        }
        let deleted_after = UnixMs(now.0.saturating_sub_unsigned(undo_ms));
        let subject = format!("recording/{}", found.id);
        let store = self.noted(found.app, caller, "recording.restore", subject, (None, Some(&shown(found))));
        let restored = store.restore_recording(found.app, found.id, deleted_after).await;
        if !restored.map_err(|fault| unwritten(&fault))? {
            return Err(RecordFault::UndoOver { id: found.id.to_string(), undo_ms });
        }
        Ok(())
    }
}

fn shown(recording: &Recording) -> Value {
    json!({
        "stream": recording.stream.as_str(),
        "format": recording.format.as_str(),
        "state": recording.state.as_str(),
        "started_at_ms": recording.started_at.0,
        "duration_ms": recording.duration_ms,
        "bytes": recording.bytes,
    })
}
