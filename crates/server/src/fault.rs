use std::path::PathBuf;

use thiserror::Error;
use vivace_net::BindFault;
use vivace_net::tls::TlsFault;

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
    /// The delivery threads.
    #[error("the delivery threads cannot be started")]
    Delivery(#[source] std::io::Error),
}

/// Why a server stopped by itself.
#[derive(Debug, Error)]
pub enum RunFault {
    /// `ready.json` could not be written.
    #[error("{path} cannot be written")]
    Ready {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
}
