/// Walks over the top level of a file by the headers of its boxes, to find where its last whole fragment ends: what a
/// crash has left behind it is to be cut off.
///
/// ```
/// # use vivace_media::fmp4::Scan;
/// # let file: &[u8] = b"\0\0\0\x08moof\0\0\0\x0cmdatdata\0\0\0\x08moof\0\0\0\x0cmd";
/// let mut scan = Scan::new();
/// while let Ok(at) = usize::try_from(scan.at())
///     && scan.header(&file[at..], file.len() as u64)
/// {}
/// assert_eq!(scan.whole_bytes(), 20);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Scan {
    at: u64,
    whole: u64,
    /// `moof` has come, its `mdat` not yet.
    opened: bool,
}

impl Scan {
    /// Bytes of the longest header.
    pub const HEADER_BYTES: usize = 16;

    /// A walk from the start of the file.
    pub const fn new() -> Self {
        Self::from(0)
    }

    /// A walk from a place where a box begins and before which everything is whole.
    pub const fn from(at: u64) -> Self {
        Self { at, whole: at, opened: false }
    }

    /// Where the next header stands.
    pub const fn at(&self) -> u64 {
        self.at
    }

    /// The end of the last whole fragment; without one, of the initialization segment; else where the walk began.
    pub const fn whole_bytes(&self) -> u64 {
        self.whole
    }

    /// Takes what stands at [`Scan::at`], at least [`Scan::HEADER_BYTES`] of it unless the file ends before. False if the
    /// walk is over: the file ends, or what stands there is no whole box.
    pub fn header(&mut self, bytes: &[u8], file_bytes: u64) -> bool {
        let Some((size, kind)) = header(bytes) else { return false };
        let Some(end) = self.at.checked_add(size).filter(|end| *end <= file_bytes) else { return false };
        match &kind {
            b"moof" => self.opened = true,
            b"mdat" if self.opened => (self.opened, self.whole) = (false, end),
            b"moov" if !self.opened => self.whole = end,
            _ => {}
        }
        self.at = end;
        true
    }
}

/// Size and type of the box that begins here. A box without a size of its own is never whole.
fn header(bytes: &[u8]) -> Option<(u64, [u8; 4])> {
    let (size, rest) = bytes.split_first_chunk::<4>()?;
    let (kind, rest) = rest.split_first_chunk::<4>()?;
    let (size, least) = match u32::from_be_bytes(*size) {
        1 => (u64::from_be_bytes(*rest.first_chunk()?), 16),
        size => (u64::from(size), 8),
    };
    (size >= least).then_some((size, *kind))
}

/// How many bytes of a file or of its beginning are whole fragments (see [`Scan`]).
pub fn whole_bytes(data: &[u8]) -> usize {
    let mut scan = Scan::new();
    while let Ok(at) = usize::try_from(scan.at())
        && scan.header(data.get(at..).unwrap_or_default(), data.len() as u64)
    {}
    usize::try_from(scan.whole_bytes()).unwrap_or(data.len())
}
