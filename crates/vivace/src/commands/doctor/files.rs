//! How many files the server may have open: each connection is one.

use std::fs;

use rustix::process::{Resource, getrlimit};
use vivace_base::Limits;

use super::{Finding, Running};

/// Files besides connections: listeners, the database and its readers, the event loops of threads, what is being written.
const OWN_FILES: u64 = 256;
/// With fewer not even the listeners and the database are sure to open.
const USABLE: u64 = 64;

pub(super) fn look(limits: &Limits, running: Option<&Running>) -> Finding {
    let of_server = running.and_then(|running| running.pid).and_then(|pid| {
        let text = fs::read_to_string(format!("/proc/{pid}/limits")).ok()?;
        open_files(&text)
    });
    let (allowed, whose) = match of_server {
        Some(allowed) => (allowed, "the running server"),
        None => (getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX), "a process started from here"),
    };
    judge(allowed, whose, limits.connections_max as u64)
}

fn judge(allowed: u64, whose: &str, connections_max: u64) -> Finding {
    let check = "file limit";
    let wanted = connections_max.saturating_add(OWN_FILES);
    let found = format!("{whose} may open {allowed} files");
    let short = format!("{found}; limits.connections_max = {connections_max} asks for {wanted}");
    let remedy = format!(
        "`LimitNOFILE={wanted}` in the systemd unit or `ulimit -n {wanted}` in a shell; or a lower limits.connections_max"
    );
    match allowed {
        few if few < USABLE => Finding::fail(check, short, remedy),
        few if few < wanted => Finding::warn(check, short, remedy),
        _ => Finding::ok(check, found),
    }
}

/// The soft limit in `/proc/PID/limits`.
fn open_files(text: &str) -> Option<u64> {
    let soft = text.lines().find_map(|line| line.strip_prefix("Max open files"))?.split_whitespace().next()?;
    if soft == "unlimited" { Some(u64::MAX) } else { soft.parse().ok() }
}

#[cfg(test)]
mod tests {
    use super::super::Level;
    use super::{judge, open_files};

    #[test]
    fn the_limit_is_held_against_the_connections() {
        let level = |allowed| judge(allowed, "it", 1_000).level;
        assert_eq!([1_256, 1_255, 64, 63].map(level), [Level::Ok, Level::Warn, Level::Warn, Level::Fail]);
        assert_eq!(judge(u64::MAX, "it", u64::MAX).level, Level::Ok);
    }

    #[test]
    fn the_limit_of_another_process_is_read() {
        let text = "Limit                     Soft Limit           Hard Limit           Units     \n\
                    Max open files            1024                 524288               files     \n";
        assert_eq!(open_files(text), Some(1_024));
        assert_eq!(open_files("Max open files unlimited unlimited files"), Some(u64::MAX));
        assert_eq!(open_files(""), None);
    }
}
