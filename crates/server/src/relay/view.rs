use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use vivace_admin::{Answer, NewRelay, RelayFault, RelayView, Relays};
use vivace_base::Ulid;
use vivace_domain::relay::Relay;
use vivace_gate::Caller;

use super::entry::{Entry, State};
use super::manager::{Ask, Reply};
use crate::shared::Shared;
use crate::view::View;

impl Relays for View {
    fn list(&self) -> Vec<RelayView> {
        self.0.relays.entries.lock().values().filter(|entry| !entry.of_channel).map(|entry| view(entry)).collect()
    }

    fn add(&self, new: NewRelay, caller: Caller) -> Answer<'_, RelayView> {
        let shared = &self.0;
        let now = shared.clock.unix();
        let relay = Relay {
            id: Ulid::new(now, shared.rng.as_ref()),
            app: shared.gate.app().id,
            direction: new.direction,
            stream: new.stream,
            url: new.url,
            enabled: true,
            created_at: now,
        };
        Box::pin(async {
            let entry = answered(shared, |reply| Ask::Add(relay, caller, reply)).await?;
            Ok(view(&entry))
        })
    }

    fn enable(&self, id: Ulid, enabled: bool, caller: Caller) -> Answer<'_, RelayView> {
        Box::pin(async move {
            let entry = answered(&self.0, |reply| Ask::Enable(id, enabled, caller, reply)).await?;
            Ok(view(&entry))
        })
    }

    fn remove(&self, id: Ulid, caller: Caller) -> Answer<'_, ()> {
        Box::pin(answered(&self.0, move |reply| Ask::Remove(id, caller, reply)))
    }
}

/// What the manager answers, within the time that parts of the media have. It goes on with what was asked for.
async fn answered<T>(shared: &Shared, ask: impl FnOnce(Reply<T>) -> Ask) -> Result<T, RelayFault> {
    let ms = shared.limits.get().media_answer_ms_max;
    let asked = tokio::time::timeout(Duration::from_millis(ms), shared.relays.ask(ask)).await;
    asked.unwrap_or(Err(RelayFault::Silent { ms }))
}

fn view(entry: &Entry) -> RelayView {
    let (relay, status) = (&entry.relay, entry.status());
    RelayView {
        id: relay.id.to_string(),
        direction: relay.direction.as_str(),
        stream: relay.stream.to_string(),
        url: relay.url.shown(),
        enabled: entry.enabled.load(Relaxed),
        state: status.state.as_str(),
        since_ms: status.since.0,
        retry_at_ms: match status.state {
            State::Waiting { until } => Some(until.0),
            _ => None,
        },
        attempts: status.attempts,
        last_error: status.last_error,
        bytes: entry.traffic.bytes.load(Relaxed),
        bits_per_second: entry.bits_per_second(),
        skips: entry.traffic.skips.load(Relaxed),
    }
}
