//! Tasks of API 3.0 that pull a stream: what is due runs on the manager of the relays, and nothing else does.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use serde_json::json;
use tokio::sync::Semaphore;
use tokio::time::{MissedTickBehavior, interval, timeout};
use vivace_base::{AppId, StreamName, Ulid, UnixMs};
use vivace_domain::relay::{Direction, Relay, RelayUrl};
use vivace_domain::task::{PullTask, TASK_COMMENT_BYTES_MAX, TASK_ID_BYTES_MAX, TaskFault};
use vivace_gate::{Audit, Audited, Caller};
use vivace_lvb::v3::{PullChange, PullNew, TaskId};
use vivace_store::Store;

use crate::shared::Shared;

/// Set in the number of the relay that pushes a task's stream on; the one that pulls has the task's own.
const TARGET: u128 = 1 << 79;

/// All tasks, and which of them run.
pub(crate) struct Tasks {
    store: Store,
    known: Mutex<BTreeMap<Ulid, Known>>,
    /// Changes take turns, and so does the clock.
    turns: Semaphore,
}

#[derive(Clone)]
struct Known {
    task: PullTask,
    runs: bool,
}

impl Tasks {
    pub(crate) fn new(store: Store) -> Self {
        Self { store, known: Mutex::default(), turns: Semaphore::new(1) }
    }

    /// Tasks, the newest first.
    pub(crate) fn list(&self) -> Vec<PullTask> {
        self.known.lock().values().rev().map(|known| known.task.clone()).collect()
    }

    pub(crate) fn find(&self, id: &TaskId) -> Result<PullTask, TaskFault> {
        let known = self.known.lock();
        let found = match id {
            TaskId::Own(id) => Ulid::parse(id).ok().and_then(|id| known.get(&id)),
            TaskId::Given(id) => known.values().find(|known| known.task.given_id == *id),
        };
        found.map(|known| known.task.clone()).ok_or(TaskFault::Unknown)
    }

    /// Whether a task's stream comes in now, and why not.
    pub(crate) fn state(shared: &Shared, task: &PullTask) -> (bool, Option<String>) {
        let failure = shared.relays.failure(task.id).or_else(|| shared.relays.failure(target_of(task.id)));
        let stream = shared.hub.stream(shared.gate.app().id, &task.stream);
        let live = stream.is_some_and(|stream| stream.state() == vivace_hub::StreamState::Live);
        (live && task.is_due(shared.clock.unix()) && failure.is_none(), failure)
    }

    /// Makes a task. On disk when this returns, and running if it is due.
    pub(crate) async fn create(&self, shared: &Shared, caller: &Caller, new: PullNew) -> Result<Ulid, TaskFault> {
        let (now, limits) = (shared.clock.unix(), shared.limits.get());
        let id = Ulid::new(now, shared.rng.as_ref());
        for (field, text, max) in [
            ("Comment", &new.comment, TASK_COMMENT_BYTES_MAX),
            ("Operator", &new.operator, TASK_COMMENT_BYTES_MAX),
            ("SpecifyTaskId", &new.given_id, TASK_ID_BYTES_MAX),
            ("DomainName", &new.domain, TASK_COMMENT_BYTES_MAX),
        ] {
            fits(field, text, max)?;
        }
        // A stream that only passes through has a name that nobody would think of.
        let own = || StreamName::parse(&format!("task_{id}")).map_err(|_| TaskFault::Store);
        let task = PullTask {
            id,
            given_id: new.given_id,
            stream: new.stream.map_or_else(own, Ok)?,
            domain: new.domain,
            source: source(new.source.reveal(), limits.url_bytes_max)?,
            target: match new.target {
                Some(to) => Some(target(to.reveal(), limits.url_bytes_max)?),
                None => None,
            },
            begin_at: new.begin_at,
            end_at: new.end_at,
            paused: false,
            comment: new.comment,
            created_by: new.operator.clone(),
            updated_by: new.operator,
            created_at: now,
            updated_at: now,
        };
        task.check_times(now)?;
        let _turn = self.turns.acquire().await;
        {
            let known = self.known.lock();
            if !task.given_id.is_empty() && known.values().any(|other| other.task.given_id == task.given_id) {
                return Err(TaskFault::Known);
            }
            if known.len() as u64 >= limits.pull_tasks_max {
                return Err(TaskFault::Quota { limit: limits.pull_tasks_max });
            }
        }
        self.put(shared, caller, "task.create", None, task).await?;
        Ok(id)
    }

    /// Changes a task. On disk, and in effect, when this returns.
    pub(crate) async fn modify(
        &self,
        shared: &Shared,
        caller: &Caller,
        (id, operator): (&TaskId, String),
        change: PullChange,
    ) -> Result<(), TaskFault> {
        fits("Operator", &operator, TASK_COMMENT_BYTES_MAX)?;
        fits("Comment", change.comment.as_deref().unwrap_or_default(), TASK_COMMENT_BYTES_MAX)?;
        let (now, bytes_max) = (shared.clock.unix(), shared.limits.get().url_bytes_max);
        let _turn = self.turns.acquire().await;
        let before = self.find(id)?;
        let mut after = PullTask { updated_by: operator, updated_at: now, ..before.clone() };
        if let Some(source) = change.source {
            after.source = self::source(source.reveal(), bytes_max)?;
        }
        if let Some(target) = change.target {
            after.target = Some(self::target(target.reveal(), bytes_max)?);
        }
        let times = change.begin_at.is_some() || change.end_at.is_some();
        after.begin_at = change.begin_at.unwrap_or(after.begin_at);
        after.end_at = change.end_at.unwrap_or(after.end_at);
        after.paused = change.paused.unwrap_or(after.paused);
        after.comment = change.comment.unwrap_or(after.comment);
        if times {
            after.check_times(now)?;
        }
        self.put(shared, caller, "task.modify", Some(before), after).await
    }

    /// Takes a task away; its stream has ended when this returns.
    pub(crate) async fn delete(&self, shared: &Shared, caller: &Caller, id: &TaskId) -> Result<(), TaskFault> {
        let _turn = self.turns.acquire().await;
        let task = self.find(id)?;
        let store =
            self.store.noted(change(shared, caller, "task.delete", (Some(&task), None)).at(shared.clock.unix()));
        let removed = store.remove_task(shared.gate.app().id, task.id).await.map_err(|fault| failed(&fault))?;
        self.known.lock().remove(&task.id);
        stop(shared, task.id).await?;
        if removed { Ok(()) } else { Err(TaskFault::Unknown) }
    }

    /// Begins a task's connections anew.
    pub(crate) async fn restart(&self, shared: &Shared, caller: &Caller, id: &TaskId) -> Result<(), TaskFault> {
        let _turn = self.turns.acquire().await;
        let task = self.find(id)?;
        self.apply(shared, &task, true).await?;
        // Nothing of it is on disk that this could be one with.
        shared.audit.audit(change(shared, caller, "task.restart", (Some(&task), Some(&task)))).await;
        Ok(())
    }

    async fn put(
        &self,
        shared: &Shared,
        caller: &Caller,
        operation: &'static str,
        before: Option<PullTask>,
        after: PullTask,
    ) -> Result<(), TaskFault> {
        let row = change(shared, caller, operation, (before.as_ref(), Some(&after))).at(shared.clock.unix());
        self.store.noted(row).put_task(shared.gate.app().id, &after).await.map_err(|fault| failed(&fault))?;
        let runs = self.known.lock().get(&after.id).is_some_and(|known| known.runs);
        self.known.lock().insert(after.id, Known { task: after.clone(), runs });
        let anew = before.as_ref().is_some_and(|before| {
            before.source.text() != after.source.text()
                || before.target.as_ref().map(RelayUrl::text) != after.target.as_ref().map(RelayUrl::text)
        });
        self.apply(shared, &after, anew).await
    }

    /// Has a task run or not, as its times say; `anew` if it is to begin again.
    async fn apply(&self, shared: &Shared, task: &PullTask, anew: bool) -> Result<(), TaskFault> {
        let runs = self.known.lock().get(&task.id).is_some_and(|known| known.runs);
        let due = task.is_due(shared.clock.unix());
        if runs == due && !(anew && due) {
            return Ok(());
        }
        stop(shared, task.id).await?;
        if due {
            start(shared, task).await?;
        }
        if let Some(known) = self.known.lock().get_mut(&task.id) {
            known.runs = due;
        }
        Ok(())
    }

    async fn follow(&self, shared: &Shared) {
        let due: Vec<PullTask> = {
            let (known, now) = (self.known.lock(), shared.clock.unix());
            known
                .values()
                .filter(|known| known.runs != known.task.is_due(now))
                .map(|known| known.task.clone())
                .collect()
        };
        for task in due {
            let _turn = self.turns.acquire().await;
            // It may have been changed or taken away meanwhile.
            let Ok(task) = self.find(&TaskId::Own(task.id.to_string())) else { continue };
            if let Err(fault) = self.apply(shared, &task, false).await {
                tracing::error!(task = %task.id, %fault, "a task that pulls cannot be begun or ended");
            }
        }
    }
}

/// Begins and ends tasks by the clock, until the server stops or another process has taken over.
pub(crate) async fn keep(shared: Arc<Shared>) {
    match shared.tasks.store.reader().tasks(shared.gate.app().id).await {
        Ok(tasks) => {
            let known = tasks.into_iter().map(|task| (task.id, Known { task, runs: false }));
            shared.tasks.known.lock().extend(known);
        }
        Err(fault) => tracing::error!(%fault, "the tasks that pull cannot be read: none runs"),
    }
    let mut ticks = interval(Duration::from_secs(1));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = ticks.tick() => shared.tasks.follow(&shared).await,
            () = shared.stop.cancelled() => return,
            () = shared.leaving.cancelled() => return,
        }
    }
}

async fn start(shared: &Shared, task: &PullTask) -> Result<(), TaskFault> {
    let app = shared.gate.app().id;
    let relay = |id, direction, url: &RelayUrl| Relay {
        id,
        app,
        direction,
        stream: task.stream.clone(),
        url: url.clone(),
        enabled: true,
        created_at: task.created_at,
    };
    within(shared, shared.relays.pull(relay(task.id, Direction::Pull, &task.source))).await?;
    if let Some(target) = &task.target {
        within(shared, shared.relays.pull(relay(target_of(task.id), Direction::Push, target))).await?;
    }
    Ok(())
}

async fn stop(shared: &Shared, id: Ulid) -> Result<(), TaskFault> {
    within(shared, shared.relays.unpull(target_of(id))).await?;
    within(shared, shared.relays.unpull(id)).await
}

async fn within(shared: &Shared, work: impl Future<Output = bool>) -> Result<(), TaskFault> {
    let ms = shared.limits.get().media_answer_ms_max;
    match timeout(Duration::from_millis(ms), work).await {
        Ok(true) => Ok(()),
        Ok(false) | Err(_) => Err(TaskFault::Silent { ms }),
    }
}

const fn target_of(id: Ulid) -> Ulid {
    Ulid(id.0 ^ TARGET)
}

fn source(text: &str, bytes_max: usize) -> Result<RelayUrl, TaskFault> {
    let parsed = RelayUrl::parse_source(text, bytes_max);
    parsed.map_err(|fault| TaskFault::Address { field: "SourceUrls", reason: fault.to_string() })
}

fn target(text: &str, bytes_max: usize) -> Result<RelayUrl, TaskFault> {
    let parsed = RelayUrl::parse(text, bytes_max);
    parsed.map_err(|fault| TaskFault::Address { field: "ToUrl", reason: fault.to_string() })
}

const fn fits(field: &'static str, text: &str, max: usize) -> Result<(), TaskFault> {
    if text.len() > max { Err(TaskFault::TooLong { field, max }) } else { Ok(()) }
}

/// A change of a task, as it is noted.
fn change(
    shared: &Shared,
    caller: &Caller,
    operation: &'static str,
    (before, after): (Option<&PullTask>, Option<&PullTask>),
) -> Audited {
    let (app, caller): (AppId, _) = (shared.gate.app().id, caller.clone());
    let subject = after.or(before).map_or_else(String::new, |task| format!("task/{}", task.id));
    Audited { app, caller, operation, subject, before: before.map(shown), after: after.map(shown) }
}

/// A task without the keys in its addresses.
fn shown(task: &PullTask) -> String {
    let UnixMs(begin_ms) = task.begin_at;
    json!({
        "stream": task.stream.as_str(),
        "source": task.source.shown(),
        "target": task.target.as_ref().map(RelayUrl::shown),
        "begin_ms": begin_ms,
        "end_ms": task.end_at.0,
        "paused": task.paused,
        "comment": task.comment,
        "by": task.updated_by,
    })
    .to_string()
}

fn failed(fault: &vivace_store::Fault) -> TaskFault {
    tracing::error!(%fault, "a task that pulls cannot be written");
    TaskFault::Store
}
