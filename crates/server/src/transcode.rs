//! Streams that this server makes of others: who asks for them, and what is told of them.

use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::Arc;

use vivace_base::{Clock, LiveLimits, Rng, SessionId, StreamName};
use vivace_domain::channel::Rate;
use vivace_domain::live::{PlayFault, PublishFault};
use vivace_domain::rendition::Rendition;
use vivace_flv::{FLV, MP4};
use vivace_gate::{Asked, Gate, Marks, Play, Watched};
use vivace_hub::{FormatKind, Hub, Publisher, Stream};
use vivace_net::outbound::Outbound;
use vivace_store::{EventLog, Store, Watermark};
use vivace_worker::child::{ChildFault, Children, ChildrenParts};
use vivace_worker::transcode::{Claims, Feeds, Mark, RenditionFault, TranscodeParts, Transcoder};

use crate::Config;
use crate::shared::Shared;

/// The running binary, also where the file that it was started from has been replaced meanwhile.
const OWN_BINARY: &str = "/proc/self/exe";
/// Where watermarks' pictures are kept, within the data folder.
const PICTURES: &str = "watermarks";

/// The programs that run beside the server.
pub(crate) fn children(config: &Config, limits: &LiveLimits, clock: &Arc<dyn Clock>) -> Arc<Children> {
    Children::new(ChildrenParts {
        launcher: Some(PathBuf::from(OWN_BINARY)),
        program: config.ffmpeg.clone(),
        limits: limits.clone(),
        clock: clock.clone(),
    })
}

/// What the transcoder is made of besides the children.
pub(crate) struct Around {
    pub(crate) gate: Arc<Gate>,
    pub(crate) hub: Arc<Hub>,
    pub(crate) outbound: Arc<Outbound>,
    pub(crate) events: EventLog,
    pub(crate) limits: LiveLimits,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) rng: Arc<dyn Rng>,
}

/// The maker of rates, sounds and watermarks.
pub(crate) fn transcoder(config: &Config, children: &Arc<Children>, around: Around) -> Arc<Transcoder> {
    let Around { gate, hub, outbound, events, limits, clock, rng } = around;
    Transcoder::new(TranscodeParts {
        hub,
        claims: Arc::new(GateClaims(gate)),
        children: children.clone(),
        feeds: Feeds { flv: FLV, mp4: MP4 },
        outbound,
        folder: std::path::absolute(config.data.join(PICTURES)).unwrap_or_else(|_| config.data.join(PICTURES)),
        events,
        limits,
        clock,
        rng,
        idle_ms: config.transcode.idle_ms,
    })
}

/// A rate that may be played in a stream's place.
pub(crate) struct LadderRate {
    name: StreamName,
    size_max: (u16, u16),
    bits_per_second: u64,
}

impl LadderRate {
    fn new(stream: &StreamName, rate: Rate) -> Option<Self> {
        let (name, size_max) = (Rendition::Rate(rate).name_of(stream)?, rate.size_max()?);
        Some(Self { name, size_max, bits_per_second: rate.bits_per_second()? })
    }

    /// As the master playlist names it.
    pub(crate) const fn of_playlist(&self) -> vivace_hls::serve::Rate<'_> {
        let Self { name, size_max, bits_per_second } = self;
        vivace_hls::serve::Rate { name, size_max: *size_max, bits_per_second: *bits_per_second }
    }
}

/// Removes the pictures of watermarks that are gone: a server that was killed may have left them.
pub(crate) async fn drop_old_pictures(transcoder: &Transcoder, store: &Store) {
    match store.reader().watermark_ids().await {
        Ok(ids) => transcoder.keep_pictures_of(ids.into_iter().collect()).await,
        Err(fault) => tracing::error!(%fault, "the watermarks that there are cannot be read"),
    }
}

/// Drops the picture of a watermark with it.
pub(crate) struct KeptMarks(pub(crate) Arc<Transcoder>);

impl Marks for KeptMarks {
    fn gone(&self, id: u64) {
        self.0.forget_mark(id);
    }
}

struct GateClaims(Arc<Gate>);

impl Claims for GateClaims {
    fn claim(&self, name: &StreamName, session: SessionId) -> Result<Publisher, PublishFault> {
        self.0.claim_rendition(name, session)
    }
}

impl Shared {
    /// Decides about a play; one of a stream that moves waits for it, and one of a rate or a sound begins to make
    /// it.
    pub(crate) async fn play(&self, asked: Asked<'_>, peer: IpAddr, format: FormatKind) -> Result<Play, PlayFault> {
        match self.gate.play(asked, peer, format).await {
            Err(fault) if self.comes(asked.name, &fault).await? => self.gate.play(asked, peer, format).await,
            decided => decided,
        }
    }

    /// Decides about a play whose bytes are cut into files, likewise.
    pub(crate) async fn watch(&self, asked: Asked<'_>, peer: IpAddr) -> Result<Watched, PlayFault> {
        match self.gate.watch(asked, peer).await {
            Err(fault) if self.comes(asked.name, &fault).await? => self.gate.watch(asked, peer).await,
            decided => decided,
        }
    }

    /// Whether what a granted play did not find is there now: it has come from the process before, or is made here.
    async fn comes(&self, asked: &str, fault: &PlayFault) -> Result<bool, PlayFault> {
        if !matches!(fault, PlayFault::NotLive | PlayFault::NotProduced) {
            return Ok(false);
        }
        if self.is_expected(asked) {
            return Ok(self.arrives(asked).await);
        }
        let name = StreamName::parse(asked.split_once('?').map_or(asked, |(name, _)| name));
        let Ok(name) = name else { return Ok(false) };
        match self.gate.rendition_of(&name) {
            Some((base, _)) if *fault == PlayFault::NotProduced || self.arrives(base.as_str()).await => {
                self.make(&name).await
            }
            _ => Ok(false),
        }
    }

    /// Makes a rate or a sound, if it may be made; false if the name is that of none.
    pub(crate) async fn make(&self, name: &StreamName) -> Result<bool, PlayFault> {
        let (stream, rendition) = match self.gate.admit_rendition(name).await {
            Ok(admitted) => admitted,
            Err(PlayFault::NotLive | PlayFault::NotProduced) => return Ok(false),
            Err(fault) => return Err(fault),
        };
        match self.transcoder.make(&stream, rendition) {
            Ok(()) => Ok(true),
            Err(RenditionFault::Child(ChildFault::Full { limit })) => Err(PlayFault::TranscodersFull { limit }),
            Err(RenditionFault::Child(_)) => Err(PlayFault::NoTranscoder),
            Err(RenditionFault::NoSound) => Err(PlayFault::NoSound),
            Err(RenditionFault::Stopping | RenditionFault::Claim(PublishFault::Draining)) => Err(PlayFault::Draining),
            Err(fault @ (RenditionFault::Claim(_) | RenditionFault::NoName)) => {
                tracing::warn!(stream = %name, %fault, "it cannot be made");
                Ok(false)
            }
        }
    }

    /// The rates that may be played in a stream's place.
    pub(crate) async fn ladder(&self, name: &StreamName) -> Vec<LadderRate> {
        if self.gate.rendition_of(name).is_some() || self.transcoder.children().program().is_none() {
            return Vec::new();
        }
        // What cannot be read has been logged; the original is played all the same.
        let rates = self.gate.rates(name).await.unwrap_or_default();
        rates.into_iter().filter_map(|rate| LadderRate::new(name, rate)).collect()
    }

    /// A granted push whose players are to see a watermark.
    pub(crate) fn mark(&self, stream: &Arc<Stream>, watermark: Option<Watermark>) {
        let Some(Watermark { id, picture, x, y, .. }) = watermark else { return };
        let percent = |value: i64| u8::try_from(value.clamp(0, 100)).unwrap_or(0);
        self.transcoder.mark(stream, Mark { id, picture, x: percent(x), y: percent(y) });
    }
}
