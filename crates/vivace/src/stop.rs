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

#[cfg(test)]
mod tests {
    use std::future::pending;
    use std::time::Duration;

    use rustix::process::{Signal, getpid, kill_process};
    use tokio::time::timeout;
    use tokio_util::sync::CancellationToken;

    use super::Signals;

    #[tokio::test]
    async fn one_signal_asks_and_a_second_one_insists() {
        let deadline = Duration::from_secs(30);
        let mut signals = Signals::listen().unwrap();
        assert_eq!(signals.during(&CancellationToken::new(), async { 7 }).await, Some(7));

        let stop = CancellationToken::new();
        kill_process(getpid(), Signal::TERM).unwrap();
        let obedient = stop.clone();
        let ended = signals.during(&stop, async move { obedient.cancelled().await });
        assert_eq!(timeout(deadline, ended).await, Ok(Some(())));

        let stop = CancellationToken::new();
        let asked = stop.clone();
        kill_process(getpid(), Signal::INT).unwrap();
        let insisting = async {
            asked.cancelled().await;
            kill_process(getpid(), Signal::TERM).unwrap();
            pending::<()>().await;
        };
        assert_eq!(timeout(deadline, signals.during(&stop, insisting)).await, Ok(None));
    }
}
