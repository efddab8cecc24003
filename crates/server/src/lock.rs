use std::fs::{File, OpenOptions, TryLockError};
use std::path::Path;

use crate::LoadFault;

/// The right to serve from a data folder. The system gives it back when the process ends, however it ends.
pub(crate) struct FolderLock {
    _file: File,
}

impl FolderLock {
    /// Takes it, or says that another server has it.
    pub(crate) fn take(data: &Path) -> Result<Self, LoadFault> {
        let path = data.join("vivace.lock");
        let failed = |source| LoadFault::Lock { path: path.clone(), source };
        let file = OpenOptions::new().create(true).truncate(false).write(true).open(&path).map_err(failed)?;
        match file.try_lock() {
            Ok(()) => Ok(Self { _file: file }),
            Err(TryLockError::WouldBlock) => Err(LoadFault::FolderInUse { path: data.to_owned() }),
            Err(TryLockError::Error(source)) => Err(failed(source)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::FolderLock;
    use crate::LoadFault;

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
