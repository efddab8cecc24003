use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::PathBuf;
use std::sync::atomic::Ordering::Relaxed;

use bytes::Bytes;
use vivace_base::Ulid;

use super::{DiskCounts, DiskFault, Folders, sync_folder};

/// A media file that grows. What it holds behind [`MediaWriter::bytes`] does not count.
#[derive(Debug)]
pub(crate) struct MediaWriter {
    path: PathBuf,
    file: File,
    bytes: u64,
    /// Its name is on disk.
    named: bool,
}

impl MediaWriter {
    /// Makes the file.
    ///
    /// # Errors
    /// [`DiskFault`].
    pub(crate) fn create(folders: &Folders, id: Ulid) -> Result<Self, DiskFault> {
        let path = folders.media_file(id);
        // Never over another one: two processes cannot have the same file.
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path);
        let file = file.map_err(|error| DiskFault::of(&path, &error))?;
        Ok(Self { path, file, bytes: 0, named: false })
    }

    /// Appends; on disk when this returns, with the name of the file.
    ///
    /// # Errors
    /// [`DiskFault`]; the file ends where it ended before, if the disk still lets it be cut.
    pub(crate) fn append(&mut self, folders: &Folders, counts: &DiskCounts, pieces: &[Bytes]) -> Result<(), DiskFault> {
        let written = self.write(pieces).map_err(|error| DiskFault::of(&self.path, &error)).and_then(|end| {
            if !self.named {
                sync_folder(folders.media())?;
                counts.syncs.fetch_add(1, Relaxed);
            }
            Ok(end)
        });
        match written {
            Ok(end) => {
                counts.written(end - self.bytes);
                (self.bytes, self.named) = (end, true);
                Ok(())
            }
            Err(fault) => {
                // What has been written of it counts for nothing: the next start would cut it too.
                let _ = self.file.set_len(self.bytes);
                Err(fault)
            }
        }
    }

    /// Takes away a file that holds nothing, with what stands beside it: the next start would find it as a stray.
    pub(crate) fn give_up(&self, folders: &Folders, id: Ulid) {
        if self.bytes == 0 {
            let _ = std::fs::remove_file(&self.path);
            let _ = std::fs::remove_file(folders.note(id));
        }
    }

    fn write(&self, pieces: &[Bytes]) -> io::Result<u64> {
        let mut at = self.bytes;
        for piece in pieces {
            self.file.write_all_at(piece, at)?;
            at += piece.len() as u64;
        }
        self.file.sync_data()?;
        Ok(at)
    }
}
