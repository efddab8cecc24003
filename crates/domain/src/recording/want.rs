use super::{FormatSetting, Formats, RecordFormat, RecordTemplate, TaskKind};

const INTERVAL_S: std::ops::RangeInclusive<u64> = 60..=43_200;

/// What a push address says of recording: `record=flv|hls|mp4` and `record_interval=` seconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PushParameters {
    /// The formats; words that are none are left out, as every unknown parameter of an address is.
    pub formats: Formats,
    /// Longest time of one recording, in milliseconds, brought into 60 to 43,200 seconds; none if no number was given.
    pub interval_ms: Option<u64>,
}

/// What is to be kept of a push, in one format.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Want {
    /// What asks for it.
    pub kind: TaskKind,
    /// The format.
    pub format: RecordFormat,
    /// Longest time of one recording, in milliseconds; 0 for no such bound.
    pub interval_ms: u64,
    /// How long a recording is kept, in milliseconds; 0 for as long as the app's retention says.
    pub keep_ms: u64,
    /// How recordings are named: a pattern of [`super::file_name`].
    pub name: String,
    /// The template that it follows.
    pub template: Option<u64>,
}

impl PushParameters {
    /// What is wrong with the values of both parameters, in a sentence that says what counts instead; nothing if all of
    /// them count. `repeated`: the one that stands twice.
    pub fn wrong(record: Option<&str>, interval: Option<&str>, repeated: Option<&'static str>) -> Option<&'static str> {
        let is_known = |record: &str| record.split('|').all(|word| RecordFormat::parse(word.trim()).is_some());
        if record.is_some_and(|record| !is_known(record)) {
            Some(
                "record= in the push address names an unknown format: give flv, hls, mp4 or aac, with | between several",
            )
        } else if let Some(name) = repeated {
            Some(match name {
                "record" => "record= stands twice in the push address: give it once, with | between several formats",
                _ => "record_interval= stands twice in the push address: the first one counts",
            })
        } else {
            match seconds(interval?) {
                None => Some("record_interval= in the push address is no whole number of seconds: the setting counts"),
                Some(few) if few < *INTERVAL_S.start() => {
                    Some("record_interval= in the push address is less than 60 seconds: 60 seconds count")
                }
                Some(many) if many > *INTERVAL_S.end() => {
                    Some("record_interval= in the push address is more than 43200 seconds: 43200 seconds count")
                }
                Some(_) => None,
            }
        }
    }

    /// From the values of both parameters, as they were given.
    pub fn parse(record: Option<&str>, interval: Option<&str>) -> Self {
        let words = record.unwrap_or_default().split('|');
        let known = words.filter_map(|word| RecordFormat::parse(word.trim()));
        let formats = known.fold(Formats::NONE, Formats::with);
        let interval = interval.and_then(seconds);
        let interval_ms = interval.map(|seconds| seconds.clamp(*INTERVAL_S.start(), *INTERVAL_S.end()) * 1_000);
        Self { formats, interval_ms }
    }
}

/// A whole number of seconds, however large.
fn seconds(text: &str) -> Option<u64> {
    let digits = text.trim();
    let is_whole = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    is_whole.then(|| digits.parse().unwrap_or(u64::MAX))
}

/// What is to be kept of a push, each format once: what its address asks for comes first, then the template of its
/// rule, then the app's policy. `interval_ms` and `name` count where nothing else is said.
pub fn wants(
    push: PushParameters,
    template: Option<&RecordTemplate>,
    policy: Formats,
    interval_ms: u64,
    name: &str,
) -> Vec<Want> {
    let plain = |kind, format, interval_ms| Want {
        kind,
        format,
        interval_ms,
        keep_ms: 0,
        name: name.to_owned(),
        template: None,
    };
    let of_template = |template: u64, setting: &FormatSetting| Want {
        kind: TaskKind::Template,
        format: setting.format,
        interval_ms: setting.interval_ms,
        keep_ms: setting.keep_ms,
        name: if setting.name.is_empty() { name.to_owned() } else { setting.name.clone() },
        template: Some(template),
    };
    let mut wants: Vec<Want> = Vec::new();
    for format in RecordFormat::ALL {
        let setting = template.and_then(|template| {
            let setting = template.formats.iter().find(|setting| setting.format == format)?;
            Some((template.id, setting))
        });
        let want = if push.formats.contains(format) {
            Some(plain(TaskKind::Url, format, push.interval_ms.unwrap_or(interval_ms)))
        } else if let Some((template, setting)) = setting {
            Some(of_template(template, setting))
        } else {
            policy.contains(format).then(|| plain(TaskKind::Policy, format, interval_ms))
        };
        wants.extend(want);
    }
    // A playlist grows as long as its push lasts.
    for want in wants.iter_mut().filter(|want| want.format == RecordFormat::Hls) {
        want.interval_ms = 0;
    }
    wants
}
