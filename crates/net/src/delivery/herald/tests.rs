use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::task::{Context, Poll, Wake};
use std::time::Duration;

use bytes::Bytes;
use tokio::time::timeout;

use super::Herald;
use crate::delivery::mailbox::Mailbox;
use crate::delivery::pipe;

#[derive(Default)]
struct Wakes(AtomicUsize);

impl Wake for Wakes {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, SeqCst);
    }
}

impl Wakes {
    fn count(&self) -> usize {
        self.0.load(SeqCst)
    }
}

/// A mailbox, and two bodies and a herald's task that count how often they are woken.
fn house() -> (Arc<Mailbox>, Arc<Wakes>, Arc<Wakes>) {
    (Arc::new(Mailbox::new().unwrap().0), Arc::default(), Arc::default())
}

#[test]
fn several_bodies_are_woken_by_the_herald_which_is_woken_once() {
    let (mailbox, body, task) = house();
    let mut herald = pin!(Herald::new(mailbox.clone()));
    let waker = task.clone().into();
    let mut context = Context::from_waker(&waker);
    assert!(herald.as_mut().poll(&mut context).is_pending());
    for _ in 0..3 {
        mailbox.calls.later(body.clone().into());
    }
    assert_eq!((body.count(), task.count()), (0, 0), "nobody has called");
    mailbox.calls.call();
    mailbox.calls.later(body.clone().into());
    mailbox.calls.call();
    assert_eq!((body.count(), task.count()), (0, 1));
    assert!(herald.as_mut().poll(&mut context).is_pending());
    assert_eq!((body.count(), task.count()), (4, 1));
}

#[test]
fn one_body_is_woken_without_a_detour() {
    let (mailbox, body, task) = house();
    let mut herald = pin!(Herald::new(mailbox.clone()));
    assert!(herald.as_mut().poll(&mut Context::from_waker(&task.clone().into())).is_pending());
    mailbox.calls.later(body.clone().into());
    mailbox.calls.call();
    assert_eq!((body.count(), task.count()), (1, 0));
}

#[test]
fn bodies_are_woken_where_there_is_no_herald_or_it_goes() {
    let (mailbox, body, _) = house();
    let twice = || (0..2).for_each(|_| mailbox.calls.later(body.clone().into()));
    twice();
    mailbox.calls.call();
    assert_eq!(body.count(), 2);
    let herald = Herald::new(mailbox.clone());
    twice();
    mailbox.calls.call();
    assert_eq!(body.count(), 2);
    drop(herald);
    assert_eq!(body.count(), 4);
    twice();
    mailbox.calls.call();
    assert_eq!(body.count(), 6);
}

#[test]
fn a_herald_ends_with_its_thread_and_leaves_nobody_asleep() {
    let (mailbox, body, task) = house();
    let mut herald = pin!(Herald::new(mailbox.clone()));
    let waker = task.clone().into();
    let mut context = Context::from_waker(&waker);
    assert!(herald.as_mut().poll(&mut context).is_pending());
    (0..2).for_each(|_| mailbox.calls.later(body.clone().into()));
    mailbox.calls.end();
    assert_eq!(task.count(), 1);
    assert_eq!(herald.as_mut().poll(&mut context), Poll::Ready(()));
    assert_eq!(body.count(), 2);
}

/// A thread that gives to three bodies in turn, against tasks that take what they are woken for.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_body_is_left_asleep() {
    const TURNS: usize = 20_000;
    let (mailbox, mut poll) = Mailbox::new().unwrap();
    let mailbox = Arc::new(mailbox);
    let herald = tokio::spawn(Herald::new(mailbox.clone()));
    let (mut writers, readers): (Vec<_>, Vec<_>) = (0..3).map(|_| pipe()).unzip();
    writers.iter().enumerate().for_each(|(index, writer)| writer.attach(&mailbox, index));
    let thread = std::thread::spawn(move || {
        let mut events = mio::Events::with_capacity(4);
        let piece = Bytes::from_static(b"0123456789");
        for _ in 0..TURNS {
            for writer in &mut writers {
                while writer.give(std::iter::once((&piece, 0))).is_err() {
                    mailbox.calls.call();
                    poll.poll(&mut events, Some(Duration::from_secs(20))).unwrap();
                    mailbox.take(0).ready.clear();
                    writer.read().unwrap_err();
                }
            }
            mailbox.calls.call();
        }
        drop(writers);
        mailbox.calls.end();
    });
    let bodies = readers.into_iter().map(|reader| {
        tokio::spawn(async move {
            let mut taken = 0;
            while let Some(piece) = std::future::poll_fn(|context| reader.poll_take(context, 100)).await {
                taken += piece.len();
            }
            taken
        })
    });
    for body in bodies.collect::<Vec<_>>() {
        let taken = timeout(Duration::from_secs(20), body).await.expect("a body is left asleep").unwrap();
        assert_eq!(taken, 10 * TURNS);
    }
    timeout(Duration::from_secs(20), herald).await.expect("the herald ends with its thread").unwrap();
    thread.join().unwrap();
}
