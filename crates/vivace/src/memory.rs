//! The allocator, and what it holds.

use tikv_jemalloc_ctl::{epoch, stats};
use tikv_jemallocator::Jemalloc;
use vivace_server::Allocated;

/// Gives memory back when many have left, which the C library's allocator does not: docs/performance.md has the numbers.
#[global_allocator]
static ALLOCATOR: Jemalloc = Jemalloc;

/// What it holds now.
pub(crate) fn allocated() -> Option<Allocated> {
    // Its numbers are those of the last epoch.
    epoch::advance().ok()?;
    let [asked_bytes, resident_bytes] = [stats::allocated::read(), stats::resident::read()].map(|read| read.ok());
    Some(Allocated { asked_bytes: asked_bytes? as u64, resident_bytes: resident_bytes? as u64 })
}

#[cfg(test)]
mod tests {
    use super::allocated;

    #[test]
    fn what_is_held_is_told() {
        let before = allocated().unwrap();
        let held = vec![1_u8; 64 << 20];
        let during = allocated().unwrap();
        assert!(during.asked_bytes >= before.asked_bytes + (48 << 20), "{before:?} {during:?}");
        assert!(during.resident_bytes >= during.asked_bytes);
        drop(held);
        assert!(allocated().unwrap().asked_bytes + (48 << 20) <= during.asked_bytes);
    }
}
