use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use super::disk::DiskFault;

/// Why the disk has cut recordings, in the words of metrics.
pub const DISK_REASONS: [&str; 5] = ["full", "read_only", "broken", "other", "internal"];

/// What the recorder has done since the start, and what it does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RecordCounts {
    /// Streams that are kept now.
    pub streams: u64,
    /// Recordings that are open now.
    pub open: u64,
    /// Recordings whose files wait to be made, or are made.
    pub finalizing: u64,
    /// Recordings that began.
    pub begun: u64,
    /// Recordings whose files are stored.
    pub stored: u64,
    /// Recordings of which nothing could be made.
    pub failed: u64,
    /// Recordings that did not begin because the disk has too little room.
    pub refused: u64,
    /// Parts on disk.
    pub parts: u64,
    /// Bytes of media on disk.
    pub bytes: u64,
    /// Writes of media.
    pub writes: u64,
    /// Times that the disk was asked to sync.
    pub syncs: u64,
    /// Times that frames were left out: the disk was too slow, or the stream was configured anew too often.
    pub lost: u64,
    /// Times that the disk has cut recordings, in the order of [`DISK_REASONS`].
    pub faults: [u64; DISK_REASONS.len()],
    /// Times that the store has refused rows.
    pub index_refused: u64,
    /// Recordings that were left by a crash and brought to their end.
    pub repaired: u64,
    /// Bytes free on the disk; as many as there can be before the first look.
    pub free_bytes: u64,
    /// Files that no row knows of, which were put aside.
    pub stray_files: u64,
    /// Their bytes.
    pub stray_bytes: u64,
    /// Files of media and of recordings that were not in their folder at the start.
    pub missing_files: u64,
}

/// The counts while they change.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub(crate) streams: AtomicU64,
    pub(crate) open: AtomicU64,
    begun: AtomicU64,
    stored: AtomicU64,
    failed: AtomicU64,
    refused: AtomicU64,
    parts: AtomicU64,
    lost: AtomicU64,
    faults: [AtomicU64; DISK_REASONS.len()],
    index_refused: AtomicU64,
    repaired: AtomicU64,
    stray_files: AtomicU64,
    stray_bytes: AtomicU64,
    missing_files: AtomicU64,
}

impl Tally {
    pub(crate) fn begun(&self) {
        self.begun.fetch_add(1, Relaxed);
        self.open.fetch_add(1, Relaxed);
    }

    pub(crate) fn ended(&self) {
        self.open.fetch_sub(1, Relaxed);
    }

    pub(crate) fn stored(&self) {
        self.stored.fetch_add(1, Relaxed);
    }

    pub(crate) fn failed(&self) {
        self.failed.fetch_add(1, Relaxed);
    }

    pub(crate) fn refused(&self) {
        self.refused.fetch_add(1, Relaxed);
    }

    pub(crate) fn part(&self) {
        self.parts.fetch_add(1, Relaxed);
    }

    pub(crate) fn lost(&self) {
        self.lost.fetch_add(1, Relaxed);
    }

    pub(crate) fn repaired(&self) {
        self.repaired.fetch_add(1, Relaxed);
    }

    /// What has been put aside and not taken away by somebody.
    pub(crate) fn strays(&self, files: u64, bytes: u64) {
        self.stray_files.store(files, Relaxed);
        self.stray_bytes.store(bytes, Relaxed);
    }

    /// What is not where it is looked for.
    pub(crate) fn missing(&self, files: u64) {
        self.missing_files.store(files, Relaxed);
    }

    pub(crate) fn index_refused(&self) {
        self.index_refused.fetch_add(1, Relaxed);
    }

    pub(crate) fn fault(&self, fault: &DiskFault) {
        let place = DISK_REASONS.iter().position(|reason| *reason == fault.reason());
        if let Some(count) = place.and_then(|place| self.faults.get(place)) {
            count.fetch_add(1, Relaxed);
        }
    }

    /// What is counted here; the rest is for the caller.
    pub(crate) fn read(&self) -> RecordCounts {
        let mut faults = [0; DISK_REASONS.len()];
        faults.iter_mut().zip(&self.faults).for_each(|(to, from)| *to = from.load(Relaxed));
        RecordCounts {
            streams: self.streams.load(Relaxed),
            open: self.open.load(Relaxed),
            begun: self.begun.load(Relaxed),
            stored: self.stored.load(Relaxed),
            failed: self.failed.load(Relaxed),
            refused: self.refused.load(Relaxed),
            parts: self.parts.load(Relaxed),
            lost: self.lost.load(Relaxed),
            faults,
            index_refused: self.index_refused.load(Relaxed),
            repaired: self.repaired.load(Relaxed),
            stray_files: self.stray_files.load(Relaxed),
            stray_bytes: self.stray_bytes.load(Relaxed),
            missing_files: self.missing_files.load(Relaxed),
            ..RecordCounts::default()
        }
    }
}
