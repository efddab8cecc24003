use std::fs;
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::{Addresses, RunFault};

/// `ready.json` in the data folder: there while the listeners are open, and gone with the guard.
pub(crate) struct Ready {
    path: PathBuf,
}

#[derive(Serialize)]
struct Contents {
    rtmp: String,
    http: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    rtmps: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    https: Option<String>,
}

impl Ready {
    /// Writes the addresses taken. A reader sees the whole file or none.
    pub(crate) fn announce(data: &Path, addresses: Addresses) -> Result<Self, RunFault> {
        let path = data.join("ready.json");
        let contents = Contents {
            rtmp: addresses.rtmp.to_string(),
            http: addresses.http.to_string(),
            rtmps: addresses.rtmps.map(|address| address.to_string()),
            https: addresses.https.map(|address| address.to_string()),
        };
        let write = || {
            let draft = data.join("ready.json.new");
            fs::write(&draft, serde_json::to_vec(&contents)?)?;
            fs::rename(&draft, &path)
        };
        match write() {
            Ok(()) => Ok(Self { path }),
            Err(source) => Err(RunFault::Ready { path, source }),
        }
    }
}

/// Removes the file that a server has left which was killed. The caller holds the folder's lock.
pub(crate) fn forget(data: &Path) {
    match fs::remove_file(data.join("ready.json")) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            tracing::warn!(%error, "an old ready.json could not be removed");
        }
        _ => {}
    }
}

impl Drop for Ready {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_file(&self.path) {
            tracing::warn!(path = %self.path.display(), %error, "ready.json could not be removed");
        }
    }
}
