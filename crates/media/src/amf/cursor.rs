use super::Fault;

/// A position in the bytes of one message; each read is checked against what is left.
#[derive(Clone, Debug)]
pub(super) struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    /// Offset of the next byte.
    pub(super) fn at(&self) -> usize {
        self.at
    }

    pub(super) fn remaining(&self) -> &'a [u8] {
        self.bytes.get(self.at..).unwrap_or_default()
    }

    pub(super) fn is_at_end(&self) -> bool {
        self.remaining().is_empty()
    }

    /// The next byte, which stays where it is.
    pub(super) fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    /// Goes to an offset that was reached before.
    pub(super) fn seek(&mut self, at: usize) {
        self.at = at;
    }

    pub(super) fn take(&mut self, count: usize) -> Result<&'a [u8], Fault> {
        let left = self.remaining();
        let Some(taken) = left.get(..count) else {
            return Err(Fault::Truncated { at: self.at, needed_bytes: count, left_bytes: left.len() });
        };
        self.at = self.at.saturating_add(count);
        Ok(taken)
    }

    pub(super) fn u8(&mut self) -> Result<u8, Fault> {
        self.array().map(|[byte]| byte)
    }

    pub(super) fn u16(&mut self) -> Result<u16, Fault> {
        self.array().map(u16::from_be_bytes)
    }

    pub(super) fn i16(&mut self) -> Result<i16, Fault> {
        self.array().map(i16::from_be_bytes)
    }

    /// A 32-bit count or length.
    pub(super) fn count32(&mut self) -> Result<usize, Fault> {
        self.array().map(|bytes| usize::try_from(u32::from_be_bytes(bytes)).unwrap_or(usize::MAX))
    }

    pub(super) fn f64(&mut self) -> Result<f64, Fault> {
        self.array().map(f64::from_be_bytes)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Fault> {
        let at = self.at;
        let taken = self.take(N)?;
        taken.try_into().map_err(|_| Fault::Truncated { at, needed_bytes: N, left_bytes: taken.len() })
    }

    /// A text of a length that was already checked against its limit.
    pub(super) fn text(&mut self, bytes: usize) -> Result<&'a str, Fault> {
        let at = self.at;
        std::str::from_utf8(self.take(bytes)?).map_err(|_| Fault::NotUtf8 { at })
    }
}
