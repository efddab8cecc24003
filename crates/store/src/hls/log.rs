use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use tokio::sync::{mpsc, oneshot};
use vivace_base::{AppId, Limits, StreamName, UnixMs};

use super::HlsChange;
use crate::Store;

/// The way into the numbers for those who must not wait. One task writes in order and in batches.
#[derive(Clone, Debug)]
pub struct HlsLog {
    queue: mpsc::Sender<Message>,
    lost: Arc<AtomicU64>,
}

#[derive(Debug)]
enum Message {
    Change(AppId, StreamName, HlsChange, UnixMs),
    /// Answered when all before it has been written or given up.
    Flush(oneshot::Sender<()>),
}

impl Store {
    /// Starts the writer of the numbers. Called within a tokio runtime.
    pub fn hls_log(&self, limits: &Limits) -> HlsLog {
        let (queue, waiting) = mpsc::channel(limits.event_queue_max.max(1));
        let lost = Arc::new(AtomicU64::new(0));
        tokio::spawn(run(self.clone(), waiting, limits.event_batch_max.max(1), lost.clone()));
        HlsLog { queue, lost }
    }
}

impl HlsLog {
    /// Takes a change to be written. Never waits: if the queue is full, the change is counted and dropped. False then.
    pub fn record(&self, app: AppId, stream: &StreamName, change: HlsChange, now: UnixMs) -> bool {
        let taken = self.queue.try_send(Message::Change(app, stream.clone(), change, now)).is_ok();
        self.lost.fetch_add(u64::from(!taken), Relaxed);
        taken
    }

    /// Waits until all that was recorded before has been written or has failed.
    pub async fn flush(&self) {
        let (done, answered) = oneshot::channel();
        if self.queue.send(Message::Flush(done)).await.is_ok() {
            // No answer means that the writer is gone, and with it what was to be waited for.
            let _ = answered.await;
        }
    }

    /// Changes that were not written.
    pub fn lost(&self) -> u64 {
        self.lost.load(Relaxed)
    }
}

/// Ends when no handle is left.
async fn run(store: Store, mut queue: mpsc::Receiver<Message>, batch_max: usize, lost: Arc<AtomicU64>) {
    let mut messages = Vec::with_capacity(batch_max);
    while queue.recv_many(&mut messages, batch_max).await > 0 {
        let mut changes = Vec::with_capacity(messages.len());
        let mut done = Vec::new();
        for message in messages.drain(..) {
            match message {
                Message::Change(app, stream, change, now) => changes.push((app, stream, change, now)),
                Message::Flush(asked) => done.push(asked),
            }
        }
        if !changes.is_empty()
            && let Err(fault) = store.change_hls(&changes).await
        {
            lost.fetch_add(changes.len() as u64, Relaxed);
            tracing::error!(%fault, changes = changes.len(), "numbers of HLS playlists are not written to the store");
        }
        for asked in done {
            // One that no longer waits is not missed.
            let _ = asked.send(());
        }
    }
}
