//! What a process that ended without a word has left: files are cut to what is whole and closed, recordings brought to
//! their end.

mod adopt;
#[cfg(test)]
mod tests;
mod whole;

use std::collections::HashSet;
use std::fmt::Display;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use vivace_base::{MediaTime, Ulid};
use vivace_domain::recording::{MediaFile, MediaPart, PartAt, RecordState, Recording};
use vivace_media::Codec;
use vivace_media::fmp4::{Reader as Fragments, Scan};
use vivace_store::{FIRST_APP, Fault, Listed};

use super::disk::{DiskFault, Folders, Found};
use super::note::Note;
use super::read::MediaReader;
use super::shared::Shared;
use super::whereabouts;
use crate::Alone;
use adopt::Left;
use whole::is_written;

/// How long it waits where the store or the disk refuses.
const AGAIN: Duration = Duration::from_secs(1);
/// How many rows are read at once.
const PAGE: u32 = 100;
/// How many of a file's last parts are looked at for what never came to the disk: those of a write or two.
const LAST_PARTS: usize = 4;

/// Mends once no other process records, and until nothing is left to mend.
pub(crate) async fn run(shared: Arc<Shared>, alone: Alone, stop: CancellationToken) {
    tokio::select! {
        () = alone => {}
        () = stop.cancelled() => return,
    }
    while let Err(fault) = mend(&shared, PAGE).await {
        tracing::error!(%fault, "what was being recorded when the process before ended cannot be read: tried again");
        tokio::select! {
            () = sleep(AGAIN) => {}
            () = stop.cancelled() => return,
        }
    }
    shared.forget_begun();
    tidy(&shared).await;
    whereabouts::run(&shared, &stop).await;
}

/// What has come of one of many. One that is damaged is left as it is, and stops the mending of no other: none then.
fn unless_damaged<T>(what: impl Display, done: Result<T, Fault>) -> Result<Option<T>, Fault> {
    match done {
        Err(fault @ Fault::Damaged { .. }) => {
            tracing::error!(%what, %fault, "what is damaged is not mended: it is left as it is");
            Ok(None)
        }
        done => done.map(Some),
    }
}

/// Reads `page` rows at a time. One that this process has ended while they were read is whole.
async fn mend(shared: &Shared, page: u32) -> Result<(), Fault> {
    let mut left = Left::find(shared).await;
    left.adopt(shared).await?;
    let (reader, mut after) = (shared.store.reader(), None::<String>);
    loop {
        let files = unless_damaged("media files", reader.open_media_files(after.as_deref(), page).await)?;
        let files = files.unwrap_or_default();
        let Some(last) = files.last() else { break };
        after = Some(last.key.clone());
        for Listed { key, row } in files {
            let file = unless_damaged(key, row)?.filter(|file| !shared.has_begun(file.id));
            if let Some(file) = file {
                unless_damaged(file.id, mend_file(shared, &file).await)?;
            }
        }
    }
    left.recordings(shared).await?;
    after = None;
    loop {
        let recordings = unless_damaged("recordings", reader.unfinished_recordings(after.as_deref(), page).await)?;
        let recordings = recordings.unwrap_or_default();
        let Some(last) = recordings.last() else { break };
        after = Some(last.key.clone());
        for Listed { key, row } in recordings {
            let recording = unless_damaged(key, row)?.filter(|recording| !shared.has_begun(recording.id));
            if let Some(recording) = recording {
                unless_damaged(recording.id, mend_adopted(shared, recording).await)?;
            }
        }
    }
    left.remove(shared).await;
    Ok(())
}

/// Adopts a recording and mends it. One that could not be mended is a dead process' one still: the next try finds it.
async fn mend_adopted(shared: &Shared, recording: Recording) -> Result<(), Fault> {
    let id = recording.id;
    shared.adopt(id);
    mend_recording(shared, recording).await.inspect_err(|_| shared.let_go(id))
}

/// Cuts off what is not whole, writes rows for what is whole and has none, and closes the file.
async fn mend_file(shared: &Shared, file: &MediaFile) -> Result<(), Fault> {
    let known = shared.store.reader().media_parts(file.id).await?;
    let head = file.clone();
    match shared.disk.run(move |folders, _| cut(folders, &head, &known)).await {
        Ok((fresh, lost)) => {
            tracing::warn!(
                file = %file.id, stream = %file.stream, parts = fresh.len(), bytes_cut = lost,
                "a media file that was being written is repaired"
            );
            let rows: Vec<_> = fresh.into_iter().map(|part| (file.id, part)).collect();
            shared.store.append_parts(&rows).await?;
        }
        Err(fault) => {
            tracing::error!(file = %file.id, %fault, "a media file cannot be repaired: its index is closed as it is")
        }
    }
    shared.store.close_media_file(file.id).await?;
    Ok(())
}

/// Cuts a file behind its last whole fragment; the parts behind those that are known, and the bytes that were cut off.
fn cut(folders: &Folders, file: &MediaFile, known: &[MediaPart]) -> Result<(Vec<MediaPart>, u64), DiskFault> {
    let path = folders.media_file(file.id);
    let media = MediaReader::open(folders, file.id)?;
    let bytes = media.bytes()?;
    let from = known.last().map_or(file.init_bytes, |last| last.offset + u64::from(last.bytes));
    let mut scan = Scan::from(from.min(bytes));
    let mut fragments = Vec::new();
    loop {
        let (at, whole) = (scan.at(), scan.whole_bytes());
        if !scan.header(&media.read(at, Scan::HEADER_BYTES)?, bytes) {
            break;
        }
        if scan.whole_bytes() > whole {
            fragments.push((whole, scan.whole_bytes()));
        }
    }
    let init = media.read(0, usize::try_from(file.init_bytes).unwrap_or(0))?;
    let (parts, whole) = match Fragments::parse(&init) {
        Ok(mut reader) => {
            let grouped = group(&media, &mut reader, file, known, &fragments)?;
            grouped.written(scan.whole_bytes())
        }
        Err(fault) => {
            tracing::error!(file = %file.id, %fault, "the init segment of a media file cannot be read");
            (Vec::new(), scan.whole_bytes())
        }
    };
    if whole < bytes {
        let write = std::fs::OpenOptions::new().write(true).open(&path);
        let cut = write.and_then(|write| write.set_len(whole).and_then(|()| write.sync_all()));
        cut.map_err(|error| DiskFault::of(&path, &error))?;
    }
    Ok((parts, bytes - whole))
}

/// What a fragment holds.
struct Held {
    track: usize,
    from: MediaTime,
    to: MediaTime,
    key: bool,
    /// Its samples are what was written, as far as one can see.
    written: bool,
}

/// The parts of a file that have no row, and where fragments begin that are not what was written.
struct Grouped {
    parts: Vec<MediaPart>,
    torn: Vec<u64>,
}

impl Grouped {
    /// The parts before the first torn fragment at the end of a file of so many bytes, and where they end. What is odd far
    /// before the end has been on disk for long, and is not the work of a machine that has lost its power.
    fn written(self, bytes: u64) -> (Vec<MediaPart>, u64) {
        let Self { mut parts, torn } = self;
        let from = parts.iter().rev().nth(LAST_PARTS - 1).map_or(0, |part| part.offset);
        let Some(end) = torn.into_iter().find(|at| *at >= from) else { return (parts, bytes) };
        parts.retain(|part| part.offset < end);
        if let Some(last) = parts.last_mut() {
            last.bytes = u32::try_from(end - last.offset).unwrap_or(last.bytes).min(last.bytes);
        }
        (parts, end)
    }
}

/// Fragments as parts: each begins with one of the first track, or where that one has none.
fn group(
    media: &MediaReader,
    reader: &mut Fragments,
    file: &MediaFile,
    known: &[MediaPart],
    fragments: &[(u64, u64)],
) -> Result<Grouped, DiskFault> {
    let (mut parts, mut torn): (Vec<MediaPart>, _) = (Vec::new(), Vec::new());
    let mut tracks = HashSet::new();
    for (from, to) in fragments {
        let data = media.read(*from, usize::try_from(to - from).unwrap_or(0))?;
        let held = held(reader, &data, *from);
        if held.as_ref().is_none_or(|held| !held.written) {
            torn.push(*from);
        }
        let (Some(held), Ok(bytes)) = (held, u32::try_from(data.len())) else { continue };
        let goes_on = !parts.is_empty() && held.track != 0 && tracks.insert(held.track);
        if let Some(part) = parts.last_mut().filter(|_| goes_on) {
            part.bytes = part.bytes.saturating_add(bytes);
            continue;
        }
        tracks = HashSet::from([held.track]);
        let before = parts.last().or(known.last());
        // Within a file, times of parts follow the media.
        let begun_at = before.map_or(file.begun_at, MediaPart::ended_at);
        parts.push(MediaPart {
            number: before.map_or(0, |before| before.number.saturating_add(1)),
            offset: *from,
            bytes,
            begun_at,
            dts: held.from,
            duration: held.to - held.from,
            key: held.key,
            discontinuity: false,
        });
    }
    Ok(Grouped { parts, torn })
}

fn held(reader: &mut Fragments, data: &[u8], at: u64) -> Option<Held> {
    let codecs: Vec<Codec> = reader.tracks().iter().map(|track| track.track().codec()).collect();
    let (mut held, mut last): (Option<Held>, _) = (None, 0);
    for sample in reader.samples(data, at) {
        let sample = sample.ok()?;
        let end = sample.dts + sample.duration;
        let written = codecs.get(sample.track).is_some_and(|codec| is_written(*codec, sample.payload(data)));
        last = sample.at.saturating_add(sample.bytes);
        match &mut held {
            Some(held) => (held.to, held.written) = (held.to.max(end), held.written && written),
            None => held = Some(Held { track: sample.track, from: sample.dts, to: end, key: sample.key, written }),
        }
    }
    held.map(|held| Held { written: held.written && last == data.len(), ..held })
}

/// Gives a recording that was left its last part, and to who makes its file.
async fn mend_recording(shared: &Shared, mut recording: Recording) -> Result<(), Fault> {
    if recording.state == RecordState::Recording {
        let Some((last, part)) = last_part(shared, &recording).await? else {
            return shared.finaliser.give_up(shared, &recording, "none of its media is there").await;
        };
        shared.store.finish_recording(recording.id, last, part.ended_at(), None).await?;
        recording.state = RecordState::Finalizing;
        (recording.last, recording.ended_at) = (Some(last), Some(part.ended_at()));
        tracing::warn!(recording = %recording.id, stream = %recording.stream, "a recording that was cut is brought to its end");
        shared.tell(&recording);
        shared.tally.repaired();
    }
    shared.finaliser.add(recording);
    Ok(())
}

/// The last part that a recording can have: of the newest file that the dead process has written of its stream.
async fn last_part(shared: &Shared, recording: &Recording) -> Result<Option<(PartAt, MediaPart)>, Fault> {
    let Recording { app, stream, first, .. } = recording;
    let files = shared.store.reader().media_files_between(*app, stream, first.file, None).await?;
    for file in files.iter().rev().filter(|file| !shared.has_begun(file.id)) {
        if let Some(part) = shared.store.reader().media_parts(file.id).await?.last() {
            return Ok(Some((PartAt { file: file.id, part: part.number }, *part)));
        }
    }
    Ok(None)
}

/// Removes what was being made, and moves out of the way what no row knows of.
async fn tidy(shared: &Shared) {
    for media in [true, false] {
        let listed =
            shared.disk.look(move |folders| Folders::list(if media { folders.media() } else { folders.files() }));
        match listed.await {
            Ok(found) => {
                for found in found {
                    tidy_one(shared, found, media).await;
                }
            }
            Err(fault) => tracing::error!(%fault, "the folders of recordings cannot be looked through"),
        }
    }
}

async fn tidy_one(shared: &Shared, found: Found, media: bool) {
    let stray = match found {
        Found::Unfinished { id, path } if !shared.is_ours(id) => {
            tracing::info!(file = %path.display(), "a file that was not finished is removed: it is made anew");
            let removed =
                shared.disk.run(move |_, _| std::fs::remove_file(&path).map_err(|error| DiskFault::of(&path, &error)));
            if let Err(fault) = removed.await {
                tracing::error!(%fault, "a file that was not finished cannot be removed");
            }
            return;
        }
        Found::Note { id } if !shared.is_ours(id) => return tidy_note(shared, id).await,
        Found::Unfinished { .. } | Found::Foreign(_) | Found::Note { .. } => return,
        Found::Ours { id, path } if !shared.is_ours(id) && !is_known(shared, id, media).await => path,
        Found::Ours { .. } => return,
    };
    match shared.disk.run(move |folders, _| folders.put_aside(&stray)).await {
        Ok(to) => tracing::error!(file = %to.display(), "a file that no row knows of is put aside"),
        Err(fault) => tracing::error!(%fault, "a file that no row knows of cannot be put aside"),
    }
}

/// What stands beside a file that is not there, or is out of the way.
async fn tidy_note(shared: &Shared, id: Ulid) {
    let removed = shared.disk.run(move |folders, _| {
        let is_alone = !folders.media_file(id).exists();
        if is_alone { Note::remove(folders, id) } else { Ok(()) }
    });
    if let Err(fault) = removed.await {
        tracing::error!(%fault, "what stands beside a media file cannot be removed");
    }
}

/// Whether there is a row, or may be one after the next start: what stands beside a media file says whose it is. What cannot
/// be asked for is taken to have one.
async fn is_known(shared: &Shared, id: Ulid, media: bool) -> bool {
    let reader = shared.store.reader();
    let found = if media {
        reader.media_file(id).await.map(|found| found.is_some())
    } else {
        reader.recording(FIRST_APP, id).await.map(|found| found.is_some())
    };
    // This process may have made it meanwhile.
    found.unwrap_or(true) || shared.is_ours(id) || (media && is_noted(shared, id).await)
}

async fn is_noted(shared: &Shared, id: Ulid) -> bool {
    shared.disk.look(move |folders| Ok(!Note::read(folders, id)?.is_empty())).await.unwrap_or(true)
}
