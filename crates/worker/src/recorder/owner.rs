//! The one who decides which streams are kept, and as what.

#[cfg(test)]
mod tests;

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use vivace_base::MonoMs;
use vivace_domain::recording::{RecordRule, RecordTask, TaskState, Want, wants};
use vivace_hub::{Stream, StreamState};
use vivace_store::{Fault, Listed, RecordingFilter};

use super::RecordedPush;
use super::begun::{Key, LINE_MAX};
use super::begun_tasks::{BegunTasks, Now};
use super::push::Push;
use super::shared::Shared;
use super::space::Room;
use super::stream::{StreamRecorder, Wanted};
use super::views::Asked;

/// Longest sleep between two looks: streams end without a word.
const LOOK: Duration = Duration::from_secs(1);
/// When it is asked what has come of a task that is over: its rows have been written by then.
const OVER_MS: u64 = 5_000;

/// Keeps what is wanted of each stream and what runs together.
pub(crate) struct Owner {
    shared: Arc<Shared>,
    /// Tasks that are not over.
    tasks: HashMap<Key, Vec<RecordTask>>,
    /// Those of them that have begun.
    begun: BegunTasks,
    /// Tasks whose end has come, and when they are looked at.
    over: Vec<(MonoMs, RecordTask)>,
    /// Streams of each name, the one that is recorded first: the next one's turn is when all rows of that one are on their
    /// way.
    pushes: HashMap<Key, VecDeque<Push>>,
    running: HashMap<Key, Running>,
}

/// A stream that is kept.
struct Running {
    serial: u64,
    wanted: watch::Sender<Arc<Wanted>>,
    task: JoinHandle<()>,
    /// The newest publisher of which frames have been seen, by its epoch.
    seen: Arc<AtomicU64>,
    /// All its rows are on their way.
    over: Arc<AtomicBool>,
}

impl Running {
    fn is_over(&self) -> bool {
        self.over.load(Relaxed) || self.task.is_finished()
    }
}

impl Owner {
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        let (tasks, pushes, running) = (HashMap::new(), HashMap::new(), HashMap::new());
        Self { shared, tasks, begun: BegunTasks::default(), over: Vec::new(), pushes, running }
    }

    /// Decides until it is told to stop; then everything is ended, and waited for.
    pub(crate) async fn run(mut self, stop: CancellationToken) {
        while !stop.is_cancelled() {
            let now = self.now();
            if let Err(fault) = self.learn(now).await {
                tracing::error!(%fault, "what is to be recorded cannot be read: tried again in a second");
            }
            self.reconcile(now).await;
            self.judge_tasks(now).await;
            tokio::select! {
                () = self.shared.wake.notified() => {}
                () = sleep(self.nap()) => {}
                () = stop.cancelled() => {}
            }
        }
        for running in self.running.values() {
            running.wanted.send_replace(Arc::default());
        }
        self.wait().await;
        // Streams that are over and have waited for these.
        self.pushes.values_mut().for_each(|line| line.retain(|push| push.begun.stream.state() == StreamState::Ended));
        while !self.pushes.is_empty() {
            self.reconcile(self.now()).await;
            if self.running.is_empty() {
                break;
            }
            self.wait().await;
        }
    }

    fn now(&self) -> Now {
        Now::by(self.shared.clock.as_ref())
    }

    async fn wait(&mut self) {
        for (_, running) in self.running.drain() {
            if running.task.await.is_err() {
                tracing::error!("the recorder of a stream has failed");
            }
        }
    }

    /// Takes in pushes that have begun and tasks that have changed.
    async fn learn(&mut self, now: Now) -> Result<(), Fault> {
        let mut begun = self.shared.pushes.lock().take();
        while let Some(push) = begun.next() {
            match self.wants_of(&push.facts).await {
                Ok(wants) => self.line_up(Push::new(push, wants)),
                Err(fault) => {
                    // Newer pushes of the same streams come behind.
                    let left_out = self.shared.pushes.lock().put_back(std::iter::once(push).chain(begun));
                    left_out.iter().for_each(|push| self.shared.leave_out(push));
                    return Err(fault);
                }
            }
        }
        if self.shared.tasks_changed.swap(false, Relaxed)
            && let Err(fault) = self.read_tasks(now).await
        {
            self.shared.tasks_changed.store(true, Relaxed);
            return Err(fault);
        }
        Ok(())
    }

    /// Puts a push behind the streams of its name that are not recorded to their end yet.
    fn line_up(&mut self, mut push: Push) {
        let line = self.pushes.entry(push.begun.key()).or_default();
        let serial = push.begun.stream.serial();
        if let Some(same) = line.iter_mut().find(|one| one.begun.stream.serial() == serial) {
            if !push.replace(same) {
                self.shared.leave_out(&same.begun);
            }
            *same = push;
        } else if line.len() < LINE_MAX {
            line.push_back(push);
        } else if push.is_wanted() {
            self.shared.leave_out(&push.begun);
        }
    }

    /// What a push is kept as: by its address, by the rule that names it, by the app's policy.
    async fn wants_of(&self, push: &RecordedPush) -> Result<Vec<Want>, Fault> {
        let (reader, settings) = (self.shared.store.reader(), self.shared.settings());
        let rules = reader.record_rules(push.app).await?;
        let rule = RecordRule::closest(&rules, &push.domain, &push.path, push.stream.as_str());
        let template = match rule {
            Some(rule) => match reader.record_templates(push.app, Some(rule.template)).await {
                // No other push waits for who mends it.
                Err(fault @ Fault::Damaged { .. }) => {
                    let (template, stream) = (rule.template, &push.stream);
                    tracing::error!(template, %stream, %fault, "a record template cannot be read: a push goes without it");
                    None
                }
                found => found?.into_iter().next(),
            },
            None => None,
        };
        Ok(wants(push.parameters, template.as_ref(), settings.policy, settings.interval_ms, &settings.name))
    }

    async fn read_tasks(&mut self, now: Now) -> Result<(), Fault> {
        let since = self.begun.open_since(self.tasks.values().flatten(), now);
        let mut tasks = Vec::new();
        for Listed { key, row } in self.shared.store.reader().open_record_tasks(since).await? {
            match row {
                Ok(task) => tasks.push(task),
                Err(fault) => tracing::error!(task = key, %fault, "a record task cannot be read: the others run"),
            }
        }
        self.tasks.clear();
        self.begun.keep(&tasks, now);
        for task in tasks.into_iter().filter(|task| self.begun.state(task, now) != TaskState::Finished) {
            self.tasks.entry((task.app, task.stream.clone())).or_default().push(task);
        }
        Ok(())
    }

    /// Lets what runs follow what is wanted.
    async fn reconcile(&mut self, now: Now) {
        self.tasks.values().flatten().for_each(|task| self.begun.note(task, now));
        self.running.retain(|_, running| !running.is_over());
        let streams = self.shared.hub.streams();
        let live: HashMap<Key, Arc<Stream>> =
            streams.into_iter().map(|stream| ((stream.app(), stream.name().clone()), stream)).collect();
        let over: Vec<Key> = self.pushes.keys().filter(|key| !live.contains_key(*key)).cloned().collect();
        let live = live.into_iter().map(|(key, stream)| (key, Some(stream)));
        for (key, stream) in live.chain(over.into_iter().map(|key| (key, None))) {
            self.follow(key, stream, now).await;
        }
        self.pushes.retain(|_, line| !line.is_empty());
        self.shared.tally.streams.store(self.running.len() as u64, Relaxed);
    }

    /// Goes on with what is kept of a name, or begins with the stream whose turn it is. `live` is the one that is live.
    async fn follow(&mut self, key: Key, live: Option<Arc<Stream>>, now: Now) {
        if let Some(running) = self.running.get(&key) {
            // One that ends is waited for: its last rows come before the first of the next.
            if let Some(stream) = live.filter(|stream| running.serial == stream.serial()) {
                self.go_on(&key, &stream, now);
            }
            return;
        }
        while let Some(stream) = self.next(&key, live.as_ref()) {
            if self.begin(&key, &stream, now).await {
                return;
            }
            // Nothing is to be kept of it now: its frames are not held.
            if let Some(push) = self.push_of(&key, &stream) {
                (push.begun.tap, push.before) = (None, Vec::new());
            }
            if stream.state() != StreamState::Ended {
                return;
            }
        }
    }

    /// The stream of a name whose turn it is: of those of which something is held or still comes, the oldest.
    fn next(&mut self, key: &Key, live: Option<&Arc<Stream>>) -> Option<Arc<Stream>> {
        let line = self.pushes.get_mut(key);
        let first = line.and_then(|line| {
            while line.pop_front_if(|push| push.is_past()).is_some() {}
            line.front().map(|push| push.begun.stream.clone())
        });
        first.or_else(|| live.filter(|stream| stream.state() != StreamState::Ended).cloned())
    }

    /// Lets a stream that is kept be kept as it is wanted now.
    fn go_on(&mut self, key: &Key, stream: &Stream, now: Now) {
        let seen = self.running.get(key).map_or(0, |running| running.seen.load(Relaxed));
        if let Some(push) = self.push_of(key, stream) {
            // Its recorder has its frames.
            push.begun.tap = None;
            push.before.retain(|one| one.until > seen);
        }
        let out = self.shared.space.room() == Room::Out;
        let wanted = if out { Wanted::default() } else { self.wanted(key, stream.serial(), now) };
        if let Some(running) = self.running.get(key) {
            running.wanted.send_if_modified(|before| {
                let other = **before != wanted;
                if other {
                    *before = Arc::new(wanted);
                }
                other
            });
        }
    }

    /// Begins to keep a stream; false if nothing is to be kept of it now.
    async fn begin(&mut self, key: &Key, stream: &Arc<Stream>, now: Now) -> bool {
        let (wanted, room) = (self.wanted(key, stream.serial(), now), self.shared.space.room());
        if wanted.is_nothing() {
            return false;
        }
        if room != Room::Enough {
            self.refuse(key, stream, &wanted);
            return false;
        }
        let newest = match self.shared.store.reader().newest_media_file(key.0, &key.1).await {
            Ok(newest) => newest,
            Err(fault) => {
                tracing::error!(%fault, "the index of recordings cannot be read: tried again");
                return true;
            }
        };
        let held = self.push_of(key, stream).and_then(|push| push.begun.tap.take());
        let tap = held.unwrap_or_else(|| self.shared.tap(stream));
        let (sender, receiver) = watch::channel(Arc::new(wanted));
        let (serial, shared, over) = (stream.serial(), self.shared.clone(), Arc::new(AtomicBool::new(false)));
        let seen = Arc::new(AtomicU64::new(0));
        let recorder = StreamRecorder::new(self.shared.clone(), stream.clone(), receiver, newest, seen.clone());
        let told = over.clone();
        let task = tokio::spawn(async move {
            recorder.run(tap).await;
            told.store(true, Relaxed);
            shared.wake.notify_one();
        });
        self.running.insert(key.clone(), Running { serial, wanted: sender, task, seen, over });
        true
    }

    /// Tells once for each push that it is not recorded for want of room.
    fn refuse(&mut self, key: &Key, stream: &Stream, wanted: &Wanted) {
        let Some(push) = self.push_of(key, stream).filter(|push| !push.refused && !wanted.asked.is_empty()) else {
            return;
        };
        push.refused = true;
        self.shared.tell_refused(stream);
    }

    /// The push of a stream.
    fn push_of(&mut self, key: &Key, stream: &Stream) -> Option<&mut Push> {
        self.pushes.get_mut(key)?.iter_mut().find(|push| push.begun.stream.serial() == stream.serial())
    }

    /// What is wanted of a stream now.
    fn wanted(&self, key: &Key, serial: u64, now: Now) -> Wanted {
        let (settings, room) = (self.shared.settings(), self.shared.space.room());
        if !settings.on {
            return Wanted::default();
        }
        let push = self.pushes.get(key).and_then(|line| line.iter().find(|push| push.begun.stream.serial() == serial));
        let tasks = self.tasks.get(key).into_iter().flatten();
        let running = tasks.filter(|task| self.begun.state(task, now) == TaskState::Running);
        let domain = push.map_or("", |push| &push.begun.facts.domain);
        let of_tasks = running.flat_map(|task| asked_by_task(task, domain));
        let asked = push.into_iter().flat_map(Push::asked).chain(of_tasks).collect();
        Wanted { asked, shift: settings.shift_ms > 0, may_begin: room == Room::Enough }
    }

    /// How long nothing begins or ends by itself.
    fn nap(&self) -> Duration {
        let now = self.now();
        let next = self.tasks.values().flatten().filter_map(|task| self.begun.next_ms(task, now)).min();
        next.map_or(LOOK, |ms| Duration::from_millis(ms).min(LOOK))
    }

    /// Says of tasks that are over and of which nothing has come that nothing has.
    async fn judge_tasks(&mut self, now: Now) {
        let (over, begun) = (&mut self.over, &self.begun);
        for tasks in self.tasks.values_mut() {
            tasks.retain(|task| {
                let ended = begun.state(task, now) == TaskState::Finished;
                if ended {
                    over.push((MonoMs(now.mono.0.saturating_add(OVER_MS)), task.clone()));
                }
                !ended
            });
        }
        self.tasks.retain(|_, tasks| !tasks.is_empty());
        let due: Vec<RecordTask> = self.over.extract_if(.., |(at, _)| *at <= now.mono).map(|(_, task)| task).collect();
        for task in due {
            if let Err(fault) = self.judge(&task).await {
                tracing::warn!(%fault, task = task.id, "it could not be noted what has become of a record task");
            }
        }
    }

    async fn judge(&self, task: &RecordTask) -> Result<(), Fault> {
        let store = &self.shared.store;
        let filter = RecordingFilter { task: Some(task.id), ..RecordingFilter::default() };
        if store.reader().recordings_count(task.app, &filter).await? == 0 {
            tracing::warn!(task = task.id, stream = %task.stream, "a record task has come to nothing: its stream was not live");
            store.fail_record_task(task.id, "nothing was published under the stream's name in its time").await?;
        }
        Ok(())
    }
}

/// A task for each of its formats; `domain` is what its stream was pushed to, if the task does not say.
fn asked_by_task<'a>(task: &'a RecordTask, domain: &'a str) -> impl Iterator<Item = Asked> + 'a {
    task.formats.iter().map(move |format| Asked {
        task: Some(task.id),
        want: Want {
            kind: task.kind,
            format,
            interval_ms: task.interval_ms,
            keep_ms: task.keep_ms,
            name: task.name.clone(),
            template: task.template,
        },
        channel: task.channel,
        domain: if task.domain.is_empty() { domain.to_owned() } else { task.domain.clone() },
        stream_param: task.stream_param.clone(),
        epochs: Asked::EVERY,
    })
}
