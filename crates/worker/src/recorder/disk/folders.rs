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

/// Where recordings are kept. Files are named by their ULID, never by a name from outside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Folders {
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
        let folders = Self { media: at("media"), files: at("recordings"), strays: at("recordings-without-rows") };
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
                Ok(id) if ending.ends_with(TMP) => Found::Unfinished { id, path },
                Ok(id) => Found::Ours { id, path },
                Err(_) => Found::Foreign(path),
            });
        }
        Ok(found)
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
