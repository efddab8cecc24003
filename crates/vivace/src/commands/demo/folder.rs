use std::fs::{self, DirBuilder};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use crate::fault::Fault;
use crate::{machine, print};

/// A folder of its own, removed with all that is in it when this is dropped.
#[derive(Debug)]
pub(super) struct Folder(PathBuf);

impl Folder {
    /// Makes one that only its owner can look into.
    ///
    /// # Errors
    /// [`Fault::Folder`], [`Fault::System`].
    pub(super) fn make() -> Result<Self, Fault> {
        let random: [u8; 8] = machine::random().map_err(|source| Fault::System { what: "randomness", source })?;
        let folder = std::env::temp_dir().join(format!("vivace-demo-{:016x}", u64::from_be_bytes(random)));
        match DirBuilder::new().mode(0o700).create(&folder) {
            Ok(()) => Ok(Self(folder)),
            Err(source) => Err(Fault::Folder { folder, source }),
        }
    }

    /// Its path.
    pub(super) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if let Err(cause) = fs::remove_dir_all(&self.0) {
            print::note(&format!("warning: {} was not removed: {cause}", self.0.display()));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt as _;

    use super::Folder;

    #[test]
    fn a_folder_is_private_and_goes_with_all_that_is_in_it() {
        let folder = Folder::make().unwrap();
        let path = folder.path().to_owned();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o700);
        fs::create_dir(path.join("a")).unwrap();
        fs::write(path.join("a/b"), "c").unwrap();
        drop(folder);
        assert!(!path.exists());
    }
}
