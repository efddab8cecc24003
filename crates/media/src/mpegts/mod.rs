//! MPEG transport streams (ISO/IEC 13818-1) for HLS: a writer of one program with at most one video and one audio track,
//! a reader that knows nothing of the writer, and a demuxer that turns what is read into frames.

mod annexb;
mod demux;
mod packets;
mod pictures;
mod psi;
mod reader;
mod sounds;
#[cfg(test)]
mod tests;
mod writer;

use crate::{aac, h264, hevc, mp3};
use thiserror::Error;

pub use demux::Demuxer;
pub use reader::{Packet, Reader, Unit};
pub use writer::Writer;

/// Bytes of a packet.
pub const PACKET_BYTES: usize = 188;
/// PID of the program map table.
pub const PID_PMT: u16 = 0x1000;
/// PID of the video track.
pub const PID_VIDEO: u16 = 0x100;
/// PID of the audio track.
pub const PID_AUDIO: u16 = 0x101;

/// Times in a stream have 33 bits of 1/90,000 s.
const TIME_MASK: u64 = (1 << 33) - 1;

/// Why a transport stream cannot be written or read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Fault {
    /// The codec has no place in a transport stream that players know.
    #[error("the codec cannot be carried in a transport stream")]
    Codec,
    /// A sample came for a track that is not configured.
    #[error("no such track")]
    NoTrack,
    /// A PES packet of audio says its length in 16 bits.
    #[error("an audio frame of {0} bytes is too long for a PES packet")]
    AudioFrame(usize),
    /// The H.264 configuration or sample is broken.
    #[error("H.264: {0}")]
    H264(#[from] h264::Fault),
    /// The HEVC configuration or sample is broken.
    #[error("HEVC: {0}")]
    Hevc(#[from] hevc::Fault),
    /// The AAC configuration is broken or cannot be told in ADTS.
    #[error("AAC: {0}")]
    Aac(#[from] aac::Fault),
    /// The MP3 frame is broken.
    #[error("MP3: {0}")]
    Mp3(#[from] mp3::Fault),
    /// A packet does not have 188 bytes or does not begin with the sync byte.
    #[error("no packet of {PACKET_BYTES} bytes with a sync byte")]
    Sync,
    /// A field reaches out of its packet.
    #[error("a field reaches out of its packet")]
    Truncated,
    /// A packet is missing, or stands where it does not belong.
    #[error("the continuity counter of PID {pid:#x} is {found} instead of {expected}")]
    Continuity {
        /// The PID.
        pid: u16,
        /// What the packet before asks for.
        expected: u8,
        /// What the packet says.
        found: u8,
    },
    /// The checksum of a table is wrong.
    #[error("the checksum of a table is wrong")]
    Checksum,
    /// A PES packet does not begin with its start code or lacks a field.
    #[error("no PES packet header")]
    PesHeader,
    /// A PES packet is longer than the reader takes.
    #[error("a PES packet is longer than {0} bytes")]
    PesLength(usize),
    /// A program has more tracks than the reader takes.
    #[error("more than {0} tracks")]
    Tracks(usize),
    /// A packet says that it was damaged on its way.
    #[error("a packet was damaged on its way")]
    Damaged,
    /// A packet or a track is encrypted.
    #[error("the packets are encrypted")]
    Scrambled,
    /// No track has a codec that is carried here.
    #[error("no track has a codec that is carried here: the first one has stream type {0:#04x}")]
    StreamType(u8),
    /// There is no table of tracks.
    #[error("no table of tracks")]
    NoMap,
    /// More frames than the reader takes.
    #[error("more than {0} frames")]
    Frames(usize),
}
