//! The disk as the recorder sees it: folders, files that grow, and a bounded number of threads that wait for them.

mod fault;
mod folders;
mod media;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use tokio::sync::Semaphore;

pub use fault::DiskFault;
pub(crate) use folders::{Folders, Found, sync_folder};
pub(crate) use media::MediaWriter;

/// The way to the disk. A disk that hangs keeps as many threads as there are places, and nobody else.
#[derive(Clone)]
pub(crate) struct Disk {
    folders: Arc<Folders>,
    places: Arc<Semaphore>,
    counts: Arc<DiskCounts>,
}

/// What has gone to the disk so far.
#[derive(Debug, Default)]
pub(crate) struct DiskCounts {
    pub(crate) bytes: AtomicU64,
    pub(crate) writes: AtomicU64,
    pub(crate) syncs: AtomicU64,
    pub(crate) faults: AtomicU64,
}

impl DiskCounts {
    /// A write of media that is on disk.
    pub(crate) fn written(&self, bytes: u64) {
        self.bytes.fetch_add(bytes, Relaxed);
        self.writes.fetch_add(1, Relaxed);
        self.syncs.fetch_add(1, Relaxed);
    }
}

impl Disk {
    /// At most `at_once` operations wait for the disk at a time.
    pub(crate) fn new(folders: Folders, at_once: usize) -> Self {
        let places = Arc::new(Semaphore::new(at_once.clamp(1, Semaphore::MAX_PERMITS)));
        Self { folders: Arc::new(folders), places, counts: Arc::default() }
    }

    /// Where things are.
    pub(crate) const fn folders(&self) -> &Arc<Folders> {
        &self.folders
    }

    /// What has gone to it.
    pub(crate) fn counts(&self) -> &DiskCounts {
        &self.counts
    }

    /// Looks at something without a place: who looks is one and waits for itself.
    ///
    /// # Errors
    /// Those of `work`; [`DiskFault::Lost`] if it has failed without an answer.
    pub(crate) async fn look<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Folders) -> Result<T, DiskFault> + Send + 'static,
    ) -> Result<T, DiskFault> {
        let folders = self.folders.clone();
        tokio::task::spawn_blocking(move || work(&folders)).await.unwrap_or(Err(DiskFault::Lost))
    }

    /// Does something that waits for the disk, on a thread that may wait.
    ///
    /// # Errors
    /// Those of `work`; [`DiskFault::Lost`] if it has failed without an answer.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Folders, &DiskCounts) -> Result<T, DiskFault> + Send + 'static,
    ) -> Result<T, DiskFault> {
        let Ok(place) = self.places.clone().acquire_owned().await else { return Err(DiskFault::Lost) };
        let (folders, counts) = (self.folders.clone(), self.counts.clone());
        let done = tokio::task::spawn_blocking(move || {
            // Given back when the work is over, also if nobody waits for it any more.
            let _place = place;
            work(&folders, &counts)
        });
        let done = done.await.unwrap_or(Err(DiskFault::Lost));
        if done.is_err() {
            self.counts.faults.fetch_add(1, Relaxed);
        }
        done
    }
}
