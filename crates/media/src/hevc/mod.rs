//! H.265 / HEVC: decoder configuration record, video and sequence parameter sets, NAL units of a sample.
//!
//! ISO/IEC 23008-2 for the bit stream, ISO/IEC 14496-15 for the record and the samples.

mod profile;
mod record;
mod reference;
mod sets;
mod sps;
#[cfg(test)]
mod tests;
mod vps;

use crate::bits::{BitFault, BitReader};
use crate::nal::{NalFault, NalUnits};
use thiserror::Error;

pub use profile::ProfileTierLevel;
pub use record::{ConfigurationRecord, NalArray};
pub use sets::record_of;
pub use sps::Sps;
pub use vps::Vps;

/// Why HEVC bytes were refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Fault {
    /// The bytes end inside a field.
    #[error("the data ends inside a field")]
    Truncated,
    /// An Exp-Golomb code is longer than 32 bits allow.
    #[error("an Exp-Golomb code is longer than 32 bits allow")]
    Golomb,
    /// The configuration record is of a version after 1.
    #[error("configuration record version {0} is not known")]
    Version(u8),
    /// NAL unit lengths take another number of bytes than 1, 2 or 4.
    #[error("the length of a NAL unit takes {0} bytes")]
    LengthSize(usize),
    /// The configuration record holds more NAL units than there are parameter sets.
    #[error("more than {0} NAL units in a configuration record")]
    TooManyUnits(usize),
    /// A NAL unit claims more bytes than the sample has left.
    #[error("a NAL unit of {announced} bytes stands where {left} are left")]
    UnitCut {
        /// Bytes the length field tells.
        announced: usize,
        /// Bytes there are.
        left: usize,
    },
    /// A NAL unit of another type stands where a parameter set belongs.
    #[error("NAL unit type {0} instead of the parameter set's")]
    UnitType(u8),
    /// A field of a parameter set is out of the range of the standard.
    #[error("{field} is {value}, out of range")]
    Range {
        /// Name of the field in the standard.
        field: &'static str,
        /// Its value.
        value: u32,
    },
    /// Width or height is zero after cropping, or more than 65,535.
    #[error("the picture has no size that can be told")]
    Dimensions,
    /// A record to write has more or longer parameter sets than its fields can count.
    #[error("more or longer parameter sets than a configuration record can hold")]
    Unwritable,
}

impl From<BitFault> for Fault {
    fn from(fault: BitFault) -> Self {
        match fault {
            BitFault::End => Self::Truncated,
            BitFault::Golomb => Self::Golomb,
        }
    }
}

impl From<NalFault> for Fault {
    fn from(fault: NalFault) -> Self {
        match fault {
            NalFault::LengthSize(size) => Self::LengthSize(size),
            NalFault::LengthCut => Self::Truncated,
            NalFault::UnitCut { announced, left } => Self::UnitCut { announced, left },
        }
    }
}

/// `nal_unit_type` of a video parameter set (table 7-1).
pub const NAL_VPS: u8 = 32;
/// `nal_unit_type` of a sequence parameter set.
pub const NAL_SPS: u8 = 33;
/// `nal_unit_type` of a picture parameter set.
pub const NAL_PPS: u8 = 34;

/// The type of a NAL unit (7.3.1.2); `None` for an empty one.
pub fn nal_type(unit: &[u8]) -> Option<u8> {
    unit.first().map(|header| (header >> 1) & 0x3f)
}

/// The NAL units of a length-prefixed sample (ISO/IEC 14496-15, 8.3.3), in order and without their lengths.
///
/// Empty units are passed over. A fault is told once and ends the walk. `length_size` is in bytes.
pub fn nal_units(sample: &[u8], length_size: usize) -> impl Iterator<Item = Result<&[u8], Fault>> {
    NalUnits::new(sample, length_size).map(|unit| unit.map_err(Fault::from))
}

/// Whether a length-prefixed sample holds an intra random access picture: BLA, IDR or CRA, types 16 to 21.
///
/// # Errors
/// [`Fault`] where a length leads out of the sample before such a picture is met.
pub fn is_key(sample: &[u8], length_size: usize) -> Result<bool, Fault> {
    for unit in nal_units(sample, length_size) {
        if matches!(nal_type(unit?), Some(16..=21)) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The payload of a parameter set that must be of the type `wanted`.
fn parameter_set(unit: &[u8], wanted: u8) -> Result<BitReader<'_>, Fault> {
    let (_, payload) = unit.split_at_checked(2).ok_or(Fault::Truncated)?;
    match nal_type(unit) {
        Some(found) if found == wanted => Ok(BitReader::of_nal(payload)),
        other => Err(Fault::UnitType(other.unwrap_or(0))),
    }
}

/// Reads `ue(v)` and holds it to the standard's range.
fn ranged(bits: &mut BitReader<'_>, field: &'static str, max: u32) -> Result<u32, Fault> {
    match bits.ue()? {
        value if value <= max => Ok(value),
        value => Err(Fault::Range { field, value }),
    }
}
