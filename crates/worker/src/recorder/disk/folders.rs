use std::fs::{self, DirBuilder, File};
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use vivace_base::Ulid;

use super::DiskFault;

/// End of a file's name while it is made.
const TMP: &str = "tmp";
/// End of a media file's name.
const MEDIA: &str = "mp4";
/// End of the name of what stands beside it.
const NOTE: &str = "note";

/// Where recordings are kept. Files are named by their ULID, never by a name from outside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Folders {
    top: PathBuf,
    media: PathBuf,
    files: PathBuf,
    strays: PathBuf,
}

/// A file that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// Named as ours are.
    Ours {
        /// Its id.
        id: Ulid,
        /// Where it is.
        path: PathBuf,
    },
    /// Named as ours are while they are made.
    Unfinished {
        /// Its id.
        id: Ulid,
        /// Where it is.
        path: PathBuf,
    },
    /// What stands beside a media file.
    Note {
        /// The file's id.
        id: Ulid,
    },
    /// Somebody else's.
    Foreign(PathBuf),
}

impl Folders {
    /// Makes the folders in `root`, for this user only, if they are not there.
    ///
    /// # Errors
    /// [`DiskFault`]: they cannot be made.
    pub(crate) fn make(root: &Path) -> Result<Self, DiskFault> {
        let at = |name| root.join(name);
        let (media, files, strays) = (at("media"), at("recordings"), at("recordings-without-rows"));
        let folders = Self { top: root.to_owned(), media, files, strays };
        for folder in [&folders.media, &folders.files] {
            DirBuilder::new()
                .recursive(true)
                .mode(0o700)
                .create(folder)
                .map_err(|error| DiskFault::of(folder, &error))?;
        }
        sync_folder(root)?;
        Ok(folders)
    }

    /// The folder whose file system decides how much room there is.
    pub(crate) fn root(&self) -> &Path {
        &self.media
    }

    /// The folder in which all of them are.
    pub(crate) fn top(&self) -> &Path {
        &self.top
    }

    /// The folder of media files.
    pub(crate) fn media(&self) -> &Path {
        &self.media
    }

    /// The folder of finished recordings.
    pub(crate) fn files(&self) -> &Path {
        &self.files
    }

    /// A media file.
    pub(crate) fn media_file(&self, id: Ulid) -> PathBuf {
        self.media.join(format!("{id}.{MEDIA}"))
    }

    /// What stands beside a media file while it is written.
    pub(crate) fn note(&self, id: Ulid) -> PathBuf {
        self.media.join(format!("{id}.{NOTE}"))
    }

    /// A finished recording.
    pub(crate) fn file(&self, id: Ulid, ending: &str) -> PathBuf {
        self.files.join(format!("{id}.{ending}"))
    }

    /// The same while it is made.
    pub(crate) fn unfinished(&self, id: Ulid, ending: &str) -> PathBuf {
        self.files.join(format!("{id}.{ending}.{TMP}"))
    }

    /// What is in one of the folders.
    ///
    /// # Errors
    /// [`DiskFault`]: it cannot be read.
    pub(crate) fn list(folder: &Path) -> Result<Vec<Found>, DiskFault> {
        let failed = |error: io::Error| DiskFault::of(folder, &error);
        let mut found = Vec::new();
        for entry in fs::read_dir(folder).map_err(failed)? {
            let path = entry.map_err(failed)?.path();
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            let (stem, ending) = name.split_once('.').unwrap_or((name, ""));
            found.push(match Ulid::parse(stem) {
                Ok(id) if ending == NOTE => Found::Note { id },
                Ok(id) if ending.ends_with(TMP) => Found::Unfinished { id, path },
                Ok(id) => Found::Ours { id, path },
                Err(_) => Found::Foreign(path),
            });
        }
        Ok(found)
    }

    /// How many files have been put aside and not taken away by somebody, and their bytes; of at most `max` of them.
    ///
    /// # Errors
    /// [`DiskFault`]: the folder cannot be read.
    pub(crate) fn strays(&self, max: usize) -> Result<(u64, u64), DiskFault> {
        let failed = |error: io::Error| DiskFault::of(&self.strays, &error);
        let found = match fs::read_dir(&self.strays) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok((0, 0)),
            found => found.map_err(failed)?,
        };
        let (mut files, mut bytes) = (0, 0_u64);
        for entry in found.take(max) {
            // One that somebody takes away meanwhile has no length any more.
            let length = entry.map_err(failed)?.metadata().map_or(0, |found| found.len());
            (files, bytes) = (files + 1, bytes.saturating_add(length));
        }
        Ok((files, bytes))
    }

    /// Moves a file that nothing knows of out of the way. Nothing that was recorded is ever deleted without a row.
    ///
    /// # Errors
    /// [`DiskFault`]: it cannot be moved.
    pub(crate) fn put_aside(&self, path: &Path) -> Result<PathBuf, DiskFault> {
        let name = path.file_name().unwrap_or_default();
        let to = self.strays.join(name);
        let failed = |error: io::Error| DiskFault::of(path, &error);
        DirBuilder::new().recursive(true).mode(0o700).create(&self.strays).map_err(failed)?;
        fs::rename(path, &to).map_err(failed)?;
        sync_folder(&self.strays)?;
        Ok(to)
    }
}

/// Puts the names of a folder's files on disk; file systems that cannot sync a folder do it by themselves.
///
/// # Errors
/// [`DiskFault`]: the disk refuses.
pub(crate) fn sync_folder(folder: &Path) -> Result<(), DiskFault> {
    match File::open(folder).and_then(|folder| folder.sync_all()) {
        Err(error) if error.kind() != io::ErrorKind::InvalidInput => Err(DiskFault::of(folder, &error)),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::super::super::index::tests::House;

    #[tokio::test]
    async fn no_more_of_what_was_put_aside_is_counted_than_is_told() {
        let house = House::new().await;
        let folders = house.shared.disk.folders();
        for name in ["1.mp4", "2.mp4", "3.mp4"] {
            let path = folders.media().join(name);
            fs::write(&path, "four").unwrap();
            folders.put_aside(&path).unwrap();
        }
        assert_eq!((folders.strays(9).unwrap(), folders.strays(2).unwrap()), ((3, 12), (2, 8)));
    }
}
