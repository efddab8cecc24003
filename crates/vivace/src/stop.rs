//! How a running command is ended: SIGTERM or SIGINT asks, the same again insists.

use std::io;
use std::pin::pin;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// The signals that end the command. From here on they do not end the process by themselves.
#[derive(Debug)]
pub(crate) struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    /// Takes the signals over.
    ///
    /// # Errors
    /// The operating system does not allow it.
    pub(crate) fn listen() -> io::Result<Self> {
        Ok(Self { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
    }

    /// Runs `work` to its end. The first signal cancels `stop`, on which `work` is to end; on the second one `work` is
    /// dropped where it stands, and nothing is returned.
    pub(crate) async fn during<T>(&mut self, stop: &CancellationToken, work: impl Future<Output = T>) -> Option<T> {
        let mut work = pin!(work);
        tokio::select! {
            done = &mut work => return Some(done),
            name = self.next() => tracing::info!(signal = name, "stopping; a second signal ends at once"),
        }
        stop.cancel();
        tokio::select! {
            done = &mut work => Some(done),
            _ = self.next() => None,
        }
    }

    async fn next(&mut self) -> &'static str {
        tokio::select! {
            _ = self.terminate.recv() => "SIGTERM",
            _ = self.interrupt.recv() => "SIGINT",
        }
    }
}
