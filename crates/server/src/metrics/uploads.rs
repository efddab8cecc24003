use vivace_worker::uploads::UPLOAD_REASONS;

use super::Page;
use crate::shared::Shared;

/// Copies to the bucket.
pub(super) fn render(page: &mut Page, shared: &Shared) {
    let (totals, queue) = (shared.uploads.totals(), shared.uploads.queue());
    page.gauge("uploads_waiting", "Recordings that are not in the bucket yet.", queue.waiting);
    page.gauge(
        "uploads_deleting",
        "Copies of recordings that are gone, which are still in the bucket.",
        queue.deleting,
    );
    page.gauge("uploads_failing", "Those of both whose last try failed.", queue.failing);
    page.gauge(
        "uploads_given_up",
        "Recordings that are not in the bucket and are not tried any more: somebody has to ask for it.",
        queue.given_up,
    );
    let now = shared.clock.unix();
    let age = queue.oldest_at.map_or(0, |at| u64::try_from(now.0.saturating_sub(at.0)).unwrap_or(0));
    page.gauge("uploads_oldest_ms", "How long the first of those waits that are not in the bucket yet.", age);
    page.gauge("uploads_running", "Recordings that are being uploaded, or deleted in the bucket.", totals.running);
    page.counter("uploads_total", "Recordings that were uploaded and verified.", totals.uploaded);
    page.counter("uploads_deleted_total", "Recordings whose copies were deleted from the bucket.", totals.deleted);
    page.counter("uploaded_bytes_total", "Bytes that the bucket has taken.", totals.bytes);
    page.counter(
        "uploads_differed_total",
        "Objects that differed from their files, and were sent anew.",
        totals.differed,
    );
    page.counter("uploads_read_back_total", "Objects that were read back to be verified.", totals.read_back);
    page.head("uploads_failed_total", "Tries of uploads and deletions that failed, by reason.", "counter");
    for (reason, count) in UPLOAD_REASONS.iter().zip(totals.failed) {
        page.line("uploads_failed_total", &format!("reason=\"{reason}\""), count);
    }
}
