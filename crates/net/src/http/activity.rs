use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::combinators::UnsyncBoxBody;
use hyper::body::{Body, Frame, SizeHint};
use tokio::time::sleep;

use super::{BoxError, HttpFault, HttpLimits};
use crate::write_deadline::Account;

/// What an HTTP/2 connection is busy with. A response that waits for its next bytes keeps a connection open; one whose
/// client takes nothing does not.
#[derive(Default)]
pub(super) struct Activity {
    /// Requests that are being answered, and responses that wait for bytes.
    busy: AtomicUsize,
    /// Counts everything that happens.
    steps: AtomicU64,
    /// What the client has sent since.
    account: Arc<Account>,
}

impl Activity {
    /// A request that is being answered until the guard is dropped.
    pub(super) fn begin(self: &Arc<Self>) -> Busy {
        self.step();
        self.busy.fetch_add(1, Relaxed);
        Busy(self.clone())
    }

    fn step(&self) {
        self.steps.fetch_add(1, Relaxed);
        self.account.spend();
    }

    /// Counts the client's bytes between two steps.
    pub(super) fn account(&self) -> Arc<Account> {
        self.account.clone()
    }

    /// Whether there has been a request.
    pub(super) fn has_begun(&self) -> bool {
        self.steps.load(Relaxed) > 0
    }

    /// What [`quiet`](Self::quiet) has found.
    pub(super) fn fault(&self, limits: HttpLimits) -> HttpFault {
        let (begun, ms) = (self.has_begun(), limits.stall_ms_max);
        if begun { HttpFault::Silent { ms } } else { HttpFault::HeadLate { ms: limits.head_ms_max } }
    }

    /// Ends when nothing has happened for long.
    pub(super) async fn quiet(&self, limits: HttpLimits) {
        sleep(Duration::from_millis(limits.head_ms_max)).await;
        if self.steps.load(Relaxed) == 0 {
            return;
        }
        loop {
            let before = self.steps.load(Relaxed);
            sleep(Duration::from_millis(limits.stall_ms_max)).await;
            if self.busy.load(Relaxed) == 0 && self.steps.load(Relaxed) == before {
                return;
            }
        }
    }
}

/// Something that the connection is busy with.
pub(super) struct Busy(Arc<Activity>);

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.busy.fetch_sub(1, Relaxed);
    }
}

/// A response's body that is seen by the connection's [`Activity`].
pub(super) struct Watched {
    inner: UnsyncBoxBody<Bytes, BoxError>,
    activity: Arc<Activity>,
    waits: Option<Busy>,
}

impl Watched {
    pub(super) const fn new(inner: UnsyncBoxBody<Bytes, BoxError>, activity: Arc<Activity>) -> Self {
        Self { inner, activity, waits: None }
    }
}

impl Body for Watched {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let polled = Pin::new(&mut self.inner).poll_frame(context);
        if polled.is_ready() {
            self.activity.step();
            self.waits = None;
        } else if self.waits.is_none() {
            self.waits = Some(self.activity.begin());
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use bytes::Bytes;
    use http_body_util::BodyExt;
    use tokio::time::timeout;

    use super::{Activity, Watched};
    use crate::delivery::Socket;
    use crate::http::{HttpLimits, LiveBody};

    const LIMITS: HttpLimits = HttpLimits {
        head_bytes_max: 1,
        head_ms_max: 100,
        write_ms_max: 1_000,
        stall_ms_max: 1_000,
        streams_max: 1,
        slow_ms_max: 1_000,
        bytes_per_s_min: 1,
        idle_input_bytes_max: 1_000,
    };

    async fn is_quiet(activity: &Activity, within_ms: u64) -> bool {
        timeout(Duration::from_millis(within_ms), activity.quiet(LIMITS)).await.is_ok()
    }

    #[tokio::test(start_paused = true)]
    async fn a_connection_without_a_request_is_quiet_soon() {
        assert!(is_quiet(&Activity::default(), 101).await);
    }

    #[tokio::test(start_paused = true)]
    async fn a_request_keeps_a_connection_open_and_its_end_does_not() {
        let activity = Arc::new(Activity::default());
        let busy = activity.begin();
        assert!(!is_quiet(&activity, 100_000).await);
        drop(busy);
        assert!(!is_quiet(&activity, 1_000).await);
        assert!(is_quiet(&activity, 1_200).await);
    }

    #[tokio::test]
    async fn a_body_that_waits_for_bytes_is_busy_and_one_that_nobody_takes_is_not() {
        let (Socket::Pipe(mut pipe), body) = LiveBody::new() else { unreachable!() };
        let activity = Arc::new(Activity::default());
        let mut body = Watched::new(body.boxed_unsync(), activity.clone());
        let busy = || activity.busy.load(super::Relaxed);
        assert_eq!(busy(), 0);
        assert!(has_to_wait(&mut body).await, "an empty pipe gives something");
        assert_eq!(busy(), 1);
        assert_eq!(pipe.give(std::iter::once((&Bytes::from_static(b"zabc"), 1))).unwrap(), 3);
        let frame = body.frame().await.unwrap().unwrap();
        assert_eq!(frame.into_data().unwrap().as_ref(), b"abc");
        assert_eq!(busy(), 0);
        drop(pipe);
        assert!(body.frame().await.is_none());
    }

    /// Polls once; true if it has to wait.
    async fn has_to_wait(body: &mut Watched) -> bool {
        std::future::poll_fn(|context| {
            use hyper::body::Body;
            std::task::Poll::Ready(std::pin::Pin::new(&mut *body).poll_frame(context).is_pending())
        })
        .await
    }
}
