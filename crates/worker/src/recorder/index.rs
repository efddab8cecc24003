//! The one who writes the index: rows of all streams, in order, those of parts together.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::sleep;
use vivace_base::Ulid;
use vivace_domain::recording::{MediaFile, MediaPart, Recording};
use vivace_store::Fault;

use super::Shared;

/// How long rows wait for others to be written with them.
const TICK: Duration = Duration::from_millis(250);
/// How long it waits after the store has refused.
const AGAIN: Duration = Duration::from_secs(1);
/// How often rows are tried that the store refuses for another reason than a full disk or a lock.
const TRIES: u32 = 5;

/// What is to be written. Of one stream, in order.
#[derive(Debug)]
pub(crate) enum Entry {
    /// A file is on disk, with its init segment.
    Open(Box<MediaFile>),
    /// A part of it is.
    Part(Ulid, MediaPart),
    /// No more will follow.
    Close(Ulid),
    /// A recording begins.
    Begin(Box<Recording>),
    /// It has ended; its file is to be made.
    End(Box<Recording>),
    /// It has ended where the disk has failed, and is what came before that: why.
    Cut(Box<Recording>, String),
    /// Nothing follows.
    Stop,
}

/// The way to the index. Who writes more than the store takes waits.
#[derive(Clone)]
pub(crate) struct Index {
    queue: mpsc::Sender<Entry>,
}

impl Index {
    /// At most `waiting_max` rows wait.
    pub(crate) fn new(waiting_max: usize) -> (Self, mpsc::Receiver<Entry>) {
        let (queue, waiting) = mpsc::channel(waiting_max.max(1));
        (Self { queue }, waiting)
    }

    /// Takes a row; waits where too many do.
    pub(crate) async fn write(&self, entry: Entry) {
        if self.queue.send(entry).await.is_err() {
            tracing::error!("the index of recordings is not written any more");
        }
    }
}

/// Writes until it is told to stop.
pub(crate) async fn run(shared: Arc<Shared>, mut queue: mpsc::Receiver<Entry>) {
    let at_once = shared.limits.get().recording_rows_waiting_max.max(1);
    let mut entries = Vec::new();
    while queue.recv_many(&mut entries, at_once).await > 0 {
        // Parts wait for those of other streams; a file or recording that nobody would find after a crash does not.
        if entries.iter().all(|entry| matches!(entry, Entry::Part(..))) {
            sleep(TICK).await;
            while entries.len() < at_once
                && let Ok(entry) = queue.try_recv()
            {
                entries.push(entry);
            }
        }
        let stops = entries.iter().any(|entry| matches!(entry, Entry::Stop));
        write(&shared, std::mem::take(&mut entries)).await;
        if stops {
            return;
        }
    }
}

/// Files first, then parts, all in one transaction, then what speaks of them: so nothing is told before it is there.
async fn write(shared: &Shared, entries: Vec<Entry>) {
    let (mut parts, mut rest) = (Vec::new(), Vec::new());
    for entry in entries {
        match entry {
            Entry::Open(file) => {
                insist(shared, "a media file", || shared.store.open_media_file(&file)).await;
            }
            Entry::Part(file, part) => parts.push((file, part)),
            other => rest.push(other),
        }
    }
    if !parts.is_empty() && !insist(shared, "parts", || shared.store.append_parts(&parts)).await {
        // One that the store does not take shall not cost the others.
        for part in parts.chunks(1) {
            insist(shared, "a part", || shared.store.append_parts(part)).await;
        }
    }
    for entry in rest {
        match entry {
            Entry::Open(_) | Entry::Part(..) | Entry::Stop => {}
            Entry::Close(id) => {
                insist(shared, "the end of a media file", || shared.store.close_media_file(id)).await;
                shared.let_go(id);
            }
            Entry::Begin(recording) => {
                shared.claim(recording.id);
                insist(shared, "a recording", || shared.store.put_recording(&recording)).await;
                shared.tally.begun();
                shared.tell(&recording);
            }
            Entry::End(recording) => end(shared, *recording, None).await,
            Entry::Cut(recording, why) => end(shared, *recording, Some(why)).await,
        }
    }
}

/// Writes the end of a recording, and gives it to who makes its file.
async fn end(shared: &Shared, mut recording: Recording, cut: Option<String>) {
    let Recording { id, last: Some(last), ended_at: Some(at), .. } = recording else { return };
    recording.failure = cut;
    let why = recording.failure.as_deref();
    insist(shared, "the end of a recording", || shared.store.finish_recording(id, last, at, why)).await;
    shared.tally.ended();
    shared.tell(&recording);
    shared.finaliser.add(recording);
}

/// Writes something until the store takes it. What it refuses for a reason that does not pass is given up, and the answer
/// is false: the file on disk still has it.
async fn insist<T, F: Future<Output = Result<T, Fault>>>(
    shared: &Shared,
    what: &str,
    mut write: impl FnMut() -> F,
) -> bool {
    let mut tries = 0;
    loop {
        let Err(fault) = write().await else { return true };
        shared.tally.index_refused();
        let passes = matches!(fault, Fault::Locked { .. } | Fault::DiskFull { .. } | Fault::NotWritable { .. });
        tries += u32::from(!passes);
        if tries >= TRIES {
            tracing::error!(%fault, "{what} cannot be written into the index of recordings: it is left out");
            return false;
        }
        tracing::error!(%fault, "{what} cannot be written into the index of recordings: tried again");
        sleep(AGAIN).await;
    }
}
