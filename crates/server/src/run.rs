use std::net::SocketAddr;
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use axum::Router;
use parking_lot::Mutex;
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval, timeout};
use tokio_util::sync::CancellationToken;
use vivace_net::tls::Acceptor;
use vivace_net::{HttpLimits, Listener, Place, Seat, Stream, serve_http};

use crate::closed::Reason;
use crate::connect::{self, ConnectFault};
use crate::load::{CONNECT, HTTP, HTTPS, RTMP, RTMPS};
use crate::lock::FolderLock;
use crate::ready::Ready;
use crate::sessions::Sessions;
use crate::shared::{Peer, Shared};
use crate::tls::TlsListener;
use crate::upgrade::{Estate, Giver, Listed, drain};
use crate::view::View;
use crate::{Addresses, RunFault, Server, callbacks, http, rtmp, statistics, tasks, tls};

impl Server {
    /// Serves until `stop` is cancelled, then lets every session end. `ready.json` stands in the data folder meanwhile.
    pub async fn run(self, stop: CancellationToken) -> Result<(), RunFault> {
        let shared = self.shared;
        let folder = shared.config().data.clone();
        let predecessor = match self.predecessor {
            Some(predecessor) => Some(predecessor.claim().await?),
            None => None,
        };
        let listeners =
            Listeners { rtmp: self.rtmp, http: self.http, rtmps: self.rtmps, https: self.https, connect: self.connect };
        let estate = listeners.estate(&shared, &self.lock).map_err(RunFault::Descriptors)?;
        let wanted = self.store.reader().relays().await.map_err(RunFault::Relays)?;
        // Up to here a failure leaves the process before this one as it was; from here on there is only this one.
        let ready = match predecessor {
            None => Some(Ready::announce(&folder, shared.addresses)?),
            Some(predecessor) => {
                predecessor.release().await?;
                // What that one has let act until now must not act here once more.
                if let Err(fault) = shared.access.replay().reload(shared.clock.unix()) {
                    tracing::error!(%fault, "signed calls of the last minutes could act once more");
                }
                let announced = Ready::announce(&folder, shared.addresses);
                announced.inspect_err(|fault| tracing::error!(%fault, "the file still names the process before")).ok()
            }
        };
        shared.callbacks.deliver();
        shared.pictures.begin();
        shared.uploads.begin();
        let giver = Giver::open(&folder, estate);
        let Addresses { rtmp, http, rtmps, https, connect } = shared.addresses;
        let [rtmps, https, connect] = [rtmps, https, connect].map(|address| address.map(tracing::field::display));
        tracing::info!(%rtmp, %http, rtmps, https, connect, "serving");
        let sessions = Sessions::new(shared.clone());
        let mut heralds: JoinSet<()> = self.delivery.heralds().collect();
        // Once more: until now the process before this one may have changed them.
        let wanted = self.store.reader().relays().await.unwrap_or(wanted);
        let relays = tokio::spawn(self.manager.run(shared.clone(), self.store.clone(), wanted));
        shared.channels.resume().await;
        let tasks = tokio::spawn(tasks::keep(shared.clone()));
        let statistics = tokio::spawn(statistics::keep(shared.clone(), self.store.clone()));
        let web = Service::Http(vivace_admin::router(Arc::new(View(shared.clone()))));
        let handed_over = loop {
            let heir = tokio::select! {
                () = listeners.accept_all(&shared, &sessions, &web) => break false,
                () = tick(&shared) => break false,
                () = tls::follow(&shared) => break false,
                () = shared.heart.answer() => break false,
                () = shared.access.replay().keep(shared.clock.as_ref()) => break false,
                () = self.store.keep() => break false,
                () = stop.cancelled() => break false,
                heir = giver.heir(&shared) => heir,
            };
            // Nothing is accepted here: what connects meanwhile waits in the kernel for whoever accepts next.
            let handed_over = tokio::select! {
                handed_over = heir.hand_over() => handed_over,
                () = stop.cancelled() => break false,
            };
            match handed_over {
                Ok(pid) => {
                    tracing::info!(pid, "another process has taken over: this one drains");
                    break true;
                }
                Err(fault) => tracing::warn!(%fault, "a process that was to take over has failed: this one goes on"),
            }
        };
        // Until the store is closed no other process may begin on the folder, unless it has been given it.
        let lock = if handed_over {
            shared.callbacks.hand_over();
            shared.pictures.shutdown().await;
            shared.uploads.shutdown().await;
            // The other process puts its own in the place of both.
            giver.leave();
            if let Some(ready) = ready {
                ready.leave();
            }
            drop((listeners, self.lock));
            tokio::select! {
                () = drain(&shared, &stop) => {}
                // It serves on for as long as that takes, and whoever asks is to know that it lives.
                () = shared.heart.answer() => {}
            }
            None
        } else {
            drop((ready, giver, listeners));
            Some(self.lock)
        };
        tracing::info!("draining");
        shared.gate.drain();
        shared.channels.finish().await;
        shared.stop.cancel();
        shared.hub.end_all();
        shared.transcoder.finish().await;
        sessions.end(shared.limits.get().drain_ms_max).await;
        // Changes that calls of the last moment have begun, and what they have the transcoder do.
        shared.channels.finish().await;
        shared.transcoder.finish().await;
        shared.callback_rules.finish().await;
        shared.recordings.finish().await;
        shared.picture_rules.finish().await;
        shared.pictures.shutdown().await;
        shared.uploads.shutdown().await;
        if tasks.await.is_err() || statistics.await.is_err() {
            tracing::error!("the keepers of tasks and statistics could not be waited for");
        }
        if relays.await.is_err() {
            tracing::error!("the relays could not be waited for");
        }
        // Joining threads blocks, but not for long: each makes one last try per player.
        let delivery = self.delivery;
        if tokio::task::spawn_blocking(move || delivery.stop()).await.is_err() {
            tracing::error!("the delivery threads could not be waited for");
        }
        while let Some(ended) = heralds.join_next().await {
            if let Err(error) = ended {
                tracing::error!(%error, "the task that wakes players of HTTP/2 could not be waited for");
            }
        }
        // Streams have ended, and with them what is recorded of them.
        let limit = Duration::from_millis(shared.limits.get().drain_ms_max);
        if timeout(limit, shared.recorder.shutdown()).await.is_err() {
            tracing::error!("the disk is too slow for the last parts of recordings: the next start mends them");
        }
        // Streams have ended, so each run gives back the numbers that it has not used.
        let last = async {
            shared.hls.finish().await;
            shared.hls_log.flush().await;
            statistics::finish(&shared, &self.store).await;
            shared.callbacks.shutdown().await;
            shared.events.shutdown().await;
            shared.access.replay().flush(shared.clock.unix()).await;
        };
        if timeout(Duration::from_millis(shared.limits.get().drain_ms_max), last).await.is_err() {
            tracing::warn!("the last events of live streams could not be written in time");
        }
        self.store.close().await;
        drop((lock, self.recording_lock));
        if handed_over {
            shared.departures.log();
        }
        tracing::info!("stopped");
        Ok(())
    }
}

/// All listeners of a server.
struct Listeners {
    rtmp: Listener,
    http: Listener,
    rtmps: Option<TlsListener>,
    https: Option<TlsListener>,
    connect: Option<Listener>,
}

impl Listeners {
    /// Accepts connections for ever. Dropped, it has lost none.
    async fn accept_all(&self, shared: &Arc<Shared>, sessions: &Sessions, web: &Service) {
        tokio::select! {
            () = accept_all(shared, &self.rtmp, None, sessions, &Service::Rtmp) => {}
            () = accept_all(shared, &self.http, None, sessions, web) => {}
            () = accept_tls(shared, self.rtmps.as_ref(), sessions, &Service::Rtmp) => {}
            () = accept_tls(shared, self.https.as_ref(), sessions, web) => {}
            () = accept_connect(shared, self.connect.as_ref(), self.https.as_ref(), sessions, web) => {}
        }
    }

    /// What another process would need to go on with them.
    fn estate(&self, shared: &Shared, lock: &FolderLock) -> std::io::Result<Estate> {
        let (asked, taken) = (shared.config(), shared.addresses);
        let tls =
            |listener: &'_ Option<TlsListener>| listener.as_ref().map(|tls| tls.listener.descriptor()).transpose();
        let all = [
            (RTMP, Some(asked.rtmp), Some(taken.rtmp), Some(self.rtmp.descriptor()?)),
            (HTTP, Some(asked.http), Some(taken.http), Some(self.http.descriptor()?)),
            (RTMPS, asked.rtmps, taken.rtmps, tls(&self.rtmps)?),
            (HTTPS, asked.https, taken.https, tls(&self.https)?),
            (
                CONNECT,
                asked.lvb.connect_address(),
                taken.connect,
                self.connect.as_ref().map(Listener::descriptor).transpose()?,
            ),
        ];
        let listed = |(role, asked, address, open): (&str, Option<SocketAddr>, Option<SocketAddr>, Option<OwnedFd>)| {
            Some((Listed { role: role.to_owned(), asked: asked?, address: address? }, open?))
        };
        Ok(Estate { listeners: all.into_iter().filter_map(listed).collect(), lock: lock.descriptor()? })
    }
}

/// What a listener's connections are for.
#[derive(Clone)]
enum Service {
    Rtmp,
    Http(Router),
}

/// Accepts connections for ever; with an acceptor, each begins with a TLS handshake.
async fn accept_all(
    shared: &Arc<Shared>,
    listener: &Listener,
    acceptor: Option<&Acceptor>,
    sessions: &Sessions,
    service: &Service,
) {
    loop {
        let (socket, address, seat, place) = listener.accept().await;
        shared.counts.connections.fetch_add(1, Relaxed);
        let peer = Peer { address, session: shared.next_session() };
        let seats = Seats { seat, place };
        match acceptor {
            None => {
                let stream = Stream::Plain(socket);
                sessions.serve(peer.session, serve(shared.clone(), stream, peer, seats, service.clone()));
            }
            Some(acceptor) => {
                let (shared, acceptor, service) = (shared.clone(), acceptor.clone(), service.clone());
                sessions.serve(peer.session, async move {
                    if let Some(stream) = shake_hands(&shared, &acceptor, socket, peer).await {
                        serve(shared, stream, peer, seats, service).await;
                    }
                });
            }
        }
    }
}

/// [`accept_all`] for a TLS listener; one that is not there accepts nothing.
async fn accept_tls(shared: &Arc<Shared>, listener: Option<&TlsListener>, sessions: &Sessions, service: &Service) {
    let Some(TlsListener { listener, acceptor, .. }) = listener else { return std::future::pending().await };
    accept_all(shared, listener, Some(acceptor), sessions, service).await;
}

/// Accepts connections of programs that take this for their proxy: each begins with a CONNECT, and is then one of HTTPS.
async fn accept_connect(
    shared: &Arc<Shared>,
    listener: Option<&Listener>,
    https: Option<&TlsListener>,
    sessions: &Sessions,
    service: &Service,
) {
    let (Some(listener), Some(TlsListener { acceptor, .. })) = (listener, https) else {
        return std::future::pending().await;
    };
    loop {
        let (mut socket, address, seat, place) = listener.accept().await;
        shared.counts.connections.fetch_add(1, Relaxed);
        let peer = Peer { address, session: shared.next_session() };
        let seats = Seats { seat, place };
        let (shared, acceptor, service) = (shared.clone(), acceptor.clone(), service.clone());
        sessions.serve(peer.session, async move {
            let limits = shared.limits.get();
            let admitted = tokio::select! {
                admitted = connect::admit(&mut socket, limits.http_head_bytes_max, limits.handshake_ms_max) => admitted,
                () = shared.stop.cancelled() => return,
            };
            if let Err(fault) = admitted {
                let reason =
                    if matches!(fault, ConnectFault::Late { .. }) { Reason::ConnectLate } else { Reason::Connect };
                return shared.closed(peer, "connect", reason, &fault);
            }
            if let Some(stream) = shake_hands(&shared, &acceptor, socket, peer).await {
                serve(shared, stream, peer, seats, service).await;
            }
        });
    }
}

/// The TLS handshake of a connection; one that fails is logged and counted.
async fn shake_hands(shared: &Shared, acceptor: &Acceptor, socket: TcpStream, peer: Peer) -> Option<Stream> {
    let shaken = tokio::select! {
        shaken = acceptor.accept(socket, shared.limits.get().handshake_ms_max) => shaken,
        () = shared.stop.cancelled() => return None,
    };
    shaken
        .inspect_err(|reason| {
            match Reason::of_tls(reason) {
                Some(why) => shared.closed(peer, "tls", why, reason),
                None => {
                    tracing::debug!(session = %peer.session, peer = %peer.address, %reason, "TLS ends before a request")
                }
            }
            shared.counts.handshakes_failed.fetch_add(1, Relaxed);
        })
        .ok()
}

/// A connection's seat among all, and its place among those that have not been granted anything.
struct Seats {
    seat: Seat,
    place: Place,
}

async fn serve(shared: Arc<Shared>, stream: Stream, peer: Peer, Seats { seat, place }: Seats, service: Service) {
    let router = match service {
        Service::Rtmp => return rtmp::serve(shared, stream, peer, seat, place).await,
        Service::Http(router) => router,
    };
    let limits = shared.limits.get();
    let limits = HttpLimits::from(limits.as_ref());
    let stop = shared.stop.clone();
    let (seat, place) = (Mutex::new(Some(seat)), Mutex::new(Some(place)));
    let is_secure = matches!(stream, Stream::Tls(_));
    let cut = CancellationToken::new();
    let service = http::Service { shared: shared.clone(), router, peer, is_secure, seat, place, cut: cut.clone() };
    if let Err(fault) = serve_http(stream, peer.address, Arc::new(service), limits, stop, cut).await {
        match Reason::of_http(&fault) {
            Some(reason) => shared.closed(peer, "http", reason, &fault),
            None => tracing::debug!(session = %peer.session, peer = %peer.address, %fault, "HTTP connection ends"),
        }
    }
}

/// Once a second: ends the streams whose grace is over and measures rates.
async fn tick(shared: &Arc<Shared>) {
    let mut ticks = interval(Duration::from_secs(1));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut asked = shared.delivery.ask();
    let mut reported_at = shared.clock.mono();
    loop {
        ticks.tick().await;
        shared.counts.delivery_silent.store(shared.delivery.silent(asked) as u64, Relaxed);
        asked = shared.delivery.ask();
        for stream in shared.hub.handle_timeout() {
            tracing::info!(stream = %stream.name(), "the publisher did not come back: the stream ends");
        }
        shared.hls.handle_timeout();
        shared.channels.handle_timeout();
        shared.channels.set_has_transcoder(shared.transcoder.children().program().is_some());
        let streams = shared.hub.streams();
        shared.rates.look(streams.iter().map(AsRef::as_ref), shared.clock.mono());
        shared.relays.look(shared.clock.mono());
        shared.let_go_of_files();
        let (now, every_ms) = (shared.clock.mono(), shared.config().callback.error_report_s.saturating_mul(1_000));
        let since_ms = now.since(reported_at);
        if since_ms >= every_ms {
            reported_at = now;
            callbacks::report_errors(shared, since_ms);
        }
    }
}
