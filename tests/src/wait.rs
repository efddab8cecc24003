//! Waiting for a condition, never for a time.

use std::thread::sleep;
use std::time::{Duration, Instant};

/// How long a scenario waits for what should come soon. A machine under load is slow, so this is no measure of speed.
pub const PATIENCE: Duration = Duration::from_secs(25);
const POLL: Duration = Duration::from_millis(15);

/// A point in time that is not to be passed.
#[derive(Clone, Copy, Debug)]
pub struct Timer {
    began: Instant,
    within: Duration,
}

impl Timer {
    /// Begins now.
    #[allow(clippy::disallowed_methods, reason = "the one place of the scenarios that reads the clock")]
    pub fn new(within: Duration) -> Self {
        Self { began: Instant::now(), within }
    }

    /// Whether the time is over.
    pub fn is_over(&self) -> bool {
        self.began.elapsed() >= self.within
    }

    /// Time since the start.
    pub fn elapsed(&self) -> Duration {
        self.began.elapsed()
    }

    /// What is left of the time; at least a millisecond, because a socket takes no time-out of zero.
    pub fn left(&self) -> Duration {
        self.within.saturating_sub(self.began.elapsed()).max(Duration::from_millis(1))
    }
}

/// Waits until `look` is true.
///
/// # Panics
/// After [`PATIENCE`], naming `what` was waited for.
#[track_caller]
pub fn wait_for(what: &str, look: impl FnMut() -> bool) {
    wait_within(what, PATIENCE, look);
}

/// Waits until `look` is true.
///
/// # Panics
/// After `within`, naming `what` was waited for.
#[track_caller]
pub fn wait_within(what: &str, within: Duration, mut look: impl FnMut() -> bool) {
    wait_some_within(what, within, || look().then_some(()));
}

/// Waits until `look` gives something.
///
/// # Panics
/// After [`PATIENCE`], naming `what` was waited for.
#[track_caller]
pub fn wait_some<T>(what: &str, look: impl FnMut() -> Option<T>) -> T {
    wait_some_within(what, PATIENCE, look)
}

/// Waits until `look` gives something.
///
/// # Panics
/// After `within`, naming `what` was waited for.
#[track_caller]
pub fn wait_some_within<T>(what: &str, within: Duration, mut look: impl FnMut() -> Option<T>) -> T {
    let timer = Timer::new(within);
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(!timer.is_over(), "waited {within:?} in vain for {what}");
        sleep(POLL);
    }
}
