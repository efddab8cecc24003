//! What the kernel says of a process's mappings (proc(5), `smaps`).

const AT_PHDR: usize = 3;
const AT_ENTRY: usize = 9;

/// A mapping whose pages are all those of its file.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Mapping {
    pub(crate) start: usize,
    pub(crate) bytes: usize,
    pub(crate) resident_bytes: u64,
}

/// Addresses in the program as the kernel has loaded it: of its headers and of its first instruction (getauxval(3)).
/// Other mappings of its file come and go.
pub(crate) fn loaded(auxv: &[u8]) -> Vec<usize> {
    const WORD: usize = size_of::<usize>();
    let word = |bytes: &[u8]| bytes.try_into().map_or(0, usize::from_ne_bytes);
    let entries = auxv.chunks_exact(2 * WORD).map(|entry| (word(&entry[..WORD]), word(&entry[WORD..])));
    entries.filter(|(kind, _)| [AT_PHDR, AT_ENTRY].contains(kind)).map(|(_, value)| value).collect()
}

/// Of these mappings those that hold one of the addresses, are private, cannot be written to, hold no page of the process's
/// own, neither in memory nor swapped out, and are not locked.
pub(crate) fn clean(smaps: &str, loaded: &[usize]) -> Vec<Mapping> {
    let (mut found, mut lines) = (Vec::new(), smaps.lines().peekable());
    while let Some(head) = lines.next() {
        let mut about = About::default();
        while let Some(line) = lines.next_if(|line| !is_head(line)) {
            about.read(line);
        }
        let range = range(head, loaded).filter(|_| about.is_clean());
        found.extend(range.map(|(start, bytes)| Mapping { start, bytes, resident_bytes: about.resident_bytes }));
    }
    found
}

/// What the lines below a mapping say of it. A line that is missing says nothing good.
#[derive(Default)]
struct About {
    resident_bytes: u64,
    anonymous_bytes: Option<u64>,
    swapped_bytes: Option<u64>,
    locked_bytes: Option<u64>,
}

impl About {
    fn read(&mut self, line: &str) {
        let Some((name, value)) = line.split_once(':') else { return };
        let bytes = value.trim().strip_suffix(" kB").and_then(|kib| kib.parse::<u64>().ok()?.checked_mul(1_024));
        match name {
            "Rss" => self.resident_bytes = bytes.unwrap_or_default(),
            "Anonymous" => self.anonymous_bytes = bytes,
            "Swap" => self.swapped_bytes = bytes,
            "Locked" => self.locked_bytes = bytes,
            _ => {}
        }
    }

    fn is_clean(&self) -> bool {
        [self.anonymous_bytes, self.swapped_bytes, self.locked_bytes] == [Some(0); 3]
    }
}

/// `start-end perms offset device inode path` begins a mapping; the lines about it begin with a name and a colon.
fn is_head(line: &str) -> bool {
    line.split(' ').next().is_some_and(|first| first.contains('-') && !first.ends_with(':'))
}

/// First address and length of a mapping that is private, cannot be written to and holds one of the addresses.
fn range(head: &str, loaded: &[usize]) -> Option<(usize, usize)> {
    let mut fields = head.split(' ');
    let (start, end) = fields.next()?.split_once('-')?;
    let (start, end) = (usize::from_str_radix(start, 16).ok()?, usize::from_str_radix(end, 16).ok()?);
    let fits = matches!(fields.next()?.as_bytes(), [b'r', b'-', _, b'p']);
    (fits && loaded.iter().any(|at| (start..end).contains(at))).then_some((start, end.checked_sub(start)?))
}
