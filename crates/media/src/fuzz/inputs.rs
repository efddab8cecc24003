//! Pseudo-random inputs for the tests of fuzz functions: the same ones on every run.

/// A xorshift generator (Marsaglia 2003, 64 bits).
pub(crate) struct Random(u64);

impl Random {
    /// `seed` must not be zero.
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// A number below `end`, which must not be zero.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }

    /// Fewer than `len_max` bytes. Half of them are small numbers, of which markers, kinds and lengths are made.
    pub(crate) fn bytes(&mut self, len_max: usize) -> Vec<u8> {
        (0..self.below(len_max)).map(|_| self.byte()).collect()
    }

    fn byte(&mut self) -> u8 {
        let word = self.next();
        if word & 0x100 == 0 { word as u8 } else { word as u8 & 0x1F }
    }
}

/// Calls `check` with `count` variants of a valid input: bytes changed, cut out, repeated, or the end missing.
pub(crate) fn mutations(valid: &[u8], count: usize, random: &mut Random, check: impl Fn(&[u8])) {
    check(valid);
    for _ in 0..count {
        let mut bytes = valid.to_vec();
        for _ in 0..=random.below(4) {
            mutate(&mut bytes, random);
        }
        check(&bytes);
    }
}

fn mutate(bytes: &mut Vec<u8>, random: &mut Random) {
    if bytes.is_empty() {
        return;
    }
    let at = random.below(bytes.len());
    match random.below(6) {
        0 => bytes[at] = random.byte(),
        1 => bytes[at] ^= 1 << random.below(8),
        2 => bytes.truncate(at),
        3 => drop(bytes.remove(at)),
        4 => bytes.insert(at, random.byte()),
        _ => {
            let end = (at + 1 + random.below(8)).min(bytes.len());
            let piece = bytes[at..end].to_vec();
            bytes.splice(at..at, piece);
        }
    }
}
