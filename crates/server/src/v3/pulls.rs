use serde_json::{Value, json};
use vivace_domain::live::APP_NAME;
use vivace_domain::relay::RelayUrl;
use vivace_domain::task::PullTask;
use vivace_gate::Caller as Who;
use vivace_lvb::v3::{Fault, PullCommand, utc};

use super::{Fields, cut, fields, paged};
use crate::shared::Shared;
use crate::tasks::Tasks;

/// The one type of source that is pulled.
const LIVE: &str = "PullLivePushLive";

pub(super) async fn execute(shared: &Shared, who: &Who, command: PullCommand) -> Result<Fields, Fault> {
    let tasks = &shared.tasks;
    match command {
        PullCommand::Create(new) => {
            let id = tasks.create(shared, who, *new).await?;
            return Ok(fields([("TaskId", id.to_string().into())]));
        }
        PullCommand::Modify { id, operator, change } => tasks.modify(shared, who, (&id, operator), *change).await?,
        PullCommand::Delete { id } => tasks.delete(shared, who, &id).await?,
        PullCommand::Restart { id } => tasks.restart(shared, who, &id).await?,
        PullCommand::List { id, page } => {
            let found = match id {
                Some(id) => tasks.find(&id).into_iter().collect(),
                None => tasks.list(),
            };
            let (found, total) = cut(found, page);
            let shown = found.iter().map(|task| info(shared, task)).collect();
            let mut page = paged("TaskInfos", shown, page, total);
            page.insert("LimitTaskNum".to_owned(), shared.limits.get().pull_tasks_max.into());
            return Ok(page);
        }
        PullCommand::Status { id } => {
            let task = tasks.find(&id)?;
            let (runs, _) = Tasks::state(shared, &task);
            let status = json!({
                "FileUrl": task.source.shown(),
                "LoopedTimes": 0,
                "OffsetTime": 0,
                "ReportTime": utc(shared.clock.unix()),
                "RunStatus": if runs { "active" } else { "inactive" },
                "FileDuration": 0,
                "NextFileUrl": "",
            });
            return Ok(fields([("TaskStatusInfo", status)]));
        }
    }
    Ok(Fields::new())
}

/// Addresses are shown without their queries, which hold keys.
fn info(shared: &Shared, task: &PullTask) -> Value {
    let (_, failure) = Tasks::state(shared, task);
    json!({
        "TaskId": task.id.to_string(),
        "SourceType": LIVE,
        "SourceUrls": [task.source.shown()],
        "DomainName": task.domain,
        "AppName": APP_NAME,
        "StreamName": task.stream.as_str(),
        "ToUrl": task.target.as_ref().map_or_else(String::new, RelayUrl::shown),
        "PushArgs": "",
        "StartTime": utc(task.begin_at),
        "EndTime": utc(task.end_at),
        "CreateTime": utc(task.created_at),
        "UpdateTime": utc(task.updated_at),
        "CreateBy": task.created_by,
        "UpdateBy": task.updated_by,
        "Status": if task.paused { "pause" } else { "enable" },
        "ErrorInfo": failure.unwrap_or_default(),
        "Comment": task.comment,
    })
}
