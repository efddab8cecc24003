//! Bits, most significant first, with the variable-length codes of the video parameter sets.

mod reader;
mod writer;

pub(crate) use reader::{BitFault, BitReader};
pub(crate) use writer::BitWriter;
