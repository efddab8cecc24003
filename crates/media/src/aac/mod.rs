//! AAC: AudioSpecificConfig and ADTS header (ISO/IEC 14496-3).

mod adts;
mod config;
mod layout;
#[cfg(test)]
mod tests;

use crate::bits::BitFault;
use thiserror::Error;

pub use adts::AdtsHeader;
pub use config::{AudioSpecificConfig, SpectralBandReplication};

/// Audio object type of AAC Main (table 1.17).
pub const AOT_MAIN: u8 = 1;
/// Audio object type of AAC LC.
pub const AOT_LC: u8 = 2;
/// Audio object type of spectral band replication: HE-AAC.
pub const AOT_SBR: u8 = 5;
/// Audio object type of parametric stereo: HE-AAC version 2.
pub const AOT_PS: u8 = 29;

/// Why AAC bytes were refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Fault {
    /// The bytes end inside a field.
    #[error("the data ends inside a field")]
    Truncated,
    /// The audio object type is the reserved null object.
    #[error("audio object type {0} is no codec")]
    ObjectType(u8),
    /// A sampling frequency index is reserved, or the frequency is zero.
    #[error("sampling frequency index {0} tells no frequency")]
    SamplingFrequency(u8),
    /// A channel configuration is reserved.
    #[error("channel configuration {0} is reserved")]
    ChannelConfiguration(u8),
    /// The bytes do not begin with the ADTS sync word.
    #[error("no ADTS sync word")]
    SyncWord,
    /// The ADTS frame length is shorter than its own header.
    #[error("an ADTS frame of {0} bytes is shorter than its header")]
    FrameLength(usize),
    /// The configuration cannot be expressed in the format asked for.
    #[error("the configuration cannot be written in this format")]
    Unwritable,
}

impl From<BitFault> for Fault {
    fn from(_: BitFault) -> Self {
        Self::Truncated
    }
}

/// Frequencies in Hz by sampling frequency index (table 1.18).
const FREQUENCIES: [u32; 13] =
    [96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8_000, 7_350];

fn frequency(index: u8) -> Result<u32, Fault> {
    FREQUENCIES.get(usize::from(index)).copied().ok_or(Fault::SamplingFrequency(index))
}

fn frequency_index(hz: u32) -> Option<u8> {
    FREQUENCIES.iter().position(|known| *known == hz).map(|index| index as u8)
}

/// Channels by channel configuration (table 1.19); zero means that a program config element tells them.
fn channels(configuration: u8) -> Result<u8, Fault> {
    match configuration {
        0..=6 => Ok(configuration),
        7 | 12 | 14 => Ok(8),
        11 => Ok(7),
        13 => Ok(24),
        other => Err(Fault::ChannelConfiguration(other)),
    }
}
