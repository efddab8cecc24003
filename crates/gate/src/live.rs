use std::net::{IpAddr, Ipv6Addr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use parking_lot::RwLock;
use vivace_base::{AppId, Clock, Limits, SessionId, UnixMs};
use vivace_domain::app::App;
use vivace_domain::claim::Owner;
use vivace_domain::live::{PlayFault, PublishFault};
use vivace_domain::url::{KeyPair, StartAt, verify_play, verify_push};
use vivace_hub::{FormatKind, Hub, HubFault, Publisher, Reader, Start, Stream};

use crate::Asked;
use crate::address::{Parsed, parse};

/// Who may push and play without a signed address.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Policy {
    /// Pushes need no signature; a name is then owned by the address that pushes it.
    pub push_open: bool,
    /// Plays need no signature.
    pub play_open: bool,
}

/// A push that has been granted.
pub struct Published {
    /// The right to feed the stream.
    pub publisher: Publisher,
    /// Until when the address is good, where it was signed.
    pub expires_at: Option<UnixMs>,
}

/// A play that has been granted.
pub struct Play {
    /// The seat at the stream.
    pub reader: Reader,
    /// Where it begins.
    pub start: Start,
}

/// Decides about pushes and plays.
pub struct Gate {
    app: RwLock<Arc<App>>,
    hub: Arc<Hub>,
    clock: Arc<dyn Clock>,
    limits: Arc<Limits>,
    policy: Policy,
    draining: AtomicBool,
}

impl Gate {
    /// A gate before the streams of one app.
    pub fn new(app: App, hub: Arc<Hub>, clock: Arc<dyn Clock>, limits: Arc<Limits>, policy: Policy) -> Self {
        Self { app: RwLock::new(Arc::new(app)), hub, clock, limits, policy, draining: AtomicBool::new(false) }
    }

    /// The app that everything belongs to.
    pub fn app(&self) -> Arc<App> {
        self.app.read().clone()
    }

    /// From now on nobody new is let in.
    pub fn drain(&self) {
        self.draining.store(true, Relaxed);
    }

    /// Decides about a push: name, signature and expiry, then the claim on the name.
    pub async fn publish(&self, asked: Asked<'_>, peer: IpAddr, session: SessionId) -> Result<Published, PublishFault> {
        if self.draining.load(Relaxed) {
            return Err(PublishFault::Draining);
        }
        let Parsed { name, query } = parse(asked, &self.limits)?;
        let app = self.app();
        if !query.bizid_fits(app.keys.bizid) {
            return Err(PublishFault::WrongBizid);
        }
        let (owner, expires_at) = if self.policy.push_open {
            (Owner::Address(mapped(peer).octets()), None)
        } else {
            let keys = KeyPair { main: &app.keys.push_key, backup: &app.keys.push_key_backup };
            let verified = verify_push(&query.signature, &name, keys, 0, self.clock.unix())?;
            (Owner::Key(app.id), Some(verified.expires_at))
        };
        let publisher = self.hub.publish(app.id, &name, owner, session).map_err(|fault| match fault {
            HubFault::Taken { state, .. } => PublishFault::NameTaken { state },
            HubFault::StreamsMax { limit } => PublishFault::StreamsQuota { limit },
        })?;
        Ok(Published { publisher, expires_at })
    }

    /// Decides about a play: name, signature and expiry, then whether there is such a stream, and whether the format
    /// carries what it holds as far as that is known.
    pub async fn play(&self, asked: Asked<'_>, format: FormatKind) -> Result<Play, PlayFault> {
        let (app, Parsed { name, query }) = self.admit_player(asked)?;
        let reader = self.hub.subscribe(app, &name, format).ok_or(PlayFault::NotLive)?;
        if let Some(codec) = reader.stream().uncarried(format) {
            return Err(PlayFault::UnsupportedCodec { codec: codec.name() });
        }
        let start = match query.start {
            Some(StartAt::Live) => Start::Live,
            Some(StartAt::Fast) | None => Start::Fast,
        };
        Ok(Play { reader, start })
    }

    /// Decides about a play whose bytes are cut into files: the same checks, and the stream instead of a place in it.
    pub async fn watch(&self, asked: Asked<'_>) -> Result<Arc<Stream>, PlayFault> {
        let (app, Parsed { name, .. }) = self.admit_player(asked)?;
        self.hub.stream(app, &name).ok_or(PlayFault::NotLive)
    }

    fn admit_player(&self, asked: Asked<'_>) -> Result<(AppId, Parsed), PlayFault> {
        if self.draining.load(Relaxed) {
            return Err(PlayFault::Draining);
        }
        let parsed = parse(asked, &self.limits)?;
        let app = self.app();
        if !parsed.query.bizid_fits(app.keys.bizid) {
            return Err(PlayFault::WrongBizid);
        }
        if !self.policy.play_open {
            let keys = KeyPair { main: &app.keys.play_key, backup: &app.keys.play_key_backup };
            verify_play(&parsed.query.signature, &parsed.name, keys, 0, self.clock.unix())?;
        }
        Ok((app.id, parsed))
    }
}

/// IPv4 in its IPv6-mapped form, so that one peer is one owner by whichever listener it comes.
fn mapped(peer: IpAddr) -> Ipv6Addr {
    match peer {
        IpAddr::V4(address) => address.to_ipv6_mapped(),
        IpAddr::V6(address) => address,
    }
}
