//! The machine's clocks, in nanoseconds: a delay of half a millisecond is a result here.

use std::thread;
use std::time::Duration;

use rustix::time::{ClockId, Timespec, clock_gettime};
use vivace_base::MonoMs;

/// Nanoseconds in a millisecond.
pub(super) const MS: u64 = 1_000_000;
/// Nanoseconds in a second.
pub(super) const SECOND: u64 = 1_000 * MS;

/// Nanoseconds of the monotonic clock, which all processes of a machine share.
pub(super) fn now_ns() -> u64 {
    nanoseconds(clock_gettime(ClockId::Monotonic))
}

/// Nanoseconds of processor time that this process has used, all threads together.
pub(super) fn own_cpu_ns() -> u64 {
    nanoseconds(clock_gettime(ClockId::ProcessCPUTime))
}

/// The same instant for the protocol engine.
pub(super) const fn mono(now_ns: u64) -> MonoMs {
    MonoMs(now_ns / MS)
}

/// Seconds as nanoseconds; nothing below zero, and no more than fits.
pub(super) fn seconds_ns(seconds: f64) -> u64 {
    (seconds * SECOND as f64) as u64
}

/// Sleeps until the monotonic clock shows `due_ns`, but no longer than 100 ms, so that a caller can look around.
pub(super) fn nap_until(due_ns: u64) {
    let left = due_ns.saturating_sub(now_ns());
    if left > 0 {
        thread::sleep(Duration::from_nanos(left.min(100 * MS)));
    }
}

fn nanoseconds(time: Timespec) -> u64 {
    let seconds = u64::try_from(time.tv_sec).unwrap_or_default();
    seconds.saturating_mul(SECOND).saturating_add(u64::try_from(time.tv_nsec).unwrap_or_default())
}
