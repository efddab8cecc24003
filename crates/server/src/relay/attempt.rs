use std::net::IpAddr;
use std::sync::Arc;

use thiserror::Error;
use tokio_util::sync::CancellationToken;
use vivace_base::SessionId;
use vivace_domain::live::{MediaFault, PublishFault, Unpublish};
use vivace_domain::relay::{Direction, HttpUrl, RelayUrl};
use vivace_hls::engine::source::SourceFault;
use vivace_hub::{Cut, Publisher, Stream};
use vivace_media::flv;
use vivace_net::outbound::{Destination, OutboundFault, Outgoing, OutgoingStream};
use vivace_rtmp::engine::handshake::RANDOM_BYTES;
use vivace_rtmp::{Pull, Push, RemoteAddress, RemoteAround, RemoteEnd};

use super::entry::Entry;
use super::hls::{HlsEnd, HlsPull};
use crate::callbacks::{Notice, Origin};
use crate::pulls::channel_of;
use crate::rtmp::protocol_fault;
use crate::shared::Shared;

/// How a connection of a relay ended.
#[derive(Debug, Error)]
pub(super) enum End {
    #[error("{0}")]
    Outbound(#[from] OutboundFault),
    #[error("{0}")]
    Remote(#[from] RemoteEnd),
    #[error("{0}")]
    Hls(#[from] HlsEnd),
    /// The name that it pulls into is not to be had.
    #[error("{0}")]
    Claim(#[from] PublishFault),
}

/// One connection of a relay.
pub(super) struct Attempt<'a> {
    pub(super) shared: &'a Arc<Shared>,
    pub(super) entry: &'a Entry,
    /// Where to; that of the relay, or where the remote server has sent it.
    pub(super) url: &'a RelayUrl,
    pub(super) session: SessionId,
    pub(super) stop: &'a CancellationToken,
}

impl Attempt<'_> {
    /// Connects and relays until one side ends; `runs` is called once media may pass. `stream` is the one to be pushed.
    pub(super) async fn run(&self, stream: Option<Arc<Stream>>, runs: impl FnOnce()) -> End {
        if let Some(playlist) = self.url.playlist() {
            return self.pull_hls(playlist, runs).await.unwrap_or_else(|end| end);
        }
        let connected = tokio::select! {
            connected = self.connect() => connected,
            () = self.stop.cancelled() => return RemoteEnd::Stopped.into(),
        };
        let Outgoing { stream: socket, address } = match connected {
            Ok(connected) => connected,
            Err(fault) => return fault.into(),
        };
        let done = match (self.entry.relay.direction, stream) {
            (Direction::Push, Some(stream)) => self.push(socket, stream, runs).await,
            (Direction::Push, None) => Ok(RemoteEnd::StreamEnded),
            (Direction::Pull, _) => self.pull(socket, address.ip(), runs).await,
        };
        match done {
            Ok(end) => end.into(),
            Err(end) => end,
        }
    }

    async fn connect(&self) -> Result<Outgoing, OutboundFault> {
        let to = Destination::new(self.url.host(), self.url.port())?;
        let ms = self.shared.limits.get().outbound_connect_ms_max;
        self.shared.outbound.connect(&to, self.url.tls(), ms).await
    }

    async fn pull(&self, socket: OutgoingStream, from: IpAddr, runs: impl FnOnce()) -> Result<RemoteEnd, End> {
        let pull = Pull::open(socket, self.address(), self.around(), self.random()).await?;
        let (publisher, stream, notice) = self.claim(from).await?;
        runs();
        let end = pull.run(publisher, self.session, &self.entry.traffic).await;
        self.tell(notice, self.interruption(&end, &stream)).await;
        Ok(end)
    }

    async fn pull_hls(&self, playlist: &HttpUrl, runs: impl FnOnce()) -> Result<End, End> {
        let pull = HlsPull::open(self.shared, self.entry, playlist, self.stop).await?;
        let (publisher, stream, notice) = self.claim(pull.from()).await?;
        runs();
        let end = pull.run(publisher).await;
        self.tell(notice, self.hls_interruption(&end, &stream)).await;
        Ok(end.into())
    }

    /// Takes the name of the stream, and tells the begin of its media.
    async fn claim(&self, from: IpAddr) -> Result<(Publisher, Arc<Stream>, Notice), PublishFault> {
        let relay = &self.entry.relay;
        let host = self.shared.config().public_host.clone().unwrap_or_default();
        let (publisher, watermark) = self.shared.gate.pull(&relay.stream, &host, relay.id, self.session).await?;
        let stream = publisher.stream().clone();
        self.shared.mark(&stream, watermark);
        let origin = Origin::pulled(self.shared, channel_of(relay.id), from);
        let notice = Notice::begin(self.shared, self.session, &publisher, origin);
        Ok((publisher, stream, notice))
    }

    async fn tell(&self, mut notice: Notice, fault: MediaFault) {
        if let Some(event) = notice.end(fault) {
            self.shared.callbacks.record_late(event).await;
        }
    }

    async fn push(&self, socket: OutgoingStream, stream: Arc<Stream>, runs: impl FnOnce()) -> Result<RemoteEnd, End> {
        let push = Push::open(socket, self.address(), self.around(), self.random()).await?;
        runs();
        Ok(push.run(stream, &self.entry.traffic).await)
    }

    fn address(&self) -> RemoteAddress {
        let url = self.url;
        RemoteAddress { app: url.app().to_owned(), tc_url: url.tc_url(), name: url.name().clone() }
    }

    fn around(&self) -> RemoteAround {
        let (limits, clock) = (self.shared.limits.get(), self.shared.clock.clone());
        RemoteAround { limits, clock, stop: self.stop.clone() }
    }

    fn random(&self) -> [u8; RANDOM_BYTES] {
        let mut random = [0; RANDOM_BYTES];
        self.shared.rng.fill(&mut random);
        random
    }

    /// The end of a pull, as the end of a push is called.
    fn interruption(&self, end: &RemoteEnd, stream: &Stream) -> MediaFault {
        match end {
            RemoteEnd::Closed | RemoteEnd::Refused { .. } | RemoteEnd::Reconnect { .. } => MediaFault::ClientClosed,
            // The server said that the stream is over: what a publisher's last command says.
            RemoteEnd::Cut { .. } | RemoteEnd::StreamEnded => MediaFault::Unpublished(Unpublish::DeleteStream),
            RemoteEnd::Broken(_) => MediaFault::TcpLost,
            RemoteEnd::Protocol(fault) => protocol_fault(fault),
            RemoteEnd::TooLate { ms, .. } | RemoteEnd::Stalled { ms } => MediaFault::Idle { silent_ms: *ms },
            RemoteEnd::Idle { silent_ms } => MediaFault::Idle { silent_ms: *silent_ms },
            RemoteEnd::Media(flv::Fault::UnsupportedCodec { codec, .. }) => {
                MediaFault::CodecUnsupported { codec: codec.name().to_owned() }
            }
            RemoteEnd::Media(_) => MediaFault::MediaError,
            RemoteEnd::Replaced => replaced(stream),
            RemoteEnd::Stopped => self.stopped(),
        }
    }

    /// The same of a pull by HLS.
    fn hls_interruption(&self, end: &HlsEnd, stream: &Stream) -> MediaFault {
        match end {
            HlsEnd::Source(SourceFault::Ended) => MediaFault::Unpublished(Unpublish::DeleteStream),
            HlsEnd::Lost { fault: SourceFault::Stuck { ms, .. }, .. }
            | HlsEnd::Source(SourceFault::Stuck { ms, .. }) => MediaFault::Idle { silent_ms: *ms },
            HlsEnd::Source(_) | HlsEnd::Lost { .. } => MediaFault::MediaError,
            HlsEnd::Load { .. } => MediaFault::TcpLost,
            HlsEnd::Replaced => replaced(stream),
            HlsEnd::Stopped => self.stopped(),
        }
    }

    fn stopped(&self) -> MediaFault {
        if self.shared.stop.is_cancelled() { MediaFault::ShuttingDown } else { MediaFault::Disabled }
    }
}

/// Why a stream whose name is not ours any more has gone.
fn replaced(stream: &Stream) -> MediaFault {
    match stream.cut() {
        Some(Cut::Requested) => MediaFault::CutOnRequest,
        Some(Cut::Disabled) => MediaFault::Disabled,
        None => MediaFault::Replaced,
    }
}
