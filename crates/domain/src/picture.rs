//! Screenshots of live streams: who wants them, when each is due, what they are called, and where they are fetched from.

mod address;
mod fault;
mod plan;
#[cfg(test)]
mod tests;

use vivace_base::calendar::civil;
use vivace_base::{AppId, StreamName, Ulid, UnixMs};

use crate::channel::ChannelId;

pub use address::PictureKey;
pub use fault::{PictureFault, TakeFault};
pub use plan::{ShotTimes, TaskSpan, TimesFault};

/// How often pictures are taken, and how large they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plan {
    /// From one picture to the next, in milliseconds.
    pub interval_ms: u64,
    /// From the begin to the first picture, in milliseconds.
    pub first_ms: u64,
    /// Pixels; 0 for those of the stream, or for what keeps its proportions if the height is given.
    pub width: u16,
    /// Pixels; 0 likewise.
    pub height: u16,
}

/// A picture each 10 s, the first about 20 s after the begin, as large as the stream: what `CreateLVBShot` makes.
pub const SHOT_PLAN: Plan = Plan { interval_ms: 10_000, first_ms: 20_000, width: 0, height: 0 };

/// Somebody wants pictures of a stream for a time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PictureTask {
    /// Its number.
    pub id: i64,
    /// Whose stream.
    pub app: AppId,
    /// The stream.
    pub stream: StreamName,
    /// The channel that it was asked for by; none if it was a stream.
    pub channel: Option<ChannelId>,
    /// The template that the plan was taken from.
    pub template: Option<i64>,
    /// The host name that it was asked for with; it is only shown.
    pub domain: String,
    /// When the pictures are due. Another content of the template does not change it.
    pub plan: Plan,
    /// From when on.
    pub begin_at: UnixMs,
    /// Until when.
    pub end_at: UnixMs,
    /// When it was stopped before its end.
    pub stopped_at: Option<UnixMs>,
    /// Who made it.
    pub created_by: String,
    /// When it was made.
    pub created_at: UnixMs,
}

/// What a task does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PictureTaskState {
    /// 0: its time has not come.
    Waiting,
    /// 1: its time runs.
    Running,
    /// 2: its time is over, or it was stopped.
    Finished,
    /// 3: its time runs, and its last picture could not be taken.
    Abnormal,
}

impl PictureTaskState {
    /// Its number on the wire.
    pub const fn number(self) -> u8 {
        match self {
            Self::Waiting => 0,
            Self::Running => 1,
            Self::Finished => 2,
            Self::Abnormal => 3,
        }
    }
}

/// A template of API 3.0.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PictureTemplate {
    /// Its number.
    pub id: i64,
    /// What it says.
    pub content: NewPictureTemplate,
    /// When it was made.
    pub created_at: UnixMs,
    /// When it was changed last.
    pub updated_at: UnixMs,
}

/// What a template says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewPictureTemplate {
    /// Its name for people.
    pub name: String,
    /// What people note with it.
    pub description: String,
    /// From one picture to the next, in seconds.
    pub interval_s: i64,
    /// Pixels; 0 for those of the stream.
    pub width: i64,
    /// Pixels; 0 for those of the stream.
    pub height: i64,
}

/// Seconds between two pictures of a template.
pub const INTERVAL_S: std::ops::RangeInclusive<i64> = 2..=300;
/// Pixels that a template may ask for, in width.
pub const WIDTH_MAX: i64 = 3_000;
/// Pixels that a template may ask for, in height.
pub const HEIGHT_MAX: i64 = 2_000;

impl NewPictureTemplate {
    /// Whether a template may say this.
    ///
    /// # Errors
    /// [`PictureFault`]: `Empty`, `TooLong`, `OutOfRange`.
    pub fn check(&self) -> Result<(), PictureFault> {
        if self.name.trim().is_empty() {
            return Err(PictureFault::Empty { field: "TemplateName" });
        }
        for (field, text, max) in [("TemplateName", &self.name, 255), ("Description", &self.description, 1_024)] {
            if text.len() > max {
                return Err(PictureFault::TooLong { field, bytes: text.len(), max });
            }
        }
        if !INTERVAL_S.contains(&self.interval_s) {
            return Err(PictureFault::OutOfRange { field: "SnapshotInterval", expected: "2 to 300 seconds" });
        }
        if !(0..=WIDTH_MAX).contains(&self.width) {
            return Err(PictureFault::OutOfRange { field: "Width", expected: "0 to 3000" });
        }
        if !(0..=HEIGHT_MAX).contains(&self.height) {
            return Err(PictureFault::OutOfRange { field: "Height", expected: "0 to 2000" });
        }
        Ok(())
    }

    /// The plan that follows from it: the first picture at once.
    pub fn plan(&self) -> Plan {
        let size = |pixels: i64| u16::try_from(pixels).unwrap_or(0);
        Plan {
            interval_ms: u64::try_from(self.interval_s).unwrap_or(10).saturating_mul(1_000),
            first_ms: 0,
            width: size(self.width),
            height: size(self.height),
        }
    }
}

/// Which streams a template is for, whenever they are live. An empty field stands for all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PictureRule {
    /// The host name that is pushed to.
    pub domain: String,
    /// The application name that is pushed to.
    pub path: String,
    /// The stream.
    pub stream: String,
    /// The template.
    pub template: i64,
    /// When it was made.
    pub created_at: UnixMs,
}

impl PictureRule {
    /// How well the rule fits a push; `None` if it is not for it. Host name with stream comes first, then the stream, then
    /// the host name.
    pub fn fits(&self, domain: &str, path: &str, stream: &str) -> Option<u8> {
        let one = |wanted: &str, is: &str| wanted.is_empty() || wanted == is;
        let fits = one(&self.domain, domain) && one(&self.path, path) && one(&self.stream, stream);
        let weight = |wanted: &str, weight: u8| if wanted.is_empty() { 0 } else { weight };
        fits.then(|| weight(&self.stream, 4) + weight(&self.domain, 2) + weight(&self.path, 1))
    }
}

/// A picture that was taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    /// Its number, and its file's name.
    pub id: Ulid,
    /// Whose stream.
    pub app: AppId,
    /// The stream.
    pub stream: StreamName,
    /// The number of the channel in channel mode, otherwise the stream's name.
    pub channel: String,
    /// The task that it was taken for; none for a rule, or on demand.
    pub task: Option<i64>,
    /// When.
    pub taken_at: UnixMs,
    /// Width and height in pixels.
    pub size: (u16, u16),
    /// Bytes of its file.
    pub bytes: u64,
}

impl Picture {
    /// What the picture is called (dossier `lvb_api`, section e): `/YYYY-MM-DD/STREAM-screenshot-HH-MM-SS-WxH.jpg`, in a
    /// zone that is so many minutes ahead of UTC. It names no file.
    pub fn path(&self, ahead_min: i64) -> String {
        let seconds = self.taken_at.0.div_euclid(1_000).saturating_add(ahead_min.saturating_mul(60));
        let (year, month, day) = civil(seconds.div_euclid(86_400));
        let second = seconds.rem_euclid(86_400);
        let (hour, minute, second) = (second / 3_600, second / 60 % 60, second % 60);
        let (stream, (width, height)) = (&self.stream, self.size);
        format!(
            "/{year:04}-{month:02}-{day:02}/{stream}-screenshot-{hour:02}-{minute:02}-{second:02}-{width}x{height}.jpg"
        )
    }
}
