use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::PathBuf;

use bytes::Bytes;
use tokio::task::spawn_blocking;
use vivace_base::Ulid;

/// Where a picture's file is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PictureFile {
    /// Its path.
    pub path: PathBuf,
    /// Its bytes.
    pub bytes: u64,
}

/// The folder of the files. Each is named by its picture's number, and written under another name first.
#[derive(Clone, Debug)]
pub(super) struct Files {
    folder: PathBuf,
}

impl Files {
    pub(super) const fn new(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// Writes a picture. Its file is on disk, whole and under its name, when this returns.
    pub(super) async fn write(&self, id: Ulid, jpeg: Bytes) -> io::Result<()> {
        let this = self.clone();
        blocking(move || this.write_now(id, &jpeg)).await
    }

    pub(super) async fn find(&self, id: Ulid) -> io::Result<Option<PictureFile>> {
        let path = self.path(id);
        blocking(move || match fs::metadata(&path) {
            Ok(about) => Ok(Some(PictureFile { bytes: about.len(), path })),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        })
        .await
    }

    /// Removes pictures. One that cannot be removed is told, and found again at the next start.
    pub(super) async fn remove(&self, ids: Vec<Ulid>) {
        let this = self.clone();
        let removed = blocking(move || {
            for id in ids {
                match fs::remove_file(this.path(id)) {
                    Err(error) if error.kind() != ErrorKind::NotFound => {
                        tracing::warn!(%id, %error, "the file of a screenshot cannot be removed");
                    }
                    _ => {}
                }
            }
            Ok(())
        });
        if let Err(error) = removed.await {
            tracing::warn!(%error, "files of screenshots cannot be removed");
        }
    }

    /// The pictures whose files are there. What a process that was killed has left half written is removed.
    pub(super) async fn found(&self) -> io::Result<Vec<Ulid>> {
        let folder = self.folder.clone();
        blocking(move || {
            let mut found = Vec::new();
            let entries = match fs::read_dir(folder) {
                Err(error) if error.kind() == ErrorKind::NotFound => return Ok(found),
                entries => entries?,
            };
            for entry in entries {
                let entry = entry?;
                let name = entry.file_name();
                let name = name.to_str().unwrap_or_default();
                if let Some(id) = name.strip_suffix(".jpg").and_then(|id| Ulid::parse(id).ok()) {
                    found.push(id);
                } else if name.ends_with(".tmp") {
                    // The next start tries again.
                    let _ = fs::remove_file(entry.path());
                }
            }
            Ok(found)
        })
        .await
    }

    fn path(&self, id: Ulid) -> PathBuf {
        self.folder.join(format!("{id}.jpg"))
    }

    fn write_now(&self, id: Ulid, jpeg: &[u8]) -> io::Result<()> {
        DirBuilder::new().recursive(true).mode(0o700).create(&self.folder)?;
        let (half, whole) = (self.folder.join(format!("{id}.tmp")), self.path(id));
        let written = (|| {
            let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&half)?;
            file.write_all(jpeg)?;
            file.sync_all()?;
            fs::rename(&half, &whole)?;
            File::open(&self.folder)?.sync_all()
        })();
        if written.is_err() {
            // What was not made whole is not to fill a disk that may be full.
            let _ = fs::remove_file(&half);
        }
        written
    }
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> io::Result<T> + Send + 'static) -> io::Result<T> {
    spawn_blocking(work).await.unwrap_or_else(|_| Err(ErrorKind::Other.into()))
}
