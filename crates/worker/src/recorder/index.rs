//! The one who writes the index: rows of all streams, in order, those of parts together.

#[cfg(test)]
pub(super) mod tests;

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::{Instant, sleep, timeout_at};
use vivace_base::Ulid;
use vivace_domain::recording::{MediaFile, MediaPart, Recording};
use vivace_store::Fault;

use super::Shared;
use super::begun::Key;

/// How long rows wait for others to be written with them.
const TICK: Duration = Duration::from_millis(250);
/// How long it waits after the store has refused; tests of refusals do not.
const AGAIN: Duration = if cfg!(test) { Duration::ZERO } else { Duration::from_secs(1) };
/// How often rows are tried that the store refuses for another reason than a full disk or a lock.
const TRIES: u32 = 5;
/// How long begins and ends that the store has refused that often wait before they are tried once more.
const LATER: Duration = Duration::from_secs(60);
/// How many of them wait; ends that are more are mended by the next start.
const LATE_MAX: usize = 4_096;
/// How many closed files wait for begins. What stands beside others stays until the next start.
const WITHHELD_MAX: usize = 4_096;
/// How many files without a row are known. The parts of others are refused one by one.
const REFUSED_MAX: usize = 4_096;

/// What is to be written. Of one stream, in order.
#[derive(Debug)]
pub(crate) enum Entry {
    /// A file is on disk, with its init segment.
    Open(Box<MediaFile>),
    /// A part of it is.
    Part(Ulid, MediaPart),
    /// No more will follow of this one of a stream.
    Close(Key, Ulid),
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

/// What the store has refused.
#[derive(Default)]
struct Refused {
    /// Begins and ends that are tried again; the end of a recording stands behind its begin.
    late: VecDeque<Entry>,
    /// Recordings whose begin is among them: there is nothing yet that could end.
    begins: HashMap<Ulid, Span>,
    /// Files that have no row, so that their parts cannot have one.
    files: HashSet<Ulid>,
    /// Files that are closed while the begin of what they hold waits: what stands beside them says what begins.
    withheld: Vec<(Key, Ulid)>,
}

/// The files that a recording has something of.
#[derive(Debug)]
struct Span {
    key: Key,
    first: Ulid,
    /// None as long as it has not ended.
    last: Option<Ulid>,
}

impl Span {
    fn of(Recording { app, stream, first, last, .. }: &Recording) -> Self {
        Self { key: (*app, stream.clone()), first: first.file, last: last.map(|last| last.file) }
    }

    fn has(&self, key: &Key, file: Ulid) -> bool {
        self.first <= file && self.last.is_none_or(|last| file <= last) && self.key == *key
    }
}

impl Refused {
    /// Keeps a begin or an end that is to be tried again; false if too many wait.
    fn keep(&mut self, entry: Entry) -> bool {
        if self.late.len() >= LATE_MAX {
            tracing::error!("too many rows wait for the index of recordings: an end is left to the next start");
            return false;
        }
        if let Entry::Begin(recording) = &entry {
            self.begins.insert(recording.id, Span::of(recording));
        }
        self.late.push_back(entry);
        true
    }

    /// Whether a recording whose begin waits has something of a file.
    fn holds(&self, key: &Key, file: Ulid) -> bool {
        self.begins.values().any(|span| span.has(key, file))
    }

    /// The files that no begin waits for any more.
    fn released(&mut self) -> Vec<Ulid> {
        let (free, withheld) =
            std::mem::take(&mut self.withheld).into_iter().partition(|(key, file)| !self.holds(key, *file));
        self.withheld = withheld;
        let free: Vec<(Key, Ulid)> = free;
        free.into_iter().map(|(_, file)| file).collect()
    }

    /// A begin is written, or never will be.
    fn settle(&mut self, id: Ulid, is_written: bool) {
        self.begins.remove(&id);
        if !is_written {
            self.late.retain(|entry| !matches!(entry, Entry::End(recording) if recording.id == id));
        }
    }

    /// The parts of this file are left out.
    fn refuse(&mut self, id: Ulid) {
        tracing::error!(file = %id, "a media file has no row in the index of recordings: its parts are left out");
        if self.files.len() < REFUSED_MAX {
            self.files.insert(id);
        }
    }
}

/// Writes until it is told to stop.
pub(crate) async fn run(shared: Arc<Shared>, mut queue: mpsc::Receiver<Entry>) {
    let at_once = shared.limits.get().recording_rows_waiting_max.max(1);
    let (mut entries, mut refused, mut next) = (Vec::new(), Refused::default(), Instant::now() + LATER);
    loop {
        if Instant::now() >= next {
            again(&shared, &mut refused).await;
            next = Instant::now() + LATER;
        }
        match timeout_at(next, queue.recv_many(&mut entries, at_once)).await {
            Ok(0) => return,
            Ok(_) => {}
            Err(_) => continue,
        }
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
        write(&shared, &mut refused, std::mem::take(&mut entries)).await;
        if stops {
            again(&shared, &mut refused).await;
            return;
        }
    }
}

/// Files first, then parts, all in one transaction, then what speaks of them: so nothing is told before it is there.
async fn write(shared: &Shared, refused: &mut Refused, entries: Vec<Entry>) {
    let (mut parts, mut rest) = (Vec::new(), Vec::new());
    for entry in entries {
        match entry {
            Entry::Open(file) => {
                let written = insist(shared, "a media file", TRIES, || shared.store.open_media_file(&file)).await;
                // A try whose answer was a fault may have written it.
                if written.is_err() && !matches!(shared.store.reader().media_file(file.id).await, Ok(Some(_))) {
                    refused.refuse(file.id);
                }
            }
            Entry::Part(file, _) if refused.files.contains(&file) => shared.tally.index_refused(),
            Entry::Part(file, part) => parts.push((file, part)),
            other => rest.push(other),
        }
    }
    if !parts.is_empty() && insist(shared, "parts", TRIES, || shared.store.append_parts(&parts)).await.is_err() {
        // One that the store does not take shall not cost the others.
        for part in parts.chunks(1) {
            // What is refused is counted and told.
            let _ = insist(shared, "a part", 1, || shared.store.append_parts(part)).await;
        }
    }
    for entry in rest {
        match entry {
            Entry::Open(_) | Entry::Part(..) | Entry::Stop => {}
            Entry::Close(_, id) if refused.files.remove(&id) => shared.let_go(id),
            Entry::Close(key, id) => {
                let written =
                    insist(shared, "the end of a media file", TRIES, || shared.store.close_media_file(id)).await;
                if written.is_ok() {
                    close(shared, refused, key, id);
                } else {
                    refused.keep(Entry::Close(key, id));
                }
            }
            Entry::Begin(recording) => begin(shared, refused, recording).await,
            Entry::End(recording) => end(shared, refused, *recording).await,
            Entry::Cut(recording, why) => {
                end(shared, refused, Recording { failure: Some(why), ..*recording }).await;
            }
        }
    }
}

/// A file is closed. What it is kept as stands in its recordings, unless the begin of one is not written yet.
/// Until then the file is this process's: nobody takes it away for having no recording.
fn close(shared: &Shared, refused: &mut Refused, key: Key, id: Ulid) {
    if !refused.holds(&key, id) {
        shared.closed(id);
    } else if refused.withheld.len() < WITHHELD_MAX {
        refused.withheld.push((key, id));
    } else {
        shared.let_go(id);
    }
}

/// Writes that a recording begins. One that is refused is tried again later: its media is kept all the same, and it has
/// all of it then. One that contradicts others never will be taken.
async fn begin(shared: &Shared, refused: &mut Refused, recording: Box<Recording>) {
    shared.claim(recording.id);
    shared.tally.begun();
    let Err(fault) = insist(shared, "a recording", TRIES, || shared.store.put_recording(&recording)).await else {
        return shared.tell(&recording);
    };
    let is_there = is_there(shared, &recording).await;
    if is_there == Some(true) {
        return shared.tell(&recording);
    }
    let (id, told) = (recording.id, recording.clone());
    let is_over = is_there == Some(false) && fault.is_constraint();
    if !is_over && refused.keep(Entry::Begin(recording)) {
        shared.tell_late(&told, "it cannot be noted that it begins: tried again");
    } else {
        shared.let_go(id);
        shared.tell_late(&told, "it cannot be noted that it begins: it is left out");
    }
}

/// Whether a recording has its row, if that can be read: a try whose answer was a fault may have written it.
async fn is_there(shared: &Shared, recording: &Recording) -> Option<bool> {
    shared.store.reader().recording(recording.app, recording.id).await.ok().map(|found| found.is_some())
}

/// Writes the end of a recording, and gives it to who makes its file. One that is refused is tried again later: its file
/// is not made before its end is written, nor its end before its begin.
async fn end(shared: &Shared, refused: &mut Refused, recording: Recording) {
    if recording.last.is_none() || recording.ended_at.is_none() {
        return;
    }
    // One whose begin is neither written nor kept is left out.
    if !shared.is_ours(recording.id) {
        return shared.tally.ended();
    }
    let begin = refused.begins.get_mut(&recording.id);
    let may_end = begin.is_none();
    if let Some(begin) = begin {
        *begin = Span::of(&recording);
    }
    let written =
        may_end && insist(shared, "the end of a recording", TRIES, || finish(shared, &recording)).await.is_ok();
    shared.tally.ended();
    if written {
        pass_on(shared, recording);
    } else {
        refused.keep(Entry::End(Box::new(recording)));
    }
}

async fn finish(shared: &Shared, recording: &Recording) -> Result<(), Fault> {
    let Recording { id, last: Some(last), ended_at: Some(at), failure, .. } = recording else { return Ok(()) };
    shared.store.finish_recording(*id, *last, *at, failure.as_deref()).await.map(drop)
}

fn pass_on(shared: &Shared, recording: Recording) {
    shared.tell(&recording);
    shared.finaliser.add(recording);
}

/// Tries each begin and end that was refused once more, and lets go of the files that no begin waits for any more.
async fn again(shared: &Shared, refused: &mut Refused) {
    try_again(shared, refused).await;
    refused.released().into_iter().for_each(|id| shared.closed(id));
}

/// None behind one for which the store is locked or full.
async fn try_again(shared: &Shared, refused: &mut Refused) {
    for _ in 0..refused.late.len() {
        let Some(entry) = refused.late.pop_front() else { return };
        if matches!(&entry, Entry::End(recording) if refused.begins.contains_key(&recording.id)) {
            refused.late.push_back(entry);
            continue;
        }
        let Err(fault) = once_more(shared, &entry).await else {
            written_late(shared, refused, entry);
            continue;
        };
        shared.tally.index_refused();
        if let Entry::Begin(recording) = &entry
            && fault.is_constraint()
            && is_there(shared, recording).await == Some(false)
        {
            refused.settle(recording.id, false);
            shared.let_go(recording.id);
            shared.tell_late(recording, "it cannot be noted that it begins: it is left out");
            continue;
        }
        tracing::error!(%fault, "what was refused cannot be written into the index of recordings: tried again in a minute");
        if passes(&fault) {
            return refused.late.push_front(entry);
        }
        refused.late.push_back(entry);
    }
}

async fn once_more(shared: &Shared, entry: &Entry) -> Result<(), Fault> {
    match entry {
        Entry::Close(_, id) => shared.store.close_media_file(*id).await.map(drop),
        Entry::Begin(recording) => match shared.store.put_recording(recording).await {
            Err(fault) if fault.is_constraint() && is_there(shared, recording).await == Some(true) => Ok(()),
            done => done,
        },
        Entry::End(recording) => finish(shared, recording).await,
        _ => Ok(()),
    }
}

fn written_late(shared: &Shared, refused: &mut Refused, entry: Entry) {
    match entry {
        Entry::Close(key, id) => close(shared, refused, key, id),
        Entry::Begin(recording) => {
            refused.settle(recording.id, true);
            shared.tell(&recording);
        }
        Entry::End(recording) => pass_on(shared, *recording),
        _ => {}
    }
}

/// Whether the store may take the same once somebody has made room or let go.
const fn passes(fault: &Fault) -> bool {
    matches!(fault, Fault::Locked { .. } | Fault::DiskFull { .. } | Fault::NotWritable { .. })
}

/// Writes something until the store takes it. What it refuses for a reason that does not pass is given up, and the answer
/// is why: the file on disk still has it. A row that contradicts others is tried once, and any other `tries_max` times.
async fn insist<T, F: Future<Output = Result<T, Fault>>>(
    shared: &Shared,
    what: &str,
    tries_max: u32,
    mut write: impl FnMut() -> F,
) -> Result<(), Fault> {
    let mut tries = 0;
    loop {
        let Err(fault) = write().await else { return Ok(()) };
        shared.tally.index_refused();
        tries += u32::from(!passes(&fault));
        if tries >= tries_max || fault.is_constraint() {
            tracing::error!(%fault, "{what} cannot be written into the index of recordings: it is left out");
            return Err(fault);
        }
        tracing::error!(%fault, "{what} cannot be written into the index of recordings: tried again");
        sleep(AGAIN).await;
    }
}
