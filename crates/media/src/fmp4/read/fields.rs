use crate::fmp4::Fault;

/// The fields of one box, first to last; each read is checked against what is left.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fields<'a> {
    rest: &'a [u8],
    kind: [u8; 4],
}

impl<'a> Fields<'a> {
    pub(super) const fn new(kind: &[u8; 4], payload: &'a [u8]) -> Self {
        Self { rest: payload, kind: *kind }
    }

    /// Version and flags of a full box.
    pub(super) fn full(&mut self) -> Result<(u8, u32), Fault> {
        let word = self.u32()?;
        Ok(((word >> 24) as u8, word & 0xff_ffff))
    }

    pub(super) fn u8(&mut self) -> Result<u8, Fault> {
        self.array().map(|[byte]| byte)
    }

    pub(super) fn u16(&mut self) -> Result<u16, Fault> {
        self.array().map(u16::from_be_bytes)
    }

    pub(super) fn u32(&mut self) -> Result<u32, Fault> {
        self.array().map(u32::from_be_bytes)
    }

    pub(super) fn i32(&mut self) -> Result<i32, Fault> {
        self.array().map(i32::from_be_bytes)
    }

    /// A number of 64 bits in version 1 of a box, of 32 bits in version 0.
    pub(super) fn long(&mut self, version: u8) -> Result<u64, Fault> {
        if version == 0 { self.u32().map(u64::from) } else { self.array().map(u64::from_be_bytes) }
    }

    pub(super) fn take(&mut self, count: usize) -> Result<&'a [u8], Fault> {
        let (taken, rest) = self.rest.split_at_checked(count).ok_or(Fault::Field(self.kind))?;
        self.rest = rest;
        Ok(taken)
    }

    /// `count` entries of `entry_bytes`.
    pub(super) fn entries(&mut self, count: u32, entry_bytes: usize) -> Result<&'a [u8], Fault> {
        let bytes = usize::try_from(count).ok().and_then(|count| count.checked_mul(entry_bytes));
        self.take(bytes.ok_or(Fault::Field(self.kind))?)
    }

    /// What is left.
    pub(super) const fn rest(&self) -> &'a [u8] {
        self.rest
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Fault> {
        let (taken, rest) = self.rest.split_first_chunk().ok_or(Fault::Field(self.kind))?;
        self.rest = rest;
        Ok(*taken)
    }
}
