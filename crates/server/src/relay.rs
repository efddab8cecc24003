//! Relays: streams pulled from other servers and pushed to them. What is wanted stands in the store; one manager starts
//! and stops a task for each, and waits for all of them.

mod attempt;
mod backoff;
mod entry;
mod hls;
mod manager;
mod runner;
mod view;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use parking_lot::Mutex;
use tokio::sync::mpsc;
use vivace_base::{MonoMs, StreamName, Ulid};
use vivace_domain::relay::{Direction, Relay};

use entry::Entry;
pub(crate) use entry::State;
use manager::Ask;
pub(crate) use manager::Manager;

/// Whether a relay is that of a channel, by its number: those of tasks, which the store keeps elsewhere too, are ULIDs.
const fn is_channel(id: Ulid) -> bool {
    id.0 <= u64::MAX as u128
}

/// Changes that wait for the manager; who asks for one more waits for a place.
const ASKS_MAX: usize = 64;

/// What everybody may see of the relays, and the way to change them.
pub(crate) struct Relays {
    entries: Mutex<BTreeMap<Ulid, Arc<Entry>>>,
    asks: mpsc::Sender<Ask>,
    /// Of all relays, those that were removed included.
    pub(crate) counts: Counts,
}

/// Counts that only grow.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    /// Connections tried after the first of each relay.
    pub(crate) reconnects: AtomicU64,
    /// Segments that were pulled by HLS.
    pub(crate) segments: AtomicU64,
    /// Segments of sources of HLS that were passed over.
    pub(crate) segments_skipped: AtomicU64,
    bytes: [AtomicU64; 2],
    skips: AtomicU64,
}

impl Relays {
    /// None yet, and the manager that is to run.
    pub(crate) fn new() -> (Self, Manager) {
        let (asks, waiting) = mpsc::channel(ASKS_MAX);
        let relays = Self { entries: Mutex::default(), asks, counts: Counts::default() };
        (relays, Manager::new(waiting))
    }

    /// Pulls a channel's source from now on, and nothing else for that channel. False if the manager has gone.
    pub(crate) async fn pull(&self, relay: Relay) -> bool {
        self.ask(|reply| Ask::Pull(relay, reply)).await.is_ok()
    }

    /// Pulls nothing for a channel any more. False if the manager has gone.
    pub(crate) async fn unpull(&self, id: Ulid) -> bool {
        self.ask(|reply| Ask::Unpull(id, reply)).await.is_ok()
    }

    /// Channels whose source is pulled.
    pub(crate) fn channels(&self) -> usize {
        self.entries.lock().values().filter(|entry| entry.of_channel && is_channel(entry.relay.id)).count()
    }

    /// Why a channel's source is not to be had at the moment.
    pub(crate) fn failure(&self, id: Ulid) -> Option<String> {
        self.entries.lock().get(&id).and_then(|entry| entry.failure())
    }

    /// The streams of channels whose source is not to be had at the moment.
    pub(crate) fn failing_channels(&self) -> Vec<StreamName> {
        let entries = self.entries.lock();
        let of = entries.values().filter(|entry| entry.of_channel && entry.failure().is_some());
        of.map(|entry| entry.relay.stream.clone()).collect()
    }

    /// Measures rates. Called about once a second.
    pub(crate) fn look(&self, now: MonoMs) {
        self.entries.lock().values().for_each(|entry| entry.look(now));
    }

    /// How many relays of a direction are in a state.
    pub(crate) fn in_state(&self, direction: Direction, word: &str) -> u64 {
        let entries = self.entries.lock();
        let of = entries.values().filter(|entry| entry.relay.direction == direction);
        of.filter(|entry| entry.status().state.as_str() == word).count() as u64
    }

    /// Bytes of media that have passed in a direction.
    pub(crate) fn bytes(&self, direction: Direction) -> u64 {
        // Held to the end: what is forgotten in between would count twice.
        let entries = self.entries.lock();
        let of = entries.values().filter(|entry| entry.relay.direction == direction);
        let now: u64 = of.map(|entry| entry.traffic.bytes.load(Relaxed)).sum();
        now + self.counts.bytes[direction as usize].load(Relaxed)
    }

    /// Times that slow remote servers were moved on.
    pub(crate) fn skips(&self) -> u64 {
        let entries = self.entries.lock();
        let now: u64 = entries.values().map(|entry| entry.traffic.skips.load(Relaxed)).sum();
        now + self.counts.skips.load(Relaxed)
    }

    /// Takes one out; what it has done stays in the sums.
    fn forget(&self, id: Ulid) {
        let mut entries = self.entries.lock();
        if let Some(entry) = entries.remove(&id) {
            let at = entry.relay.direction as usize;
            self.counts.bytes[at].fetch_add(entry.traffic.bytes.load(Relaxed), Relaxed);
            self.counts.skips.fetch_add(entry.traffic.skips.load(Relaxed), Relaxed);
        }
    }
}
