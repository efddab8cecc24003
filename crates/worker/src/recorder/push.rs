//! A push as its stream is recorded, with what those before it asked for.

use vivace_domain::recording::Want;
use vivace_hub::StreamState;

use super::RecordedPush;
use super::begun::{BegunPush, LINE_MAX};
use super::views::Asked;

/// What the newest push of a stream asks for.
pub(crate) struct Push {
    pub(crate) begun: BegunPush,
    wants: Vec<Want>,
    /// What those before it ask for, as long as frames of theirs may come: the stream may be delayed.
    pub(crate) before: Vec<Replaced>,
    /// It has been told that it is not recorded for want of room.
    pub(crate) refused: bool,
}

/// What a push asks for in whose place another has come.
pub(crate) struct Replaced {
    facts: RecordedPush,
    wants: Vec<Want>,
    /// The epoch of that one.
    pub(crate) until: u64,
}

impl Replaced {
    /// Whether the push that has come in its place asks for the same.
    fn goes_on_in(&self, next: &Push) -> bool {
        let facts = &next.begun.facts;
        self.until == facts.epoch && self.wants == next.wants && self.facts.is_as(facts)
    }
}

impl Push {
    /// One that is kept as `wants` says.
    pub(crate) const fn new(begun: BegunPush, wants: Vec<Want>) -> Self {
        Self { begun, wants, before: Vec::new(), refused: false }
    }

    /// Whether it is to be recorded for its own sake.
    pub(crate) const fn is_wanted(&self) -> bool {
        !self.wants.is_empty()
    }

    /// Whether nothing of its stream is to come, and nothing waits.
    pub(crate) fn is_past(&self) -> bool {
        self.begun.tap.is_none() && self.begun.stream.state() == StreamState::Ended
    }

    /// Comes in the place of another push of its stream; false if too many wait, and what that one asks for is left out.
    pub(crate) fn replace(&mut self, old: &mut Self) -> bool {
        self.begun.tap = old.begun.tap.take().or(self.begun.tap.take());
        self.before = std::mem::take(&mut old.before);
        let until = self.begun.facts.epoch;
        if old.wants.is_empty() {
            return true;
        }
        if let Some(last) = self.before.last_mut().filter(|last| last.goes_on_in(old)) {
            last.until = until;
            return true;
        }
        let has_room = self.before.len() < LINE_MAX;
        if has_room {
            let (facts, wants) = (old.begun.facts.clone(), std::mem::take(&mut old.wants));
            self.before.push(Replaced { facts, wants, until });
        }
        has_room
    }

    /// What is asked for of its frames, and of those of the pushes before it.
    pub(crate) fn asked(&self) -> impl Iterator<Item = Asked> {
        let before = self.before.iter().map(|one| (&one.facts, &one.wants, one.until));
        let all = before.chain([(&self.begun.facts, &self.wants, u64::MAX)]);
        all.flat_map(|(facts, wants, until)| wants.iter().map(move |want| asked_by_push(facts, want, until)))
    }
}

fn asked_by_push(push: &RecordedPush, want: &Want, until: u64) -> Asked {
    Asked {
        task: None,
        want: want.clone(),
        channel: push.channel,
        domain: push.domain.clone(),
        stream_param: push.stream_param.clone(),
        epochs: push.epoch..until,
    }
}
