//! What streams and players do in each minute: counted here once a second, and written once a minute.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::time::{MissedTickBehavior, interval};
use vivace_base::{AppId, MonoMs, StreamName, UnixMs};
use vivace_domain::channel::ChannelId;
use vivace_hub::{Stream, StreamState};
use vivace_store::{ClientMinute, Store, StreamMinute};

use crate::shared::Shared;

const MINUTE_MS: i64 = 60_000;
/// Minutes that wait for a store that takes none; the oldest are lost then.
const WAITING_MAX: usize = 200_000;
/// How long a store that takes none is left alone.
const AGAIN_MS: u64 = 30_000;

/// Where a push comes from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Pusher {
    pub(crate) client_ip: String,
    pub(crate) server_ip: String,
    pub(crate) domain: String,
    pub(crate) channel: Option<ChannelId>,
    pub(crate) begun_at: UnixMs,
}

/// The counts of the running minute, and those that wait for the store.
#[derive(Default)]
pub(crate) struct Statistics {
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    /// The minute that is counted.
    minute: UnixMs,
    sampled_at: Option<MonoMs>,
    /// By serial number: streams, until nobody reads them any more.
    seen: HashMap<u64, Seen>,
    streams: HashMap<(AppId, StreamName), StreamMinute>,
    clients: HashMap<(AppId, IpAddr), ClientMinute>,
    /// Players over HLS, who hold no place at the stream.
    hls: HashMap<(AppId, StreamName), u64>,
    waiting: Waiting,
}

#[derive(Default)]
struct Waiting {
    streams: Vec<StreamMinute>,
    clients: Vec<ClientMinute>,
}

struct Seen {
    stream: Arc<Stream>,
    pusher: Pusher,
    bytes_out: u64,
    bytes_in: u64,
    pictures: u64,
}

impl Statistics {
    /// Somebody publishes a stream from now on.
    pub(crate) fn publishes(&self, stream: &Arc<Stream>, pusher: Pusher) {
        self.inner.lock().seen(stream).pusher = pusher;
    }

    /// Who publishes a stream.
    pub(crate) fn pusher(&self, stream: &Stream) -> Pusher {
        let inner = self.inner.lock();
        inner.seen.get(&stream.serial()).map(|seen| seen.pusher.clone()).unwrap_or_default()
    }

    /// A play begins.
    pub(crate) fn play_begins(&self, app: AppId, stream: &str, peer: IpAddr, addresses_max: usize) {
        let mut inner = self.inner.lock();
        if let Ok(name) = StreamName::parse(stream) {
            inner.minute_of(app, &name).requests += 1;
        }
        inner.client(app, peer, addresses_max, |client| client.requests += 1);
    }

    /// A play has ended.
    pub(crate) fn play_ends(&self, app: AppId, peer: IpAddr, bytes: u64, addresses_max: usize) {
        self.inner.lock().client(app, peer, addresses_max, |client| client.bytes += bytes);
    }

    /// A play is refused.
    pub(crate) fn play_refused(&self, app: AppId, peer: IpAddr, addresses_max: usize) {
        self.inner.lock().client(app, peer, addresses_max, |client| {
            client.requests += 1;
            client.failed += 1;
        });
    }

    /// One more player over HLS, or one less.
    pub(crate) fn hls(&self, app: AppId, stream: &StreamName, begins: bool) {
        let mut inner = self.inner.lock();
        let key = (app, stream.clone());
        let count = inner.hls.entry(key.clone()).or_default();
        *count = if begins { *count + 1 } else { count.saturating_sub(1) };
        if *count == 0 {
            inner.hls.remove(&key);
        }
    }

    /// Players of a stream now, over HLS too.
    pub(crate) fn online(&self, stream: &Stream) -> u64 {
        let hls = self.inner.lock().hls.get(&(stream.app(), stream.name().clone())).copied().unwrap_or(0);
        hls.saturating_add(stream.counters.readers.load(Relaxed))
    }

    /// Counts. A minute that is over waits for the store from now on.
    fn sample(&self, streams: &[Arc<Stream>], now: UnixMs, mono: MonoMs) {
        let mut inner = self.inner.lock();
        let since_ms = inner.sampled_at.replace(mono).map_or(0, |before| mono.since(before));
        for stream in streams {
            inner.seen(stream);
        }
        inner.count(since_ms);
        let minute = UnixMs(now.0 - now.0.rem_euclid(MINUTE_MS));
        if inner.minute != minute {
            inner.close();
            inner.minute = minute;
        }
    }

    /// What waits, and how much of it that is.
    fn waiting(&self) -> (Vec<StreamMinute>, Vec<ClientMinute>) {
        let inner = self.inner.lock();
        (inner.waiting.streams.clone(), inner.waiting.clients.clone())
    }

    fn written(&self, streams: usize, clients: usize) {
        let waiting = &mut self.inner.lock().waiting;
        waiting.streams.drain(..streams.min(waiting.streams.len()));
        waiting.clients.drain(..clients.min(waiting.clients.len()));
    }
}

impl Inner {
    fn seen(&mut self, stream: &Arc<Stream>) -> &mut Seen {
        self.seen.entry(stream.serial()).or_insert_with(|| Seen {
            stream: stream.clone(),
            pusher: Pusher::default(),
            bytes_out: 0,
            bytes_in: 0,
            pictures: 0,
        })
    }

    fn minute_of(&mut self, app: AppId, name: &StreamName) -> &mut StreamMinute {
        let minute = self.minute;
        self.streams.entry((app, name.clone())).or_insert_with(|| StreamMinute {
            minute,
            app,
            stream: name.clone(),
            bytes_out: 0,
            bytes_in: 0,
            pictures: 0,
            requests: 0,
            online_peak: 0,
            online_sum: 0,
            samples: 0,
            live_ms: 0,
            client_ip: String::new(),
            server_ip: String::new(),
            domain: String::new(),
        })
    }

    fn client(&mut self, app: AppId, peer: IpAddr, max: usize, change: impl FnOnce(&mut ClientMinute)) {
        let (key, minute) = ((app, peer.to_canonical()), self.minute);
        if self.clients.len() >= max && !self.clients.contains_key(&key) {
            return;
        }
        change(self.clients.entry(key).or_insert_with(|| ClientMinute {
            minute,
            app,
            address: key.1.to_string(),
            bytes: 0,
            requests: 0,
            failed: 0,
        }));
    }

    fn count(&mut self, since_ms: u64) {
        let mut seen = std::mem::take(&mut self.seen);
        seen.retain(|_, seen| {
            // Looked at before its counters: what has ended and has no readers counts no more.
            let state = seen.stream.state();
            let totals = seen.stream.counters.read();
            let key = (seen.stream.app(), seen.stream.name().clone());
            let online = totals.readers + self.hls.get(&key).copied().unwrap_or(0);
            let minute = self.minute_of(key.0, &key.1);
            minute.bytes_out += totals.bytes_out.saturating_sub(seen.bytes_out);
            // What is made here of another stream is played, and nobody has pushed it.
            let pushed = !seen.stream.is_derived();
            if pushed {
                minute.bytes_in += totals.bytes_in.saturating_sub(seen.bytes_in);
                minute.pictures += totals.pictures_in.saturating_sub(seen.pictures);
            }
            (seen.bytes_out, seen.bytes_in, seen.pictures) = (totals.bytes_out, totals.bytes_in, totals.pictures_in);
            if state != StreamState::Ended {
                minute.online_peak = minute.online_peak.max(online);
                minute.online_sum += online;
                minute.samples += 1;
            }
            if state == StreamState::Live && pushed {
                minute.live_ms += since_ms;
                // Once a minute, and not once a second.
                let Pusher { client_ip, server_ip, domain, .. } = &seen.pusher;
                if minute.client_ip != *client_ip || minute.domain != *domain {
                    minute.client_ip.clone_from(client_ip);
                    minute.server_ip.clone_from(server_ip);
                    minute.domain.clone_from(domain);
                }
            }
            state != StreamState::Ended || totals.readers > 0
        });
        self.seen = seen;
    }

    /// The minute is over.
    fn close(&mut self) {
        self.waiting.streams.extend(self.streams.drain().map(|(_, minute)| minute));
        self.waiting.clients.extend(self.clients.drain().map(|(_, minute)| minute));
        let over = self.waiting.streams.len().saturating_sub(WAITING_MAX);
        self.waiting.streams.drain(..over);
        let over = self.waiting.clients.len().saturating_sub(WAITING_MAX);
        self.waiting.clients.drain(..over);
    }
}

/// Counts once a second, writes once a minute, and writes what is left when the server stops.
pub(crate) async fn keep(shared: Arc<Shared>, store: Store) {
    let mut ticks = interval(Duration::from_secs(1));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut again_at = MonoMs(0);
    loop {
        tokio::select! {
            _ = ticks.tick() => {}
            () = shared.stop.cancelled() => return,
        }
        look(&shared);
        let now = shared.clock.mono();
        if now >= again_at && !write(&shared, &store).await {
            again_at = MonoMs(now.0.saturating_add(AGAIN_MS));
        }
    }
}

/// Writes what is left. Every session has ended.
pub(crate) async fn finish(shared: &Shared, store: &Store) {
    look(shared);
    shared.statistics.inner.lock().close();
    // What is not taken now is lost with the process, and was said.
    write(shared, store).await;
}

fn look(shared: &Shared) {
    shared.statistics.sample(&shared.hub.streams(), shared.clock.unix(), shared.clock.mono());
}

/// Writes what waits. False if the store does not take it.
async fn write(shared: &Shared, store: &Store) -> bool {
    let (streams, clients) = shared.statistics.waiting();
    if streams.is_empty() && clients.is_empty() {
        return true;
    }
    let limits = shared.limits.get();
    let kept_from = UnixMs(shared.clock.unix().0.saturating_sub_unsigned(limits.statistics_ms_max));
    match store.add_minutes(&streams, &clients, kept_from, limits.statistics_rows_max).await {
        Ok(()) => {
            shared.statistics.written(streams.len(), clients.len());
            true
        }
        Err(fault) => {
            tracing::error!(%fault, "statistics cannot be written: they wait");
            false
        }
    }
}
