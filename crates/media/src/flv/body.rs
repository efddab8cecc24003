use bytes::Bytes;

use super::{Fault, TagKind};

/// A position in one tag's body; each read is checked against what is left.
#[derive(Debug)]
pub(super) struct Body<'a> {
    bytes: &'a Bytes,
    at: usize,
    kind: TagKind,
}

impl<'a> Body<'a> {
    pub(super) fn new(bytes: &'a Bytes, kind: TagKind) -> Self {
        Self { bytes, at: 0, kind }
    }

    /// Offset of the next byte.
    pub(super) fn at(&self) -> usize {
        self.at
    }

    pub(super) fn u8(&mut self) -> Result<u8, Fault> {
        self.array().map(|[byte]| byte)
    }

    pub(super) fn u16(&mut self) -> Result<u16, Fault> {
        self.array().map(u16::from_be_bytes)
    }

    /// A signed 24-bit number.
    pub(super) fn si24(&mut self) -> Result<i32, Fault> {
        self.array().map(|[high, middle, low]| i32::from_be_bytes([high, middle, low, 0]) >> 8)
    }

    pub(super) fn fourcc(&mut self) -> Result<[u8; 4], Fault> {
        self.array()
    }

    pub(super) fn take(&mut self, count: usize) -> Result<&'a [u8], Fault> {
        let left = self.bytes.get(self.at..).unwrap_or_default();
        let Some(taken) = left.get(..count) else {
            return Err(self.truncated(count, left.len()));
        };
        self.at = self.at.saturating_add(count);
        Ok(taken)
    }

    /// What is left, sharing the body's memory.
    pub(super) fn rest(&self) -> Bytes {
        self.bytes.slice(self.at.min(self.bytes.len())..)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Fault> {
        let taken = self.take(N)?;
        taken.try_into().map_err(|_| self.truncated(N, taken.len()))
    }

    fn truncated(&self, needed_bytes: usize, left_bytes: usize) -> Fault {
        Fault::Truncated { kind: self.kind, at: self.at, needed_bytes, left_bytes }
    }
}
