use vivace_base::{StreamName, UnixMs};
use vivace_domain::live::APP_NAME;
use vivace_domain::picture::NewPictureTemplate;

use super::{Read, STREAM, misplaced};
use crate::v3::params::out_of_range;
use crate::v3::{Action, Fault, PictureCommand, PictureTemplateChange};

const TIME: &str = "a Unix time in seconds";
/// Parameters of the cloud's own storage: whoever names a bucket would look for the pictures there.
const BUCKET: [&str; 5] = ["CosBucket", "CosRegion", "CosPrefix", "CosFileName", "CosAppId"];

pub(super) fn parse(action: Action, read: Read<'_>) -> Result<PictureCommand, Fault> {
    let params = read.params;
    let id = || params.required_integer("TemplateId");
    let task = || Ok::<_, Fault>(params.required("TaskId")?.to_owned());
    Ok(match action {
        Action::CreateScreenshotTask => create(read)?,
        Action::StopScreenshotTask => PictureCommand::Stop(task()?),
        Action::DeleteScreenshotTask => PictureCommand::Delete(task()?),
        Action::DescribeScreenshotTask => {
            let filter = |name| Ok::<_, Fault>(params.text(name)?.filter(|text| !text.is_empty()).map(str::to_owned));
            let after = match params.text("ScrollToken")?.filter(|token| !token.is_empty()) {
                None => 0,
                Some(token) => token.parse().map_err(|_| out_of_range("ScrollToken", "one of the reply before"))?,
            };
            PictureCommand::List {
                from: time("StartTime", params.required_integer("StartTime")?)?,
                to: time("EndTime", params.required_integer("EndTime")?)?,
                stream: filter("StreamName")?,
                domain: filter("DomainName")?,
                is_served: read.is_served(false)?,
                after,
            }
        }
        Action::CreateLiveSnapshotTemplate => {
            unsupported(read)?;
            PictureCommand::CreateTemplate(NewPictureTemplate {
                name: params.required("TemplateName")?.to_owned(),
                description: read.owned("Description")?,
                interval_s: params.integer("SnapshotInterval")?.unwrap_or(10),
                width: params.integer("Width")?.unwrap_or(0),
                height: params.integer("Height")?.unwrap_or(0),
            })
        }
        Action::ModifyLiveSnapshotTemplate => {
            unsupported(read)?;
            let text = |name| Ok::<_, Fault>(params.text(name)?.map(str::to_owned));
            let change = PictureTemplateChange {
                name: text("TemplateName")?.filter(|name| !name.is_empty()),
                description: text("Description")?,
                interval_s: params.integer("SnapshotInterval")?,
                width: params.integer("Width")?,
                height: params.integer("Height")?,
            };
            PictureCommand::ModifyTemplate { id: id()?, change }
        }
        Action::DeleteLiveSnapshotTemplate => PictureCommand::DeleteTemplate(id()?),
        Action::DescribeLiveSnapshotTemplate => PictureCommand::Template(id()?),
        Action::DescribeLiveSnapshotTemplates => PictureCommand::Templates,
        Action::CreateLiveSnapshotRule => {
            let (domain, path, stream) = streams(read)?;
            PictureCommand::CreateRule { domain, path, stream, template: id()? }
        }
        Action::DeleteLiveSnapshotRule => {
            let (domain, path, stream) = streams(read)?;
            PictureCommand::DeleteRule { domain, path, stream }
        }
        Action::DescribeLiveSnapshotRules => PictureCommand::Rules,
        other => return Err(misplaced(other)),
    })
}

fn create(read: Read<'_>) -> Result<PictureCommand, Fault> {
    let params = read.params;
    let stream = StreamName::parse(params.required("StreamName")?).map_err(|_| out_of_range("StreamName", STREAM))?;
    let domain = params.required("DomainName")?.to_owned();
    if !read.is_served(true)? {
        return Err(out_of_range("AppName", APP_NAME).into());
    }
    let end = time("EndTime", params.required_integer("EndTime")?)?;
    let template = params.required_integer("TemplateId")?;
    // Some clients send 0 for what is absent.
    let begin = params.integer("StartTime")?.filter(|begin| *begin != 0);
    let begin = begin.map(|begin| time("StartTime", begin)).transpose()?;
    if params.integer_in("StreamType", 0..=1, "0 or 1")? == Some(1) {
        return Err(Fault::NotSupported { field: "StreamType", what: "a mixed stream" });
    }
    Ok(PictureCommand::Create { stream, domain, template, begin, end })
}

fn unsupported(read: Read<'_>) -> Result<(), Fault> {
    if read.params.switch("PornFlag")? == Some(true) {
        return Err(Fault::NotSupported { field: "PornFlag", what: "looking at the content of pictures" });
    }
    for field in BUCKET {
        // Some clients send 0 for what is absent.
        if read.params.has(field) && read.params.integer(field).ok().flatten() != Some(0) {
            return Err(Fault::NotSupported { field, what: "storage of others" });
        }
    }
    Ok(())
}

/// `DomainName`, `AppName` and `StreamName` of a rule.
fn streams(read: Read<'_>) -> Result<(String, String, String), Fault> {
    let path = read.owned("AppName")?;
    let path = if path.is_empty() { APP_NAME.to_owned() } else { path };
    Ok((read.host()?.as_str().to_owned(), path, read.owned("StreamName")?))
}

fn time(field: &str, seconds: i64) -> Result<UnixMs, Fault> {
    seconds.checked_mul(1_000).filter(|ms| *ms >= 0).map(UnixMs).ok_or_else(|| out_of_range(field, TIME).into())
}
