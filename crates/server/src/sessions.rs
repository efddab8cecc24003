use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use vivace_base::SessionId;

use crate::shared::Shared;

/// All connections that a task serves. A panic ends its own session and is counted; what does not end in time is cut.
pub(crate) struct Sessions {
    shared: Arc<Shared>,
    tasks: TaskTracker,
    cut: CancellationToken,
}

impl Sessions {
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        Self { shared, tasks: TaskTracker::new(), cut: CancellationToken::new() }
    }

    /// Serves a session.
    pub(crate) fn serve(&self, session: SessionId, work: impl Future<Output = ()> + Send + 'static) {
        let (shared, cut) = (self.shared.clone(), self.cut.clone());
        self.tasks.spawn(async move {
            // A task of its own, so that a panic comes back as a value.
            let mut task = tokio::spawn(work);
            let done = tokio::select! {
                done = &mut task => done,
                () = cut.cancelled() => {
                    task.abort();
                    task.await
                }
            };
            if done.is_err_and(|error| error.is_panic()) {
                shared.counts.panics.fetch_add(1, Relaxed);
                tracing::error!(%session, "a session panicked: it alone is ended; this is a fault of the server");
            }
        });
    }

    /// Waits until all sessions have ended, `ms` at most; the rest is cut.
    pub(crate) async fn end(self, ms: u64) {
        self.tasks.close();
        if timeout(Duration::from_millis(ms), self.tasks.wait()).await.is_err() {
            tracing::warn!(sessions = self.tasks.len(), "sessions did not end in time and are cut");
            self.cut.cancel();
            self.tasks.wait().await;
        }
    }
}
