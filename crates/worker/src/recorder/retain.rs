//! Takes away what is kept no longer: recordings by age, by size and when their deletion can no longer be taken back;
//! media that no recording and no time shift needs.

#[cfg(test)]
mod tests;

use std::fmt::Display;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use vivace_base::{Ulid, UnixMs};
use vivace_domain::recording::{RecordFormat, RecordState, Recording};
use vivace_store::{EndedBefore, FIRST_APP, Fault, Listed, RecordingFilter};

use super::disk::DiskFault;
use super::gone::{self, GoneFault};
use super::read::Place;
use super::settings::RecordSettings;
use super::shared::Shared;
use super::times::{AgeClock, before};

/// How often it looks.
const LOOK: Duration = Duration::from_secs(10);
/// For how long a clock that is set ahead lets nothing be taken away by its age: somebody may set it right.
const DOUBT_MS: u64 = 24 * 3_600_000;
/// How many rows it takes away at once.
const PAGE: u32 = 100;
/// States in which nothing makes a recording any more.
const FINISHED: [RecordState; 3] = [RecordState::Stored, RecordState::Uploaded, RecordState::Failed];

/// Why something is not taken away.
#[derive(Debug, thiserror::Error)]
pub(super) enum RetainFault {
    #[error(transparent)]
    Store(#[from] Fault),
    #[error(transparent)]
    Disk(#[from] DiskFault),
    #[error(transparent)]
    Gone(#[from] GoneFault),
}

/// Looks until it is told to stop.
pub(crate) async fn run(shared: Arc<Shared>, stop: CancellationToken) {
    let (mut told, mut age, mut doubted) = (false, AgeClock::default(), false);
    // Before anything can be set.
    age.now(shared.clock.unix(), shared.clock.mono(), DOUBT_MS);
    shared.dates.begin(shared.clock.as_ref(), shared.settings().shift_ms);
    loop {
        tokio::select! {
            () = sleep(LOOK) => {}
            () = stop.cancelled() => return,
        }
        shared.remove_notes().await;
        let unix = shared.clock.unix();
        let now = age.now(unix, shared.clock.mono(), DOUBT_MS);
        if now != unix && !doubted {
            let ahead_s = unix.0.saturating_sub(now.0) / 1_000;
            tracing::warn!(
                ahead_s,
                "the machine's clock was set ahead: for a day nothing is taken away because of that"
            );
        }
        doubted = now != unix;
        let mut look = Look::new(&shared, now);
        if let Err(fault) = look.run().await {
            tracing::error!(%fault, "what is kept no longer cannot be taken away: tried again");
            continue;
        }
        if look.left > 0 {
            tracing::error!(left = look.left, "some of what is kept no longer cannot be taken away: tried again");
        }
        if look.stuck && !told {
            tracing::warn!("more than recording.bytes_max is kept, and nothing of it may be taken away");
        }
        told = look.stuck;
    }
}

/// One look.
struct Look<'a> {
    shared: &'a Shared,
    settings: Arc<RecordSettings>,
    now: UnixMs,
    /// Which media is no time shift's.
    past_shift: EndedBefore,
    /// How many could not be taken away.
    left: u64,
    /// More is kept than is to be, and nothing of it may go.
    stuck: bool,
}

impl<'a> Look<'a> {
    fn new(shared: &'a Shared, now: UnixMs) -> Self {
        let settings = shared.settings();
        let past_shift = shared.dates.ended_before(shared.clock.as_ref(), settings.shift_ms);
        Self { shared, settings, now, past_shift, left: 0, stuck: false }
    }

    /// Tries each step: what one cannot do keeps none behind it from making room. The first fault.
    async fn run(&mut self) -> Result<(), RetainFault> {
        let mut done = self.deleted().await;
        done = done.and(self.past_keeping().await);
        if self.settings.keep_ms > 0 {
            done = done.and(self.expire(before(self.now, self.settings.keep_ms)).await);
        }
        if let Some(keep_local_ms) = self.settings.upload.keep_local_ms {
            done = done.and(self.local_copies(before(self.now, keep_local_ms)).await);
        }
        // Before the bytes are counted: what nobody needs counts for nobody.
        done = done.and(self.drop_media().await.map(drop));
        if self.settings.bytes_max > 0 {
            done = done.and(self.shrink().await);
        }
        done
    }

    /// Takes note of one that cannot be read or taken away: the others are.
    fn noted<T>(&mut self, id: impl Display, taken: Result<T, impl Into<RetainFault>>) -> Option<T> {
        match taken {
            Ok(taken) => Some(taken),
            Err(fault) => {
                let fault = fault.into();
                self.left = self.left.saturating_add(1);
                tracing::error!(%id, %fault, "a file that is kept no longer cannot be taken away");
                None
            }
        }
    }

    /// Takes from this disk what the bucket has had since before a time.
    async fn local_copies(&mut self, up_to: UnixMs) -> Result<(), RetainFault> {
        let mut after = None;
        loop {
            let page = self.shared.store.reader().local_copies(up_to, after.as_ref(), PAGE).await?;
            let Some(last) = page.last() else { return Ok(()) };
            after = Some(last.key.clone());
            for Listed { key: (_, id), row } in page {
                if let Some(recording) = self.noted(id, row) {
                    let taken = take_local(self.shared, &recording, "it is uploaded").await;
                    self.noted(recording.id, taken);
                }
            }
        }
    }

    async fn deleted(&mut self) -> Result<(), RetainFault> {
        let (up_to, mut after) = (before(self.now, self.settings.undo_ms), None);
        loop {
            let page = self.shared.store.reader().recordings_deleted(up_to, after.as_ref(), PAGE).await?;
            let Some(last) = page.last() else { return Ok(()) };
            after = Some(last.key.clone());
            for Listed { key: (_, id), row } in page {
                self.take_away(id, row, "deleted").await;
            }
        }
    }

    async fn past_keeping(&mut self) -> Result<(), RetainFault> {
        let mut after = None;
        loop {
            let (reader, leaves_waiting) = (self.shared.store.reader(), self.leaves_waiting());
            let page = reader.recordings_past_keeping(self.now, leaves_waiting, after.as_ref(), PAGE).await?;
            let Some(last) = page.last() else { return Ok(()) };
            after = Some(last.key.clone());
            for Listed { key: (_, id), row } in page {
                self.take_away(id, row, "its time is over").await;
            }
        }
    }

    /// Takes away what ended before a time. What is to be kept for a time of its own is kept for that.
    async fn expire(&mut self, at: UnixMs) -> Result<(), RetainFault> {
        let (reader, which, mut after) = (self.shared.store.reader(), self.finished(Some(at)), None::<String>);
        loop {
            let page = reader.recordings_listed(FIRST_APP, &which, false, after.as_deref(), PAGE).await?;
            let Some(last) = page.last() else { return Ok(()) };
            after = Some(last.key.clone());
            for Listed { key, row } in page {
                if row.as_ref().map_or(true, |one| one.keep_until.is_none() && is_over(one, at)) {
                    self.take_away(key, row, "older than recording.keep_days").await;
                }
            }
        }
    }

    async fn take_away(&mut self, id: String, row: Result<Recording, Fault>, why: &str) {
        if let Some(recording) = self.noted(id, row) {
            let taken = take_away(self.shared, &recording, why).await;
            self.noted(recording.id, taken);
        }
    }

    /// Takes media away that no recording and no time shift needs; its bytes.
    async fn drop_media(&mut self) -> Result<u64, RetainFault> {
        let (mut after, mut bytes) = (None, 0_u64);
        loop {
            let files = self.shared.store.reader().unused_media_files(&self.past_shift, after.as_ref(), PAGE).await?;
            let Some(last) = files.last() else { return Ok(bytes) };
            after = Some(last.key.clone());
            for Listed { key: (_, id), row } in files {
                let Some(file) = self.noted(id, row).filter(|file| !self.shared.is_ours(file.id)) else { continue };
                let dropped = drop_file(self.shared, file.id).await;
                if self.noted(file.id, dropped).is_some() {
                    bytes = bytes.saturating_add(file.bytes);
                }
            }
        }
    }

    /// Takes the oldest recordings away until the rest is small enough. Only what deleting them can free counts: media
    /// that a time shift or a recording that goes on needs would let every recording go, for nothing.
    async fn shrink(&mut self) -> Result<(), RetainFault> {
        let (shared, max) = (self.shared, self.settings.bytes_max);
        let reader = shared.store.reader();
        let used = reader.storage_use(FIRST_APP).await?;
        let total = used.recording_bytes.saturating_add(used.media_bytes);
        if total <= max {
            return Ok(());
        }
        let media = reader.media_bytes_freeable(FIRST_APP, &self.past_shift, None).await?;
        let (mut freed, over) = (0_u64, used.recording_bytes.saturating_add(media).saturating_sub(max));
        let (which, mut after) = (self.finished(None), None::<String>);
        while freed < over {
            let page = reader.recordings_listed(FIRST_APP, &which, false, after.as_deref(), PAGE).await?;
            let Some(last) = page.last() else { break };
            after = Some(last.key.clone());
            for Listed { key, row } in page {
                if freed < over
                    && let Some(recording) = self.noted(key, row)
                {
                    freed = freed.saturating_add(self.free(&recording).await?);
                }
            }
        }
        self.stuck = total.saturating_sub(freed) > max;
        Ok(())
    }

    /// Whether age and size leave what the bucket is to have and has not.
    fn leaves_waiting(&self) -> bool {
        self.settings.upload.on && !self.settings.upload.expire_waiting
    }

    /// What age and size may take away.
    fn finished(&self, to: Option<UnixMs>) -> RecordingFilter {
        let leave_waiting = self.leaves_waiting();
        RecordingFilter { to, states: FINISHED.to_vec(), leave_waiting, ..RecordingFilter::default() }
    }

    /// Takes one recording away, if that frees something; how many bytes that has freed.
    async fn free(&mut self, recording: &Recording) -> Result<u64, RetainFault> {
        const WHY: &str = "more than recording.bytes_max";
        let shared = self.shared;
        let has_file = recording.format != RecordFormat::Hls && recording.state != RecordState::Failed;
        let has_media = !has_file
            && shared.store.reader().media_bytes_freeable(FIRST_APP, &self.past_shift, Some(recording)).await? > 0;
        if !has_file && !has_media {
            return Ok(0);
        }
        // What the bucket has goes from the disk only.
        let taken = match recording.state {
            RecordState::Uploaded => take_local(shared, recording, WHY).await,
            _ => take_away(shared, recording, WHY).await.map(|()| true),
        };
        match self.noted(recording.id, taken) {
            Some(true) if has_file => Ok(recording.bytes),
            Some(true) => self.drop_media().await,
            _ => Ok(0),
        }
    }
}

/// The file first, as below.
async fn drop_file(shared: &Shared, id: Ulid) -> Result<(), RetainFault> {
    let was_there = remove(shared, Place::of(shared.disk.folders()).media(id)).await?;
    shared.store.remove_media_file(id).await?;
    if !was_there {
        tracing::warn!(file = %id, "a media file is kept no longer, and was not there: its row is taken away");
    }
    Ok(())
}

fn is_over(recording: &Recording, at: UnixMs) -> bool {
    recording.ended_at.is_none_or(|ended| ended <= at)
}

/// Takes an uploaded recording's file from this disk; false if it has been taken before. The file first, as below: one that
/// is not there any more is read from the bucket. What it is a view of goes when nothing else needs it.
async fn take_local(shared: &Shared, recording: &Recording, why: &str) -> Result<bool, RetainFault> {
    let Recording { id, stream, format, .. } = recording;
    if let Some(path) = Place::of(shared.disk.folders()).recording(*id, *format) {
        remove(shared, path).await?;
    }
    let gone = shared.store.forget_local_copy(*id, shared.clock.unix()).await?;
    if gone {
        tracing::info!(recording = %id, %stream, why, "the files of a recording are taken from this disk");
    }
    Ok(gone)
}

/// The file first: a crash in between leaves a row that is taken away at the next look, and no file without one.
pub(super) async fn take_away(shared: &Shared, recording: &Recording, why: &str) -> Result<(), RetainFault> {
    let Recording { id, stream, format, .. } = recording;
    let mut was_there = true;
    if let Some(path) = Place::of(shared.disk.folders()).recording(*id, *format) {
        was_there = remove(shared, path).await?;
    }
    gone::note(shared, recording).await?;
    if shared.store.remove_recording(*id).await? {
        tracing::info!(recording = %id, %stream, why, "a recording is taken away");
        if !was_there && is_to_be_here(recording) {
            tracing::warn!(recording = %id, %stream, "its file was not there: it may be where recording.dir was before");
        }
    }
    Ok(())
}

/// Whether its file is on this disk for sure: one that failed has none, and that of one that is uploaded may be gone.
fn is_to_be_here(recording: &Recording) -> bool {
    recording.state == RecordState::Stored
}

/// Removes a file; false if it is not there.
async fn remove(shared: &Shared, path: PathBuf) -> Result<bool, DiskFault> {
    let removed = shared.disk.run(move |_, _| match std::fs::remove_file(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(DiskFault::of(&path, &error)),
        Ok(()) => Ok(true),
    });
    removed.await
}
