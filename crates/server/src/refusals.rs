use std::collections::{BTreeMap, VecDeque};

use parking_lot::Mutex;
use vivace_base::{SessionId, UnixMs};
use vivace_codes::Row;

/// What was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Operation {
    Publish,
    Play,
    /// A publish that had been granted, and that the server ended.
    RunningPublish,
}

impl Operation {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Publish => "publish",
            Self::Play => "play",
            Self::RunningPublish => "running_publish",
        }
    }
}

/// One refusal.
#[derive(Clone, Debug)]
pub(crate) struct Refused {
    pub(crate) at: UnixMs,
    pub(crate) operation: Operation,
    pub(crate) stream: Option<String>,
    pub(crate) peer: String,
    pub(crate) session: SessionId,
    pub(crate) row: &'static Row,
    pub(crate) detail: String,
}

/// The last refusals, and how often each code was given.
pub(crate) struct Refusals {
    kept_max: usize,
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    last: VecDeque<Refused>,
    /// By operation, table and code: bounded by the catalogue.
    counts: BTreeMap<(Operation, &'static str, u32), u64>,
}

impl Refusals {
    pub(crate) fn new(kept_max: usize) -> Self {
        Self { kept_max, inner: Mutex::default() }
    }

    pub(crate) fn add(&self, refused: Refused) {
        let mut inner = self.inner.lock();
        let key = (refused.operation, refused.row.table.name(), refused.row.number);
        *inner.counts.entry(key).or_default() += 1;
        inner.last.push_front(refused);
        inner.last.truncate(self.kept_max);
    }

    /// Newest first.
    pub(crate) fn last(&self) -> Vec<Refused> {
        self.inner.lock().last.iter().cloned().collect()
    }

    pub(crate) fn counts(&self) -> Vec<((Operation, &'static str, u32), u64)> {
        self.inner.lock().counts.iter().map(|(key, count)| (*key, *count)).collect()
    }
}
