use std::collections::HashMap;
use std::sync::Arc;

use parking_lot::Mutex;
use vivace_base::{Clock, LiveLimits, MonoMs};
use vivace_hub::{Seat, Stream};

use super::Fault;
use crate::engine::Flavor;

/// Called when a player has gone, with the bytes that it was sent.
pub type OnEnd = Box<dyn FnOnce(u64) + Send>;

/// Lets a player of an address in, or does not: what is to be called when it has gone.
///
/// # Errors
/// [`Fault::Sessions`], [`Fault::AddressSessions`].
pub type Admit<'a> = &'a (dyn Fn() -> Result<OnEnd, Fault> + Sync);

/// The players: each is a number in a token, and is there as long as it asks for something now and then.
pub(super) struct Sessions {
    limits: LiveLimits,
    all: Mutex<HashMap<u64, Session>>,
}

struct Session {
    seat: Seat,
    flavor: Flavor,
    heard_at: MonoMs,
    /// Requests that are being answered; some of them wait.
    asking: usize,
    bytes: u64,
    on_end: Option<OnEnd>,
}

/// A request that is being answered: meanwhile its player is there, however long that takes.
pub(super) struct Asking<'a> {
    sessions: &'a Sessions,
    clock: &'a dyn Clock,
    number: u64,
}

impl Drop for Asking<'_> {
    fn drop(&mut self) {
        if let Some(session) = self.sessions.all.lock().get_mut(&self.number) {
            session.asking = session.asking.saturating_sub(1);
            session.heard_at = self.clock.mono();
        }
    }
}

impl Sessions {
    pub(super) fn new(limits: LiveLimits) -> Self {
        Self { limits, all: Mutex::default() }
    }

    /// A player that has been let in begins, with its first request.
    pub(super) fn begin<'a>(
        &'a self,
        number: u64,
        stream: &Arc<Stream>,
        flavor: Flavor,
        clock: &'a dyn Clock,
        on_end: OnEnd,
    ) -> Asking<'a> {
        let seat = Seat::take(stream);
        self.all.lock().insert(
            number,
            Session { seat, flavor, heard_at: clock.mono(), asking: 1, bytes: 0, on_end: Some(on_end) },
        );
        Asking { sessions: self, clock, number }
    }

    /// A player asks for something. One that had been taken for gone is there again, if `admit` lets it in once more.
    pub(super) fn ask<'a>(
        &'a self,
        number: u64,
        stream: &Arc<Stream>,
        flavor: Option<Flavor>,
        clock: &'a dyn Clock,
        admit: Admit<'_>,
    ) -> Result<Asking<'a>, Fault> {
        if let Some(session) = self.all.lock().get_mut(&number) {
            let limit = self.limits.get().hls_session_requests_max;
            if session.asking >= limit {
                return Err(Fault::Waiting { limit });
            }
            session.asking += 1;
            session.flavor = flavor.unwrap_or(session.flavor);
            if !Arc::ptr_eq(session.seat.stream(), stream) {
                session.seat = Seat::take(stream);
            }
            return Ok(Asking { sessions: self, clock, number });
        }
        Ok(self.begin(number, stream, flavor.unwrap_or(Flavor::Mp4), clock, admit()?))
    }

    /// A player that got nothing is gone at once.
    pub(super) fn end(&self, number: u64) {
        let gone = self.all.lock().remove(&number);
        if let Some(on_end) = gone.and_then(|session| session.on_end) {
            on_end(0);
        }
    }

    /// A player was sent something.
    pub(super) fn sent(&self, number: u64, bytes: u64) {
        if let Some(session) = self.all.lock().get_mut(&number) {
            session.bytes += bytes;
        }
    }

    /// Ends the sessions that were silent for too long.
    pub(super) fn expire(&self, now: MonoMs, idle_ms_max: u64) {
        let mut gone = Vec::new();
        self.all.lock().retain(|_, session| {
            let stays = session.asking > 0 || now.since(session.heard_at) < idle_ms_max;
            if !stays {
                gone.push((session.on_end.take(), session.bytes));
            }
            stays
        });
        for (on_end, bytes) in gone {
            if let Some(on_end) = on_end {
                on_end(bytes);
            }
        }
    }

    /// Players of each stream by its serial number: all of them, and those of transport streams.
    pub(super) fn by_stream(&self) -> HashMap<u64, (usize, usize)> {
        let mut counts = HashMap::new();
        for session in self.all.lock().values() {
            let (count, ts): &mut (usize, usize) = counts.entry(session.seat.stream().serial()).or_default();
            *count += 1;
            *ts += usize::from(session.flavor == Flavor::Ts);
        }
        counts
    }

    pub(super) fn count(&self) -> usize {
        self.all.lock().len()
    }
}
