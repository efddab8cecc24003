use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

/// What a look at a file sees without reading it: the file has changed when this has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stamp(Option<(u64, u64, i64, i64)>);

impl Stamp {
    /// Of a file that is not there.
    pub(crate) const NONE: Self = Self(None);

    pub(crate) fn of(path: &Path) -> Self {
        let of = |data: fs::Metadata| (data.ino(), data.size(), data.mtime(), data.mtime_nsec());
        Self(fs::metadata(path).ok().map(of))
    }
}

/// What the looks at a file have seen.
#[derive(Debug)]
pub(super) struct Watch {
    /// The file as it was when it was read last.
    read: Stamp,
    /// The file at the last look. One that is still being written looks different at the next.
    last: Stamp,
}

impl Watch {
    pub(super) const fn new(read: Stamp) -> Self {
        Self { read, last: read }
    }

    /// The file is read now.
    pub(super) const fn read(&mut self, stamp: Stamp) {
        (self.read, self.last) = (stamp, stamp);
    }

    /// Whether to read the file: it is not as it was read, and two looks in a row saw the same.
    pub(super) fn look(&mut self, stamp: Stamp) -> bool {
        let settled = std::mem::replace(&mut self.last, stamp) == stamp;
        let due = settled && stamp != self.read;
        if due {
            self.read = stamp;
        }
        due
    }
}

#[cfg(test)]
mod tests {
    use super::{Stamp, Watch};

    const fn stamp(bytes: u64) -> Stamp {
        Stamp(Some((1, bytes, 0, 0)))
    }

    #[test]
    fn a_file_is_read_once_it_has_settled_and_once_only() {
        let mut watch = Watch::new(stamp(1));
        assert!(!watch.look(stamp(1)));
        assert!(!watch.look(stamp(2)), "it may still be written");
        assert!(!watch.look(stamp(3)), "it is still written");
        assert!(watch.look(stamp(3)));
        assert!(!watch.look(stamp(3)));
        assert!(!watch.look(Stamp::NONE) && watch.look(Stamp::NONE) && !watch.look(Stamp::NONE), "it is gone");
        assert!(!watch.look(stamp(3)) && watch.look(stamp(3)), "it is back");
        watch.read(stamp(4));
        assert!(!watch.look(stamp(4)), "it was read for another reason");
    }
}
