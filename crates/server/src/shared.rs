use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use vivace_base::{AppId, Clock, Limits, LiveLimits, MonoMs, Rng, SessionId, StreamName, UnixMs};
use vivace_codes::Row;
use vivace_domain::channel::Rate;
use vivace_domain::live::{PlayFault, PublishFault};
use vivace_domain::rendition::Sound;
use vivace_gate::{Access, AuditLog, CallbackRules, Channels, Gate, Operator, PictureRules, Policy, Recordings};
use vivace_hls::serve::Hls;
use vivace_hub::{Hub, PlayEnd, PlayTotals};
use vivace_lvb::codes as lvb;
use vivace_net::Quota;
use vivace_net::delivery::DeliveryHandle;
use vivace_net::outbound::Outbound;
use vivace_net::tls::Certificates;
use vivace_store::{EventKind, EventLog, HlsLog, LiveEvent, Reader, Store};
use vivace_worker::Callbacks;
use vivace_worker::pictures::Pictures;
use vivace_worker::recorder::Recorder;
use vivace_worker::transcode::Transcoder;
use vivace_worker::uploads::Uploads;

use crate::archive::Archive;
use crate::closed::{Closed, Lines, Reason};
use crate::memory::Allocator;
use crate::pulse::Heart;
use crate::rates::Rates;
use crate::refusals::{Operation, Refusals};
use crate::relay::Relays;
use crate::reload::Running;
use crate::statistics::Statistics;
use crate::tasks::Tasks;
use crate::upgrade::{Arrivals, Departures};
use crate::{Addresses, Auth, Config, spans};

/// What every session reaches.
pub(crate) struct Shared {
    pub(crate) running: Running,
    pub(crate) allocator: Allocator,
    pub(crate) addresses: Addresses,
    pub(crate) limits: LiveLimits,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) rng: Arc<dyn Rng>,
    pub(crate) hub: Arc<Hub>,
    pub(crate) gate: Arc<Gate>,
    pub(crate) access: Arc<Access>,
    pub(crate) delivery: DeliveryHandle,
    pub(crate) events: EventLog,
    pub(crate) hls: Arc<Hls>,
    pub(crate) hls_log: HlsLog,
    pub(crate) archive: Archive,
    pub(crate) outbound: Arc<Outbound>,
    /// Makes output rates and watermarks, with children that others use too.
    pub(crate) transcoder: Arc<Transcoder>,
    pub(crate) callbacks: Callbacks,
    pub(crate) callback_rules: Arc<CallbackRules>,
    pub(crate) pictures: Pictures,
    pub(crate) picture_rules: Arc<PictureRules>,
    pub(crate) recorder: Recorder,
    pub(crate) recordings: Arc<Recordings>,
    pub(crate) uploads: Uploads,
    pub(crate) relays: Arc<Relays>,
    pub(crate) channels: Arc<Channels>,
    pub(crate) operator: Arc<Operator>,
    pub(crate) audit: Arc<AuditLog>,
    pub(crate) store: Store,
    /// Of the TLS listeners, if there are any.
    pub(crate) certificates: Option<Arc<Certificates>>,
    /// Of all connections together.
    pub(crate) refusals: Refusals,
    pub(crate) rates: Rates,
    pub(crate) statistics: Statistics,
    pub(crate) tasks: Tasks,
    pub(crate) counts: Counts,
    /// Connections that were closed because of their peers.
    pub(crate) closed: Closed,
    refusal_lines: Lines,
    pub(crate) quotas: Quotas,
    pub(crate) started: MonoMs,
    pub(crate) started_at: UnixMs,
    pub(crate) heart: Heart,
    /// Cancelled when the server is to stop.
    pub(crate) stop: CancellationToken,
    /// Cancelled when another process has taken over.
    pub(crate) leaving: CancellationToken,
    pub(crate) departures: Departures,
    /// Streams that come from the process before this one.
    pub(crate) arrivals: Arrivals,
    sessions: AtomicU64,
}

/// Counts that belong to no stream.
#[derive(Default)]
pub(crate) struct Counts {
    pub(crate) connections: AtomicU64,
    pub(crate) protocol_errors: AtomicU64,
    pub(crate) handshakes_failed: AtomicU64,
    pub(crate) publishes: AtomicU64,
    pub(crate) plays: AtomicU64,
    pub(crate) panics: AtomicU64,
    /// Plays that have ended, by the name of their [`PlayEnd`].
    pub(crate) plays_ended: [AtomicU64; PlayEnd::NAMES.len()],
    /// Delivery threads that did not answer within the last second.
    pub(crate) delivery_silent: AtomicU64,
}

impl Counts {
    fn play_ended(&self, end: PlayEnd) {
        let place = PlayEnd::NAMES.iter().position(|name| *name == end.name());
        if let Some(count) = place.and_then(|place| self.plays_ended.get(place)) {
            count.fetch_add(1, Relaxed);
        }
    }
}

/// How many connections there may be.
pub(crate) struct Quotas {
    /// All listeners together.
    pub(crate) connections: Arc<Quota>,
    /// Those of RTMP that have not been granted anything. Each listener has its own, so that one cannot starve the other.
    pub(crate) pending_rtmp: Arc<Quota>,
    /// Those of HTTP that have not been granted a play.
    pub(crate) pending_http: Arc<Quota>,
    /// Players of HLS.
    pub(crate) hls_sessions: Arc<Quota>,
    /// Bytes of the bodies of API calls that are being read.
    pub(crate) api_bodies: Arc<Semaphore>,
}

impl Quotas {
    pub(crate) fn new(limits: &Limits) -> Self {
        let pending = || {
            let (all, one) = (limits.pending_connections_max, limits.pending_connections_per_address_max);
            Quota::per_address("pending_connections_max", all, "pending_connections_per_address_max", one)
        };
        let (all, one) = (limits.connections_max, limits.connections_per_address_max);
        let connections = Quota::per_address("connections_max", all, "connections_per_address_max", one);
        let (all, one) = (limits.hls_sessions_max, limits.hls_sessions_per_address_max);
        let hls_sessions = Quota::per_address("hls_sessions_max", all, "hls_sessions_per_address_max", one);
        let bytes = limits.api_bodies_bytes_max.min(Semaphore::MAX_PERMITS);
        let api_bodies = Arc::new(Semaphore::new(bytes));
        Self { connections, pending_rtmp: pending(), pending_http: pending(), hls_sessions, api_bodies }
    }

    /// Takes over other limits. Nobody is cut.
    pub(crate) fn set(&self, limits: &Limits) {
        self.connections.set_max(limits.connections_max);
        self.pending_rtmp.set_max(limits.pending_connections_max);
        self.pending_http.set_max(limits.pending_connections_max);
        self.hls_sessions.set_max(limits.hls_sessions_max);
        self.hls_sessions.set_address_max(limits.hls_sessions_per_address_max);
        self.connections.set_address_max(limits.connections_per_address_max);
        self.pending_rtmp.set_address_max(limits.pending_connections_per_address_max);
        self.pending_http.set_address_max(limits.pending_connections_per_address_max);
    }
}

/// Who may push and play without a signed address.
pub(crate) fn policy(config: &Config) -> Policy {
    let rate = |rate| config.transcode.rates.contains(&rate).then_some(rate);
    Policy {
        rates: [Rate::Sd, Rate::Hd].map(rate),
        sounds: Sound::ALL.map(|sound| config.transcode.sounds.contains(&sound).then_some(sound)),
        push_open: config.push_auth == Auth::Open,
        play_open: config.play_auth == Auth::Open,
        channels_only: config.lvb_channels_only,
    }
}

/// Who is talked to: one line of identity for log, events and replies.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Peer {
    pub(crate) address: SocketAddr,
    pub(crate) session: SessionId,
}

/// A refusal as the peer is told of it.
pub(crate) struct Told {
    pub(crate) row: &'static Row,
    pub(crate) sentence: String,
    pub(crate) detail: String,
}

/// All parts that [`Shared`] is made of.
pub(crate) struct Parts {
    pub(crate) config: Config,
    pub(crate) addresses: Addresses,
    pub(crate) limits: LiveLimits,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) rng: Arc<dyn Rng>,
    pub(crate) hub: Arc<Hub>,
    pub(crate) gate: Arc<Gate>,
    pub(crate) access: Arc<Access>,
    pub(crate) delivery: DeliveryHandle,
    pub(crate) events: EventLog,
    pub(crate) hls: Arc<Hls>,
    pub(crate) hls_log: HlsLog,
    pub(crate) archive: Archive,
    pub(crate) outbound: Arc<Outbound>,
    pub(crate) transcoder: Arc<Transcoder>,
    pub(crate) callbacks: Callbacks,
    pub(crate) callback_rules: Arc<CallbackRules>,
    pub(crate) pictures: Pictures,
    pub(crate) picture_rules: Arc<PictureRules>,
    pub(crate) recorder: Recorder,
    pub(crate) recordings: Arc<Recordings>,
    pub(crate) uploads: Uploads,
    pub(crate) relays: Arc<Relays>,
    pub(crate) channels: Arc<Channels>,
    pub(crate) operator: Arc<Operator>,
    pub(crate) audit: Arc<AuditLog>,
    pub(crate) store: Store,
    pub(crate) certificates: Option<Arc<Certificates>>,
    pub(crate) quotas: Quotas,
    pub(crate) arrivals: Arrivals,
}

impl Shared {
    pub(crate) fn new(parts: Parts) -> Self {
        // Sessions of two runs should not share a number: the log outlives the process.
        let mut first = [0; 8];
        parts.rng.fill(&mut first);
        Self {
            refusals: Refusals::default(),
            rates: Rates::default(),
            statistics: Statistics::default(),
            tasks: Tasks::new(parts.store.clone()),
            counts: Counts::default(),
            closed: Closed::default(),
            refusal_lines: Lines::default(),
            quotas: parts.quotas,
            started: parts.clock.mono(),
            started_at: parts.clock.unix(),
            heart: Heart::new(),
            stop: CancellationToken::new(),
            leaving: CancellationToken::new(),
            departures: Departures::default(),
            arrivals: parts.arrivals,
            sessions: AtomicU64::new(u64::from_be_bytes(first)),
            allocator: Allocator::default(),
            running: Running::new(parts.config),
            addresses: parts.addresses,
            limits: parts.limits,
            clock: parts.clock,
            rng: parts.rng,
            hub: parts.hub,
            gate: parts.gate,
            access: parts.access,
            delivery: parts.delivery,
            events: parts.events,
            hls: parts.hls,
            hls_log: parts.hls_log,
            archive: parts.archive,
            outbound: parts.outbound,
            transcoder: parts.transcoder,
            callbacks: parts.callbacks,
            callback_rules: parts.callback_rules,
            pictures: parts.pictures,
            picture_rules: parts.picture_rules,
            recorder: parts.recorder,
            recordings: parts.recordings,
            uploads: parts.uploads,
            relays: parts.relays,
            channels: parts.channels,
            operator: parts.operator,
            audit: parts.audit,
            store: parts.store,
            certificates: parts.certificates,
        }
    }

    /// The facts in the store.
    pub(crate) const fn reader(&self) -> &Reader {
        self.store.reader()
    }

    /// The configuration in effect.
    pub(crate) fn config(&self) -> Arc<Config> {
        self.running.config()
    }

    pub(crate) fn next_session(&self) -> SessionId {
        SessionId(self.sessions.fetch_add(1, Relaxed))
    }

    /// A connection was closed, or a request turned away, because of its peer.
    pub(crate) fn closed(&self, peer: Peer, protocol: &str, reason: Reason, detail: &dyn std::fmt::Display) {
        self.closed.note(self.clock.mono(), peer, protocol, reason, detail);
    }

    pub(crate) fn refuse_publish(&self, peer: Peer, stream: &str, fault: &PublishFault) -> Told {
        let refusal = lvb::publish(fault);
        let codes = format!("{}/{}", refusal.errcode, refusal.sub_errcode);
        self.refuse(peer, Operation::Publish, stream, refusal.row, &codes, fault.to_string())
    }

    pub(crate) fn refuse_play(&self, peer: Peer, stream: &str, fault: &PlayFault) -> Told {
        let max = self.limits.get().statistics_addresses_max;
        self.statistics.play_refused(self.gate.app().id, peer.address.ip(), max);
        self.refuse(peer, Operation::Play, stream, lvb::play(fault).row, "", fault.to_string())
    }

    /// A publish that ran was ended with a row of the catalogue.
    pub(crate) fn refuse_running(&self, peer: Peer, stream: &str, row: &'static Row, detail: String) {
        self.refuse(peer, Operation::RunningPublish, stream, row, "", detail);
    }

    fn refuse(
        &self,
        peer: Peer,
        operation: Operation,
        stream: &str,
        row: &'static Row,
        interruption: &str,
        detail: String,
    ) -> Told {
        let shown = shown_name(stream);
        let kind = match operation {
            Operation::RunningPublish => EventKind::Ended,
            Operation::Publish => EventKind::RefusedPublish,
            Operation::Play => EventKind::RefusedPlay,
            Operation::Api(_) => EventKind::RefusedCall,
        };
        let (session, operation_name) = (peer.session, operation.name());
        // All are counted; a flood of them must not fill the disk.
        if let Some(unlogged) = self.refusal_lines.take(self.clock.mono()) {
            tracing::warn!(
                %session, peer = %peer.address, operation = operation_name, stream = ?shown, fault = %detail,
                table = row.table.name(), code = row.number, unlogged, "refused"
            );
        }
        spans::refused(peer, operation_name, &shown, row, &detail);
        self.event(peer, kind, Some(shown), Some(row), detail.clone());
        self.refusals.add(operation, row, None);
        let record = if interruption.is_empty() { String::new() } else { format!(", {interruption}") };
        let sentence = format!("{}: {detail} ({row}{record}, session {session})", row.en.message);
        Told { row, sentence, detail }
    }

    /// A call of a signed API that was refused, or a part of one. `request` is its number in the reply.
    pub(crate) fn refuse_api(
        &self,
        peer: Peer,
        operation: &'static str,
        app: Option<AppId>,
        row: &'static Row,
        detail: &str,
        request: &str,
    ) {
        let session = peer.session;
        if let Some(unlogged) = self.refusal_lines.take(self.clock.mono()) {
            tracing::warn!(
                %session, peer = %peer.address, operation, app = app.map(|app| app.0), request, fault = %detail,
                table = row.table.name(), code = row.number, unlogged, "refused"
            );
        }
        spans::refused(peer, operation, "", row, detail);
        self.event(peer, EventKind::RefusedCall, None, Some(row), format!("{operation}: {detail}"));
        self.refusals.add(Operation::Api(operation), row, app);
    }

    pub(crate) fn event(
        &self,
        peer: Peer,
        kind: EventKind,
        stream: Option<String>,
        row: Option<&'static Row>,
        detail: String,
    ) {
        self.events.record(LiveEvent {
            at: self.clock.unix(),
            session: peer.session,
            stream,
            peer: peer.address.to_string(),
            kind,
            table: row.map(|row| row.table.name().into()),
            code: row.map(|row| row.number),
            detail,
        });
    }

    /// A play begins; what is to be called when it ends. `seat` is given back then.
    pub(crate) fn play_begins(
        self: &Arc<Self>,
        peer: Peer,
        stream: &str,
        format: &'static str,
        seat: vivace_net::Seat,
    ) -> Box<dyn FnOnce(PlayEnd, PlayTotals) + Send> {
        self.counts.plays.fetch_add(1, Relaxed);
        let (session, name) = (peer.session, stream.to_owned());
        tracing::info!(%session, peer = %peer.address, stream, format, "play begins");
        let span = spans::play(peer, stream, format);
        let (app, ip, max) = (self.gate.app().id, peer.address.ip(), self.limits.get().statistics_addresses_max);
        self.statistics.play_begins(app, stream, ip, max);
        let shared = self.clone();
        Box::new(move |end, totals| {
            let _seat = seat;
            shared.counts.play_ended(end);
            let PlayTotals { bytes, skips } = totals;
            shared.statistics.play_ends(app, ip, bytes, max);
            if shared.leaving.is_cancelled() {
                let departures = &shared.departures;
                let count = if end == PlayEnd::Shutdown { &departures.players_cut } else { &departures.players_ended };
                count.fetch_add(1, Relaxed);
            }
            tracing::info!(%session, stream = name, format, bytes, skips, %end, "play ends");
            span.record("bytes", bytes).record("skips", skips);
            spans::end(&span, &end, None);
            if let Some(reason) = Reason::of_play(end) {
                shared.closed(peer, format, reason, &end);
            }
            if let PlayEnd::UnsupportedCodec { codec } = end {
                // The play came before the codec was known: it is refused now.
                shared.refuse_play(peer, &name, &PlayFault::UnsupportedCodec { codec: codec.name() });
            }
            if skips > 0 || !matches!(end, PlayEnd::Client | PlayEnd::StreamEnded) {
                let detail = format!("{format}: {end}; {bytes} bytes, {skips} skips");
                shared.event(peer, EventKind::PlayEnded, Some(name), None, detail);
            }
        })
    }
}

/// As much of what was asked for as may be shown. Parameters hold signatures, and people put them behind a name in many
/// ways: everything from the first character on that no name has is left out.
fn shown_name(asked: &str) -> String {
    let plain = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    let mut shown: String = asked.chars().take(StreamName::BYTES_MAX).take_while(plain).collect();
    if shown.len() < asked.len() {
        shown.push('…');
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::shown_name;

    #[test]
    fn no_parameter_is_shown_however_it_was_put_behind_the_name() {
        for asked in
            ["a?txSecret=1f", "a&txSecret=1f", "a%3FtxSecret=1f", "a txSecret=1f", "a/?txSecret=1f", "a;txSecret=1f"]
        {
            assert_eq!(shown_name(asked), "a…", "{asked}");
        }
        assert_eq!(shown_name("cam-1.b_2"), "cam-1.b_2");
        assert_eq!(shown_name(&"x".repeat(10_000)).chars().count(), 129);
    }
}
