use vivace_base::{Secret, StreamName};
use vivace_domain::live::APP_NAME;

use super::{Read, misplaced};
use crate::access::ParameterFault;
use crate::v3::params::{missing, out_of_range};
use crate::v3::{Action, Fault, PullChange, PullCommand, PullNew};

/// The one type of source that is pulled.
const LIVE: &str = "PullLivePushLive";
/// Parameters that ask for what is not done, unless they are absent or empty.
const UNSUPPORTED: [(&str, &str); 10] = [
    ("CallbackUrl", "a callback of tasks"),
    ("CallbackEvents", "a callback of tasks"),
    ("BackupSourceUrl", "a second source"),
    ("BackupSourceType", "a second source"),
    ("BackupVodUrl", "a second source"),
    ("BackupToUrl", "a second target"),
    ("WatermarkList", "a watermark"),
    ("RecordTemplateId", "a recording of the task"),
    ("TranscodeTemplateName", "transcoding"),
    ("PushArgs", "a parameter of the push"),
];

pub(super) fn parse(action: Action, read: Read<'_>) -> Result<PullCommand, Fault> {
    Ok(match action {
        Action::CreateLivePullStreamTask => PullCommand::Create(Box::new(create(read)?)),
        Action::ModifyLivePullStreamTask => {
            let (id, operator) = (read.task()?, read.params.required("Operator")?.to_owned());
            PullCommand::Modify { id, operator, change: Box::new(change(read)?) }
        }
        Action::DeleteLivePullStreamTask => {
            read.params.required("Operator")?;
            PullCommand::Delete { id: read.task()? }
        }
        Action::DescribeLivePullStreamTasks => {
            PullCommand::List { id: read.optional_task()?, page: read.page(10, 20)? }
        }
        Action::DescribeLivePullStreamTaskStatus => PullCommand::Status { id: read.task()? },
        Action::RestartLivePullStreamTask => {
            read.params.required("Operator")?;
            PullCommand::Restart { id: read.task()? }
        }
        other => return Err(misplaced(other)),
    })
}

fn create(read: Read<'_>) -> Result<PullNew, Fault> {
    let params = read.params;
    match params.required("SourceType")? {
        LIVE => {}
        "PullVodPushLive" => return Err(Fault::NotSupported { field: "SourceType", what: "a source of files" }),
        "PullPicPushLive" => return Err(Fault::NotSupported { field: "SourceType", what: "a source of pictures" }),
        _ => return Err(out_of_range("SourceType", "PullLivePushLive").into()),
    }
    refuse_unsupported(read)?;
    let source = source(read)?.ok_or_else(|| missing("SourceUrls"))?;
    let target = params.text("ToUrl")?.filter(|url| !url.is_empty()).map(|url| Secret::new(url.to_owned()));
    let (domain, name) = (read.owned("DomainName")?, params.text("StreamName")?.unwrap_or_default());
    let stream = if target.is_some() && name.is_empty() { None } else { Some(stream(read)?) };
    Ok(PullNew {
        source,
        domain,
        stream,
        target,
        begin_at: read.required_moment("StartTime")?.at,
        end_at: read.required_moment("EndTime")?.at,
        operator: params.required("Operator")?.to_owned(),
        comment: read.owned("Comment")?,
        given_id: read.owned("SpecifyTaskId")?,
    })
}

fn change(read: Read<'_>) -> Result<PullChange, Fault> {
    refuse_unsupported(read)?;
    let text = |name| Ok::<_, Fault>(read.params.text(name)?.filter(|text| !text.is_empty()));
    let paused = match text("Status")? {
        None => None,
        Some("enable") => Some(false),
        Some("pause") => Some(true),
        Some(_) => return Err(out_of_range("Status", "enable or pause").into()),
    };
    Ok(PullChange {
        source: source(read)?,
        target: text("ToUrl")?.map(|url| Secret::new(url.to_owned())),
        begin_at: read.time("StartTime")?,
        end_at: read.time("EndTime")?,
        paused,
        comment: read.params.text("Comment")?.map(str::to_owned),
    })
}

fn refuse_unsupported(read: Read<'_>) -> Result<(), Fault> {
    match UNSUPPORTED.iter().find(|(field, _)| read.params.has(field)) {
        Some((field, what)) => Err(Fault::NotSupported { field, what }),
        None => Ok(()),
    }
}

/// The one source.
fn source(read: Read<'_>) -> Result<Option<Secret<String>>, Fault> {
    match read.params.texts("SourceUrls")?.as_slice() {
        [] => Ok(None),
        [url] => Ok(Some(Secret::new(url.clone()))),
        _ => Err(out_of_range("SourceUrls", "one address, since a live source has no other").into()),
    }
}

fn stream(read: Read<'_>) -> Result<StreamName, Fault> {
    read.params.required("DomainName")?;
    if read.params.required("AppName")? != APP_NAME {
        return Err(out_of_range("AppName", APP_NAME).into());
    }
    let name = read.params.required("StreamName")?;
    StreamName::parse(name).map_err(|_| {
        let expected = "a stream name";
        ParameterFault::OutOfRange { field: "StreamName".to_owned(), expected }.into()
    })
}
