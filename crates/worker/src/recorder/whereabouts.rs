//! Whether all that is kept stands in the folder where it is looked for, which is another one after a change of
//! `recording.dir`, and what has been put aside.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use vivace_base::Ulid;
use vivace_store::Fault;

use super::disk::DiskFault;
use super::read::Place;
use super::shared::Shared;

/// How often what has been put aside is counted anew: somebody may have taken it away.
const LOOK: Duration = Duration::from_secs(10);
/// How many of them are counted: as many are too many already.
const STRAYS_MAX: usize = 10_000;
/// How many rows are read at once.
const PAGE: u32 = 1_000;

/// Why it is not known where things are.
#[derive(Debug, thiserror::Error)]
enum LookFault {
    #[error(transparent)]
    Store(#[from] Fault),
    #[error(transparent)]
    Disk(#[from] DiskFault),
}

/// Looks once for all that is kept, and then from time to time for what was put aside.
pub(super) async fn run(shared: &Arc<Shared>, stop: &CancellationToken) {
    if let Err(fault) = look(shared).await {
        tracing::error!(%fault, "it is not known whether all recordings are in their folder");
    }
    let mut before = 0;
    loop {
        match shared.disk.look(|folders| folders.strays(STRAYS_MAX)).await {
            Ok((files, bytes)) => {
                if files > before {
                    tracing::warn!(
                        files,
                        bytes,
                        "files that no row knows of are in recordings-without-rows: look at them, and delete them"
                    );
                }
                before = files;
                shared.tally.strays(files, bytes);
            }
            Err(fault) => tracing::error!(%fault, "what was put aside cannot be counted"),
        }
        tokio::select! {
            () = sleep(LOOK) => {}
            () = stop.cancelled() => return,
        }
    }
}

/// Looks for every file, if not all have been found in this very folder before. What a row says of a file is left as it
/// is: the file may come back.
async fn look(shared: &Shared) -> Result<(), LookFault> {
    let top = shared.disk.folders().top();
    let now = std::fs::canonicalize(top).unwrap_or_else(|_| top.to_owned()).to_string_lossy().into_owned();
    let before = shared.store.reader().data_folder().await?.recordings_dir;
    if before.as_deref() == Some(now.as_str()) {
        return Ok(());
    }
    let place = Place::of(shared.disk.folders());
    let (reader, mut after, mut media_files) = (shared.store.reader(), None, 0);
    loop {
        let page: Vec<Ulid> = reader.media_files_here(after, PAGE).await?;
        let Some(last) = page.last() else { break };
        after = Some(*last);
        media_files += missing(shared, page.iter().map(|id| place.media(*id)).collect()).await?;
    }
    after = None;
    let mut recordings = 0;
    loop {
        let page = reader.recorded_files_here(after, PAGE).await?;
        let Some((last, _)) = page.last() else { break };
        after = Some(*last);
        let files = page.iter().filter_map(|(id, format)| place.recording(*id, *format));
        recordings += missing(shared, files.collect()).await?;
    }
    shared.tally.missing(media_files + recordings);
    if media_files + recordings == 0 {
        return Ok(shared.store.set_recordings_dir(&now).await?);
    }
    let before = before.unwrap_or_else(|| "(not known)".to_owned());
    tracing::error!(
        recordings,
        media_files,
        looked_in = now,
        were_in = before,
        "what was recorded is not where it is looked for: stop the server, move the folders `media` and `recordings`, and \
         start it; or set recording.dir to what it was"
    );
    Ok(())
}

/// How many of the files are not there.
async fn missing(shared: &Shared, files: Vec<PathBuf>) -> Result<u64, DiskFault> {
    shared.disk.look(move |_| Ok(files.iter().filter(|file| !file.exists()).count() as u64)).await
}
