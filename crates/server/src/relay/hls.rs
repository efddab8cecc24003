use std::net::{IpAddr, Ipv4Addr};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use bytes::Bytes;
use thiserror::Error;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use vivace_base::MonoMs;
use vivace_domain::relay::{HttpUrl, UrlFault};
use vivace_hls::engine::source::{Load, Source, SourceFault, SourceLimits, Step, What};
use vivace_hub::Publisher;
use vivace_net::outbound::{Destination, Get, GetFault, Getter, Got, OutboundFault};

use super::entry::Entry;
use crate::shared::Shared;

/// Times that one request is sent elsewhere.
const REDIRECTS_MAX: usize = 5;

/// Why a source is not pulled by HLS any more.
#[derive(Debug, Error)]
pub(super) enum HlsEnd {
    /// It cannot be followed.
    #[error("{0}")]
    Source(SourceFault),
    /// It is lost: nothing new is had.
    #[error("{fault}; the last request, for {}: {load}", of(*.what))]
    Lost { fault: SourceFault, what: What, load: LoadFault },
    /// Its first playlist is not to be had.
    #[error("{}: {load}", of(*.what))]
    Load { what: What, load: LoadFault },
    /// Another publisher has the name of the stream that was pulled into.
    #[error("the stream has another publisher now, or was cut")]
    Replaced,
    /// The owner wants no more of it.
    #[error("it was stopped")]
    Stopped,
}

const fn of(what: What) -> &'static str {
    match what {
        What::Playlist => "the playlist",
        What::Map => "an initialization segment",
        What::Segment(_) => "a segment",
    }
}

/// Why something was not loaded.
#[derive(Debug, Error)]
pub(super) enum LoadFault {
    #[error("{0}")]
    Get(#[from] GetFault),
    /// Where the server sent the request is no address.
    #[error("the server sends elsewhere: {0}")]
    Address(#[from] UrlFault),
    #[error("the server sends elsewhere more than {REDIRECTS_MAX} times")]
    Redirects,
    /// The server sent the request to a place that is not connected to.
    #[error("the server sends elsewhere: {0}")]
    Elsewhere(OutboundFault),
}

impl HlsEnd {
    /// Whether only the operator can change it: the source's own address is one that is not connected to.
    pub(super) const fn is_lasting(&self) -> bool {
        match self {
            Self::Load { load: LoadFault::Get(GetFault::Connect(fault)), .. } => fault.is_lasting(),
            _ => false,
        }
    }
}

/// What is being loaded.
type Loading = Pin<Box<dyn Future<Output = Loaded> + Send>>;

struct Loaded {
    getter: Getter,
    load: Box<Load>,
    /// Where it came from in the end, and what it is.
    result: Result<(HttpUrl, Bytes), LoadFault>,
}

/// A stream that is pulled from a remote server by HLS into one of ours.
pub(super) struct HlsPull<'a> {
    shared: &'a Arc<Shared>,
    entry: &'a Entry,
    stop: &'a CancellationToken,
    source: Source,
    getter: Option<Getter>,
    loading: Option<Loading>,
    /// The last failure to load something, until something of its kind is loaded.
    failed: Option<(What, LoadFault)>,
    from: IpAddr,
    skipped: u64,
}

impl<'a> HlsPull<'a> {
    /// Follows the playlist until the first frames are there.
    pub(super) async fn open(
        shared: &'a Arc<Shared>,
        entry: &'a Entry,
        url: &HttpUrl,
        stop: &'a CancellationToken,
    ) -> Result<Self, HlsEnd> {
        let source = Source::new(url.clone(), SourceLimits::from(&*shared.limits.get()));
        let (getter, from) = (Some(Getter::new(shared.outbound.clone())), Ipv4Addr::UNSPECIFIED.into());
        let mut pull = Self { shared, entry, stop, source, getter, loading: None, failed: None, from, skipped: 0 };
        while !pull.source.has_frames() {
            pull.turn().await?;
        }
        Ok(pull)
    }

    /// The server that was asked last.
    pub(super) const fn from(&self) -> IpAddr {
        self.from
    }

    /// Feeds the stream, each frame at its time, until one side ends.
    pub(super) async fn run(mut self, publisher: Publisher) -> HlsEnd {
        loop {
            let now = self.now();
            while let Some(frame) = self.source.pop(now) {
                if publisher.push(frame).is_err() {
                    return HlsEnd::Replaced;
                }
            }
            if !publisher.is_current() {
                return HlsEnd::Replaced;
            }
            if let Err(end) = self.turn().await {
                return end;
            }
        }
    }

    fn now(&self) -> MonoMs {
        self.shared.clock.mono()
    }

    /// Begins what is to be done next, and waits until something has come or a frame is due.
    async fn turn(&mut self) -> Result<(), HlsEnd> {
        let now = self.now();
        let mut until = MonoMs(now.0.saturating_add(1_000));
        if let Some(getter) = self.getter.take() {
            match self.source.poll(now) {
                Ok(Step::Load(load)) => self.loading = Some(self.begin(getter, load)),
                Ok(Step::Wait(wait)) => {
                    until = until.min(wait);
                    self.getter = Some(getter);
                }
                Err(fault) => return Err(self.lost(fault)),
            }
        }
        let until = self.source.due_at().map_or(until, |due| until.min(due));
        let wait = sleep(Duration::from_millis(until.since(now)));
        let loaded = tokio::select! {
            biased;
            () = self.stop.cancelled() => return Err(HlsEnd::Stopped),
            loaded = next(&mut self.loading) => loaded,
            () = wait => return Ok(()),
        };
        self.loading = None;
        self.on_loaded(loaded)
    }

    fn on_loaded(&mut self, loaded: Loaded) -> Result<(), HlsEnd> {
        let Loaded { getter, load, result } = loaded;
        self.from = getter.address().map_or(self.from, |address| address.ip());
        self.getter = Some(getter);
        let now = self.now();
        let done = match result {
            Ok((base, body)) => {
                // A playlist that comes does not mend what it names.
                let mended = |(what, _): &mut (What, LoadFault)| *what == What::Playlist || load.what != What::Playlist;
                self.failed.take_if(mended);
                self.count(&load, body.len());
                self.source.loaded(&load, base, body, now).map_err(HlsEnd::Source)
            }
            Err(fault) => {
                tracing::debug!(relay = %self.entry.relay.id, what = of(load.what), "not loaded");
                if self.source.failed(&load, now) {
                    self.failed = Some((load.what, fault));
                    Ok(())
                } else {
                    Err(HlsEnd::Load { what: load.what, load: fault })
                }
            }
        };
        let skipped = self.source.skipped();
        self.shared.relays.counts.segments_skipped.fetch_add(skipped.saturating_sub(self.skipped), Relaxed);
        self.skipped = skipped;
        done
    }

    fn count(&self, load: &Load, bytes: usize) {
        if matches!(load.what, What::Segment(_)) {
            self.entry.traffic.bytes.fetch_add(bytes as u64, Relaxed);
            self.shared.relays.counts.segments.fetch_add(1, Relaxed);
        }
    }

    fn lost(&mut self, fault: SourceFault) -> HlsEnd {
        match self.failed.take() {
            Some((what, load)) if matches!(fault, SourceFault::Stuck { .. }) => HlsEnd::Lost { fault, what, load },
            _ => HlsEnd::Source(fault),
        }
    }

    fn begin(&self, mut getter: Getter, load: Box<Load>) -> Loading {
        let limits = self.shared.limits.get();
        let (connect_ms, url_bytes_max) = (limits.outbound_connect_ms_max, limits.url_bytes_max);
        Box::pin(async move {
            let result = get(&mut getter, &load, connect_ms, url_bytes_max).await;
            Loaded { getter, load, result }
        })
    }
}

/// Waits for what is being loaded; for ever if nothing is. Dropped before it is done, it has lost nothing.
async fn next(loading: &mut Option<Loading>) -> Loaded {
    match loading {
        Some(loading) => loading.await,
        None => std::future::pending().await,
    }
}

/// Loads something, and goes where the servers send it: each place is looked at like the first.
async fn get(
    getter: &mut Getter,
    load: &Load,
    connect_ms: u64,
    url_bytes_max: usize,
) -> Result<(HttpUrl, Bytes), LoadFault> {
    let mut url = load.url.clone();
    for redirects in 0..=REDIRECTS_MAX {
        let elsewhere = |fault| if redirects == 0 { GetFault::from(fault).into() } else { LoadFault::Elsewhere(fault) };
        let to = Destination::new(url.host(), url.port()).map_err(elsewhere)?;
        let host = url.host_header();
        let get = Get {
            to: &to,
            tls: url.tls(),
            host: &host,
            target: url.target(),
            range: load.range.map(|range| (range.at, range.bytes)),
            body_bytes_max: load.bytes_max,
            connect_ms,
            within_ms: load.within_ms,
        };
        match getter.get(&get).await {
            Ok(Got::Body(body)) => return Ok((url, body)),
            Ok(Got::Elsewhere(to)) => url = url.resolve(&to, url_bytes_max)?,
            Err(GetFault::Connect(fault)) => return Err(elsewhere(fault)),
            Err(fault) => return Err(fault.into()),
        }
    }
    Err(LoadFault::Redirects)
}
