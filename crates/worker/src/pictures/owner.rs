use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::sleep;
use vivace_base::{AppId, MonoMs, StreamName, Ulid, UnixMs};
use vivace_domain::picture::{PictureRule, PictureTask, Plan, TakeFault};
use vivace_hub::StreamState;
use vivace_store::Fault;

use super::{Shared, keep};

/// Longest time between two looks: a stream that has come is seen within it.
const LOOK_MS_MAX: u64 = 1_000;
/// Shortest time between two looks, however much is due.
const LOOK_MS_MIN: u64 = 100;
/// How often pictures whose time is over are forgotten.
const TIDY_MS: u64 = 60_000;
/// Pictures that are forgotten in one transaction, and numbers that are looked up at once.
const TIDY_MAX: usize = 500;
/// How long tasks are kept behind their end.
const TASKS_KEPT_MS: i64 = 90 * 86_400_000;

/// Knows what is due, and has it taken.
pub(super) struct Owner {
    shared: Arc<Shared>,
    tasks: Vec<PictureTask>,
    rules: Vec<(AppId, PictureRule, Plan)>,
    turns: HashMap<Slot, Turn>,
    flying: JoinSet<(Slot, Result<(), TakeFault>)>,
    /// Tasks and rules are to be read anew.
    stale: bool,
    tidied_at: Option<MonoMs>,
}

/// What pictures are taken for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Slot {
    /// A task, by its number.
    Task(i64),
    /// A stream that a rule is for, by its number in the hub.
    Rule(u64),
}

/// Somebody wants pictures of a stream now.
struct Want {
    slot: Slot,
    app: AppId,
    stream: StreamName,
    plan: Plan,
    begin_at: UnixMs,
}

struct Turn {
    begin_at: UnixMs,
    next: MonoMs,
    is_flying: bool,
}

impl Owner {
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        let (tasks, rules, turns) = (Vec::new(), Vec::new(), HashMap::new());
        Self { shared, tasks, rules, turns, flying: JoinSet::new(), stale: true, tidied_at: None }
    }

    /// Ends when the server stops; what is being taken then is given up.
    pub(super) async fn run(mut self) {
        let (shared, stop) = (self.shared.clone(), self.shared.stop.clone());
        tokio::select! {
            () = shared.go.cancelled() => {}
            () = stop.cancelled() => return,
        }
        tokio::select! {
            () = self.work() => {}
            () = stop.cancelled() => {}
        }
    }

    async fn work(&mut self) {
        let shared = self.shared.clone();
        self.sweep().await;
        loop {
            if self.stale {
                self.read().await;
            }
            let wait_ms = self.look();
            let rest = sleep(Duration::from_millis(wait_ms));
            tokio::pin!(rest);
            // What is done frees its turn; what is due then is seen with the next look.
            loop {
                tokio::select! {
                    () = &mut rest => break,
                    () = shared.changed.notified() => {
                        self.stale = true;
                        break;
                    }
                    Some(done) = self.flying.join_next() => self.landed(done.ok()),
                }
            }
            self.tidy().await;
        }
    }

    async fn read(&mut self) {
        let now = self.shared.parts.clock.unix();
        let reader = self.shared.parts.store.reader();
        let read = async { Ok::<_, Fault>((reader.open_picture_tasks(now).await?, reader.all_picture_rules().await?)) };
        match read.await {
            Ok((tasks, rules)) => {
                self.tasks = tasks;
                self.rules =
                    rules.into_iter().map(|(app, rule, template)| (app, rule, template.content.plan())).collect();
                self.stale = false;
                let is_known = |id: &i64| self.tasks.iter().any(|task| task.id == *id);
                self.shared.failing.write().retain(is_known);
            }
            // Tried again with the next look.
            Err(fault) => tracing::error!(%fault, "the tasks of screenshots cannot be read"),
        }
    }

    /// Begins what is due; how long until something is again.
    fn look(&mut self) -> u64 {
        let (now, mono) = (self.shared.parts.clock.unix(), self.shared.parts.clock.mono());
        let wants = self.wants(now);
        let is_wanted: std::collections::HashSet<Slot> = wants.iter().map(|want| want.slot).collect();
        self.turns.retain(|slot, turn| turn.is_flying || is_wanted.contains(slot));
        let mut wait_ms = LOOK_MS_MAX;
        for want in wants {
            let due_in_ms = self.turn(want, now, mono);
            wait_ms = wait_ms.min(due_in_ms);
        }
        wait_ms.max(LOOK_MS_MIN)
    }

    /// What is wanted now: by the tasks whose time runs, and by rules for streams that are live.
    fn wants(&self, now: UnixMs) -> Vec<Want> {
        let of_task = |task: &PictureTask| Want {
            slot: Slot::Task(task.id),
            app: task.app,
            stream: task.stream.clone(),
            plan: task.plan,
            begin_at: task.begin_at,
        };
        let mut wants: Vec<Want> = self.tasks.iter().filter(|task| task.runs(now)).map(of_task).collect();
        if self.rules.is_empty() {
            return wants;
        }
        for stream in self.shared.parts.hub.streams() {
            if stream.state() != StreamState::Live {
                continue;
            }
            let (app, origin) = (stream.app(), self.shared.parts.face.origin(&stream));
            let fits = |(owner, rule, plan): &(AppId, PictureRule, Plan)| {
                let weight = rule.fits(&origin.domain, &origin.path, stream.name().as_str())?;
                (*owner == app).then_some((weight, *plan))
            };
            if let Some((_, plan)) = self.rules.iter().filter_map(fits).max_by_key(|(weight, _)| *weight) {
                let slot = Slot::Rule(stream.serial());
                wants.push(Want { slot, app, stream: stream.name().clone(), plan, begin_at: now });
            }
        }
        wants
    }

    /// Begins a picture if it is due; milliseconds until the next one.
    fn turn(&mut self, want: Want, now: UnixMs, mono: MonoMs) -> u64 {
        let Want { slot, app, stream, plan, begin_at } = want;
        let first = || {
            let wait_ms = if plan.first_ms == 0 { 0 } else { plan.next_in_ms(begin_at, now) };
            Turn { begin_at, next: MonoMs(mono.0.saturating_add(wait_ms)), is_flying: false }
        };
        let turn = self.turns.entry(slot).or_insert_with(first);
        if mono < turn.next {
            // A plan that was changed meanwhile may ask for more.
            let next = mono.0.saturating_add(plan.next_in_ms(turn.begin_at, now));
            turn.next = MonoMs(turn.next.0.min(next));
            return turn.next.since(mono);
        }
        if !turn.is_flying && self.flying.len() >= self.shared.parts.limits.get().pictures_at_once_max.max(1) {
            // It stays due.
            return LOOK_MS_MIN;
        }
        let next_in_ms = plan.next_in_ms(turn.begin_at, now);
        turn.next = MonoMs(mono.0.saturating_add(next_in_ms));
        if turn.is_flying {
            self.shared.counts.skipped();
        } else if self.shared.live(app, &stream).is_ok() {
            turn.is_flying = true;
            let shared = self.shared.clone();
            let task = if let Slot::Task(id) = slot { Some(id) } else { None };
            self.flying.spawn(async move {
                let taken = keep::take(&shared, (app, &stream), plan.into(), task).await;
                (slot, taken.map(drop))
            });
        }
        next_in_ms
    }

    fn landed(&mut self, done: Option<(Slot, Result<(), TakeFault>)>) {
        let Some((slot, taken)) = done else {
            // It has panicked, which has been logged; whose it was is not known any more.
            tracing::error!("taking a screenshot has failed");
            self.turns.clear();
            return;
        };
        if let Some(turn) = self.turns.get_mut(&slot) {
            turn.is_flying = false;
        }
        let Slot::Task(id) = slot else { return };
        match taken {
            Ok(()) => drop(self.shared.failing.write().remove(&id)),
            // Its stream has just ended, or others were first: nothing is wrong with it.
            Err(TakeFault::NotLive | TakeFault::Busy { .. }) => {}
            Err(_) => drop(self.shared.failing.write().insert(id)),
        }
    }

    /// Forgets what has been kept for long enough.
    async fn tidy(&mut self) {
        let mono = self.shared.parts.clock.mono();
        if self.tidied_at.is_some_and(|at| mono.since(at) < TIDY_MS) {
            return;
        }
        self.tidied_at = Some(mono);
        if let Err(fault) = self.forget().await {
            tracing::error!(%fault, "old screenshots cannot be forgotten");
        }
    }

    async fn forget(&self) -> Result<(), Fault> {
        let (store, limits) = (&self.shared.parts.store, self.shared.parts.limits.get());
        let now = self.shared.parts.clock.unix();
        let before = UnixMs(now.0.saturating_sub(i64::try_from(limits.pictures_kept_ms_max).unwrap_or(i64::MAX)));
        loop {
            let gone = store.expire_pictures(before, limits.pictures_kept_max, TIDY_MAX as u32).await?;
            let count = gone.len();
            self.shared.files.remove(gone).await;
            if count < TIDY_MAX {
                break;
            }
        }
        store.expire_picture_tasks(UnixMs(now.0.saturating_sub(TASKS_KEPT_MS))).await
    }

    /// Removes the files that a process which was killed has written and not noted, or forgotten and not removed.
    async fn sweep(&self) {
        let found = match self.shared.files.found().await {
            Ok(found) => found,
            Err(error) => return tracing::warn!(%error, "the folder of screenshots cannot be read"),
        };
        // What is being written at this moment is not noted yet.
        let now = self.shared.parts.clock.unix().0.max(0).unsigned_abs();
        let before = Ulid(u128::from(now.saturating_sub(TIDY_MS)) << 80);
        let found: Vec<Ulid> = found.into_iter().filter(|id| *id < before).collect();
        for ids in found.chunks(TIDY_MAX) {
            match self.shared.parts.store.reader().known_pictures(ids).await {
                Ok(known) => {
                    let lost: Vec<Ulid> = ids.iter().copied().filter(|id| !known.contains(id)).collect();
                    self.shared.files.remove(lost).await;
                }
                Err(fault) => return tracing::warn!(%fault, "files of screenshots cannot be looked up"),
            }
        }
    }
}
