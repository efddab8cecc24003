//! The media files of streams, cut into segments: read from the store once, and held.

#[cfg(test)]
pub(super) mod tests;

use std::collections::{HashMap, VecDeque};
use std::ops::RangeInclusive;
use std::sync::Arc;

use parking_lot::Mutex;
use vivace_base::{AppId, MediaTime, StreamName, Ulid, UnixMs};
use vivace_domain::live::PlayFault;
use vivace_domain::recording::{MediaFile, MediaPart, PartAt, Recording};
use vivace_hls::engine::archive::{Numbers, Piece, Rendition, Slice, SliceSettings};
use vivace_hls::engine::reels::Reel;
use vivace_hls::serve::ArchiveName;
use vivace_store::{ArchiveNumbers, Fault, Store};

/// Files whose segments are held in memory, about 10 kB each.
const FILES_MAX: usize = 2_048;
/// Recordings whose counts are held.
const COUNTED_MAX: usize = 1_024;
/// Files that are read at a time on the way back from the newest.
const FILES_AT_ONCE: u32 = 4;
/// Numbers that are left out where files went that had none yet.
const SKIPPED: u64 = 1 << 20;

pub(super) struct Index {
    store: Store,
    cut: SliceSettings,
    held: Mutex<Held>,
}

/// Files of a stream, in order.
#[derive(Default)]
pub(super) struct Shelf {
    pub(super) reels: Vec<Reel>,
    files: Vec<MediaFile>,
}

/// What a playlist is to list.
#[derive(Clone, Copy)]
pub(super) enum Need {
    /// The newest segments that were over at a time, as many as last so long.
    Behind {
        /// Nothing that was over here.
        from: UnixMs,
        /// The time.
        until: UnixMs,
        /// How long.
        least: MediaTime,
    },
    /// What has something of a time.
    Between {
        /// Its begin.
        from: UnixMs,
        /// Its end.
        to: UnixMs,
    },
    /// All from a time on.
    Onward {
        /// The time.
        from: UnixMs,
    },
}

/// Where a file of a playlist is, and when what it shows was over, as far as that is known.
#[derive(Clone, Copy)]
pub(super) struct Found {
    pub(super) offset: u64,
    pub(super) bytes: u64,
    pub(super) ends_at: Option<UnixMs>,
}

#[derive(Default)]
struct Held {
    files: HashMap<Ulid, Arc<Cut>>,
    /// The order in which they came.
    order: VecDeque<Ulid>,
    /// Of recordings that are made: the file that their playlists began with last, and where its first segment stands.
    counted: HashMap<Ulid, (Ulid, Numbers)>,
}

/// A file and its segments as far as they were known when it was read.
struct Cut {
    file: MediaFile,
    slices: Vec<Slice>,
}

impl Shelf {
    /// Whether one of the files is still written.
    pub(super) fn grows(&self) -> bool {
        self.files.iter().any(|file| !file.closed)
    }

    /// When the last of the segments is over.
    pub(super) fn ends_at(&self) -> Option<UnixMs> {
        self.reels.iter().rev().find_map(|reel| reel.slices.last()).map(Slice::ends_at)
    }

    /// What a master playlist says of a file.
    pub(super) fn rendition(&self, file: &str) -> Option<Rendition> {
        let (_, file) = self.reels.iter().zip(&self.files).find(|(reel, _)| reel.file == file)?;
        let size = (file.width > 0).then_some((file.width, file.height));
        Some(Rendition { codecs: file.codecs.clone(), size })
    }

    fn add(&mut self, file: MediaFile, numbers: Numbers, slices: Vec<Slice>) {
        self.reels.push(Reel { file: file.id.to_string(), numbers, slices });
        self.files.push(file);
    }
}

impl Index {
    pub(super) fn new(store: Store, cut: SliceSettings) -> Self {
        Self { store, cut, held: Mutex::default() }
    }

    /// The files that a playlist needs, numbered; none behind one that may still grow.
    pub(super) async fn numbered(&self, app: AppId, stream: &StreamName, need: Need) -> Result<Shelf, PlayFault> {
        let reader = self.store.reader();
        let Some((first, last)) = self.needed(app, stream, need).await? else { return Ok(Shelf::default()) };
        // Numbers follow from those of the file before, so they are counted from the last file that has some.
        let known = reader.archive_numbers(app, stream, first, last).await.map_err(unreadable)?;
        let begin = known.first().map(|one| one.file).filter(|file| *file <= first).unwrap_or(Ulid(0));
        let given: HashMap<Ulid, Numbers> = known.iter().map(|one| (one.file, numbers_of(one))).collect();
        let (mut shelf, mut fresh, mut next) = (Shelf::default(), Vec::new(), None);
        for file in reader.media_files_between(app, stream, begin, last).await.map_err(unreadable)? {
            let (id, closed, cut) = (file.id, file.closed, self.cut(file).await?);
            let numbers = match (given.get(&id), next) {
                (Some(given), _) => *given,
                (None, Some(next)) => next,
                (None, None) => known.iter().rev().find(|one| one.file < id).map_or_else(Numbers::default, behind_gone),
            };
            if !given.contains_key(&id) {
                let Numbers { sequence, discontinuity } = numbers;
                fresh.push(ArchiveNumbers { file: id, sequence, discontinuity });
            }
            next = Some(numbers.behind(&cut.slices));
            if id >= first {
                shelf.add(cut.file.clone(), numbers, cut.slices.clone());
            }
            if !closed {
                break;
            }
        }
        // The same numbers follow the next time, as long as the files are there.
        if !fresh.is_empty()
            && let Err(fault) = self.store.put_archive_numbers(app, stream, &fresh).await
        {
            tracing::warn!(%fault, %stream, "the numbers of playlists of the past cannot be kept");
        }
        Ok(shelf)
    }

    /// The first and the last file that a playlist needs; to the newest if no last one is said.
    async fn needed(
        &self,
        app: AppId,
        stream: &StreamName,
        need: Need,
    ) -> Result<Option<(Ulid, Option<Ulid>)>, PlayFault> {
        let reader = self.store.reader();
        let (from, until, least) = match need {
            Need::Onward { from } => {
                let first = reader.media_file_behind(app, stream, from).await.map_err(unreadable)?;
                return Ok(first.map(|first| (first, None)));
            }
            Need::Between { from, to } => {
                let files = reader.media_files(app, stream, from, to).await.map_err(unreadable)?;
                return Ok(files.first().zip(files.last()).map(|(first, last)| (first.id, Some(last.id))));
            }
            Need::Behind { from, until, least } => (from, until, least),
        };
        let (mut found, mut lasts) = (None, MediaTime::ZERO);
        while lasts < least {
            let before = found.map(|(first, _)| first);
            let files = reader.newest_media_files(app, stream, (from, until), before, FILES_AT_ONCE).await;
            let files = files.map_err(unreadable)?;
            if files.is_empty() {
                break;
            }
            for file in files {
                found = Some((file.id, found.map_or(Some(file.id), |(_, last)| last)));
                let cut = self.cut(file).await?;
                let over = cut.slices.iter().filter(|slice| slice.ends_at() <= until);
                lasts = over.fold(lasts, |sum, slice| sum + slice.duration);
                if lasts >= least {
                    break;
                }
            }
        }
        Ok(found)
    }

    /// The files of a recording, and of their parts those that it has: its segments begin where it does. Of one that is made,
    /// the files from the first on that has something of the time behind `from`.
    pub(super) async fn of_recording(&self, recording: &Recording, from: UnixMs) -> Result<Shelf, PlayFault> {
        let (Recording { app, stream, first, last, .. }, reader) = (recording, self.store.reader());
        let (mut begin, mut numbers) = (first.file, Numbers::default());
        if last.is_none() {
            let behind = reader.media_file_behind(*app, stream, from).await.map_err(unreadable)?;
            begin = behind.unwrap_or(begin).max(begin);
            numbers = self.counted(recording, begin).await?;
        }
        let mut shelf = Shelf::default();
        let files = reader.media_files_between(*app, stream, begin, last.map(|last| last.file)).await;
        for file in files.map_err(unreadable)? {
            let cut = self.cut_of(recording, file).await?;
            let next = numbers.behind(&cut.slices);
            shelf.add(cut.file.clone(), std::mem::replace(&mut numbers, next), cut.slices.clone());
        }
        Ok(shelf)
    }

    /// Where the first segment of a file stands in the playlist of a recording that is made. It is counted on from where the
    /// one asked for last stands, so no poll reads a recording of days anew.
    async fn counted(&self, recording: &Recording, file: Ulid) -> Result<Numbers, PlayFault> {
        let Recording { id, app, stream, first, .. } = recording;
        let known = self.held.lock().counted.get(id).copied().filter(|(known, _)| *known <= file);
        let (begin, mut numbers) = known.unwrap_or((first.file, Numbers::default()));
        if begin == file {
            return Ok(numbers);
        }
        let before = self.store.reader().media_files_between(*app, stream, begin, Some(file)).await;
        for one in before.map_err(unreadable)?.into_iter().filter(|one| one.id < file) {
            numbers = numbers.behind(&self.cut_of(recording, one).await?.slices);
        }
        let mut held = self.held.lock();
        if held.counted.len() >= COUNTED_MAX {
            held.counted.clear();
        }
        held.counted.insert(*id, (file, numbers));
        Ok(numbers)
    }

    /// The segments of a file that a recording has. All of it is cut like the stream's.
    async fn cut_of(&self, recording: &Recording, file: MediaFile) -> Result<Arc<Cut>, PlayFault> {
        let parts = span(file.id, recording.first, recording.last);
        if parts == (0..=u32::MAX) {
            return self.cut(file).await;
        }
        let is_whole = file.closed || recording.last.is_some_and(|last| last.file == file.id);
        let pieces = self.pieces(&file, &parts).await?;
        Ok(Arc::new(Cut { slices: self.cut.slices(&pieces, is_whole), file }))
    }

    /// A segment or initialisation segment of a recording.
    pub(super) async fn find_of_recording(
        &self,
        recording: &Recording,
        name: ArchiveName,
    ) -> Result<Option<Found>, PlayFault> {
        let Recording { app, stream, first, last, .. } = recording;
        let id = name.file();
        let is_own = |file: &MediaFile| file.app == *app && file.stream == *stream;
        let within = id >= first.file && last.is_none_or(|last| id <= last.file);
        let file = self.store.reader().media_file(id).await.map_err(unreadable)?;
        let Some(file) = file.filter(|file| within && is_own(file)) else { return Ok(None) };
        let cut = self.cut_of(recording, file).await?;
        Ok(found(&cut.file, &cut.slices, name))
    }

    /// A segment or initialisation segment of a stream.
    pub(super) async fn find(
        &self,
        app: AppId,
        stream: &StreamName,
        name: ArchiveName,
    ) -> Result<Option<Found>, PlayFault> {
        let is_own = |file: &MediaFile| file.app == app && file.stream == *stream;
        // What a file has once been cut into stays.
        let held = self.held.lock().files.get(&name.file()).cloned();
        if let Some(found) = held.filter(|cut| is_own(&cut.file)).and_then(|cut| found(&cut.file, &cut.slices, name)) {
            return Ok(Some(found));
        }
        let file = self.store.reader().media_file(name.file()).await.map_err(unreadable)?;
        let Some(file) = file.filter(is_own) else { return Ok(None) };
        let cut = self.cut(file).await?;
        Ok(found(&cut.file, &cut.slices, name))
    }

    async fn cut(&self, file: MediaFile) -> Result<Arc<Cut>, PlayFault> {
        let held = self.held.lock().files.get(&file.id).cloned();
        if let Some(cut) = held.filter(|cut| cut.file.closed) {
            return Ok(cut);
        }
        let pieces = self.pieces(&file, &(0..=u32::MAX)).await?;
        let cut = Arc::new(Cut { slices: self.cut.slices(&pieces, file.closed), file });
        self.hold(cut.clone());
        Ok(cut)
    }

    async fn pieces(&self, file: &MediaFile, parts: &RangeInclusive<u32>) -> Result<Vec<Piece>, PlayFault> {
        let all = self.store.reader().media_parts(file.id).await.map_err(unreadable)?;
        Ok(all.iter().filter(|part| parts.contains(&part.number)).map(|part| piece(file, part)).collect())
    }

    fn hold(&self, cut: Arc<Cut>) {
        let mut held = self.held.lock();
        let id = cut.file.id;
        if held.files.insert(id, cut).is_none() {
            held.order.push_back(id);
        }
        if held.order.len() > FILES_MAX
            && let Some(oldest) = held.order.pop_front()
        {
            held.files.remove(&oldest);
        }
    }
}

fn found(file: &MediaFile, slices: &[Slice], name: ArchiveName) -> Option<Found> {
    match name {
        ArchiveName::Init(_) => Some(Found { offset: 0, bytes: file.init_bytes, ends_at: file.ended_at }),
        ArchiveName::Segment { offset, bytes, .. } => {
            let slice = slices.iter().find(|slice| slice.offset == offset && slice.bytes == bytes)?;
            Some(Found { offset, bytes, ends_at: Some(slice.ends_at()) })
        }
    }
}

fn piece(file: &MediaFile, part: &MediaPart) -> Piece {
    Piece {
        offset: part.offset,
        bytes: part.bytes.into(),
        begins_at: part.begun_at,
        duration: part.duration,
        independent: part.key,
        discontinuity: part.discontinuity || (part.number == 0 && file.discontinuity),
    }
}

/// The parts of a file that a recording has.
fn span(file: Ulid, first: PartAt, last: Option<PartAt>) -> RangeInclusive<u32> {
    let begin = if file == first.file { first.part } else { 0 };
    let end = last.filter(|last| last.file == file).map_or(u32::MAX, |last| last.part);
    begin..=end
}

const fn numbers_of(one: &ArchiveNumbers) -> Numbers {
    Numbers { sequence: one.sequence, discontinuity: one.discontinuity }
}

/// Numbers beyond all that a file which is gone can have had.
const fn behind_gone(gone: &ArchiveNumbers) -> Numbers {
    Numbers {
        sequence: gone.sequence.saturating_add(SKIPPED),
        discontinuity: gone.discontinuity.saturating_add(SKIPPED),
    }
}

fn unreadable(fault: Fault) -> PlayFault {
    tracing::error!(%fault, "the index of what has been kept cannot be read");
    PlayFault::KeptUnreadable
}
