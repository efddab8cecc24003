use std::future::poll_fn;
use std::io::ErrorKind;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::task::{Context, Poll, Wake, Waker};
use std::thread;
use std::time::Duration;

use bytes::Bytes;
use mio::Events;

use super::{PIPE_BYTES_MAX, PIPE_PIECES_MAX, PipeReader, PipeWriter, SHARED_BYTES_MAX, pipe};
use crate::delivery::mailbox::Mailbox;

const PATIENCE: Duration = Duration::from_secs(20);

#[derive(Default)]
struct Wakes(AtomicUsize);

impl Wake for Wakes {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, SeqCst);
    }
}

fn give(pipe: &mut PipeWriter, bytes: &Bytes) -> Result<usize, ErrorKind> {
    pipe.give(std::iter::once((bytes, 0))).map_err(|error| error.kind())
}

/// Takes what is there, without a task that waits.
fn take(pipe: &PipeReader, bytes_max: usize) -> Poll<Option<Bytes>> {
    pipe.poll_take(&mut Context::from_waker(Waker::noop()), bytes_max)
}

#[test]
fn bytes_and_pieces_are_bounded() {
    let (mut writer, reader) = pipe();
    let long = Bytes::from(vec![7; PIPE_BYTES_MAX + 1]);
    assert_eq!(give(&mut writer, &long), Ok(PIPE_BYTES_MAX));
    assert_eq!(give(&mut writer, &long), Err(ErrorKind::WouldBlock));
    let Poll::Ready(Some(taken)) = take(&reader, usize::MAX) else { panic!("nothing waits") };
    assert_eq!(taken.len(), PIPE_BYTES_MAX);

    let (mut writer, reader) = pipe();
    let tiny = Bytes::from_static(b"x");
    let given = (0..).take_while(|_| give(&mut writer, &tiny) == Ok(1)).count();
    assert_eq!(given, PIPE_PIECES_MAX);
    let many = vec![tiny; 2 * PIPE_PIECES_MAX];
    assert_eq!(take(&reader, 9), Poll::Ready(Some(Bytes::from_static(b"x"))));
    assert_eq!(writer.give(many.iter().map(|piece| (piece, 0))).unwrap(), 1);
}

#[test]
fn blocks_are_shared_unless_a_slice_would_keep_a_long_one_in_memory() {
    for (length, shares) in [(SHARED_BYTES_MAX, true), (SHARED_BYTES_MAX + 1, false)] {
        let (mut writer, reader) = pipe();
        let block = Bytes::from(vec![7; length]);
        assert_eq!(writer.give([(&block, 5)].into_iter()).unwrap(), PIPE_BYTES_MAX.min(length - 5));
        let Poll::Ready(Some(taken)) = take(&reader, 10) else { panic!("nothing waits") };
        assert_eq!((taken.len(), taken.as_ptr() == block[5..].as_ptr()), (10, shares));
    }
}

#[test]
fn a_waiting_body_is_woken_by_bytes_and_by_the_end() {
    let (mut writer, reader) = pipe();
    let wakes = Arc::new(Wakes::default());
    let waker = Waker::from(wakes.clone());
    let mut context = Context::from_waker(&waker);
    assert!(reader.poll_take(&mut context, 9).is_pending());
    assert!(reader.poll_take(&mut context, 9).is_pending());
    assert_eq!(writer.give(std::iter::empty()).unwrap(), 0);
    assert_eq!(wakes.0.load(SeqCst), 0, "nothing has come");
    for _ in 0..2 {
        assert_eq!(give(&mut writer, &Bytes::from_static(b"ab")), Ok(2));
    }
    assert_eq!(wakes.0.load(SeqCst), 1, "one that does not wait is left alone");
    assert_eq!(take(&reader, 9), Poll::Ready(Some(Bytes::from_static(b"ab"))));
    assert_eq!(take(&reader, 1), Poll::Ready(Some(Bytes::from_static(b"a"))));
    assert_eq!(take(&reader, 1), Poll::Ready(Some(Bytes::from_static(b"b"))));
    assert!(reader.poll_take(&mut context, 9).is_pending());
    drop(writer);
    assert_eq!(wakes.0.load(SeqCst), 2);
    assert_eq!(take(&reader, 9), Poll::Ready(None));
}

#[test]
fn the_thread_is_told_once_of_room_and_of_the_end() {
    let (mailbox, _poll) = Mailbox::new().unwrap();
    let mailbox = Arc::new(mailbox);
    let (mut writer, reader) = pipe();
    writer.attach(&mailbox, 5);
    let piece = Bytes::from(vec![0; PIPE_BYTES_MAX / 8]);
    let heard = || mailbox.take(0).ready;
    for _ in 0..8 {
        assert_eq!(give(&mut writer, &piece), Ok(piece.len()));
    }
    // A reader that takes everything before anybody asked for room says nothing.
    for _ in 0..8 {
        assert!(take(&reader, usize::MAX).is_ready());
    }
    assert!(heard().is_empty());
    for _ in 0..2 {
        while give(&mut writer, &piece).is_ok() {}
        for taken in 0..3 {
            assert!(take(&reader, usize::MAX).is_ready());
            assert!(heard().is_empty(), "told when {taken} of 8 parts are taken");
        }
        for _ in 0..5 {
            assert!(take(&reader, usize::MAX).is_ready());
        }
        assert_eq!(heard(), [5]);
        assert_eq!(writer.read().map_err(|error| error.kind()), Err(ErrorKind::WouldBlock));
    }
    // A letter that waits is not doubled.
    while give(&mut writer, &piece).is_ok() {}
    while take(&reader, usize::MAX).is_ready() {}
    drop(reader);
    assert_eq!(heard(), [5]);
    assert_eq!(writer.read().unwrap(), 0);
    assert_eq!(give(&mut writer, &piece), Err(ErrorKind::BrokenPipe));
}

#[test]
fn an_end_before_the_player_stands_anywhere_is_found_by_the_first_look() {
    let (mailbox, _poll) = Mailbox::new().unwrap();
    let (writer, reader) = pipe();
    drop(reader);
    writer.attach(&Arc::new(mailbox), 0);
    assert_eq!(writer.read().unwrap(), 0);
}

/// A writer that sleeps until it is told, against a task that takes pieces of all sizes: each byte comes, in order, and
/// neither of the two is left asleep.
#[test]
fn no_wake_up_is_lost() {
    const BYTES: usize = 64 << 20;
    let (mailbox, mut poll) = Mailbox::new().unwrap();
    let mailbox = Arc::new(mailbox);
    let (mut writer, reader) = pipe();
    writer.attach(&mailbox, 0);
    let writing = thread::spawn(move || {
        let mut events = Events::with_capacity(4);
        let blocks: Vec<Bytes> =
            [1, 3_000, 70_000, 300_000].map(|length| (0..length).map(|at| (at % 251) as u8).collect()).into();
        let mut sent = 0;
        for turn in 0.. {
            let block = &blocks[turn % blocks.len()];
            let mut from = 0;
            while from < block.len() {
                match writer.give(std::iter::once((block, from))) {
                    Ok(taken) => from += taken,
                    Err(error) if error.kind() == ErrorKind::WouldBlock => loop {
                        mailbox.calls.call();
                        if !mailbox.take(0).ready.is_empty() {
                            assert!(writer.read().is_err());
                            break;
                        }
                        poll.poll(&mut events, Some(PATIENCE)).unwrap();
                        assert!(!events.is_empty(), "the thread is not told of room, {sent} bytes on");
                    },
                    Err(error) => panic!("{error}"),
                }
            }
            sent += block.len();
            if sent >= BYTES {
                mailbox.calls.call();
                return sent;
            }
        }
        sent
    });
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let lengths = [1, 3_000, 70_000, 300_000];
    let taken = runtime.block_on(async {
        let (mut taken, mut block, mut within) = (0, 0, 0);
        for sizes in 0_usize.. {
            let most = 1 + sizes * 7_919 % 50_000;
            let next = tokio::time::timeout(PATIENCE, poll_fn(|context| reader.poll_take(context, most)));
            let Some(piece) = next.await.expect("the body is not told of bytes") else { break };
            assert!(!piece.is_empty() && piece.len() <= most);
            for byte in &piece {
                assert_eq!(usize::from(*byte), within % 251);
                within += 1;
                if within == lengths[block % lengths.len()] {
                    (block, within) = (block + 1, 0);
                }
            }
            taken += piece.len();
        }
        taken
    });
    assert_eq!(writing.join().unwrap(), taken);
}
