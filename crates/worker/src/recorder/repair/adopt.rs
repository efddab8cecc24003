//! Files that a store which was locked or full has no rows for: what stands beside them says whose they are and what they
//! are kept as.

use std::collections::BTreeMap;

use vivace_base::Ulid;
use vivace_domain::recording::{MediaFile, PartAt, RecordFormat, RecordState, Recording};
use vivace_media::fmp4::Reader as Fragments;
use vivace_store::Fault;

use super::unless_damaged;
use crate::recorder::disk::{DiskFault, Folders, Found};
use crate::recorder::gone::Gone;
use crate::recorder::note::Note;
use crate::recorder::read::MediaReader;
use crate::recorder::shared::Shared;
use crate::recorder::views::{Asked, Change, Fresh, Views};

/// The most bytes of an init segment.
const INIT_BYTES_MAX: u64 = 1 << 20;

/// What a dead process has noted of files, by file; those of one run of a stream stand together.
#[derive(Debug, Default)]
pub(super) struct Left {
    runs: BTreeMap<Ulid, BTreeMap<Ulid, Vec<Note>>>,
}

impl Left {
    /// Reads what stands beside files that this process has not begun. What cannot be read is left where it is.
    pub(super) async fn find(shared: &Shared) -> Self {
        let mut left = Self::default();
        let found = match shared.disk.look(|folders| Folders::list(folders.media())).await {
            Ok(found) => found,
            Err(fault) => {
                tracing::error!(%fault, "the folder of media files cannot be looked through");
                return left;
            }
        };
        for found in found {
            let Found::Note { id } = found else { continue };
            if shared.has_begun(id) {
                continue;
            }
            match shared.disk.look(move |folders| Note::read(folders, id)).await {
                Ok(notes) => {
                    if let Some(first) = notes.first() {
                        left.runs.entry(first.run).or_default().insert(id, notes);
                    }
                }
                Err(fault) => tracing::error!(file = %id, %fault, "what stands beside a media file cannot be read"),
            }
        }
        left
    }

    fn files(&self) -> impl Iterator<Item = (Ulid, &[Note])> {
        self.runs.values().flatten().map(|(id, notes)| (*id, notes.as_slice()))
    }

    /// Gives files their rows, as open ones: their parts get theirs with those of all that were being written.
    pub(super) async fn adopt(&self, shared: &Shared) -> Result<(), Fault> {
        for (id, notes) in self.files() {
            let Some(note) = notes.first().filter(|note| note.part == 0) else { continue };
            unless_damaged(id, take_in(shared, id, note).await)?;
        }
        Ok(())
    }

    /// Gives recordings their rows, and those that were open their ends. Done once more it changes nothing. Where that, or
    /// the rows of the files, cannot be read, it stays beside them.
    pub(super) async fn recordings(&mut self, shared: &Shared) -> Result<(), Fault> {
        let mut done = Vec::new();
        for (run, files) in &self.runs {
            if unless_damaged(*run, of_run(shared, *run, files).await)?.is_some_and(|done| done) {
                done.push(*run);
            }
        }
        self.runs.retain(|run, _| done.contains(run));
        Ok(())
    }

    /// Takes away what stands beside files that have their rows and are closed.
    pub(super) async fn remove(&self, shared: &Shared) {
        for (id, _) in self.files() {
            if matches!(shared.store.reader().media_file(id).await, Ok(Some(file)) if file.closed) {
                shared.closed(id);
            }
        }
        shared.remove_notes().await;
    }
}

/// Gives a file its row, if it has none and holds what was noted of it.
async fn take_in(shared: &Shared, id: Ulid, note: &Note) -> Result<(), Fault> {
    if shared.store.reader().media_file(id).await?.is_some() {
        return Ok(());
    }
    let init_bytes = note.init_bytes;
    match shared.disk.run(move |folders, _| begins_well(folders, id, init_bytes)).await {
        Ok(true) => {
            shared.store.open_media_file(&row(id, note)).await?;
            tracing::warn!(file = %id, stream = %note.stream, "a media file without a row is taken in");
        }
        // Nothing will ever be made of it: it is put aside with what no row knows of.
        Ok(false) => {
            tracing::error!(file = %id, stream = %note.stream, "a media file does not begin as it was to");
            shared.closed(id);
        }
        Err(fault) => tracing::error!(file = %id, %fault, "a media file cannot be read"),
    }
    Ok(())
}

/// Gives the recordings of one run of a stream their rows and ends; false if it is not known which have been taken away, or
/// what parts there are: a file could not be closed.
async fn of_run(shared: &Shared, run: Ulid, files: &BTreeMap<Ulid, Vec<Note>>) -> Result<bool, Fault> {
    let Some((first, note)) = files.first_key_value().and_then(|(id, notes)| Some((*id, notes.first()?))) else {
        return Ok(true);
    };
    for id in files.keys() {
        if shared.store.reader().media_file(*id).await?.is_some_and(|file| !file.closed) {
            return Ok(false);
        }
    }
    let rows = shared.store.reader().recordings_reaching(note.app, &note.stream, run, first).await?;
    // Those that an earlier try has brought to their end are being made by this process, which has not begun them.
    let rows: Vec<_> = rows.into_iter().filter(|row| !shared.is_new(row.id)).collect();
    // Behind the rows: one that is taken away meanwhile is among either.
    let ids: Vec<Ulid> = files.keys().copied().collect();
    let gone =
        shared.disk.look(move |folders| ids.iter().map(|id| Gone::read(folders, *id)).collect::<Result<Vec<_>, _>>());
    let mut had: Vec<Gone> = match gone.await {
        Ok(gone) => gone.into_iter().flatten().collect(),
        Err(fault) => {
            tracing::error!(%run, %fault, "what stands beside media files cannot be read");
            return Ok(false);
        }
    };
    had.extend(rows.iter().filter(|row| row.last.is_some()).map(Gone::of));
    for chain in replay(shared, note, files, &had).await? {
        let same: Vec<&Recording> = rows.iter().filter(|row| is_same(row, &chain)).collect();
        bring_in(shared, &chain, &same, files).await?;
    }
    Ok(true)
}

/// Whether a file begins with the init segment that it should have.
fn begins_well(folders: &Folders, id: Ulid, init_bytes: u64) -> Result<bool, DiskFault> {
    let media = MediaReader::open(folders, id)?;
    if init_bytes > INIT_BYTES_MAX || init_bytes > media.bytes()? {
        return Ok(false);
    }
    let init = media.read(0, usize::try_from(init_bytes).unwrap_or(0))?;
    Ok(Fragments::parse(&init).is_ok_and(|reader| !reader.tracks().is_empty()))
}

fn row(id: Ulid, note: &Note) -> MediaFile {
    MediaFile {
        id,
        app: note.app,
        stream: note.stream.clone(),
        begun_at: note.begun_at,
        init_bytes: note.init_bytes,
        codecs: note.codecs.clone(),
        width: note.width,
        height: note.height,
        discontinuity: note.discontinuity,
        closed: false,
        ended_at: None,
        bytes: 0,
    }
}

/// The recordings that these files are, as they would have begun and ended, without what others `had`: each begins right
/// behind one that is whole. Those of one wish together, in order.
async fn replay(
    shared: &Shared,
    of: &Note,
    files: &BTreeMap<Ulid, Vec<Note>>,
    had: &[Gone],
) -> Result<Vec<Vec<Recording>>, Fault> {
    let mut views = Views::new(of.app, of.stream.clone());
    let mut ended = Vec::new();
    for (file, notes) in files {
        let (mut notes, mut asked) = (notes.iter().peekable(), None);
        for part in shared.store.reader().media_parts(*file).await? {
            while let Some(note) = notes.next_if(|note| note.part <= part.number) {
                asked = Some(note);
                ended.extend(views.keep(&note.asked));
            }
            let Some(note) = asked else { continue };
            let at = PartAt { file: *file, part: part.number };
            let missing = |asked: &&Asked| !had.iter().any(|one| one.had(asked, at));
            let missing: Vec<Asked> = note.asked.iter().filter(missing).cloned().collect();
            ended.extend(views.keep(&missing));
            let fresh = Fresh { file: *file, part, reconfigured: note.reconfigured && part.number == 0 };
            let new_id = || Ulid::new(shared.clock.unix(), shared.rng.as_ref());
            let changes = views.part(&fresh, &missing, true, new_id);
            ended.extend(changes.into_iter().filter_map(|change| match change {
                Change::End(recording) => Some(*recording),
                Change::Begin(_) => None,
            }));
        }
    }
    ended.extend(views.end());
    let mut chains: Vec<Vec<Recording>> = Vec::new();
    for recording in ended {
        match chains.iter_mut().find(|chain| is_same(&recording, chain)) {
            Some(chain) => chain.push(recording),
            None => chains.push(vec![recording]),
        }
    }
    Ok(chains)
}

/// Whether a recording is of the same wish as others.
fn is_same(recording: &Recording, chain: &[Recording]) -> bool {
    chain.first().is_some_and(|first| (first.task, first.format) == (recording.task, recording.format))
}

/// Writes what of a wish's recordings has no row. One that has a row and no end goes on to the end of what there is, as it
/// does where nothing is missing, unless what follows is something that it cannot hold.
async fn bring_in(
    shared: &Shared,
    chain: &[Recording],
    rows: &[&Recording],
    files: &BTreeMap<Ulid, Vec<Note>>,
) -> Result<(), Fault> {
    let Some(open) = rows.iter().find(|row| row.state == RecordState::Recording) else {
        for recording in chain.iter().filter(|recording| !rows.iter().any(|row| covers(row, recording.first))) {
            create(shared, recording).await?;
        }
        return Ok(());
    };
    let cannot_hold = |next: &Recording| {
        let reconfigured =
            files.get(&next.first.file).and_then(|notes| notes.first()).is_some_and(|note| note.reconfigured);
        next.format == RecordFormat::Mp4 && next.first > open.first && next.first.part == 0 && reconfigured
    };
    let split = chain.iter().position(cannot_hold).unwrap_or(chain.len());
    let (own, others) = chain.split_at_checked(split).unwrap_or((chain, &[]));
    // What has no part in these files is brought to its end with those that are known.
    if let Some(Recording { last: Some(last), ended_at: Some(at), .. }) = own.last()
        && *last >= open.first
    {
        shared.store.finish_recording(open.id, *last, *at, None).await?;
        let (state, last, ended_at) = (RecordState::Finalizing, Some(*last), Some(*at));
        told(shared, &Recording { state, last, ended_at, ..(*open).clone() });
    }
    for recording in others {
        create(shared, recording).await?;
    }
    Ok(())
}

fn covers(row: &Recording, at: PartAt) -> bool {
    row.first <= at && row.last.is_none_or(|last| last >= at)
}

async fn create(shared: &Shared, recording: &Recording) -> Result<(), Fault> {
    shared.store.put_recording(recording).await?;
    told(shared, recording);
    Ok(())
}

fn told(shared: &Shared, recording: &Recording) {
    tracing::warn!(recording = %recording.id, stream = %recording.stream, "a recording that was cut is brought to its end");
    shared.tell(recording);
    shared.tally.repaired();
}
