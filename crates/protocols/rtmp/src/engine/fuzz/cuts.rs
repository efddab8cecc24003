/// Pseudo-random numbers that depend on the input alone, so that a finding repeats (xorshift64).
pub(super) struct Cuts(u64);

impl Cuts {
    pub(super) fn new(data: &[u8]) -> Self {
        let fold = |sum: u64, byte: &u8| (sum ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        Self(data.iter().fold(0xcbf2_9ce4_8422_2325, fold) | 1)
    }

    pub(super) const fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    pub(super) const fn one_in(&mut self, number: u64) -> bool {
        self.next().is_multiple_of(number)
    }

    /// The data in pieces of one byte to 4 kB.
    pub(super) fn parts<'a>(&mut self, data: &'a [u8]) -> Vec<&'a [u8]> {
        let mut rest = data;
        let mut parts = Vec::new();
        while !rest.is_empty() {
            let bytes_max = if self.one_in(2) { 8 } else { 4_096 };
            let bytes = (self.next() % bytes_max) as usize + 1;
            let (part, after) = rest.split_at(bytes.min(rest.len()));
            parts.push(part);
            rest = after;
        }
        parts
    }
}
