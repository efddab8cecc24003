use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use mio::{Poll, Token, Waker};
use parking_lot::Mutex;

use super::Adoption;
use super::herald::Calls;
use super::joins::Joins;

/// The token of the waker; players' tokens are their indexes.
pub(super) const WAKE: Token = Token(usize::MAX);

/// What other threads leave for a delivery thread. A stream stands in it at most once (the stream's `notified` bit sees
/// to that), a newcomer at most once, and a player's pipe at most once (the pipe sees to that), so its size is bounded by streams and connections.
pub(super) struct Mailbox {
    letters: Mutex<Letters>,
    waker: Waker,
    /// The bodies to which the thread has given bytes.
    pub(super) calls: Calls,
    /// Panics of the thread's players that were caught.
    pub(super) panics: AtomicU64,
    /// How long its players waited for their first media.
    pub(super) joins: Joins,
    /// The last question whether the thread is there still, and the last one that it has answered.
    asked: AtomicU64,
    answered: AtomicU64,
}

#[derive(Default)]
pub(super) struct Letters {
    pub(super) streams: Vec<u64>,
    pub(super) players: Vec<Adoption>,
    /// Players whose pipe has room again, or no other end. One of them may have left its place to another meanwhile,
    /// who is then looked at for nothing.
    pub(super) ready: Vec<usize>,
    pub(super) stop: bool,
    /// Nobody empties the box any more.
    closed: bool,
}

impl Mailbox {
    pub(super) fn new() -> std::io::Result<(Self, Poll)> {
        let poll = Poll::new()?;
        let waker = Waker::new(poll.registry(), WAKE)?;
        let [panics, asked, answered] = [const { AtomicU64::new(0) }; 3];
        let calls = Calls::default();
        Ok((Self { letters: Mutex::default(), waker, calls, panics, joins: Joins::new(), asked, answered }, poll))
    }

    /// Asks the thread for a sign of life.
    pub(super) fn ask(&self, question: u64) {
        self.asked.fetch_max(question, Relaxed);
        self.wake();
    }

    /// The thread's sign of life.
    pub(super) fn answer(&self) {
        self.answered.store(self.asked.load(Relaxed), Relaxed);
    }

    /// Whether the thread has answered a question.
    pub(super) fn has_answered(&self, question: u64) -> bool {
        self.answered.load(Relaxed) >= question
    }

    pub(super) fn new_bytes(&self, serial: u64) {
        self.leave(|letters| {
            if !letters.closed {
                letters.streams.push(serial);
            }
        });
    }

    /// Says that there is something to do for a player.
    pub(super) fn ready(&self, player: usize) {
        self.leave(|letters| {
            if !letters.closed {
                letters.ready.push(player);
            }
        });
    }

    /// Leaves a player, or gives it back if the thread has ended.
    pub(super) fn adopt(&self, player: Adoption) -> Result<(), Adoption> {
        let mut player = Some(player);
        self.leave(|letters| {
            if !letters.closed {
                letters.players.extend(player.take());
            }
        });
        player.map_or(Ok(()), Err)
    }

    /// Takes the last players; those that come later are given back.
    pub(super) fn close(&self) -> Vec<Adoption> {
        let mut letters = self.letters.lock();
        letters.closed = true;
        letters.streams = Vec::new();
        letters.ready = Vec::new();
        std::mem::take(&mut letters.players)
    }

    pub(super) fn stop(&self) {
        self.leave(|letters| letters.stop = true);
    }

    /// Takes what is there; at most `players_max` players, so that a rush of newcomers does not hold up the others.
    pub(super) fn take(&self, players_max: usize) -> Letters {
        let mut letters = self.letters.lock();
        let players = letters.players.len().min(players_max);
        let taken = Letters {
            streams: std::mem::take(&mut letters.streams),
            players: letters.players.drain(..players).collect(),
            ready: std::mem::take(&mut letters.ready),
            stop: letters.stop,
            closed: letters.closed,
        };
        if !letters.players.is_empty() {
            self.wake();
        }
        taken
    }

    fn leave(&self, write: impl FnOnce(&mut Letters)) {
        let mut letters = self.letters.lock();
        let empty =
            letters.streams.is_empty() && letters.players.is_empty() && letters.ready.is_empty() && !letters.stop;
        write(&mut letters);
        if empty {
            self.wake();
        }
    }

    fn wake(&self) {
        if let Err(error) = self.waker.wake() {
            tracing::error!(%error, "a delivery thread cannot be woken");
        }
    }
}
