//! From frames to parts of media files, and from these to files of other formats, without any I/O and without a clock.

mod cutter;
mod lane;
mod remux;
#[cfg(test)]
pub(super) mod tests;

pub use cutter::{Cut, CutRules, Cutter, FileCut, PartCut};
pub use remux::{Index, RemuxFault, RemuxFormat, Remuxer, TsRemuxer};
