//! Threads that own players' sockets in bulk: one wake-up serves all players of a stream, and a player costs a socket,
//! an offset and one send per batch.

mod guard;
mod mailbox;
mod player;
mod socket;
mod thread;

use std::sync::Arc;
use std::sync::atomic::Ordering::{AcqRel, Relaxed};
use std::thread::JoinHandle;

use bytes::Bytes;
use vivace_base::{Clock, Limits};
use vivace_hub::{Inbound, PlayEnd, PlayTotals, Reader, Start, Stream, THREADS_MAX, Wake};

use guard::guard;
use mailbox::Mailbox;

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
}

/// Players of one stream that share a thread before the next thread is used for it.
const PLAYERS_PER_THREAD: u64 = 256;

impl Delivery {
    /// Starts `threads` threads (at most [`THREADS_MAX`]).
    pub fn start(threads: usize, limits: &Arc<Limits>, clock: &Arc<dyn Clock>) -> std::io::Result<Self> {
        let spawn = |name, worker: thread::Worker| std::thread::Builder::new().name(name).spawn(move || worker.run());
        Self::start_by(spawn, threads, limits, clock)
    }

    fn start_by(
        mut spawn: impl FnMut(String, thread::Worker) -> std::io::Result<JoinHandle<()>>,
        threads: usize,
        limits: &Arc<Limits>,
        clock: &Arc<dyn Clock>,
    ) -> std::io::Result<Self> {
        let mut delivery = Self { mailboxes: Vec::new(), threads: Vec::new() };
        for index in 0..threads.clamp(1, THREADS_MAX) {
            let (mailbox, poll) = Mailbox::new()?;
            let mailbox = Arc::new(mailbox);
            let worker = thread::Worker::new(index, mailbox.clone(), poll, limits.clone(), clock.clone());
            // Where this fails, the drop ends the threads that have been started.
            delivery.threads.push(spawn(format!("delivery-{index}"), worker)?);
            delivery.mailboxes.push(mailbox);
        }
        Ok(delivery)
    }

    /// The handle by which players are handed over and streams wake their readers.
    pub fn handle(&self) -> DeliveryHandle {
        DeliveryHandle { mailboxes: self.mailboxes.clone().into() }
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
}

impl DeliveryHandle {
    /// How often a player's own code panicked: each time one player was let go, and the others were served on.
    pub fn panics(&self) -> u64 {
        self.mailboxes.iter().map(|mailbox| mailbox.panics.load(Relaxed)).sum()
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
        let started = Delivery::start_by(spawn, 4, &Arc::new(Limits::default()), &clock);
        assert!(started.is_err());
        assert_eq!((begun.load(SeqCst), ended.load(SeqCst)), (3, 2));
    }
}
