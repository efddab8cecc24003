#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use parking_lot::Mutex;
use serde_json::json;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use vivace_admin::RelayFault;
use vivace_base::Ulid;
use vivace_domain::relay::Relay;
use vivace_gate::{Audited, Caller};
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

/// Changes of one relay that wait for its task to end.
const WAITING_MAX: usize = 8;

pub(super) type Reply<T> = oneshot::Sender<Result<T, RelayFault>>;

/// Owns the tasks of all relays. Changes of one relay pass through it one after the other, so that what runs is what the
/// store says; those of different relays do not wait for each other, so that one that does not end holds up nobody else.
pub(crate) struct Manager {
    asks: mpsc::Receiver<Ask>,
    slots: HashMap<Ulid, Slot>,
    jobs: TaskTracker,
}

/// A relay's task, and the changes that wait for it.
#[derive(Default)]
struct Slot {
    /// Held by each change that waits too.
    task: Arc<Mutex<Option<Task>>>,
    /// Ends with the last change that was asked for.
    last: Option<oneshot::Receiver<()>>,
}

struct Task {
    stop: CancellationToken,
    work: JoinHandle<()>,
}

/// What a change needs.
struct Job {
    shared: Arc<Shared>,
    store: Store,
    /// Ends every task.
    stop: CancellationToken,
    task: Arc<Mutex<Option<Task>>>,
}

impl Relays {
    /// Has the manager do something. It does it even if nobody waits for the answer any more.
    pub(super) async fn ask<T>(&self, ask: impl FnOnce(Reply<T>) -> Ask) -> Result<T, RelayFault> {
        let (reply, answer) = oneshot::channel();
        self.asks.send(ask(reply)).await.map_err(|_| RelayFault::Stopping)?;
        answer.await.unwrap_or(Err(RelayFault::Stopping))
    }
}

impl Ask {
    /// The relay that it is about.
    const fn id(&self) -> Ulid {
        match self {
            Self::Add(relay, ..) | Self::Pull(relay, _) => relay.id,
            Self::Enable(id, ..) | Self::Remove(id, ..) | Self::Unpull(id, _) => *id,
        }
    }

    fn refuse(self, fault: RelayFault) {
        // Who does not wait for the answer any more does not miss it.
        match self {
            Self::Add(_, _, reply) | Self::Enable(_, _, _, reply) => drop(reply.send(Err(fault))),
            Self::Remove(_, _, reply) | Self::Pull(_, reply) | Self::Unpull(_, reply) => drop(reply.send(Err(fault))),
        }
    }
}

impl Manager {
    pub(super) fn new(asks: mpsc::Receiver<Ask>) -> Self {
        Self { asks, slots: HashMap::new(), jobs: TaskTracker::new() }
    }

    /// Runs what is wanted until the server stops or another process has taken over, which runs it then; every relay has
    /// ended when this returns.
    pub(crate) async fn run(mut self, shared: Arc<Shared>, store: Store, wanted: Vec<Relay>) {
        let stop = shared.stop.child_token();
        for relay in wanted {
            let entry = Arc::new(Entry::new(relay, false));
            shared.relays.entries.lock().insert(entry.relay.id, entry.clone());
            if entry.enabled.load(Relaxed) {
                self.job(&shared, &store, &stop, entry.relay.id).start(&entry);
            }
        }
        loop {
            tokio::select! {
                ask = self.asks.recv() => match ask {
                    Some(ask) => self.on_ask(&shared, &store, &stop, ask),
                    None => break,
                },
                () = shared.stop.cancelled() => break,
                () = shared.leaving.cancelled() => break,
            }
        }
        self.asks.close();
        // What a change starts from here on ends at once.
        stop.cancel();
        self.jobs.close();
        self.jobs.wait().await;
        for slot in self.slots.into_values() {
            let task = slot.task.lock().take();
            if let Some(task) = task {
                ended(task).await;
            }
        }
    }

    fn on_ask(&mut self, shared: &Arc<Shared>, store: &Store, stop: &CancellationToken, ask: Ask) {
        self.slots.retain(|_, slot| slot.is_used());
        let job = self.job(shared, store, stop, ask.id());
        let slot = self.slots.entry(ask.id()).or_default();
        if slot.waiting() > WAITING_MAX {
            return ask.refuse(RelayFault::Silent { ms: shared.limits.get().media_answer_ms_max });
        }
        let (done, next) = oneshot::channel::<()>();
        let before = slot.last.replace(next);
        self.jobs.spawn(async move {
            if let Some(before) = before {
                // It ends by being dropped.
                let _ = before.await;
            }
            job.carry_out(ask).await;
            drop(done);
        });
    }

    fn job(&mut self, shared: &Arc<Shared>, store: &Store, stop: &CancellationToken, id: Ulid) -> Job {
        let task = self.slots.entry(id).or_default().task.clone();
        Job { shared: shared.clone(), store: store.clone(), stop: stop.clone(), task }
    }
}

impl Slot {
    /// Changes that are under way or wait.
    fn waiting(&self) -> usize {
        Arc::strong_count(&self.task).saturating_sub(1)
    }

    fn is_used(&self) -> bool {
        self.waiting() > 0 || self.task.lock().is_some()
    }
}

impl Job {
    async fn carry_out(&self, ask: Ask) {
        let shared = &self.shared;
        match ask {
            Ask::Add(relay, caller, reply) => drop(reply.send(self.add(relay, caller).await)),
            Ask::Enable(id, enabled, caller, reply) => drop(reply.send(self.enable(id, enabled, caller).await)),
            Ask::Remove(id, caller, reply) => {
                let _ = reply.send(self.remove(id, caller).await);
            }
            Ask::Pull(relay, reply) => {
                self.unpull(relay.id).await;
                let entry = Arc::new(Entry::new(relay, true));
                shared.relays.entries.lock().insert(entry.relay.id, entry.clone());
                self.start(&entry);
                let _ = reply.send(Ok(()));
            }
            Ask::Unpull(id, reply) => {
                self.unpull(id).await;
                let _ = reply.send(Ok(()));
            }
        }
    }

    async fn add(&self, relay: Relay, caller: Caller) -> Result<Arc<Entry>, RelayFault> {
        let limit = self.shared.limits.get().relays_max;
        let store = self.noted(caller, "relay.add", &relay, (None, Some(true)));
        match store.add_relay(&relay, limit).await.map_err(|fault| unwritten(&fault))? {
            AddRelay::Added => {}
            AddRelay::Full => return Err(RelayFault::Full { limit }),
            AddRelay::Pulled { by } => return Err(RelayFault::Pulled { by }),
        }
        let Relay { id, direction, stream, url, .. } = &relay;
        tracing::info!(relay = %id, %direction, %stream, url = url.shown(), "a relay was added");
        let entry = Arc::new(Entry::new(relay, false));
        self.shared.relays.entries.lock().insert(entry.relay.id, entry.clone());
        self.start(&entry);
        Ok(entry)
    }

    async fn enable(&self, id: Ulid, enabled: bool, caller: Caller) -> Result<Arc<Entry>, RelayFault> {
        let entry = self.shared.relays.entries.lock().get(&id).cloned().ok_or(RelayFault::Unknown)?;
        let before = entry.enabled.load(Relaxed);
        let operation = if enabled { "relay.start" } else { "relay.stop" };
        let store = match before == enabled {
            // It changes nothing.
            true => self.store.clone(),
            false => self.noted(caller, operation, &entry.relay, (Some(before), Some(enabled))),
        };
        if !store.enable_relay(id, enabled).await.map_err(|fault| unwritten(&fault))? {
            return Err(RelayFault::Unknown);
        }
        entry.enabled.store(enabled, Relaxed);
        // One that has failed for good is started anew by the word that it is to run.
        let runs = enabled && self.task.lock().is_some() && entry.status().state != State::Failed;
        if !runs {
            self.stop().await;
            entry.set(State::Stopped, self.shared.clock.unix());
            if enabled {
                self.start(&entry);
            }
        }
        Ok(entry)
    }

    async fn remove(&self, id: Ulid, caller: Caller) -> Result<(), RelayFault> {
        let entry = self.shared.relays.entries.lock().get(&id).cloned().ok_or(RelayFault::Unknown)?;
        let before = Some(entry.enabled.load(Relaxed));
        let store = self.noted(caller, "relay.remove", &entry.relay, (before, None));
        if !store.remove_relay(id).await.map_err(|fault| unwritten(&fault))? {
            return Err(RelayFault::Unknown);
        }
        self.stop().await;
        self.shared.relays.forget(id);
        tracing::info!(relay = %id, "a relay was removed");
        Ok(())
    }

    async fn unpull(&self, id: Ulid) {
        self.stop().await;
        self.shared.relays.forget(id);
    }

    fn start(&self, entry: &Arc<Entry>) {
        let stop = self.stop.child_token();
        entry.begin();
        let work = tokio::spawn(watch(self.shared.clone(), entry.clone(), stop.clone()));
        *self.task.lock() = Some(Task { stop, work });
    }

    async fn stop(&self) {
        let task = self.task.lock().take();
        if let Some(task) = task {
            task.stop.cancel();
            ended(task).await;
        }
    }

    /// The store for one change of a relay, which is noted with it: without its key, and whether it was and is to run.
    fn noted(
        &self,
        caller: Caller,
        operation: &'static str,
        relay: &Relay,
        (before, after): (Option<bool>, Option<bool>),
    ) -> Store {
        let Relay { id, direction, stream, url, .. } = relay;
        let shown = |enabled: bool| {
            let (direction, stream) = (direction.as_str(), stream.as_str());
            json!({ "direction": direction, "stream": stream, "url": url.shown(), "enabled": enabled }).to_string()
        };
        let (before, after) = (before.map(shown), after.map(shown));
        let (app, subject) = (relay.app, format!("relay/{id}"));
        let change = Audited { app, caller, operation, subject, before, after };
        self.store.noted(change.at(self.shared.clock.unix()))
    }
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
