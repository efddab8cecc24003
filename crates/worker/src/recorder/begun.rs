//! Pushes that the recorder has heard of and not looked at yet.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use vivace_base::{AppId, StreamName};
use vivace_hub::Stream;

use super::RecordedPush;
use super::tap::Tap;

/// A stream by its name.
pub(crate) type Key = (AppId, StreamName);

/// How many streams of one name wait to be recorded, each behind the end of the one before.
pub(crate) const LINE_MAX: usize = 32;

/// A push that begins, with its frames from the first on.
pub(crate) struct BegunPush {
    pub(crate) facts: RecordedPush,
    pub(crate) stream: Arc<Stream>,
    /// None where nothing is recorded, or where its frames are taken already.
    pub(crate) tap: Option<Tap>,
}

impl BegunPush {
    pub(crate) fn key(&self) -> Key {
        (self.facts.app, self.facts.stream.clone())
    }
}

/// Pushes in the order in which they began; of those of one stream, the newest.
#[derive(Default)]
pub(crate) struct Begun(HashMap<Key, VecDeque<BegunPush>>);

impl Begun {
    /// Takes one; the one that is left out if too many wait.
    pub(crate) fn add(&mut self, push: BegunPush) -> Option<BegunPush> {
        let line = self.0.entry(push.key()).or_default();
        if let Some(same) = line.iter_mut().find(|one| one.stream.serial() == push.stream.serial()) {
            let tap = same.tap.take().or(push.tap);
            *same = BegunPush { tap, ..push };
            return None;
        }
        if line.len() >= LINE_MAX {
            return Some(push);
        }
        line.push_back(push);
        None
    }

    /// Takes out all of them.
    pub(crate) fn take(&mut self) -> impl Iterator<Item = BegunPush> + use<> {
        std::mem::take(&mut self.0).into_values().flatten()
    }

    /// Puts back what was taken out; what has come since goes behind it. Those that are left out.
    pub(crate) fn put_back(&mut self, pushes: impl Iterator<Item = BegunPush>) -> Vec<BegunPush> {
        let since: Vec<BegunPush> = self.take().collect();
        pushes.chain(since).filter_map(|push| self.add(push)).collect()
    }
}
