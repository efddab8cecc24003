use vivace_base::UnixMs;

use super::{Formats, NAME_BYTES_MAX, RecordFault, RecordFormat};
use crate::reach;

const NAME_MAX: usize = 255;
const DESCRIPTION_MAX: usize = 1_024;
/// Longest time that a recording is kept by a template: 1080 days.
const KEEP_MS_MAX: u64 = 1_080 * 86_400_000;
const INTERVAL_MS: std::ops::RangeInclusive<u64> = 60_000..=43_200_000;
const AAC_INTERVAL_MS_MAX: u64 = 7_200_000;

/// How a template keeps one format.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FormatSetting {
    /// The format.
    pub format: RecordFormat,
    /// Longest time of one recording, in milliseconds; HLS has none, and 0.
    pub interval_ms: u64,
    /// How long a recording is kept, in milliseconds; 0 for as long as the app's retention says.
    pub keep_ms: u64,
    /// How recordings are named: a pattern of [`super::file_name`].
    pub name: String,
}

/// What is kept of the streams that a rule names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordTemplate {
    /// Its number.
    pub id: u64,
    /// Its name for people.
    pub name: String,
    /// Its description; may be empty.
    pub description: String,
    /// Each format that is kept, once.
    pub formats: Vec<FormatSetting>,
    /// When it was made.
    pub created_at: UnixMs,
    /// When it was changed last.
    pub updated_at: UnixMs,
}

/// Which streams a template is for. An empty field stands for all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordRule {
    /// The host name that is pushed to.
    pub domain: String,
    /// The path that is pushed to: `AppName`.
    pub path: String,
    /// The stream.
    pub stream: String,
    /// The template.
    pub template: u64,
    /// When it was made.
    pub created_at: UnixMs,
}

/// How many there may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TemplateBounds {
    /// Templates of an app.
    pub templates_max: u64,
    /// Rules of an app.
    pub rules_max: u64,
}

impl RecordTemplate {
    /// Which formats it keeps.
    pub fn kept(&self) -> Formats {
        self.formats.iter().fold(Formats::NONE, |formats, setting| formats.with(setting.format))
    }

    /// Whether it may be stored.
    ///
    /// # Errors
    /// [`RecordFault`]: the first value that is out of its range.
    pub fn check(&self) -> Result<(), RecordFault> {
        if self.name.is_empty() {
            return Err(RecordFault::Empty { field: "TemplateName" });
        }
        within("TemplateName", &self.name, NAME_MAX)?;
        within("Description", &self.description, DESCRIPTION_MAX)?;
        self.formats.iter().try_for_each(FormatSetting::check)
    }
}

impl FormatSetting {
    fn check(&self) -> Result<(), RecordFault> {
        let interval_is_good = match self.format {
            RecordFormat::Hls => true,
            RecordFormat::Aac => INTERVAL_MS.contains(&self.interval_ms) && self.interval_ms <= AAC_INTERVAL_MS_MAX,
            RecordFormat::Flv | RecordFormat::Mp4 => INTERVAL_MS.contains(&self.interval_ms),
        };
        if !interval_is_good {
            let expected = match self.format {
                RecordFormat::Aac => "60 to 7200 seconds",
                _ => "60 to 43200 seconds",
            };
            return Err(RecordFault::OutOfRange { field: "RecordInterval", expected });
        }
        if self.keep_ms > KEEP_MS_MAX {
            return Err(RecordFault::OutOfRange { field: "StorageTime", expected: "0 to 93312000 seconds" });
        }
        within("VodFileName", &self.name, NAME_BYTES_MAX)
    }
}

impl RecordRule {
    /// How closely it names a push; `None` if it is not for it. A stream weighs more than a domain, both more than a
    /// path: domain and stream, then stream, then domain, then none.
    pub fn rank(&self, domain: &str, path: &str, stream: &str) -> Option<u8> {
        reach::rank([&self.domain, &self.path, &self.stream], [domain, path, stream])
    }

    /// The rule that counts for a push.
    pub fn closest<'a>(rules: &'a [Self], domain: &str, path: &str, stream: &str) -> Option<&'a Self> {
        let ranked = rules.iter().filter_map(|rule| Some((rule.rank(domain, path, stream)?, rule)));
        ranked.max_by_key(|(rank, _)| *rank).map(|(_, rule)| rule)
    }
}

fn within(field: &'static str, text: &str, max: usize) -> Result<(), RecordFault> {
    let bytes = text.len();
    if bytes > max { Err(RecordFault::TooLong { field, bytes, max }) } else { Ok(()) }
}
