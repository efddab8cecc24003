use std::time::{Instant, SystemTime, UNIX_EPOCH};

use vivace_base::{Clock, MonoMs, Rng, UnixMs};

/// The machine's own clocks.
#[derive(Debug)]
pub struct MachineClock {
    start: Instant,
}

impl MachineClock {
    /// A clock whose monotonic zero is now.
    #[allow(clippy::disallowed_methods, reason = "the one place that reads the machine's clocks")]
    #[allow(clippy::new_without_default, reason = "a clock that starts by default would hide its zero")]
    pub fn new() -> Self {
        Self { start: Instant::now() }
    }
}

impl Clock for MachineClock {
    #[allow(clippy::disallowed_methods, reason = "the one place that reads the machine's clocks")]
    fn unix(&self) -> UnixMs {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        UnixMs(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    }

    fn mono(&self) -> MonoMs {
        MonoMs(u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX))
    }
}

/// The operating system's randomness.
#[derive(Debug, Default)]
pub struct MachineRng;

impl Rng for MachineRng {
    fn fill(&self, out: &mut [u8]) {
        // Without randomness no key may be made: there is nothing to go on with.
        getrandom::fill(out).expect("the operating system has no randomness");
    }
}
