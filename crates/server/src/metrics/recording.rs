use vivace_worker::recorder::DISK_REASONS;

use super::Page;
use crate::shared::Shared;

/// What is kept of streams.
pub(super) fn render(page: &mut Page, shared: &Shared) {
    let counts = shared.recorder.counts();
    page.gauge("recorded_streams", "Streams that are kept now.", counts.streams);
    page.gauge("recordings_open", "Recordings that run.", counts.open);
    page.gauge("recordings_finalizing", "Recordings whose files wait to be made, or are made.", counts.finalizing);
    page.counter("recordings_begun_total", "Recordings that began.", counts.begun);
    page.counter("recordings_stored_total", "Recordings whose files are stored.", counts.stored);
    page.counter("recordings_failed_total", "Recordings of which nothing could be made.", counts.failed);
    page.counter(
        "recordings_refused_total",
        "Pushes that were not recorded because the disk has too little room.",
        counts.refused,
    );
    page.counter(
        "recordings_repaired_total",
        "Recordings of a process that was killed, brought to their end.",
        counts.repaired,
    );
    page.counter("recording_parts_total", "Parts of media on disk.", counts.parts);
    page.counter("recording_written_bytes_total", "Bytes of media on disk.", counts.bytes);
    page.counter("recording_writes_total", "Writes of media.", counts.writes);
    page.counter("recording_syncs_total", "Times that the disk was asked to sync media.", counts.syncs);
    page.counter(
        "recording_lost_total",
        "Times that frames were left out: the disk was too slow, or the stream was configured anew too often.",
        counts.lost,
    );
    page.head("recording_disk_faults_total", "Times that the disk has cut recordings, by reason.", "counter");
    for (reason, count) in DISK_REASONS.iter().zip(counts.faults) {
        page.line("recording_disk_faults_total", &format!("reason=\"{reason}\""), count);
    }
    page.counter(
        "recording_rows_refused_total",
        "Times that the store has refused rows of recordings.",
        counts.index_refused,
    );
    page.gauge("recording_free_bytes", "Bytes free on the disk of recordings.", counts.free_bytes);
    page.gauge(
        "recording_stray_files",
        "Files that no row knows of, put aside in recordings-without-rows.",
        counts.stray_files,
    );
    page.gauge("recording_stray_bytes", "Their bytes.", counts.stray_bytes);
    page.gauge(
        "recording_missing_files",
        "Files of media and of recordings that were not in their folder at the start.",
        counts.missing_files,
    );
}
