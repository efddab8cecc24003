use std::future::Future;
use std::io::{Error, ErrorKind, IoSlice, Result};
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};
use std::time::Duration;

use thiserror::Error;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Sleep, sleep};

use crate::cork::Cork;

/// Bytes that TLS holds at most after it has taken them: the limit that rustls begins with.
const HELD_BYTES: u64 = 64 << 10;

/// What a peer has to take, and may send.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Patience {
    /// How long it may take no byte while some wait.
    pub(crate) stall_ms: u64,
    /// How long bytes may wait all the time before a rate is asked for.
    pub(crate) slow_ms: u64,
    /// The rate.
    pub(crate) bytes_per_s_min: u64,
    /// Bytes that it may send before something comes of them.
    pub(crate) input_bytes_max: u64,
}

impl Patience {
    /// How long bytes that were taken may be held before the socket has them: what they need at the lowest rate, on top of
    /// the time in which no rate is asked for.
    fn held_ms(&self) -> u64 {
        let ms = HELD_BYTES.saturating_mul(1_000).checked_div(self.bytes_per_s_min).unwrap_or_default();
        self.slow_ms.max(self.stall_ms).saturating_add(ms)
    }
}

/// Why a connection with a [`WriteDeadline`] was broken by this side.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub(crate) enum Exhausted {
    /// Nothing was taken.
    #[error("no bytes were taken for {ms} ms")]
    Stalled { ms: u64 },
    /// Too little was taken.
    #[error("{bytes} bytes were taken in {ms} ms while more waited")]
    TooSlow { bytes: u64, ms: u64 },
    /// Too much was sent.
    #[error("more than {bytes_max} bytes were sent to no purpose")]
    Flood { bytes_max: u64 },
}

/// What a connection's owner knows of its peer.
#[derive(Debug, Default)]
pub(crate) struct Account {
    unspent: AtomicU64,
    exhausted: OnceLock<Exhausted>,
}

impl Account {
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

/// A connection whose peer has to take what is written, and to send what is of use: else its reads or writes fail with
/// an [`Exhausted`].
pub(crate) struct WriteDeadline<I> {
    inner: I,
    patience: Patience,
    account: Arc<Account>,
    stall: Pin<Box<Sleep>>,
    waits: bool,
    slow: Pin<Box<Sleep>>,
    /// Bytes taken in this stretch of time, while there is one: it begins when bytes wait.
    taken: Option<u64>,
    held: Pin<Box<Sleep>>,
    /// Bytes that were taken have not reached the socket.
    holds: bool,
}

impl<I> WriteDeadline<I> {
    pub(crate) fn new(inner: I, patience: Patience, account: Arc<Account>) -> Self {
        let timer = || Box::pin(sleep(Duration::ZERO));
        let (stall, slow, held) = (timer(), timer(), timer());
        Self { inner, patience, account, stall, waits: false, slow, taken: None, held, holds: false }
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
        if count < asked || self.taken.is_some() {
            self.measure(context, count)?;
        }
        if written.is_ready() {
            (self.waits, self.holds) = (false, false);
            return written;
        }
        if !std::mem::replace(&mut self.waits, true) {
            self.stall.set(sleep(Duration::from_millis(self.patience.stall_ms)));
        }
        let ms = self.patience.stall_ms;
        self.stall.as_mut().poll(context).map(|()| Err(self.account.exhaust(Exhausted::Stalled { ms })))
    }

    /// Watches a flush or a shutdown: TLS has taken bytes before that the socket has not, and nothing else would end the
    /// waiting for a peer that never takes them.
    fn watch_held(&mut self, context: &mut Context<'_>, done: Poll<Result<()>>) -> Poll<Result<()>> {
        if done.is_ready() {
            self.holds = false;
            return done;
        }
        let ms = self.patience.held_ms();
        if !std::mem::replace(&mut self.holds, true) {
            self.held.set(sleep(Duration::from_millis(ms)));
        }
        self.held.as_mut().poll(context).map(|()| Err(self.account.exhaust(Exhausted::Stalled { ms })))
    }

    /// A byte now and then is progress, and too little all the same.
    fn measure(&mut self, context: &mut Context<'_>, count: usize) -> Result<()> {
        let ms = self.patience.slow_ms;
        let begin = |slow: &mut Pin<Box<Sleep>>| slow.set(sleep(Duration::from_millis(ms)));
        let Some(before) = self.taken else {
            begin(&mut self.slow);
            self.taken = Some(0);
            return Ok(());
        };
        let bytes = before.saturating_add(count as u64);
        self.taken = Some(bytes);
        if self.slow.as_mut().poll(context).is_pending() {
            return Ok(());
        }
        if bytes < self.patience.bytes_per_s_min.saturating_mul(ms) / 1_000 {
            return Err(self.account.exhaust(Exhausted::TooSlow { bytes, ms }));
        }
        begin(&mut self.slow);
        self.taken = Some(0);
        Ok(())
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
            self.taken = None;
        }
        self.watch_held(context, flushed)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<()>> {
        let done = Pin::new(&mut self.inner).poll_shutdown(context);
        self.watch_held(context, done)
    }
}

#[cfg(test)]
mod tests {
    use std::future::Future;
    use std::io::Result;
    use std::pin::Pin;
    use std::sync::Arc;
    use std::task::{Context, Poll};
    use std::time::Duration;

    use tokio::io::{AsyncReadExt, AsyncWrite, AsyncWriteExt, DuplexStream, duplex};
    use tokio::time::{Sleep, sleep, timeout};

    use super::{Account, Exhausted, Patience, WriteDeadline};

    const PATIENCE: Patience =
        Patience { stall_ms: 5_000, slow_ms: 30_000, bytes_per_s_min: 1_024, input_bytes_max: 99 };

    /// Writes a megabyte to one who takes `bytes` each second.
    async fn write_to_one_who_takes(bytes: usize) -> std::result::Result<(), Exhausted> {
        let (ours, mut theirs) = duplex(4_096);
        let reading = tokio::spawn(async move {
            let mut buffer = vec![0; bytes];
            while theirs.read_exact(&mut buffer).await.is_ok() {
                sleep(Duration::from_secs(1)).await;
            }
        });
        let mut writer = WriteDeadline::new(ours, PATIENCE, Arc::default());
        let written = writer.write_all(&vec![0; 1 << 20]).await;
        reading.abort();
        written.map_err(|error| *error.get_ref().unwrap().downcast_ref().unwrap())
    }

    #[tokio::test(start_paused = true)]
    async fn a_reader_of_drops_is_let_go_and_a_slow_one_is_served() {
        assert_eq!(write_to_one_who_takes(0).await, Err(Exhausted::Stalled { ms: 5_000 }));
        assert!(matches!(write_to_one_who_takes(1).await, Err(Exhausted::TooSlow { bytes: 25..=35, ms: 30_000 })));
        assert!(matches!(write_to_one_who_takes(1_000).await, Err(Exhausted::TooSlow { .. })));
        assert_eq!(write_to_one_who_takes(4_000).await, Ok(()));
    }

    /// Takes what is written and gives it to nobody before `until`, as TLS does over a socket that is full.
    struct Holding {
        until: Pin<Box<Sleep>>,
    }

    impl Holding {
        fn writer(ms: u64) -> WriteDeadline<Self> {
            let until = Box::pin(sleep(Duration::from_millis(ms)));
            WriteDeadline::new(Self { until }, PATIENCE, Arc::default())
        }
    }

    impl AsyncWrite for Holding {
        fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<Result<usize>> {
            Poll::Ready(Ok(bytes.len()))
        }

        fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<()>> {
            self.until.as_mut().poll(context).map(Ok)
        }

        fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<()>> {
            self.poll_flush(context)
        }
    }

    #[tokio::test(start_paused = true)]
    async fn what_was_taken_and_is_held_is_not_waited_for_without_end() {
        let told =
            |done: Result<()>| done.map_err(|error| *error.get_ref().unwrap().downcast_ref::<Exhausted>().unwrap());
        let hour_ms = 3_600_000;
        // 64 KiB at 1 KiB/s, and the 30 s in which no rate is asked for.
        let late = Err(Exhausted::Stalled { ms: 94_000 });
        let mut writer = Holding::writer(hour_ms);
        writer.write_all(&[0; 9]).await.unwrap();
        let flushed = timeout(Duration::from_millis(hour_ms / 2), writer.flush()).await;
        assert_eq!(told(flushed.expect("the flush ends")), late);
        let mut writer = Holding::writer(hour_ms);
        let gone = timeout(Duration::from_millis(hour_ms / 2), writer.shutdown()).await;
        assert_eq!(told(gone.expect("the goodbye ends")), late);
        let mut slow = Holding::writer(60_000);
        slow.write_all(&[0; 9]).await.unwrap();
        assert_eq!(told(slow.flush().await), Ok(()));
        assert_eq!(told(slow.shutdown().await), Ok(()));
    }

    #[tokio::test]
    async fn bytes_from_which_nothing_comes_are_counted_until_something_does() {
        let (ours, mut theirs): (DuplexStream, DuplexStream) = duplex(4_096);
        let account = Arc::new(Account::default());
        let mut reader = WriteDeadline::new(ours, PATIENCE, account.clone());
        let mut buffer = [0; 90];
        for _ in 0..3 {
            theirs.write_all(&[0; 90]).await.unwrap();
            reader.read_exact(&mut buffer).await.unwrap();
            assert_eq!(account.unspent_bytes(), 90);
            account.spend();
        }
        theirs.write_all(&[0; 100]).await.unwrap();
        assert!(reader.read(&mut [0; 100]).await.is_err());
        assert_eq!(account.exhausted(), Some(Exhausted::Flood { bytes_max: 99 }));
    }
}
