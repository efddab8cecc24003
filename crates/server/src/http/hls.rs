use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, header};
use http_body_util::BodyExt;
use hyper::body::{Frame, Incoming, SizeHint};
use serde_json::json;
use vivace_base::StreamName;
use vivace_domain::live::PlayFault;
use vivace_flv::RequestFault;
use vivace_gate::{Asked, Watched};
use vivace_hls::engine::Flavor;
use vivace_hls::serve::{Fault, Head, KeptFile, OnEnd, Rate, Visit};
use vivace_hub::Stream;
use vivace_net::{BoxError, Full, Share};

use super::{Body, Denied, Service};
use crate::closed::Reason;
use crate::spans;
use crate::transcode::LadderRate;

impl Service {
    /// The address of a playlist: decided by the gate like every play, answered with the master playlist.
    pub(super) async fn hls_begin(&self, request: &Request<Incoming>, name: &str) -> Result<Response<Body>, Denied> {
        readable(request)?;
        let query = request.uri().query().unwrap_or("");
        let asked = Asked { host: super::host_of(request), app: "live", name, query };
        let stream = match self.shared.watch(asked, self.peer.address.ip()).await.map_err(Denied::Play)? {
            Watched::Live(stream) => stream,
            Watched::Past { app, name, shift } => return self.shift_begin(request, app, &name, shift).await,
        };
        let flavor = Flavor::of_query(query)
            .ok_or(Denied::Play(PlayFault::ParameterMalformed { name: "hls", wanted: "mp4, ll or ts" }))?;
        if let Some(codec) = uncarried(&stream, flavor) {
            return Err(Denied::Play(PlayFault::UnsupportedCodec { codec }));
        }
        let share = match self.hls_share() {
            Ok(share) => share,
            Err(fault) => return Ok(self.hls_denied(&fault)),
        };
        self.place.lock().take();
        let on_end = self.hls_session(&stream, flavor, share);
        let head = Head::of(request.method(), request.headers());
        let rates = self.shared.ladder(stream.name()).await;
        let rates: Vec<Rate<'_>> = rates.iter().map(LadderRate::of_playlist).collect();
        self.hls_answer(self.shared.hls.begin(stream, flavor, &head, on_end, &rates).await)
    }

    /// A file below a stream's name; its token says that the gate has granted it.
    pub(super) async fn hls_file(
        &self,
        request: &Request<Incoming>,
        name: &str,
        file: &str,
    ) -> Result<Response<Body>, Denied> {
        readable(request)?;
        let Ok(name) = StreamName::parse(name) else { return Ok(self.hls_denied(&Fault::NoFile)) };
        let query = request.uri().query().unwrap_or("");
        if query.len() > self.shared.limits.get().url_bytes_max {
            return Ok(self.hls_denied(&Fault::NoFile));
        }
        if let Some(kept) = KeptFile::parse(file) {
            return self.shift_file(request, &name, kept, query).await;
        }
        let head = Head::of(request.method(), request.headers());
        let mut found = self.hls_visit(&name, file, query, &head).await;
        if matches!(found, Err(Fault::NotPlayed)) && self.shared.is_expected(name.as_str()) {
            // Its session is good, and its stream is on its way from the process before.
            found = match self.shared.arrives(name.as_str()).await {
                true => self.hls_visit(&name, file, query, &head).await,
                false => Err(Fault::NotMoved),
            };
        }
        if matches!(found, Err(Fault::NotPlayed)) && self.shared.make(&name).await.map_err(Denied::Play)? {
            // Its token is good, and it is made from now on.
            found = self.hls_visit(&name, file, query, &head).await;
        }
        if found.is_ok() {
            self.place.lock().take();
        }
        if file.ends_with(".m3u8") {
            return self.hls_answer(found);
        }
        let cut = self.cut.clone();
        let on_cut = Arc::new(move || cut.cancel());
        self.hls_answer(found.map(|response| response.map(|pieces| self.shared.hls.send(pieces, on_cut))))
    }

    fn hls_answer(&self, found: Result<Response<Vec<Bytes>>, Fault>) -> Result<Response<Body>, Denied> {
        match found {
            Ok(response) => Ok(self.hls_response(response)),
            Err(Fault::NotCarried { codec }) => Err(Denied::Play(PlayFault::UnsupportedCodec { codec: codec.name() })),
            Err(fault) => Ok(self.hls_denied(&fault)),
        }
    }

    async fn hls_visit(
        &self,
        name: &StreamName,
        file: &str,
        query: &str,
        head: &Head,
    ) -> Result<Response<Vec<Bytes>>, Fault> {
        let app = self.shared.gate.app().id;
        let stream = self.shared.hub.stream(app, name);
        // One that comes back is counted for its address anew, and for nothing else: its play has ended in the log.
        let admit = || self.hls_share().map(|share| Box::new(move |_| drop(share)) as OnEnd);
        self.shared.hls.file(Visit { app, name, file, query, stream: stream.as_ref(), admit: &admit }, head).await
    }

    /// A player's share of those that there may be, all together and from its address.
    fn hls_share(&self) -> Result<Share, Fault> {
        let limits = self.shared.limits.get();
        self.shared.quotas.hls_sessions.try_take_from(self.peer.address.ip()).map_err(|full| match full {
            Full::All => Fault::Sessions { limit: limits.hls_sessions_max },
            Full::Address => Fault::AddressSessions { limit: limits.hls_sessions_per_address_max },
        })
    }

    fn hls_session(&self, stream: &Arc<Stream>, flavor: Flavor, share: Share) -> OnEnd {
        let (session, name) = (self.peer.session, stream.name().to_string());
        self.shared.counts.plays.fetch_add(1, Relaxed);
        let format = match flavor {
            Flavor::Mp4 => "hls",
            Flavor::LowLatency => "llhls",
            Flavor::Ts => "hls-ts",
        };
        tracing::info!(%session, peer = %self.peer.address, stream = name, format, "play begins");
        let span = spans::play(self.peer, &name, format);
        let (shared, app, stream) = (self.shared.clone(), stream.app(), stream.name().clone());
        let (ip, max) = (self.peer.address.ip(), self.shared.limits.get().statistics_addresses_max);
        shared.statistics.play_begins(app, stream.as_str(), ip, max);
        shared.statistics.hls(app, &stream, true);
        Box::new(move |bytes| {
            shared.statistics.hls(app, &stream, false);
            shared.statistics.play_ends(app, ip, bytes, max);
            tracing::info!(%session, stream = name, format, bytes, "play ends");
            span.record("bytes", bytes);
            spans::end(&span, &"the player asks for nothing any more", None);
            drop(share);
        })
    }

    pub(super) fn hls_response(&self, response: Response<Vec<Bytes>>) -> Response<Body> {
        let mut response = response.map(|pieces| Pieces::new(pieces).boxed_unsync());
        self.sign(response.headers_mut());
        response
    }

    pub(super) fn hls_denied(&self, fault: &Fault) -> Response<Body> {
        match Reason::of_hls(fault) {
            Some(reason) => self.shared.closed(self.peer, "hls", reason, fault),
            None => tracing::debug!(session = %self.peer.session, %fault, "a file of HLS is refused"),
        }
        let mut response = self.answer(fault.status(), &json!({"message": fault.to_string()}));
        if let Fault::Range { bytes } = fault
            && let Ok(value) = HeaderValue::from_str(&format!("bytes */{bytes}"))
        {
            response.headers_mut().insert(header::CONTENT_RANGE, value);
        }
        response
    }
}

fn readable(request: &Request<Incoming>) -> Result<(), Denied> {
    let readable = matches!(*request.method(), Method::GET | Method::HEAD);
    if readable { Ok(()) } else { Err(Denied::Request(RequestFault::Method)) }
}

/// The first codec of the stream that the flavor's container cannot carry.
fn uncarried(stream: &Stream, flavor: Flavor) -> Option<&'static str> {
    let container = flavor.container();
    stream.tracks().codecs().find(|codec| !container.carries(*codec)).map(|codec| codec.name())
}

/// Bytes that are there already, in pieces that all players share.
struct Pieces {
    left: VecDeque<Bytes>,
    bytes: u64,
}

impl Pieces {
    fn new(pieces: Vec<Bytes>) -> Self {
        let bytes = pieces.iter().map(|piece| piece.len() as u64).sum();
        Self { left: pieces.into_iter().filter(|piece| !piece.is_empty()).collect(), bytes }
    }
}

impl hyper::body::Body for Pieces {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let piece = self.left.pop_front();
        self.bytes -= piece.as_ref().map_or(0, |piece| piece.len() as u64);
        Poll::Ready(piece.map(|piece| Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.left.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.bytes)
    }
}
