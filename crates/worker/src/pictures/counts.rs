use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use vivace_domain::picture::TakeFault;

/// What has become of pictures since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PictureCounts {
    /// Pictures that were taken and kept.
    pub taken: u64,
    /// Small pictures that were taken for lists.
    pub covers: u64,
    /// Pictures that were not taken, in the order of [`TakeFault::REASONS`].
    pub failed: [u64; TakeFault::REASONS.len()],
    /// Pictures of tasks and rules that were left out: the one before was not done.
    pub skipped: u64,
    /// Pictures that left the queue unread.
    pub unread: u64,
}

#[derive(Debug, Default)]
pub(super) struct Tally {
    taken: AtomicU64,
    covers: AtomicU64,
    failed: [AtomicU64; TakeFault::REASONS.len()],
    skipped: AtomicU64,
    unread: AtomicU64,
}

impl Tally {
    pub(super) fn taken(&self) {
        self.taken.fetch_add(1, Relaxed);
    }

    pub(super) fn cover(&self) {
        self.covers.fetch_add(1, Relaxed);
    }

    pub(super) fn failed(&self, fault: &TakeFault) {
        let place = TakeFault::REASONS.iter().position(|reason| *reason == fault.reason());
        if let Some(count) = place.and_then(|place| self.failed.get(place)) {
            count.fetch_add(1, Relaxed);
        }
    }

    pub(super) fn skipped(&self) {
        self.skipped.fetch_add(1, Relaxed);
    }

    pub(super) fn unread(&self, count: u64) {
        self.unread.fetch_add(count, Relaxed);
    }

    pub(super) fn read(&self) -> PictureCounts {
        let mut failed = [0; TakeFault::REASONS.len()];
        failed.iter_mut().zip(&self.failed).for_each(|(to, from)| *to = from.load(Relaxed));
        PictureCounts {
            taken: self.taken.load(Relaxed),
            covers: self.covers.load(Relaxed),
            failed,
            skipped: self.skipped.load(Relaxed),
            unread: self.unread.load(Relaxed),
        }
    }
}
