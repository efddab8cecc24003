use std::sync::atomic::AtomicU64;

use mio::{Poll, Token, Waker};
use parking_lot::Mutex;

use super::Adoption;

/// The token of the waker; players' tokens are their indexes.
pub(super) const WAKE: Token = Token(usize::MAX);

/// What other threads leave for a delivery thread. A stream stands in it at most once (the stream's `notified` bit sees
/// to that) and a player at most once, so its size is bounded by streams and connections.
pub(super) struct Mailbox {
    letters: Mutex<Letters>,
    waker: Waker,
    /// Panics of the thread's players that were caught.
    pub(super) panics: AtomicU64,
}

#[derive(Default)]
pub(super) struct Letters {
    pub(super) streams: Vec<u64>,
    pub(super) players: Vec<Adoption>,
    pub(super) stop: bool,
    /// Nobody empties the box any more.
    closed: bool,
}

impl Mailbox {
    pub(super) fn new() -> std::io::Result<(Self, Poll)> {
        let poll = Poll::new()?;
        let waker = Waker::new(poll.registry(), WAKE)?;
        Ok((Self { letters: Mutex::default(), waker, panics: AtomicU64::new(0) }, poll))
    }

    pub(super) fn new_bytes(&self, serial: u64) {
        self.leave(|letters| {
            if !letters.closed {
                letters.streams.push(serial);
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
        let empty = letters.streams.is_empty() && letters.players.is_empty() && !letters.stop;
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
