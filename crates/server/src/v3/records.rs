use serde_json::{Map, Value, json};
use vivace_base::StreamName;
use vivace_domain::recording::{
    FormatSetting, GivenTimes, RecordFormat, RecordRule, RecordTemplate, TaskKind, TimeRules,
};
use vivace_gate::{Caller as Who, CreateTaskFault, NewTask, TaskFilter, TaskLine, TaskTarget, Tenant};
use vivace_lvb::v3::{Fault, Form, FormatChange, RecordCommand, RecordNew, RecordTemplateChange};

use super::{Fields, fields};
use crate::records::ahead_min;
use crate::shared::Shared;

/// Tasks in one reply; a token leads to the rest.
const TASKS: u32 = 100;
/// Longest time of one recording where nothing is said.
const INTERVAL_MS: u64 = 1_800_000;
/// Parameters of a template by the format that they are about.
const FORMATS: [(&str, RecordFormat); 4] = [
    ("FlvParam", RecordFormat::Flv),
    ("HlsParam", RecordFormat::Hls),
    ("Mp4Param", RecordFormat::Mp4),
    ("AacParam", RecordFormat::Aac),
];

pub(super) async fn execute(
    shared: &Shared,
    (tenant, who): (&Tenant, &Who),
    command: RecordCommand,
) -> Result<Fields, Fault> {
    let (recordings, app) = (&shared.recordings, tenant.app.id);
    match command {
        RecordCommand::CreateTask(new) => {
            let id = create(shared, (tenant, who), new).await?;
            return Ok(fields([("TaskId", id.to_string().into())]));
        }
        RecordCommand::Create(new) => {
            let id = create(shared, (tenant, who), new).await?;
            return Ok(fields([("TaskId", id.into())]));
        }
        RecordCommand::StopTask(id) => recordings.stop_task(app, who, None, &id).await?,
        RecordCommand::DeleteTask(id) => recordings.delete_task(app, who, None, &id).await?,
        RecordCommand::Stop { stream, task } => {
            recordings.stop_task(app, who, Some(&TaskTarget::Stream(stream)), &task).await?;
        }
        RecordCommand::Delete { stream, task } => {
            recordings.delete_task(app, who, Some(&TaskTarget::Stream(stream)), &task).await?;
        }
        RecordCommand::Tasks { from, to, stream, domain, is_served, after } => {
            let stream = stream.map(|name| StreamName::parse(&name));
            let is_served = is_served && !matches!(stream, Some(Err(_)));
            let filter = TaskFilter {
                stream: stream.and_then(Result::ok),
                domain,
                begin_from: Some(from),
                begin_to: Some(to),
                ..TaskFilter::default()
            };
            let found =
                if is_served { recordings.tasks(app, &filter, false, Some(after), TASKS).await? } else { Vec::new() };
            let is_full = found.len() == TASKS as usize;
            let token = found.last().filter(|_| is_full).map_or_else(String::new, |last| last.task.id.to_string());
            let tasks: Vec<Value> = found.iter().map(task).collect();
            return Ok(fields([("ScrollToken", token.into()), ("TaskList", tasks.into())]));
        }
        RecordCommand::CreateTemplate(new) => {
            return Ok(fields([("TemplateId", recordings.create_template(app, who, new).await?.into())]));
        }
        RecordCommand::ModifyTemplate { id, change } => {
            let before = recordings.template(app, id).await?;
            recordings.change_template(app, who, changed(before, change)).await?;
        }
        RecordCommand::DeleteTemplate(id) => recordings.delete_template(app, who, id).await?,
        RecordCommand::Template(id) => {
            return Ok(fields([("Template", template(&recordings.template(app, id).await?))]));
        }
        RecordCommand::Templates { other_kind } => {
            let found = if other_kind { Vec::new() } else { recordings.templates(app, None).await? };
            return Ok(fields([("Templates", found.iter().map(template).collect())]));
        }
        RecordCommand::CreateRule(rule) => recordings.create_rule(app, who, rule).await?,
        RecordCommand::DeleteRule(rule) => recordings.delete_rule(app, who, rule).await?,
        RecordCommand::Rules => {
            let form = Form::Zone { ahead_min: ahead_min(shared) };
            let found = recordings.rules(app).await?;
            return Ok(fields([("Rules", found.iter().map(|one| rule(one, form)).collect())]));
        }
    }
    Ok(Fields::new())
}

/// Without a begin it is what is live now that is kept.
async fn create(shared: &Shared, (tenant, who): (&Tenant, &Who), new: RecordNew) -> Result<u64, Fault> {
    let (kind, rules) =
        if new.is_clip { (TaskKind::Clip, TimeRules::CLIP) } else { (TaskKind::Timed, TimeRules::TASK) };
    // The end of a clip that lies in the past counts as none.
    let end = new.end.filter(|end| !new.is_clip || *end > shared.clock.unix());
    let times = GivenTimes { begin: new.begin, end };
    let asked = NewTask {
        live_only: new.is_clip || new.begin.is_none(),
        formats: new.formats,
        interval_ms: new.interval_ms,
        domain: new.domain,
        template: new.template,
        keep_ms: new.keep_ms,
        ..NewTask::new(TaskTarget::Stream(new.stream), kind, times, rules)
    };
    match shared.recordings.create_task(tenant.app.id, &tenant.account, who, &asked).await {
        Ok(task) => Ok(task.id),
        Err(CreateTaskFault::Record(fault)) => Err(fault.into()),
        Err(CreateTaskFault::Account(fault)) => Err(fault.into()),
    }
}

/// What is not said stays.
fn changed(before: RecordTemplate, change: RecordTemplateChange) -> RecordTemplate {
    let mut formats = before.formats;
    for change in change.formats {
        let known = formats.iter().position(|setting| setting.format == change.format);
        let known = known.map(|at| formats.remove(at));
        if change.enable.unwrap_or(known.is_some()) {
            formats.push(setting(known, change));
        }
    }
    RecordTemplate {
        name: change.name.unwrap_or(before.name),
        description: change.description.unwrap_or(before.description),
        formats,
        ..before
    }
}

fn setting(known: Option<FormatSetting>, change: FormatChange) -> FormatSetting {
    let FormatChange { format, enable: _, interval_ms, keep_ms, name } = change;
    let usual = if format == RecordFormat::Hls { 0 } else { INTERVAL_MS };
    let known = known.unwrap_or(FormatSetting { format, interval_ms: usual, keep_ms: 0, name: String::new() });
    FormatSetting {
        format,
        interval_ms: if format == RecordFormat::Hls { 0 } else { interval_ms.unwrap_or(known.interval_ms) },
        keep_ms: keep_ms.unwrap_or(known.keep_ms),
        name: name.unwrap_or(known.name),
    }
}

fn task(line: &TaskLine) -> Value {
    let task = &line.task;
    json!({
        "TaskId": task.id.to_string(),
        "DomainName": task.domain,
        "AppName": vivace_domain::live::APP_NAME,
        "StreamName": task.stream.as_str(),
        "StartTime": task.begin_at.0 / 1_000,
        "EndTime": task.end_at.map_or(0, |end| end.0 / 1_000),
        "TemplateId": task.template.unwrap_or(0),
        "Stopped": task.stopped_at.map_or(0, |at| at.0 / 1_000),
    })
}

fn template(template: &RecordTemplate) -> Value {
    let mut shown = Map::new();
    shown.insert("TemplateId".to_owned(), template.id.into());
    shown.insert("TemplateName".to_owned(), template.name.as_str().into());
    shown.insert("Description".to_owned(), template.description.as_str().into());
    shown.insert("IsDelayLive".to_owned(), 0.into());
    for (field, format) in FORMATS {
        let setting = template.formats.iter().find(|setting| setting.format == format);
        shown.insert(field.to_owned(), param(setting));
    }
    shown.insert("Mp3Param".to_owned(), param(None));
    shown.insert("HlsSpecialParam".to_owned(), json!({ "FlowContinueDuration": 0 }));
    shown.insert("FlvSpecialParam".to_owned(), json!({ "UploadInRecording": false }));
    shown.insert("RemoveWatermark".to_owned(), false.into());
    Value::Object(shown)
}

fn param(setting: Option<&FormatSetting>) -> Value {
    json!({
        "Enable": i32::from(setting.is_some()),
        "RecordInterval": setting.map_or(INTERVAL_MS / 1_000, |setting| setting.interval_ms / 1_000),
        "StorageTime": setting.map_or(0, |setting| setting.keep_ms / 1_000),
        "VodSubAppId": 0,
        "VodFileName": setting.map_or("", |setting| setting.name.as_str()),
        "Procedure": "",
        "StorageMode": "",
        "ClassId": 0,
    })
}

fn rule(rule: &RecordRule, form: Form) -> Value {
    json!({
        "CreateTime": form.write(rule.created_at),
        "UpdateTime": form.write(rule.created_at),
        "TemplateId": rule.template,
        "DomainName": rule.domain,
        "AppName": rule.path,
        "StreamName": rule.stream,
    })
}
