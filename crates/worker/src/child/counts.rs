use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// What a child is for, the first label of its metrics.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChildKind {
    /// An output rate of a stream.
    Rate,
    /// Another sound of a stream.
    Sound,
    /// A watermark in a stream's picture.
    Watermark,
    /// A picture that is made good for use.
    Picture,
    /// A screenshot.
    Shot,
}

impl ChildKind {
    /// Each of them.
    pub const ALL: [Self; 5] = [Self::Rate, Self::Sound, Self::Watermark, Self::Picture, Self::Shot];

    /// Its word in metrics, the log and events.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Rate => "rate",
            Self::Sound => "sound",
            Self::Watermark => "watermark",
            Self::Picture => "picture",
            Self::Shot => "shot",
        }
    }
}

/// Why a child ended that was not told to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChildReason {
    /// It could not be started.
    Spawn,
    /// It ended by itself.
    Exit,
    /// A signal ended it, the kernel's for too much memory or time among them.
    Signal,
    /// Nothing came from it while it was given something.
    Hang,
    /// It held too much memory.
    Memory,
    /// It took too much processor time.
    Cpu,
    /// What came from it cannot be used.
    Output,
}

/// Every reason, in the order of [`ChildCounts::ended`].
pub const CHILD_REASONS: [ChildReason; 7] = [
    ChildReason::Spawn,
    ChildReason::Exit,
    ChildReason::Signal,
    ChildReason::Hang,
    ChildReason::Memory,
    ChildReason::Cpu,
    ChildReason::Output,
];

impl ChildReason {
    /// Its word in metrics, the log and events.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Spawn => "spawn",
            Self::Exit => "exit",
            Self::Signal => "signal",
            Self::Hang => "hang",
            Self::Memory => "memory",
            Self::Cpu => "cpu",
            Self::Output => "output",
        }
    }
}

/// What has become of the children so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ChildCounts {
    /// Places taken now.
    pub places: u64,
    /// Children that run now, by kind.
    pub running: [u64; ChildKind::ALL.len()],
    /// Children that were started, by kind.
    pub started: [u64; ChildKind::ALL.len()],
    /// Children that ended and were not told to, by kind and reason.
    pub ended: [[u64; CHILD_REASONS.len()]; ChildKind::ALL.len()],
    /// Times that there was no place for one.
    pub refused: u64,
}

#[derive(Debug, Default)]
pub(super) struct Tally {
    running: [AtomicU64; ChildKind::ALL.len()],
    started: [AtomicU64; ChildKind::ALL.len()],
    ended: [[AtomicU64; CHILD_REASONS.len()]; ChildKind::ALL.len()],
    refused: AtomicU64,
}

impl Tally {
    pub(super) fn begins(&self, kind: ChildKind) {
        self.running[kind as usize].fetch_add(1, Relaxed);
        self.started[kind as usize].fetch_add(1, Relaxed);
    }

    pub(super) fn is_gone(&self, kind: ChildKind) {
        self.running[kind as usize].fetch_sub(1, Relaxed);
    }

    pub(super) fn ended(&self, kind: ChildKind, reason: ChildReason) {
        self.ended[kind as usize][reason as usize].fetch_add(1, Relaxed);
    }

    pub(super) fn refused(&self) {
        self.refused.fetch_add(1, Relaxed);
    }

    pub(super) fn read(&self, places: u64) -> ChildCounts {
        let all = |of: &[AtomicU64; ChildKind::ALL.len()]| std::array::from_fn(|at| of[at].load(Relaxed));
        ChildCounts {
            places,
            running: all(&self.running),
            started: all(&self.started),
            ended: std::array::from_fn(|kind| std::array::from_fn(|why| self.ended[kind][why].load(Relaxed))),
            refused: self.refused.load(Relaxed),
        }
    }
}
