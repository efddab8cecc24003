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

/// Bytes of a response given to the connection at a time, so that each shows as a step.
const PIECE_BYTES: usize = 64 << 10;

/// What an HTTP/2 connection is busy with. A response that waits for its next bytes keeps a connection open; one whose
/// client takes nothing does so for as long as a slow client may need for what it does not show.
#[derive(Default)]
pub(super) struct Activity {
    /// Requests that are being answered, and responses that wait for bytes.
    busy: AtomicUsize,
    /// Responses that end, as live plays do not, and whose bytes the connection has not sent.
    sending: AtomicUsize,
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

    /// What [`quiet`](Self::quiet) has found, while this side `holds` bytes or does not.
    pub(super) fn fault(&self, limits: HttpLimits, holds: bool) -> HttpFault {
        if !self.has_begun() {
            return HttpFault::HeadLate { ms: limits.head_ms_max };
        }
        let ms = self.quiet_ms(limits, holds);
        if self.may_be_slow(holds) { HttpFault::Stalled { ms } } else { HttpFault::Silent { ms } }
    }

    /// Whether the client is being sent something and may be slow in taking it. Who has been granted nothing may not: it
    /// would keep its place among those by a window that it does not open.
    fn may_be_slow(&self, holds: bool) -> bool {
        (holds || self.sending.load(Relaxed) > 0) && self.account.is_granted()
    }

    fn quiet_ms(&self, limits: HttpLimits, holds: bool) -> u64 {
        let untaken_ms = if self.may_be_slow(holds) { limits.untaken_ms() } else { 0 };
        limits.stall_ms_max.max(untaken_ms)
    }

    /// Ends when nothing has happened for long; `holds` says whether this side holds bytes.
    pub(super) async fn quiet(&self, limits: HttpLimits, holds: impl Fn() -> bool) {
        sleep(Duration::from_millis(limits.head_ms_max)).await;
        if self.steps.load(Relaxed) == 0 {
            return;
        }
        let mut quiet_ms = 0_u64;
        loop {
            let before = self.steps.load(Relaxed);
            sleep(Duration::from_millis(limits.stall_ms_max)).await;
            let same = self.busy.load(Relaxed) == 0 && self.steps.load(Relaxed) == before;
            quiet_ms = if same { quiet_ms.saturating_add(limits.stall_ms_max) } else { 0 };
            if same && quiet_ms >= self.quiet_ms(limits, holds()) {
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

/// A response that is being sent.
struct Sends(Arc<Activity>);

impl Sends {
    fn begin(activity: &Arc<Activity>) -> Arc<Self> {
        activity.sending.fetch_add(1, Relaxed);
        Arc::new(Self(activity.clone()))
    }
}

impl Drop for Sends {
    fn drop(&mut self) {
        self.0.sending.fetch_sub(1, Relaxed);
    }
}

/// A piece of a response, which is being sent for as long as there is one.
struct Piece {
    bytes: Bytes,
    _sends: Arc<Sends>,
}

impl AsRef<[u8]> for Piece {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

/// A response's body that is seen by the connection's [`Activity`].
pub(super) struct Watched {
    inner: UnsyncBoxBody<Bytes, BoxError>,
    activity: Arc<Activity>,
    waits: Option<Busy>,
    /// Of a response that ends.
    sends: Option<Arc<Sends>>,
    /// What the body has given and the connection has not been given.
    rest: Bytes,
}

impl Watched {
    pub(super) fn new(inner: UnsyncBoxBody<Bytes, BoxError>, activity: Arc<Activity>) -> Self {
        let sends = inner.size_hint().exact().is_some_and(|bytes| bytes > 0).then(|| Sends::begin(&activity));
        Self { inner, activity, waits: None, sends, rest: Bytes::new() }
    }

    /// The next bytes of the rest.
    fn piece(&mut self) -> Frame<Bytes> {
        self.activity.step();
        let bytes = self.rest.split_to(self.rest.len().min(PIECE_BYTES));
        Frame::data(match self.sends.clone() {
            Some(sends) => Bytes::from_owner(Piece { bytes, _sends: sends }),
            None => bytes,
        })
    }
}

impl Body for Watched {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        if !self.rest.is_empty() {
            return Poll::Ready(Some(Ok(self.piece())));
        }
        let Poll::Ready(polled) = Pin::new(&mut self.inner).poll_frame(context) else {
            if self.waits.is_none() {
                self.waits = Some(self.activity.begin());
            }
            return Poll::Pending;
        };
        self.waits = None;
        match polled.map(|frame| frame.map(Frame::into_data)) {
            Some(Ok(Ok(bytes))) => {
                self.rest = bytes;
                Poll::Ready(Some(Ok(self.piece())))
            }
            other => {
                self.activity.step();
                Poll::Ready(other.map(|frame| frame.map(|data| data.map_or_else(|frame| frame, Frame::data))))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty() && self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let (left, rest) = (self.inner.size_hint(), self.rest.len() as u64);
        let mut hint = SizeHint::new();
        if let Some(upper) = left.upper() {
            hint.set_upper(upper.saturating_add(rest));
        }
        hint.set_lower(left.lower().saturating_add(rest));
        hint
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use bytes::Bytes;
    use http_body_util::{BodyExt, Full};
    use tokio::time::timeout;

    use super::{Activity, Watched};
    use crate::delivery::Socket;
    use crate::http::{HttpFault, HttpLimits, LiveBody};

    const LIMITS: HttpLimits = HttpLimits {
        head_bytes_max: 1,
        head_ms_max: 100,
        stall_ms_max: 1_000,
        streams_max: 1,
        slow_ms_max: 1_000,
        bytes_per_s_min: 16 << 10,
        idle_input_bytes_max: 1_000,
    };

    async fn is_quiet(activity: &Activity, within_ms: u64) -> bool {
        timeout(Duration::from_millis(within_ms), activity.quiet(LIMITS, || false)).await.is_ok()
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

    #[tokio::test(start_paused = true)]
    async fn a_response_that_its_client_takes_slowly_keeps_a_connection_open_for_a_while() {
        let activity = Arc::new(Activity::default());
        activity.account().grant(true);
        let whole = Bytes::from(vec![7; 150_000]);
        let body = Full::new(whole.clone()).map_err(|never| match never {}).boxed_unsync();
        let mut body = Watched::new(body, activity.clone());
        let mut given = Vec::new();
        while let Some(frame) = body.frame().await {
            given.push(frame.unwrap().into_data().unwrap());
            assert!(!is_quiet(&activity, 9_000).await, "what is on its way is cut off");
        }
        assert_eq!(given.concat(), whole);
        assert!(given.iter().all(|piece| piece.len() <= super::PIECE_BYTES));
        drop(body);
        // 288 KiB at 16 KiB/s: the connection still holds pieces.
        assert!(!is_quiet(&activity, 9_000).await);
        assert!(matches!(activity.fault(LIMITS, false), HttpFault::Stalled { ms: 18_000 }));
        assert!(is_quiet(&activity, 19_000).await);
        drop(given);
        assert!(is_quiet(&activity, 1_200).await);
        assert!(matches!(activity.fault(LIMITS, false), HttpFault::Silent { ms: 1_000 }));
    }

    #[tokio::test(start_paused = true)]
    async fn a_response_that_waits_for_a_window_of_one_who_has_been_granted_nothing_keeps_nothing_open() {
        let activity = Arc::new(Activity::default());
        let body = Full::new(Bytes::from_static(b"no such file")).map_err(|never| match never {}).boxed_unsync();
        let held = Watched::new(body, activity.clone()).frame().await;
        assert!(held.is_some());
        assert!(!is_quiet(&activity, 1_000).await);
        assert!(is_quiet(&activity, 1_200).await);
        assert!(matches!(activity.fault(LIMITS, true), HttpFault::Silent { ms: 1_000 }));
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
