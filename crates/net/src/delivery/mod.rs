//! Threads that own players' sockets in bulk: one wake-up serves all players of a stream, and a player costs a socket,
//! an offset and one send per batch.

mod guard;
mod herald;
mod joins;
mod mailbox;
mod pace;
mod pipe;
mod player;
mod socket;
mod thread;

use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::{AcqRel, Relaxed};
use std::thread::JoinHandle;

use bytes::Bytes;
use vivace_base::{Clock, LiveLimits};
use vivace_hub::{Inbound, PlayEnd, PlayTotals, Reader, Start, Stream, THREADS_MAX, Wake};

use guard::guard;
use mailbox::Mailbox;

pub use herald::Herald;
pub use joins::{JOIN_MS, JoinTimes};
pub use pipe::PipeWriter;
pub(crate) use pipe::{PipeReader, pipe};
pub use socket::Socket;

/// A player that moves from its handshake to a delivery thread.
pub struct Adoption {
    /// The connection.
    pub socket: Socket,
    /// Its seat at the stream.
    pub reader: Reader,
    /// Where it begins.
    pub start: Start,
    /// Bytes that go first: the reply to its request.
    pub head: Bytes,
    /// The protocol's side.
    pub inbound: Box<dyn Inbound>,
}

impl Adoption {
    /// Ends a play that came too late to be served.
    fn refuse(self, mailbox: &Mailbox) {
        let mut inbound = self.inbound;
        if guard(move || inbound.on_end(PlayEnd::Shutdown, PlayTotals::default())).is_err() {
            mailbox.panics.fetch_add(1, Relaxed);
        }
    }
}

/// The delivery threads, one per core. Dropping it lets every player go and waits for the threads.
pub struct Delivery {
    mailboxes: Vec<Arc<Mailbox>>,
    threads: Vec<JoinHandle<()>>,
    questions: Arc<AtomicU64>,
}

/// Players of one stream that share a thread before the next thread is used for it.
const PLAYERS_PER_THREAD: u64 = 256;

impl Delivery {
    /// Starts `threads` threads (at most [`THREADS_MAX`]).
    pub fn start(threads: usize, limits: &LiveLimits, clock: &Arc<dyn Clock>) -> std::io::Result<Self> {
        let spawn = |name, worker: thread::Worker| std::thread::Builder::new().name(name).spawn(move || worker.run());
        Self::start_by(spawn, threads, limits, clock)
    }

    fn start_by(
        mut spawn: impl FnMut(String, thread::Worker) -> std::io::Result<JoinHandle<()>>,
        threads: usize,
        limits: &LiveLimits,
        clock: &Arc<dyn Clock>,
    ) -> std::io::Result<Self> {
        let mut delivery = Self { mailboxes: Vec::new(), threads: Vec::new(), questions: Arc::default() };
        for index in 0..threads.clamp(1, THREADS_MAX) {
            let (mailbox, poll) = Mailbox::new()?;
            let mailbox = Arc::new(mailbox);
            let worker = thread::Worker::new(index, mailbox.clone(), poll, limits.follow(), clock.clone());
            // Where this fails, the drop ends the threads that have been started.
            delivery.threads.push(spawn(format!("delivery-{index}"), worker)?);
            delivery.mailboxes.push(mailbox);
        }
        Ok(delivery)
    }

    /// The handle by which players are handed over and streams wake their readers.
    pub fn handle(&self) -> DeliveryHandle {
        DeliveryHandle { mailboxes: self.mailboxes.clone().into(), questions: self.questions.clone() }
    }

    /// One for each thread: to be run by the runtime of the bodies of pipes, and to be waited for after
    /// [`stop`](Self::stop).
    pub fn heralds(&self) -> impl Iterator<Item = Herald> {
        self.mailboxes.iter().cloned().map(Herald::new)
    }

    /// Lets every player go and waits for the threads.
    pub fn stop(self) {
        drop(self);
    }
}

impl Drop for Delivery {
    fn drop(&mut self) {
        self.mailboxes.iter().for_each(|mailbox| mailbox.stop());
        for thread in self.threads.drain(..) {
            if thread.join().is_err() {
                tracing::error!("a delivery thread panicked");
            }
        }
    }
}

/// Hands players to the delivery threads and wakes them.
#[derive(Clone)]
pub struct DeliveryHandle {
    mailboxes: Arc<[Arc<Mailbox>]>,
    questions: Arc<AtomicU64>,
}

/// A question to all delivery threads whether they are there still.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Question(u64);

impl DeliveryHandle {
    /// How often a player's own code panicked: each time one player was let go, and the others were served on.
    pub fn panics(&self) -> u64 {
        self.mailboxes.iter().map(|mailbox| mailbox.panics.load(Relaxed)).sum()
    }

    /// How long players waited for their first media.
    pub fn join_times(&self) -> JoinTimes {
        let mut times = JoinTimes::default();
        self.mailboxes.iter().for_each(|mailbox| mailbox.joins.read(&mut times));
        times
    }

    /// Asks each thread for a sign of life.
    pub fn ask(&self) -> Question {
        let question = self.questions.fetch_add(1, Relaxed) + 1;
        self.mailboxes.iter().for_each(|mailbox| mailbox.ask(question));
        Question(question)
    }

    /// Threads that have not answered a question yet.
    pub fn silent(&self, Question(question): Question) -> usize {
        self.mailboxes.iter().filter(|mailbox| !mailbox.has_answered(question)).count()
    }

    /// Gives a player's socket to a thread.
    pub fn adopt(&self, player: Adoption) {
        let stream = player.reader.stream();
        let crowd = stream.counters.readers.load(Relaxed) / PLAYERS_PER_THREAD;
        let index = (stream.serial().wrapping_add(crowd) % self.mailboxes.len() as u64) as usize;
        let Some(mailbox) = self.mailboxes.get(index) else { return };
        if let Err(player) = mailbox.adopt(player) {
            player.refuse(mailbox);
        }
    }
}

impl Wake for DeliveryHandle {
    fn wake(&self, stream: &Arc<Stream>) {
        let watchers = stream.watchers.load(Relaxed);
        let fresh = watchers & !stream.notified.fetch_or(watchers, AcqRel);
        for (index, mailbox) in self.mailboxes.iter().enumerate() {
            if fresh & (1 << index) != 0 {
                mailbox.new_bytes(stream.serial());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Error, ErrorKind};
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU64, Ordering::SeqCst};

    use vivace_base::{Clock, Limits};

    use super::Delivery;
    use crate::MachineClock;

    #[test]
    fn a_start_that_fails_leaves_no_thread_behind() {
        let (begun, ended) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
        let spawn = |_, worker: super::thread::Worker| {
            if begun.fetch_add(1, SeqCst) == 2 {
                return Err(Error::from(ErrorKind::OutOfMemory));
            }
            let ended = ended.clone();
            Ok(std::thread::spawn(move || {
                worker.run();
                ended.fetch_add(1, SeqCst);
            }))
        };
        let clock: Arc<dyn Clock> = Arc::new(MachineClock::new());
        let started = Delivery::start_by(spawn, 4, &Limits::default().into(), &clock);
        assert!(started.is_err());
        assert_eq!((begun.load(SeqCst), ended.load(SeqCst)), (3, 2));
    }

    #[test]
    fn a_thread_that_runs_answers_and_one_that_does_not_is_silent() {
        let (limits, clock) = (Limits::default().into(), Arc::new(MachineClock::new()) as Arc<dyn Clock>);
        let delivery = Delivery::start(2, &limits, &clock).unwrap();
        let handle = delivery.handle();
        let asked = handle.ask();
        let looks = (0..1_000).take_while(|_| {
            std::thread::sleep(std::time::Duration::from_millis(10));
            delivery.handle().silent(asked) > 0
        });
        assert!(looks.count() < 1_000, "the threads do not answer");

        let idle = Delivery::start_by(|_, worker| Ok(std::thread::spawn(move || drop(worker))), 3, &limits, &clock);
        let handle = idle.unwrap().handle();
        assert_eq!(handle.silent(handle.ask()), 3);
    }
}
