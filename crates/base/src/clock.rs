/// Milliseconds since 1970-01-01 00:00 UTC.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UnixMs(pub i64);

/// Milliseconds of a clock that never goes back; its zero means nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MonoMs(pub u64);

impl MonoMs {
    /// Milliseconds from `earlier` to here, 0 if `earlier` is later.
    pub const fn since(self, earlier: Self) -> u64 {
        self.0.saturating_sub(earlier.0)
    }
}

/// Where the time comes from: the machine in the server, a number in a test.
pub trait Clock: Send + Sync {
    /// Wall-clock time.
    fn unix(&self) -> UnixMs;
    /// Time for intervals and deadlines.
    fn mono(&self) -> MonoMs;
}

/// Where randomness comes from: the operating system in the server, a seed in a test.
pub trait Rng: Send + Sync {
    /// Fills the buffer with unpredictable bytes.
    fn fill(&self, out: &mut [u8]);
}
