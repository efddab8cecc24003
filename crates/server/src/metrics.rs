mod recording;
mod uploads;

use std::fmt::Write;
use std::sync::atomic::Ordering::Relaxed;

use vivace_base::{Limits, UnixMs};
use vivace_domain::picture::TakeFault;
use vivace_domain::relay::Direction;
use vivace_hub::{PlayEnd, StreamState};
use vivace_net::delivery::JOIN_MS;
use vivace_worker::REASONS;
use vivace_worker::child::{CHILD_REASONS, ChildKind};

use crate::closed::Reason;
use crate::process::Process;
use crate::relay::State;
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
    page.counter("batches_total", "Times that frames of a stream were handed on together.", sum.batches);
    page.counter("reader_skips_total", "Times that a slow player was moved to a newer key frame.", sum.skips);
    page.counter("discontinuities_total", "Jumps of publishers' timestamps.", sum.discontinuities);
    page.counter(
        "gops_let_go_total",
        "Times that no key frame came for limits.gop_ms_max or gop_bytes_max: new players wait for the next one.",
        sum.gops_let_go,
    );
    page.counter("connections_total", "Connections accepted.", counts.connections.load(Relaxed));
    page.head("refused_connections_total", "Connections closed at once, by the limit that was met.", "counter");
    let refused = quotas.connections.refused();
    page.line("refused_connections_total", "limit=\"connections_max\"", refused);
    let refused: u64 = pending.iter().map(|quota| quota.refused()).sum();
    page.line("refused_connections_total", "limit=\"pending_connections_max\"", refused);
    let refused = quotas.connections.refused_by_address();
    page.line("refused_connections_total", "limit=\"connections_per_address_max\"", refused);
    let refused: u64 = pending.iter().map(|quota| quota.refused_by_address()).sum();
    page.line("refused_connections_total", "limit=\"pending_connections_per_address_max\"", refused);
    closed(shared, &mut page);
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
    let let_go = shared.hls.let_go_bytes() as u64;
    page.gauge("hls_let_go_bytes", "Bytes of segments that have left their playlists and are still sent.", let_go);
    page.gauge("hls_sessions", "Players of HLS.", shared.hls.sessions() as u64);
    page.counter("kept_bytes_total", "Bytes of what has been kept that were sent.", shared.archive.sent());
    page.counter("hls_numbers_lost_total", "Numbers of HLS playlists that were not written.", shared.hls_log.lost());
    let silent = shared.counts.delivery_silent.load(Relaxed);
    page.gauge("delivery_threads_silent", "Delivery threads that did not answer within the last second.", silent);
    callbacks(&mut page, shared);
    recording::render(&mut page, shared);
    uploads::render(&mut page, shared);
    pictures(&mut page, shared);
    children(&mut page, shared);
    plays(&mut page, shared);
    limits(&mut page, &shared.limits.get());
    process(&mut page, shared.started_at);
    if let Some(held) = shared.allocator.read() {
        let help = "Bytes that the server's own code has asked its allocator for and not given back.";
        page.gauge("allocated_bytes", help, held.asked_bytes);
        let help = "Memory that these take, with what waits to be given back to the system.";
        page.gauge("allocator_resident_bytes", help, held.resident_bytes);
    }
    reloads(&mut page, shared);
    page.head("relays", "Relays, by direction and state.", "gauge");
    for direction in Direction::ALL {
        for state in State::WORDS {
            let labels = format!("direction=\"{direction}\",state=\"{state}\"");
            page.line("relays", &labels, shared.relays.in_state(direction, state));
        }
    }
    let reconnects = shared.relays.counts.reconnects.load(Relaxed);
    page.counter("relay_reconnects_total", "Connections of relays that were tried after their first.", reconnects);
    page.head("relay_bytes_total", "Bytes of media that relays have passed on, by direction.", "counter");
    for direction in Direction::ALL {
        page.line("relay_bytes_total", &format!("direction=\"{direction}\""), shared.relays.bytes(direction));
    }
    let skips = shared.relays.skips();
    page.counter("relay_skips_total", "Times that a slow remote server was moved to a newer key frame.", skips);
    let [segments, skipped] =
        [&shared.relays.counts.segments, &shared.relays.counts.segments_skipped].map(|count| count.load(Relaxed));
    page.counter("relay_hls_segments_total", "Segments that were pulled by HLS.", segments);
    page.counter(
        "relay_hls_segments_skipped_total",
        "Segments of pulled HLS that were gaps, late, or broken.",
        skipped,
    );
    let keys = shared.access.replay().len() as u64;
    page.gauge("api_replay_keys", "Signed calls that are remembered, so that none acts twice.", keys);
    page.head("refusals_total", "Pushes, plays and calls refused, by code of the catalogue.", "counter");
    for ((operation, table, code, app), count) in shared.refusals.counts() {
        let operation = operation.name();
        let app = app.map_or_else(String::new, |app| format!(",app=\"{}\"", app.0));
        let labels = format!("operation=\"{operation}\",table=\"{table}\",code=\"{code}\"{app}");
        page.line("refusals_total", &labels, count);
    }
    page.text
}

/// What customers' servers are told.
fn callbacks(page: &mut Page, shared: &Shared) {
    let counts = shared.callbacks.counts();
    page.counter("callbacks_delivered_total", "Callbacks that receivers have taken.", counts.delivered);
    page.head("callbacks_failed_total", "Tries of callbacks that failed, by reason.", "counter");
    for (reason, count) in REASONS.iter().zip(counts.failed) {
        page.line("callbacks_failed_total", &format!("reason=\"{reason}\""), count);
    }
    page.counter("callbacks_dead_total", "Callbacks that were given up.", counts.dead);
    page.counter("callbacks_dropped_total", "Callbacks left out: the outbox or the queue was full.", counts.dropped);
    page.gauge("callbacks_waiting", "Callbacks in the outbox that wait.", counts.waiting);
    page.gauge("callbacks_oldest_ms", "Age of the oldest callback that is tried now.", counts.oldest_ms);
}

/// Programs that run beside the server. Every line is there from the start: an alert must find it.
fn children(page: &mut Page, shared: &Shared) {
    let counts = shared.transcoder.children().counts();
    page.head("children", "Programs that run beside the server, by what they are for.", "gauge");
    for (kind, running) in ChildKind::ALL.iter().zip(counts.running) {
        page.line("children", &format!("kind=\"{}\"", kind.name()), running);
    }
    page.head("children_started_total", "Programs started beside the server, by what they are for.", "counter");
    for (kind, started) in ChildKind::ALL.iter().zip(counts.started) {
        page.line("children_started_total", &format!("kind=\"{}\"", kind.name()), started);
    }
    page.head(
        "children_ended_total",
        "Programs beside the server that failed or were ended for it, by reason.",
        "counter",
    );
    for (kind, reasons) in ChildKind::ALL.iter().zip(counts.ended) {
        for (reason, ended) in CHILD_REASONS.iter().zip(reasons) {
            let labels = format!("kind=\"{}\",reason=\"{}\"", kind.name(), reason.name());
            page.line("children_ended_total", &labels, ended);
        }
    }
    page.gauge("children_places", "Places for programs beside the server that are taken.", counts.places);
    page.counter("children_refused_total", "Times that there was no place for a program.", counts.refused);
    page.gauge(
        "transcode_streams",
        "Rates that are made, and streams with a watermark.",
        shared.transcoder.jobs() as u64,
    );
}

/// Screenshots.
fn pictures(page: &mut Page, shared: &Shared) {
    let counts = shared.pictures.counts();
    page.counter("pictures_taken_total", "Screenshots that were taken and kept.", counts.taken);
    page.counter("picture_covers_total", "Small pictures that were taken for lists of streams.", counts.covers);
    page.head("pictures_failed_total", "Screenshots and small pictures that were not taken, by reason.", "counter");
    for (reason, count) in TakeFault::REASONS.iter().zip(counts.failed) {
        page.line("pictures_failed_total", &format!("reason=\"{reason}\""), count);
    }
    let help = "Screenshots of tasks and rules left out: the one before was not done.";
    page.counter("pictures_skipped_total", help, counts.skipped);
    page.counter("pictures_unread_total", "Screenshots that left the queue before anybody read them.", counts.unread);
}

/// Plays as their ends and their joins tell of them.
fn plays(page: &mut Page, shared: &Shared) {
    page.head("plays_ended_total", "Plays that have ended, but those of HLS, by reason.", "counter");
    for (end, count) in PlayEnd::NAMES.iter().zip(&shared.counts.plays_ended) {
        page.line("plays_ended_total", &format!("end=\"{end}\""), count.load(Relaxed));
    }
    let joins = shared.delivery.join_times();
    let name = "play_join_ms";
    page.head(name, "From a play's grant to its first media, but for HLS, in milliseconds.", "histogram");
    let bounds = JOIN_MS.iter().map(u64::to_string).chain(["+Inf".to_owned()]);
    let mut count = 0;
    for (bound, class) in bounds.zip(joins.classes) {
        count += class;
        page.line(&format!("{name}_bucket"), &format!("le=\"{bound}\""), count);
    }
    page.line(&format!("{name}_sum"), "", joins.sum_ms);
    page.line(&format!("{name}_count"), "", count);
}

/// The limits that the other numbers are to be read against.
fn limits(page: &mut Page, limits: &Limits) {
    page.head("limit", "Limits in effect, by the name of their setting.", "gauge");
    let names = ["connections_max", "pending_connections_max", "streams_max", "hls_sessions_max"];
    for field in Limits::FIELDS.iter().filter(|field| names.contains(&field.name)) {
        page.line("limit", &format!("limit=\"{}\"", field.name), (field.get)(limits));
    }
}

/// The process, under the names that have no prefix anywhere.
fn process(page: &mut Page, started_at: UnixMs) {
    let now = Process::read();
    let seconds = |ms: u64| format!("{}.{:03}", ms / 1_000, ms % 1_000);
    page.process("cpu_seconds_total", "Processor time, user and system.", "counter", seconds(now.cpu_ms));
    page.process(
        "start_time_seconds",
        "When the process began, in Unix time.",
        "gauge",
        seconds(started_at.0.unsigned_abs()),
    );
    for (name, help, value) in [
        ("resident_memory_bytes", "Memory held.", now.resident_bytes),
        ("open_fds", "File descriptors open.", now.open_fds),
        ("max_fds", "File descriptors that may be open.", now.max_fds),
    ] {
        value.into_iter().for_each(|value| page.process(name, help, "gauge", value));
    }
}

fn reloads(page: &mut Page, shared: &Shared) {
    let running = &shared.running;
    page.head("config_reloads_total", "Times that the settings were read anew, by what came of it.", "counter");
    let results = [("applied", &running.applied), ("unchanged", &running.unchanged), ("invalid", &running.invalid)];
    for (result, count) in results {
        page.line("config_reloads_total", &format!("result=\"{result}\""), count.load(Relaxed));
    }
    let name = "config_last_reload_timestamp_seconds";
    page.head(name, "When settings were last read anew and were good, in Unix time; 0 before the first time.", "gauge");
    page.line(name, "", running.reloaded_at().0.div_euclid(1_000));
    let needed = running.restart_needed().len();
    page.gauge("config_restart_needed", "Settings that were changed and wait for the next start.", needed as u64);
}

/// Every reason has its line from the start: an alert on one that has not happened yet must find it.
fn closed(shared: &Shared, page: &mut Page) {
    let quotas = &shared.quotas;
    let pending = [&quotas.pending_rtmp, &quotas.pending_http];
    page.head("closed_total", "Connections closed and requests turned away because of their peers.", "counter");
    for reason in Reason::ALL {
        // These are counted where they are met, before there is a session.
        let count = match reason {
            Reason::Connections => quotas.connections.refused(),
            Reason::AddressConnections => quotas.connections.refused_by_address(),
            Reason::Pending => pending.iter().map(|quota| quota.refused()).sum(),
            Reason::AddressPending => pending.iter().map(|quota| quota.refused_by_address()).sum(),
            other => shared.closed.count(*other),
        };
        page.line("closed_total", &format!("reason=\"{}\"", reason.name()), count);
    }
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

    fn process(&mut self, name: &str, help: &str, kind: &str, value: impl std::fmt::Display) {
        let _ =
            writeln!(self.text, "# HELP process_{name} {help}\n# TYPE process_{name} {kind}\nprocess_{name} {value}");
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
