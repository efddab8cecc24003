//! The control socket: how a process of the same user, or of root, asks a running server for something, and how open
//! descriptors travel between the two.

mod channel;
#[cfg(test)]
mod tests;

use std::fs::{self, File, Permissions};
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::net as std_unix;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::process::geteuid;
use tokio::net::{UnixListener, UnixStream};

pub use channel::{Channel, DESCRIPTORS_MAX, MESSAGE_BYTES_MAX};

/// A socket in a folder that only its owner and root may talk to. Dropping it removes it, unless another stands there.
#[derive(Debug)]
pub struct ControlSocket {
    listener: UnixListener,
    path: PathBuf,
    /// Device and number of the file, by which it is told from one that has taken its place.
    file: (u64, u64),
}

/// Longest path that a socket's address holds on every system, with room for the byte behind it.
const PATH_BYTES_MAX: usize = 100;

impl ControlSocket {
    /// Opens one in place of whatever stands there: there is one at any moment, the old one or this. Called within a
    /// tokio runtime.
    ///
    /// # Errors
    /// The system's reason; some file systems hold no sockets.
    pub fn bind(folder: &Path, name: &str) -> io::Result<Self> {
        let (path, draft_name) = (folder.join(name), format!("{name}.new"));
        let draft = folder.join(&draft_name);
        match fs::remove_file(&draft) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let listener = at(folder, &draft_name, |address| std_unix::UnixListener::bind(address))?;
        listener.set_nonblocking(true)?;
        // Before it has its name: nobody else can have connected to it.
        fs::set_permissions(&draft, Permissions::from_mode(0o600))?;
        let file = identity(&draft)?;
        fs::rename(&draft, &path)?;
        Ok(Self { listener: UnixListener::from_std(listener)?, path, file })
    }

    /// The next connection of somebody who may ask. Others are closed, and logged.
    pub async fn accept(&self) -> Channel {
        loop {
            match self.listener.accept().await {
                Ok((stream, _)) => match stream.peer_cred() {
                    Ok(peer) if may_ask(peer.uid(), geteuid().as_raw()) => return Channel::new(stream),
                    Ok(peer) => tracing::warn!(uid = peer.uid(), "another user is refused at the control socket"),
                    Err(error) => tracing::warn!(%error, "who is at the control socket is unknown: refused"),
                },
                Err(error) => {
                    tracing::warn!(%error, "a connection to the control socket could not be accepted");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            }
        }
    }

    /// Closes it and leaves its file, for another process to put its own in its place.
    pub fn leave(mut self) {
        self.path = PathBuf::new();
    }

    /// Whether it is still the one that stands in the folder.
    pub fn is_in_place(&self) -> bool {
        identity(&self.path).is_ok_and(|file| file == self.file)
    }
}

impl Drop for ControlSocket {
    fn drop(&mut self) {
        if self.is_in_place()
            && let Err(error) = fs::remove_file(&self.path)
        {
            tracing::warn!(path = %self.path.display(), %error, "the control socket could not be removed");
        }
    }
}

/// Connects to the control socket of a folder.
///
/// # Errors
/// [`io::ErrorKind::NotFound`] or [`io::ErrorKind::ConnectionRefused`] where nobody listens.
pub async fn connect(folder: &Path, name: &str) -> io::Result<Channel> {
    // A local socket is connected at once, or not at all.
    let stream = at(folder, name, |address| std_unix::UnixStream::connect(address))?;
    stream.set_nonblocking(true)?;
    Ok(Channel::new(UnixStream::from_std(stream)?))
}

/// Calls `open` with a path of the file that a socket's address can hold: a long one is named from an open folder.
fn at<T>(folder: &Path, name: &str, open: impl FnOnce(&Path) -> io::Result<T>) -> io::Result<T> {
    let path = folder.join(name);
    if path.as_os_str().len() <= PATH_BYTES_MAX {
        return open(&path);
    }
    let folder = File::open(folder)?;
    open(&PathBuf::from(format!("/proc/self/fd/{}", folder.as_raw_fd())).join(name))
}

fn identity(path: &Path) -> io::Result<(u64, u64)> {
    let found = fs::symlink_metadata(path)?;
    Ok((found.dev(), found.ino()))
}

/// The server's own user, and the one who may do everything anyway.
const fn may_ask(peer: u32, own: u32) -> bool {
    peer == own || peer == 0
}
