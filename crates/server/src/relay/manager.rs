use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use serde_json::json;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use vivace_admin::RelayFault;
use vivace_base::Ulid;
use vivace_domain::relay::Relay;
use vivace_gate::{Audit, Audited, Caller};
use vivace_store::{AddRelay, Store};

use super::entry::{Entry, State};
use super::{Relays, runner};
use crate::shared::Shared;

/// A change that is asked for; answered when it is on disk and in effect.
pub(super) enum Ask {
    Add(Relay, Caller, Reply<Arc<Entry>>),
    Enable(Ulid, bool, Caller, Reply<Arc<Entry>>),
    Remove(Ulid, Caller, Reply<()>),
    /// The source of a channel, which is no relay of the store.
    Pull(Relay, Reply<()>),
    Unpull(Ulid, Reply<()>),
}

pub(super) type Reply<T> = oneshot::Sender<Result<T, RelayFault>>;

/// Owns the tasks of all relays. Changes pass through it one after the other: what runs is what the store says.
pub(crate) struct Manager {
    asks: mpsc::Receiver<Ask>,
    tasks: HashMap<Ulid, Task>,
}

struct Task {
    stop: CancellationToken,
    work: JoinHandle<()>,
}

impl Relays {
    /// Has the manager do something. It does it even if nobody waits for the answer any more.
    pub(super) async fn ask<T>(&self, ask: impl FnOnce(Reply<T>) -> Ask) -> Result<T, RelayFault> {
        let (reply, answer) = oneshot::channel();
        self.asks.send(ask(reply)).await.map_err(|_| RelayFault::Stopping)?;
        answer.await.unwrap_or(Err(RelayFault::Stopping))
    }
}

impl Manager {
    pub(super) fn new(asks: mpsc::Receiver<Ask>) -> Self {
        Self { asks, tasks: HashMap::new() }
    }

    /// Runs what is wanted until the server stops or another process has taken over, which runs it then; every relay has
    /// ended when this returns.
    pub(crate) async fn run(mut self, shared: Arc<Shared>, store: Store, wanted: Vec<Relay>) {
        for relay in wanted {
            let entry = Arc::new(Entry::new(relay, false));
            shared.relays.entries.lock().insert(entry.relay.id, entry.clone());
            if entry.enabled.load(Relaxed) {
                self.start(&shared, &entry);
            }
        }
        loop {
            tokio::select! {
                ask = self.asks.recv() => match ask {
                    Some(ask) => self.on_ask(&shared, &store, ask).await,
                    None => break,
                },
                () = shared.stop.cancelled() => break,
                () = shared.leaving.cancelled() => break,
            }
        }
        self.asks.close();
        self.tasks.values().for_each(|task| task.stop.cancel());
        for (_, task) in self.tasks {
            ended(task).await;
        }
    }

    async fn on_ask(&mut self, shared: &Arc<Shared>, store: &Store, ask: Ask) {
        // Who does not wait for the answer any more does not miss it.
        match ask {
            Ask::Add(relay, caller, reply) => {
                let added = self.add(shared, store, relay).await;
                if let Ok(entry) = &added {
                    note(shared, caller, "relay.add", &entry.relay, (None, Some(true))).await;
                }
                drop(reply.send(added));
            }
            Ask::Enable(id, enabled, caller, reply) => {
                let before = shared.relays.entries.lock().get(&id).map(|entry| entry.enabled.load(Relaxed));
                let changed = self.enable(shared, store, id, enabled).await;
                if let Ok(entry) = &changed
                    && before != Some(enabled)
                {
                    let operation = if enabled { "relay.start" } else { "relay.stop" };
                    note(shared, caller, operation, &entry.relay, (before, Some(enabled))).await;
                }
                drop(reply.send(changed));
            }
            Ask::Remove(id, caller, reply) => {
                let entry = shared.relays.entries.lock().get(&id).cloned();
                let removed = self.remove(shared, store, id).await;
                if let (Ok(()), Some(entry)) = (&removed, entry) {
                    let before = Some(entry.enabled.load(Relaxed));
                    note(shared, caller, "relay.remove", &entry.relay, (before, None)).await;
                }
                let _ = reply.send(removed);
            }
            Ask::Pull(relay, reply) => {
                self.unpull(shared, relay.id).await;
                let entry = Arc::new(Entry::new(relay, true));
                shared.relays.entries.lock().insert(entry.relay.id, entry.clone());
                self.start(shared, &entry);
                let _ = reply.send(Ok(()));
            }
            Ask::Unpull(id, reply) => {
                self.unpull(shared, id).await;
                let _ = reply.send(Ok(()));
            }
        }
    }

    async fn add(&mut self, shared: &Arc<Shared>, store: &Store, relay: Relay) -> Result<Arc<Entry>, RelayFault> {
        let limit = shared.limits.get().relays_max;
        match store.add_relay(&relay, limit).await.map_err(|fault| unwritten(&fault))? {
            AddRelay::Added => {}
            AddRelay::Full => return Err(RelayFault::Full { limit }),
            AddRelay::Pulled { by } => return Err(RelayFault::Pulled { by }),
        }
        let Relay { id, direction, stream, url, .. } = &relay;
        tracing::info!(relay = %id, %direction, %stream, url = url.shown(), "a relay was added");
        let entry = Arc::new(Entry::new(relay, false));
        shared.relays.entries.lock().insert(entry.relay.id, entry.clone());
        self.start(shared, &entry);
        Ok(entry)
    }

    async fn enable(
        &mut self,
        shared: &Arc<Shared>,
        store: &Store,
        id: Ulid,
        enabled: bool,
    ) -> Result<Arc<Entry>, RelayFault> {
        let entry = shared.relays.entries.lock().get(&id).cloned().ok_or(RelayFault::Unknown)?;
        if !store.enable_relay(id, enabled).await.map_err(|fault| unwritten(&fault))? {
            return Err(RelayFault::Unknown);
        }
        entry.enabled.store(enabled, Relaxed);
        // One that has failed for good is started anew by the word that it is to run.
        let runs = enabled && self.tasks.contains_key(&id) && entry.status().state != State::Failed;
        if !runs {
            self.stop(id).await;
            entry.set(State::Stopped, shared.clock.unix());
            if enabled {
                self.start(shared, &entry);
            }
        }
        Ok(entry)
    }

    async fn remove(&mut self, shared: &Arc<Shared>, store: &Store, id: Ulid) -> Result<(), RelayFault> {
        if !store.remove_relay(id).await.map_err(|fault| unwritten(&fault))? {
            return Err(RelayFault::Unknown);
        }
        self.stop(id).await;
        shared.relays.forget(id);
        tracing::info!(relay = %id, "a relay was removed");
        Ok(())
    }

    async fn unpull(&mut self, shared: &Arc<Shared>, id: Ulid) {
        self.stop(id).await;
        shared.relays.forget(id);
    }

    fn start(&mut self, shared: &Arc<Shared>, entry: &Arc<Entry>) {
        let stop = shared.stop.child_token();
        entry.begin();
        let work = tokio::spawn(watch(shared.clone(), entry.clone(), stop.clone()));
        self.tasks.insert(entry.relay.id, Task { stop, work });
    }

    async fn stop(&mut self, id: Ulid) {
        if let Some(task) = self.tasks.remove(&id) {
            task.stop.cancel();
            ended(task).await;
        }
    }
}

/// Notes a change of a relay: without its key, and whether it was and is to run.
async fn note(
    shared: &Shared,
    caller: Caller,
    operation: &'static str,
    relay: &Relay,
    (before, after): (Option<bool>, Option<bool>),
) {
    let Relay { id, direction, stream, url, .. } = relay;
    let shown = |enabled: bool| {
        let (direction, stream) = (direction.as_str(), stream.as_str());
        json!({ "direction": direction, "stream": stream, "url": url.shown(), "enabled": enabled }).to_string()
    };
    let (before, after) = (before.map(shown), after.map(shown));
    let (app, subject) = (relay.app, format!("relay/{id}"));
    shared.audit.audit(Audited { app, caller, operation, subject, before, after }).await;
}

async fn ended(task: Task) {
    if task.work.await.is_err() {
        tracing::error!("a relay's task could not be waited for");
    }
}

/// Runs a relay. A panic ends it alone, and is counted.
async fn watch(shared: Arc<Shared>, entry: Arc<Entry>, stop: CancellationToken) {
    // A task of its own, so that a panic comes back as a value.
    let work = tokio::spawn(runner::run(shared.clone(), entry.clone(), stop));
    if work.await.is_err() {
        shared.counts.panics.fetch_add(1, Relaxed);
        tracing::error!(relay = %entry.relay.id, "a relay panicked: it alone is ended; this is a fault of the server");
        entry.fail("the server's own code failed: its log has more".to_owned());
        entry.set(State::Failed, shared.clock.unix());
    }
}

fn unwritten(fault: &vivace_store::Fault) -> RelayFault {
    tracing::error!(%fault, "a change of the relays could not be written");
    RelayFault::Store
}
