//! Opus: the identification header, its form in MP4, and the length of a packet.
//!
//! RFC 6716 for packets, RFC 7845 for the header, "Encapsulation of Opus in ISO Base Media File Format" for `dOps`.

mod head;
mod packet;
#[cfg(test)]
mod tests;

use thiserror::Error;

pub use head::{Head, Mapping};
pub use packet::{channels, samples};

/// Samples in one second of every Opus track, whatever the encoder was given.
pub const SAMPLE_RATE: u32 = 48_000;

/// Why Opus bytes were refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Fault {
    /// The bytes end inside a field.
    #[error("the data ends inside a field")]
    Truncated,
    /// The header does not begin with `OpusHead`.
    #[error("the header does not begin with OpusHead")]
    Magic,
    /// The header is of an incompatible version.
    #[error("header version {0} is not known")]
    Version(u8),
    /// No channels, or more than two without a mapping of channels.
    #[error("{0} channels")]
    Channels(u8),
    /// A packet lasts longer than the 120 ms that are allowed, or holds no frames.
    #[error("a packet of {0} frames")]
    Frames(u8),
}
