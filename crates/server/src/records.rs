//! What carries out the Actions of recordings, and what the other APIs share with them.

use std::collections::HashMap;

use serde_json::{Value, json};
use vivace_base::UnixMs;
use vivace_domain::hex;
use vivace_domain::recording::{GivenTimes, RecordFault, RecordFormat, Recording, TaskKind, TimeRules, TimesFault};
use vivace_gate::{Caller as Who, CreateTaskFault, NewTask, RecordingList, TaskLine, TaskTarget};
use vivace_lvb::actions::{ActionFault, Caller, Page, RecordCommand, RecordStep, Reply, TaskOf};
use vivace_lvb::v3::{Form, Moment};

use crate::channels::fields;
use crate::http::kept::RECORDINGS;
use crate::shared::Shared;

/// Where a recording is fetched from; `host` is what the client calls this server, without a port.
pub(crate) fn url(shared: &Shared, host: &str, recording: &Recording) -> String {
    address(shared, host, recording, recording.format)
}

/// Where it is played from while it is made.
pub(crate) fn playlist_url(shared: &Shared, host: &str, recording: &Recording) -> String {
    address(shared, host, recording, RecordFormat::Hls)
}

/// How addresses of a host's HTTP port begin.
pub(crate) fn origin(host: &str, port: u16) -> String {
    let host = if host.contains(':') && !host.starts_with('[') { format!("[{host}]") } else { host.to_owned() };
    if port == 80 { format!("http://{host}") } else { format!("http://{host}:{port}") }
}

fn address(shared: &Shared, host: &str, recording: &Recording, format: RecordFormat) -> String {
    let (config, port) = (shared.config(), shared.addresses.http.port());
    let at = origin(config.public_host.as_deref().unwrap_or(host), port);
    format!("{at}{RECORDINGS}{}.{}", recording.id, format.extension())
}

/// How far the zone of the API is ahead of UTC, in minutes.
pub(crate) fn ahead_min(shared: &Shared) -> i64 {
    i64::try_from(shared.config().lvb_utc_offset_min).unwrap_or_default()
}

/// A time as it was given, in the zone of the API.
pub(crate) fn time(shared: &Shared, field: &'static str, text: Option<&str>) -> Result<Option<UnixMs>, RecordFault> {
    let moment = text.map(|text| Moment::parse(text, ahead_min(shared)).ok_or(TimesFault::Unparsable { field }));
    Ok(moment.transpose()?.map(|moment| moment.at))
}

/// The name of a recording for people.
pub(crate) fn name(shared: &Shared, recording: &Recording) -> String {
    recording.file_name(ahead_min(shared) * 60_000)
}

/// Carries one out.
pub(crate) struct Records<'a> {
    pub(crate) shared: &'a Shared,
    /// What the client calls this server, without a port.
    pub(crate) host: &'a str,
}

impl Records<'_> {
    pub(crate) async fn execute(
        &self,
        caller: &Caller,
        who: &Who,
        command: RecordCommand,
    ) -> Result<Reply, ActionFault> {
        let (recordings, app) = (&self.shared.recordings, caller.tenant.app.id);
        let refused = |step: RecordStep| move |fault: RecordFault| ActionFault::from(step.refused(fault));
        let change = refused(RecordStep::Change);
        match command {
            RecordCommand::Create { channel, begin, end, is_clip } => {
                let times = self.times(begin.as_deref(), end.as_deref(), is_clip).map_err(refused(RecordStep::Create));
                let (kind, rules) =
                    if is_clip { (TaskKind::Clip, TimeRules::CLIP) } else { (TaskKind::Timed, TimeRules::CHANNEL) };
                let new = NewTask::new(TaskTarget::Channel(channel), kind, times?, rules);
                let new = NewTask { live_only: is_clip, exclusive: true, ..new };
                let task = recordings.create_task(app, &caller.tenant.account, who, &new).await;
                let task = task.map_err(|fault| match fault {
                    CreateTaskFault::Record(fault) => refused(RecordStep::Create)(fault),
                    CreateTaskFault::Account(fault) => fault.into(),
                })?;
                Ok(fields([("task_id", task.id.to_string().into())]))
            }
            RecordCommand::Stop(TaskOf { channel, task }) => {
                let of = TaskTarget::Channel(channel);
                recordings.stop_task(app, who, Some(&of), &task).await.map_err(change)?;
                Ok(Reply::Done)
            }
            RecordCommand::Delete(TaskOf { channel, task }) => {
                let of = TaskTarget::Channel(channel);
                recordings.delete_task(app, who, Some(&of), &task).await.map_err(change)?;
                Ok(Reply::Done)
            }
            RecordCommand::List { channel, page } => {
                let of = TaskTarget::Channel(channel);
                let found = recordings.tasks_page(app, Some(&of), false, page.offset(), size(page)).await;
                let found = found.map_err(refused(RecordStep::Read))?;
                let tasks = found.lines.iter().map(|line| self.task(line)).collect();
                Ok(fields([("totalCount", found.total.to_string().into()), ("taskSet", tasks)]))
            }
            RecordCommand::Files { task, page } => {
                let list = RecordingList { task: Some(task.task), ..of_channel(task.channel, page) };
                let found = recordings.page(app, &list).await.map_err(refused(RecordStep::Read))?;
                let begins = self.begins(&found.recordings).await.map_err(refused(RecordStep::Read))?;
                let files = found.recordings.iter().map(|recording| self.file(recording, &begins)).collect();
                Ok(fields([("totalCount", found.total.to_string().into()), ("fileSet", files)]))
            }
            RecordCommand::VodFiles { channel, from, to, page } => {
                let read = refused(RecordStep::Read);
                let (from, to) = self.span(&from, to.as_deref()).map_err(read)?;
                let list = RecordingList { from, to, ..of_channel(channel, page) };
                let found = recordings.page(app, &list).await.map_err(read)?;
                let begins = self.begins(&found.recordings).await.map_err(read)?;
                let file = |recording: &Recording| {
                    let mut file = self.file(recording, &begins);
                    file["reportMessage"] = recording.failure.clone().unwrap_or_default().into();
                    file["taskId"] = recording.task.map_or_else(String::new, |task| task.to_string()).into();
                    file
                };
                let files: Vec<Value> = found.recordings.iter().map(file).collect();
                let total = found.total.to_string();
                Ok(fields([
                    ("totalCount", total.as_str().into()),
                    ("total_count", total.as_str().into()),
                    ("filesInfo", files.into()),
                ]))
            }
        }
    }

    /// A clip's begin is not looked at.
    fn times(&self, begin: Option<&str>, end: Option<&str>, is_clip: bool) -> Result<GivenTimes, RecordFault> {
        let begin = begin.filter(|_| !is_clip);
        Ok(GivenTimes { begin: time(self.shared, "startTime", begin)?, end: time(self.shared, "endTime", end)? })
    }

    fn span(&self, from: &str, to: Option<&str>) -> Result<(Option<UnixMs>, Option<UnixMs>), RecordFault> {
        let (from, to) = (time(self.shared, "startTime", Some(from))?, time(self.shared, "endTime", to)?);
        if to.is_some_and(|to| Some(to) <= from) {
            return Err(TimesFault::Order.into());
        }
        Ok((from, to))
    }

    fn date(&self, at: UnixMs) -> String {
        Form::Zone { ahead_min: ahead_min(self.shared) }.write(at)
    }

    fn task(&self, line: &TaskLine) -> Value {
        let task = &line.task;
        json!({
            "id": task.id.to_string(),
            "startTime": self.date(task.begin_at),
            "endTime": task.end_at.map_or_else(String::new, |end| self.date(end)),
            "status": task.state(self.shared.clock.unix()).number().to_string(),
            "count": line.recordings.to_string(),
        })
    }

    /// When the tasks of recordings began, those that are not deleted.
    async fn begins(&self, recordings: &[Recording]) -> Result<HashMap<u64, UnixMs>, RecordFault> {
        let mut begins = HashMap::new();
        for recording in recordings {
            let Some(id) = recording.task.filter(|id| !begins.contains_key(id)) else { continue };
            match self.shared.recordings.task(recording.app, None, &id.to_string()).await {
                Ok(task) => drop(begins.insert(id, task.begin_at)),
                // Its files stay.
                Err(RecordFault::UnknownTask { .. }) => {}
                Err(fault) => return Err(fault),
            }
        }
        Ok(begins)
    }

    /// A recorded file. Its times are seconds from the begin of its task, as texts; without a task, from its own.
    fn file(&self, recording: &Recording, begins: &HashMap<u64, UnixMs>) -> Value {
        let begin = recording.task.and_then(|task| begins.get(&task).copied());
        let zero = begin.map_or(recording.started_at, |begin| begin.min(recording.started_at));
        let seconds = |at: UnixMs| (at.0.saturating_sub(zero.0) / 1_000).to_string();
        let sum = recording.sha256.map(|sum| hex(&sum));
        json!({
            "fileId": recording.id.to_string(),
            "fileName": name(self.shared, recording),
            "startTime": seconds(recording.started_at),
            "endTime": seconds(recording.ended_at.unwrap_or(recording.started_at)),
            "fileFormat": recording.format.as_str(),
            "fileSize": recording.bytes.to_string(),
            "duration": (recording.duration_ms / 1_000).to_string(),
            "sha256": sum,
            "fileUrl": url(self.shared, self.host, recording),
        })
    }
}

fn of_channel(channel: String, page: Page) -> RecordingList {
    RecordingList {
        target: Some(TaskTarget::Channel(channel)),
        readable: true,
        offset: page.offset(),
        limit: size(page),
        ..RecordingList::default()
    }
}

fn size(page: Page) -> u32 {
    u32::try_from(page.size).unwrap_or(u32::MAX)
}
