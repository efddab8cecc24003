//! The one who decides what is sent when.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use tokio::task::{Id, JoinSet};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use vivace_base::Ulid;
use vivace_store::{Fault, Listed, Upload, UploadState};

use super::Shared;
use super::bucket::Bucket;
use super::fault::UploadFault;
use super::send::{next_at, settle};
use crate::waits::Waits;

/// How often it looks what is due.
const LOOK: Duration = Duration::from_secs(1);
/// The queue is counted once in so many looks.
const COUNTED_EVERY: u64 = 3;
/// Places that are looked at, besides those that are sent.
const PAGE: u32 = 64;

/// Lets so many be sent at once.
pub(super) struct Owner {
    shared: Arc<Shared>,
    running: HashMap<Id, Ulid>,
    tasks: JoinSet<()>,
    /// What was stored without a bucket has been put into the queue.
    enqueued: bool,
    /// Places that cannot be read, by their recordings' ids: they take no place of those behind them.
    damaged: HashSet<String>,
    waits: Waits,
}

impl Owner {
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        let (running, damaged) = (HashMap::new(), HashSet::new());
        Self { shared, running, tasks: JoinSet::new(), enqueued: false, damaged, waits: Waits::of("uploads") }
    }

    pub(super) async fn run(mut self, go: CancellationToken, stop: CancellationToken) {
        tokio::select! {
            () = go.cancelled() => {}
            () = stop.cancelled() => return,
        }
        let mut looks = 0_u64;
        while !stop.is_cancelled() {
            if looks.is_multiple_of(COUNTED_EVERY) {
                self.count().await;
            }
            looks = looks.wrapping_add(1);
            if let Err(fault) = self.look().await {
                tracing::error!(%fault, "the queue of uploads cannot be read or written: tried again");
            }
            tokio::select! {
                () = self.shared.wake.notified() => {}
                () = sleep(LOOK) => {}
                Some(ended) = self.tasks.join_next_with_id() => {
                    let id = match ended {
                        Ok((id, ())) => id,
                        Err(error) => {
                            tracing::error!("an upload has failed inside the server: it is tried again");
                            error.id()
                        }
                    };
                    self.running.remove(&id);
                }
                () = stop.cancelled() => {}
            }
            self.shared.tally.running.store(self.running.len() as u64, Relaxed);
        }
        // Each part that the bucket has taken is noted: nothing is lost by a cut.
        self.tasks.shutdown().await;
    }

    async fn count(&self) {
        match self.shared.store.reader().upload_counts().await {
            Ok(counts) => *self.shared.queue.lock() = counts,
            Err(fault) => tracing::warn!(%fault, "the queue of uploads cannot be counted"),
        }
    }

    async fn look(&mut self) -> Result<(), Fault> {
        let bucket = self.shared.bucket.read().clone();
        let Some(bucket) = bucket else {
            self.enqueued = false;
            if self.shared.settings.read().bucket.is_none() {
                self.tell_waiting().await?;
            }
            return Ok(());
        };
        if !self.enqueued {
            let found = self.shared.store.enqueue_stored(self.shared.clock.unix()).await?;
            if found > 0 {
                tracing::info!(found, "recordings that were stored before are uploaded too");
            }
            self.enqueued = true;
        }
        let now = self.shared.clock.unix();
        let (store, longest_ms) = (&self.shared.store, self.shared.limits.get().upload_backoff_ms_max);
        self.waits.look(now, longest_ms, |beyond| store.hasten_uploads(beyond, now)).await?;
        let max = self.shared.limits.get().uploads_at_once_max.max(1);
        if self.running.len() >= max {
            return Ok(());
        }
        let due = self.shared.store.reader().uploads_due(now, self.page()).await?;
        for upload in self.whole(due) {
            if self.running.len() >= max {
                break;
            }
            if !self.running.values().any(|running| *running == upload.recording) {
                let recording = upload.recording;
                let task = self.tasks.spawn(one(self.shared.clone(), bucket.clone(), upload));
                self.running.insert(task.id(), recording);
            }
        }
        Ok(())
    }

    /// How many places to read, so that those that can be are among them.
    fn page(&self) -> u32 {
        PAGE.saturating_add(u32::try_from(self.running.len().saturating_add(self.damaged.len())).unwrap_or(0))
    }

    /// Those that can be read.
    fn whole(&mut self, listed: Vec<Listed<Upload>>) -> Vec<Upload> {
        listed
            .into_iter()
            .filter_map(|Listed { key, row }| row.map_err(|fault| self.step_over(key, &fault)).ok())
            .collect()
    }

    /// Says once of a place that it cannot be read.
    fn step_over(&mut self, recording: String, fault: &Fault) {
        if !self.damaged.contains(&recording) {
            tracing::error!(recording, %fault, "a place in the queue of uploads cannot be read: the others are sent");
            self.damaged.insert(recording);
        }
    }

    /// Uploads have been turned off: what was to be told behind them is told now.
    async fn tell_waiting(&mut self) -> Result<(), Fault> {
        let untold = self.shared.store.reader().uploads_untold(self.page()).await?;
        for upload in self.whole(untold) {
            match tell(&self.shared, &upload).await {
                Err(fault @ Fault::Damaged { .. }) => self.step_over(upload.recording.to_string(), &fault),
                told => told?,
            }
        }
        Ok(())
    }
}

async fn tell(shared: &Shared, upload: &Upload) -> Result<(), Fault> {
    let recording = shared.store.reader().recording(upload.app, upload.recording).await?;
    let told = match recording.filter(|one| one.deleted_at.is_none()) {
        Some(recording) => shared.announce.stored(&recording).await?,
        None => Vec::new(),
    };
    if shared.store.tell_upload(upload.recording, &told, shared.clock.unix()).await? {
        shared.announce.written();
    }
    Ok(())
}

async fn one(shared: Arc<Shared>, bucket: Bucket, upload: Upload) {
    let Err(fault) = settle(&shared, &bucket, &upload).await else { return };
    shared.tally.failed(fault.reason());
    let noted = if fault.is_final() && upload.state == UploadState::Waiting {
        give_up(&shared, &upload, &fault).await
    } else {
        again_later(&shared, &upload, &fault).await
    };
    if let Err(fault) = noted {
        tracing::error!(recording = %upload.recording, %fault, "the failure of an upload cannot be written");
        // Without its row the next try would come at once.
        sleep(LOOK).await;
    }
}

async fn again_later(shared: &Shared, upload: &Upload, fault: &UploadFault) -> Result<(), Fault> {
    // Something may have gone well in between: tries count from there.
    let known = shared.store.reader().upload(upload.app, upload.recording).await;
    let tries = known.ok().flatten().map_or(upload.tries, |upload| upload.tries);
    shared.tell_failed(upload.recording, tries, fault);
    let at = next_at(shared.clock.unix(), tries, shared.limits.get().upload_backoff_ms_max);
    shared.store.fail_upload(upload.recording, fault.word(), &shown(fault), at).await
}

/// It waits no more, and is told of as what it stays: a recording on this server's disk.
async fn give_up(shared: &Shared, upload: &Upload, fault: &UploadFault) -> Result<(), Fault> {
    let found = shared.store.reader().recording(upload.app, upload.recording).await?;
    let Some(recording) = found else { return Ok(()) };
    let told = if upload.told { Vec::new() } else { shared.announce.stored(&recording).await? };
    let (failure, now) = (shown(fault), shared.clock.unix());
    if shared.store.give_up_upload(upload.recording, (fault.word(), &failure), &told, now).await? {
        shared.announce.written();
        shared.tell_given_up(&recording, &failure);
    }
    Ok(())
}

/// What is shown of a fault, to whoever may see the queue.
fn shown(fault: &UploadFault) -> String {
    fault.to_string().chars().take(500).collect()
}
