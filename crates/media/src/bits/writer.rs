/// Appends bits, most significant first, to bytes; the last byte is filled up with zeros.
#[derive(Debug)]
pub(crate) struct BitWriter<'a> {
    out: &'a mut Vec<u8>,
    free: u32,
}

impl<'a> BitWriter<'a> {
    /// Begins a new byte behind those in `out`.
    pub(crate) fn new(out: &'a mut Vec<u8>) -> Self {
        Self { out, free: 0 }
    }

    /// Appends the low `count` bits of `value`; `count` is at most 32.
    pub(crate) fn bits(&mut self, count: u32, value: u32) {
        debug_assert!(count <= 32);
        for place in (0..count).rev() {
            if self.free == 0 {
                self.out.push(0);
                self.free = 8;
            }
            self.free -= 1;
            let bit = ((value >> place) & 1) as u8;
            if let Some(last) = self.out.last_mut() {
                *last |= bit << self.free;
            }
        }
    }

    /// Appends one bit.
    pub(crate) fn flag(&mut self, value: bool) {
        self.bits(1, u32::from(value));
    }
}

#[cfg(test)]
impl BitWriter<'_> {
    /// `ue(v)` of a value below 2^16 - 1.
    pub(crate) fn ue(&mut self, value: u32) {
        let width = 32 - (value + 1).leading_zeros();
        self.bits(2 * width - 1, value + 1);
    }

    /// `se(v)` of a value between -2^15 and 2^15.
    pub(crate) fn se(&mut self, value: i32) {
        self.ue(if value > 0 { value.unsigned_abs() * 2 - 1 } else { value.unsigned_abs() * 2 });
    }
}

#[cfg(test)]
mod tests {
    use super::super::BitReader;
    use super::BitWriter;

    #[test]
    fn what_is_written_is_read_again() {
        let mut out = vec![7];
        let mut writer = BitWriter::new(&mut out);
        writer.bits(3, 5);
        writer.bits(32, 0xdead_beef);
        writer.flag(true);
        for value in [0, 1, 2, 1_000, 65_534] {
            writer.ue(value);
        }
        for value in [0, 1, -1, 300, -300] {
            writer.se(value);
        }
        let mut reader = BitReader::new(&out);
        assert_eq!(reader.bits(8), Ok(7));
        assert_eq!(reader.bits(3), Ok(5));
        assert_eq!(reader.bits(32), Ok(0xdead_beef));
        assert_eq!(reader.flag(), Ok(true));
        for value in [0, 1, 2, 1_000, 65_534] {
            assert_eq!(reader.ue(), Ok(value));
        }
        for value in [0, 1, -1, 300, -300] {
            assert_eq!(reader.se(), Ok(value));
        }
    }
}
