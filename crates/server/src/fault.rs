use std::path::PathBuf;

use thiserror::Error;
use vivace_net::BindFault;
use vivace_net::tls::TlsFault;
use vivace_worker::recorder::DiskFault;

use crate::{RecordingFolderFault, UpgradeFault};

/// Why a server cannot start.
#[derive(Debug, Error)]
pub enum LoadFault {
    /// The data folder or the database in it.
    #[error(transparent)]
    Store(#[from] vivace_store::Fault),
    /// Another server runs on the data folder.
    #[error("another server runs on the data folder {path}: stop it, or give this one a folder of its own with --data")]
    FolderInUse {
        /// The folder.
        path: PathBuf,
    },
    /// The lock of the data folder.
    #[error("{path} cannot be locked")]
    Lock {
        /// The lock's file.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
    /// A listener.
    #[error(transparent)]
    Bind(#[from] BindFault),
    /// The certificate of the TLS listeners.
    #[error(transparent)]
    Tls(#[from] TlsFault),
    /// The file of authorities that outgoing connections believe.
    #[error("outbound.ca: {fault}")]
    Roots {
        /// What is wrong with it.
        fault: TlsFault,
    },
    /// The delivery threads.
    #[error("the delivery threads cannot be started")]
    Delivery(#[source] std::io::Error),
    /// The folders of recordings.
    #[error("recordings cannot be kept: {fault}")]
    Recordings {
        /// What the disk said.
        fault: DiskFault,
    },
    /// The folder of recordings is another's.
    #[error("{fault}: {}", fault.remedy())]
    RecordingFolder {
        /// Whose it is.
        fault: RecordingFolderFault,
    },
    /// The server that runs does not hand over.
    #[error("the server on the data folder cannot be taken over from: {0}")]
    Upgrade(#[from] UpgradeFault),
}

/// Why a server stopped by itself.
#[derive(Debug, Error)]
pub enum RunFault {
    /// The listeners cannot be kept ready for another process.
    #[error("the system gives no further handles on the listeners")]
    Descriptors(#[source] std::io::Error),
    /// The server that runs has not let this one take over at the end.
    #[error("the server on the data folder was not taken over: {0}")]
    Upgrade(#[from] UpgradeFault),
    /// The relays that are wanted cannot be read.
    #[error(transparent)]
    Relays(vivace_store::Fault),
    /// `ready.json` could not be written.
    #[error("{path} cannot be written")]
    Ready {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
}
