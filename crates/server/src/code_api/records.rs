//! What carries out the calls about recordings.

use serde_json::{Value, json};
use vivace_base::StreamName;
use vivace_domain::recording::{GivenTimes, RecordFault, Recording, TaskKind, TimeRules};
use vivace_gate::{Caller as Who, CreateTaskFault, NewTask, RecordingList, TaskTarget};
use vivace_lvb::actions::RecordStep;
use vivace_lvb::code_api::{Caller, Fault, Page};
use vivace_lvb::v3::Form;

use super::Executor;
use crate::records;

/// `Live_Tape_Start`.
pub(super) struct Tape {
    pub(super) begin: Option<String>,
    pub(super) end: Option<String>,
    pub(super) is_clip: bool,
}

/// `Live_Tape_GetFilelist`.
pub(super) struct Files {
    pub(super) from: Option<String>,
    pub(super) to: Option<String>,
    pub(super) descending: bool,
    pub(super) page: Page,
}

impl Executor<'_> {
    pub(super) async fn start_tape(
        &self,
        caller: &Caller,
        who: &Who,
        channel: StreamName,
        tape: Tape,
    ) -> Result<Value, Fault> {
        let app = caller.tenant.app.id;
        let stream = self.stream(app, channel).await?;
        let refused = |fault| Fault::from(RecordStep::Create.refused(fault));
        let time = |field, text: Option<&str>| records::time(self.shared, field, text).map_err(refused);
        let times = GivenTimes {
            begin: time("start_time", tape.begin.as_deref().filter(|_| !tape.is_clip))?,
            end: time("end_time", tape.end.as_deref())?,
        };
        let (kind, rules) =
            if tape.is_clip { (TaskKind::Clip, TimeRules::CLIP) } else { (TaskKind::Timed, TimeRules::CODE) };
        let new = NewTask {
            live_only: tape.is_clip,
            exclusive: true,
            ..NewTask::new(TaskTarget::Stream(stream), kind, times, rules)
        };
        let made = self.shared.recordings.create_task(app, &caller.tenant.account, who, &new).await;
        let task = made.map_err(|fault| match fault {
            CreateTaskFault::Record(fault) => refused(fault),
            CreateTaskFault::Account(fault) => fault.into(),
        })?;
        Ok(json!({ "task_id": task.id }))
    }

    pub(super) async fn stop_tape(
        &self,
        caller: &Caller,
        who: &Who,
        channel: StreamName,
        task: &str,
    ) -> Result<Value, Fault> {
        let app = caller.tenant.app.id;
        let of = TaskTarget::Stream(self.stream(app, channel).await?);
        let stopped = self.shared.recordings.stop_task(app, who, Some(&of), task).await;
        stopped.map(|()| Value::Null).map_err(|fault| RecordStep::Change.refused(fault).into())
    }

    pub(super) async fn tape_files(&self, caller: &Caller, channel: StreamName, files: Files) -> Result<Value, Fault> {
        let app = caller.tenant.app.id;
        let refused = |fault: RecordFault| Fault::from(RecordStep::Read.refused(fault));
        let time = |field, text: Option<&str>| records::time(self.shared, field, text).map_err(refused);
        let list = RecordingList {
            target: Some(TaskTarget::Stream(self.stream(app, channel).await?)),
            from: time("start_time", files.from.as_deref())?,
            to: time("end_time", files.to.as_deref())?,
            readable: true,
            descending: files.descending,
            offset: files.page.offset(),
            limit: u32::try_from(files.page.size).unwrap_or(u32::MAX),
            ..RecordingList::default()
        };
        let found = self.shared.recordings.page(app, &list).await.map_err(refused)?;
        let shown: Vec<Value> = found.recordings.iter().map(|recording| self.tape_file(recording)).collect();
        Ok(json!({ "all_count": found.total, "file_list": shown }))
    }

    fn tape_file(&self, recording: &Recording) -> Value {
        let form = Form::Zone { ahead_min: records::ahead_min(self.shared) };
        let id = recording.id.to_string();
        json!({
            "vid": id,
            "file_id": id,
            "start_time": form.write(recording.started_at),
            "end_time": form.write(recording.ended_at.unwrap_or(recording.started_at)),
            "file_format": recording.format.as_str(),
            "file_size": recording.bytes,
            "duration": recording.duration_ms / 1_000,
            "record_file_url": records::url(self.shared, self.host, recording),
        })
    }
}
