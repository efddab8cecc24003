//! The soak: a server under people who come and go, and whether anything of it grows.
//!
//! Publishers cut their link, come back with another encoder, within the grace time and beyond it, jump in time, and run
//! fast or slow; players of every protocol join, leave, vanish and do not read. Once a second the server is looked at.

mod browsers;
mod fit;
mod many;
mod player;
mod publisher;
mod recording;
mod run;
mod sample;
mod stamp;
mod verdict;
mod waves;

pub use browsers::{Browsers, browsers};
pub use fit::Trend;
pub use many::{Many, many};
pub use recording::{Recording, recording};
pub use run::{Soak, soak};
pub use stamp::{Finder, Stamp};
pub use verdict::{Check, Verdict};
pub use waves::{Waves, waves};

use std::time::Duration;

use crate::Timer;

/// The time of a run, shared by all who send and receive in it.
#[derive(Clone, Copy, Debug)]
pub struct Run(Timer);

impl Run {
    fn begin() -> Self {
        Self(Timer::new(Duration::MAX))
    }

    fn now_us(&self) -> u64 {
        u64::try_from(self.0.elapsed().as_micros()).unwrap()
    }

    fn now_s(&self) -> f64 {
        self.0.elapsed().as_secs_f64()
    }
}

/// Choices that look random and are the same in every run (Marsaglia's xorshift).
#[derive(Clone, Debug)]
struct Dice(u64);

impl Dice {
    const fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % bound
    }
}
