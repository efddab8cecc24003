use std::future::Future;
use std::io::{Error, ErrorKind, IoSlice, Result};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};
use std::time::Duration;

use parking_lot::Mutex;
use thiserror::Error;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep, sleep_until};

use crate::Stream;
use crate::cork::Cork;

/// Bytes that TLS holds at most after it has taken them: the limit that rustls begins with.
const HELD_BYTES: u64 = 64 << 10;

/// Bytes that a peer may take, at most, before the socket tells of any of them, while no more than
/// [`UNSENT_BYTES`](crate::stream::UNSENT_BYTES) wait in it: kernels send and tell in steps. Steady readers were
/// seen to take 240 KB so, and steps differ by 50 KB.
const STEP_BYTES: u64 = 288 << 10;

/// What a peer has to take, and may send.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Patience {
    /// How long a peer that has been granted nothing may take nothing.
    pub(crate) ungranted_ms: u64,
    /// How far behind the rate it may be at least.
    pub(crate) slow_ms: u64,
    /// Bytes a second that it takes at least, while some wait.
    pub(crate) bytes_per_s_min: u64,
    /// Bytes that it may send before something comes of them.
    pub(crate) input_bytes_max: u64,
}

impl Patience {
    /// How far behind the lowest rate a peer may be: a step takes its time, and one that is steady takes nothing meanwhile
    /// that could be seen.
    pub(crate) fn behind_ms(&self) -> u64 {
        self.slow_ms.max(self.time_of(STEP_BYTES).as_millis().try_into().unwrap_or(u64::MAX))
    }

    /// How long bytes that were taken may be held before the socket has them.
    fn held_ms(&self, granted: bool) -> u64 {
        let ms = self.time_of(HELD_BYTES).as_millis().try_into().unwrap_or(u64::MAX);
        let behind_ms = if granted { self.behind_ms() } else { self.slow_ms.max(self.ungranted_ms) };
        behind_ms.saturating_add(ms)
    }

    /// How long these take at the lowest rate; nothing if none is asked for.
    fn time_of(&self, bytes: u64) -> Duration {
        let us = bytes.saturating_mul(1_000_000).checked_div(self.bytes_per_s_min);
        Duration::from_micros(us.unwrap_or_default())
    }
}

/// Why a connection with a [`WriteDeadline`] was broken by this side.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub(crate) enum Exhausted {
    /// Nothing was taken.
    #[error("no bytes were taken for {ms} ms")]
    Stalled { ms: u64 },
    /// Nothing was taken by a peer that has been granted nothing.
    #[error("no bytes were taken for {ms} ms, and nothing had been granted")]
    Deaf { ms: u64 },
    /// Too little was taken.
    #[error("{bytes} bytes were taken in {ms} ms while more waited")]
    TooSlow { bytes: u64, ms: u64 },
    /// Too much was sent.
    #[error("more than {bytes_max} bytes were sent to no purpose")]
    Flood { bytes_max: u64 },
}

/// What a connection's owner knows of its peer.
#[derive(Debug)]
pub(crate) struct Account {
    unspent: AtomicU64,
    exhausted: OnceLock<Exhausted>,
    /// The peer has been granted something, and may be slow in taking it.
    granted: AtomicBool,
    /// Requests whose response has not been written.
    answering: AtomicUsize,
    /// Since when the peer is to send the next request, if it is.
    owes_since: Mutex<Option<Instant>>,
}

impl Default for Account {
    /// The peer of a new connection is to send its first request.
    fn default() -> Self {
        Self {
            unspent: AtomicU64::default(),
            exhausted: OnceLock::new(),
            granted: AtomicBool::default(),
            answering: AtomicUsize::default(),
            owes_since: Mutex::new(Some(Instant::now())),
        }
    }
}

impl Account {
    /// A request is answered until the guard is dropped, which goes with the response.
    pub(crate) fn answer(self: &Arc<Self>) -> Answering {
        self.spend();
        self.answering.fetch_add(1, Relaxed);
        *self.owes_since.lock() = None;
        Answering(self.clone())
    }

    /// The peer has been granted something, if `granted`: it stays so.
    pub(crate) fn grant(&self, granted: bool) {
        self.granted.fetch_or(granted, Relaxed);
    }

    /// Whether the peer has been granted something.
    pub(crate) fn is_granted(&self) -> bool {
        self.granted.load(Relaxed)
    }

    /// All that was written has left this side.
    fn flushed(&self) {
        if self.answering.load(Relaxed) == 0 {
            self.owes_since.lock().get_or_insert_with(Instant::now);
        }
    }

    /// Ends when the peer has let `ms` pass without a request that it was to send.
    pub(crate) async fn head_late(&self, ms: u64) {
        let within = Duration::from_millis(ms);
        loop {
            let since = *self.owes_since.lock();
            // A wait that begins meanwhile does not end before this one.
            sleep_until(since.unwrap_or_else(Instant::now) + within).await;
            if since.is_some() && *self.owes_since.lock() == since {
                return;
            }
        }
    }

    /// Something has come of the peer's bytes: a request.
    pub(crate) fn spend(&self) {
        self.unspent.store(0, Relaxed);
    }

    /// Bytes of the peer from which nothing has come yet.
    pub(crate) fn unspent_bytes(&self) -> u64 {
        self.unspent.load(Relaxed)
    }

    /// Why this side has broken the connection, if it has. Not every library passes the error on as it is.
    pub(crate) fn exhausted(&self) -> Option<Exhausted> {
        self.exhausted.get().copied()
    }

    fn add(&self, bytes: u64) -> u64 {
        self.unspent.fetch_add(bytes, Relaxed).saturating_add(bytes)
    }

    fn exhaust(&self, why: Exhausted) -> Error {
        Error::new(ErrorKind::TimedOut, *self.exhausted.get_or_init(|| why))
    }
}

/// A request that is being answered.
pub(crate) struct Answering(Arc<Account>);

impl Answering {
    pub(crate) fn account(&self) -> &Account {
        &self.0
    }
}

impl Drop for Answering {
    fn drop(&mut self) {
        self.0.answering.fetch_sub(1, Relaxed);
    }
}

/// A connection whose peer has to take what is written, and to send what is of use: else its reads or writes fail with
/// an [`Exhausted`].
pub(crate) struct WriteDeadline<I> {
    inner: I,
    patience: Patience,
    account: Arc<Account>,
    /// What the connection is to do once its peer has been granted something.
    on_grant: Option<fn(&I)>,
    wait: Wait,
    late: Pin<Box<Sleep>>,
    held: Pin<Box<Sleep>>,
    /// Bytes that were taken have not reached the socket.
    holds: bool,
}

/// How a peer keeps to the rate. It falls behind while bytes wait, and catches up with what it takes; to have taken more
/// before gains nothing.
struct Wait {
    /// Bytes wait.
    waits: bool,
    looked_at: Instant,
    behind: Duration,
    /// When it was last not behind, and the bytes that it has taken since.
    begun: Instant,
    bytes: u64,
}

impl Wait {
    fn new() -> Self {
        let now = Instant::now();
        Self { waits: false, looked_at: now, behind: Duration::ZERO, begun: now, bytes: 0 }
    }

    fn take(&mut self, count: u64, patience: &Patience) {
        let now = Instant::now();
        let passed = if self.waits { now - self.looked_at } else { Duration::ZERO };
        let repaid = if patience.bytes_per_s_min == 0 && count > 0 { Duration::MAX } else { patience.time_of(count) };
        self.behind = (self.behind + passed).saturating_sub(repaid);
        self.looked_at = now;
        self.bytes = self.bytes.saturating_add(count);
        if self.behind.is_zero() {
            (self.begun, self.bytes) = (now, 0);
        }
    }
}

impl<I> WriteDeadline<I> {
    pub(crate) fn new(inner: I, patience: Patience, account: Arc<Account>) -> Self {
        let timer = || Box::pin(sleep(Duration::ZERO));
        let (late, held) = (timer(), timer());
        Self { inner, patience, account, on_grant: None, wait: Wait::new(), late, held, holds: false }
    }

    /// The connection itself.
    pub(crate) fn into_inner(self) -> I {
        self.inner
    }

    /// Watches writes: TCP has nothing to flush, so a flush that succeeds says nothing of the peer.
    fn watch(&mut self, context: &mut Context<'_>, asked: usize, written: Poll<Result<usize>>) -> Poll<Result<usize>> {
        let count = match &written {
            Poll::Ready(Ok(count)) => *count,
            Poll::Ready(Err(_)) => return written,
            Poll::Pending => 0,
        };
        if written.is_ready() {
            self.holds = false;
        }
        if let Some(granted) = self.on_grant.take_if(|_| self.account.is_granted()) {
            granted(&self.inner);
        }
        let wait = &mut self.wait;
        if count < asked || wait.waits || !wait.behind.is_zero() {
            wait.take(count as u64, &self.patience);
            wait.waits |= count < asked;
        }
        let deaf = wait.bytes == 0 && !self.account.is_granted();
        let most_ms = if deaf { self.patience.ungranted_ms } else { self.patience.behind_ms() };
        let left = Duration::from_millis(most_ms).saturating_sub(wait.behind);
        if left.is_zero() {
            let ms = wait.begun.elapsed().as_millis().try_into().unwrap_or(u64::MAX);
            let why = match wait.bytes {
                _ if deaf => Exhausted::Deaf { ms },
                0 => Exhausted::Stalled { ms },
                bytes => Exhausted::TooSlow { bytes, ms },
            };
            return Poll::Ready(Err(self.account.exhaust(why)));
        }
        if written.is_ready() {
            return written;
        }
        self.late.as_mut().reset(wait.looked_at + left);
        if self.late.as_mut().poll(context).is_ready() {
            // The clock looks once more.
            context.waker().wake_by_ref();
        }
        Poll::Pending
    }

    /// Nothing waits now; how far behind the peer is, is remembered.
    fn settle(&mut self) {
        if self.wait.waits {
            self.wait.take(0, &self.patience);
            self.wait.waits = false;
        }
        self.account.flushed();
    }

    /// Watches a flush or a shutdown: TLS has taken bytes before that the socket has not, and nothing else would end the
    /// waiting for a peer that never takes them.
    fn watch_held(&mut self, context: &mut Context<'_>, done: Poll<Result<()>>) -> Poll<Result<()>> {
        if done.is_ready() {
            self.holds = false;
            return done;
        }
        let granted = self.account.is_granted();
        let ms = self.patience.held_ms(granted);
        if !std::mem::replace(&mut self.holds, true) {
            self.held.set(sleep(Duration::from_millis(ms)));
        }
        let why = if granted { Exhausted::Stalled { ms } } else { Exhausted::Deaf { ms } };
        self.held.as_mut().poll(context).map(|()| Err(self.account.exhaust(why)))
    }
}

impl WriteDeadline<Stream> {
    /// The kernel of a client that has been granted nothing is given less at a time.
    pub(crate) fn of_stream(stream: Stream, patience: Patience, account: Arc<Account>) -> Self {
        stream.tell_early();
        Self { on_grant: Some(Stream::tell_granted), ..Self::new(stream, patience, account) }
    }
}

impl<I: Cork> Cork for WriteDeadline<I> {
    fn set_corked(&mut self, corked: bool) {
        self.inner.set_corked(corked);
    }
}

impl<I: AsyncRead + Unpin> AsyncRead for WriteDeadline<I> {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<Result<()>> {
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.inner).poll_read(context, buffer);
        let bytes = buffer.filled().len().saturating_sub(before) as u64;
        let bytes_max = self.patience.input_bytes_max;
        if self.account.add(bytes) > bytes_max {
            return Poll::Ready(Err(self.account.exhaust(Exhausted::Flood { bytes_max })));
        }
        read
    }
}

impl<I: AsyncWrite + Unpin> AsyncWrite for WriteDeadline<I> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<Result<usize>> {
        let written = Pin::new(&mut self.inner).poll_write(context, bytes);
        self.watch(context, bytes.len(), written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<Result<usize>> {
        let asked = slices.iter().map(|slice| slice.len()).sum();
        let written = Pin::new(&mut self.inner).poll_write_vectored(context, slices);
        self.watch(context, asked, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    /// Called when all that waited has been taken.
    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<()>> {
        let flushed = Pin::new(&mut self.inner).poll_flush(context);
        if flushed.is_ready() {
            self.settle();
        }
        self.watch_held(context, flushed)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<()>> {
        let done = Pin::new(&mut self.inner).poll_shutdown(context);
        self.watch_held(context, done)
    }
}

#[cfg(test)]
mod tests;
