//! MP3: the frame header of MPEG-1, MPEG-2 and MPEG-2.5 audio, layer III (ISO/IEC 11172-3 and 13818-3, 2.4.1.3).

#[cfg(test)]
mod tests;

use thiserror::Error;

/// Why an MP3 frame was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Fault {
    /// Fewer than the four bytes of a header.
    #[error("the data ends inside the header")]
    Truncated,
    /// The bytes do not begin with the sync word.
    #[error("no sync word")]
    SyncWord,
    /// The version is the reserved one.
    #[error("a reserved version")]
    Version,
    /// Layer I, layer II or reserved.
    #[error("not layer III")]
    Layer,
    /// The bit rate is the forbidden one, or free, in which case the frame's size cannot be told.
    #[error("bit rate index {0} tells no rate")]
    BitRate(u8),
    /// The sampling frequency is the reserved one.
    #[error("a reserved sampling frequency")]
    SamplingFrequency,
}

/// Version of MPEG audio.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Version {
    /// ISO/IEC 11172-3: 32 to 48 kHz.
    Mpeg1,
    /// ISO/IEC 13818-3: 16 to 24 kHz.
    Mpeg2,
    /// The unofficial extension to 8 to 12 kHz.
    Mpeg25,
}

/// The header of one frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FrameHeader {
    /// Version of MPEG audio.
    pub version: Version,
    /// A checksum of two bytes follows the header.
    pub checksum: bool,
    /// Bits in one second.
    pub bit_rate: u32,
    /// Frequency in Hz.
    pub sample_rate: u32,
    /// One or two.
    pub channels: u8,
    /// Bytes of the whole frame with its header.
    pub frame_bytes: usize,
}

/// kbit/s by index minus one, MPEG-1 layer III.
const RATES_1: [u32; 14] = [32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320];
/// kbit/s by index minus one, MPEG-2 and MPEG-2.5 layer III.
const RATES_2: [u32; 14] = [8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160];

impl FrameHeader {
    /// Reads the header at the start of `data`.
    ///
    /// # Errors
    /// [`Fault`] where the four bytes are not a header of layer III with a bit rate.
    pub fn parse(data: &[u8]) -> Result<Self, Fault> {
        let head = u32::from_be_bytes(*data.first_chunk().ok_or(Fault::Truncated)?);
        let field = |shift: u32, width: u32| (head >> shift) & ((1 << width) - 1);
        if field(21, 11) != 0x7ff {
            return Err(Fault::SyncWord);
        }
        let (version, divisor) = match field(19, 2) {
            0 => (Version::Mpeg25, 4),
            2 => (Version::Mpeg2, 2),
            3 => (Version::Mpeg1, 1),
            _ => return Err(Fault::Version),
        };
        if field(17, 2) != 1 {
            return Err(Fault::Layer);
        }
        let bit_rate = bit_rate(version, field(12, 4) as u8)?;
        let full_rate = [44_100, 48_000, 32_000].get(field(10, 2) as usize).ok_or(Fault::SamplingFrequency)?;
        let sample_rate = full_rate / divisor;
        let padding = field(9, 1);
        let frame_bytes = samples_per_frame(version) / 8 * bit_rate / sample_rate + padding;
        Ok(Self {
            version,
            checksum: field(16, 1) == 0,
            bit_rate,
            sample_rate,
            channels: if field(6, 2) == 3 { 1 } else { 2 },
            frame_bytes: frame_bytes as usize,
        })
    }

    /// Samples of each channel in one frame.
    pub fn samples_per_frame(&self) -> u32 {
        samples_per_frame(self.version)
    }

    /// Object type indication in an `esds` box: MPEG-1 audio 0x6B, MPEG-2 audio 0x69 (ISO/IEC 14496-1, table 5).
    pub fn object_type(&self) -> u8 {
        match self.version {
            Version::Mpeg1 => 0x6b,
            Version::Mpeg2 | Version::Mpeg25 => 0x69,
        }
    }

    /// The codec string of RFC 6381: `mp4a.6B` or `mp4a.69`.
    pub fn codec_string(&self) -> String {
        format!("mp4a.{:02X}", self.object_type())
    }
}

fn samples_per_frame(version: Version) -> u32 {
    if version == Version::Mpeg1 { 1_152 } else { 576 }
}

fn bit_rate(version: Version, index: u8) -> Result<u32, Fault> {
    let rates = if version == Version::Mpeg1 { &RATES_1 } else { &RATES_2 };
    let place = usize::from(index).checked_sub(1);
    let kilobits = place.and_then(|place| rates.get(place)).ok_or(Fault::BitRate(index))?;
    Ok(kilobits * 1_000)
}
