//! NAL units behind their lengths, as H.264 and HEVC samples carry them (ISO/IEC 14496-15, 4.3.3 and 8.3.3), and behind
//! start codes.

mod byte_stream;

use thiserror::Error;

pub(crate) use byte_stream::ByteStream;

/// Why a sample could not be taken apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub(crate) enum NalFault {
    #[error("the length of a NAL unit takes {0} bytes")]
    LengthSize(usize),
    #[error("the sample ends inside the length of a NAL unit")]
    LengthCut,
    #[error("a NAL unit of {announced} bytes stands where {left} are left")]
    UnitCut { announced: usize, left: usize },
}

/// The NAL units of one sample; empty ones are passed over, and nothing follows a fault.
#[derive(Clone, Debug)]
pub(crate) struct NalUnits<'a> {
    rest: &'a [u8],
    length_size: usize,
}

impl<'a> NalUnits<'a> {
    pub(crate) fn new(sample: &'a [u8], length_size: usize) -> Self {
        Self { rest: sample, length_size }
    }

    fn take(&mut self) -> Result<&'a [u8], NalFault> {
        if !matches!(self.length_size, 1 | 2 | 4) {
            return Err(NalFault::LengthSize(self.length_size));
        }
        let (prefix, rest) = self.rest.split_at_checked(self.length_size).ok_or(NalFault::LengthCut)?;
        let announced = prefix.iter().fold(0usize, |length, byte| (length << 8) | usize::from(*byte));
        let fault = NalFault::UnitCut { announced, left: rest.len() };
        let (unit, rest) = rest.split_at_checked(announced).ok_or(fault)?;
        self.rest = rest;
        Ok(unit)
    }
}

impl<'a> Iterator for NalUnits<'a> {
    type Item = Result<&'a [u8], NalFault>;

    fn next(&mut self) -> Option<Self::Item> {
        while !self.rest.is_empty() {
            match self.take() {
                Ok([]) => {}
                Ok(unit) => return Some(Ok(unit)),
                Err(fault) => {
                    self.rest = &[];
                    return Some(Err(fault));
                }
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::{NalFault, NalUnits};

    fn read(sample: &[u8], length_size: usize) -> Vec<Result<&[u8], NalFault>> {
        NalUnits::new(sample, length_size).collect()
    }

    #[test]
    fn units_are_found_behind_each_width_of_length() {
        assert_eq!(read(&[1, 9, 2, 8, 7], 1), [Ok(&[9][..]), Ok(&[8, 7])]);
        assert_eq!(read(&[0, 1, 9, 0, 0, 0, 2, 8, 7], 2), [Ok(&[9][..]), Ok(&[8, 7])]);
        assert_eq!(read(&[0, 0, 0, 1, 9], 4), [Ok(&[9][..])]);
        assert_eq!(read(&[], 4), []);
    }

    #[test]
    fn a_fault_is_told_once_and_ends_the_walk() {
        assert_eq!(read(&[0, 0, 0, 1, 9, 0, 0], 4), [Ok(&[9][..]), Err(NalFault::LengthCut)]);
        let cut = NalFault::UnitCut { announced: 0xffff_ffff, left: 1 };
        assert_eq!(read(&[0xff, 0xff, 0xff, 0xff, 1], 4), [Err(cut)]);
        assert_eq!(read(&[0, 0, 1, 9], 3), [Err(NalFault::LengthSize(3))]);
    }
}
