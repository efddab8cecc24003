//! Record tasks.

use std::sync::Arc;

use serde_json::{Value, json};
use thiserror::Error;
use vivace_base::{AppId, StreamName};
use vivace_domain::account::{Account, AccountFault};
use vivace_domain::recording::{
    Formats, GivenTimes, NAME_BYTES_MAX, RecordFault, RecordTask, TaskKind, TimeRules, channel_pattern,
};
use vivace_store::{TaskBounds, TaskFilter, TaskPage, TaskWritten};

use super::{Recordings, shown_id, unreadable, unwritten};
use crate::Caller;

/// What a task is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TaskTarget {
    /// A channel, by its number as it was given.
    Channel(String),
    /// A stream.
    Stream(StreamName),
}

/// A task that is asked for.
#[derive(Clone, Debug)]
pub struct NewTask {
    /// What it is for.
    pub target: TaskTarget,
    /// `Timed` or `Clip`.
    pub kind: TaskKind,
    /// The times that were given.
    pub times: GivenTimes,
    /// The rules that they follow.
    pub rules: TimeRules,
    /// Whether the stream must be live.
    pub live_only: bool,
    /// Whether a task of the same kind for the same time stands against it.
    pub exclusive: bool,
    /// The formats; those of the settings if none.
    pub formats: Option<Formats>,
    /// Longest time of one recording, in milliseconds; that of the settings if not said.
    pub interval_ms: Option<u64>,
    /// The pattern of names; the channel's or the settings' if not said.
    pub name: Option<String>,
    /// The host name that the caller gave; may be empty.
    pub domain: String,
    /// The template whose formats it takes.
    pub template: Option<u64>,
    /// How long its recordings are kept, in milliseconds; the template's if not said.
    pub keep_ms: Option<u64>,
}

impl NewTask {
    /// A task with nothing but what it must have.
    pub const fn new(target: TaskTarget, kind: TaskKind, times: GivenTimes, rules: TimeRules) -> Self {
        Self {
            target,
            kind,
            times,
            rules,
            live_only: false,
            exclusive: false,
            formats: None,
            interval_ms: None,
            name: None,
            domain: String::new(),
            template: None,
            keep_ms: None,
        }
    }
}

/// Why a task was not made.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum CreateTaskFault {
    /// What was asked for.
    #[error(transparent)]
    Record(#[from] RecordFault),
    /// Who asked.
    #[error(transparent)]
    Account(#[from] AccountFault),
}

/// A task in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaskLine {
    /// The task.
    pub task: RecordTask,
    /// Recordings of it that are not deleted.
    pub recordings: u64,
}

/// A page of tasks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TaskLines {
    /// Tasks on all pages.
    pub total: u64,
    /// Those of this page, in the order of their numbers.
    pub lines: Vec<TaskLine>,
}

impl Recordings {
    /// Makes a task. On disk, and the recorder knows it, when this returns.
    ///
    /// # Errors
    /// [`CreateTaskFault`]: the channel, whether recording is on, the times, the stream, the account, the disk, then what
    /// stands against it in the store.
    pub async fn create_task(
        self: &Arc<Self>,
        app: AppId,
        account: &Account,
        caller: &Caller,
        new: &NewTask,
    ) -> Result<RecordTask, CreateTaskFault> {
        let drafted = self.draft(app, caller, new).await?;
        if new.live_only && !self.is_live(app, &drafted.stream) {
            return Err(RecordFault::NotLive.into());
        }
        self.parts.channels.admit_create(account)?;
        self.begins()?;
        let (this, caller, exclusive) = (self.clone(), caller.clone(), new.exclusive);
        self.whole(async move { this.create_task_now(&caller, drafted, exclusive).await }).await.map_err(Into::into)
    }

    async fn draft(&self, app: AppId, caller: &Caller, new: &NewTask) -> Result<RecordTask, RecordFault> {
        let settings = self.settings();
        let (stream, channel, name) = match &new.target {
            TaskTarget::Channel(id) => {
                let channel = self.channel(app, id).await?;
                (channel.stream, Some(channel.id), channel_pattern(&channel.name))
            }
            TaskTarget::Stream(stream) => (stream.clone(), None, settings.name.clone()),
        };
        if !settings.on {
            return Err(RecordFault::Off);
        }
        let now = self.now();
        let (begin_at, end_at) = new.rules.resolve(new.times, now)?;
        let template = match new.template {
            None => None,
            Some(id) => Some(self.template(app, id).await?),
        };
        // A template may name a format and an interval each; a task has one for all that it makes.
        let kept = template.as_ref().map(|template| {
            let intervals = template.formats.iter().map(|setting| setting.interval_ms);
            let keep = template.formats.iter().map(|setting| setting.keep_ms);
            (template.kept(), intervals.filter(|ms| *ms > 0).min(), keep.max().unwrap_or(0))
        });
        let (formats, interval_ms, keep_ms) = kept.unwrap_or((Formats::NONE, None, 0));
        let formats = new.formats.unwrap_or(if formats.is_empty() { settings.formats } else { formats });
        let name = new.name.clone().unwrap_or(name);
        let (bytes, max) = (name.len(), NAME_BYTES_MAX);
        if bytes > max {
            return Err(RecordFault::TooLong { field: "name", bytes, max });
        }
        Ok(RecordTask {
            channel,
            formats,
            begin_at,
            end_at,
            interval_ms: new.interval_ms.or(interval_ms).unwrap_or(settings.interval_ms),
            name,
            domain: new.domain.clone(),
            template: new.template,
            keep_ms: new.keep_ms.unwrap_or(keep_ms),
            created_by: caller.who.clone(),
            ..RecordTask::new(app, stream, new.kind, now)
        })
    }

    async fn create_task_now(
        &self,
        caller: &Caller,
        task: RecordTask,
        exclusive: bool,
    ) -> Result<RecordTask, RecordFault> {
        let limits = self.parts.limits.get();
        let bounds = TaskBounds {
            app_max: limits.record_tasks_per_app_max,
            stream_max: limits.record_tasks_per_stream_max,
            kept_max: limits.record_tasks_kept_max,
            exclusive,
        };
        let app = task.app;
        let store = self.noted_new(app, caller, "record_task.create", "record_task", &shown(&task));
        let written = store.create_record_task(&task, bounds, task.created_at).await;
        match written.map_err(|fault| unwritten(&fault))? {
            TaskWritten::Made(id) => {
                self.parts.desk.changed(app, &task.stream);
                Ok(RecordTask { id, ..task })
            }
            TaskWritten::Overlap(task) => Err(RecordFault::Overlap { task }),
            TaskWritten::AppFull => Err(RecordFault::Quota { what: "record tasks", limit: bounds.app_max }),
            TaskWritten::StreamFull => {
                Err(RecordFault::Quota { what: "record tasks of this stream", limit: bounds.stream_max })
            }
        }
    }

    /// Stops a task: what it recorded is finished. On disk, and the recorder knows it, when this returns.
    ///
    /// # Errors
    /// [`RecordFault`]: `UnknownChannel`, `UnknownTask`, `Finished`, and those of the store.
    pub async fn stop_task(
        self: &Arc<Self>,
        app: AppId,
        caller: &Caller,
        target: Option<&TaskTarget>,
        id: &str,
    ) -> Result<(), RecordFault> {
        let task = self.task(app, target, id).await?;
        let (this, caller) = (self.clone(), caller.clone());
        self.whole(async move { this.stop_task_now(&caller, task).await }).await
    }

    async fn stop_task_now(&self, caller: &Caller, task: RecordTask) -> Result<(), RecordFault> {
        let now = self.now();
        task.check_stop(now)?;
        let after = json!({ "stopped_at_ms": now.0 });
        let subject = format!("record_task/{}", task.id);
        let store = self.noted(task.app, caller, "record_task.stop", subject, (Some(&shown(&task)), Some(&after)));
        let stopped = store.stop_record_task(task.app, task.id, now).await;
        if !stopped.map_err(|fault| unwritten(&fault))? {
            // Another call was faster.
            return Err(RecordFault::Finished { task: task.id });
        }
        self.parts.desk.changed(task.app, &task.stream);
        Ok(())
    }

    /// Deletes a task that does not run; its recordings stay. On disk when this returns.
    ///
    /// # Errors
    /// [`RecordFault`]: `UnknownChannel`, `UnknownTask`, `Running`, and those of the store.
    pub async fn delete_task(
        self: &Arc<Self>,
        app: AppId,
        caller: &Caller,
        target: Option<&TaskTarget>,
        id: &str,
    ) -> Result<(), RecordFault> {
        let task = self.task(app, target, id).await?;
        let (this, caller) = (self.clone(), caller.clone());
        self.whole(async move { this.delete_task_now(&caller, task).await }).await
    }

    async fn delete_task_now(&self, caller: &Caller, task: RecordTask) -> Result<(), RecordFault> {
        let now = self.now();
        task.check_delete(now)?;
        let subject = format!("record_task/{}", task.id);
        let store = self.noted(task.app, caller, "record_task.delete", subject, (Some(&shown(&task)), None));
        let deleted = store.delete_record_task(task.app, task.id, now).await;
        if !deleted.map_err(|fault| unwritten(&fault))? {
            return Err(RecordFault::UnknownTask { id: task.id.to_string() });
        }
        self.parts.desk.changed(task.app, &task.stream);
        Ok(())
    }

    /// One task; of this channel or stream, if one is named.
    ///
    /// # Errors
    /// [`RecordFault`]: `UnknownChannel`, `UnknownTask`, `Unreadable`.
    pub async fn task(&self, app: AppId, target: Option<&TaskTarget>, id: &str) -> Result<RecordTask, RecordFault> {
        let filter = self.of_target(app, target).await?;
        let unknown = || RecordFault::UnknownTask { id: shown_id(id) };
        let number: u64 = id.parse().map_err(|_| unknown())?;
        let found = self.parts.store.reader().record_task(app, number).await.map_err(|fault| unreadable(&fault))?;
        let of = |task: &RecordTask| {
            filter.channel.is_none_or(|channel| task.channel == Some(channel))
                && filter.stream.as_ref().is_none_or(|stream| task.stream == *stream)
        };
        found.filter(of).ok_or_else(unknown)
    }

    /// A page of an app's tasks, with how many recordings each has; the newest first if `descending`.
    ///
    /// # Errors
    /// [`RecordFault`]: `UnknownChannel`, `Unreadable`.
    pub async fn tasks_page(
        &self,
        app: AppId,
        target: Option<&TaskTarget>,
        descending: bool,
        offset: u64,
        limit: u32,
    ) -> Result<TaskLines, RecordFault> {
        let filter = self.of_target(app, target).await?;
        let reader = self.parts.store.reader();
        let page = reader.record_tasks_page(app, &filter, descending, offset, limit).await;
        let TaskPage { total, tasks } = page.map_err(|fault| unreadable(&fault))?;
        Ok(TaskLines { total, lines: self.counted(app, tasks).await? })
    }

    /// An app's tasks behind number `after`, at most `limit`; the newest first if `descending`.
    ///
    /// # Errors
    /// [`RecordFault::Unreadable`].
    pub async fn tasks(
        &self,
        app: AppId,
        filter: &TaskFilter,
        descending: bool,
        after: Option<u64>,
        limit: u32,
    ) -> Result<Vec<TaskLine>, RecordFault> {
        let tasks = self.parts.store.reader().record_tasks(app, filter, descending, after, limit).await;
        self.counted(app, tasks.map_err(|fault| unreadable(&fault))?).await
    }

    async fn counted(&self, app: AppId, tasks: Vec<RecordTask>) -> Result<Vec<TaskLine>, RecordFault> {
        let ids: Vec<u64> = tasks.iter().map(|task| task.id).collect();
        let counts = self.parts.store.reader().recordings_of_tasks(app, &ids).await;
        let counts = counts.map_err(|fault| unreadable(&fault))?;
        let line = |task: RecordTask| {
            let recordings = counts.get(&task.id).copied().unwrap_or(0);
            TaskLine { task, recordings }
        };
        Ok(tasks.into_iter().map(line).collect())
    }

    pub(super) async fn of_target(&self, app: AppId, target: Option<&TaskTarget>) -> Result<TaskFilter, RecordFault> {
        Ok(match target {
            None => TaskFilter::default(),
            Some(TaskTarget::Stream(stream)) => TaskFilter { stream: Some(stream.clone()), ..TaskFilter::default() },
            Some(TaskTarget::Channel(id)) => {
                let channel = self.channel(app, id).await?.id;
                TaskFilter { channel: Some(channel), ..TaskFilter::default() }
            }
        })
    }
}

fn shown(task: &RecordTask) -> Value {
    json!({
        "stream": task.stream.as_str(),
        "channel": task.channel.map(|channel| channel.to_string()),
        "kind": task.kind.as_str(),
        "formats": task.formats.to_string(),
        "begin_at_ms": task.begin_at.0,
        "end_at_ms": task.end_at.map(|end| end.0),
        "interval_ms": task.interval_ms,
        "name": task.name,
        "template": task.template,
    })
}
