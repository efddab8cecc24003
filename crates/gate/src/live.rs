use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use parking_lot::RwLock;
use tokio::sync::watch;
use vivace_base::{AppId, Clock, LiveLimits, SessionId, StreamName, Ulid, UnixMs};
use vivace_domain::app::App;
use vivace_domain::channel::{ChannelId, Rate, SourceKind};
use vivace_domain::claim::Owner;
use vivace_domain::ip_list::Direction;
use vivace_domain::live::{PlayFault, PublishFault};
use vivace_domain::rendition::Sound;
use vivace_domain::url::{KeyPair, Shift, StartAt, verify_play, verify_push};
use vivace_hub::{Cut, FormatKind, Hub, HubFault, Publisher, Reader, Start, Stream};
use vivace_store::Watermark;

use crate::address::{Parsed, parse};
use crate::channels::cause;
use crate::standing::mapped;
use crate::{Asked, Standing};

/// Who may push and play without a signed address.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Policy {
    /// Pushes need no signature; a name is then owned by the address that pushes it.
    pub push_open: bool,
    /// Plays need no signature.
    pub play_open: bool,
    /// Of the names that channels have, only those of channels may be pushed to.
    pub channels_only: bool,
    /// Output rates that may be made of streams that are no channel's.
    pub rates: [Option<Rate>; 2],
    /// Sounds that may be made of streams.
    pub sounds: [Option<Sound>; 2],
}

/// A push that has been granted.
pub struct Published {
    /// The right to feed the stream.
    pub publisher: Publisher,
    /// Until when the address is good, where it was signed.
    pub expires_at: Option<UnixMs>,
    /// The channel that the stream is of.
    pub channel: Option<ChannelId>,
    /// The watermark that its players see; the stream is diverted to the one who puts it there.
    pub watermark: Option<Watermark>,
}

/// What is known of a stream before it is claimed.
#[derive(Default)]
struct Admitted {
    owner: Option<Owner>,
    watermark: Option<Watermark>,
}

/// A play that has been granted.
pub struct Play {
    /// The seat at the stream.
    pub reader: Reader,
    /// Where it begins.
    pub start: Start,
}

/// What a play is granted whose bytes are cut into files.
pub enum Watched {
    /// A stream that is there.
    Live(Arc<Stream>),
    /// What has been kept of one, live or not.
    Past {
        /// Whose it is.
        app: AppId,
        /// Its name.
        name: StreamName,
        /// Which stretch.
        shift: Shift,
    },
}

/// Decides about pushes and plays.
pub struct Gate {
    app: RwLock<Arc<App>>,
    pub(crate) hub: Arc<Hub>,
    standing: Arc<Standing>,
    pub(crate) reader: vivace_store::Reader,
    clock: Arc<dyn Clock>,
    limits: LiveLimits,
    pub(crate) policy: RwLock<Policy>,
    pub(crate) draining: AtomicBool,
    granted: watch::Sender<u64>,
}

impl Gate {
    /// A gate before the streams of one app.
    pub fn new(
        app: App,
        hub: Arc<Hub>,
        (standing, reader): (Arc<Standing>, vivace_store::Reader),
        clock: Arc<dyn Clock>,
        limits: impl Into<LiveLimits>,
        policy: Policy,
    ) -> Self {
        let (app, policy) = (RwLock::new(Arc::new(app)), RwLock::new(policy));
        Self {
            app,
            hub,
            standing,
            reader,
            clock,
            limits: limits.into(),
            policy,
            draining: AtomicBool::new(false),
            granted: watch::Sender::new(0),
        }
    }

    /// The app that everything belongs to.
    pub fn app(&self) -> Arc<App> {
        self.app.read().clone()
    }

    /// From now on decides with another set of keys. What has been granted stays granted.
    pub(crate) fn set_app(&self, app: App) {
        *self.app.write() = Arc::new(app);
    }

    /// From now on decides by another policy. What has been granted stays granted.
    pub fn set_policy(&self, policy: Policy) {
        *self.policy.write() = policy;
    }

    /// From now on nobody new is let in.
    pub fn drain(&self) {
        self.draining.store(true, Relaxed);
    }

    /// Accounts, lists of addresses and rules of streams.
    pub const fn standing(&self) -> &Arc<Standing> {
        &self.standing
    }

    /// Decides about a push: name, signature and expiry, account, lists and rules, the channel, then the claim on the
    /// name.
    pub async fn publish(&self, asked: Asked<'_>, peer: IpAddr, session: SessionId) -> Result<Published, PublishFault> {
        if self.draining.load(Relaxed) {
            return Err(PublishFault::Draining);
        }
        let Parsed { name, query } = parse(asked, &self.limits.get())?;
        let app = self.app();
        if !query.bizid_fits(app.keys.bizid) {
            return Err(PublishFault::WrongBizid);
        }
        self.standing.admit_host(app.id, asked.host, Direction::Push).map_err(|()| PublishFault::DomainDisabled)?;
        let auth = self.standing.url_auth(app.id, Direction::Push);
        let open = auth.enabled.map_or_else(|| self.policy.read().push_open, |signed| !signed);
        let (owner, expires_at) = if open {
            (Owner::Address(mapped(peer).octets()), None)
        } else {
            let keys = KeyPair { main: &app.keys.push_key, backup: &app.keys.push_key_backup };
            let verified = verify_push(&query.signature, &name, keys, auth.delta_ms(), self.clock.unix())?;
            (Owner::Key(app.id), Some(verified.expires_at))
        };
        let closings = self.standing.closings();
        let Admitted { owner: of_channel, watermark } = self.may_push(&app, &name, peer).await?;
        let watermark = self.watermark_or_ruled(app.id, watermark, asked.host, &name).await?;
        let owner = of_channel.unwrap_or(owner);
        let channel = if let Owner::Channel(id) = owner { Some(ChannelId(id)) } else { None };
        let publisher = self.claim(app.id, &name, owner, session)?;
        publisher.divert(watermark.is_some());
        if self.standing.closings() != closings
            && let Err(fault) = self.may_push(&app, &name, peer).await
        {
            // Closed or forbidden in between, and cut before it was live.
            self.hub.cut(app.id, &name, Cut::Disabled);
            return Err(fault);
        }
        self.hub.set_delay(app.id, &name, self.standing.delay_ms(app.id, &name, self.clock.unix()));
        Ok(Published { publisher, expires_at, channel, watermark })
    }

    /// Whether a stream may be pushed by a peer now; what it is as a channel's.
    async fn may_push(&self, app: &App, name: &StreamName, peer: IpAddr) -> Result<Admitted, PublishFault> {
        self.standing.admit_push(app.id, name, peer, self.clock.unix())?;
        self.admit_no_rendition(app, name).await?;
        // No other name is a channel's, and so no other push asks the store.
        if !is_channel_name(name, app.keys.bizid) {
            return Ok(Admitted::default());
        }
        let found = self.reader.channel_of(app.id, name).await.map_err(|fault| {
            tracing::error!(stream = %name, %fault, cause = cause(&fault), "the channel of a push cannot be read");
            PublishFault::StoreUnreadable
        })?;
        match found {
            Some(channel) if channel.closed => Err(PublishFault::ChannelClosed),
            Some(channel) if channel.source.kind != SourceKind::Push => Err(PublishFault::ChannelPulls),
            Some(channel) => Ok(Admitted {
                owner: Some(Owner::Channel(channel.id.0)),
                watermark: self.watermark(app.id, channel.watermark).await?,
            }),
            None if self.policy.read().channels_only => Err(PublishFault::ChannelUnknown),
            None => Ok(Admitted::default()),
        }
    }

    /// Decides about a stream that a relay of this server pulls from elsewhere: the claim on its name, which is the
    /// relay's own. The operator who set the relay up needs no signature. Rules know it by this server's own host name.
    pub async fn pull(
        &self,
        name: &StreamName,
        host: &str,
        relay: Ulid,
        session: SessionId,
    ) -> Result<(Publisher, Option<Watermark>), PublishFault> {
        if self.draining.load(Relaxed) {
            return Err(PublishFault::Draining);
        }
        let app = self.app();
        self.standing.admit_stream(app.id, name, self.clock.unix())?;
        self.admit_no_rendition(&app, name).await?;
        let watermark = self.pulled_watermark(&app, name).await?;
        let watermark = self.watermark_or_ruled(app.id, watermark, host, name).await?;
        let publisher = self.claim(app.id, name, Owner::Relay(relay), session)?;
        publisher.divert(watermark.is_some());
        self.hub.set_delay(app.id, name, self.standing.delay_ms(app.id, name, self.clock.unix()));
        Ok((publisher, watermark))
    }

    /// Decides about a stream that a relay of this server pushes elsewhere, on the operator's word.
    pub fn forward(&self, name: &StreamName) -> Result<Arc<Stream>, PlayFault> {
        if self.draining.load(Relaxed) {
            return Err(PlayFault::Draining);
        }
        self.hub.stream(self.app().id, name).ok_or(PlayFault::NotLive)
    }

    /// Counts the pushes and pulls granted: who waits for a stream to begin looks again at each change.
    pub fn granted(&self) -> watch::Receiver<u64> {
        self.granted.subscribe()
    }

    pub(crate) fn claim(
        &self,
        app: AppId,
        name: &StreamName,
        owner: Owner,
        session: SessionId,
    ) -> Result<Publisher, PublishFault> {
        let publisher = self.hub.publish(app, name, owner, session).map_err(|fault| match fault {
            HubFault::Taken { state, .. } => PublishFault::NameTaken { state },
            HubFault::StreamsMax { limit } => PublishFault::StreamsQuota { limit },
        })?;
        self.granted.send_modify(|count| *count += 1);
        Ok(publisher)
    }

    /// Decides about a play of what goes on live: name, signature and expiry, then that it does not ask for the past, whether
    /// there is such a stream, and whether the format carries what it holds as far as that is known.
    pub async fn play(&self, asked: Asked<'_>, peer: IpAddr, format: FormatKind) -> Result<Play, PlayFault> {
        let (app, Parsed { name, query }) = self.admit_player(asked, peer)?;
        if let Some(past) = query.past {
            return Err(PlayFault::PastInHlsOnly { name: past.parameter });
        }
        let reader = self.hub.subscribe(app, &name, format).ok_or_else(|| self.not_live(app, &name))?;
        if let Some(codec) = reader.stream().uncarried(format) {
            return Err(PlayFault::UnsupportedCodec { codec: codec.name() });
        }
        let start = match query.start {
            Some(StartAt::Live) => Start::Live,
            Some(StartAt::Fast) | None => Start::Fast,
        };
        Ok(Play { reader, start })
    }

    /// Decides about a play whose bytes are cut into files: the same checks, and the stream instead of a place in it, or
    /// which stretch of its past.
    pub async fn watch(&self, asked: Asked<'_>, peer: IpAddr) -> Result<Watched, PlayFault> {
        let (app, Parsed { name, query }) = self.admit_player(asked, peer)?;
        if let Some(past) = query.past {
            return Ok(Watched::Past { app, name, shift: past.shift? });
        }
        self.hub.stream(app, &name).map(Watched::Live).ok_or_else(|| self.not_live(app, &name))
    }

    /// Why nothing is played under a name: addresses of rates are given out with a channel, whether or not the rate is
    /// made.
    fn not_live(&self, app: AppId, name: &StreamName) -> PlayFault {
        match self.rendition_of(name).and_then(|(base, _)| self.hub.stream(app, &base)) {
            Some(_) => PlayFault::NotProduced,
            None => PlayFault::NotLive,
        }
    }

    fn admit_player(&self, asked: Asked<'_>, peer: IpAddr) -> Result<(AppId, Parsed), PlayFault> {
        if self.draining.load(Relaxed) {
            return Err(PlayFault::Draining);
        }
        let parsed = parse(asked, &self.limits.get())?;
        let app = self.app();
        if !parsed.query.bizid_fits(app.keys.bizid) {
            return Err(PlayFault::WrongBizid);
        }
        self.standing.admit_host(app.id, asked.host, Direction::Play).map_err(|()| PlayFault::DomainDisabled)?;
        let auth = self.standing.url_auth(app.id, Direction::Play);
        let signed = auth.enabled.unwrap_or_else(|| !self.policy.read().play_open);
        if signed {
            let keys = KeyPair { main: &app.keys.play_key, backup: &app.keys.play_key_backup };
            let base = self.rendition_of(&parsed.name).map(|(base, _)| base);
            let (signature, now) = (&parsed.query.signature, self.clock.unix());
            verify_play(signature, &parsed.name, base.as_ref(), keys, auth.delta_ms(), now)?;
        }
        self.standing.admit_play(app.id, peer)?;
        Ok((app.id, parsed))
    }
}

/// Whether a name is one that channels have: the number of the account and 32 hex digits.
pub(crate) fn is_channel_name(name: &StreamName, bizid: u32) -> bool {
    let Some((account, hex)) = name.as_str().split_once('_') else { return false };
    account == bizid.to_string() && hex.len() == 32 && hex.bytes().all(|byte| byte.is_ascii_hexdigit())
}
