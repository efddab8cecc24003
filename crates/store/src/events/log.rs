use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::{mpsc, oneshot};
use vivace_base::Limits;

use super::LiveEvent;
use crate::Store;

/// The way into the log of events for those who must not wait.
///
/// One task writes what is recorded, in order and in batches. Handles are cheap to clone.
#[derive(Clone, Debug)]
pub struct EventLog {
    queue: mpsc::Sender<Message>,
    tallies: Arc<Tallies>,
    text_bytes_max: usize,
}

/// What has become of the events recorded so far; what is in neither is still on its way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EventCounts {
    /// On disk.
    pub written: u64,
    /// Dropped because `limits.event_queue_max` events were waiting, or the log was shut down.
    pub overflowed: u64,
    /// Dropped because the store refused them; the log has the reason.
    pub failed: u64,
}

#[derive(Debug)]
enum Message {
    Event(LiveEvent),
    /// Answered when all before it has been written or counted as failed.
    Flush(oneshot::Sender<()>),
    /// The same, and nothing is taken after it.
    Stop(oneshot::Sender<()>),
}

#[derive(Debug, Default)]
struct Tallies {
    written: AtomicU64,
    overflowed: AtomicU64,
    failed: AtomicU64,
}

impl Store {
    /// Starts the writer of the log of events. Called within a tokio runtime.
    pub fn event_log(&self, limits: &Limits) -> EventLog {
        let (queue, waiting) = mpsc::channel(limits.event_queue_max.max(1));
        let tallies = Arc::new(Tallies::default());
        let batch_max = limits.event_batch_max.max(1);
        let writer = Writer { store: self.clone(), tallies: tallies.clone(), batch_max, failing: false };
        tokio::spawn(writer.run(waiting));
        EventLog { queue, tallies, text_bytes_max: limits.event_text_bytes_max }
    }
}

impl EventLog {
    /// Takes an event to be written. Never waits: if the queue is full, the event is counted and dropped.
    pub fn record(&self, mut event: LiveEvent) {
        // Cut here too, so that the queue's length bounds its bytes.
        let cut = |text: &mut String| {
            text.truncate(text.floor_char_boundary(self.text_bytes_max));
            text.shrink_to_fit();
        };
        event.stream.iter_mut().for_each(cut);
        cut(&mut event.peer);
        cut(&mut event.detail);
        if self.queue.try_send(Message::Event(event)).is_err() {
            self.tallies.overflowed.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Waits until all that was recorded before has been written or has failed.
    pub async fn flush(&self) {
        self.ask(Message::Flush).await;
    }

    /// Writes all that was recorded before, and takes nothing more. The caller limits how long it waits.
    pub async fn shutdown(&self) {
        self.ask(Message::Stop).await;
    }

    /// What has become of the events so far.
    pub fn counts(&self) -> EventCounts {
        EventCounts {
            written: self.tallies.written.load(Ordering::Relaxed),
            overflowed: self.tallies.overflowed.load(Ordering::Relaxed),
            failed: self.tallies.failed.load(Ordering::Relaxed),
        }
    }

    async fn ask(&self, message: impl FnOnce(oneshot::Sender<()>) -> Message) {
        let (done, answered) = oneshot::channel();
        if self.queue.send(message(done)).await.is_ok() {
            // No answer means that the writer is gone, and with it what was to be waited for.
            let _ = answered.await;
        }
    }
}

struct Writer {
    store: Store,
    tallies: Arc<Tallies>,
    batch_max: usize,
    failing: bool,
}

impl Writer {
    /// Ends when it is told to stop, or when no handle is left.
    async fn run(mut self, mut queue: mpsc::Receiver<Message>) {
        // Grows with what comes: the largest batch that may be is not the one that does come.
        let mut messages = Vec::new();
        while queue.recv_many(&mut messages, self.batch_max).await > 0 {
            let mut events = Vec::new();
            let mut done = Vec::new();
            for message in messages.drain(..) {
                match message {
                    Message::Event(event) => events.push(event),
                    Message::Flush(asked) => done.push(asked),
                    Message::Stop(asked) => {
                        queue.close();
                        done.push(asked);
                    }
                }
            }
            self.write(&events).await;
            // One that no longer waits is not missed.
            for asked in done {
                let _ = asked.send(());
            }
        }
    }

    async fn write(&mut self, events: &[LiveEvent]) {
        if events.is_empty() {
            return;
        }
        let count = u64::try_from(events.len()).unwrap_or(u64::MAX);
        match self.store.append_events(events).await {
            Ok(()) => {
                self.tallies.written.fetch_add(count, Ordering::Relaxed);
                if std::mem::take(&mut self.failing) {
                    tracing::info!("events are written to the store again");
                }
            }
            Err(fault) => {
                self.tallies.failed.fetch_add(count, Ordering::Relaxed);
                // Told once per spell: a full disk is not helped by a line for each batch.
                if !std::mem::replace(&mut self.failing, true) {
                    let cause = std::error::Error::source(&fault).map(ToString::to_string);
                    tracing::error!(%fault, cause, "events are not written to the store and are dropped");
                }
            }
        }
    }
}
