//! Fragmented MP4 for browsers (Media Source Extensions), HLS and recording: ISO/IEC 14496-12 with the sample entries of
//! 14496-14 (`mp4a`) and 14496-15 (`avc1`, `hvc1`) and those of the bindings of AV1, VP9 and Opus, laid out as CMAF
//! (ISO/IEC 23000-19) asks.
//!
//! A stream is one [`init_segment`] and then any number of [`fragment`]s, each of one track.

mod boxes;
mod fragment;
mod init;
mod read;
mod sample_entry;
#[cfg(test)]
mod tests;
mod track;
mod write;

/// What the writers of fragmented and progressive files share.
pub(crate) mod layout {
    pub(crate) use super::init::{MATRIX, data_information, handler, media_header};
    pub(crate) use super::sample_entry::sample_entry;
    pub(crate) use super::write::{boxed, full, u16, u32, u64, zeros};
}

use crate::{Codec, aac, av1, h264, hevc, mp3, opus, vp9};
use thiserror::Error;

pub use boxes::{BoxView, Boxes, boxes, find};
pub use fragment::{Sample, fragment};
pub use init::init_segment;
pub use read::{InputSample, InputTrack, Reader, Samples, Scan, whole_bytes};
pub use track::{Track, mime_codecs};

/// Why a file cannot be written or read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Fault {
    /// Track ids begin with one.
    #[error("track id 0")]
    TrackId,
    /// The configuration record has no sequence parameter set.
    #[error("a configuration record without sequence parameter set")]
    NoParameterSet,
    /// The H.264 configuration is broken.
    #[error("H.264: {0}")]
    H264(#[from] h264::Fault),
    /// The HEVC configuration is broken.
    #[error("HEVC: {0}")]
    Hevc(#[from] hevc::Fault),
    /// The AAC configuration is broken.
    #[error("AAC: {0}")]
    Aac(#[from] aac::Fault),
    /// The MP3 frame is broken.
    #[error("MP3: {0}")]
    Mp3(#[from] mp3::Fault),
    /// The AV1 configuration is broken.
    #[error("AV1: {0}")]
    Av1(#[from] av1::Fault),
    /// The VP9 configuration is broken.
    #[error("VP9: {0}")]
    Vp9(#[from] vp9::Fault),
    /// The Opus configuration is broken.
    #[error("Opus: {0}")]
    Opus(#[from] opus::Fault),
    /// The configuration record does not tell the size of the picture, and no key frame has told it.
    #[error("the size of the picture is not known")]
    SizeUnknown,
    /// MP4 that browsers play has no form for the codec.
    #[error("{} is not carried in MP4", .0.name())]
    NotCarried(Codec),
    /// The samples do not fit into one fragment: 4 GiB of payload, 2 GiB of headers.
    #[error("the samples do not fit into one fragment")]
    FragmentTooLarge,
    /// The bytes end inside the header of a box.
    #[error("the data ends inside the header of a box")]
    Truncated,
    /// A box claims fewer bytes than its header or more than there are.
    #[error("a box of {announced} bytes stands where {left} are left")]
    BoxSize {
        /// Bytes the box claims with its header.
        announced: u64,
        /// Bytes there are.
        left: usize,
    },
    /// A box that must be there is not.
    #[error("the box {} is missing", .0.escape_ascii())]
    Missing([u8; 4]),
    /// A box ends inside one of its fields.
    #[error("the box {} ends inside a field", .0.escape_ascii())]
    Field([u8; 4]),
    /// The file has more tracks than are read.
    #[error("more than {0} tracks")]
    Tracks(usize),
    /// The time scale of a track is zero.
    #[error("a track has the time scale 0")]
    TimeScale,
    /// A fragment is of another sample entry than the first of its track.
    #[error("sample_description_index {0}, where 1 is read")]
    Description(u32),
    /// A decoding time has more than 63 bits.
    #[error("a decoding time in tfdt of more than 63 bits")]
    DecodeTime,
    /// Neither the run nor its defaults tell the size of samples.
    #[error("samples in trun without a size")]
    SampleSize,
    /// Samples lie outside the data, or several on the same bytes.
    #[error("samples in trun lie outside the data")]
    DataOutside,
}
