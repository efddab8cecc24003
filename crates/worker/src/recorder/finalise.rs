//! Makes the files of recordings that have ended.

mod make;
mod queue;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use vivace_domain::recording::{RecordFormat, RecordState, Recording};
use vivace_store::{Fault, Listed, RecordingStep};

use super::shared::Shared;
use super::space::free_bytes;
use make::{Made, MakeFault, Source};
use queue::{Queue, Waiting};

/// How long one whose disk or store refuses waits before the next try.
const AGAIN: Duration = Duration::from_secs(5);
/// How long one waits that the disk has too little room for.
const ROOM_AGAIN: Duration = Duration::from_secs(30);
/// How often those that wait are looked at.
const LOOK: Duration = Duration::from_secs(1);
/// How many wait in memory.
const WAITING_MAX: usize = 1_024;
/// How many rows are read at once.
const PAGE: u32 = 100;
/// How long what is being made may take when the server stops; the rest is made anew after the next start.
const LAST: Duration = Duration::from_secs(2);

/// Recordings that wait for their files.
pub(crate) struct Finaliser {
    queue: Mutex<Queue>,
    making: AtomicU64,
    /// Bytes of the files that are being made, as they are expected.
    expected: AtomicU64,
    wake: Notify,
    /// Work that has begun is given up.
    cancelled: AtomicBool,
}

impl Default for Finaliser {
    fn default() -> Self {
        Self {
            queue: Mutex::new(Queue::new(WAITING_MAX)),
            making: AtomicU64::default(),
            expected: AtomicU64::default(),
            wake: Notify::default(),
            cancelled: AtomicBool::default(),
        }
    }
}

impl Finaliser {
    /// Takes a recording whose last part is in the store.
    pub(crate) fn add(&self, recording: Recording) {
        self.queue.lock().add(recording);
        self.wake.notify_one();
    }

    /// How many wait or are made.
    pub(crate) fn len(&self) -> u64 {
        self.queue.lock().len() + self.making.load(Relaxed)
    }

    /// Nothing can be made of a recording.
    ///
    /// # Errors
    /// [`Fault`]: it could not be written.
    pub(crate) async fn give_up(&self, shared: &Shared, recording: &Recording, why: &str) -> Result<(), Fault> {
        let step = RecordingStep::Failed { reason: why.to_owned() };
        let failed = shared.store.advance_recording(recording.id, &step, &[], shared.clock.unix()).await?;
        shared.let_go(recording.id);
        if !failed {
            return Ok(());
        }
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
        reload(&shared).await;
        fill(&shared, &mut making);
        let waits = shared.finaliser.queue.lock().len() > 0;
        tokio::select! {
            () = shared.finaliser.wake.notified() => {}
            () = sleep(LOOK), if waits => {}
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

/// Takes what had no place in the queue from the store. What is another process's is left to the repair.
async fn reload(shared: &Shared) {
    if !shared.finaliser.queue.lock().reload() {
        return;
    }
    let mut after = None::<String>;
    loop {
        let page = match shared.store.reader().finalizing_recordings(after.as_deref(), PAGE).await {
            Ok(page) => page,
            Err(fault) => {
                tracing::error!(%fault, "the recordings that wait for their files cannot be read: tried again");
                return shared.finaliser.queue.lock().reload_failed();
            }
        };
        let Some(last) = page.last() else { return };
        after = Some(last.key.clone());
        for Listed { key, row } in page {
            match row {
                Ok(recording) if shared.is_ours(recording.id) => shared.finaliser.queue.lock().add(recording),
                Ok(_) => {}
                Err(fault) => {
                    tracing::error!(recording = key, %fault, "a recording that waits for its file cannot be read")
                }
            }
        }
    }
}

fn fill(shared: &Arc<Shared>, making: &mut JoinSet<()>) {
    while making.len() < shared.limits.get().recording_finalisers_max.max(1) {
        let Some(one) = shared.finaliser.queue.lock().take(shared.clock.mono()) else { return };
        shared.finaliser.making.fetch_add(1, Relaxed);
        making.spawn(finalise(shared.clone(), one));
    }
}

fn note(shared: &Shared, failed: bool) {
    shared.finaliser.making.fetch_sub(1, Relaxed);
    if failed {
        tracing::error!("making the file of a recording has failed inside the server: it is made after the next start");
    }
}

/// Makes one file, and tells of it. What passes is tried again, behind all others.
async fn finalise(shared: Arc<Shared>, one: Waiting) {
    let id = one.recording.id;
    let Some(delay) = tried(&shared, &one).await else { return shared.finaliser.queue.lock().let_go(id) };
    shared.finaliser.queue.lock().put_back(one, shared.clock.mono(), delay);
}

/// Tries once; after how long it is to be tried again, if it is.
async fn tried(shared: &Arc<Shared>, Waiting { recording, tries, .. }: &Waiting) -> Option<Duration> {
    let fault = match try_finalise(shared, recording).await {
        Ok(()) | Err(MakeFault::Stopped) => return None,
        Err(fault) => fault,
    };
    if tries.saturating_add(1) < fault.tries_max() {
        if *tries == 0 || !matches!(fault, MakeFault::NoRoom) {
            tracing::error!(recording = %recording.id, %fault, "the file of a recording cannot be made: tried again");
        }
        return Some(if matches!(fault, MakeFault::NoRoom) { ROOM_AGAIN } else { AGAIN });
    }
    match shared.finaliser.give_up(shared, recording, &fault.to_string()).await {
        Ok(()) => None,
        Err(fault) => {
            tracing::error!(recording = %recording.id, %fault, "the end of a recording cannot be written");
            Some(AGAIN)
        }
    }
}

/// Bytes that a file is expected to take, until this is dropped.
struct Expected<'a>(&'a AtomicU64, u64);

impl Drop for Expected<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(self.1, Relaxed);
    }
}

/// Takes note of the room a file needs. What is made must leave half of what is to stay free: below that, what is being
/// recorded is closed for want of room.
async fn room(shared: &Shared, bytes: u64) -> Result<Expected<'_>, MakeFault> {
    let others = shared.finaliser.expected.fetch_add(bytes, Relaxed);
    let expected = Expected(&shared.finaliser.expected, bytes);
    let free = shared.disk.look(|folders| free_bytes(folders.root())).await?;
    let wanted = others.saturating_add(bytes).saturating_add(shared.settings().free_bytes_min / 2);
    if free < wanted { Err(MakeFault::NoRoom) } else { Ok(expected) }
}

async fn try_finalise(shared: &Arc<Shared>, recording: &Recording) -> Result<(), MakeFault> {
    let source = Source::find(shared.store.reader(), recording).await?;
    // HLS is served from the media itself.
    let bytes = if recording.format == RecordFormat::Hls { None } else { Some(source.bytes()) };
    let _expected = match bytes {
        Some(bytes) => Some(room(shared, bytes).await?),
        None => None,
    };
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
