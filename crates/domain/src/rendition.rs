//! What this server makes of a stream when somebody asks for it, under a name of its own.

use vivace_base::StreamName;

use crate::channel::Rate;

/// The sound that a stream may be asked for with, beside its picture as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sound {
    /// AAC, the stream's name with `_aac`.
    Aac,
    /// Opus, the stream's name with `_opus`.
    Opus,
}

impl Sound {
    /// Each of them.
    pub const ALL: [Self; 2] = [Self::Aac, Self::Opus];

    /// What stands behind the stream's name in a play address.
    pub const fn suffix(self) -> &'static str {
        match self {
            Self::Aac => "_aac",
            Self::Opus => "_opus",
        }
    }
}

/// A stream that is made of another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rendition {
    /// An output rate: a smaller picture.
    Rate(Rate),
    /// The same picture with another sound.
    Sound(Sound),
}

impl Rendition {
    /// All that have a name of their own.
    pub const NAMED: [Self; 4] =
        [Self::Rate(Rate::Sd), Self::Rate(Rate::Hd), Self::Sound(Sound::Aac), Self::Sound(Sound::Opus)];

    /// What stands behind the stream's name in a play address.
    pub const fn suffix(self) -> &'static str {
        match self {
            Self::Rate(rate) => rate.suffix(),
            Self::Sound(sound) => sound.suffix(),
        }
    }

    /// The stream and what is asked of it by the name of a play address; none if it ends in none of these words.
    pub fn of_name(name: &StreamName) -> Option<(StreamName, Self)> {
        let (base, rendition) = split(name.as_str())?;
        StreamName::parse(base).ok().map(|base| (base, rendition))
    }

    /// The name under which it is played; none if it would be too long.
    pub fn name_of(self, stream: &StreamName) -> Option<StreamName> {
        StreamName::parse(&format!("{stream}{}", self.suffix())).ok()
    }
}

/// The name without the word behind it, and what that means.
fn split(name: &str) -> Option<(&str, Rendition)> {
    let of = |rendition: Rendition| Some((name.strip_suffix(rendition.suffix())?, rendition));
    Rendition::NAMED.into_iter().find_map(of)
}

/// The name of the stream that a name asks for something of; none if it ends in none of the words, or is nothing else.
pub(crate) fn base_of(name: &str) -> Option<&str> {
    split(name).map(|(base, _)| base).filter(|base| !base.is_empty())
}

#[cfg(test)]
mod tests {
    use vivace_base::StreamName;

    use super::{Rendition, Sound, base_of};
    use crate::channel::Rate;

    fn name(text: &str) -> StreamName {
        StreamName::parse(text).expect("a good name")
    }

    #[test]
    fn a_name_tells_what_is_asked_of_which_stream() {
        let asked = |text: &str| Rendition::of_name(&name(text)).map(|(base, what)| (base.to_string(), what));
        let of = |what| Some(("cam".to_owned(), what));
        assert_eq!(asked("cam_550"), of(Rendition::Rate(Rate::Sd)));
        assert_eq!(asked("cam_900"), of(Rendition::Rate(Rate::Hd)));
        assert_eq!(asked("cam_aac"), of(Rendition::Sound(Sound::Aac)));
        assert_eq!(asked("cam_opus"), of(Rendition::Sound(Sound::Opus)));
        assert_eq!(asked("cam_opus_aac").map(|(base, _)| base).as_deref(), Some("cam_opus"));
        for other in ["cam", "_aac", "opus", "cam_OPUS", "cam_mp3", "cam_700"] {
            assert_eq!(asked(other), None, "{other}");
        }
        assert_eq!((base_of("cam_aac"), base_of("_aac"), base_of("cam")), (Some("cam"), None, None));
    }

    #[test]
    fn a_name_that_would_be_too_long_is_none() {
        let long = name(&"a".repeat(StreamName::BYTES_MAX));
        assert_eq!(Rendition::Sound(Sound::Aac).name_of(&long), None);
        let made = Rendition::Sound(Sound::Opus).name_of(&name("cam"));
        assert_eq!(made.as_ref().map(StreamName::as_str), Some("cam_opus"));
    }
}
