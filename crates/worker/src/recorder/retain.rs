//! Takes away what is kept no longer: recordings by age, by size and when their deletion can no longer be taken back;
//! media that no recording and no time shift needs.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use vivace_base::{Ulid, UnixMs};
use vivace_domain::recording::{RecordFormat, RecordState, Recording};
use vivace_store::{FIRST_APP, Fault, RecordingFilter};

use super::disk::DiskFault;
use super::read::Place;
use super::settings::RecordSettings;
use super::shared::Shared;

/// How often it looks.
const LOOK: Duration = Duration::from_secs(10);
/// How many rows it takes away at once.
const PAGE: u32 = 100;
/// States in which nothing makes a recording any more.
const FINISHED: [RecordState; 3] = [RecordState::Stored, RecordState::Uploaded, RecordState::Failed];

/// Why something is not taken away.
#[derive(Debug, thiserror::Error)]
enum RetainFault {
    #[error(transparent)]
    Store(#[from] Fault),
    #[error(transparent)]
    Disk(#[from] DiskFault),
}

/// Looks until it is told to stop.
pub(crate) async fn run(shared: Arc<Shared>, stop: CancellationToken) {
    let mut told = false;
    loop {
        tokio::select! {
            () = sleep(LOOK) => {}
            () = stop.cancelled() => return,
        }
        let mut look = Look::new(&shared);
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
    /// How many could not be taken away.
    left: u64,
    /// More is kept than is to be, and nothing of it may go.
    stuck: bool,
}

impl<'a> Look<'a> {
    fn new(shared: &'a Shared) -> Self {
        Self { shared, settings: shared.settings(), now: shared.clock.unix(), left: 0, stuck: false }
    }

    async fn run(&mut self) -> Result<(), RetainFault> {
        self.deleted().await?;
        self.past_keeping().await?;
        if self.settings.keep_ms > 0 {
            self.expire(before(self.now, self.settings.keep_ms)).await?;
        }
        if let Some(keep_local_ms) = self.settings.upload.keep_local_ms {
            let at = before(self.now, keep_local_ms);
            for recording in self.shared.store.reader().local_copies(at, PAGE).await? {
                let taken = take_local(self.shared, &recording, "it is uploaded").await;
                self.noted(recording.id, taken);
            }
        }
        // Before the bytes are counted: what nobody needs counts for nobody.
        self.drop_media().await?;
        if self.settings.bytes_max > 0 {
            self.shrink().await?;
        }
        Ok(())
    }

    /// Takes note of one that cannot be taken away: the others are.
    fn noted<T>(&mut self, id: Ulid, taken: Result<T, RetainFault>) -> Option<T> {
        match taken {
            Ok(taken) => Some(taken),
            Err(fault) => {
                self.left = self.left.saturating_add(1);
                tracing::error!(%id, %fault, "a file that is kept no longer cannot be taken away");
                None
            }
        }
    }

    async fn deleted(&mut self) -> Result<(), RetainFault> {
        let (up_to, mut after) = (before(self.now, self.settings.undo_ms), None);
        loop {
            let page = self.shared.store.reader().recordings_deleted(up_to, after, PAGE).await?;
            let Some(last) = page.last() else { return Ok(()) };
            after = last.deleted_at.map(|at| (at, last.id));
            for recording in &page {
                let taken = take_away(self.shared, recording, "deleted").await;
                self.noted(recording.id, taken);
            }
        }
    }

    async fn past_keeping(&mut self) -> Result<(), RetainFault> {
        let (settings, mut after) = (self.settings.clone(), None);
        loop {
            let page = self.shared.store.reader().recordings_past_keeping(self.now, after, PAGE).await?;
            let Some(last) = page.last() else { return Ok(()) };
            after = last.keep_until.map(|at| (at, last.id));
            for recording in page.iter().filter(|one| may_go(&settings, one)) {
                let taken = take_away(self.shared, recording, "its time is over").await;
                self.noted(recording.id, taken);
            }
        }
    }

    /// Takes away what ended before a time. What is to be kept for a time of its own is kept for that.
    async fn expire(&mut self, at: UnixMs) -> Result<(), RetainFault> {
        let (settings, mut after) = (self.settings.clone(), None);
        loop {
            let page =
                self.shared.store.reader().recordings(FIRST_APP, &finished(Some(at)), false, after, PAGE).await?;
            let Some(last) = page.last() else { return Ok(()) };
            after = Some(last.id);
            let old = page.iter().filter(|one| one.keep_until.is_none() && is_over(one, at));
            for recording in old.filter(|one| may_go(&settings, one)) {
                let taken = take_away(self.shared, recording, "older than recording.keep_days").await;
                self.noted(recording.id, taken);
            }
        }
    }

    /// Takes media away that no recording and no time shift needs; its bytes.
    async fn drop_media(&mut self) -> Result<u64, RetainFault> {
        let (at, mut after, mut bytes) = (self.shift_from(), None, 0_u64);
        loop {
            let files = self.shared.store.reader().unused_media_files(at, after, PAGE).await?;
            let Some(last) = files.last() else { return Ok(bytes) };
            after = last.ended_at.map(|at| (at, last.id));
            for file in files.iter().filter(|file| !self.shared.is_ours(file.id)) {
                let dropped = drop_file(self.shared, file.id).await;
                if self.noted(file.id, dropped).is_some() {
                    bytes = bytes.saturating_add(file.bytes);
                }
            }
        }
    }

    /// Media that ended before this is no time shift's.
    fn shift_from(&self) -> UnixMs {
        before(self.now, self.settings.shift_ms)
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
        let media = reader.media_bytes_freeable(FIRST_APP, self.shift_from(), None).await?;
        let (mut freed, over) = (0_u64, used.recording_bytes.saturating_add(media).saturating_sub(max));
        let mut after = None;
        while freed < over {
            let page = reader.recordings(FIRST_APP, &finished(None), false, after, PAGE).await?;
            let Some(last) = page.last() else { break };
            after = Some(last.id);
            for recording in &page {
                if freed < over {
                    freed = freed.saturating_add(self.free(recording).await?);
                }
            }
        }
        self.stuck = total.saturating_sub(freed) > max;
        Ok(())
    }

    /// Takes one recording away, if that frees something and it may go; how many bytes that has freed.
    async fn free(&mut self, recording: &Recording) -> Result<u64, RetainFault> {
        const WHY: &str = "more than recording.bytes_max";
        let shared = self.shared;
        let has_file = recording.format != RecordFormat::Hls && recording.state != RecordState::Failed;
        let has_media = !has_file
            && shared.store.reader().media_bytes_freeable(FIRST_APP, self.shift_from(), Some(recording)).await? > 0;
        if !has_file && !has_media {
            return Ok(0);
        }
        // What the bucket has goes from the disk only.
        let taken = match recording.state {
            RecordState::Uploaded => take_local(shared, recording, WHY).await,
            _ if !may_go(&self.settings, recording) => Ok(false),
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
    remove(shared, Place::of(shared.disk.folders()).media(id)).await?;
    shared.store.remove_media_file(id).await?;
    Ok(())
}

fn finished(to: Option<UnixMs>) -> RecordingFilter {
    RecordingFilter { to, states: FINISHED.to_vec(), ..RecordingFilter::default() }
}

fn is_over(recording: &Recording, at: UnixMs) -> bool {
    recording.ended_at.is_none_or(|ended| ended <= at)
}

/// Whether age and size may take a recording away: not while the bucket is to have it and has it not.
fn may_go(settings: &RecordSettings, recording: &Recording) -> bool {
    !settings.upload.on || settings.upload.expire_waiting || recording.state != RecordState::Stored
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
async fn take_away(shared: &Shared, recording: &Recording, why: &str) -> Result<(), RetainFault> {
    let Recording { id, stream, format, .. } = recording;
    if let Some(path) = Place::of(shared.disk.folders()).recording(*id, *format) {
        remove(shared, path).await?;
    }
    if shared.store.remove_recording(*id).await? {
        tracing::info!(recording = %id, %stream, why, "a recording is taken away");
    }
    Ok(())
}

async fn remove(shared: &Shared, path: PathBuf) -> Result<(), DiskFault> {
    let removed = shared.disk.run(move |_, _| match std::fs::remove_file(&path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(DiskFault::of(&path, &error)),
        _ => Ok(()),
    });
    removed.await
}

fn before(now: UnixMs, ms: u64) -> UnixMs {
    UnixMs(now.0.saturating_sub(i64::try_from(ms).unwrap_or(i64::MAX)))
}
