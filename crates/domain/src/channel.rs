//! Channels of the channel-hosting mode: what they are made of, and which change is allowed when (dossier `lvb_api`,
//! section b).
//!
//! Decisions only: a function takes the channel as it is stored, what its media does now, and the wish; it returns the
//! channel as it is to be stored, or the fault.

mod change;
mod draft;
mod fault;
mod source;
#[cfg(test)]
mod tests;

pub use change::{Change, delete, start, stop};
pub use draft::{ChannelBounds, NewChannel, stream_name};
pub use fault::ChannelFault;
pub use source::{NewSource, Source, SourceChange, SourceKind};

use std::fmt;

use vivace_base::{AppId, Secret, StreamName, UnixMs};

/// A channel's number: unsigned 64 bits, written in decimal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ChannelId(pub u64);

impl ChannelId {
    /// Parses decimal digits without sign or leading zero; none if it is not that, or 0.
    pub fn parse(text: &str) -> Option<Self> {
        let plain = !text.starts_with('0') && text.bytes().all(|byte| byte.is_ascii_digit());
        if plain { text.parse().ok().map(Self) } else { None }
    }
}

impl fmt::Display for ChannelId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Which addresses a channel's viewers get: `outputSourceType`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Receiver {
    /// 1: RTMP and FLV.
    Rtmp,
    /// 2: HLS.
    Hls,
    /// 3: all of them.
    Both,
}

impl Receiver {
    /// The receiver of a wire number.
    pub const fn from_number(number: i64) -> Option<Self> {
        match number {
            1 => Some(Self::Rtmp),
            2 => Some(Self::Hls),
            3 => Some(Self::Both),
            _ => None,
        }
    }

    /// Its number on the wire.
    pub const fn number(self) -> i64 {
        match self {
            Self::Rtmp => 1,
            Self::Hls => 2,
            Self::Both => 3,
        }
    }

    /// Whether viewers get RTMP and FLV addresses.
    pub const fn has_rtmp(self) -> bool {
        matches!(self, Self::Rtmp | Self::Both)
    }

    /// Whether viewers get HLS addresses.
    pub const fn has_hls(self) -> bool {
        matches!(self, Self::Hls | Self::Both)
    }
}

/// One output rate: `outputRate`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rate {
    /// 0: as pushed.
    Original,
    /// 10: 960x540 at 550 kbit/s, the stream's name with `_550`.
    Sd,
    /// 20: 1280x720 at 900 kbit/s, the stream's name with `_900`.
    Hd,
}

impl Rate {
    /// The rate of a wire number.
    pub const fn from_number(number: i64) -> Option<Self> {
        match number {
            0 => Some(Self::Original),
            10 => Some(Self::Sd),
            20 => Some(Self::Hd),
            _ => None,
        }
    }

    /// Its number on the wire.
    pub const fn number(self) -> i64 {
        match self {
            Self::Original => 0,
            Self::Sd => 10,
            Self::Hd => 20,
        }
    }

    /// Width and height that its picture does not exceed; none for the original.
    pub const fn size_max(self) -> Option<(u16, u16)> {
        match self {
            Self::Original => None,
            Self::Sd => Some((960, 540)),
            Self::Hd => Some((1_280, 720)),
        }
    }

    /// Bits per second of picture and sound; none for the original.
    pub const fn bits_per_second(self) -> Option<u64> {
        match self {
            Self::Original => None,
            Self::Sd => Some(550_000),
            Self::Hd => Some(900_000),
        }
    }

    /// What stands behind the stream's name in a play address.
    pub const fn suffix(self) -> &'static str {
        match self {
            Self::Original => "",
            Self::Sd => "_550",
            Self::Hd => "_900",
        }
    }
}

/// What a channel does now: `channel_status`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// 0: open, without a stream.
    Idle,
    /// 1: its stream is live.
    Live,
    /// 2: its source cannot be pulled.
    Abnormal,
    /// 3: closed.
    Closed,
}

impl Status {
    /// Its number on the wire.
    pub const fn number(self) -> i64 {
        match self {
            Self::Idle => 0,
            Self::Live => 1,
            Self::Abnormal => 2,
            Self::Closed => 3,
        }
    }
}

/// What a channel's media does, as far as the media path knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Media {
    /// Nothing.
    #[default]
    Silent,
    /// Its stream is live.
    Live,
    /// Its pull source fails.
    Failing,
}

/// A channel as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Channel {
    /// Its number.
    pub id: ChannelId,
    /// Whose it is.
    pub app: AppId,
    /// Its name for people.
    pub name: String,
    /// Its description; may be empty.
    pub describe: String,
    /// Where its stream comes from.
    pub source: Source,
    /// Which addresses viewers get.
    pub receiver: Receiver,
    /// Output rates, ascending, with [`Rate::Original`] first.
    pub rates: Vec<Rate>,
    /// The watermark in its picture.
    pub watermark: Option<u64>,
    /// The password that players ask for.
    pub password: Option<Secret<String>>,
    /// The name of its stream.
    pub stream: StreamName,
    /// Whether it is closed.
    pub closed: bool,
    /// When it was made.
    pub created_at: UnixMs,
    /// Counts its changes, so that of two at once the later is refused.
    pub revision: u64,
}

impl Channel {
    /// What it does now.
    pub const fn status(&self, media: Media) -> Status {
        match (self.closed, media) {
            (true, _) => Status::Closed,
            (false, Media::Live) => Status::Live,
            (false, Media::Failing) => Status::Abnormal,
            (false, Media::Silent) => Status::Idle,
        }
    }
}
