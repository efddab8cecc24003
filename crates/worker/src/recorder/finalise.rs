//! Makes the files of recordings that have ended.

mod make;

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use vivace_domain::recording::{RecordState, Recording};
use vivace_store::{Fault, RecordingStep};

use super::shared::Shared;
use make::{Made, MakeFault, Source};

/// How long one whose disk or store refuses waits before the next try.
const AGAIN: Duration = Duration::from_secs(5);
/// How long what is being made may take when the server stops; the rest is made anew after the next start.
const LAST: Duration = Duration::from_secs(2);

/// Recordings that wait for their files.
#[derive(Default)]
pub(crate) struct Finaliser {
    waiting: Mutex<VecDeque<Recording>>,
    making: AtomicU64,
    wake: Notify,
    /// Work that has begun is given up.
    cancelled: AtomicBool,
}

impl Finaliser {
    /// Takes a recording whose last part is in the store.
    pub(crate) fn add(&self, recording: Recording) {
        self.waiting.lock().push_back(recording);
        self.wake.notify_one();
    }

    /// How many wait or are made.
    pub(crate) fn len(&self) -> u64 {
        self.waiting.lock().len() as u64 + self.making.load(Relaxed)
    }

    /// Nothing can be made of a recording.
    ///
    /// # Errors
    /// [`Fault`]: it could not be written.
    pub(crate) async fn give_up(&self, shared: &Shared, recording: &Recording, why: &str) -> Result<(), Fault> {
        let step = RecordingStep::Failed { reason: why.to_owned() };
        shared.store.advance_recording(recording.id, &step, &[], shared.clock.unix()).await?;
        shared.let_go(recording.id);
        shared.tally.failed();
        let (state, failure) = (RecordState::Failed, Some(why.to_owned()));
        shared.tell(&Recording { state, failure, ..recording.clone() });
        Ok(())
    }
}

/// Makes files, so many at once, until it is told to stop and a little longer.
pub(crate) async fn run(shared: Arc<Shared>, stop: CancellationToken) {
    let mut making = JoinSet::new();
    while !stop.is_cancelled() {
        fill(&shared, &mut making);
        tokio::select! {
            () = shared.finaliser.wake.notified() => {}
            Some(made) = making.join_next() => note(&shared, made.is_err()),
            () = stop.cancelled() => {}
        }
    }
    let last = async {
        loop {
            fill(&shared, &mut making);
            let Some(made) = making.join_next().await else { return };
            note(&shared, made.is_err());
        }
    };
    if timeout(LAST, last).await.is_err() {
        tracing::info!("some recordings are made into files after the next start");
    }
    shared.finaliser.cancelled.store(true, Relaxed);
    while making.join_next().await.is_some() {}
}

fn fill(shared: &Arc<Shared>, making: &mut JoinSet<()>) {
    while making.len() < shared.limits.get().recording_finalisers_max.max(1) {
        let Some(recording) = shared.finaliser.waiting.lock().pop_front() else { return };
        shared.finaliser.making.fetch_add(1, Relaxed);
        making.spawn(finalise(shared.clone(), recording));
    }
}

fn note(shared: &Shared, failed: bool) {
    shared.finaliser.making.fetch_sub(1, Relaxed);
    if failed {
        tracing::error!("making the file of a recording has failed inside the server: it is made after the next start");
    }
}

/// Makes one file, and tells of it. What passes is tried again.
async fn finalise(shared: Arc<Shared>, recording: Recording) {
    loop {
        let tried = try_finalise(&shared, &recording).await;
        match tried {
            Ok(()) => return,
            Err(MakeFault::Stopped) => return,
            Err(fault) if fault.passes() => {
                tracing::error!(recording = %recording.id, %fault, "the file of a recording cannot be made: tried again");
            }
            Err(fault) => match shared.finaliser.give_up(&shared, &recording, &fault.to_string()).await {
                Ok(()) => return,
                Err(fault) => {
                    tracing::error!(recording = %recording.id, %fault, "the end of a recording cannot be written")
                }
            },
        }
        sleep(AGAIN).await;
        if shared.finaliser.cancelled.load(Relaxed) {
            return;
        }
    }
}

async fn try_finalise(shared: &Arc<Shared>, recording: &Recording) -> Result<(), MakeFault> {
    let source = Source::find(shared.store.reader(), recording).await?;
    let (theirs, wanted, limits) = (shared.clone(), recording.clone(), shared.limits.get());
    let made = tokio::task::spawn_blocking(move || {
        let is_stopped = || theirs.finaliser.cancelled.load(Relaxed);
        make::make(theirs.disk.folders(), &wanted, &source, limits.recording_index_bytes_max, &is_stopped)
    });
    let Made { duration_ms, bytes, sha256 } = made.await.map_err(|_| MakeFault::Lost)??;
    let stored =
        Recording { state: RecordState::Stored, duration_ms, bytes, sha256: Some(sha256), ..recording.clone() };
    // One that is uploaded is told of when it is there.
    let upload = shared.settings().upload.on;
    let told = if upload { Vec::new() } else { shared.announce.stored(&stored).await? };
    let step = RecordingStep::Stored { duration_ms, bytes, sha256: Some(sha256), upload };
    // False where another process was faster: it has told of it too.
    if shared.store.advance_recording(recording.id, &step, &told, shared.clock.unix()).await? {
        shared.announce.written();
        shared.tally.stored();
        shared.tell(&stored);
    }
    shared.let_go(recording.id);
    Ok(())
}
