use thiserror::Error;

use super::TimesFault;
use crate::channel::ChannelFault;

/// Why a picture was not taken.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum TakeFault {
    /// There is no ffmpeg.
    #[error("there is no ffmpeg at ffmpeg.path: `vivace doctor` says more")]
    Missing,
    /// The stream has no publisher.
    #[error("the stream is not live")]
    NotLive,
    /// The stream has shown no whole key frame yet.
    #[error("the stream has no key frame of video yet")]
    NoKeyFrame,
    /// As many pictures are being taken as may be.
    #[error("{limit} pictures are being taken, the most at once")]
    Busy {
        /// Pictures at once.
        limit: usize,
    },
    /// ffmpeg could not be begun.
    #[error("ffmpeg could not be begun")]
    Spawn,
    /// ffmpeg did not end in time, and was ended.
    #[error("ffmpeg did not end within {ms} ms")]
    Late {
        /// How long it was waited for.
        ms: u64,
    },
    /// ffmpeg could not make a picture of the key frame.
    #[error("the key frame could not be decoded")]
    Undecodable,
    /// The picture is too large.
    #[error("the picture has more than {max} bytes")]
    TooLarge {
        /// Bytes allowed.
        max: usize,
    },
    /// The picture could not be written; the log has the reason.
    #[error("the picture could not be written")]
    NotWritten,
}

impl TakeFault {
    /// Words of all faults, in the order of metrics.
    pub const REASONS: [&'static str; 9] =
        ["missing", "not_live", "no_key_frame", "busy", "spawn", "late", "undecodable", "too_large", "not_written"];

    /// One of [`Self::REASONS`].
    pub const fn reason(&self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::NotLive => "not_live",
            Self::NoKeyFrame => "no_key_frame",
            Self::Busy { .. } => "busy",
            Self::Spawn => "spawn",
            Self::Late { .. } => "late",
            Self::Undecodable => "undecodable",
            Self::TooLarge { .. } => "too_large",
            Self::NotWritten => "not_written",
        }
    }
}

/// Why something about pictures was not done.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum PictureFault {
    /// The channel.
    #[error(transparent)]
    Channel(#[from] ChannelFault),
    /// The channel has no source: it is closed.
    #[error("the channel is closed: it has no live source")]
    NoSource,
    /// The times.
    #[error(transparent)]
    Times(#[from] TimesFault),
    /// There is no such task.
    #[error("there is no such screenshot task")]
    TaskUnknown,
    /// There are as many as may be.
    #[error("there are {limit} {what}, the most that are allowed")]
    Quota {
        /// Of what.
        what: &'static str,
        /// How many may be.
        limit: u64,
    },
    /// A text is empty that may not be.
    #[error("{field} is empty")]
    Empty {
        /// The parameter.
        field: &'static str,
    },
    /// A text is too long.
    #[error("{field} has {bytes} bytes, more than {max}")]
    TooLong {
        /// The parameter.
        field: &'static str,
        /// Bytes given.
        bytes: usize,
        /// Bytes allowed.
        max: usize,
    },
    /// A value lies outside its range.
    #[error("{field} must be {expected}")]
    OutOfRange {
        /// The parameter.
        field: &'static str,
        /// What it may be.
        expected: &'static str,
    },
    /// There is no such template.
    #[error("there is no screenshot template {id}")]
    TemplateUnknown {
        /// Its number.
        id: i64,
    },
    /// A rule uses the template.
    #[error("a rule uses the screenshot template {id}")]
    TemplateUsed {
        /// Its number.
        id: i64,
    },
    /// There is a rule for these streams.
    #[error("there is a screenshot rule for these streams already")]
    RuleKnown,
    /// There is no such rule.
    #[error("there is no such screenshot rule")]
    RuleUnknown,
    /// A picture was not taken.
    #[error(transparent)]
    Take(#[from] TakeFault),
    /// The store could not be read; the log has the reason.
    #[error("screenshots could not be read")]
    Unreadable,
    /// The store could not be written; the log has the reason.
    #[error("the screenshot task could not be written")]
    NotWritten,
}
