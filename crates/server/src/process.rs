//! What the process costs the machine, under the names that every Prometheus client library uses.

use std::fs;
use std::os::unix::fs::MetadataExt as _;

use rustix::process::{Resource, getrlimit};
use rustix::time::{ClockId, clock_gettime};

/// The process as it is now.
pub(crate) struct Process {
    /// Processor time, user and system, in milliseconds.
    pub(crate) cpu_ms: u64,
    /// Memory held, in bytes; unknown where the system has no `/proc`.
    pub(crate) resident_bytes: Option<u64>,
    /// File descriptors open.
    pub(crate) open_fds: Option<u64>,
    /// File descriptors that may be open; none if there is no such limit.
    pub(crate) max_fds: Option<u64>,
}

impl Process {
    pub(crate) fn read() -> Self {
        let time = clock_gettime(ClockId::ProcessCPUTime);
        let cpu_ms = time.tv_sec.unsigned_abs() * 1_000 + time.tv_nsec.unsigned_abs() / 1_000_000;
        let max_fds = getrlimit(Resource::Nofile).current;
        Self { cpu_ms, resident_bytes: resident_bytes(), open_fds: open_fds(), max_fds }
    }
}

fn resident_bytes() -> Option<u64> {
    let text = fs::read_to_string("/proc/self/statm").ok()?;
    let pages: u64 = text.split(' ').nth(1)?.parse().ok()?;
    Some(pages * rustix::param::page_size() as u64)
}

/// Newer kernels tell the number as the size of the folder; with older ones its entries are counted.
fn open_fds() -> Option<u64> {
    let folder = "/proc/self/fd";
    match fs::metadata(folder).ok()?.size() {
        0 => Some(fs::read_dir(folder).ok()?.count() as u64),
        told => Some(told),
    }
}

#[cfg(test)]
mod tests {
    use std::fs::File;

    use super::Process;

    #[test]
    fn the_process_is_seen_as_it_is() {
        let before = Process::read();
        let (open, resident) = (before.open_fds.unwrap(), before.resident_bytes.unwrap());
        assert!(resident > 100_000 && resident < 8 << 30, "{resident}");
        assert!(before.max_fds.is_none_or(|max| max >= open));
        // Other tests of this process open files too, but hardly this many and at once.
        let held: Vec<File> = (0..200).map(|_| File::open("/dev/null").unwrap()).collect();
        assert!(Process::read().open_fds.unwrap() > open + 100);
        drop(held);
    }
}
