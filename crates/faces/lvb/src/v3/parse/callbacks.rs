use vivace_base::Secret;
use vivace_domain::hook::HookKind;
use vivace_domain::live::APP_NAME;

use super::{Read, misplaced};
use crate::v3::{Action, CallbackCommand, Fault, Template, TemplateChange};

/// Parameters with the address of a kind of event.
const URLS: [(HookKind, &str); 5] = [
    (HookKind::PushBegan, "StreamBeginNotifyUrl"),
    (HookKind::PushEnded, "StreamEndNotifyUrl"),
    (HookKind::Recorded, "RecordNotifyUrl"),
    (HookKind::Screenshot, "SnapshotNotifyUrl"),
    (HookKind::PushError, "PushExceptionNotifyUrl"),
];
/// Parameters with the address of events that are never sent: whoever gives one would wait for ever.
const OTHERS: [&str; 5] = [
    "RecordStatusNotifyUrl",
    "PornCensorshipNotifyUrl",
    "StreamMixNotifyUrl",
    "AudioAuditNotifyUrl",
    "RecordExceptionNotifyUrl",
];

pub(super) fn parse(action: Action, read: Read<'_>) -> Result<CallbackCommand, Fault> {
    let params = read.params;
    let id = || params.required_integer("TemplateId");
    let rule = || {
        let path = read.owned("AppName")?;
        Ok::<_, Fault>((read.host()?, if path.is_empty() { APP_NAME.to_owned() } else { path }))
    };
    Ok(match action {
        Action::CreateLiveCallbackTemplate => CallbackCommand::Create(Template {
            name: params.required("TemplateName")?.to_owned(),
            description: read.owned("Description")?,
            key: params.text("CallbackKey")?.filter(|key| !key.is_empty()).map(|key| Secret::new(key.to_owned())),
            urls: urls(read)?.into_iter().filter(|(_, _, url)| !url.is_empty()).collect(),
        }),
        Action::ModifyLiveCallbackTemplate => {
            let text = |name| Ok::<_, Fault>(params.text(name)?.map(str::to_owned));
            let change = TemplateChange {
                name: text("TemplateName")?.filter(|name| !name.is_empty()),
                description: text("Description")?,
                key: text("CallbackKey")?.map(Secret::new),
                urls: urls(read)?,
            };
            CallbackCommand::Modify { id: id()?, change }
        }
        Action::DeleteLiveCallbackTemplate => CallbackCommand::Delete(id()?),
        Action::DescribeLiveCallbackTemplate => CallbackCommand::Describe(id()?),
        Action::DescribeLiveCallbackTemplates => CallbackCommand::List,
        Action::CreateLiveCallbackRule => {
            let (domain, path) = rule()?;
            CallbackCommand::CreateRule { domain, path, template: id()? }
        }
        Action::DeleteLiveCallbackRule => {
            let (domain, path) = rule()?;
            CallbackCommand::DeleteRule { domain, path }
        }
        Action::DescribeLiveCallbackRules => CallbackCommand::Rules,
        other => return Err(misplaced(other)),
    })
}

fn urls(read: Read<'_>) -> Result<Vec<(HookKind, &'static str, String)>, Fault> {
    for field in OTHERS {
        if read.params.text(field)?.is_some_and(|url| !url.is_empty()) {
            return Err(Fault::NotSupported { field, what: "a callback of this kind" });
        }
    }
    if read.params.has("RecordExceptionLevels") {
        return Err(Fault::NotSupported { field: "RecordExceptionLevels", what: "a callback of this kind" });
    }
    let mut urls = Vec::new();
    for (kind, field) in URLS {
        if let Some(url) = read.params.text(field)? {
            urls.push((kind, field, url.to_owned()));
        }
    }
    Ok(urls)
}
