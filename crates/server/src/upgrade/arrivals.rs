use std::collections::HashSet;
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::timeout;
use vivace_base::{AppId, MonoMs, StreamName};

use crate::shared::Shared;

/// How long a player waits for a stream that moves: shorter than the ten seconds after which players give up by themselves.
const WAIT_MS: u64 = 8_000;

/// Streams that were live in the process that this one has taken over from. Their publishers are on their way, so players
/// that are here first wait for them instead of being told that there is no such stream.
#[derive(Default)]
pub(crate) struct Arrivals {
    expected: HashSet<(AppId, StreamName)>,
    until: MonoMs,
    came: Notify,
}

impl Arrivals {
    /// Those that are expected until then.
    pub(crate) fn new(expected: Vec<(AppId, StreamName)>, until: MonoMs) -> Self {
        Self { expected: expected.into_iter().collect(), until, came: Notify::new() }
    }

    /// A publisher has come.
    pub(crate) fn came(&self) {
        self.came.notify_waiters();
    }
}

impl Shared {
    /// Whether a stream of this name, with its query if there is one, is expected.
    pub(crate) fn is_expected(&self, name: &str) -> bool {
        let name = name.split_once('?').map_or(name, |(name, _)| name);
        let arrivals = &self.arrivals;
        self.clock.mono() < arrivals.until
            && StreamName::parse(name).is_ok_and(|name| arrivals.expected.contains(&(self.gate.app().id, name)))
    }

    /// Waits for a stream that is expected. False if it is not, or does not come.
    pub(crate) async fn arrives(&self, name: &str) -> bool {
        if !self.is_expected(name) {
            return false;
        }
        let name = name.split_once('?').map_or(name, |(name, _)| name);
        let Ok(name) = StreamName::parse(name) else { return false };
        let app = self.gate.app().id;
        let left_ms = self.arrivals.until.since(self.clock.mono()).min(WAIT_MS);
        let comes = async {
            loop {
                let mut came = std::pin::pin!(self.arrivals.came.notified());
                // From here on no arrival is missed.
                came.as_mut().enable();
                if self.hub.stream(app, &name).is_some() {
                    return;
                }
                came.await;
            }
        };
        tokio::select! {
            came = timeout(Duration::from_millis(left_ms), comes) => came.is_ok(),
            () = self.stop.cancelled() => false,
        }
    }
}
