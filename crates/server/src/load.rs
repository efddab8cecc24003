use std::net::SocketAddr;
use std::sync::Arc;

use vivace_base::{Clock, LiveLimits, MonoMs, Rng};
use vivace_domain::app::App;
use vivace_gate::{
    Access, AuditLog, CallbackParts, CallbackRules, ChannelParts, Channels, Gate, Operator, OperatorParts,
    PictureRuleParts, PictureRules, RecordingParts, Recordings, Standing,
};
use vivace_hls::engine::Settings;
use vivace_hls::serve::{self as hls, Hls};
use vivace_hub::Hub;
use vivace_net::delivery::Delivery;
use vivace_net::outbound::Outbound;
use vivace_net::tls::{ALPN_HTTP1, ALPN_HTTP2};
use vivace_net::{BindFault, Listener, MachineClock, MachineRng, Quota};
use vivace_store::{Replay, Store};
use vivace_worker::Callbacks;
use vivace_worker::pictures::{PictureParts, Pictures};
use vivace_worker::recorder::{Recorder, RecorderParts};
use vivace_worker::uploads::{UploadParts, Uploads};

use crate::archive::Archive;
use crate::callbacks::{self, LvbFace};
use crate::http;
use crate::keeper::StoreKeeper;
use crate::lock::FolderLock;
use crate::pictures::{LvbPictures, ShotDesk};
use crate::pulls::ChannelPulls;
use crate::recording::{self, Desk, Teller};
use crate::recording_lock::RecordingLock;
use crate::relay::{Manager, Relays};
use crate::shared::{Parts, Quotas, Shared, policy};
use crate::tls::{self, TlsListener};
use crate::transcode::{self, Around, KeptMarks};
use crate::upgrade::{self, Arrivals, Origin, Predecessor};
use crate::uploads::{self, KeptPlaylists};
use crate::{Config, LoadFault, ready};

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
    /// CONNECT, if there is such a listener.
    pub connect: Option<SocketAddr>,
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
    pub(crate) connect: Option<Listener>,
    created: Option<App>,
    pub(crate) lock: FolderLock,
    /// Held for as long as this process writes recordings.
    pub(crate) recording_lock: Arc<RecordingLock>,
    /// The process that runs until this one does.
    pub(crate) predecessor: Option<Predecessor>,
    /// Of the relays.
    pub(crate) manager: Manager,
}

impl Server {
    /// Opens the data folder, the certificate and the listeners, in this order: a folder that cannot be used is said first.
    pub async fn load(config: Config) -> Result<Self, LoadFault> {
        // Before the store, which may bring the folder's database to a newer form: not while another server uses it.
        Store::prepare(&config.data)?;
        let lock = FolderLock::take(&config.data)?;
        Self::load_fresh(config, lock).await
    }

    /// [`Server::load`] in the place of a server that runs on the folder: with its listeners, as far as the settings name
    /// the same addresses. That one serves until [`Server::run`] of this one does, and goes on if this one fails. Where
    /// none runs, this is a start like any other.
    pub async fn take_over(config: Config) -> Result<Self, LoadFault> {
        Store::prepare(&config.data)?;
        match FolderLock::take(&config.data) {
            Err(LoadFault::FolderInUse { .. }) => {
                let inherited = upgrade::ask(&config.data).await?;
                Self::assemble(config, Origin::Inherited(inherited)).await
            }
            lock => {
                tracing::info!("no server runs on the data folder: there is nothing to take over");
                Self::load_fresh(config, lock?).await
            }
        }
    }

    async fn load_fresh(config: Config, lock: FolderLock) -> Result<Self, LoadFault> {
        // What a server that was killed has left behind would be read as this one's addresses.
        ready::forget(&config.data);
        Self::assemble(config, Origin::Fresh(lock)).await
    }

    async fn assemble(config: Config, mut origin: Origin) -> Result<Self, LoadFault> {
        let clock: Arc<dyn Clock> = Arc::new(MachineClock::new());
        let rng: Arc<dyn Rng> = Arc::new(MachineRng);
        let limits = config.limits.clone();
        let store = Store::open(&config.data, &limits).await?;
        let known = store.reader().data_folder().await?;
        let recording_lock = RecordingLock::take(&recording::folder(&config), &known, &config.data)
            .map_err(|fault| LoadFault::RecordingFolder { fault })?;
        let recording_lock = Arc::new(recording_lock);
        let certificates = tls::certificates(&config, clock.unix())?;
        let quotas = Quotas::new(&limits);
        let (pending_rtmp, pending_http) = (&quotas.pending_rtmp, &quotas.pending_http);
        let mut open = |role, at, pending: &Arc<Quota>| origin.open(role, at, &quotas.connections, pending);
        let rtmp = open(RTMP, config.rtmp, pending_rtmp)?;
        let http = open(HTTP, config.http, pending_http)?.saying(http::FULL);
        let (pair, alpn) = (certificates.as_ref(), [ALPN_HTTP2, ALPN_HTTP1]);
        let rtmps = TlsListener::open(RTMPS, config.rtmps, pair, &[], |at| open(RTMPS, at, pending_rtmp))?;
        let https = TlsListener::open(HTTPS, config.https, pair, &alpn, |at| open(HTTPS, at, pending_http))?;
        let connect_at = config.lvb.connect_address();
        let connect = connect_at.map(|at| open(CONNECT, at, pending_http)).transpose()?;
        let taken = |listener: &Listener| connect_at.map(|asked| address(listener, CONNECT, asked)).transpose();
        let addresses = Addresses {
            rtmp: address(&rtmp, RTMP, config.rtmp)?,
            http: address(&http, HTTP, config.http)?,
            rtmps: rtmps.as_ref().map(TlsListener::address).transpose()?,
            https: https.as_ref().map(TlsListener::address).transpose()?,
            connect: connect.as_ref().map(taken).transpose()?.flatten(),
        };
        // After the listeners, so that a start which fails on a taken port has not made the keys that it would print.
        let (app, fresh) = store.app_or_create(rng.as_ref(), clock.unix()).await?;
        let cores = || std::thread::available_parallelism().map_or(1, usize::from);
        let threads = config.delivery_threads.unwrap_or_else(cores);
        // What is opened with the limits has been opened; from here on they are followed.
        let limits = LiveLimits::from(limits);
        let delivery = Delivery::start(threads, &limits, &clock).map_err(LoadFault::Delivery)?;
        let hub = Hub::new(limits.clone(), clock.clone(), Arc::new(delivery.handle()), config.merge_ms);
        let standing = Arc::new(Standing::load(store.reader()).await?);
        let facts = (standing.clone(), store.reader().clone());
        let gate = Gate::new(app.clone(), hub.clone(), facts, clock.clone(), limits.clone(), policy(&config));
        let (gate, audit) = (Arc::new(gate), Arc::new(AuditLog::new(store.clone(), clock.clone())));
        let replay = Replay::open(&config.data, config.limits.api_replay_keys_max, rng.clone(), clock.unix())?;
        let access =
            Arc::new(Access::new(store.clone(), standing.clone(), Arc::new(replay), clock.clone(), limits.clone()));
        let events = store.event_log(&config.limits);
        let hls_log = store.hls_log(&config.limits);
        let keeper = Arc::new(StoreKeeper { store: store.clone(), log: hls_log.clone(), clock: clock.clone() });
        let (token_key, expected) = origin.take_sessions();
        let token_key = token_key.or_else(|| Some(hls::token_key(&app.keys.api_token)));
        let settings = Settings::new(&config.limits, config.hls_segment_ms, config.hls_part_ms);
        let (limits_, clock_, rng_) = (limits.clone(), clock.clone(), rng.clone());
        let hls = Hls::new(hls::Parts { limits: limits_, settings, clock: clock_, rng: rng_, keeper, token_key });
        let folder = recording::folder(&config);
        let window_ms = config.timeshift_window_ms;
        let archive = Archive::new(store.clone(), folder, window_ms, &config.limits);
        let until = MonoMs(clock.mono().0.saturating_add(config.limits.publish_grace_ms));
        let arrivals = Arrivals::new(expected, until);
        let outbound = Outbound::new(config.outbound.allow.clone(), config.outbound.ca.as_deref())
            .map_err(|fault| LoadFault::Roots { fault })?;
        let outbound = Arc::new(outbound);
        let callback_rules =
            CallbackRules::new(CallbackParts { store: store.clone(), clock: clock.clone(), limits: limits.clone() });
        let face = Arc::new(LvbFace::new(app.clone()));
        let callbacks = Callbacks::start(vivace_worker::Parts {
            store: store.clone(),
            outbound: outbound.clone(),
            face: face.clone(),
            events: events.clone(),
            clock: clock.clone(),
            limits: limits.clone(),
            settings: callbacks::settings(&config),
            alone: callbacks::alone(origin.before(), &config.limits),
        });
        let teller = Arc::new(Teller::new(callbacks.clone(), face.clone(), &config, addresses.http.port()));
        let recorder = Recorder::start(RecorderParts {
            store: store.clone(),
            hub: hub.clone(),
            clock: clock.clone(),
            rng: rng.clone(),
            limits: limits.clone(),
            settings: recording::settings(&config),
            folder: recording::folder(&config),
            events: events.clone(),
            announce: teller.clone(),
            alone: recording::alone(origin.before(), recording_lock.clone(), &config.limits),
        })
        .map_err(|fault| LoadFault::Recordings { fault })?;
        let uploads = Uploads::start(UploadParts {
            store: store.clone(),
            outbound: uploads::way_out(&config).map_err(|fault| LoadFault::Roots { fault })?,
            clock: clock.clone(),
            limits: limits.clone(),
            settings: uploads::settings(&config),
            place: recorder.place(),
            playlists: Arc::new(KeptPlaylists(face.clone())),
            announce: teller,
            events: events.clone(),
        });
        let (relays, manager) = Relays::new();
        let relays = Arc::new(relays);
        let children = transcode::children(&config, &limits, &clock);
        let around = Around {
            gate: gate.clone(),
            hub: hub.clone(),
            outbound: outbound.clone(),
            events: events.clone(),
            limits: limits.clone(),
            clock: clock.clone(),
            rng: rng.clone(),
        };
        let transcoder = transcode::transcoder(&config, &children, around);
        let channels = Channels::new(ChannelParts {
            store: store.clone(),
            hub: hub.clone(),
            standing,
            pulls: Arc::new(ChannelPulls { relays: relays.clone(), limits: limits.clone() }),
            marks: Arc::new(KeptMarks(transcoder.clone())),
            audit: audit.clone(),
            clock: clock.clone(),
            rng: rng.clone(),
            limits: limits.clone(),
        });
        channels.set_verified_only(config.lvb_verified_only);
        channels.set_has_transcoder(children.program().is_some());
        let parts = RecordingParts {
            store: store.clone(),
            hub: hub.clone(),
            channels: channels.clone(),
            desk: Arc::new(Desk(recorder.clone())),
            clock: clock.clone(),
            limits: limits.clone(),
        };
        let recordings = Recordings::new(parts, recording::wishes(&config));
        let operator = Operator::new(OperatorParts {
            store: store.clone(),
            gate: gate.clone(),
            access: access.clone(),
            channels: channels.clone(),
            recordings: recordings.clone(),
            clock: clock.clone(),
            rng: rng.clone(),
        });
        let picture_face = Arc::new(LvbPictures::default());
        let pictures = Pictures::start(PictureParts {
            store: store.clone(),
            hub: hub.clone(),
            children: children.clone(),
            callbacks: callbacks.clone(),
            face: picture_face.clone(),
            clock: clock.clone(),
            rng: rng.clone(),
            limits: limits.clone(),
            folder: config.data.join(PICTURE_FOLDER),
        });
        let picture_rules = PictureRules::new(PictureRuleParts {
            store: store.clone(),
            channels: channels.clone(),
            desk: Arc::new(ShotDesk(pictures.clone())),
            audit: audit.clone(),
            clock: clock.clone(),
            limits: limits.clone(),
        });
        let handle = delivery.handle();
        let parts = Parts {
            config,
            addresses,
            limits,
            clock,
            rng,
            hub,
            gate,
            access,
            delivery: handle,
            events,
            hls,
            hls_log,
            archive,
            outbound,
            transcoder,
            callbacks,
            callback_rules,
            pictures,
            picture_rules,
            recorder,
            recordings,
            uploads,
            relays,
            channels,
            operator,
            audit,
            store: store.clone(),
            certificates,
            quotas,
            arrivals,
        };
        let shared = Arc::new(Shared::new(parts));
        face.follow(&shared);
        picture_face.follow(&shared);
        let ((lock, predecessor), created) = (origin.settle(), fresh.then_some(app));
        if predecessor.is_none() {
            transcode::drop_old_pictures(&shared.transcoder, &store).await;
        }
        Ok(Self {
            shared,
            store,
            delivery,
            rtmp,
            http,
            rtmps,
            https,
            connect,
            created,
            lock,
            recording_lock,
            predecessor,
            manager,
        })
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

/// Where screenshots are kept, within the data folder.
const PICTURE_FOLDER: &str = "pictures";

// What listeners are for.
pub(crate) const RTMP: &str = "RTMP";
pub(crate) const HTTP: &str = "HTTP";
pub(crate) const RTMPS: &str = "RTMPS";
pub(crate) const HTTPS: &str = "HTTPS";
pub(crate) const CONNECT: &str = "CONNECT";

pub(crate) fn address(listener: &Listener, role: &'static str, asked: SocketAddr) -> Result<SocketAddr, BindFault> {
    listener.address().map_err(|source| BindFault::Other { role, address: asked, source })
}
