//! The one who decides which streams are kept, and as what.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use vivace_base::{AppId, StreamName, Ulid, UnixMs};
use vivace_domain::recording::{RecordRule, RecordTask, TaskState, Want, wants};
use vivace_hub::{Stream, StreamState};
use vivace_store::{Fault, RecordingFilter};

use super::RecordedPush;
use super::shared::Shared;
use super::space::{Room, free_bytes};
use super::stream::{StreamRecorder, Wanted};
use super::views::Asked;

/// Longest sleep between two looks: streams end without a word.
const LOOK: Duration = Duration::from_secs(1);
/// When it is asked what has come of a task that is over: its rows have been written by then.
const OVER_MS: i64 = 5_000;

type Key = (AppId, StreamName);

/// Keeps what is wanted of each stream and what runs together.
pub(crate) struct Owner {
    shared: Arc<Shared>,
    /// Tasks that are not over.
    tasks: HashMap<Key, Vec<RecordTask>>,
    /// Tasks whose end has come, and when they are looked at.
    over: Vec<(UnixMs, RecordTask)>,
    pushes: HashMap<Key, Push>,
    running: HashMap<Key, Running>,
}

/// What the newest push of a stream asks for.
struct Push {
    facts: RecordedPush,
    wants: Vec<Want>,
    /// It has been told that it is not recorded for want of room.
    refused: bool,
}

/// A stream that is kept.
struct Running {
    serial: u64,
    wanted: watch::Sender<Arc<Wanted>>,
    task: JoinHandle<()>,
}

impl Owner {
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        let (tasks, pushes, running) = (HashMap::new(), HashMap::new(), HashMap::new());
        Self { shared, tasks, over: Vec::new(), pushes, running }
    }

    /// Decides until it is told to stop; then everything is ended, and waited for.
    pub(crate) async fn run(mut self, stop: CancellationToken) {
        while !stop.is_cancelled() {
            let now = self.shared.clock.unix();
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
        for (_, running) in self.running.drain() {
            if running.task.await.is_err() {
                tracing::error!("the recorder of a stream has failed");
            }
        }
    }

    /// Takes in pushes that have begun and tasks that have changed.
    async fn learn(&mut self, now: UnixMs) -> Result<(), Fault> {
        let begun: Vec<RecordedPush> = std::mem::take(&mut *self.shared.pushes.lock()).into_values().collect();
        let mut begun = begun.into_iter();
        while let Some(facts) = begun.next() {
            match self.wants_of(&facts).await {
                Ok(wants) => {
                    let key = (facts.app, facts.stream.clone());
                    self.pushes.insert(key, Push { facts, wants, refused: false });
                }
                Err(fault) => {
                    // Newer pushes of the same streams count.
                    let mut pushes = self.shared.pushes.lock();
                    for facts in std::iter::once(facts).chain(begun) {
                        pushes.entry((facts.app, facts.stream.clone())).or_insert(facts);
                    }
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

    /// What a push is kept as: by its address, by the rule that names it, by the app's policy.
    async fn wants_of(&self, push: &RecordedPush) -> Result<Vec<Want>, Fault> {
        let (reader, settings) = (self.shared.store.reader(), self.shared.settings());
        let rules = reader.record_rules(push.app).await?;
        let rule = RecordRule::closest(&rules, &push.domain, &push.path, push.stream.as_str());
        let template = match rule {
            Some(rule) => reader.record_templates(push.app, Some(rule.template)).await?.into_iter().next(),
            None => None,
        };
        Ok(wants(push.parameters, template.as_ref(), settings.policy, settings.interval_ms, &settings.name))
    }

    async fn read_tasks(&mut self, now: UnixMs) -> Result<(), Fault> {
        let tasks = self.shared.store.reader().open_record_tasks(now).await?;
        self.tasks.clear();
        for task in tasks {
            self.tasks.entry((task.app, task.stream.clone())).or_default().push(task);
        }
        Ok(())
    }

    /// Lets what runs follow what is wanted.
    async fn reconcile(&mut self, now: UnixMs) {
        self.running.retain(|_, running| !running.task.is_finished());
        let streams = self.shared.hub.streams();
        let live: HashMap<Key, Arc<Stream>> =
            streams.into_iter().map(|stream| ((stream.app(), stream.name().clone()), stream)).collect();
        let newer = self.shared.pushes.lock().keys().cloned().collect::<Vec<_>>();
        self.pushes.retain(|key, _| live.contains_key(key) || newer.contains(key));
        for (key, stream) in live {
            self.follow(key, stream, now).await;
        }
        self.shared.tally.streams.store(self.running.len() as u64, Relaxed);
    }

    async fn follow(&mut self, key: Key, stream: Arc<Stream>, now: UnixMs) {
        let (wanted, room) = (self.wanted(&key, now), self.shared.space.room());
        if let Some(running) = self.running.get(&key) {
            // One that ends is waited for: its last rows come before the first of the next.
            if running.serial == stream.serial() {
                let wanted = if room == Room::Out { Wanted::default() } else { wanted };
                running.wanted.send_if_modified(|before| {
                    let other = **before != wanted;
                    if other {
                        *before = Arc::new(wanted);
                    }
                    other
                });
            }
            return;
        }
        if wanted.is_nothing() || stream.state() == StreamState::Ended {
            return;
        }
        if room != Room::Enough {
            return self.refuse(&key, &stream, &wanted);
        }
        let newest = match self.newest_file(&key, now).await {
            Ok(newest) => newest,
            Err(fault) => return tracing::error!(%fault, "the index of recordings cannot be read: tried again"),
        };
        let (sender, receiver) = watch::channel(Arc::new(wanted));
        let serial = stream.serial();
        let task = tokio::spawn(StreamRecorder::new(self.shared.clone(), stream, receiver, newest).run());
        self.running.insert(key, Running { serial, wanted: sender, task });
    }

    /// Tells once for each push that it is not recorded for want of room.
    fn refuse(&mut self, key: &Key, stream: &Stream, wanted: &Wanted) {
        let Some(push) = self.pushes.get_mut(key).filter(|push| !push.refused && !wanted.asked.is_empty()) else {
            return;
        };
        push.refused = true;
        self.shared.tell_refused(stream);
    }

    /// The newest file of a stream, if it sorts behind this moment: the clock has been set back.
    async fn newest_file(&self, (app, stream): &Key, now: UnixMs) -> Result<Option<Ulid>, Fault> {
        let files = self.shared.store.reader().media_files(*app, stream, now, UnixMs(i64::MAX)).await?;
        Ok(files.into_iter().map(|file| file.id).max())
    }

    /// What is wanted of a stream now.
    fn wanted(&self, key: &Key, now: UnixMs) -> Wanted {
        let (settings, room) = (self.shared.settings(), self.shared.space.room());
        if !settings.on {
            return Wanted::default();
        }
        let push = self.pushes.get(key);
        let of_push = push.into_iter().flat_map(|push| push.wants.iter().map(|want| asked_by_push(&push.facts, want)));
        let tasks = self.tasks.get(key).into_iter().flatten();
        let running = tasks.filter(|task| task.state(now) == TaskState::Running);
        let domain = push.map_or("", |push| &push.facts.domain);
        let of_tasks = running.flat_map(|task| asked_by_task(task, domain));
        let asked = of_push.chain(of_tasks).collect();
        Wanted { asked, shift: settings.shift_ms > 0, may_begin: room == Room::Enough }
    }

    /// How long nothing begins or ends by itself.
    fn nap(&self) -> Duration {
        let now = self.shared.clock.unix();
        let tasks = self.tasks.values().flatten();
        let next = tasks.flat_map(|task| [Some(task.begin_at), task.end_at]).flatten().filter(|at| *at > now).min();
        let ms = next.map_or(u64::MAX, |at| u64::try_from(at.0.saturating_sub(now.0)).unwrap_or(u64::MAX));
        Duration::from_millis(ms).min(LOOK)
    }

    /// Says of tasks that are over and of which nothing has come that nothing has.
    async fn judge_tasks(&mut self, now: UnixMs) {
        let over = &mut self.over;
        for tasks in self.tasks.values_mut() {
            tasks.retain(|task| {
                let ended = task.end_at.is_some_and(|end| end <= now);
                if ended && task.stopped_at.is_none() {
                    over.push((UnixMs(now.0.saturating_add(OVER_MS)), task.clone()));
                }
                !ended
            });
        }
        self.tasks.retain(|_, tasks| !tasks.is_empty());
        let due: Vec<RecordTask> = self.over.extract_if(.., |(at, _)| *at <= now).map(|(_, task)| task).collect();
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

fn asked_by_push(push: &RecordedPush, want: &Want) -> Asked {
    Asked {
        task: None,
        want: want.clone(),
        channel: push.channel,
        domain: push.domain.clone(),
        stream_param: push.stream_param.clone(),
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
    })
}

/// Looks how much room there is, about once a second. A disk that does not answer keeps the last answer.
pub(crate) async fn watch_space(shared: Arc<Shared>, stop: CancellationToken) {
    loop {
        match shared.disk.look(|folders| free_bytes(folders.root())).await {
            Ok(free) => {
                let (before, now) = shared.space.note(free, shared.settings().free_bytes_min);
                if before != now {
                    match now {
                        Room::Enough => tracing::info!(free, "there is room for recordings again"),
                        Room::Low => tracing::error!(free, "too little room: no recording begins"),
                        Room::Out => tracing::error!(free, "hardly any room: recordings are closed"),
                    }
                    shared.wake.notify_one();
                }
            }
            Err(fault) => tracing::error!(%fault, "it is not known how much room the disk has"),
        }
        tokio::select! {
            () = sleep(LOOK) => {}
            () = stop.cancelled() => return,
        }
    }
}
