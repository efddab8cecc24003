use std::fmt;

use thiserror::Error;

/// A format that a stream is kept in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RecordFormat {
    /// FLV, made when the recording ends.
    Flv,
    /// HLS, served from the stream's media.
    Hls,
    /// MP4 with its index in front, made when the recording ends.
    Mp4,
    /// The sound alone, AAC in ADTS frames, made when the recording ends.
    Aac,
}

impl RecordFormat {
    /// Every format, in the order in which sets of them are listed.
    pub const ALL: [Self; 4] = [Self::Flv, Self::Hls, Self::Mp4, Self::Aac];

    /// Its word: in addresses, in callbacks, in the store.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Flv => "flv",
            Self::Hls => "hls",
            Self::Mp4 => "mp4",
            Self::Aac => "aac",
        }
    }

    /// The codec among those of a stream, as RFC 6381 writes them, that HLS does not carry; it is kept for other formats.
    pub fn not_in_hls(codecs: &str) -> Option<&'static str> {
        codecs.split(',').any(|codec| matches!(codec, "alaw" | "ulaw")).then_some("G.711")
    }

    /// What its file's name ends with.
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Hls => "m3u8",
            other => other.as_str(),
        }
    }

    /// The format of a word, in any case.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.as_str().eq_ignore_ascii_case(word))
    }

    const fn bit(self) -> u8 {
        match self {
            Self::Flv => 1,
            Self::Hls => 2,
            Self::Mp4 => 4,
            Self::Aac => 8,
        }
    }
}

impl fmt::Display for RecordFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A set of formats, written `hls|flv`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Formats(u8);

/// What was given is no set of formats.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum FormatsFault {
    /// No format is in it.
    #[error("names no format: give flv, hls, mp4 or aac, or several with | between them")]
    Empty,
    /// A word is none of them.
    #[error("names an unknown format: give flv, hls, mp4 or aac, or several with | between them")]
    Unknown,
}

impl Formats {
    /// No format.
    pub const NONE: Self = Self(0);

    /// The set of one.
    pub const fn one(format: RecordFormat) -> Self {
        Self(format.bit())
    }

    /// Reads words with `|` between them.
    ///
    /// # Errors
    /// [`FormatsFault`]: a word is no format, or there is none.
    pub fn parse(text: &str) -> Result<Self, FormatsFault> {
        if text.is_empty() {
            return Err(FormatsFault::Empty);
        }
        text.split('|').try_fold(Self::NONE, |formats, word| {
            RecordFormat::parse(word.trim()).map(|format| formats.with(format)).ok_or(FormatsFault::Unknown)
        })
    }

    /// The set with one more.
    #[must_use]
    pub const fn with(self, format: RecordFormat) -> Self {
        Self(self.0 | format.bit())
    }

    /// Whether it is one of them.
    pub const fn contains(self, format: RecordFormat) -> bool {
        self.0 & format.bit() != 0
    }

    /// Whether there is none.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Each of them, in the order of [`RecordFormat::ALL`].
    pub fn iter(self) -> impl Iterator<Item = RecordFormat> {
        RecordFormat::ALL.into_iter().filter(move |format| self.contains(*format))
    }
}

impl fmt::Display for Formats {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, format) in self.iter().enumerate() {
            let between = if at == 0 { "" } else { "|" };
            write!(f, "{between}{format}")?;
        }
        Ok(())
    }
}
