use std::sync::OnceLock;

use crate::Server;

/// What the process's allocator holds for the code that runs on it. C libraries (SQLite, AWS-LC) have one of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Allocated {
    /// Bytes that the code has asked for and not given back.
    pub asked_bytes: u64,
    /// Bytes of memory that this takes, with what lies idle in between and waits to be given back to the system.
    pub resident_bytes: u64,
}

/// Reads what the allocator holds; `None` where it does not tell.
pub type ReadAllocated = fn() -> Option<Allocated>;

/// Who knows what the allocator holds: the command chooses it, so only the command can ask it.
#[derive(Debug, Default)]
pub(crate) struct Allocator(OnceLock<ReadAllocated>);

impl Allocator {
    pub(crate) fn read(&self) -> Option<Allocated> {
        self.0.get().and_then(|read| read())
    }
}

impl Server {
    /// Has the metrics tell what the process's allocator holds. The first to be given is asked.
    pub fn watch_allocator(&self, read: ReadAllocated) {
        // A second one could only say the same.
        let _ = self.shared.allocator.0.set(read);
    }
}
