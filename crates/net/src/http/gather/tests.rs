use std::future::poll_fn;
use std::io::{ErrorKind, Result};
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncWrite, AsyncWriteExt};

use super::{Gathered, gather};
use crate::cork::Cork;

/// Bytes that it holds while it is corked.
const HELD_BYTES_MAX: usize = 64 << 10;

/// Holds bytes as TLS does, above a socket that takes so many of them.
#[derive(Default)]
struct Wire {
    room: usize,
    corked: bool,
    held: Vec<u8>,
    sent: Vec<u8>,
    writes: usize,
    ended: bool,
}

impl Wire {
    /// Whether the socket has taken all that was held.
    fn send(&mut self) -> bool {
        let count = if self.corked { 0 } else { self.held.len().min(self.room) };
        if count > 0 {
            self.sent.extend(self.held.drain(..count));
            self.room -= count;
            self.writes += 1;
        }
        self.held.is_empty()
    }
}

impl Cork for Wire {
    fn set_corked(&mut self, corked: bool) {
        self.corked = corked;
    }
}

impl AsyncWrite for Wire {
    fn poll_write(mut self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<Result<usize>> {
        self.send();
        let count = bytes.len().min(HELD_BYTES_MAX - self.held.len());
        self.held.extend_from_slice(&bytes[..count]);
        self.send();
        if count == 0 { Poll::Pending } else { Poll::Ready(Ok(count)) }
    }

    fn poll_flush(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<()>> {
        if self.ended {
            return Poll::Ready(Err(ErrorKind::BrokenPipe.into()));
        }
        if self.send() { Poll::Ready(Ok(())) } else { Poll::Pending }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<()>> {
        self.ended = true;
        Poll::Ready(Ok(()))
    }
}

async fn once<T>(mut poll: impl FnMut(&mut Context<'_>) -> Poll<T>) -> Poll<T> {
    poll_fn(|context| Poll::Ready(poll(context))).await
}

/// Looks at the wire of a turn.
fn look<T>(turn: &super::Turn<Wire>, look: impl FnOnce(&mut Wire) -> T) -> T {
    let Gathered { inner, .. } = &mut *turn.0.lock();
    look(inner)
}

#[tokio::test]
async fn the_frames_of_a_turn_are_one_write() {
    let (mut writer, turn) = gather(Wire { room: usize::MAX, ..Wire::default() });
    for frame in [&b"head"[..], &[7; 16_000], b"head", &[8; 9_000]] {
        writer.write_all(frame).await.unwrap();
        writer.flush().await.unwrap();
    }
    assert_eq!(look(&turn, |wire| wire.writes), 0);
    assert!(once(|context| turn.poll_end(context)).await.is_ready());
    assert_eq!(look(&turn, |wire| (wire.writes, wire.sent.len())), (1, 25_008));
    assert!(once(|context| turn.poll_end(context)).await.is_ready());
    assert_eq!(look(&turn, |wire| wire.writes), 1);
}

#[tokio::test]
async fn what_tls_cannot_hold_is_written_at_once_and_who_takes_nothing_is_waited_for() {
    let (mut writer, turn) = gather(Wire { room: 100_000, ..Wire::default() });
    let frame = [1; 10_000];
    let mut taken = 0;
    while let Poll::Ready(count) = once(|context| Pin::new(&mut writer).poll_write(context, &frame)).await {
        taken += count.unwrap();
    }
    assert_eq!(taken, 100_000 + HELD_BYTES_MAX);
    assert!(!look(&turn, |wire| wire.corked), "nobody would be woken");
    assert!(once(|context| turn.poll_end(context)).await.is_pending());
    look(&turn, |wire| wire.room = usize::MAX);
    assert!(once(|context| turn.poll_end(context)).await.is_ready());
    assert_eq!(look(&turn, |wire| wire.sent.len()), taken);
}

#[tokio::test]
async fn a_goodbye_follows_what_was_gathered_and_a_wire_that_is_gone_is_told() {
    let (mut writer, turn) = gather(Wire { room: 3, ..Wire::default() });
    writer.write_all(b"goodbye").await.unwrap();
    assert!(once(|context| Pin::new(&mut writer).poll_shutdown(context)).await.is_pending());
    assert!(!look(&turn, |wire| wire.ended), "the connection was ended over bytes that wait");
    look(&turn, |wire| wire.room = 4);
    writer.shutdown().await.unwrap();
    assert_eq!(look(&turn, |wire| (wire.sent.clone(), wire.ended)), (b"goodbye".to_vec(), true));
    writer.write_all(b"more").await.unwrap();
    let Poll::Ready(Err(error)) = once(|context| turn.poll_end(context)).await else { panic!("nobody is there") };
    assert_eq!(error.kind(), ErrorKind::BrokenPipe);
}
