//! The use cases of screenshots: who wants them, the queue they are read from, and taking one now.

mod rules;

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use serde_json::json;
use tokio::sync::Semaphore;
use tokio_util::task::TaskTracker;
use vivace_base::{AppId, Clock, LiveLimits, StreamName, Ulid, UnixMs};
use vivace_domain::picture::{
    Picture, PictureFault, PictureTask, PictureTaskState, Plan, SHOT_PLAN, ShotTimes, TakeFault, TaskSpan,
};
use vivace_store::{Fault, Note, PictureTaskAsk, Store};

use crate::channels::cause;
use crate::{Audit, Audited, Caller, Channels};

/// What taking a picture answers once that is on disk.
pub type Taking<'a> = Pin<Box<dyn Future<Output = Result<Picture, TakeFault>> + Send + 'a>>;

/// The one who takes pictures.
pub trait PictureDesk: Send + Sync {
    /// Tasks or rules have changed.
    fn changed(&self);

    /// Whether pictures can be taken at all.
    fn is_there(&self) -> bool;

    /// Whether the last picture of a task could not be taken.
    fn failing(&self, task: i64) -> bool;

    /// Takes a picture of a live stream now.
    fn take<'a>(&'a self, app: AppId, stream: &'a StreamName) -> Taking<'a>;
}

/// What the use cases need.
pub struct PictureRuleParts {
    /// Where tasks, rules and pictures are kept.
    pub store: Store,
    /// The channels that tasks are for.
    pub channels: Arc<Channels>,
    /// Who takes pictures.
    pub desk: Arc<dyn PictureDesk>,
    /// Who notes what changes no task: that a picture was taken.
    pub audit: Arc<dyn Audit>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Limits.
    pub limits: LiveLimits,
}

/// The use cases of screenshots. Each that changes something runs to its end even if its caller goes away: what is on disk
/// is noted, and in effect.
pub struct PictureRules {
    parts: PictureRuleParts,
    tasks: TaskTracker,
    /// Changes take turns, so that what is noted as before is what was.
    turns: Semaphore,
}

/// A task, and what it does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PictureTaskNow {
    /// The task.
    pub task: PictureTask,
    /// What it does.
    pub state: PictureTaskState,
}

/// A task of a stream that is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewStreamTask {
    /// The stream.
    pub stream: StreamName,
    /// The host name that it is asked for with; it is only shown.
    pub domain: String,
    /// The template.
    pub template: i64,
    /// From when on; at once if it is not given.
    pub begin: Option<UnixMs>,
    /// Until when.
    pub end: UnixMs,
}

impl PictureRules {
    /// The use cases, on these parts.
    pub fn new(parts: PictureRuleParts) -> Arc<Self> {
        Arc::new(Self { parts, tasks: TaskTracker::new(), turns: Semaphore::new(1) })
    }

    /// Waits for the changes that are under way.
    pub async fn finish(&self) {
        self.tasks.close();
        self.tasks.wait().await;
    }

    /// Makes a task for a channel: a picture each 10 s, the first 20 s behind the begin. Its number.
    ///
    /// # Errors
    /// [`PictureFault`], in the order of the checks: the channel, its source, FFmpeg, the times, how many there may be.
    pub async fn create_shot(
        self: &Arc<Self>,
        app: AppId,
        caller: &Caller,
        channel: &str,
        times: ShotTimes,
    ) -> Result<i64, PictureFault> {
        let found = self.parts.channels.read(app, channel).await?;
        if found.closed {
            return Err(PictureFault::NoSource);
        }
        self.is_there()?;
        let now = self.parts.clock.unix();
        let TaskSpan { begin, end } = times.span(now)?;
        let task = PictureTask {
            channel: Some(found.id),
            ..self.task(app, caller, found.stream, SHOT_PLAN, TaskSpan { begin, end }, now)
        };
        self.create(caller, task).await
    }

    /// Makes a task for a stream by a template, whose content it keeps. Its number.
    ///
    /// # Errors
    /// [`PictureFault`], in the order of the checks: FFmpeg, the times, the template, how many there may be.
    pub async fn create_task(
        self: &Arc<Self>,
        app: AppId,
        caller: &Caller,
        new: NewStreamTask,
    ) -> Result<i64, PictureFault> {
        self.is_there()?;
        let now = self.parts.clock.unix();
        let span = TaskSpan::of_task(new.begin, new.end, now)?;
        let plan = self.template(app, new.template).await?.content.plan();
        let (template, domain) = (Some(new.template), new.domain);
        let task = PictureTask { template, domain, ..self.task(app, caller, new.stream, plan, span, now) };
        self.create(caller, task).await
    }

    /// Stops a task; of a channel, if one is named. One that has ended already stays as it is.
    ///
    /// # Errors
    /// [`PictureFault`]: the channel, `TaskUnknown`, `Unreadable`, `NotWritten`.
    pub async fn stop_task(
        self: &Arc<Self>,
        app: AppId,
        caller: &Caller,
        channel: Option<&str>,
        id: &str,
    ) -> Result<(), PictureFault> {
        let task = self.found(app, channel, id).await?;
        let (this, caller) = (self.clone(), caller.clone());
        self.whole(async move {
            let now = this.parts.clock.unix();
            let stopped = PictureTask { stopped_at: Some(now), ..task.clone() };
            let store = this.noted_task(&caller, "screenshot_task.stop", &task, Some(&stopped));
            if store.stop_picture_task(app, task.id, now).await.map_err(unwritten)? {
                this.parts.desk.changed();
            }
            Ok(())
        })
        .await
    }

    /// Deletes a task, running or not; of a channel, if one is named. Its pictures stay.
    ///
    /// # Errors
    /// [`PictureFault`]: the channel, `TaskUnknown`, `Unreadable`, `NotWritten`.
    pub async fn delete_task(
        self: &Arc<Self>,
        app: AppId,
        caller: &Caller,
        channel: Option<&str>,
        id: &str,
    ) -> Result<(), PictureFault> {
        let task = self.found(app, channel, id).await?;
        let (this, caller) = (self.clone(), caller.clone());
        self.whole(async move {
            let store = this.noted_task(&caller, "screenshot_task.delete", &task, None);
            if !store.delete_picture_task(app, task.id).await.map_err(unwritten)? {
                return Err(PictureFault::TaskUnknown);
            }
            this.parts.desk.changed();
            Ok(())
        })
        .await
    }

    /// A part of a channel's tasks, the newest first, and how many there are.
    ///
    /// # Errors
    /// [`PictureFault`]: the channel, `Unreadable`.
    pub async fn shots(
        &self,
        app: AppId,
        channel: &str,
        offset: u64,
        limit: u32,
    ) -> Result<(Vec<PictureTaskNow>, u64), PictureFault> {
        let channel = self.parts.channels.read(app, channel).await?.id;
        let page = self.parts.store.reader().picture_tasks_of(app, channel, offset, limit).await.map_err(unreadable)?;
        Ok((self.now(page.tasks), page.total))
    }

    /// Tasks of streams, by their numbers.
    ///
    /// # Errors
    /// [`PictureFault::Unreadable`].
    pub async fn tasks(&self, app: AppId, ask: &PictureTaskAsk) -> Result<Vec<PictureTaskNow>, PictureFault> {
        Ok(self.now(self.parts.store.reader().picture_tasks(app, ask).await.map_err(unreadable)?))
    }

    /// Takes the oldest pictures of an app out of the queue, at most `count`; nobody else gets them. They are out on disk
    /// when this returns.
    ///
    /// # Errors
    /// [`PictureFault`]: `NotWritten`; `Take` if there is none and none can be taken.
    pub async fn take_queue(self: &Arc<Self>, app: AppId, count: u32) -> Result<Vec<Picture>, PictureFault> {
        let taken = self.parts.store.take_pictures(app, count).await.map_err(unwritten)?;
        if taken.is_empty() {
            self.is_there()?;
        }
        Ok(taken)
    }

    /// Pictures of an app, or of a stream of it, the newest first.
    ///
    /// # Errors
    /// [`PictureFault::Unreadable`].
    pub async fn pictures(
        &self,
        app: AppId,
        stream: Option<&StreamName>,
        before: Option<Ulid>,
        limit: u32,
    ) -> Result<Vec<Picture>, PictureFault> {
        self.parts.store.reader().pictures(app, stream, before, limit).await.map_err(unreadable)
    }

    /// Takes a picture of a live stream now. On disk when this returns, and told to the customer's server.
    ///
    /// # Errors
    /// [`PictureFault::Take`].
    pub async fn take(
        self: &Arc<Self>,
        app: AppId,
        caller: &Caller,
        stream: &StreamName,
    ) -> Result<Picture, PictureFault> {
        let (this, caller, stream) = (self.clone(), caller.clone(), stream.clone());
        self.whole(async move {
            let picture = this.parts.desk.take(app, &stream).await?;
            let after = json!({ "stream": stream.as_str(), "bytes": picture.bytes }).to_string();
            let subject = format!("screenshot/{}", picture.id);
            let change =
                Audited { app, caller, operation: "screenshot.take", subject, before: None, after: Some(after) };
            this.parts.audit.audit(change).await;
            Ok(picture)
        })
        .await
    }

    fn is_there(&self) -> Result<(), PictureFault> {
        if self.parts.desk.is_there() { Ok(()) } else { Err(TakeFault::Missing.into()) }
    }

    fn task(
        &self,
        app: AppId,
        caller: &Caller,
        stream: StreamName,
        plan: Plan,
        span: TaskSpan,
        now: UnixMs,
    ) -> PictureTask {
        PictureTask {
            id: 0,
            app,
            stream,
            channel: None,
            template: None,
            domain: String::new(),
            plan,
            begin_at: span.begin,
            end_at: span.end,
            stopped_at: None,
            created_by: caller.who.clone(),
            created_at: now,
        }
    }

    async fn create(self: &Arc<Self>, caller: &Caller, task: PictureTask) -> Result<i64, PictureFault> {
        let (this, caller) = (self.clone(), caller.clone());
        self.whole(async move {
            let limit = this.parts.limits.get().picture_tasks_max;
            let (now, made) = (task.created_at, task.clone());
            let note = Note::numbered(move |id| {
                let (subject, after) = (subject(id), Some(shown(&made)));
                let (app, caller, operation) = (made.app, caller.clone(), "screenshot_task.create");
                Audited { app, caller, operation, subject, before: None, after }.at(now)
            });
            let id = this.parts.store.noted(note).create_picture_task(&task, limit).await.map_err(unwritten)?;
            let id = id.ok_or(PictureFault::Quota { what: "screenshot tasks", limit })?;
            this.parts.desk.changed();
            Ok(id)
        })
        .await
    }

    /// The task of a number; of a channel, if one is named.
    async fn found(&self, app: AppId, channel: Option<&str>, id: &str) -> Result<PictureTask, PictureFault> {
        let channel = match channel {
            Some(channel) => Some(self.parts.channels.read(app, channel).await?.id),
            None => None,
        };
        let id = id.parse().map_err(|_| PictureFault::TaskUnknown)?;
        let found = self.parts.store.reader().picture_task(app, id).await.map_err(unreadable)?;
        found.filter(|task| task.channel == channel).ok_or(PictureFault::TaskUnknown)
    }

    fn now(&self, tasks: Vec<PictureTask>) -> Vec<PictureTaskNow> {
        let now = self.parts.clock.unix();
        let state =
            |task: PictureTask| PictureTaskNow { state: task.state(now, self.parts.desk.failing(task.id)), task };
        tasks.into_iter().map(state).collect()
    }

    async fn whole<T: Send + 'static>(
        &self,
        work: impl Future<Output = Result<T, PictureFault>> + Send + 'static,
    ) -> Result<T, PictureFault> {
        // A panic has been counted and logged as one; its caller hears that the change was not made.
        self.tasks.spawn(work).await.unwrap_or(Err(PictureFault::NotWritten))
    }

    /// The store for one change of a task, which is noted with it.
    fn noted_task(
        &self,
        caller: &Caller,
        operation: &'static str,
        before: &PictureTask,
        after: Option<&PictureTask>,
    ) -> Store {
        let shown = (Some(shown(before)), after.map(shown));
        self.noted(before.app, caller, operation, subject(before.id), shown)
    }

    /// The store for one change, which is noted with it.
    fn noted(
        &self,
        app: AppId,
        caller: &Caller,
        operation: &'static str,
        subject: String,
        (before, after): (Option<String>, Option<String>),
    ) -> Store {
        let change = Audited { app, caller: caller.clone(), operation, subject, before, after };
        self.parts.store.noted(change.at(self.parts.clock.unix()))
    }
}

fn subject(id: i64) -> String {
    format!("screenshot_task/{id}")
}

fn shown(task: &PictureTask) -> String {
    json!({
        "stream": task.stream.as_str(),
        "channel": task.channel.map(|id| id.to_string()),
        "template": task.template,
        "interval_ms": task.plan.interval_ms,
        "begin_ms": task.begin_at.0,
        "end_ms": task.end_at.0,
        "stopped_ms": task.stopped_at.map(|at| at.0),
    })
    .to_string()
}

fn unreadable(fault: Fault) -> PictureFault {
    tracing::error!(%fault, cause = cause(&fault), "screenshots cannot be read");
    PictureFault::Unreadable
}

fn unwritten(fault: Fault) -> PictureFault {
    tracing::error!(%fault, cause = cause(&fault), "screenshots cannot be written");
    PictureFault::NotWritten
}
