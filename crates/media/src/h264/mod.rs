//! H.264 / AVC: decoder configuration record, sequence parameter set, NAL units of a sample.
//!
//! ISO/IEC 14496-10 for the bit stream, ISO/IEC 14496-15 for the record and the samples.

mod record;
mod sets;
mod sps;
#[cfg(test)]
mod tests;

use crate::bits::BitFault;
use crate::nal::{NalFault, NalUnits};
use thiserror::Error;

pub use record::{ChromaExtension, ConfigurationRecord};
pub use sets::record_of;
pub use sps::Sps;

/// Why H.264 bytes were refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Fault {
    /// The bytes end inside a field.
    #[error("the data ends inside a field")]
    Truncated,
    /// An Exp-Golomb code is longer than 32 bits allow.
    #[error("an Exp-Golomb code is longer than 32 bits allow")]
    Golomb,
    /// The configuration record is of another version than 1.
    #[error("configuration record version {0} instead of 1")]
    Version(u8),
    /// NAL unit lengths take another number of bytes than 1, 2 or 4.
    #[error("the length of a NAL unit takes {0} bytes")]
    LengthSize(usize),
    /// A NAL unit claims more bytes than the sample has left.
    #[error("a NAL unit of {announced} bytes stands where {left} are left")]
    UnitCut {
        /// Bytes the length field tells.
        announced: usize,
        /// Bytes there are.
        left: usize,
    },
    /// A NAL unit of another type stands where a sequence parameter set belongs.
    #[error("NAL unit type {0} instead of a sequence parameter set")]
    UnitType(u8),
    /// A field of the sequence parameter set is out of the range of the standard.
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

/// `nal_unit_type` of a slice of an IDR picture (table 7-1).
pub const NAL_IDR: u8 = 5;
/// `nal_unit_type` of a sequence parameter set.
pub const NAL_SPS: u8 = 7;
/// `nal_unit_type` of a picture parameter set.
pub const NAL_PPS: u8 = 8;

/// The type of a NAL unit (7.3.1); `None` for an empty one.
pub fn nal_type(unit: &[u8]) -> Option<u8> {
    unit.first().map(|header| header & 0x1f)
}

/// The NAL units of a length-prefixed sample (ISO/IEC 14496-15, 5.3.2), in order and without their lengths.
///
/// Empty units are passed over. A fault is told once and ends the walk. `length_size` is in bytes.
pub fn nal_units(sample: &[u8], length_size: usize) -> impl Iterator<Item = Result<&[u8], Fault>> {
    NalUnits::new(sample, length_size).map(|unit| unit.map_err(Fault::from))
}

/// Whether a length-prefixed sample holds an IDR picture, so that decoding may begin with it.
///
/// # Errors
/// [`Fault`] where a length leads out of the sample before an IDR slice is met.
pub fn is_key(sample: &[u8], length_size: usize) -> Result<bool, Fault> {
    for unit in nal_units(sample, length_size) {
        if nal_type(unit?) == Some(NAL_IDR) {
            return Ok(true);
        }
    }
    Ok(false)
}
