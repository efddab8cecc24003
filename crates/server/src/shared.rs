use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use tokio_util::sync::CancellationToken;
use vivace_base::{Clock, Limits, MonoMs, Rng, SessionId, StreamName};
use vivace_codes::Row;
use vivace_domain::live::{PlayFault, PublishFault};
use vivace_gate::Gate;
use vivace_hls::serve::Hls;
use vivace_hub::{Hub, PlayEnd, PlayTotals};
use vivace_lvb::codes as lvb;
use vivace_net::Quota;
use vivace_net::delivery::DeliveryHandle;
use vivace_net::tls::Certificates;
use vivace_store::{EventKind, EventLog, HlsLog, LiveEvent};

use crate::rates::Rates;
use crate::refusals::{Operation, Refusals, Refused};
use crate::{Addresses, Config};

/// What every session reaches.
pub(crate) struct Shared {
    pub(crate) config: Config,
    pub(crate) addresses: Addresses,
    pub(crate) limits: Arc<Limits>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) rng: Arc<dyn Rng>,
    pub(crate) hub: Arc<Hub>,
    pub(crate) gate: Gate,
    pub(crate) delivery: DeliveryHandle,
    pub(crate) events: EventLog,
    pub(crate) hls: Arc<Hls>,
    pub(crate) hls_log: HlsLog,
    /// Of the TLS listeners, if there are any.
    pub(crate) certificates: Option<Arc<Certificates>>,
    /// Of all connections together.
    pub(crate) refusals: Refusals,
    pub(crate) rates: Rates,
    pub(crate) counts: Counts,
    pub(crate) quotas: Quotas,
    pub(crate) started: MonoMs,
    /// Cancelled when the server is to stop.
    pub(crate) stop: CancellationToken,
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
}

/// How many connections there may be.
pub(crate) struct Quotas {
    /// All listeners together.
    pub(crate) connections: Arc<Quota>,
    /// Those of RTMP that have not been granted anything. Each listener has its own, so that one cannot starve the other.
    pub(crate) pending_rtmp: Arc<Quota>,
    /// Those of HTTP that have not been granted a play.
    pub(crate) pending_http: Arc<Quota>,
}

impl Quotas {
    pub(crate) fn new(limits: &Limits) -> Self {
        let pending = || Quota::new("pending_connections_max", limits.pending_connections_max);
        let connections = Quota::new("connections_max", limits.connections_max);
        Self { connections, pending_rtmp: pending(), pending_http: pending() }
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
    pub(crate) limits: Arc<Limits>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) rng: Arc<dyn Rng>,
    pub(crate) hub: Arc<Hub>,
    pub(crate) gate: Gate,
    pub(crate) delivery: DeliveryHandle,
    pub(crate) events: EventLog,
    pub(crate) hls: Arc<Hls>,
    pub(crate) hls_log: HlsLog,
    pub(crate) certificates: Option<Arc<Certificates>>,
    pub(crate) quotas: Quotas,
}

impl Shared {
    pub(crate) fn new(parts: Parts) -> Self {
        // Sessions of two runs should not share a number: the log outlives the process.
        let mut first = [0; 8];
        parts.rng.fill(&mut first);
        Self {
            refusals: Refusals::new(parts.limits.refusals_kept_max),
            rates: Rates::default(),
            counts: Counts::default(),
            quotas: parts.quotas,
            started: parts.clock.mono(),
            stop: CancellationToken::new(),
            sessions: AtomicU64::new(u64::from_be_bytes(first)),
            config: parts.config,
            addresses: parts.addresses,
            limits: parts.limits,
            clock: parts.clock,
            rng: parts.rng,
            hub: parts.hub,
            gate: parts.gate,
            delivery: parts.delivery,
            events: parts.events,
            hls: parts.hls,
            hls_log: parts.hls_log,
            certificates: parts.certificates,
        }
    }

    pub(crate) fn next_session(&self) -> SessionId {
        SessionId(self.sessions.fetch_add(1, Relaxed))
    }

    pub(crate) fn refuse_publish(&self, peer: Peer, stream: &str, fault: &PublishFault) -> Told {
        let refusal = lvb::publish(fault);
        let codes = format!("{}/{}", refusal.errcode, refusal.sub_errcode);
        self.refuse(peer, Operation::Publish, stream, refusal.row, &codes, fault.to_string())
    }

    pub(crate) fn refuse_play(&self, peer: Peer, stream: &str, fault: &PlayFault) -> Told {
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
        };
        let (session, operation_name) = (peer.session, operation.name());
        tracing::warn!(
            %session, peer = %peer.address, operation = operation_name, stream = ?shown, fault = %detail,
            table = row.table.name(), code = row.number, "refused"
        );
        self.event(peer, kind, Some(shown.clone()), Some(row), detail.clone());
        self.refusals.add(Refused {
            at: self.clock.unix(),
            operation,
            stream: Some(shown),
            peer: peer.address.ip().to_string(),
            session,
            row,
            detail: detail.clone(),
        });
        let record = if interruption.is_empty() { String::new() } else { format!(", {interruption}") };
        let sentence = format!("{}: {detail} ({row}{record}, session {session})", row.en.message);
        Told { row, sentence, detail }
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
        let shared = self.clone();
        Box::new(move |end, totals| {
            let _seat = seat;
            let PlayTotals { bytes, skips } = totals;
            tracing::info!(%session, stream = name, format, bytes, skips, %end, "play ends");
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
