use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use axum::Router;
use parking_lot::Mutex;
use tokio::time::{MissedTickBehavior, interval, timeout};
use tokio_util::sync::CancellationToken;
use vivace_net::{HttpLimits, Listener, serve_http};

use crate::ready::Ready;
use crate::sessions::Sessions;
use crate::shared::{Peer, Shared};
use crate::view::View;
use crate::{RunFault, Server, http, rtmp};

impl Server {
    /// Serves until `stop` is cancelled, then lets every session end. `ready.json` stands in the data folder meanwhile.
    pub async fn run(self, stop: CancellationToken) -> Result<(), RunFault> {
        let shared = self.shared;
        let ready = Ready::announce(&shared.config.data, shared.addresses)?;
        tracing::info!(rtmp = %shared.addresses.rtmp, http = %shared.addresses.http, "serving");
        let sessions = Sessions::new(shared.clone());
        let router = vivace_admin::router(Arc::new(View(shared.clone())));
        tokio::select! {
            () = accept_rtmp(&shared, &self.rtmp, &sessions) => {}
            () = accept_http(&shared, &self.http, &sessions, router) => {}
            () = tick(&shared) => {}
            () = stop.cancelled() => {}
        }
        drop(ready);
        tracing::info!("draining");
        drop((self.rtmp, self.http));
        shared.gate.drain();
        shared.stop.cancel();
        shared.hub.end_all();
        sessions.end(shared.limits.drain_ms_max).await;
        // Joining threads blocks, but not for long: each makes one last try per player.
        let delivery = self.delivery;
        if tokio::task::spawn_blocking(move || delivery.stop()).await.is_err() {
            tracing::error!("the delivery threads could not be waited for");
        }
        if timeout(Duration::from_millis(shared.limits.drain_ms_max), shared.events.shutdown()).await.is_err() {
            tracing::warn!("the last events of live streams could not be written in time");
        }
        self.store.close().await;
        tracing::info!("stopped");
        Ok(())
    }
}

async fn accept_rtmp(shared: &Arc<Shared>, listener: &Listener, sessions: &Sessions) {
    loop {
        let (socket, address, seat, place) = listener.accept().await;
        shared.counts.connections.fetch_add(1, Relaxed);
        let peer = Peer { address, session: shared.next_session() };
        sessions.serve(peer.session, rtmp::serve(shared.clone(), socket, peer, seat, place));
    }
}

async fn accept_http(shared: &Arc<Shared>, listener: &Listener, sessions: &Sessions, router: Router) {
    let limits = HttpLimits {
        head_bytes_max: shared.limits.http_head_bytes_max,
        head_ms_max: shared.limits.handshake_ms_max,
        write_ms_max: shared.limits.handshake_ms_max,
    };
    loop {
        let (socket, address, seat, place) = listener.accept().await;
        shared.counts.connections.fetch_add(1, Relaxed);
        let peer = Peer { address, session: shared.next_session() };
        let seats = Mutex::new(Some((seat, place)));
        let service = Arc::new(http::Service { shared: shared.clone(), router: router.clone(), peer, seats });
        let stop = shared.stop.clone();
        sessions.serve(peer.session, async move {
            if let Err(error) = serve_http(socket, address, service, limits, stop).await {
                tracing::debug!(session = %peer.session, peer = %address, %error, "HTTP connection ends");
            }
        });
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
        let streams = shared.hub.streams();
        shared.rates.look(streams.iter().map(AsRef::as_ref), shared.clock.mono());
    }
}
