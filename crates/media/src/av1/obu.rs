use super::Fault;

/// `obu_type` of a sequence header (6.2.2).
pub const OBU_SEQUENCE_HEADER: u8 = 1;
/// `obu_type` of a temporal delimiter.
pub const OBU_TEMPORAL_DELIMITER: u8 = 2;
/// `obu_type` of a frame header that stands alone.
pub const OBU_FRAME_HEADER: u8 = 3;
/// `obu_type` of a frame header with its tiles.
pub const OBU_FRAME: u8 = 6;

/// One open bitstream unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Obu<'a> {
    /// `obu_type`.
    pub kind: u8,
    /// Its bytes without header and size.
    pub payload: &'a [u8],
}

/// The OBUs of a temporal unit; nothing follows a fault.
#[derive(Clone, Debug)]
pub struct Obus<'a> {
    rest: &'a [u8],
}

/// The OBUs that stand in `data` one behind the other (5.3). One without a size goes as far as the data does.
pub fn obus(data: &[u8]) -> Obus<'_> {
    Obus { rest: data }
}

impl<'a> Obus<'a> {
    /// What stands behind the OBUs that were taken.
    pub fn rest(&self) -> &'a [u8] {
        self.rest
    }

    fn take(&mut self) -> Result<Obu<'a>, Fault> {
        let (header, mut rest) = self.rest.split_first().ok_or(Fault::Truncated)?;
        let bit = |place: u8| header & (1 << place) != 0;
        if bit(7) {
            return Err(Fault::Forbidden);
        }
        if bit(2) {
            // Temporal and spatial layer.
            (_, rest) = rest.split_first().ok_or(Fault::Truncated)?;
        }
        let announced = if bit(1) { leb128(&mut rest)? } else { rest.len() as u64 };
        let fault = Fault::ObuCut { announced, left: rest.len() };
        let bytes = usize::try_from(announced).map_err(|_| fault)?;
        let (payload, rest) = rest.split_at_checked(bytes).ok_or(fault)?;
        self.rest = rest;
        Ok(Obu { kind: (header >> 3) & 0x0f, payload })
    }
}

impl<'a> Iterator for Obus<'a> {
    type Item = Result<Obu<'a>, Fault>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let taken = self.take();
        if taken.is_err() {
            self.rest = &[];
        }
        Some(taken)
    }
}

/// `leb128` (4.10.5): at most eight bytes, and a value below 2^32.
fn leb128(rest: &mut &[u8]) -> Result<u64, Fault> {
    let mut value = 0u64;
    for place in 0..8u32 {
        let (byte, behind) = rest.split_first().ok_or(Fault::Truncated)?;
        *rest = behind;
        value |= u64::from(byte & 0x7f) << (place * 7);
        if byte & 0x80 == 0 {
            return if value <= u64::from(u32::MAX) { Ok(value) } else { Err(Fault::Code) };
        }
    }
    Err(Fault::Code)
}
