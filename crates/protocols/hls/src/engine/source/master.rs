//! Master playlists: which of the variants is followed (RFC 8216, 4.3.4).

use super::SourceFault;
use super::attributes::attribute;

/// A master playlist.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Master {
    pub(super) variants: Vec<Variant>,
    pub(super) renditions: Vec<Rendition>,
}

/// `EXT-X-STREAM-INF` and the address behind it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Variant {
    pub(super) uri: String,
    bandwidth: u64,
    codecs: String,
    audio: Option<String>,
}

/// `EXT-X-MEDIA` of sound with an address of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Rendition {
    group: String,
    uri: Option<String>,
    default: bool,
}

/// What is followed of a master playlist.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Choice {
    pub(super) uri: String,
    /// The sound, where it is a playlist of its own.
    pub(super) audio: Option<String>,
}

impl Variant {
    pub(super) fn read(list: &str) -> Self {
        Self {
            uri: String::new(),
            bandwidth: attribute(list, "BANDWIDTH").and_then(|rate| rate.parse().ok()).unwrap_or(0),
            codecs: attribute(list, "CODECS").unwrap_or_default().to_owned(),
            audio: attribute(list, "AUDIO").map(str::to_owned),
        }
    }

    /// With its address.
    pub(super) fn at(self, uri: &str) -> Self {
        Self { uri: uri.to_owned(), ..self }
    }

    /// The first codec that is not carried.
    fn foreign(&self) -> Option<&str> {
        self.codecs.split(',').map(str::trim).find(|codec| !codec.is_empty() && !is_carried(codec))
    }
}

impl Rendition {
    /// `None` for another kind than sound.
    pub(super) fn read(list: &str) -> Option<Self> {
        (attribute(list, "TYPE")? == "AUDIO").then(|| Self {
            group: attribute(list, "GROUP-ID").unwrap_or_default().to_owned(),
            uri: attribute(list, "URI").filter(|uri| !uri.is_empty()).map(str::to_owned),
            default: attribute(list, "DEFAULT") == Some("YES"),
        })
    }
}

/// Codec strings (RFC 6381) of what the live path carries.
fn is_carried(codec: &str) -> bool {
    let lower = codec.to_ascii_lowercase();
    let kind = lower.split('.').next().unwrap_or_default();
    match kind {
        "avc1" | "avc3" | "hvc1" | "hev1" | "av01" | "vp09" | "opus" | "mp3" => true,
        "mp4a" => lower == "mp4a" || lower.starts_with("mp4a.40.") || lower == "mp4a.6b" || lower == "mp4a.69",
        _ => false,
    }
}

impl Master {
    /// The variant of the highest bandwidth whose codecs are carried.
    ///
    /// # Errors
    /// [`SourceFault::Codecs`]: there is none.
    pub(super) fn choose(&self) -> Result<Choice, SourceFault> {
        let carried = self.variants.iter().filter(|variant| variant.foreign().is_none());
        let Some(best) = carried.max_by_key(|variant| variant.bandwidth) else {
            let foreign = self.variants.iter().find_map(Variant::foreign).unwrap_or_default();
            // As much of a stranger's word as can be one.
            let word = foreign.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '.').take(32).collect();
            return Err(SourceFault::Codecs { codec: word });
        };
        let group = || self.renditions.iter().filter(|found| Some(&found.group) == best.audio.as_ref());
        let sound = group().find(|found| found.default).or_else(|| group().next());
        Ok(Choice { uri: best.uri.clone(), audio: sound.and_then(|sound| sound.uri.clone()) })
    }
}

#[cfg(test)]
mod tests {
    use super::super::playlist::Playlist;
    use super::{Choice, Master, SourceFault};

    fn master(text: &str) -> Master {
        match Playlist::parse(&format!("#EXTM3U\n{text}")) {
            Ok(Playlist::Master(master)) => master,
            other => panic!("{other:?}"),
        }
    }

    fn chosen(text: &str) -> (String, Option<String>) {
        let Choice { uri, audio } = master(text).choose().unwrap();
        (uri, audio)
    }

    #[test]
    fn the_best_variant_that_is_carried_is_chosen() {
        let text = "#EXT-X-STREAM-INF:BANDWIDTH=100,CODECS=\"avc1.42c01f,mp4a.40.2\"\nlow.m3u8\n\
                    #EXT-X-STREAM-INF:BANDWIDTH=300,CODECS=\"dvh1.05.01,ec-3\"\nfilm.m3u8\n\
                    #EXT-X-STREAM-INF:BANDWIDTH=200,CODECS=\"hvc1.1.6.L93.B0\"\nhigh.m3u8\n\
                    #EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=900,URI=\"i.m3u8\"\n";
        assert_eq!(chosen(text), ("high.m3u8".to_owned(), None));
        assert_eq!(chosen("#EXT-X-STREAM-INF:X=1\na.m3u8"), ("a.m3u8".to_owned(), None));
    }

    #[test]
    fn sound_of_its_own_is_followed_too() {
        let text = "#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"a\",NAME=\"x\",URI=\"x.m3u8\"\n\
                    #EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"a\",NAME=\"y\",DEFAULT=YES,URI=\"y.m3u8\"\n\
                    #EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"b\",NAME=\"z\",DEFAULT=YES\n\
                    #EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID=\"a\",URI=\"s.m3u8\"\n";
        let with = |group: &str| chosen(&format!("{text}#EXT-X-STREAM-INF:BANDWIDTH=1,AUDIO=\"{group}\"\nv.m3u8"));
        assert_eq!(with("a"), ("v.m3u8".to_owned(), Some("y.m3u8".to_owned())));
        assert_eq!(with("b"), ("v.m3u8".to_owned(), None), "it is in the variant itself");
    }

    #[test]
    fn without_a_codec_that_is_carried_there_is_nothing_to_follow() {
        let fault = master("#EXT-X-STREAM-INF:CODECS=\"ec-3,dvh1.5\"\nx").choose().unwrap_err();
        assert_eq!(fault, SourceFault::Codecs { codec: "ec3".to_owned() });
    }
}
