//! Names of the files below a playlist of the past.

use vivace_base::Ulid;

/// A file of a playlist, as the last part of its path names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ArchiveName {
    /// `a-FILE.mp4`: the initialisation segment of a media file.
    Init(Ulid),
    /// `a-FILE-OFFSET-BYTES.m4s`: a segment of it.
    Segment {
        /// The media file.
        file: Ulid,
        /// Where it begins.
        offset: u64,
        /// Its bytes.
        bytes: u64,
    },
}

impl ArchiveName {
    /// Reads a name; `None` if no file has it.
    pub(crate) fn parse(name: &str) -> Option<Self> {
        let (stem, extension) = name.strip_prefix("a-")?.split_once('.')?;
        let mut words = stem.split('-');
        let file = words.next().and_then(|file| Ulid::parse(file).ok().filter(|id| id.to_string() == file))?;
        match (words.next(), words.next(), words.next(), extension) {
            (None, None, None, "mp4") => Some(Self::Init(file)),
            (Some(offset), Some(bytes), None, "m4s") => {
                Some(Self::Segment { file, offset: number(offset)?, bytes: number(bytes)? })
            }
            _ => None,
        }
    }

    /// The media file.
    pub(crate) const fn file(self) -> Ulid {
        match self {
            Self::Init(file) | Self::Segment { file, .. } => file,
        }
    }
}

/// A number as it is written: no sign, no zeros before it.
fn number(text: &str) -> Option<u64> {
    let canonical = text == "0" || !text.starts_with(['0', '+']);
    text.parse().ok().filter(|_| canonical)
}

#[cfg(test)]
mod tests {
    use vivace_base::Ulid;

    use super::ArchiveName;

    #[test]
    fn names_are_read_in_one_spelling_only() {
        let file = Ulid(77);
        assert_eq!(ArchiveName::parse(&format!("a-{file}.mp4")), Some(ArchiveName::Init(file)));
        let segment = ArchiveName::Segment { file, offset: 700, bytes: 0 };
        assert_eq!(ArchiveName::parse(&format!("a-{file}-700-0.m4s")), Some(segment));
        let lower = file.to_string().to_lowercase();
        for odd in [
            "a-.mp4".to_owned(),
            format!("{file}.mp4"),
            format!("a-{file}.m4s"),
            format!("a-{file}-7.m4s"),
            format!("a-{file}-07-1.m4s"),
            format!("a-{file}-+7-1.m4s"),
            format!("a-{file}-7-1-2.m4s"),
            format!("a-{file}-7-1.mp4"),
            format!("a-{file}-7-18446744073709551616.m4s"),
            format!("a-{}.mp4", if lower == file.to_string() { "x".to_owned() } else { lower }),
        ] {
            assert_eq!(ArchiveName::parse(&odd), None, "{odd}");
        }
    }
}
