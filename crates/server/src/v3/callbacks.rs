use serde_json::{Map, Value, json};
use vivace_base::{AppId, Secret, UnixMs};
use vivace_domain::hook::HookKind;
use vivace_gate::{CallbackRule, CallbackTemplate, Caller as Who, NewTemplate};
use vivace_lvb::v3::{CallbackCommand, Fault, TemplateChange, utc};

use super::{Fields, fields};
use crate::shared::Shared;

/// Fields with the address of a kind of event.
const URLS: [(HookKind, &str); 5] = [
    (HookKind::PushBegan, "StreamBeginNotifyUrl"),
    (HookKind::PushEnded, "StreamEndNotifyUrl"),
    (HookKind::Recorded, "RecordNotifyUrl"),
    (HookKind::Screenshot, "SnapshotNotifyUrl"),
    (HookKind::PushError, "PushExceptionNotifyUrl"),
];

pub(super) async fn execute(
    shared: &Shared,
    (app, who): (AppId, &Who),
    command: CallbackCommand,
) -> Result<Fields, Fault> {
    let rules = &shared.callback_rules;
    match command {
        CallbackCommand::Create(new) => {
            let urls = new.urls.into_iter().map(|(kind, _, url)| (kind, url)).collect();
            let new = NewTemplate { name: new.name, description: new.description, callback_key: new.key, urls };
            return Ok(fields([("TemplateId", rules.create_template(app, who, &new).await?.into())]));
        }
        CallbackCommand::Modify { id, change } => {
            let before = one(rules.templates(app, Some(id)).await?)?;
            rules.change_template(app, who, id, &changed(before.content, change)).await?;
        }
        CallbackCommand::Delete(id) => rules.delete_template(app, who, id).await?,
        CallbackCommand::Describe(id) => {
            let found = one(rules.templates(app, Some(id)).await?)?;
            return Ok(fields([("Template", template(&found))]));
        }
        CallbackCommand::List => {
            let found = rules.templates(app, None).await?;
            return Ok(fields([("Templates", found.iter().map(template).collect())]));
        }
        CallbackCommand::CreateRule { domain, path, template } => {
            let domain = domain.as_str().to_owned();
            let same = |rule: &CallbackRule| rule.domain == domain && rule.path == path && rule.stream.is_empty();
            if rules.rules(app).await?.iter().any(same) {
                return Err(Fault::RuleKnown);
            }
            let rule = CallbackRule { domain, path, stream: String::new(), template, created_at: UnixMs(0) };
            rules.put_rule(app, who, &rule).await?;
        }
        CallbackCommand::DeleteRule { domain, path } => {
            rules.delete_rule(app, who, (domain.as_str(), &path, "")).await?;
        }
        CallbackCommand::Rules => {
            let found = rules.rules(app).await?;
            return Ok(fields([("Rules", found.iter().map(rule).collect())]));
        }
    }
    Ok(Fields::new())
}

fn one(found: Vec<CallbackTemplate>) -> Result<CallbackTemplate, Fault> {
    found.into_iter().next().ok_or(Fault::Internal)
}

/// What is not said stays; an empty address, or key, goes.
fn changed(before: NewTemplate, change: TemplateChange) -> NewTemplate {
    let mut urls = before.urls;
    for (kind, _, url) in change.urls {
        urls.retain(|(known, _)| *known != kind);
        if !url.is_empty() {
            urls.push((kind, url));
        }
    }
    NewTemplate {
        name: change.name.unwrap_or(before.name),
        description: change.description.unwrap_or(before.description),
        callback_key: match change.key {
            Some(key) => Some(key).filter(|key| !key.reveal().is_empty()),
            None => before.callback_key,
        },
        urls,
    }
}

fn template(template: &CallbackTemplate) -> Value {
    let content = &template.content;
    let mut shown = Map::new();
    shown.insert("TemplateId".to_owned(), template.id.into());
    shown.insert("TemplateName".to_owned(), content.name.as_str().into());
    shown.insert("Description".to_owned(), content.description.as_str().into());
    for (kind, field) in URLS {
        let url = content.urls.iter().find(|(known, _)| *known == kind).map_or("", |(_, url)| url.as_str());
        shown.insert(field.to_owned(), url.into());
    }
    let key = content.callback_key.as_ref().map_or("", |key: &Secret<String>| key.reveal().as_str());
    shown.insert("CallbackKey".to_owned(), key.into());
    for field in ["StreamMixNotifyUrl", "PornCensorshipNotifyUrl", "AudioAuditNotifyUrl", "RecordExceptionNotifyUrl"] {
        shown.insert(field.to_owned(), "".into());
    }
    Value::Object(shown)
}

fn rule(rule: &CallbackRule) -> Value {
    json!({
        "CreateTime": utc(rule.created_at),
        "UpdateTime": utc(rule.created_at),
        "TemplateId": rule.template,
        "DomainName": rule.domain,
        "AppName": rule.path,
    })
}
