//! VP9: configuration record and the head of a frame.
//!
//! "VP9 Bitstream & Decoding Process Specification" for the frame, "VP Codec ISO Media File Format Binding" for the record
//! and the codec string. The record does not tell the size of the picture: key frames do.

mod header;
mod record;
#[cfg(test)]
mod tests;

use crate::bits::BitFault;
use thiserror::Error;

pub use header::{FrameHeader, KeyHeader};
pub use record::ConfigurationRecord;

/// Why VP9 bytes were refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Fault {
    /// The bytes end inside a field.
    #[error("the data ends inside a field")]
    Truncated,
    /// A frame does not begin with the frame marker.
    #[error("no frame marker")]
    FrameMarker,
    /// A key frame has no sync code.
    #[error("a key frame without sync code")]
    SyncCode,
    /// The profile is reserved.
    #[error("profile {0} is reserved")]
    Profile(u8),
    /// Bits of a sample are not 8, 10 or 12.
    #[error("a sample of {0} bits")]
    BitDepth(u8),
    /// The width or height is 65,536, which the container's field cannot hold.
    #[error("the picture is larger than can be told")]
    Dimensions,
}

impl From<BitFault> for Fault {
    fn from(_: BitFault) -> Self {
        Self::Truncated
    }
}

/// Whether a frame or superframe begins with a key frame.
///
/// # Errors
/// [`Fault`] where the bytes do not begin as a frame does.
pub fn is_key(frame: &[u8]) -> Result<bool, Fault> {
    FrameHeader::parse(frame).map(|header| header.key.is_some())
}
