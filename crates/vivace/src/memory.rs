//! The allocator, and what it holds.

use std::convert::Infallible;
use std::error::Error;
use std::time::Duration;

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

/// By then a server has begun what it does: listeners, threads, the first look of each that looks around.
const SETTLED_AFTER: Duration = Duration::from_secs(10);

/// Lets go of what only the start has needed of the program's file, once it is over. Never ends.
pub(crate) async fn settle() -> Infallible {
    tokio::time::sleep(SETTLED_AFTER).await;
    match vivace_pages::let_go() {
        Ok(bytes) => tracing::debug!(bytes, "the start is over: the program's pages are mapped again as they are used"),
        Err(error) => tracing::debug!(error = &error as &dyn Error, "the pages of the start stay mapped"),
    }
    std::future::pending().await
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
