use crate::engine::{Container, Flavor};

/// A file of a stream, as the last part of its path names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum File {
    /// A media playlist.
    Playlist(Flavor),
    /// An initialisation segment, by the run's first number and its own.
    Init(u64, u64),
    /// A segment by its media sequence number.
    Segment(u64, Container),
    /// A part, by the run's first number and its own.
    Part(u64, u64),
}

impl File {
    /// Reads a name; `None` if no file has it.
    pub fn parse(name: &str) -> Option<Self> {
        match name {
            "index.m3u8" => return Some(Self::Playlist(Flavor::Mp4)),
            "ll.m3u8" => return Some(Self::Playlist(Flavor::LowLatency)),
            "ts.m3u8" => return Some(Self::Playlist(Flavor::Ts)),
            _ => {}
        }
        let (stem, extension) = name.split_once('.')?;
        match (stem.split_at_checked(1)?, extension) {
            (("s", rest), "m4s") => number(rest).map(|sequence| Self::Segment(sequence, Container::Mp4)),
            (("s", rest), "ts") => number(rest).map(|sequence| Self::Segment(sequence, Container::Ts)),
            (("p", rest), "m4s") => pair(rest).map(|(run, part)| Self::Part(run, part)),
            (("i", rest), "mp4") => pair(rest).map(|(run, init)| Self::Init(run, init)),
            _ => None,
        }
    }

    /// The name of a playlist.
    pub const fn playlist(flavor: Flavor) -> &'static str {
        match flavor {
            Flavor::Mp4 => "index.m3u8",
            Flavor::LowLatency => "ll.m3u8",
            Flavor::Ts => "ts.m3u8",
        }
    }
}

fn pair(text: &str) -> Option<(u64, u64)> {
    let (first, second) = text.split_once('-')?;
    Some((number(first)?, number(second)?))
}

/// A number as it is written: no sign, no zeros before it.
fn number(text: &str) -> Option<u64> {
    let canonical = text == "0" || !text.starts_with(['0', '+']);
    text.parse().ok().filter(|_| canonical)
}

#[cfg(test)]
mod tests {
    use super::File;
    use crate::engine::{Container, Flavor};

    #[test]
    fn names_are_read_in_one_spelling_only() {
        assert_eq!(File::parse("s12.m4s"), Some(File::Segment(12, Container::Mp4)));
        assert_eq!(File::parse("s0.ts"), Some(File::Segment(0, Container::Ts)));
        assert_eq!(File::parse("p64-7.m4s"), Some(File::Part(64, 7)));
        assert_eq!(File::parse("i64-0.mp4"), Some(File::Init(64, 0)));
        assert_eq!(File::parse(File::playlist(Flavor::LowLatency)), Some(File::Playlist(Flavor::LowLatency)));
        for odd in
            ["", "s", "s.m4s", "s+1.m4s", "s01.m4s", "s1.mp4", "p1.m4s", "p1-.m4s", "i1-2-3.mp4", "é1.ts", "x1.ts"]
        {
            assert_eq!(File::parse(odd), None, "{odd}");
        }
    }
}
