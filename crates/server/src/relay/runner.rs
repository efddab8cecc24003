use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use vivace_base::{SessionId, UnixMs};
use vivace_domain::relay::{Direction, RelayUrl};
use vivace_hub::{Stream, StreamState};
use vivace_rtmp::RemoteEnd;
use vivace_store::{EventKind, LiveEvent};

use super::attempt::{Attempt, End};
use super::backoff::Backoff;
use super::entry::{Entry, State};
use super::hls::HlsEnd;
use crate::shared::Shared;

/// Keeps one relay running until it is stopped. The one owner of its retries.
pub(super) async fn run(shared: Arc<Shared>, entry: Arc<Entry>, stop: CancellationToken) {
    let mut runner = Runner { shared, entry, stop, backoff: Backoff::default(), elsewhere: None };
    while let Some(stream) = runner.ready().await {
        match runner.once(stream).await {
            Next::Again => {}
            Next::At(until) => {
                runner.set(State::Waiting { until });
                let ms = until.0.saturating_sub(runner.shared.clock.unix().0).max(0).unsigned_abs();
                runner.unless_stopped(sleep(Duration::from_millis(ms))).await;
            }
            Next::Never => {
                runner.set(State::Failed);
                runner.stop.cancelled().await;
            }
        }
    }
    runner.set(State::Stopped);
}

struct Runner {
    shared: Arc<Shared>,
    entry: Arc<Entry>,
    stop: CancellationToken,
    backoff: Backoff,
    /// Where the remote server has sent the next connection.
    elsewhere: Option<RelayUrl>,
}

/// What follows a connection.
enum Next {
    /// As soon as there is something to relay.
    Again,
    At(UnixMs),
    /// Only the operator can mend it.
    Never,
}

impl Runner {
    /// Waits until there is something to relay: the stream of a push, always for a pull. `None` once it is stopped.
    async fn ready(&self) -> Option<Option<Arc<Stream>>> {
        let relay = &self.entry.relay;
        if relay.direction == Direction::Pull {
            return (!self.stop.is_cancelled()).then_some(None);
        }
        // Subscribed before the first look, so that no stream begins unseen in between.
        let mut granted = self.shared.gate.granted();
        while !self.stop.is_cancelled() {
            let stream = self.shared.gate.forward(&relay.stream).ok();
            if let Some(stream) = stream.filter(|stream| stream.state() == StreamState::Live) {
                return Some(Some(stream));
            }
            self.set(State::Idle);
            self.unless_stopped(granted.changed()).await;
        }
        None
    }

    /// One connection, and what follows it.
    async fn once(&mut self, stream: Option<Arc<Stream>>) -> Next {
        let shared = self.shared.clone();
        let (session, elsewhere) = (shared.next_session(), self.elsewhere.take());
        let url = elsewhere.as_ref().unwrap_or(&self.entry.relay.url);
        if self.entry.attempt(shared.clock.unix()) > 0 {
            shared.relays.counts.reconnects.fetch_add(1, Relaxed);
        }
        // 0 for one that never ran.
        let runs_since = AtomicU64::new(0);
        let attempt = Attempt { shared: &shared, entry: &self.entry, url, session, stop: &self.stop };
        let end = attempt.run(stream.clone(), || {
            runs_since.store(shared.clock.mono().0.max(1), Relaxed);
            self.runs(session, url);
        });
        let end = end.await;
        let ran_ms = match runs_since.into_inner() {
            0 => 0,
            since => shared.clock.mono().0.saturating_sub(since),
        };
        self.over(session, &end, ran_ms, stream.as_deref(), elsewhere.is_some())
    }

    fn runs(&self, session: SessionId, url: &RelayUrl) {
        let relay = &self.entry.relay;
        self.set(State::Running);
        tracing::info!(
            %session, relay = %relay.id, direction = %relay.direction, stream = %relay.stream, url = url.shown(),
            "relay runs"
        );
        self.event(session, EventKind::RelayRuns, format!("{} {}", relay.direction, url.shown()));
    }

    /// `sent` says that the remote server had sent this connection where it went.
    fn over(&mut self, session: SessionId, end: &End, ran_ms: u64, stream: Option<&Stream>, sent: bool) -> Next {
        let relay = &self.entry.relay;
        let reason = self.reason(end);
        match end {
            End::Remote(RemoteEnd::Stopped | RemoteEnd::StreamEnded) | End::Hls(HlsEnd::Stopped) => {
                tracing::info!(%session, relay = %relay.id, stream = %relay.stream, %reason, "relay ends");
                return Next::Again;
            }
            // Servers let go of a publisher that sends nothing; there is nothing to send.
            End::Remote(_) if stream.is_some_and(|stream| stream.state() != StreamState::Live) => {
                tracing::info!(%session, relay = %relay.id, stream = %relay.stream, %reason, "relay ends");
                return Next::Again;
            }
            _ => {}
        }
        let limits = self.shared.limits.get();
        let mut wait_ms = self.backoff.after(ran_ms, &limits, self.shared.rng.as_ref());
        if let End::Remote(RemoteEnd::Reconnect { tc_url, .. }) = end {
            match relay.url.redirected(tc_url, limits.url_bytes_max) {
                // At once, unless the server does nothing but send it around.
                Ok(url) => {
                    self.elsewhere = Some(url);
                    wait_ms = if ran_ms >= limits.relay_backoff_ms_min { 0 } else { wait_ms };
                }
                Err(fault) => tracing::warn!(%session, relay = %relay.id, %fault, "the server sends it to no address"),
            }
        }
        tracing::warn!(
            %session, relay = %relay.id, direction = %relay.direction, stream = %relay.stream,
            url = relay.url.shown(), %reason, ran_ms, wait_ms, "relay fails"
        );
        // A remote server that is gone for days would fill the log of events with one sentence.
        if self.entry.fail(reason.clone()) || ran_ms > 0 {
            self.event(session, EventKind::RelayFailed, format!("{} {}: {reason}", relay.direction, relay.url.shown()));
        }
        match end {
            // The relay's own address may do where another one, which is not the operator's, does not.
            End::Outbound(fault) if fault.is_lasting() && !sent => Next::Never,
            End::Hls(end) if end.is_lasting() => Next::Never,
            _ => Next::At(UnixMs(self.shared.clock.unix().0.saturating_add_unsigned(wait_ms))),
        }
    }

    /// Why a connection ended, without the secrets of the address and without what would break a line.
    fn reason(&self, end: &End) -> String {
        let said = self.entry.relay.url.redact(&end.to_string());
        let mut plain: String = said.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        plain.truncate(plain.floor_char_boundary(self.shared.limits.get().event_text_bytes_max));
        plain
    }

    fn event(&self, session: SessionId, kind: EventKind, detail: String) {
        let relay = &self.entry.relay;
        self.shared.events.record(LiveEvent {
            at: self.shared.clock.unix(),
            session,
            stream: Some(relay.stream.to_string()),
            peer: relay.url.authority(),
            kind,
            table: None,
            code: None,
            detail,
        });
    }

    fn set(&self, state: State) {
        self.entry.set(state, self.shared.clock.unix());
    }

    async fn unless_stopped<T>(&self, work: impl Future<Output = T>) {
        tokio::select! {
            _ = work => {}
            () = self.stop.cancelled() => {}
        }
    }
}
