//! What time it is in the past of streams, whatever the machine's clock is set to.

#[cfg(test)]
mod tests;

use std::collections::HashMap;

use parking_lot::Mutex;
use vivace_base::{AppId, Clock, MonoMs, StreamName, UnixMs};
use vivace_store::EndedBefore;

use super::times::{AgeClock, StreamClock, before};

/// The time of a stream's past.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PastNow {
    /// The stream's time now: what its newest part is dated by.
    pub now: UnixMs,
    /// By what it is decided whether something is too old.
    pub age: UnixMs,
}

/// The clocks of all streams that are kept.
#[derive(Debug, Default)]
pub(crate) struct Dates {
    past: Mutex<Past>,
}

#[derive(Debug, Default)]
struct Past {
    /// By what the media of all other streams becomes too old.
    age: AgeClock,
    streams: HashMap<(AppId, StreamName), StreamPast>,
}

/// A stream that is kept, or was, and whose dates are not the machine's.
#[derive(Debug)]
struct StreamPast {
    /// None when it is kept no longer.
    clock: Option<StreamClock>,
    /// Each stream's media becomes old by its own dates: one whose clock is far behind keeps only its own.
    age: AgeClock,
}

impl StreamPast {
    fn now(&self, unix: UnixMs, mono: MonoMs) -> UnixMs {
        self.clock.map_or(unix, |clock| clock.now(unix, mono))
    }

    fn age(&mut self, unix: UnixMs, mono: MonoMs, window_ms: u64) -> UnixMs {
        let now = self.now(unix, mono).min(unix);
        self.age.now(now, mono, window_ms)
    }

    /// Whether it goes by what all others go by.
    fn is_over(&mut self, unix: UnixMs, mono: MonoMs, window_ms: u64) -> bool {
        self.clock.is_none() && self.age(unix, mono, window_ms) == unix
    }
}

impl Dates {
    /// Believes the machine's clock, before anything can be set.
    pub(crate) fn begin(&self, clock: &dyn Clock, window_ms: u64) {
        self.past.lock().age.now(clock.unix(), clock.mono(), window_ms);
    }

    /// A stream is dated by `own`.
    pub(crate) fn put(&self, app: AppId, stream: &StreamName, own: StreamClock, clock: &dyn Clock, window_ms: u64) {
        let (unix, mono) = (clock.unix(), clock.mono());
        let mut past = self.past.lock();
        past.age.now(unix, mono, window_ms);
        // What it has from before is not older because it begins anew.
        let age = past.age;
        let known = past.streams.entry((app, stream.clone())).or_insert(StreamPast { clock: None, age });
        known.clock = Some(own);
        known.age(unix, mono, window_ms);
    }

    /// It is kept no longer. What is dated by a clock that was behind becomes too old when a window has passed.
    pub(crate) fn remove(&self, app: AppId, stream: &StreamName, clock: &dyn Clock, window_ms: u64) {
        let (unix, mono, key) = (clock.unix(), clock.mono(), (app, stream.clone()));
        let mut past = self.past.lock();
        let Some(known) = past.streams.get_mut(&key) else { return };
        known.clock = None;
        if known.is_over(unix, mono, window_ms) {
            past.streams.remove(&key);
        }
    }

    /// Which media is too old for a time shift of `window_ms`: that of each stream by its own clock.
    pub(crate) fn ended_before(&self, clock: &dyn Clock, window_ms: u64) -> EndedBefore {
        let (unix, mono) = (clock.unix(), clock.mono());
        let mut past = self.past.lock();
        let at = before(past.age.now(unix, mono, window_ms), window_ms);
        past.streams.retain(|_, known| !known.is_over(unix, mono, window_ms));
        let own = past.streams.iter_mut().filter_map(|((app, stream), known)| {
            let own = before(known.age(unix, mono, window_ms), window_ms);
            (own < at).then(|| (*app, stream.clone(), own))
        });
        EndedBefore { at, own: own.collect() }
    }

    /// The time of a stream's past.
    pub(crate) fn of(&self, app: AppId, stream: &StreamName, clock: &dyn Clock, window_ms: u64) -> PastNow {
        let (unix, mono) = (clock.unix(), clock.mono());
        let mut past = self.past.lock();
        match past.streams.get_mut(&(app, stream.clone())) {
            Some(known) => {
                let now = known.now(unix, mono);
                PastNow { now, age: known.age(unix, mono, window_ms).min(now) }
            }
            None => PastNow { now: unix, age: past.age.now(unix, mono, window_ms).min(unix) },
        }
    }
}
