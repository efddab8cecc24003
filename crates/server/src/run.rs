use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use axum::Router;
use parking_lot::Mutex;
use tokio::net::TcpStream;
use tokio::time::{MissedTickBehavior, interval, timeout};
use tokio_util::sync::CancellationToken;
use vivace_net::tls::Acceptor;
use vivace_net::{HttpLimits, Listener, Place, Seat, Stream, serve_http};

use crate::ready::Ready;
use crate::sessions::Sessions;
use crate::shared::{Peer, Shared};
use crate::tls::TlsListener;
use crate::view::View;
use crate::{Addresses, RunFault, Server, http, rtmp, tls};

impl Server {
    /// Serves until `stop` is cancelled, then lets every session end. `ready.json` stands in the data folder meanwhile.
    pub async fn run(self, stop: CancellationToken) -> Result<(), RunFault> {
        let shared = self.shared;
        let ready = Ready::announce(&shared.config.data, shared.addresses)?;
        let Addresses { rtmp, http, rtmps, https } = shared.addresses;
        let (rtmps, https) = (rtmps.map(tracing::field::display), https.map(tracing::field::display));
        tracing::info!(%rtmp, %http, rtmps, https, "serving");
        let sessions = Sessions::new(shared.clone());
        let web = Service::Http(vivace_admin::router(Arc::new(View(shared.clone()))));
        tokio::select! {
            () = accept_all(&shared, &self.rtmp, None, &sessions, &Service::Rtmp) => {}
            () = accept_all(&shared, &self.http, None, &sessions, &web) => {}
            () = accept_tls(&shared, self.rtmps.as_ref(), &sessions, &Service::Rtmp) => {}
            () = accept_tls(&shared, self.https.as_ref(), &sessions, &web) => {}
            () = tick(&shared) => {}
            () = tls::follow(&shared) => {}
            () = stop.cancelled() => {}
        }
        drop(ready);
        tracing::info!("draining");
        drop((self.rtmp, self.http, self.rtmps, self.https));
        shared.gate.drain();
        shared.stop.cancel();
        shared.hub.end_all();
        sessions.end(shared.limits.drain_ms_max).await;
        // Joining threads blocks, but not for long: each makes one last try per player.
        let delivery = self.delivery;
        if tokio::task::spawn_blocking(move || delivery.stop()).await.is_err() {
            tracing::error!("the delivery threads could not be waited for");
        }
        // Streams have ended, so each run gives back the numbers that it has not used.
        let last = async {
            shared.hls.finish().await;
            shared.hls_log.flush().await;
            shared.events.shutdown().await;
        };
        if timeout(Duration::from_millis(shared.limits.drain_ms_max), last).await.is_err() {
            tracing::warn!("the last events of live streams could not be written in time");
        }
        self.store.close().await;
        tracing::info!("stopped");
        Ok(())
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

/// The TLS handshake of a connection; one that fails is logged and counted.
async fn shake_hands(shared: &Shared, acceptor: &Acceptor, socket: TcpStream, peer: Peer) -> Option<Stream> {
    let shaken = tokio::select! {
        shaken = acceptor.accept(socket) => shaken,
        () = shared.stop.cancelled() => return None,
    };
    shaken
        .inspect_err(|reason| {
            tracing::info!(session = %peer.session, peer = %peer.address, %reason, "TLS connection ends before a request");
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
    let limits = HttpLimits {
        head_bytes_max: shared.limits.http_head_bytes_max,
        head_ms_max: shared.limits.handshake_ms_max,
        write_ms_max: shared.limits.handshake_ms_max,
        stall_ms_max: shared.limits.reader_stall_ms_max,
        streams_max: shared.limits.http2_streams_max,
    };
    let stop = shared.stop.clone();
    let (seat, place) = (Mutex::new(Some(seat)), Mutex::new(Some(place)));
    let service = Arc::new(http::Service { shared, router, peer, seat, place });
    if let Err(error) = serve_http(stream, peer.address, service, limits, stop).await {
        tracing::debug!(session = %peer.session, peer = %peer.address, %error, "HTTP connection ends");
    }
}

/// Once a second: ends the streams whose grace is over and measures rates.
async fn tick(shared: &Arc<Shared>) {
    let mut ticks = interval(Duration::from_secs(1));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        for stream in shared.hub.handle_timeout() {
            tracing::info!(stream = %stream.name(), "the publisher did not come back: the stream ends");
        }
        shared.hls.handle_timeout();
        let streams = shared.hub.streams();
        shared.rates.look(streams.iter().map(AsRef::as_ref), shared.clock.mono());
    }
}
