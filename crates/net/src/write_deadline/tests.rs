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
    Patience { ungranted_ms: 5_000, slow_ms: 30_000, bytes_per_s_min: 1_024, input_bytes_max: 99 };

/// The account of a peer that may be slow.
fn granted() -> Arc<Account> {
    let account = Arc::new(Account::default());
    account.grant(true);
    account
}

/// Writes 16 megabytes to one who takes `bytes` each second.
async fn write_to_one_who_takes(bytes: usize) -> std::result::Result<(), Exhausted> {
    let (ours, mut theirs) = duplex(4_096);
    let reading = tokio::spawn(async move {
        let mut buffer = vec![0; bytes];
        while theirs.read_exact(&mut buffer).await.is_ok() {
            sleep(Duration::from_secs(1)).await;
        }
    });
    let mut writer = WriteDeadline::new(ours, PATIENCE, granted());
    let written = writer.write_all(&vec![0; 16 << 20]).await;
    reading.abort();
    written.map_err(|error| *error.get_ref().unwrap().downcast_ref().unwrap())
}

#[tokio::test(start_paused = true)]
async fn a_reader_of_drops_is_let_go_and_a_slow_one_is_served() {
    // 288 KiB at 1 KiB/s, as much as a steady reader may take before it shows.
    assert_eq!(write_to_one_who_takes(0).await, Err(Exhausted::Stalled { ms: 288_000 }));
    assert!(matches!(write_to_one_who_takes(1).await, Err(Exhausted::TooSlow { bytes: 270..=300, .. })));
    assert!(matches!(write_to_one_who_takes(1_000).await, Err(Exhausted::TooSlow { .. })));
    assert_eq!(write_to_one_who_takes(4_000).await, Ok(()));
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_has_been_granted_nothing_is_let_go_early_if_it_takes_nothing() {
    let (ours, theirs) = duplex(4_096);
    let account = Arc::new(Account::default());
    let mut writer = WriteDeadline::new(ours, PATIENCE, account.clone());
    account.grant(false);
    let begun = tokio::time::Instant::now();
    assert!(writer.write_all(&vec![0; 16 << 20]).await.is_err());
    assert_eq!((account.exhausted(), begun.elapsed().as_secs()), (Some(Exhausted::Deaf { ms: 5_000 }), 5));
    drop(theirs);
}

/// A peer whose kernel tells of what it takes in one step after the other.
async fn write_to_one_seen_in_steps_of(bytes: usize, every_s: u64) -> std::result::Result<(), Exhausted> {
    let (ours, mut theirs) = duplex(bytes);
    let reading = tokio::spawn(async move {
        let mut buffer = vec![0; bytes];
        loop {
            sleep(Duration::from_secs(every_s)).await;
            if theirs.read_exact(&mut buffer).await.is_err() {
                return;
            }
        }
    });
    let mut writer = WriteDeadline::new(ours, PATIENCE, granted());
    let written = writer.write_all(&vec![0; 32 * bytes]).await;
    reading.abort();
    written.map_err(|error| *error.get_ref().unwrap().downcast_ref().unwrap())
}

#[tokio::test(start_paused = true)]
async fn a_steady_reader_is_served_however_rarely_it_shows() {
    // 1,040 bytes a second, of which 1,024 are asked.
    assert_eq!(write_to_one_seen_in_steps_of(130_000, 125).await, Ok(()));
    // 650 a second.
    assert!(matches!(write_to_one_seen_in_steps_of(65_000, 100).await, Err(Exhausted::TooSlow { .. })));
}

#[tokio::test(start_paused = true)]
async fn the_next_request_is_waited_for_from_the_end_of_the_response_on() {
    let (ours, _theirs) = duplex(4_096);
    let account = Arc::new(Account::default());
    let mut writer = WriteDeadline::new(ours, PATIENCE, account.clone());
    let late = || timeout(Duration::from_secs(60), account.head_late(5_000));
    assert!(late().await.is_ok(), "a first request may take for ever");
    let answer = account.answer();
    writer.flush().await.unwrap();
    assert!(late().await.is_err(), "a response that is under way is cut off");
    drop(answer);
    assert!(late().await.is_err(), "a response that has not left this side is cut off");
    writer.flush().await.unwrap();
    let begun = tokio::time::Instant::now();
    assert!(late().await.is_ok());
    assert_eq!(begun.elapsed().as_secs(), 5);
}

/// Takes what is written and gives it to nobody before `until`, as TLS does over a socket that is full.
struct Holding {
    until: Pin<Box<Sleep>>,
}

impl Holding {
    fn writer(ms: u64) -> WriteDeadline<Self> {
        let until = Box::pin(sleep(Duration::from_millis(ms)));
        WriteDeadline::new(Self { until }, PATIENCE, granted())
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
    let told = |done: Result<()>| done.map_err(|error| *error.get_ref().unwrap().downcast_ref::<Exhausted>().unwrap());
    let hour_ms = 3_600_000;
    // 64 KiB at 1 KiB/s, and what a reader may be behind.
    let late = Err(Exhausted::Stalled { ms: 352_000 });
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
