use super::Fault;
use crate::{Codec, h264, hevc};

/// What begins a NAL unit in a byte stream (ISO/IEC 14496-10, annex B).
const START_CODE: [u8; 4] = [0, 0, 0, 1];
/// Access unit delimiters that allow any slice, with their start codes.
const DELIMITER_H264: [u8; 6] = [0, 0, 0, 1, 9, 0xf0];
const DELIMITER_HEVC: [u8; 7] = [0, 0, 0, 1, 35 << 1, 1, 0x50];

/// Turns length-prefixed samples into access units of a byte stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct AnnexB {
    hevc: bool,
    length_size: usize,
    /// The configuration's parameter sets with their start codes.
    parameter_sets: Vec<u8>,
}

impl AnnexB {
    pub(super) fn new(codec: Codec, record: &[u8]) -> Result<Self, Fault> {
        let mut parameter_sets = Vec::with_capacity(record.len() + 16);
        let mut add = |unit: &[u8]| {
            parameter_sets.extend(START_CODE);
            parameter_sets.extend_from_slice(unit);
        };
        let (hevc, length_size) = match codec {
            Codec::H264 => {
                let record = h264::ConfigurationRecord::parse(record)?;
                record.sps.iter().chain(&record.pps).for_each(|unit| add(unit));
                (false, record.length_size)
            }
            Codec::Hevc => {
                let record = hevc::ConfigurationRecord::parse(record)?;
                let kinds = [hevc::NAL_VPS, hevc::NAL_SPS, hevc::NAL_PPS];
                kinds.into_iter().flat_map(|kind| record.units(kind)).for_each(&mut add);
                (true, record.length_size)
            }
            _ => return Err(Fault::Codec),
        };
        Ok(Self { hevc, length_size, parameter_sets })
    }

    /// Gives the pieces of the access unit in order: delimiter, parameter sets before a key frame that has none of its
    /// own, then the sample's units with their start codes.
    pub(super) fn pieces(&self, sample: &[u8], key: bool, mut give: impl FnMut(&[u8])) -> Result<(), Fault> {
        let has_sets = key && self.has_parameter_sets(sample)?;
        give(if self.hevc { &DELIMITER_HEVC } else { &DELIMITER_H264 });
        if key && !has_sets {
            give(&self.parameter_sets);
        }
        self.units(sample, |kind, unit| {
            if kind != self.delimiter() {
                give(&START_CODE);
                give(unit);
            }
        })
    }

    fn has_parameter_sets(&self, sample: &[u8]) -> Result<bool, Fault> {
        let wanted = if self.hevc { hevc::NAL_SPS } else { h264::NAL_SPS };
        let mut found = false;
        self.units(sample, |kind, _| found |= kind == wanted)?;
        Ok(found)
    }

    const fn delimiter(&self) -> u8 {
        if self.hevc { 35 } else { 9 }
    }

    fn units(&self, sample: &[u8], mut give: impl FnMut(u8, &[u8])) -> Result<(), Fault> {
        if self.hevc {
            for unit in hevc::nal_units(sample, self.length_size) {
                let unit = unit?;
                give(hevc::nal_type(unit).unwrap_or_default(), unit);
            }
        } else {
            for unit in h264::nal_units(sample, self.length_size) {
                let unit = unit?;
                give(h264::nal_type(unit).unwrap_or_default(), unit);
            }
        }
        Ok(())
    }
}
