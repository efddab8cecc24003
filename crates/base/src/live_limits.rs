use std::sync::Arc;
use std::sync::atomic::{
    AtomicU64,
    Ordering::{Acquire, Release},
};

use parking_lot::RwLock;

use crate::Limits;

/// The limits in effect, shared by all who keep them: what is [`set`](Self::set) is what the next [`get`](Self::get)
/// sees. A session that takes them once keeps to what it took.
#[derive(Clone, Debug)]
pub struct LiveLimits(Arc<Cell>);

#[derive(Debug)]
struct Cell {
    current: RwLock<Arc<Limits>>,
    /// Counts the sets.
    version: AtomicU64,
}

impl LiveLimits {
    /// Puts other limits into effect.
    pub fn set(&self, limits: Limits) {
        *self.0.current.write() = Arc::new(limits);
        self.0.version.fetch_add(1, Release);
    }

    /// The limits now. Takes a lock: once a session or request, not once a frame; for that there is
    /// [`follow`](Self::follow).
    pub fn get(&self) -> Arc<Limits> {
        self.0.current.read().clone()
    }

    /// A copy that is looked at often and brought up to date now and then.
    pub fn follow(&self) -> LimitsFollower {
        // The version first: limits that are set in between are fetched once more, not missed.
        let seen = self.0.version.load(Acquire);
        LimitsFollower { seen, current: self.get(), source: self.clone() }
    }
}

impl From<Arc<Limits>> for LiveLimits {
    fn from(limits: Arc<Limits>) -> Self {
        Self(Arc::new(Cell { current: RwLock::new(limits), version: AtomicU64::new(0) }))
    }
}

impl From<Limits> for LiveLimits {
    fn from(limits: Limits) -> Self {
        Arc::new(limits).into()
    }
}

/// One owner's copy of the limits in effect.
#[derive(Clone, Debug)]
pub struct LimitsFollower {
    source: LiveLimits,
    current: Arc<Limits>,
    seen: u64,
}

impl LimitsFollower {
    /// Takes over what has been set since; one load of a number if nothing has.
    pub fn refresh(&mut self) {
        let version = self.source.0.version.load(Acquire);
        if version != self.seen {
            self.seen = version;
            self.current = self.source.get();
        }
    }

    /// The limits as of the last [`refresh`](Self::refresh).
    pub fn get(&self) -> &Limits {
        &self.current
    }
}

#[cfg(test)]
mod tests {
    use super::LiveLimits;
    use crate::Limits;

    #[test]
    fn a_set_is_seen_by_all_and_followed_on_refresh() {
        let limits = LiveLimits::from(Limits { streams_max: 1, ..Limits::default() });
        let (other, mut follower) = (limits.clone(), limits.follow());
        let taken = limits.get();
        limits.set(Limits { streams_max: 2, ..Limits::default() });
        assert_eq!((taken.streams_max, other.get().streams_max), (1, 2));
        assert_eq!(follower.get().streams_max, 1);
        follower.refresh();
        assert_eq!(follower.get().streams_max, 2);
    }
}
