use thiserror::Error;

/// Why bits could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub(crate) enum BitFault {
    #[error("the data ends inside a field")]
    End,
    #[error("an Exp-Golomb code is longer than 32 bits allow")]
    Golomb,
}

/// Reads bits, most significant first, from bytes with or without emulation prevention.
///
/// Copies nothing: emulation prevention bytes are stepped over while reading.
#[derive(Clone, Debug)]
pub(crate) struct BitReader<'a> {
    rest: &'a [u8],
    current: u8,
    left: u8,
    zeros: u8,
    escaped: bool,
}

impl<'a> BitReader<'a> {
    /// Over plain bytes.
    pub(crate) fn new(data: &'a [u8]) -> Self {
        Self { rest: data, current: 0, left: 0, zeros: 0, escaped: false }
    }

    /// Over the payload of a NAL unit: the third byte of `00 00 03` is not part of the data (H.264 and H.265, 7.4.1).
    pub(crate) fn of_nal(data: &'a [u8]) -> Self {
        Self { escaped: true, ..Self::new(data) }
    }

    /// Bits not read yet; over a NAL unit this still counts emulation prevention bytes.
    pub(crate) fn bits_left(&self) -> usize {
        self.rest.len().saturating_mul(8).saturating_add(usize::from(self.left))
    }

    /// Steps to the next whole byte.
    pub(crate) fn align(&mut self) {
        self.left = 0;
    }

    /// `u(1)`.
    pub(crate) fn flag(&mut self) -> Result<bool, BitFault> {
        Ok(self.bits(1)? == 1)
    }

    /// `u(n)` for n up to 32.
    pub(crate) fn bits(&mut self, count: u32) -> Result<u32, BitFault> {
        debug_assert!(count <= 32);
        let mut value = 0u64;
        let mut wanted = count.min(32);
        while wanted > 0 {
            if self.left == 0 {
                self.load()?;
            }
            let take = wanted.min(u32::from(self.left));
            let after = u32::from(self.left) - take;
            let mask = (1u32 << take) - 1;
            value = (value << take) | u64::from((u32::from(self.current) >> after) & mask);
            self.left = after as u8;
            wanted -= take;
        }
        Ok(value as u32)
    }

    /// `u(8)`, or fewer bits, as a byte.
    pub(crate) fn small(&mut self, count: u32) -> Result<u8, BitFault> {
        debug_assert!(count <= 8);
        Ok(self.bits(count)? as u8)
    }

    /// Passes over `count` bits.
    pub(crate) fn skip(&mut self, mut count: u32) -> Result<(), BitFault> {
        while count > 0 {
            let step = count.min(32);
            self.bits(step)?;
            count -= step;
        }
        Ok(())
    }

    /// `ue(v)` (H.264 and H.265, 9.1 and 9.2): at most 2^32 - 2.
    pub(crate) fn ue(&mut self) -> Result<u32, BitFault> {
        let mut zeros = 0;
        while !self.flag()? {
            zeros += 1;
            if zeros > 31 {
                return Err(BitFault::Golomb);
            }
        }
        let base = (1u32 << zeros) - 1;
        Ok(base + self.bits(zeros)?)
    }

    /// `se(v)`.
    pub(crate) fn se(&mut self) -> Result<i32, BitFault> {
        let code = self.ue()?;
        let magnitude = (code / 2 + code % 2) as i32;
        Ok(if code % 2 == 1 { magnitude } else { -magnitude })
    }

    fn load(&mut self) -> Result<(), BitFault> {
        let mut byte = self.take_byte()?;
        if self.escaped && self.zeros >= 2 && byte == 3 {
            self.zeros = 0;
            byte = self.take_byte()?;
        }
        self.zeros = if byte == 0 { self.zeros.saturating_add(1) } else { 0 };
        self.current = byte;
        self.left = 8;
        Ok(())
    }

    fn take_byte(&mut self) -> Result<u8, BitFault> {
        let (byte, rest) = self.rest.split_first().ok_or(BitFault::End)?;
        self.rest = rest;
        Ok(*byte)
    }
}

#[cfg(test)]
mod tests {
    use super::{BitFault, BitReader};

    #[test]
    fn fields_cross_byte_borders() {
        let mut reader = BitReader::new(&[0b1010_0101, 0b1100_0011, 0xff, 0xff, 0xff, 0xfe]);
        assert_eq!(reader.bits(3), Ok(0b101));
        assert_eq!(reader.bits(9), Ok(0b0_0101_1100));
        assert_eq!(reader.bits(4), Ok(0b0011));
        assert_eq!(reader.bits_left(), 32);
        assert_eq!(reader.bits(32), Ok(0xffff_fffe));
        assert_eq!(reader.bits(1), Err(BitFault::End));
        assert_eq!(reader.bits(0), Ok(0));
    }

    #[test]
    fn exp_golomb_codes_of_the_standard_table() {
        // 1 | 010 | 011 | 00100 | 00101 -> 0 1 2 3 4
        let data = [0b1010_0110, 0b0100_0010, 0b1000_0000];
        let mut reader = BitReader::new(&data);
        let codes: Vec<_> = (0..5).map(|_| reader.ue().unwrap()).collect();
        assert_eq!(codes, [0, 1, 2, 3, 4]);
        let mut reader = BitReader::new(&data);
        let codes: Vec<_> = (0..5).map(|_| reader.se().unwrap()).collect();
        assert_eq!(codes, [0, 1, -1, 2, -2]);
    }

    #[test]
    fn the_longest_code_is_read_and_a_longer_one_refused() {
        let mut longest = vec![0, 0, 0, 1];
        longest.extend([0xff, 0xff, 0xff, 0xff]);
        assert_eq!(BitReader::new(&longest).ue(), Ok(u32::MAX - 1));
        assert_eq!(BitReader::new(&longest).se(), Ok(-i32::MAX));
        assert_eq!(BitReader::new(&[0, 0, 0, 0, 0xff]).ue(), Err(BitFault::Golomb));
        assert_eq!(BitReader::new(&[0, 0]).ue(), Err(BitFault::End));
    }

    #[test]
    fn emulation_prevention_is_removed_only_from_nal_units() {
        let data = [1, 0, 0, 3, 1, 0, 0, 3, 0, 0, 3];
        let read = |mut reader: BitReader<'_>| {
            let mut bytes = Vec::new();
            while let Ok(byte) = reader.bits(8) {
                bytes.push(byte as u8);
            }
            bytes
        };
        assert_eq!(read(BitReader::new(&data)), data);
        assert_eq!(read(BitReader::of_nal(&data)), [1, 0, 0, 1, 0, 0, 0, 0]);
    }
}
