//! Takes away what is kept no longer: recordings by age, by size and when their deletion can no longer be taken back;
//! media that no recording and no time shift needs.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use vivace_base::UnixMs;
use vivace_domain::recording::{RecordState, Recording};
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
    loop {
        tokio::select! {
            () = sleep(LOOK) => {}
            () = stop.cancelled() => return,
        }
        if let Err(fault) = look(&shared).await {
            tracing::error!(%fault, "what is kept no longer cannot be taken away: tried again");
        }
    }
}

async fn look(shared: &Shared) -> Result<(), RetainFault> {
    let (now, settings, reader) = (shared.clock.unix(), shared.settings(), shared.store.reader());
    for recording in reader.recordings_deleted(before(now, settings.undo_ms), PAGE).await? {
        take_away(shared, &recording, "deleted").await?;
    }
    for recording in reader.recordings_past_keeping(now, PAGE).await? {
        if !may_go(&settings, &recording) {
            continue;
        }
        take_away(shared, &recording, "its time is over").await?;
    }
    if settings.keep_ms > 0 {
        expire(shared, &settings, before(now, settings.keep_ms)).await?;
    }
    if let Some(keep_local_ms) = settings.upload.keep_local_ms {
        for recording in reader.local_copies(before(now, keep_local_ms), PAGE).await? {
            take_local(shared, &recording, "it is uploaded").await?;
        }
    }
    // Before the bytes are counted: what nobody needs counts for nobody.
    drop_media(shared, before(now, settings.shift_ms)).await?;
    if settings.bytes_max > 0 {
        shrink(shared, &settings).await?;
    }
    Ok(())
}

/// Takes away what ended before a time. What is to be kept for a time of its own is kept for that.
async fn expire(shared: &Shared, settings: &RecordSettings, at: UnixMs) -> Result<(), RetainFault> {
    let mut after = None;
    loop {
        let page = shared.store.reader().recordings(FIRST_APP, &finished(Some(at)), false, after, PAGE).await?;
        let Some(last) = page.last() else { return Ok(()) };
        after = Some(last.id);
        let old = page.iter().filter(|one| one.keep_until.is_none() && is_over(one, at));
        for recording in old.filter(|one| may_go(settings, one)) {
            take_away(shared, recording, "older than recording.keep_days").await?;
        }
    }
}

/// Takes media away that no recording needs and that ended before a time.
async fn drop_media(shared: &Shared, at: UnixMs) -> Result<(), RetainFault> {
    loop {
        let files = shared.store.reader().unused_media_files(at, PAGE).await?;
        let mut dropped = 0;
        for file in files.iter().filter(|file| !shared.is_ours(file.id)) {
            remove(shared, Place::of(shared.disk.folders()).media(file.id)).await?;
            shared.store.remove_media_file(file.id).await?;
            dropped += 1;
        }
        if dropped == 0 {
            return Ok(());
        }
    }
}

/// Takes the oldest recordings away until the rest is small enough.
async fn shrink(shared: &Shared, settings: &RecordSettings) -> Result<(), RetainFault> {
    let reader = shared.store.reader();
    let used = reader.storage_use(FIRST_APP).await?;
    let mut over = used.recording_bytes.saturating_add(used.media_bytes).saturating_sub(settings.bytes_max);
    if over == 0 {
        return Ok(());
    }
    let mut after = None;
    while over > 0 {
        let page = reader.recordings(FIRST_APP, &finished(None), false, after, PAGE).await?;
        let Some(last) = page.last() else { break };
        after = Some(last.id);
        over = shrink_page(shared, settings, &page, over).await?;
    }
    Ok(())
}

/// Takes recordings away until `over` bytes less are used; how many are left over behind them.
async fn shrink_page(
    shared: &Shared,
    settings: &RecordSettings,
    page: &[Recording],
    mut over: u64,
) -> Result<u64, RetainFault> {
    for recording in page {
        if over == 0 {
            break;
        }
        // What the bucket has goes from the disk only.
        let went = match recording.state {
            RecordState::Uploaded => take_local(shared, recording, "more than recording.bytes_max").await?,
            _ if !may_go(settings, recording) => false,
            _ => {
                take_away(shared, recording, "more than recording.bytes_max").await?;
                true
            }
        };
        if went {
            over = over.saturating_sub(recording.bytes);
        }
    }
    Ok(over)
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
