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

    /// The stream and what is asked of it by the name of a play address, where these sounds are made; none if it ends in
    /// none of the words. Those of rates mean them whatever is made: addresses are given out with them. Those of sounds end
    /// names of streams like any other where the sound is not made.
    pub fn of_name(name: &StreamName, sounds: &[Option<Sound>]) -> Option<(StreamName, Self)> {
        let of = |rendition: Self| Some((name.as_str().strip_suffix(rendition.suffix())?, rendition));
        let (base, rendition) = Self::NAMED.into_iter().find_map(of)?;
        let is_meant = match rendition {
            Self::Rate(_) => true,
            Self::Sound(sound) => sounds.contains(&Some(sound)),
        };
        StreamName::parse(base).ok().filter(|_| is_meant).map(|base| (base, rendition))
    }

    /// The name under which it is played; none if it would be too long.
    pub fn name_of(self, stream: &StreamName) -> Option<StreamName> {
        StreamName::parse(&format!("{stream}{}", self.suffix())).ok()
    }
}

#[cfg(test)]
mod tests {
    use vivace_base::StreamName;

    use super::{Rendition, Sound};
    use crate::channel::Rate;

    fn name(text: &str) -> StreamName {
        StreamName::parse(text).expect("a good name")
    }

    #[test]
    fn a_name_tells_what_is_asked_of_which_stream() {
        let both = [Some(Sound::Aac), Some(Sound::Opus)];
        let among = |text: &str, sounds: &[Option<Sound>]| {
            Rendition::of_name(&name(text), sounds).map(|(base, what)| (base.to_string(), what))
        };
        let asked = |text| among(text, &both);
        let of = |what| Some(("cam".to_owned(), what));
        assert_eq!(asked("cam_550"), of(Rendition::Rate(Rate::Sd)));
        assert_eq!(asked("cam_900"), of(Rendition::Rate(Rate::Hd)));
        assert_eq!(asked("cam_aac"), of(Rendition::Sound(Sound::Aac)));
        assert_eq!(asked("cam_opus"), of(Rendition::Sound(Sound::Opus)));
        assert_eq!(asked("cam_opus_aac").map(|(base, _)| base).as_deref(), Some("cam_opus"));
        for other in ["cam", "_aac", "opus", "cam_OPUS", "cam_mp3", "cam_700"] {
            assert_eq!(asked(other), None, "{other}");
        }
        // Where a sound is not made, its word is a part of the name.
        let opus = [None, Some(Sound::Opus)];
        assert_eq!([among("cam_aac", &opus), among("cam_opus", &[]), among("cam_opus_aac", &opus)], [None, None, None]);
        assert_eq!(among("cam_opus", &opus), of(Rendition::Sound(Sound::Opus)));
        assert_eq!(among("cam_550", &[]), of(Rendition::Rate(Rate::Sd)));
    }

    #[test]
    fn a_name_that_would_be_too_long_is_none() {
        let long = name(&"a".repeat(StreamName::BYTES_MAX));
        assert_eq!(Rendition::Sound(Sound::Aac).name_of(&long), None);
        let made = Rendition::Sound(Sound::Opus).name_of(&name("cam"));
        assert_eq!(made.as_ref().map(StreamName::as_str), Some("cam_opus"));
    }
}
