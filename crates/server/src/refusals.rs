use std::collections::BTreeMap;

use parking_lot::Mutex;
use vivace_base::AppId;
use vivace_codes::Row;

/// What was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Operation {
    Publish,
    Play,
    /// A publish that had been granted, and that the server ended.
    RunningPublish,
    /// A call of a signed API, by the name of what was asked for.
    Api(&'static str),
}

impl Operation {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Publish => "publish",
            Self::Play => "play",
            Self::RunningPublish => "running_publish",
            Self::Api(name) => name,
        }
    }
}

/// How often each code was given. What was refused exactly stands in the store's log of events.
#[derive(Default)]
pub(crate) struct Refusals {
    /// Bounded by the catalogue, the operations and the apps.
    counts: Mutex<BTreeMap<Key, u64>>,
}

/// What refusals are counted by: operation, table, code, and the app where it has been established.
pub(crate) type Key = (Operation, &'static str, u32, Option<AppId>);

impl Refusals {
    pub(crate) fn add(&self, operation: Operation, row: &'static Row, app: Option<AppId>) {
        let key = (operation, row.table.name(), row.number, app);
        *self.counts.lock().entry(key).or_default() += 1;
    }

    pub(crate) fn counts(&self) -> Vec<(Key, u64)> {
        self.counts.lock().iter().map(|(key, count)| (*key, *count)).collect()
    }
}
