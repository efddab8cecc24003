use std::fmt::Write;
use std::sync::atomic::Ordering::Relaxed;

use vivace_hub::StreamState;

use crate::shared::Shared;

/// All metrics in the text format of Prometheus 0.0.4. They hold no names of streams and no addresses.
pub(crate) fn render(shared: &Shared) -> String {
    let streams = shared.hub.streams();
    let live = streams.iter().filter(|stream| stream.state() == StreamState::Live).count();
    let sum = shared.hub.totals();
    let quotas = &shared.quotas;
    let pending = [&quotas.pending_rtmp, &quotas.pending_http];
    let events = shared.events.counts();
    let counts = &shared.counts;
    let mut page = Page::default();
    page.gauge("streams", "Streams that have a publisher.", live as u64);
    page.gauge(
        "streams_in_grace",
        "Streams that wait for their publisher to come back.",
        (streams.len() - live) as u64,
    );
    page.gauge("readers", "Players attached to streams.", sum.readers);
    page.gauge("reader_lag_ms", "Largest lag of a player behind the newest frame, in media time.", sum.lag_ms);
    page.gauge("open_connections", "Connections open now.", quotas.connections.taken());
    page.gauge(
        "pending_connections",
        "Connections open now that have not been granted a push or a play.",
        pending.iter().map(|quota| quota.taken()).sum(),
    );
    page.gauge("uptime_ms", "Milliseconds since the start.", shared.clock.mono().since(shared.started));
    page.counter("received_bytes_total", "Payload bytes received from publishers.", sum.bytes_in);
    page.counter("sent_bytes_total", "Bytes sent to players.", sum.bytes_out);
    page.counter("frames_total", "Frames received from publishers.", sum.frames_in);
    page.counter("reader_skips_total", "Times that a slow player was moved to a newer key frame.", sum.skips);
    page.counter("discontinuities_total", "Jumps of publishers' timestamps.", sum.discontinuities);
    page.counter("connections_total", "Connections accepted.", counts.connections.load(Relaxed));
    page.head("refused_connections_total", "Connections closed at once, by the limit that was met.", "counter");
    let refused = quotas.connections.refused();
    page.line("refused_connections_total", "limit=\"connections_max\"", refused);
    let refused: u64 = pending.iter().map(|quota| quota.refused()).sum();
    page.line("refused_connections_total", "limit=\"pending_connections_max\"", refused);
    let panics = shared.delivery.panics() + counts.panics.load(Relaxed);
    page.counter("panics_total", "Sessions ended because the server's own code failed.", panics);
    page.counter("publishes_total", "Pushes granted.", counts.publishes.load(Relaxed));
    page.counter("plays_total", "Plays granted.", counts.plays.load(Relaxed));
    let errors = counts.protocol_errors.load(Relaxed);
    page.counter(
        "protocol_errors_total",
        "RTMP connections that ended before a request: by their bytes, by silence, or by a break.",
        errors,
    );
    page.counter("events_written_total", "Events of live streams on disk.", events.written);
    page.counter(
        "events_lost_total",
        "Events of live streams lost to a full queue or a failing store.",
        events.overflowed + events.failed,
    );
    page.counter(
        "tls_handshakes_failed_total",
        "Connections to TLS ports that ended in the handshake.",
        counts.handshakes_failed.load(Relaxed),
    );
    if let Some(certificates) = &shared.certificates {
        let left_s = certificates.expires_in_s(shared.clock.unix());
        let name = "tls_certificate_expires_in_seconds";
        page.head(name, "Until the certificate in use ends; negative once it has.", "gauge");
        page.line(name, "", left_s);
        page.counter("tls_certificate_swaps_total", "New certificates taken into use.", certificates.swaps());
        let faults = certificates.faults();
        page.counter("tls_certificate_faults_total", "New certificates that could not be used.", faults);
    }
    let (hls_streams, hls_bytes) = shared.hls.held();
    page.gauge("hls_streams", "Streams that are cut into segments.", hls_streams as u64);
    page.gauge("hls_bytes", "Bytes of all segments held.", hls_bytes as u64);
    page.gauge("hls_sessions", "Players of HLS.", shared.hls.sessions() as u64);
    page.counter("hls_numbers_lost_total", "Numbers of HLS playlists that were not written.", shared.hls_log.lost());
    page.head("refusals_total", "Pushes and plays refused, by code of the catalogue.", "counter");
    for ((operation, table, code), count) in shared.refusals.counts() {
        let operation = operation.name();
        let labels = format!("operation=\"{operation}\",table=\"{table}\",code=\"{code}\"");
        page.line("refusals_total", &labels, count);
    }
    page.text
}

#[derive(Default)]
struct Page {
    text: String,
}

impl Page {
    fn gauge(&mut self, name: &str, help: &str, value: u64) {
        self.head(name, help, "gauge");
        self.line(name, "", value);
    }

    fn counter(&mut self, name: &str, help: &str, value: u64) {
        self.head(name, help, "counter");
        self.line(name, "", value);
    }

    fn head(&mut self, name: &str, help: &str, kind: &str) {
        // Writing to a string cannot fail.
        let _ = writeln!(self.text, "# HELP vivace_{name} {help}\n# TYPE vivace_{name} {kind}");
    }

    fn line(&mut self, name: &str, labels: &str, value: impl std::fmt::Display) {
        let labels = if labels.is_empty() { String::new() } else { format!("{{{labels}}}") };
        let _ = writeln!(self.text, "vivace_{name}{labels} {value}");
    }
}
