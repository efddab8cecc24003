//! Which segments of a stream's files a playlist lists.

use vivace_base::{MediaTime, UnixMs};

use super::archive::{Entry, Numbers, Slice};

/// A file of a stream, cut into segments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reel {
    /// The name that its addresses have.
    pub file: String,
    /// Where its first segment stands among all of the stream.
    pub numbers: Numbers,
    /// Its segments.
    pub slices: Vec<Slice>,
}

impl Reel {
    fn numbers_at(&self, at: usize) -> Numbers {
        self.numbers.behind(self.slices.get(..at).unwrap_or(&self.slices))
    }

    fn entry(&self, slice: &Slice) -> Entry {
        Entry { file: self.file.clone(), slice: *slice }
    }
}

/// The newest segments that were over at `until` and not at `from`, as many as last for `least`, and where they stand.
///
/// A window that moves on with `until` only ever loses segments at its begin and gets others at its end.
pub fn behind(reels: &[Reel], from: UnixMs, until: UnixMs, least: MediaTime) -> (Vec<Entry>, Numbers) {
    let (mut entries, mut numbers, mut lasts) = (Vec::new(), Numbers::default(), MediaTime::ZERO);
    let all =
        reels.iter().rev().flat_map(|reel| reel.slices.iter().enumerate().rev().map(move |(at, one)| (reel, at, one)));
    // In the order of the files, not of the clock, which may have been set back between two of them.
    for (reel, at, slice) in all.skip_while(|(_, _, slice)| slice.ends_at() > until) {
        if lasts >= least || slice.ends_at() <= from {
            break;
        }
        lasts = lasts + slice.duration;
        numbers = reel.numbers_at(at);
        entries.push(reel.entry(slice));
    }
    entries.reverse();
    (entries, numbers)
}

/// The segments from the first on that has something of the time behind `from`, and where they stand.
pub fn onward(reels: &[Reel], from: UnixMs) -> (Vec<Entry>, Numbers) {
    numbered(all(reels).skip_while(|(_, _, slice)| slice.ends_at() <= from))
}

/// The segments that have something of the time from `from` to `to`, and where the first stands.
pub fn between(reels: &[Reel], from: UnixMs, to: Option<UnixMs>) -> (Vec<Entry>, Numbers) {
    let is_asked = |slice: &Slice| slice.ends_at() > from && to.is_none_or(|to| slice.begins_at < to);
    numbered(all(reels).filter(|(_, _, slice)| is_asked(slice)))
}

fn all(reels: &[Reel]) -> impl Iterator<Item = (&Reel, usize, &Slice)> {
    reels.iter().flat_map(|reel| reel.slices.iter().enumerate().map(move |(at, one)| (reel, at, one)))
}

fn numbered<'a>(asked: impl Iterator<Item = (&'a Reel, usize, &'a Slice)>) -> (Vec<Entry>, Numbers) {
    let mut asked = asked.peekable();
    let numbers = asked.peek().map_or_else(Numbers::default, |(reel, at, _)| reel.numbers_at(*at));
    (asked.map(|(reel, _, slice)| reel.entry(slice)).collect(), numbers)
}
