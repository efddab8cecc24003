use std::array::from_fn;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;

/// Upper bounds of the classes of [`JoinTimes`], in milliseconds; the last class has none.
pub const JOIN_MS: [u64; 10] = [5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000];

const CLASSES: usize = JOIN_MS.len() + 1;

/// How long players waited from the moment a delivery thread had them to their first bytes of media.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct JoinTimes {
    /// Players in each class: up to the bound of the same place in [`JOIN_MS`] and above the one before it.
    pub classes: [u64; CLASSES],
    /// All waits together, in milliseconds.
    pub sum_ms: u64,
}

/// One thread's part of it.
#[derive(Debug)]
pub(super) struct Joins {
    classes: [AtomicU64; CLASSES],
    sum_ms: AtomicU64,
}

impl Joins {
    pub(super) fn new() -> Self {
        Self { classes: from_fn(|_| AtomicU64::new(0)), sum_ms: AtomicU64::new(0) }
    }

    pub(super) fn add(&self, ms: u64) {
        let class = JOIN_MS.iter().position(|bound| ms <= *bound).unwrap_or(JOIN_MS.len());
        if let Some(class) = self.classes.get(class) {
            class.fetch_add(1, Relaxed);
        }
        self.sum_ms.fetch_add(ms, Relaxed);
    }

    /// Adds what this thread has seen to `times`.
    pub(super) fn read(&self, times: &mut JoinTimes) {
        for (sum, class) in times.classes.iter_mut().zip(&self.classes) {
            *sum += class.load(Relaxed);
        }
        times.sum_ms += self.sum_ms.load(Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::{JOIN_MS, JoinTimes, Joins};

    #[test]
    fn a_wait_falls_into_the_first_class_whose_bound_it_does_not_pass() {
        let joins = Joins::new();
        [0, 5, 6, 5_000, 5_001, u64::from(u32::MAX)].into_iter().for_each(|ms| joins.add(ms));
        let mut times = JoinTimes::default();
        joins.read(&mut times);
        assert_eq!((times.classes[0], times.classes[1], times.classes[9], times.classes[10]), (2, 1, 1, 2));
        assert_eq!(times.classes.iter().sum::<u64>(), 6);
        assert_eq!(times.sum_ms, 10_012 + u64::from(u32::MAX));
        assert!(JOIN_MS.is_sorted());
    }
}
