//! Names below what has been kept: of the files of a stream's past, and of recordings.

use vivace_base::Ulid;

/// The media playlist of a stream's past.
pub const SHIFTED: &str = "shift.m3u8";
/// The same of a past to which nothing more came when the player did.
pub const WHOLE: &str = "whole.m3u8";

/// A media file or a segment of it, as the last part of its path names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ArchiveName {
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
    pub fn parse(name: &str) -> Option<Self> {
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
    pub const fn file(self) -> Ulid {
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

/// A file below the name of a stream that has to do with its past.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeptFile {
    /// [`SHIFTED`].
    Playlist,
    /// [`WHOLE`].
    Whole,
    /// A media file.
    Media(ArchiveName),
}

impl KeptFile {
    /// Reads a name; `None` if no file of the past has it.
    pub fn parse(name: &str) -> Option<Self> {
        match name {
            SHIFTED => Some(Self::Playlist),
            WHOLE => Some(Self::Whole),
            _ => ArchiveName::parse(name).map(Self::Media),
        }
    }
}

/// What stands below the folder of recordings: `ID.EXTENSION`, the playlist or the file of a recording, or `ID/FILE` below
/// its playlist.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RecordingPath<'a> {
    /// The recording.
    pub id: Ulid,
    /// What of it.
    pub part: RecordingPart<'a>,
}

/// What of a recording is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordingPart<'a> {
    /// The recording itself, by what stands behind its dot.
    Whole {
        /// Any text.
        extension: &'a str,
    },
    /// A file below its playlist.
    Below(ArchiveName),
}

impl<'a> RecordingPath<'a> {
    /// Reads a path; `None` if it is not one of a recording.
    pub fn parse(path: &'a str) -> Option<Self> {
        let (id, part) = match path.split_once('/') {
            Some((id, below)) => (id, RecordingPart::Below(ArchiveName::parse(below)?)),
            None => path.split_once('.').map(|(id, extension)| (id, RecordingPart::Whole { extension }))?,
        };
        Some(Self { id: Ulid::parse(id).ok()?, part })
    }
}

#[cfg(test)]
mod tests {
    use vivace_base::Ulid;

    use super::{ArchiveName, KeptFile, RecordingPart, RecordingPath};

    #[test]
    fn names_are_read_in_one_spelling_only() {
        let file = Ulid(77);
        assert_eq!(ArchiveName::parse(&format!("a-{file}.mp4")), Some(ArchiveName::Init(file)));
        let segment = ArchiveName::Segment { file, offset: 700, bytes: 0 };
        assert_eq!(ArchiveName::parse(&format!("a-{file}-700-0.m4s")), Some(segment));
        assert_eq!(KeptFile::parse(&format!("a-{file}-700-0.m4s")), Some(KeptFile::Media(segment)));
        assert_eq!(KeptFile::parse("shift.m3u8"), Some(KeptFile::Playlist));
        assert_eq!(KeptFile::parse("whole.m3u8"), Some(KeptFile::Whole));
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

    #[test]
    fn a_recording_is_a_file_or_a_folder() {
        let id = Ulid(5);
        let whole = |extension| Some(RecordingPath { id, part: RecordingPart::Whole { extension } });
        assert_eq!(RecordingPath::parse(&format!("{id}.mp4")), whole("mp4"));
        assert_eq!(RecordingPath::parse(&format!("{id}.a.b")), whole("a.b"));
        let below = RecordingPart::Below(ArchiveName::Init(Ulid(9)));
        assert_eq!(RecordingPath::parse(&format!("{id}/a-{}.mp4", Ulid(9))), Some(RecordingPath { id, part: below }));
        for odd in [String::new(), id.to_string(), format!("{id}/"), format!("{id}/../x.mp4"), "x.mp4".to_owned()] {
            assert_eq!(RecordingPath::parse(&odd), None, "{odd}");
        }
    }
}
