use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use crate::{LoadFault, UpgradeFault};

/// The right to serve from a data folder. The system gives it back when the process ends, however it ends.
pub(crate) struct FolderLock {
    file: File,
}

impl FolderLock {
    /// Takes it, or says that another server has it.
    pub(crate) fn take(data: &Path) -> Result<Self, LoadFault> {
        let path = data.join("vivace.lock");
        let failed = |source| LoadFault::Lock { path: path.clone(), source };
        let file = OpenOptions::new().create(true).truncate(false).write(true).open(&path).map_err(failed)?;
        match file.try_lock() {
            Ok(()) => Ok(Self { file }),
            Err(TryLockError::WouldBlock) => Err(LoadFault::FolderInUse { path: data.to_owned() }),
            Err(TryLockError::Error(source)) => Err(failed(source)),
        }
    }

    /// A further handle on the lock. Whoever holds one holds the lock: it is free when all are closed.
    pub(crate) fn descriptor(&self) -> io::Result<OwnedFd> {
        self.file.as_fd().try_clone_to_owned()
    }

    /// The lock of a process that hands over: held all the time, by both and then by this one.
    pub(crate) fn inherit(descriptor: OwnedFd, data: &Path) -> Result<Self, LoadFault> {
        let path = data.join("vivace.lock");
        let file = File::from(descriptor);
        let same = || Ok::<_, io::Error>(identity(&file.metadata()?) == identity(&fs::metadata(&path)?));
        match same().map_err(|source| LoadFault::Lock { path: path.clone(), source })? {
            true => Ok(Self { file }),
            false => Err(UpgradeFault::Estate { what: "the lock is that of another folder" }.into()),
        }
    }
}

fn identity(found: &fs::Metadata) -> (u64, u64) {
    (found.dev(), found.ino())
}

#[cfg(test)]
mod tests {
    use super::FolderLock;
    use crate::LoadFault;

    #[test]
    fn a_lock_that_is_handed_over_is_never_free() {
        let folder = std::env::temp_dir().join(format!("vivace-lock-over-{}", std::process::id()));
        let other = folder.join("other");
        std::fs::create_dir_all(&other).unwrap();
        let first = FolderLock::take(&folder).unwrap();
        let foreign = FolderLock::take(&other).unwrap().descriptor().unwrap();
        assert!(matches!(FolderLock::inherit(foreign, &folder), Err(LoadFault::Upgrade(_))));
        let second = FolderLock::inherit(first.descriptor().unwrap(), &folder).unwrap();
        drop(first);
        assert!(matches!(FolderLock::take(&folder), Err(LoadFault::FolderInUse { .. })));
        drop(second);
        assert!(FolderLock::take(&folder).is_ok());
        std::fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn a_folder_has_one_server_at_a_time() {
        let folder = std::env::temp_dir().join(format!("vivace-lock-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let first = FolderLock::take(&folder).unwrap();
        assert!(matches!(FolderLock::take(&folder), Err(LoadFault::FolderInUse { .. })));
        drop(first);
        assert!(FolderLock::take(&folder).is_ok());
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
