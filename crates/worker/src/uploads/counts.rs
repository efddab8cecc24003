use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use super::fault::UPLOAD_REASONS;

/// What has been done since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct UploadTotals {
    /// Recordings that are uploaded and now being sent or deleted.
    pub running: u64,
    /// Recordings that were uploaded, verified.
    pub uploaded: u64,
    /// Recordings whose copies were deleted.
    pub deleted: u64,
    /// Bytes that the bucket has taken.
    pub bytes: u64,
    /// Objects whose copy differed, and that were sent anew.
    pub differed: u64,
    /// Objects that were read back to be verified.
    pub read_back: u64,
    /// Tries that failed, by [`UPLOAD_REASONS`].
    pub failed: [u64; UPLOAD_REASONS.len()],
}

/// Counts it.
#[derive(Debug, Default)]
pub(super) struct Tally {
    pub(super) running: AtomicU64,
    pub(super) uploaded: AtomicU64,
    pub(super) deleted: AtomicU64,
    pub(super) bytes: AtomicU64,
    pub(super) differed: AtomicU64,
    pub(super) read_back: AtomicU64,
    failed: [AtomicU64; UPLOAD_REASONS.len()],
}

impl Tally {
    pub(super) fn failed(&self, reason: usize) {
        if let Some(count) = self.failed.get(reason) {
            count.fetch_add(1, Relaxed);
        }
    }

    pub(super) fn read(&self) -> UploadTotals {
        UploadTotals {
            running: self.running.load(Relaxed),
            uploaded: self.uploaded.load(Relaxed),
            deleted: self.deleted.load(Relaxed),
            bytes: self.bytes.load(Relaxed),
            differed: self.differed.load(Relaxed),
            read_back: self.read_back.load(Relaxed),
            failed: std::array::from_fn(|at| self.failed.get(at).map_or(0, |count| count.load(Relaxed))),
        }
    }
}
