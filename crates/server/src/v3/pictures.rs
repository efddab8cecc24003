use serde_json::{Value, json};
use vivace_base::{AppId, UnixMs};
use vivace_domain::picture::{NewPictureTemplate, PictureRule, PictureTemplate};
use vivace_gate::{Caller as Who, NewStreamTask, PictureTaskAsk, PictureTaskNow};
use vivace_lvb::v3::{Fault, Form, PictureCommand, PictureTemplateChange};

use super::{Fields, fields};
use crate::shared::Shared;

/// Tasks in one reply; a token leads to the rest.
const TASKS: u32 = 100;

pub(super) async fn execute(
    shared: &Shared,
    (app, who): (AppId, &Who),
    command: PictureCommand,
) -> Result<Fields, Fault> {
    let rules = &shared.picture_rules;
    match command {
        PictureCommand::Create { stream, domain, template, begin, end } => {
            let new = NewStreamTask { stream, domain, template, begin, end };
            let id = rules.create_task(app, who, new).await?;
            return Ok(fields([("TaskId", id.to_string().into())]));
        }
        PictureCommand::Stop(id) => rules.stop_task(app, who, None, &id).await?,
        PictureCommand::Delete(id) => rules.delete_task(app, who, None, &id).await?,
        PictureCommand::List { from, to, stream, domain, is_served, after } => {
            let ask = PictureTaskAsk { from, to, stream, domain, after, limit: TASKS };
            let found = if is_served { rules.tasks(app, &ask).await? } else { Vec::new() };
            let is_full = found.len() == TASKS as usize;
            let token = found.last().filter(|_| is_full).map_or_else(String::new, |last| last.task.id.to_string());
            let tasks: Vec<Value> = found.iter().map(task).collect();
            return Ok(fields([("ScrollToken", token.into()), ("TaskList", tasks.into())]));
        }
        PictureCommand::CreateTemplate(new) => {
            return Ok(fields([("TemplateId", rules.create_template(app, who, new).await?.into())]));
        }
        PictureCommand::ModifyTemplate { id, change } => {
            let before = rules.template(app, id).await?;
            rules.change_template(app, who, id, changed(before.content, change)).await?;
        }
        PictureCommand::DeleteTemplate(id) => rules.delete_template(app, who, id).await?,
        PictureCommand::Template(id) => {
            return Ok(fields([("Template", template(&rules.template(app, id).await?))]));
        }
        PictureCommand::Templates => {
            let found = rules.templates(app, None).await?;
            return Ok(fields([("Templates", found.iter().map(template).collect())]));
        }
        PictureCommand::CreateRule { domain, path, stream, template } => {
            let rule = PictureRule { domain, path, stream, template, created_at: UnixMs(0) };
            rules.create_rule(app, who, rule).await?;
        }
        PictureCommand::DeleteRule { domain, path, stream } => {
            rules.delete_rule(app, who, (&domain, &path, &stream)).await?;
        }
        PictureCommand::Rules => {
            let form = Form::Zone { ahead_min: i64::try_from(shared.config().lvb_utc_offset_min).unwrap_or_default() };
            let found = rules.rules(app).await?;
            return Ok(fields([("Rules", found.iter().map(|one| rule(one, form)).collect())]));
        }
    }
    Ok(Fields::new())
}

/// What is not said stays.
fn changed(before: NewPictureTemplate, change: PictureTemplateChange) -> NewPictureTemplate {
    NewPictureTemplate {
        name: change.name.unwrap_or(before.name),
        description: change.description.unwrap_or(before.description),
        interval_s: change.interval_s.unwrap_or(before.interval_s),
        width: change.width.unwrap_or(before.width),
        height: change.height.unwrap_or(before.height),
    }
}

fn task(now: &PictureTaskNow) -> Value {
    let task = &now.task;
    let seconds = |at: UnixMs| at.0.div_euclid(1_000);
    json!({
        "TaskId": task.id.to_string(),
        "DomainName": task.domain,
        "AppName": vivace_domain::live::APP_NAME,
        "StreamName": task.stream.as_str(),
        "StartTime": seconds(task.begin_at),
        "EndTime": seconds(task.end_at),
        "TemplateId": task.template.unwrap_or_default(),
        "Stopped": task.stopped_at.map_or(0, seconds),
    })
}

fn template(template: &PictureTemplate) -> Value {
    let content = &template.content;
    json!({
        "TemplateId": template.id,
        "TemplateName": content.name,
        "Description": content.description,
        "SnapshotInterval": content.interval_s,
        "Width": content.width,
        "Height": content.height,
        "PornFlag": 0,
        "CosAppId": 0,
        "CosBucket": "",
        "CosRegion": "",
        "CosPrefix": "/{Year}-{Month}-{Day}",
        "CosFileName": "{StreamID}-screenshot-{Hour}-{Minute}-{Second}-{Width}x{Height}{Ext}",
    })
}

fn rule(rule: &PictureRule, form: Form) -> Value {
    json!({
        "CreateTime": form.write(rule.created_at),
        "UpdateTime": form.write(rule.created_at),
        "TemplateId": rule.template,
        "DomainName": rule.domain,
        "AppName": rule.path,
        "StreamName": rule.stream,
    })
}
