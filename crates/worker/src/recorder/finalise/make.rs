//! One file, from the parts that it is a view of.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use bytes::Bytes;
use sha2::{Digest, Sha256};
use thiserror::Error;
use vivace_base::Ulid;
use vivace_domain::recording::{MediaPart, PartAt, RecordFormat, Recording};
use vivace_store::{Fault, Reader};

use crate::recorder::disk::{DiskFault, Folders, sync_folder};
use crate::recorder::engine::{Index, RemuxFault, RemuxFormat};
use crate::recorder::read::MediaReader;

/// Why a file is not made.
#[derive(Debug, Error)]
pub(super) enum MakeFault {
    /// The disk.
    #[error(transparent)]
    Disk(#[from] DiskFault),
    /// The store.
    #[error(transparent)]
    Store(#[from] Fault),
    /// The format cannot hold what was recorded.
    #[error("{0}")]
    Remux(#[from] RemuxFault),
    /// HLS, which is served from the media itself, has no form for a codec.
    #[error("{codec} is not carried in HLS")]
    NotCarried {
        /// The codec.
        codec: &'static str,
    },
    /// There is nothing to make it of.
    #[error("none of its media is there")]
    NoMedia,
    /// It would take room that is to stay free.
    #[error("the disk has too little room for its file")]
    NoRoom,
    /// The server stops.
    #[error("the server stops")]
    Stopped,
    /// The server's own code has failed.
    #[error("making the file has failed inside the server")]
    Lost,
}

/// How often it is tried where file descriptors or memory are short.
const SHORT_TRIES: u32 = 60;
/// How often it is tried where the server's own code has failed.
const LOST_TRIES: u32 = 3;

impl MakeFault {
    /// How often it is worth to be tried: 1 if it stays as it is, [`u32::MAX`] if it passes when somebody sees to it.
    pub(super) const fn tries_max(&self) -> u32 {
        match self {
            Self::Store(Fault::Damaged { .. }) | Self::Disk(DiskFault::Other { .. }) => 1,
            Self::Remux(_) | Self::NotCarried { .. } | Self::NoMedia | Self::Stopped => 1,
            Self::Disk(DiskFault::Short { .. }) => SHORT_TRIES,
            Self::Disk(DiskFault::Lost) | Self::Lost => LOST_TRIES,
            Self::Store(_) | Self::Disk(_) | Self::NoRoom => u32::MAX,
        }
    }
}

/// The parts that a recording is a view of.
#[derive(Debug)]
pub(super) struct Source(Vec<Piece>);

/// Those in one file.
#[derive(Debug)]
struct Piece {
    file: Ulid,
    init_bytes: u64,
    codecs: String,
    parts: Vec<MediaPart>,
}

/// A file that is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Made {
    pub(super) duration_ms: u64,
    pub(super) bytes: u64,
    pub(super) sha256: [u8; 32],
}

impl Source {
    /// Reads which parts those are.
    ///
    /// # Errors
    /// [`MakeFault::Store`], [`MakeFault::NoMedia`].
    pub(super) async fn find(reader: &Reader, recording: &Recording) -> Result<Self, MakeFault> {
        let Recording { app, stream, first, last, .. } = recording;
        let Some(last) = last else { return Err(MakeFault::NoMedia) };
        let mut pieces = Vec::new();
        for file in reader.media_files_between(*app, stream, first.file, Some(last.file)).await? {
            let mut parts = reader.media_parts(file.id).await?;
            parts.retain(|part| (*first..=*last).contains(&PartAt { file: file.id, part: part.number }));
            if !parts.is_empty() {
                pieces.push(Piece { file: file.id, init_bytes: file.init_bytes, codecs: file.codecs, parts });
            }
        }
        if pieces.is_empty() { Err(MakeFault::NoMedia) } else { Ok(Self(pieces)) }
    }

    /// Gives each init segment and each part behind it, in order.
    fn walk<F: From<DiskFault>>(
        &self,
        folders: &Folders,
        mut give: impl FnMut(Bit<'_>) -> Result<(), F>,
    ) -> Result<(), F> {
        for Piece { file, init_bytes, parts, .. } in &self.0 {
            let media = MediaReader::open(folders, *file)?;
            let init = media.read(0, usize::try_from(*init_bytes).unwrap_or(usize::MAX))?;
            give(Bit::Init(&init))?;
            for part in parts {
                let bytes = media.read(part.offset, usize::try_from(part.bytes).unwrap_or(usize::MAX))?;
                if bytes.len() < usize::try_from(part.bytes).unwrap_or(usize::MAX) {
                    tracing::error!(%file, part = part.number, "the disk has lost a part of a media file");
                    continue;
                }
                give(Bit::Part(Bytes::from(bytes)))?;
            }
        }
        Ok(())
    }

    /// Bytes of it all: about those of a file that is made of it.
    pub(super) fn bytes(&self) -> u64 {
        let parts = self.0.iter().flat_map(|piece| &piece.parts);
        parts.fold(0, |bytes: u64, part| bytes.saturating_add(part.bytes.into()))
    }

    fn duration_ms(&self) -> u64 {
        let parts = self.0.iter().flat_map(|piece| &piece.parts);
        parts.map(|part| u64::try_from(part.duration.ticks()).unwrap_or(0)).sum::<u64>() / 90
    }
}

enum Bit<'a> {
    Init(&'a [u8]),
    Part(Bytes),
}

/// Makes the file of a recording; it and its name are on disk when this returns. Made once more, it is the same.
///
/// # Errors
/// [`MakeFault`] but [`MakeFault::Store`].
pub(super) fn make(
    folders: &Folders,
    recording: &Recording,
    source: &Source,
    index_bytes_max: usize,
    is_stopped: &dyn Fn() -> bool,
) -> Result<Made, MakeFault> {
    let format = match recording.format {
        RecordFormat::Hls => return check(folders, source, is_stopped),
        RecordFormat::Flv => RemuxFormat::Flv,
        RecordFormat::Mp4 => RemuxFormat::Mp4,
        RecordFormat::Aac => RemuxFormat::Aac,
    };
    let ending = recording.format.extension();
    let unfinished = folders.unfinished(recording.id, ending);
    let made = remux(folders, source, (format, index_bytes_max), &unfinished, is_stopped);
    if made.is_err() {
        let _ = fs::remove_file(&unfinished);
    }
    let made = made?;
    let file = folders.file(recording.id, ending);
    fs::rename(&unfinished, &file).map_err(|error| DiskFault::of(&file, &error))?;
    sync_folder(folders.files())?;
    Ok(made)
}

/// HLS is served from the media itself: it is read once, to know that it is there, and for its checksum.
fn check(folders: &Folders, source: &Source, is_stopped: &dyn Fn() -> bool) -> Result<Made, MakeFault> {
    // As where playlists are made: the newest file decides.
    if let Some(codec) = source.0.last().and_then(|newest| RecordFormat::not_in_hls(&newest.codecs)) {
        return Err(MakeFault::NotCarried { codec });
    }
    let (mut sum, mut bytes) = (Sha256::new(), 0);
    source.walk(folders, |bit| {
        let read = match &bit {
            Bit::Init(init) => *init,
            Bit::Part(part) => part,
        };
        sum.update(read);
        bytes += read.len() as u64;
        if is_stopped() { Err(MakeFault::Stopped) } else { Ok(()) }
    })?;
    Ok(Made { duration_ms: source.duration_ms(), bytes, sha256: sum.finalize().into() })
}

fn remux(
    folders: &Folders,
    source: &Source,
    (format, index_bytes_max): (RemuxFormat, usize),
    to: &Path,
    is_stopped: &dyn Fn() -> bool,
) -> Result<Made, MakeFault> {
    let mut index = Index::new(format, index_bytes_max).ok_or(MakeFault::Lost)?;
    source.walk(folders, |bit| {
        match bit {
            Bit::Init(init) => index.init(init)?,
            Bit::Part(part) => index.part(&part)?,
        }
        if is_stopped() { Err(MakeFault::Stopped) } else { Ok(()) }
    })?;
    let mut remuxer = index.finish()?;
    let mut file = Summed::create(to)?;
    file.write(remuxer.head())?;
    let mut out = Vec::new();
    source.walk(folders, |bit| {
        match bit {
            Bit::Init(init) => remuxer.init(init)?,
            Bit::Part(part) => {
                out.clear();
                remuxer.part(&part, &mut out)?;
                file.write(&out)?;
            }
        }
        if is_stopped() { Err(MakeFault::Stopped) } else { Ok(()) }
    })?;
    remuxer.finish()?;
    let (bytes, sha256) = file.finish()?;
    let duration_ms = u64::try_from(remuxer.duration().ms()).unwrap_or(0);
    Ok(Made { duration_ms, bytes, sha256 })
}

/// A file whose checksum is known when it is written.
struct Summed<'a> {
    path: &'a Path,
    file: File,
    sum: Sha256,
    bytes: u64,
}

impl<'a> Summed<'a> {
    fn create(path: &'a Path) -> Result<Self, DiskFault> {
        let file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path);
        let file = file.map_err(|error| DiskFault::of(path, &error))?;
        Ok(Self { path, file, sum: Sha256::new(), bytes: 0 })
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), DiskFault> {
        self.file.write_all(bytes).map_err(|error| self.fault(&error))?;
        self.sum.update(bytes);
        self.bytes += bytes.len() as u64;
        Ok(())
    }

    fn finish(self) -> Result<(u64, [u8; 32]), DiskFault> {
        self.file.sync_all().map_err(|error| self.fault(&error))?;
        Ok((self.bytes, self.sum.finalize().into()))
    }

    fn fault(&self, error: &io::Error) -> DiskFault {
        DiskFault::of(self.path, error)
    }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::path::Path;

    use super::{DiskFault, LOST_TRIES, MakeFault, SHORT_TRIES};

    #[test]
    fn what_passes_is_tried_again_but_not_for_ever() {
        let tries = |number| {
            let fault = DiskFault::of(Path::new("x"), &io::Error::from_raw_os_error(number));
            MakeFault::from(fault).tries_max()
        };
        assert_eq!([24, 23, 12].map(tries), [SHORT_TRIES; 3]);
        assert_eq!([28, 30, 5].map(tries), [u32::MAX; 3], "full, read only, broken");
        assert_eq!([13, 2].map(tries), [1; 2], "no right, not there");
        assert_eq!(MakeFault::from(DiskFault::Lost).tries_max(), LOST_TRIES);
        assert_eq!((MakeFault::NoRoom.tries_max(), MakeFault::NoMedia.tries_max()), (u32::MAX, 1));
        assert_eq!(MakeFault::NotCarried { codec: "G.711" }.tries_max(), 1);
    }
}
