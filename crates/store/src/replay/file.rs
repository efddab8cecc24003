//! The files of the memory of signed requests: a head with a random key, then one hash of 16 bytes for each request.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::{Fault, Operation};

const MAGIC: &[u8; 8] = b"VIVKEYS1";
const HEAD_BYTES: usize = 40;
const RECORD_BYTES: usize = 16;
const EXTENSION: &str = "keys";

/// One file, open for appending.
pub(super) struct KeyFile {
    path: PathBuf,
    key: [u8; 32],
    file: Arc<File>,
    bytes: u64,
    /// A write has failed halfway: what is behind `bytes` is cut off before the next one.
    torn: bool,
    unsynced: bool,
}

impl KeyFile {
    /// Makes a file; one that is there has no whole head and is made anew.
    pub(super) fn create(dir: &Path, number: u64, key: [u8; 32]) -> Result<Self, Fault> {
        let path = dir.join(format!("{number}.{EXTENSION}"));
        let make = || {
            let mut file = OpenOptions::new().append(true).create(true).mode(0o600).open(&path)?;
            file.set_len(0)?;
            file.write_all(&[MAGIC.as_slice(), &key].concat())?;
            Ok(file)
        };
        let file = make().map_err(|error| Fault::io(&path, Operation::WriteReplay, error))?;
        Ok(Self { path, key, file: Arc::new(file), bytes: HEAD_BYTES as u64, torn: false, unsynced: true })
    }

    /// Opens a file and reads its hashes; none if it has no whole head. A record that was being written when the process
    /// ended is cut off: its request has not acted.
    pub(super) fn open(path: &Path) -> Result<Option<(Self, Vec<u128>)>, Fault> {
        let failed = |error| Fault::io(path, Operation::ReadReplay, error);
        let mut file = OpenOptions::new().read(true).append(true).open(path).map_err(failed)?;
        let mut contents = Vec::new();
        file.read_to_end(&mut contents).map_err(failed)?;
        let Some((head, records)) = contents.split_at_checked(HEAD_BYTES) else { return Ok(None) };
        let key = head.strip_prefix(MAGIC.as_slice()).and_then(|key| <[u8; 32]>::try_from(key).ok());
        let Some(key) = key else {
            return Err(Fault::foreign(path, Operation::ReadReplay));
        };
        let (records, torn) = records.as_chunks::<RECORD_BYTES>();
        let bytes = (contents.len() - torn.len()) as u64;
        if !torn.is_empty() {
            file.set_len(bytes).map_err(failed)?;
        }
        let keys = records.iter().map(|record| u128::from_be_bytes(*record)).collect();
        let file = Arc::new(file);
        Ok(Some((Self { path: path.to_owned(), key, file, bytes, torn: false, unsynced: false }, keys)))
    }

    pub(super) const fn key(&self) -> &[u8; 32] {
        &self.key
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Appends hashes, all of them or none.
    pub(super) fn append(&mut self, hashes: &[u128]) -> Result<(), Fault> {
        let records: Vec<u8> = hashes.iter().flat_map(|hash| hash.to_be_bytes()).collect();
        let write = |file: &File| {
            if self.torn {
                file.set_len(self.bytes)?;
            }
            let mut file = file;
            file.write_all(&records)
        };
        let written = write(&self.file);
        self.torn = written.is_err();
        written.map_err(|error| Fault::io(&self.path, Operation::WriteReplay, error))?;
        self.bytes = self.bytes.saturating_add(records.len() as u64);
        self.unsynced = true;
        Ok(())
    }

    /// As if its disk were full; the file in whose place that is.
    #[cfg(test)]
    pub(super) fn fill_disk(&mut self) -> Arc<File> {
        let full = OpenOptions::new().write(true).open("/dev/full").expect("a system with /dev/full");
        std::mem::replace(&mut self.file, Arc::new(full))
    }

    #[cfg(test)]
    pub(super) fn free_disk(&mut self, file: Arc<File>) {
        self.file = file;
    }

    /// The file, if something was appended since the last time.
    pub(super) fn take_unsynced(&mut self) -> Option<Arc<File>> {
        std::mem::take(&mut self.unsynced).then(|| self.file.clone())
    }
}

pub(super) fn make_folder(dir: &Path) -> Result<(), Fault> {
    let made = DirBuilder::new().recursive(true).mode(0o700).create(dir);
    made.map_err(|error| Fault::io(dir, Operation::Create, error))
}

/// The files of a folder with their hours; anything else in it is nobody's.
pub(super) fn list(dir: &Path) -> Result<Vec<(u64, PathBuf)>, Fault> {
    let failed = |error| Fault::io(dir, Operation::ReadReplay, error);
    let mut files = Vec::new();
    for entry in fs::read_dir(dir).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        let ours = path.extension().is_some_and(|extension| extension == EXTENSION);
        let number = path.file_stem().and_then(|stem| stem.to_str()?.parse().ok());
        if let (true, Some(number)) = (ours, number) {
            files.push((number, path));
        }
    }
    Ok(files)
}

/// Removes a file that has passed. One that stays is met again at the next start.
pub(super) fn remove(path: &Path) {
    if let Err(error) = fs::remove_file(path)
        && error.kind() != ErrorKind::NotFound
    {
        tracing::warn!(path = %path.display(), %error, "an old file of signed requests could not be removed");
    }
}

/// A new name is on disk only when its folder is.
pub(super) fn keep_names(dir: &Path) {
    let synced: io::Result<()> = File::open(dir).and_then(|folder| folder.sync_all());
    if let Err(error) = synced
        && error.kind() != ErrorKind::InvalidInput
    {
        tracing::error!(dir = %dir.display(), %error, "the folder of signed requests could not be put on disk");
    }
}
