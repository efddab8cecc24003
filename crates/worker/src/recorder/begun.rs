//! Pushes that the recorder has heard of and not looked at yet.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use vivace_base::{AppId, StreamName};
use vivace_hub::Stream;

use super::RecordedPush;
use super::tap::Tap;

/// A stream by its name.
pub(crate) type Key = (AppId, StreamName);

/// How many streams of one name wait to be recorded, each behind the end of the one before; of one stream, how many pushes
/// that ask for something else than the one before.
pub(crate) const LINE_MAX: usize = 32;

/// A push that begins, with its frames from the first on.
pub(crate) struct BegunPush {
    pub(crate) facts: RecordedPush,
    pub(crate) stream: Arc<Stream>,
    /// None where nothing is recorded, or where its frames come by another one's or are taken already.
    pub(crate) tap: Option<Tap>,
}

impl BegunPush {
    pub(crate) fn key(&self) -> Key {
        (self.facts.app, self.facts.stream.clone())
    }
}

/// Pushes in the order in which they began: the streams of each name, of each stream those that may have frames.
#[derive(Default)]
pub(crate) struct Begun(HashMap<Key, VecDeque<VecDeque<BegunPush>>>);

impl Begun {
    /// Takes one; the one that is left out if too many wait. One that is as the one before it is but for its epoch goes on
    /// in that one.
    pub(crate) fn add(&mut self, mut push: BegunPush) -> Option<BegunPush> {
        let line = self.0.entry(push.key()).or_default();
        let serial = push.stream.serial();
        let of_stream = line.iter_mut().find(|one| one.front().is_some_and(|push| push.stream.serial() == serial));
        let Some(same) = of_stream else {
            if line.len() >= LINE_MAX {
                return Some(push);
            }
            line.push_back(VecDeque::from([push]));
            return None;
        };
        // The frames of all of them come by the tap of the first.
        if let Some(first) = same.front_mut() {
            first.tap = first.tap.take().or(push.tap.take());
        }
        if same.back().is_some_and(|last| last.facts.is_as(&push.facts)) {
            return None;
        }
        same.push_back(push);
        if same.len() <= LINE_MAX {
            return None;
        }
        let mut oldest = same.pop_front()?;
        if let Some(first) = same.front_mut() {
            first.tap = oldest.tap.take();
        }
        Some(oldest)
    }

    /// Takes out all of them.
    pub(crate) fn take(&mut self) -> impl Iterator<Item = BegunPush> + use<> {
        std::mem::take(&mut self.0).into_values().flatten().flatten()
    }

    /// Puts back what was taken out; what has come since goes behind it. Those that are left out.
    pub(crate) fn put_back(&mut self, pushes: impl Iterator<Item = BegunPush>) -> Vec<BegunPush> {
        let since: Vec<BegunPush> = self.take().collect();
        pushes.chain(since).filter_map(|push| self.add(push)).collect()
    }
}
