//! What waits for its file: so many, in order; the store has the rest.

use std::collections::{HashSet, VecDeque};
use std::time::Duration;

use vivace_base::{MonoMs, Ulid};
use vivace_domain::recording::Recording;

/// A recording that waits.
#[derive(Debug)]
pub(super) struct Waiting {
    pub(super) recording: Recording,
    /// How often it was tried.
    pub(super) tries: u32,
    /// Not before this.
    due: Option<MonoMs>,
}

/// Those that wait, at most so many.
#[derive(Debug)]
pub(super) struct Queue {
    max: usize,
    waiting: VecDeque<Waiting>,
    /// Those that wait or are being made: none twice.
    held: HashSet<Ulid>,
    /// Those that the store has and the queue had no place for.
    left_out: u64,
}

impl Queue {
    pub(super) fn new(max: usize) -> Self {
        Self { max, waiting: VecDeque::new(), held: HashSet::new(), left_out: 0 }
    }

    /// Takes one that is not here yet, if there is a place.
    pub(super) fn add(&mut self, recording: Recording) {
        if self.held.contains(&recording.id) {
            return;
        }
        if self.waiting.len() >= self.max {
            self.left_out = self.left_out.saturating_add(1);
            return;
        }
        self.held.insert(recording.id);
        self.waiting.push_back(Waiting { recording, tries: 0, due: None });
    }

    /// The first that is due. It is held until it is put back or let go.
    pub(super) fn take(&mut self, now: MonoMs) -> Option<Waiting> {
        let at = self.waiting.iter().position(|one| one.due.is_none_or(|due| due <= now))?;
        self.waiting.remove(at)
    }

    /// Puts one that was taken behind all others, for a while.
    pub(super) fn put_back(&mut self, one: Waiting, now: MonoMs, delay: Duration) {
        let due = MonoMs(now.0.saturating_add(u64::try_from(delay.as_millis()).unwrap_or(u64::MAX)));
        self.waiting.push_back(Waiting { tries: one.tries.saturating_add(1), due: Some(due), ..one });
    }

    /// One that was taken is done with.
    pub(super) fn let_go(&mut self, id: Ulid) {
        self.held.remove(&id);
    }

    /// How many wait, those with the store too.
    pub(super) fn len(&self) -> u64 {
        (self.waiting.len() as u64).saturating_add(self.left_out)
    }

    /// Whether the store is to be asked for those that had no place: half the places are free. From then on they are
    /// counted anew.
    pub(super) fn reload(&mut self) -> bool {
        let wanted = self.left_out > 0 && self.waiting.len() <= self.max / 2;
        if wanted {
            self.left_out = 0;
        }
        wanted
    }

    /// The store could not be asked: to be tried again.
    pub(super) fn reload_failed(&mut self) {
        self.left_out = self.left_out.max(1);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use vivace_base::{MonoMs, Ulid};
    use vivace_domain::recording::Recording;

    use super::Queue;
    use crate::recorder;

    fn recording(id: u128) -> Recording {
        recorder::index::tests::recording(id, 1)
    }

    #[test]
    fn one_that_is_put_back_waits_behind_the_others_and_for_its_time() {
        let (mut queue, now) = (Queue::new(9), MonoMs(1_000));
        [1, 2, 1].into_iter().for_each(|id| queue.add(recording(id)));
        let first = queue.take(now).unwrap();
        queue.add(recording(1));
        queue.put_back(first, now, Duration::from_secs(5));
        assert_eq!(queue.len(), 2, "none is here twice");
        assert_eq!(queue.take(now).unwrap().recording.id, Ulid(2));
        assert!(queue.take(now).is_none());
        let again = queue.take(MonoMs(6_000)).unwrap();
        assert_eq!((again.recording.id, again.tries), (Ulid(1), 1));
    }

    #[test]
    fn what_has_no_place_is_left_to_the_store() {
        let (mut queue, now) = (Queue::new(4), MonoMs(1_000));
        (1..=6).for_each(|id| queue.add(recording(id)));
        assert_eq!((queue.waiting.len(), queue.len()), (4, 6));
        let first = queue.take(now).unwrap();
        assert!(!queue.reload());
        queue.take(now).unwrap();
        assert!(queue.reload() && !queue.reload());
        // The store names all that are not done.
        (1..=6).for_each(|id| queue.add(recording(id)));
        assert_eq!((queue.waiting.len(), queue.len()), (4, 4));
        queue.let_go(first.recording.id);
        queue.add(recording(7));
        assert_eq!(queue.len(), 5);
        queue.take(now).unwrap();
        queue.take(now).unwrap();
        queue.left_out = 0;
        queue.reload_failed();
        assert!(queue.reload());
    }
}
