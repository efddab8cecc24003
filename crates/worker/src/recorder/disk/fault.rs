use std::io;
use std::path::{Path, PathBuf};

use rustix::io::Errno;
use thiserror::Error;

/// Why the disk did not do what was asked. The class decides when it is worth a new try.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum DiskFault {
    /// No space is left, or a quota is used up.
    #[error("no space is left on the disk of {}", file.display())]
    Full {
        /// The file or folder.
        file: PathBuf,
    },
    /// The file system takes no writes.
    #[error("the file system of {} takes no writes", file.display())]
    ReadOnly {
        /// The file or folder.
        file: PathBuf,
    },
    /// The disk has failed: what was written last may be gone.
    #[error("the disk of {} has failed ({kind})", file.display())]
    Broken {
        /// The file or folder.
        file: PathBuf,
        /// What the system said.
        kind: io::ErrorKind,
    },
    /// The process or the system is short of something that comes back: file descriptors, memory.
    #[error("{} cannot be opened or read for now ({kind})", file.display())]
    Short {
        /// The file or folder.
        file: PathBuf,
        /// What the system said.
        kind: io::ErrorKind,
    },
    /// Anything else: owner, mode, a file that is not there.
    #[error("{} cannot be written or read ({kind})", file.display())]
    Other {
        /// The file or folder.
        file: PathBuf,
        /// What the system said.
        kind: io::ErrorKind,
    },
    /// The work ended without an answer: the server's own code has failed.
    #[error("writing has failed inside the server")]
    Lost,
}

impl DiskFault {
    /// What the system said of a file.
    pub(crate) fn of(file: &Path, error: &io::Error) -> Self {
        let (file, kind) = (file.to_owned(), error.kind());
        match error.raw_os_error().map(Errno::from_raw_os_error) {
            Some(Errno::NOSPC | Errno::DQUOT | Errno::FBIG) => Self::Full { file },
            Some(Errno::ROFS) => Self::ReadOnly { file },
            Some(Errno::IO | Errno::NXIO | Errno::NODEV) => Self::Broken { file, kind },
            Some(Errno::MFILE | Errno::NFILE | Errno::NOMEM) => Self::Short { file, kind },
            _ => Self::Other { file, kind },
        }
    }

    /// One word for metrics.
    pub const fn reason(&self) -> &'static str {
        match self {
            Self::Full { .. } => "full",
            Self::ReadOnly { .. } => "read_only",
            Self::Broken { .. } => "broken",
            Self::Short { .. } | Self::Other { .. } => "other",
            Self::Lost => "internal",
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::path::Path;

    use super::DiskFault;

    #[test]
    fn what_the_system_says_becomes_a_class() {
        let reason = |number| DiskFault::of(Path::new("x"), &io::Error::from_raw_os_error(number)).reason();
        assert_eq!([28, 122, 27].map(reason), ["full"; 3]);
        assert_eq!((reason(30), reason(5), reason(13)), ("read_only", "broken", "other"));
        for (number, is_short) in [(24, true), (23, true), (12, true), (13, false), (2, false)] {
            let fault = DiskFault::of(Path::new("x"), &io::Error::from_raw_os_error(number));
            assert_eq!(matches!(fault, DiskFault::Short { .. }), is_short, "{number}");
        }
    }
}
