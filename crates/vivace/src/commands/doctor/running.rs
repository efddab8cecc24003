//! The server that runs on a data folder, as the folder and the system tell of it.

use std::fs;
use std::net::SocketAddr;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use crate::ready::Listening;

/// A server that runs on the folder.
pub(super) struct Running {
    /// Its process, where the system tells.
    pub(super) pid: Option<u32>,
    listening: Option<Listening>,
}

impl Running {
    /// The one that holds the folder's lock, or answers at the addresses in `ready.json`.
    pub(super) fn find(data: &Path) -> Option<Self> {
        let listening = Listening::of_server(data);
        // The system knows who took the lock first, which another process may have taken over since.
        let pid = listening.and_then(|_| announced(data)).or_else(|| lock_holder(data));
        (pid.is_some() || listening.is_some()).then_some(Self { pid, listening })
    }

    /// Whether it listens there.
    pub(super) fn has(&self, address: SocketAddr) -> bool {
        let Some(Listening { rtmp, http, rtmps, https }) = self.listening else { return false };
        [Some(rtmp), Some(http), rtmps, https].into_iter().flatten().any(|taken| taken == address)
    }

    /// How it is called in a finding.
    pub(super) fn name(&self) -> String {
        let process = self.pid.map_or_else(String::new, |pid| format!(", process {pid}"));
        format!("the server that runs on this data folder{process}")
    }
}

/// The process that says in `ready.json` that it serves.
fn announced(data: &Path) -> Option<u32> {
    pid_in(&fs::read_to_string(data.join("ready.json")).ok()?)
}

fn pid_in(ready: &str) -> Option<u32> {
    let ready: serde_json::Value = serde_json::from_str(ready).ok()?;
    ready.get("pid")?.as_u64().and_then(|pid| u32::try_from(pid).ok())
}

/// The process that holds the lock. It is looked up and not tried: a server that starts at this moment is to get it.
fn lock_holder(data: &Path) -> Option<u32> {
    let inode = fs::metadata(data.join("vivace.lock")).ok()?.ino();
    holder(&fs::read_to_string("/proc/locks").ok()?, inode)
}

/// The process in a line such as `1: FLOCK  ADVISORY  WRITE 15433 fe:00:10133624 0 EOF`.
fn holder(locks: &str, inode: u64) -> Option<u32> {
    locks.lines().find_map(|line| {
        let mut words = line.split_whitespace().skip(1);
        let (kind, pid) = (words.next()?, words.nth(2)?);
        let of: u64 = words.next()?.rsplit(':').next()?.parse().ok()?;
        (kind == "FLOCK" && of == inode).then(|| pid.parse().ok()).flatten()
    })
}

#[cfg(test)]
mod tests {
    use super::{holder, pid_in};

    #[test]
    fn the_process_that_serves_names_itself() {
        assert_eq!(pid_in(r#"{"pid":77,"rtmp":"127.0.0.1:1"}"#), Some(77));
        assert_eq!((pid_in(r#"{"pid":4294967296}"#), pid_in("{}"), pid_in("no JSON")), (None, None, None));
    }

    #[test]
    fn the_holder_of_a_lock_is_found_by_the_file() {
        let locks = "1: POSIX  ADVISORY  READ 1 fe:00:77 128 128\n2: -> FLOCK ADVISORY WRITE 3 fe:00:77 0 EOF\n\
                     3: FLOCK  ADVISORY  WRITE 15433 fe:00:77 0 EOF\nodd\n";
        assert_eq!(holder(locks, 77), Some(15_433));
        assert_eq!(holder(locks, 78), None);
    }
}
