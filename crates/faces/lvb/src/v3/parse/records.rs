use vivace_base::{StreamName, UnixMs};
use vivace_domain::live::APP_NAME;
use vivace_domain::recording::{
    FormatSetting, Formats, RecordFault, RecordFormat, RecordRule, RecordTemplate, TimesFault,
};

use super::{Read, STREAM, misplaced};
use crate::v3::params::{missing, out_of_range};
use crate::v3::{Action, Fault, FormatChange, Params, RecordCommand, RecordNew, RecordTemplateChange};

const TIME: &str = "a Unix time in seconds";
/// Longest time of one recording where nothing is said.
const INTERVAL_MS: u64 = 1_800_000;
/// Parameters of a template by the format that they are about.
const FORMATS: [(&str, RecordFormat); 4] = [
    ("FlvParam", RecordFormat::Flv),
    ("HlsParam", RecordFormat::Hls),
    ("Mp4Param", RecordFormat::Mp4),
    ("AacParam", RecordFormat::Aac),
];
/// What a format is said with.
const FORMAT_MEMBERS: [&str; 11] = [
    "RecordInterval",
    "StorageTime",
    "Enable",
    "VodSubAppId",
    "VodFileName",
    "Procedure",
    "StorageMode",
    "ClassId",
    "CosBucketName",
    "CosBucketRegion",
    "CosBucketPath",
];

pub(super) fn parse(action: Action, read: Read<'_>) -> Result<RecordCommand, Fault> {
    let params = read.params;
    let task = || Ok::<_, Fault>(params.required("TaskId")?.to_owned());
    let id = || {
        let id = params.required_integer("TemplateId")?;
        u64::try_from(id).map_err(|_| Fault::from(out_of_range("TemplateId", "1 or more")))
    };
    Ok(match action {
        Action::CreateRecordTask => RecordCommand::CreateTask(create_task(read)?),
        Action::StopRecordTask => RecordCommand::StopTask(task()?),
        Action::DeleteRecordTask => RecordCommand::DeleteTask(task()?),
        Action::DescribeRecordTask => tasks(read)?,
        Action::CreateLiveRecord => RecordCommand::Create(create(read)?),
        Action::StopLiveRecord => RecordCommand::Stop { stream: stream(read)?, task: number(read)? },
        Action::DeleteLiveRecord => RecordCommand::Delete { stream: stream(read)?, task: number(read)? },
        Action::CreateLiveRecordTemplate => RecordCommand::CreateTemplate(create_template(read)?),
        Action::ModifyLiveRecordTemplate => {
            let text = |name| Ok::<_, Fault>(params.text(name)?.map(str::to_owned));
            let change = RecordTemplateChange {
                name: text("TemplateName")?.filter(|name| !name.is_empty()),
                description: text("Description")?,
                formats: formats(read)?,
            };
            RecordCommand::ModifyTemplate { id: id()?, change }
        }
        Action::DeleteLiveRecordTemplate => RecordCommand::DeleteTemplate(id()?),
        Action::DescribeLiveRecordTemplate => RecordCommand::Template(id()?),
        Action::DescribeLiveRecordTemplates => {
            RecordCommand::Templates { other_kind: params.switch("IsDelayLive")? == Some(true) }
        }
        Action::CreateLiveRecordRule => RecordCommand::CreateRule(rule(read.reach()?, id()?)),
        Action::DeleteLiveRecordRule => RecordCommand::DeleteRule(rule(read.known_reach()?, 0)),
        Action::DescribeLiveRecordRules => RecordCommand::Rules,
        other => return Err(misplaced(other)),
    })
}

fn create_task(read: Read<'_>) -> Result<RecordNew, Fault> {
    let params = read.params;
    let new = named(read, true)?;
    if params.integer_in("StreamType", 0..=1, "0 or 1")? == Some(1) {
        return Err(Fault::NotSupported { field: "StreamType", what: "a mixed stream" });
    }
    // Some clients send 0 for what is absent.
    let given = |name| Ok::<_, Fault>(params.integer(name)?.filter(|number| *number != 0));
    let template =
        given("TemplateId")?.map(|id| u64::try_from(id).map_err(|_| out_of_range("TemplateId", "1 or more")));
    Ok(RecordNew {
        begin: given("StartTime")?.map(|begin| time("StartTime", begin)).transpose()?,
        end: Some(time("EndTime", params.required_integer("EndTime")?)?),
        template: template.transpose()?,
        ..new
    })
}

fn create(read: Read<'_>) -> Result<RecordNew, Fault> {
    let params = read.params;
    let new = named(read, false)?;
    let is_clip = params.switch("Highlight")? == Some(true);
    if params.switch("MixStream")? == Some(true) {
        return Err(Fault::NotSupported { field: "MixStream", what: "a mixed stream" });
    }
    let (begin, end) = (local_time(read, "StartTime")?, local_time(read, "EndTime")?);
    // A clip begins with the call, and ends by itself.
    if !is_clip {
        begin.ok_or_else(|| missing("StartTime"))?;
        end.ok_or_else(|| missing("EndTime"))?;
    }
    let word = params.text("FileFormat")?.filter(|word| !word.is_empty()).unwrap_or("flv");
    let format = RecordFormat::parse(word).ok_or_else(|| out_of_range("FileFormat", "flv, hls, mp4 or aac"))?;
    match params.text("RecordType")?.unwrap_or_default().to_ascii_lowercase().as_str() {
        "" | "video" => {}
        "audio" if format == RecordFormat::Aac => {}
        "audio" => return Err(Fault::NotSupported { field: "RecordType", what: "sound alone in this format" }),
        _ => return Err(out_of_range("RecordType", "video or audio").into()),
    }
    let (interval_ms, keep_ms) = stream_param(params.text("StreamParam")?.unwrap_or_default())?;
    Ok(RecordNew { begin, end, is_clip, formats: Some(Formats::one(format)), interval_ms, keep_ms, ..new })
}

/// A time in the zone of the settings; a client may have escaped it once more than it had to.
fn local_time(read: Read<'_>, name: &'static str) -> Result<Option<UnixMs>, Fault> {
    let Some(text) = read.params.text(name)?.filter(|text| !text.is_empty()) else { return Ok(None) };
    let plain = vivace_domain::unescape(text.as_bytes()).and_then(|bytes| String::from_utf8(bytes).ok());
    let moment = plain.and_then(|plain| crate::v3::Moment::parse(&plain, read.ahead_min));
    moment
        .map(|moment| Some(moment.at))
        .ok_or_else(|| RecordFault::Times(TimesFault::Unparsable { field: name }).into())
}

/// `record_interval` and `storage_time`, in seconds.
fn stream_param(text: &str) -> Result<(Option<u64>, Option<u64>), Fault> {
    const EXPECTED: &str = "record_interval=1800 to 7200 and storage_time=seconds, joined by &";
    let wrong = || Fault::from(out_of_range("StreamParam", EXPECTED));
    let plain = vivace_domain::unescape(text.as_bytes()).and_then(|bytes| String::from_utf8(bytes).ok());
    let (mut interval_ms, mut keep_ms) = (None, None);
    for pair in plain.ok_or_else(wrong)?.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').ok_or_else(wrong)?;
        let seconds: u64 = value.parse().map_err(|_| wrong())?;
        let ms = seconds.checked_mul(1_000).ok_or_else(wrong)?;
        match name {
            "record_interval" if (1_800..=7_200).contains(&seconds) => interval_ms = Some(ms),
            "storage_time" => keep_ms = Some(ms),
            _ => return Err(wrong()),
        }
    }
    Ok((interval_ms, keep_ms))
}

/// The stream that is to be kept; its host name and path may be left out where they are not `required`.
fn named(read: Read<'_>, required: bool) -> Result<RecordNew, Fault> {
    let stream = stream(read)?;
    let domain = if required { read.params.required("DomainName")?.to_owned() } else { read.owned("DomainName")? };
    if !read.is_served(required)? {
        return Err(out_of_range("AppName", APP_NAME).into());
    }
    Ok(RecordNew {
        stream,
        domain,
        begin: None,
        end: None,
        template: None,
        is_clip: false,
        formats: None,
        interval_ms: None,
        keep_ms: None,
    })
}

fn stream(read: Read<'_>) -> Result<StreamName, Fault> {
    StreamName::parse(read.params.required("StreamName")?).map_err(|_| out_of_range("StreamName", STREAM).into())
}

/// `TaskId`, which is a number here.
fn number(read: Read<'_>) -> Result<String, Fault> {
    Ok(read.params.required_integer("TaskId")?.to_string())
}

fn tasks(read: Read<'_>) -> Result<RecordCommand, Fault> {
    let params = read.params;
    let filter = |name| Ok::<_, Fault>(params.text(name)?.filter(|text| !text.is_empty()).map(str::to_owned));
    let after = match params.text("ScrollToken")?.filter(|token| !token.is_empty()) {
        None => 0,
        Some(token) => token.parse().map_err(|_| out_of_range("ScrollToken", "one of the reply before"))?,
    };
    Ok(RecordCommand::Tasks {
        from: time("StartTime", params.required_integer("StartTime")?)?,
        to: time("EndTime", params.required_integer("EndTime")?)?,
        stream: filter("StreamName")?,
        domain: filter("DomainName")?,
        is_served: read.is_served(false)?,
        after,
    })
}

fn create_template(read: Read<'_>) -> Result<RecordTemplate, Fault> {
    let params = read.params;
    if params.switch("IsDelayLive")? == Some(true) {
        return Err(Fault::NotSupported { field: "IsDelayLive", what: "another kind of live stream" });
    }
    let kept = formats(read)?.into_iter().filter(|change| change.enable == Some(true));
    let setting = |change: FormatChange| FormatSetting {
        format: change.format,
        interval_ms: if change.format == RecordFormat::Hls { 0 } else { change.interval_ms.unwrap_or(INTERVAL_MS) },
        keep_ms: change.keep_ms.unwrap_or(0),
        name: change.name.unwrap_or_default(),
    };
    Ok(RecordTemplate {
        id: 0,
        name: params.required("TemplateName")?.to_owned(),
        description: read.owned("Description")?,
        formats: kept.map(setting).collect(),
        created_at: UnixMs(0),
        updated_at: UnixMs(0),
    })
}

/// What is said of formats. What asks for another's storage, or for what is not done, is refused.
fn formats(read: Read<'_>) -> Result<Vec<FormatChange>, Fault> {
    let params = read.params;
    // Some clients send 0 for what is absent.
    if params.has("CosStore") && params.integer("CosStore").ok().flatten() != Some(0) {
        return Err(Fault::NotSupported { field: "CosStore", what: "storage of others" });
    }
    if params.object("Mp3Param")?.is_some_and(|mp3| mp3.switch("Enable") != Ok(Some(false)) && mp3.has("Enable")) {
        return Err(Fault::NotSupported { field: "Mp3Param", what: "recording as MP3" });
    }
    if params.flag("RemoveWatermark")? == Some(true) {
        return Err(Fault::NotSupported { field: "RemoveWatermark", what: "taking a watermark out" });
    }
    if let Some(hls) = params.object("HlsSpecialParam")? {
        hls.are_among(&["FlowContinueDuration"])?;
        if hls.integer("FlowContinueDuration")?.unwrap_or(0) != 0 {
            let field = "HlsSpecialParam.FlowContinueDuration";
            return Err(Fault::NotSupported { field, what: "one recording of several pushes" });
        }
    }
    if let Some(flv) = params.object("FlvSpecialParam")? {
        flv.are_among(&["UploadInRecording"])?;
        if flv.flag("UploadInRecording")? == Some(true) {
            return Err(Fault::NotSupported { field: "FlvSpecialParam.UploadInRecording", what: "this" });
        }
    }
    let mut changes = Vec::new();
    for (name, format) in FORMATS {
        if let Some(said) = params.object(name)? {
            changes.push(format_change(&said, format)?);
        }
    }
    Ok(changes)
}

fn format_change(said: &Params, format: RecordFormat) -> Result<FormatChange, Fault> {
    said.are_among(&FORMAT_MEMBERS)?;
    let storage = |field| Err(Fault::NotSupported { field, what: "storage of others" });
    if said.integer("VodSubAppId")?.unwrap_or(0) != 0 {
        return storage("VodSubAppId");
    }
    if said.integer("ClassId")?.unwrap_or(0) != 0 {
        return storage("ClassId");
    }
    for field in ["Procedure", "StorageMode", "CosBucketName", "CosBucketRegion", "CosBucketPath"] {
        if said.text(field)?.is_some_and(|text| !text.is_empty() && text != "normal") {
            return storage(field);
        }
    }
    let ms = |name, max: i64, expected| {
        let seconds = said.integer_in(name, 0..=max, expected)?;
        Ok::<_, Fault>(seconds.map(|seconds| seconds.unsigned_abs() * 1_000))
    };
    Ok(FormatChange {
        format,
        enable: said.switch("Enable")?,
        interval_ms: ms("RecordInterval", 43_200, "60 to 43200 seconds")?,
        keep_ms: ms("StorageTime", 93_312_000, "0 to 93312000 seconds")?,
        name: said.text("VodFileName")?.map(str::to_owned),
    })
}

fn rule([domain, path, stream]: [String; 3], template: u64) -> RecordRule {
    RecordRule { domain, path, stream, template, created_at: UnixMs(0) }
}

fn time(field: &str, seconds: i64) -> Result<UnixMs, Fault> {
    seconds.checked_mul(1_000).filter(|ms| *ms >= 0).map(UnixMs).ok_or_else(|| out_of_range(field, TIME).into())
}
