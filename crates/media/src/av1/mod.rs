//! AV1: configuration record, sequence header, and the OBUs of a temporal unit.
//!
//! "AV1 Bitstream & Decoding Process Specification" for the bit stream, "AV1 Codec ISO Media File Format Binding" for the
//! record, the samples and the codec string.

mod obu;
mod record;
mod sequence;
#[cfg(test)]
mod tests;

use crate::bits::{BitFault, BitReader};
use thiserror::Error;

pub use obu::{OBU_FRAME, OBU_FRAME_HEADER, OBU_SEQUENCE_HEADER, OBU_TEMPORAL_DELIMITER, Obu, obus};
pub use record::ConfigurationRecord;
pub use sequence::SequenceHeader;

/// Why AV1 bytes were refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Fault {
    /// The bytes end inside a field.
    #[error("the data ends inside a field")]
    Truncated,
    /// A variable-length code is longer than 32 bits allow.
    #[error("a variable-length code is longer than 32 bits allow")]
    Code,
    /// The configuration record does not begin with marker and version 1.
    #[error("a configuration record does not begin with {0:#04x}")]
    Version(u8),
    /// The forbidden bit of an OBU is set: the bytes are no OBUs.
    #[error("the forbidden bit of an OBU is set")]
    Forbidden,
    /// An OBU claims more bytes than there are.
    #[error("an OBU of {announced} bytes stands where {left} are left")]
    ObuCut {
        /// Bytes the size tells.
        announced: u64,
        /// Bytes there are.
        left: usize,
    },
    /// The profile is reserved.
    #[error("profile {0} is reserved")]
    Profile(u8),
    /// Width or height is more than 65,535.
    #[error("the picture is larger than can be told")]
    Dimensions,
}

impl From<BitFault> for Fault {
    fn from(fault: BitFault) -> Self {
        match fault {
            BitFault::End => Self::Truncated,
            BitFault::Golomb => Self::Code,
        }
    }
}

/// Whether a temporal unit is a random access point: a sequence header, and a shown key frame as its first frame
/// (ISO Media File Format Binding, 2.4).
///
/// # Errors
/// [`Fault`] where a size leads out of the unit before that is known.
pub fn is_key(unit: &[u8]) -> Result<bool, Fault> {
    let mut still = None;
    for obu in obus(unit) {
        let obu = obu?;
        match obu.kind {
            OBU_SEQUENCE_HEADER => still = Some(SequenceHeader::parse(obu.payload)?.reduced_still_picture),
            OBU_FRAME | OBU_FRAME_HEADER => {
                return match still {
                    None => Ok(false),
                    Some(true) => Ok(true),
                    Some(false) => shows_key_frame(obu.payload),
                };
            }
            _ => {}
        }
    }
    Ok(false)
}

/// The beginning of `uncompressed_header` (5.9.2).
fn shows_key_frame(payload: &[u8]) -> Result<bool, Fault> {
    const KEY_FRAME: u32 = 0;
    let bits = &mut BitReader::new(payload);
    let show_existing_frame = bits.flag()?;
    Ok(!show_existing_frame && bits.bits(2)? == KEY_FRAME && bits.flag()?)
}

/// A temporal unit as a sample of MP4: without the temporal delimiters it begins with (ISO Media File Format Binding,
/// 2.4). The rest is left as it is.
pub fn without_delimiter(unit: &[u8]) -> &[u8] {
    let mut walk = obus(unit);
    let mut rest = unit;
    while let Some(Ok(Obu { kind: OBU_TEMPORAL_DELIMITER, .. })) = walk.next() {
        rest = walk.rest();
    }
    rest
}
