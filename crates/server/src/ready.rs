use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::{Addresses, RunFault};

/// `ready.json` in the data folder: there while the listeners are open, and gone with the guard.
pub(crate) struct Ready {
    /// Empty once the file is another process's.
    path: PathBuf,
}

#[derive(Serialize)]
struct Contents {
    pid: u32,
    rtmp: String,
    http: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    rtmps: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    https: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    connect: Option<String>,
}

impl Ready {
    /// Writes the addresses taken. A reader sees the whole file or none.
    pub(crate) fn announce(data: &Path, addresses: Addresses) -> Result<Self, RunFault> {
        let path = data.join("ready.json");
        match write(&path, addresses) {
            Ok(()) => Ok(Self { path }),
            Err(source) => Err(RunFault::Ready { path, source }),
        }
    }

    /// Leaves the file for the process that has taken over to put its own in its place: the addresses stay right.
    pub(crate) fn leave(mut self) {
        self.path = PathBuf::new();
    }
}

fn write(path: &Path, addresses: Addresses) -> io::Result<()> {
    let Addresses { rtmp, http, rtmps, https, connect } = addresses;
    let contents = Contents {
        pid: std::process::id(),
        rtmp: rtmp.to_string(),
        http: http.to_string(),
        rtmps: rtmps.map(|address| address.to_string()),
        https: https.map(|address| address.to_string()),
        connect: connect.map(|address| address.to_string()),
    };
    let draft = path.with_extension("json.new");
    fs::write(&draft, serde_json::to_vec(&contents)?)?;
    fs::rename(&draft, path)
}

/// Removes the file that a server has left which was killed. The caller holds the folder's lock.
pub(crate) fn forget(data: &Path) {
    match fs::remove_file(data.join("ready.json")) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            tracing::warn!(%error, "an old ready.json could not be removed");
        }
        _ => {}
    }
}

impl Drop for Ready {
    fn drop(&mut self) {
        if self.path.as_os_str().is_empty() {
            return;
        }
        if let Err(error) = fs::remove_file(&self.path) {
            tracing::warn!(path = %self.path.display(), %error, "ready.json could not be removed");
        }
    }
}
