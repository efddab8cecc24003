//! The bytes of recordings, for those who read them.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::PathBuf;
use std::sync::Arc;

use vivace_base::Ulid;
use vivace_domain::recording::RecordFormat;

use super::disk::{DiskFault, Folders};

/// Where the files are.
#[derive(Clone, Debug)]
pub struct Place(Arc<Folders>);

impl Place {
    pub(crate) fn of(folders: &Arc<Folders>) -> Self {
        Self(folders.clone())
    }

    /// A media file.
    pub fn media(&self, id: Ulid) -> PathBuf {
        self.0.media_file(id)
    }

    /// The file of a recording; `None` of HLS, which is served from the stream's media.
    pub fn recording(&self, id: Ulid, format: RecordFormat) -> Option<PathBuf> {
        (format != RecordFormat::Hls).then(|| self.0.file(id, format.extension()))
    }
}

/// A media file that is read.
pub(crate) struct MediaReader {
    path: PathBuf,
    file: File,
}

impl MediaReader {
    /// Opens one.
    ///
    /// # Errors
    /// [`DiskFault`].
    pub(crate) fn open(folders: &Folders, id: Ulid) -> Result<Self, DiskFault> {
        let path = folders.media_file(id);
        let file = File::open(&path).map_err(|error| DiskFault::of(&path, &error))?;
        Ok(Self { path, file })
    }

    /// Its bytes.
    ///
    /// # Errors
    /// [`DiskFault`].
    pub(crate) fn bytes(&self) -> Result<u64, DiskFault> {
        self.file.metadata().map(|found| found.len()).map_err(|error| DiskFault::of(&self.path, &error))
    }

    /// As many bytes from there on; fewer if the file ends before.
    ///
    /// # Errors
    /// [`DiskFault`].
    pub(crate) fn read(&self, at: u64, bytes: usize) -> Result<Vec<u8>, DiskFault> {
        let mut out = vec![0; bytes];
        let mut done = 0;
        while done < bytes {
            let Some(rest) = out.get_mut(done..) else { break };
            match self.file.read_at(rest, at + done as u64) {
                Ok(0) => break,
                Ok(count) => done += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(DiskFault::of(&self.path, &error)),
            }
        }
        out.truncate(done);
        Ok(out)
    }
}
