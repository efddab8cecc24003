use std::net::SocketAddr;
use std::sync::Arc;

use vivace_base::{Clock, Rng};
use vivace_domain::app::App;
use vivace_gate::{Gate, Policy};
use vivace_hls::serve::{self as hls, Hls};
use vivace_hub::Hub;
use vivace_net::delivery::Delivery;
use vivace_net::tls::{ALPN_HTTP1, ALPN_HTTP2};
use vivace_net::{BindFault, Listener, MachineClock, MachineRng};
use vivace_store::Store;

use crate::keeper::StoreKeeper;
use crate::lock::FolderLock;
use crate::shared::{Parts, Quotas, Shared};
use crate::tls::{self, TlsListener};
use crate::{Auth, Config, LoadFault, ready};

/// The addresses that the listeners took.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Addresses {
    /// RTMP.
    pub rtmp: SocketAddr,
    /// HTTP.
    pub http: SocketAddr,
    /// RTMPS, if there is such a listener.
    pub rtmps: Option<SocketAddr>,
    /// HTTPS, if there is such a listener.
    pub https: Option<SocketAddr>,
}

/// A server whose listeners are open and whose store is ready; [`Server::run`] makes it serve.
pub struct Server {
    pub(crate) shared: Arc<Shared>,
    pub(crate) store: Store,
    pub(crate) delivery: Delivery,
    pub(crate) rtmp: Listener,
    pub(crate) http: Listener,
    pub(crate) rtmps: Option<TlsListener>,
    pub(crate) https: Option<TlsListener>,
    created: Option<App>,
    pub(crate) _lock: FolderLock,
}

impl Server {
    /// Opens the data folder, the certificate and the listeners, in this order: a folder that cannot be used is said first.
    pub async fn load(config: Config) -> Result<Self, LoadFault> {
        let clock: Arc<dyn Clock> = Arc::new(MachineClock::new());
        let rng: Arc<dyn Rng> = Arc::new(MachineRng);
        let limits = Arc::new(config.limits.clone());
        // Before the store, which may bring the folder's database to a newer form: not while another server uses it.
        Store::prepare(&config.data)?;
        let lock = FolderLock::take(&config.data)?;
        // What a server that was killed has left behind would be read as this one's addresses.
        ready::forget(&config.data);
        let store = Store::open(&config.data, &limits).await?;
        let certificates = tls::certificates(&config, clock.unix())?;
        let quotas = Quotas::new(&limits);
        let rtmp = Listener::bind("RTMP", config.rtmp, quotas.connections.clone(), quotas.pending_rtmp.clone())?;
        let http = Listener::bind("HTTP", config.http, quotas.connections.clone(), quotas.pending_http.clone())?;
        let tls = |role, at, pending, alpn: &[&[u8]]| {
            TlsListener::bind(role, at, (&quotas.connections, pending), certificates.as_ref(), alpn, &limits)
        };
        let rtmps = tls("RTMPS", config.rtmps, &quotas.pending_rtmp, &[])?;
        let https = tls("HTTPS", config.https, &quotas.pending_http, &[ALPN_HTTP2, ALPN_HTTP1])?;
        let addresses = Addresses {
            rtmp: address(&rtmp, "RTMP", config.rtmp)?,
            http: address(&http, "HTTP", config.http)?,
            rtmps: rtmps.as_ref().map(TlsListener::address).transpose()?,
            https: https.as_ref().map(TlsListener::address).transpose()?,
        };
        // After the listeners, so that a start which fails on a taken port has not made the keys that it would print.
        let (app, fresh) = store.app_or_create(rng.as_ref(), clock.unix()).await?;
        let cores = || std::thread::available_parallelism().map_or(1, usize::from);
        let threads = config.delivery_threads.unwrap_or_else(cores);
        let delivery = Delivery::start(threads, &limits, &clock).map_err(LoadFault::Delivery)?;
        let hub = Hub::new(limits.clone(), clock.clone(), Arc::new(delivery.handle()), config.merge_ms);
        let policy = Policy { push_open: config.push_auth == Auth::Open, play_open: config.play_auth == Auth::Open };
        let gate = Gate::new(app.clone(), hub.clone(), clock.clone(), limits.clone(), policy);
        let events = store.event_log(&limits);
        let hls_log = store.hls_log(&limits);
        let keeper = Arc::new(StoreKeeper { store: store.clone(), log: hls_log.clone(), clock: clock.clone() });
        let hls = Hls::new(hls::Parts { limits: limits.clone(), clock: clock.clone(), rng: rng.clone(), keeper });
        let handle = delivery.handle();
        let parts = Parts {
            config,
            addresses,
            limits,
            clock,
            rng,
            hub,
            gate,
            delivery: handle,
            events,
            hls,
            hls_log,
            certificates,
            quotas,
        };
        let shared = Arc::new(Shared::new(parts));
        Ok(Self { shared, store, delivery, rtmp, http, rtmps, https, created: fresh.then_some(app), _lock: lock })
    }

    /// The addresses taken.
    pub fn addresses(&self) -> Addresses {
        self.shared.addresses
    }

    /// The app with its keys, if this start has made it.
    pub const fn created_app(&self) -> Option<&App> {
        self.created.as_ref()
    }

    /// The app that everything belongs to.
    pub fn app(&self) -> Arc<App> {
        self.shared.gate.app()
    }
}

pub(crate) fn address(listener: &Listener, role: &'static str, asked: SocketAddr) -> Result<SocketAddr, BindFault> {
    listener.address().map_err(|source| BindFault::Other { role, address: asked, source })
}
