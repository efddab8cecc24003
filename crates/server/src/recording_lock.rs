//! To whom a folder of recordings belongs: one data folder, and of its servers one at a time.
//!
//! The data folder's own lock does not guard `recording.dir`, which may stand anywhere. A server that took another's folder
//! for its own would find files that its database knows nothing of, and put them aside while they are written.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Read as _};
use std::os::unix::fs::{DirBuilderExt as _, FileExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use thiserror::Error;
use tokio::time::{sleep, timeout};
use vivace_store::{DataFolder, FILE_NAME as DATABASE};

/// Names the owner, and carries the lock.
const FILE: &str = "recordings.owner";
/// What is made beside it at the first start.
const FOLDERS: [&str; 2] = ["media", "recordings"];
/// More than it ever holds.
const BYTES_MAX: u64 = 16 << 10;
/// How often it is looked whether the server before has let go.
const LOOK: Duration = Duration::from_millis(200);

/// Why recordings may not be kept in a folder.
#[derive(Debug, Error)]
pub enum RecordingFolderFault {
    /// It is another data folder's.
    #[error("the folder of recordings {dir} belongs to the data folder {data}, not to this one")]
    Foreign {
        /// The folder.
        dir: PathBuf,
        /// Whose it is.
        data: PathBuf,
    },
    /// It is that of the data folder of which this one is a copy.
    #[error("the folder of recordings {dir} belongs to the data folder {data}, of which this one is a copy")]
    Copied {
        /// The folder.
        dir: PathBuf,
        /// The other one.
        data: PathBuf,
    },
    /// What was recorded was there, and now nothing is.
    #[error("the folder of recordings {dir} was in use and is empty now: its disk is not mounted, or it was cleared")]
    Gone {
        /// The folder.
        dir: PathBuf,
    },
    /// Another server keeps its recordings there at this moment.
    #[error("another server keeps its recordings in {dir}")]
    InUse {
        /// The folder.
        dir: PathBuf,
    },
    /// The system refuses.
    #[error("{path} cannot be used ({source})")]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
}

impl RecordingFolderFault {
    /// What to do about it.
    pub fn remedy(&self) -> String {
        match self {
            Self::Foreign { dir, .. } | Self::Copied { dir, .. } => format!(
                "give this server a folder of its own with `recording.dir`; only if the other data folder is gone for \
                 good, remove {}, and this one takes the folder",
                dir.join(FILE).display()
            ),
            Self::Gone { dir } => format!(
                "mount the disk; only if what was recorded is gone for good, make the folder with an empty file {}, and \
                 the next start begins anew there",
                dir.join(FILE).display()
            ),
            Self::InUse { .. } => {
                "stop that server, or give this one a folder of its own with `recording.dir`".to_owned()
            }
            Self::Io { .. } => "make the folder for the server's user, or name another with `recording.dir`".to_owned(),
        }
    }
}

/// Whose a folder is, in the words of its file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Owner {
    /// Id of the data folder.
    id: String,
    /// Where that was last.
    data: String,
    /// Where the folder of recordings itself was last: with a copy of it, this file is copied too.
    dir: String,
    /// Device and number of its database: within containers, two data folders may have one path.
    #[serde(default)]
    database: Option<(u64, u64)>,
}

impl Owner {
    fn of(id: &str, data: &Path, dir: &Path) -> Self {
        let text =
            |path: &Path| fs::canonicalize(path).unwrap_or_else(|_| path.to_owned()).to_string_lossy().into_owned();
        let (data, dir) = (text(data), text(dir));
        Self { id: id.to_owned(), database: identity(&data, DATABASE), data, dir }
    }

    /// Whether both are the same folder, by whatever path.
    fn is_at(&self, other: &Self) -> bool {
        self.data == other.data || are_same(&self.data, &other.data, DATABASE)
    }

    /// Whether both are the same data folder, of which two processes are at work: nothing of it was moved or put back then.
    fn is_with(&self, other: &Self) -> bool {
        let is_one = other.database.is_none_or(|found| self.database == Some(found));
        self.id == other.id && self.is_at(other) && is_one
    }

    /// Whether this one may go on with what that one, if any, has left.
    fn may_follow(&self, dir: &Path, found: Option<&Self>) -> Result<(), RecordingFolderFault> {
        let Some(found) = found else { return Ok(()) };
        let (dir, data) = (dir.to_owned(), PathBuf::from(&found.data));
        if found.id != self.id {
            Err(RecordingFolderFault::Foreign { dir, data })
        } else if !found.is_at(self)
            && identity(&found.data, DATABASE).is_some()
            && are_same(&self.dir, &found.dir, FILE)
        {
            // One that was moved is not there any more, and a folder that was copied is nobody else's.
            Err(RecordingFolderFault::Copied { dir, data })
        } else {
            Ok(())
        }
    }
}

/// Whether the recordings of a data folder were in `dir`, and nothing that a server makes is there any more. To a server
/// that begins anew there, files of a disk that is not mounted would be lost for good.
fn check_is_there(dir: &Path, known: &DataFolder, data: &Path) -> Result<(), RecordingFolderFault> {
    let Some(before) = known.recordings_dir.as_deref().filter(|_| known.has_files).map(Path::new) else {
        return Ok(());
    };
    // A folder that is not there has no path but the one that is set.
    let path =
        |path: &Path| fs::canonicalize(path).or_else(|_| std::path::absolute(path)).unwrap_or_else(|_| path.to_owned());
    let is_there = || [FILE].iter().chain(&FOLDERS).any(|name| dir.join(name).try_exists().unwrap_or(true));
    if path(dir) != before || path(dir) == path(data) || is_there() {
        return Ok(());
    }
    Err(RecordingFolderFault::Gone { dir: dir.to_owned() })
}

/// Whether a file in two folders is one and the same, whatever their paths.
fn are_same(one: &str, other: &str, file: &str) -> bool {
    identity(one, file).is_some_and(|found| identity(other, file) == Some(found))
}

fn identity(folder: &str, file: &str) -> Option<(u64, u64)> {
    fs::metadata(Path::new(folder).join(file)).ok().map(|found| (found.dev(), found.ino()))
}

/// The right to keep recordings in a folder. The system gives it back when the process ends, however it ends.
#[derive(Debug)]
pub(crate) struct RecordingLock {
    dir: PathBuf,
    file: File,
    owner: Owner,
}

impl RecordingLock {
    /// Takes the folder, which is made if it never was there, for the data folder `data`, which says this of itself. Of the
    /// same data folder a server that drains may still hold it: [`RecordingLock::alone`] waits for that.
    ///
    /// # Errors
    /// [`RecordingFolderFault`].
    pub(crate) fn take(dir: &Path, known: &DataFolder, data: &Path) -> Result<Self, RecordingFolderFault> {
        check_is_there(dir, known, data)?;
        let failed = |path: &Path, source| RecordingFolderFault::Io { path: path.to_owned(), source };
        DirBuilder::new().recursive(true).mode(0o700).create(dir).map_err(|error| failed(dir, error))?;
        let path = dir.join(FILE);
        let file = OpenOptions::new().create(true).truncate(false).read(true).write(true).mode(0o600).open(&path);
        let lock = Self {
            dir: dir.to_owned(),
            file: file.map_err(|error| failed(&path, error))?,
            owner: Owner::of(&known.id, data, dir),
        };
        match lock.try_take() {
            Ok(true) => {}
            // Who holds it has written who it is, or is about to.
            Ok(false) => match lock.read().map_err(|error| failed(&path, error))? {
                Some(found) if lock.owner.is_with(&found) => return Ok(lock),
                found => {
                    lock.owner.may_follow(dir, found.as_ref())?;
                    return Err(RecordingFolderFault::InUse { dir: dir.to_owned() });
                }
            },
            Err(error) => return Err(failed(&path, error)),
        }
        let found = lock.read().map_err(|error| failed(&path, error))?;
        lock.owner.may_follow(dir, found.as_ref())?;
        if found.as_ref() != Some(&lock.owner) {
            lock.write().map_err(|error| failed(&path, error))?;
        }
        Ok(lock)
    }

    /// Ends when no other process holds the folder. The log hears of one that holds it for longer than `patience`.
    pub(crate) async fn alone(&self, patience: Duration) {
        if timeout(patience, self.taken()).await.is_ok() {
            return;
        }
        tracing::warn!(
            dir = %self.dir.display(),
            "another server of this data folder still keeps its recordings there: what a crash has cut off is mended when it \
             has ended"
        );
        self.taken().await;
    }

    async fn taken(&self) {
        loop {
            match self.try_take() {
                Ok(true) => return,
                Ok(false) => {}
                Err(error) => {
                    tracing::error!(%error, dir = %self.dir.display(), "the folder of recordings cannot be locked")
                }
            }
            sleep(LOOK).await;
        }
    }

    /// Whether it has the lock now.
    fn try_take(&self) -> io::Result<bool> {
        match self.file.try_lock() {
            Ok(()) => Ok(true),
            Err(TryLockError::WouldBlock) => Ok(false),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }

    /// What stands in the file. What a crash has torn is nobody's.
    fn read(&self) -> io::Result<Option<Owner>> {
        parse(&self.file)
    }

    fn write(&self) -> io::Result<()> {
        let text = serde_json::to_vec(&self.owner).map_err(io::Error::other)?;
        self.file.set_len(0)?;
        self.file.write_all_at(&text, 0)?;
        self.file.sync_all()
    }
}

fn parse(file: &File) -> io::Result<Option<Owner>> {
    let mut text = Vec::new();
    file.take(BYTES_MAX).read_to_end(&mut text)?;
    Ok(serde_json::from_slice(&text).ok())
}

/// Whether the server of a data folder may keep its recordings in `dir`, without a change of anything. `known`: what the
/// data folder says of itself, if it is there and can be read.
///
/// # Errors
/// [`RecordingFolderFault`].
pub fn look_at_recording_folder(
    dir: &Path,
    known: Option<&DataFolder>,
    data: &Path,
) -> Result<(), RecordingFolderFault> {
    known.map_or(Ok(()), |known| check_is_there(dir, known, data))?;
    let path = dir.join(FILE);
    let found = match File::open(&path) {
        Ok(file) => parse(&file),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => Err(error),
    };
    let found = found.map_err(|source| RecordingFolderFault::Io { path, source })?;
    let owner = Owner::of(known.map_or("", |known| known.id.as_str()), data, dir);
    match found {
        // What cannot be read, or not yet, is this data folder all the same where it lies there.
        Some(found) if known.is_none() && owner.database.is_some() && found.is_at(&owner) => Ok(()),
        found => owner.may_follow(dir, found.as_ref()),
    }
}

#[cfg(test)]
mod tests;
