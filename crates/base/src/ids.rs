use std::fmt;

use thiserror::Error;

/// The tenant that everything belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AppId(pub u32);

/// Why a name from outside was refused.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum NameFault {
    /// Nothing was given.
    #[error("the name is empty")]
    Empty,
    /// More than [`StreamName::BYTES_MAX`] bytes.
    #[error("the name has {bytes} bytes, more than {max}")]
    TooLong {
        /// Bytes given.
        bytes: usize,
        /// Bytes allowed.
        max: usize,
    },
    /// A character outside `A-Z a-z 0-9 _ - .`, a leading or last dot, or `..`.
    #[error("the name may hold only A-Z a-z 0-9 _ - and single inner dots; byte {at} breaks this")]
    Character {
        /// Index of the first offending byte.
        at: usize,
    },
}

/// A stream's name within its app: 1 to 128 bytes of `A-Z a-z 0-9 _ - .`, no leading or last dot, no `..`.
///
/// The only way in is [`StreamName::parse`], so a path or a header cannot be smuggled in by a name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StreamName(String);

impl StreamName {
    /// Longest accepted name in bytes.
    pub const BYTES_MAX: usize = 128;

    /// Parses a decoded name.
    pub fn parse(raw: &str) -> Result<Self, NameFault> {
        if raw.is_empty() {
            return Err(NameFault::Empty);
        }
        if raw.len() > Self::BYTES_MAX {
            return Err(NameFault::TooLong { bytes: raw.len(), max: Self::BYTES_MAX });
        }
        let mut before = b'.';
        for (at, byte) in raw.bytes().enumerate() {
            let plain = byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
            if !plain && (byte != b'.' || before == b'.') {
                return Err(NameFault::Character { at });
            }
            before = byte;
        }
        if before == b'.' {
            return Err(NameFault::Character { at: raw.len() - 1 });
        }
        Ok(Self(raw.to_owned()))
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for StreamName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One connection's life, the same number in log, metrics, replies and the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SessionId(pub u64);

impl fmt::Display for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::{NameFault, StreamName};

    #[test]
    fn names_of_the_field_are_accepted() {
        for name in ["a", "1234_room-7", "cam.1", "0", &"x".repeat(128)] {
            assert!(StreamName::parse(name).is_ok(), "{name}");
        }
    }

    #[test]
    fn what_could_leave_a_folder_or_a_line_is_refused() {
        for name in ["..", ".", ".a", "a.", "a..b", "a/b", "a\\b", "a%2fb", "a\0b", "a\nb", "a b", "ä", "a?b"] {
            assert!(matches!(StreamName::parse(name), Err(NameFault::Character { .. })), "{name:?}");
        }
        assert_eq!(StreamName::parse(""), Err(NameFault::Empty));
        assert!(matches!(StreamName::parse(&"x".repeat(10_000)), Err(NameFault::TooLong { .. })));
    }
}
