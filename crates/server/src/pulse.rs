//! Whether a running server is alive: its own loop, and each delivery thread.

use std::fmt;
use std::sync::Arc;

use tokio::sync::watch;
use vivace_net::delivery::Question;

use crate::Server;
use crate::shared::Shared;

/// A way to ask a running server for a sign of life. It holds the server's memory, but not its listeners.
#[derive(Clone)]
pub struct Pulse {
    shared: Arc<Shared>,
}

/// A question that [`Pulse::ask`] has put.
#[derive(Clone, Copy, Debug)]
pub struct Asked {
    number: u64,
    threads: Question,
}

/// Who has not answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Silent {
    /// The loop that accepts connections and keeps the time.
    pub server: bool,
    /// Delivery threads.
    pub delivery_threads: usize,
}

impl Server {
    /// The way to ask this server for a sign of life while it runs.
    pub fn pulse(&self) -> Pulse {
        Pulse { shared: self.shared.clone() }
    }
}

impl Pulse {
    /// Asks the server's loop and each delivery thread.
    pub fn ask(&self) -> Asked {
        let heart = &self.shared.heart;
        let mut number = 0;
        heart.asked.send_modify(|last| {
            *last += 1;
            number = *last;
        });
        Asked { number, threads: self.shared.delivery.ask() }
    }

    /// Who has not answered yet; nobody, if the server is alive.
    pub fn silent(&self, asked: Asked) -> Option<Silent> {
        let server = *self.shared.heart.answered.borrow() < asked.number;
        let delivery_threads = self.shared.delivery.silent(asked.threads);
        (server || delivery_threads > 0).then_some(Silent { server, delivery_threads })
    }

    /// Waits until the server's loop has answered its first question: it serves from then on.
    pub async fn serves(&self) {
        let asked = self.ask().number;
        // The sender is in the same place: it cannot have gone.
        let _ = self.shared.heart.answered.subscribe().wait_for(|answered| *answered >= asked).await;
    }
}

impl fmt::Debug for Pulse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pulse").finish_non_exhaustive()
    }
}

impl fmt::Display for Silent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.server, self.delivery_threads) {
            (true, 0) => write!(f, "the server's loop does not answer"),
            (true, threads) => write!(f, "the server's loop and {threads} delivery threads do not answer"),
            (false, threads) => write!(f, "{threads} delivery threads do not answer"),
        }
    }
}

/// The server's own side of its [`Pulse`].
pub(crate) struct Heart {
    asked: watch::Sender<u64>,
    answered: watch::Sender<u64>,
}

impl Heart {
    pub(crate) fn new() -> Self {
        Self { asked: watch::Sender::new(0), answered: watch::Sender::new(0) }
    }

    /// Answers each question for ever. Whoever polls this is what is alive.
    pub(crate) async fn answer(&self) {
        let mut asked = self.asked.subscribe();
        loop {
            let number = *asked.borrow_and_update();
            self.answered.send_replace(number);
            // The sender is in the same place: it cannot have gone.
            let _ = asked.changed().await;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;
    use std::time::Duration;

    use tokio::time::{sleep, timeout};
    use tokio_util::sync::CancellationToken;

    use crate::{Config, Server};

    #[tokio::test(flavor = "multi_thread")]
    async fn a_server_answers_only_while_it_runs() {
        let data = std::env::temp_dir().join(format!("vivace-server-pulse-{}", std::process::id()));
        let local = SocketAddr::from(([127, 0, 0, 1], 0));
        let config =
            Config { rtmp: local, http: local, rtmps: None, https: None, data: data.clone(), ..Config::default() };
        let server = Server::load(config).await.unwrap();
        let (pulse, stop) = (server.pulse(), CancellationToken::new());
        let early = pulse.ask();
        assert!(pulse.silent(early).is_some_and(|silent| silent.server), "it does not run yet");

        let running = tokio::spawn(server.run(stop.clone()));
        let answered = async {
            pulse.serves().await;
            while pulse.silent(early).is_some() {
                sleep(Duration::from_millis(5)).await;
            }
        };
        timeout(Duration::from_secs(25), answered).await.expect("it answers");

        stop.cancel();
        running.await.unwrap().unwrap();
        let late = pulse.silent(pulse.ask()).expect("it has ended");
        assert!(late.server && late.delivery_threads > 0, "{late}");
        std::fs::remove_dir_all(data).unwrap();
    }
}
