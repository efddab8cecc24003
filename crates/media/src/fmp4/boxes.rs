use super::Fault;

/// One box: its type and its content without the header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BoxView<'a> {
    /// The four characters of the type.
    pub kind: [u8; 4],
    /// The content; of a `uuid` box with the extended type in front, of a full box with version and flags.
    pub payload: &'a [u8],
}

/// The boxes of one level; nothing follows a fault.
#[derive(Clone, Debug)]
pub struct Boxes<'a> {
    rest: &'a [u8],
}

/// The boxes that stand in `data` one behind the other (ISO/IEC 14496-12, 4.2), without a look into them.
pub fn boxes(data: &[u8]) -> Boxes<'_> {
    Boxes { rest: data }
}

/// The content of the first box at the end of a path of types, from the top level down through plain containers.
///
/// `None` where there is no such box or a fault stands in front of it.
pub fn find<'a>(data: &'a [u8], path: &[&[u8; 4]]) -> Option<&'a [u8]> {
    path.iter().try_fold(data, |level, kind| {
        boxes(level).map_while(Result::ok).find(|found| found.kind == **kind).map(|found| found.payload)
    })
}

impl<'a> Boxes<'a> {
    /// Bytes that have not been walked over.
    pub(super) const fn left(&self) -> usize {
        self.rest.len()
    }

    fn take(&mut self) -> Result<BoxView<'a>, Fault> {
        let data = self.rest;
        let (size, rest) = data.split_first_chunk::<4>().ok_or(Fault::Truncated)?;
        let (kind, rest) = rest.split_first_chunk::<4>().ok_or(Fault::Truncated)?;
        let (announced, header) = match u32::from_be_bytes(*size) {
            0 => (data.len() as u64, 8), // as far as the data goes
            1 => (u64::from_be_bytes(*rest.first_chunk().ok_or(Fault::Truncated)?), 16),
            size => (u64::from(size), 8),
        };
        let fault = Fault::BoxSize { announced, left: data.len() };
        let bytes = usize::try_from(announced).map_err(|_| fault)?;
        let payload = data.get(header..bytes).ok_or(fault)?;
        self.rest = data.get(bytes..).unwrap_or_default();
        Ok(BoxView { kind: *kind, payload })
    }
}

impl<'a> Iterator for Boxes<'a> {
    type Item = Result<BoxView<'a>, Fault>;

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
