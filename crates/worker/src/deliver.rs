use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use tokio::task::{Id, JoinSet};
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use vivace_base::{AppId, MonoMs, Secret, SessionId, UnixMs};
use vivace_domain::hook::HookUrl;
use vivace_store::{EventKind, Fault, Hook, Listed, LiveEvent, Settled};

use crate::PostFault;
use crate::callbacks::Shared;
use crate::post::{Terms, post};
use crate::waits::Waits;

/// Longest sleep: a machine's clock may be set, and the outbox may be changed by another hand.
const LOOK_MS: i64 = 1_000;
/// How long a deliverer that is to stop waits for answers.
const LAST: Duration = Duration::from_secs(1);
/// How often what waits is counted.
const COUNT_MS: u64 = 900;

/// Delivers what waits in the outbox.
pub(crate) struct Deliverer {
    shared: Arc<Shared>,
    tries: JoinSet<Result<(), PostFault>>,
    flying: HashMap<Id, Hook>,
    /// Tries that are over and not written yet: the store refused. None of them is tried again before.
    unwritten: Vec<(i64, Settled)>,
    /// Events that cannot be read, which are given up once: they take no place of those behind them.
    damaged: HashSet<i64>,
    counted_at: Option<MonoMs>,
    waits: Waits,
}

impl Deliverer {
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        Self {
            shared,
            tries: JoinSet::new(),
            flying: HashMap::new(),
            unwritten: Vec::new(),
            damaged: HashSet::new(),
            counted_at: None,
            waits: Waits::of("callbacks"),
        }
    }

    /// Begins when it is told to go. Told to stop, it tries once more what is due, and waits [`LAST`] for answers; told to
    /// leave, it lets go at once, since another process goes on.
    pub(crate) async fn run(mut self, go: CancellationToken, stop: CancellationToken, leave: CancellationToken) {
        tokio::select! {
            () = go.cancelled() => {}
            () = stop.cancelled() => return,
            () = leave.cancelled() => return,
        }
        loop {
            let wait = match self.launch(&leave).await {
                Ok(wait) => wait,
                Err(fault) => {
                    tracing::error!(%fault, "the outbox of callbacks cannot be read or written: tried again in a second");
                    Duration::from_secs(1)
                }
            };
            tokio::select! {
                // First: what comes in the same moment is the other process'.
                biased;
                () = leave.cancelled() => return,
                Some(tried) = self.tries.join_next_with_id() => self.collect(tried),
                () = self.shared.wake.notified() => {}
                () = stop.cancelled() => break,
                () = sleep(wait) => {}
            }
        }
        if timeout(LAST, self.finish(&leave)).await.is_err() {
            tracing::info!("some callbacks were not answered before the end: they are sent again after the next start");
        }
    }

    /// Tries what is due and waits for all answers.
    async fn finish(&mut self, leave: &CancellationToken) {
        let mut launched = self.launch(leave).await;
        while launched.is_ok() && !self.flying.is_empty() {
            if let Some(tried) = self.tries.join_next_with_id().await {
                self.collect(tried);
            }
            launched = self.launch(leave).await;
        }
        if let Err(fault) = launched {
            tracing::error!(%fault, "the outbox of callbacks cannot be read or written");
        }
    }

    /// Writes what is over and starts what is due, until it is told to leave; how long nothing more is due.
    async fn launch(&mut self, leave: &CancellationToken) -> Result<Duration, Fault> {
        while let Some(tried) = self.tries.try_join_next_with_id() {
            self.collect(tried);
        }
        let now = self.shared.clock.unix();
        if !self.unwritten.is_empty() {
            self.shared.store.settle_hooks(&self.unwritten, now).await?;
            self.unwritten.clear();
        }
        let (store, longest_ms) = (&self.shared.store, self.shared.settings.read().retry.longest_ms());
        self.waits.look(now, longest_ms, |beyond| store.hasten_hooks(beyond, now)).await?;
        let reader = self.shared.store.reader().clone();
        let limits = self.shared.limits.get();
        let flights_max = limits.callback_deliveries_max.max(1);
        let per_host_max = limits.callback_deliveries_per_host_max;
        loop {
            let free = flights_max.saturating_sub(self.flying.len());
            if free == 0 || leave.is_cancelled() {
                break;
            }
            let (seqs, hosts) = self.taken(per_host_max);
            // Few at a time: those of one host may fill its places, and then the others' turn comes.
            let due = reader.due_hooks(now, &seqs, &hosts, free.min(per_host_max)).await?;
            if due.is_empty() {
                break;
            }
            for Listed { key, row } in due {
                match row {
                    Ok(hook) if self.of_host(&hook.host) < per_host_max => self.fly(hook, leave).await?,
                    Ok(_) => {}
                    Err(fault) => self.give_up_damaged(key, &fault, now),
                }
            }
        }
        let mono = self.shared.clock.mono();
        if self.counted_at.is_none_or(|at| mono.since(at) >= COUNT_MS) {
            let (waiting, oldest) = reader.hooks_waiting().await?;
            self.shared.tally.waits(waiting, oldest);
            self.counted_at = Some(mono);
        }
        let next = reader.hooks_next_at().await?;
        // What is due and not flying waits for a place: the end of a try wakes it.
        let wait = next.map_or(LOOK_MS, |at| at.0.saturating_sub(now.0)).clamp(0, LOOK_MS);
        let wait = if wait == 0 { LOOK_MS } else { wait };
        Ok(Duration::from_millis(wait.unsigned_abs()))
    }

    /// Events that are being tried or cannot be read, and hosts with as many of them as there may be.
    fn taken(&self, per_host_max: usize) -> (Vec<i64>, Vec<String>) {
        let mut by_host: HashMap<&str, usize> = HashMap::new();
        self.flying.values().for_each(|hook| *by_host.entry(&hook.host).or_default() += 1);
        let full = by_host.iter().filter(|(_, count)| **count >= per_host_max);
        let seqs = self.flying.values().map(|hook| hook.seq).chain(self.damaged.iter().copied());
        (seqs.collect(), full.map(|(host, _)| (*host).to_owned()).collect())
    }

    fn of_host(&self, host: &str) -> usize {
        self.flying.values().filter(|hook| hook.host == host).count()
    }

    async fn fly(&mut self, hook: Hook, leave: &CancellationToken) -> Result<(), Fault> {
        let (settings, limits) = (self.shared.settings.read().clone(), self.shared.limits.get());
        let terms = Terms {
            success: settings.success,
            timeout_ms: settings.timeout_ms,
            connect_ms: limits.outbound_connect_ms_max,
            answer_bytes_max: limits.callback_answer_bytes_max,
        };
        let key = match self.key(hook.app, hook.template).await {
            Ok(key) => Some(key),
            // It waits for who mends its template, and no other does.
            Err(fault @ Fault::Damaged { .. }) => {
                tracing::error!(template = hook.template, %fault, "a template of callbacks cannot be read");
                None
            }
            Err(fault) => return Err(fault),
        };
        // While the store was read the outbox may have become another process'.
        if leave.is_cancelled() {
            return Ok(());
        }
        let body = key.map(|key| self.shared.face.signed(&hook.body, &key, self.shared.clock.unix()));
        let (url, request_id) = (HookUrl::parse(&hook.url), request_id(&hook));
        let shared = self.shared.clone();
        let flight = self.tries.spawn(async move {
            let url = url.map_err(|_| PostFault::Event("its address is none"))?;
            let body = body.ok_or(PostFault::Event("its template cannot be read"))?;
            let body = body.ok_or(PostFault::Event("its body is no JSON object"))?;
            post(&shared.outbound, &url, &request_id, body, terms).await
        });
        self.flying.insert(flight.id(), hook);
        Ok(())
    }

    /// The key of the template that the address is from, or the app's.
    async fn key(&self, app: AppId, template: Option<i64>) -> Result<Secret<String>, Fault> {
        let found = match template {
            Some(id) => self.shared.store.reader().callback_templates(app, Some(id)).await?,
            None => Vec::new(),
        };
        let own = found.into_iter().find_map(|template| template.content.callback_key);
        Ok(own.unwrap_or_else(|| self.shared.face.key(app)))
    }

    fn collect(&mut self, tried: Result<(Id, Result<(), PostFault>), tokio::task::JoinError>) {
        let (id, result) = match tried {
            Ok(tried) => tried,
            Err(error) => (error.id(), Err(PostFault::Internal)),
        };
        let Some(hook) = self.flying.remove(&id) else { return };
        let settled = self.settle(&hook, result);
        self.unwritten.push((hook.seq, settled));
    }

    fn settle(&self, hook: &Hook, result: Result<(), PostFault>) -> Settled {
        let (request_id, shown) =
            (request_id(hook), HookUrl::parse(&hook.url).map_or_else(|_| String::new(), |url| url.shown()));
        let fault = match result {
            Ok(()) => {
                self.shared.tally.delivered();
                tracing::info!(
                    request_id,
                    stream = hook.stream,
                    event_type = hook.kind,
                    url = shown,
                    "callback delivered"
                );
                return Settled::Delivered;
            }
            Err(fault) => fault,
        };
        self.shared.tally.failed(&fault);
        let (now, attempts) = (self.shared.clock.unix(), hook.attempts.saturating_add(1));
        let next = self.shared.settings.read().retry.next(attempts, hook.created_at, now);
        let in_ms = next.map(|at| at.0.saturating_sub(now.0));
        tracing::warn!(
            request_id, stream = hook.stream, event_type = hook.kind, url = shown, reason = fault.reason(), %fault,
            again_in_ms = in_ms, "callback not delivered"
        );
        let error = fault.to_string();
        match next {
            Some(at) => Settled::Again { at, error },
            None => {
                self.give_up(hook, &error, now);
                Settled::Dead { error }
            }
        }
    }

    fn give_up(&self, hook: &Hook, error: &str, now: UnixMs) {
        let detail = format!("callback {} (event_type {}) is given up: {error}", hook.seq, hook.kind);
        self.tell_dead(Some(hook.stream.clone()), hook.host.clone(), detail, now);
    }

    /// Nothing can be sent of an event that cannot be read, and the line of its stream goes on behind it.
    fn give_up_damaged(&mut self, seq: i64, fault: &Fault, now: UnixMs) {
        if self.damaged.insert(seq) {
            tracing::error!(seq, %fault, "an event of the outbox cannot be read: it is given up");
            // Who reads lists of events need not know where the store is.
            let error = "its row is damaged".to_owned();
            self.tell_dead(None, String::new(), format!("callback {seq} is given up: {error}"), now);
            self.unwritten.push((seq, Settled::Dead { error }));
        }
    }

    fn tell_dead(&self, stream: Option<String>, peer: String, detail: String, at: UnixMs) {
        self.shared.tally.dead();
        let (session, kind) = (SessionId(0), EventKind::CallbackDead);
        self.shared.events.record(LiveEvent { at, session, stream, peer, kind, table: None, code: None, detail });
    }
}

/// What one try is called, in the log and in the receiver's.
fn request_id(hook: &Hook) -> String {
    format!("{}-{}", hook.seq, hook.attempts.saturating_add(1))
}
