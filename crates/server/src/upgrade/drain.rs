use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use crate::shared::Shared;

/// How often a draining process looks what is left.
const LOOK: Duration = Duration::from_millis(20);

/// How the sessions of a process that hands over have ended.
#[derive(Default)]
pub(crate) struct Departures {
    /// Publishers that went by themselves when they were asked.
    pub(crate) publishers_moved: AtomicU64,
    /// Publishers that cannot be asked: their connections were closed at once, so that they come back soon.
    pub(crate) publishers_closed: AtomicU64,
    /// Publishers that stayed to the end.
    pub(crate) publishers_cut: AtomicU64,
    /// Players that had all of their stream and were told of its end, or went by themselves.
    pub(crate) players_ended: AtomicU64,
    /// Players that stayed to the end.
    pub(crate) players_cut: AtomicU64,
}

impl Departures {
    /// Says what became of all.
    pub(crate) fn log(&self) {
        let read = |count: &AtomicU64| count.load(Relaxed);
        tracing::info!(
            publishers_moved = read(&self.publishers_moved),
            publishers_closed = read(&self.publishers_closed),
            publishers_cut = read(&self.publishers_cut),
            players_ended = read(&self.players_ended),
            players_cut = read(&self.players_cut),
            "handed over"
        );
    }
}

/// Lets sessions go to the process that has taken over: publishers are asked, or their connections closed, and players
/// keep their streams as long as these are here. Returns when no connection is left, or when time is up, or on `stop`.
pub(crate) async fn drain(shared: &Shared, stop: &CancellationToken) {
    shared.leaving.cancel();
    let (began, ms_max) = (shared.clock.mono(), shared.limits.get().upgrade_drain_ms_max);
    loop {
        // A publisher comes back to the new process, so its stream waits for nobody here.
        shared.hub.end_lost();
        let left = shared.quotas.connections.taken();
        if left == 0 {
            return;
        }
        if shared.clock.mono().since(began) >= ms_max {
            return tracing::info!(connections = left, "some have not moved in time and are cut");
        }
        tokio::select! {
            () = sleep(LOOK) => {}
            () = stop.cancelled() => return,
        }
    }
}
