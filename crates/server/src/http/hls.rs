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
use vivace_gate::Asked;
use vivace_hls::engine::{Container, Flavor};
use vivace_hls::serve::{Fault, Head, OnEnd, Visit};
use vivace_hub::Stream;
use vivace_net::BoxError;

use super::{Body, Denied, Service};

impl Service {
    /// The address of a playlist: decided by the gate like every play, answered with the master playlist.
    pub(super) async fn hls_begin(&self, request: &Request<Incoming>, name: &str) -> Result<Response<Body>, Denied> {
        readable(request)?;
        let query = request.uri().query().unwrap_or("");
        let asked = Asked { app: "live", name, query };
        let stream = self.shared.gate.watch(asked).await.map_err(Denied::Play)?;
        let flavor = Flavor::of_query(query).ok_or(Denied::Play(PlayFault::ParameterMalformed { name: "hls" }))?;
        if let Some(codec) = uncarried(&stream, flavor) {
            return Err(Denied::Play(PlayFault::UnsupportedCodec { codec }));
        }
        self.place.lock().take();
        let on_end = self.hls_session(&stream, flavor);
        let head = Head::of(request.headers());
        let begun = self.shared.hls.begin(stream, flavor, &head, on_end).await;
        Ok(begun.map_or_else(|fault| self.hls_denied(&fault), |response| self.hls_response(response)))
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
        if query.len() > self.shared.limits.url_bytes_max {
            return Ok(self.hls_denied(&Fault::NoFile));
        }
        let visit = Visit { app: self.shared.gate.app().id, name: &name, file, query };
        let head = Head::of(request.headers());
        let found = self.shared.hls.file(visit, &head).await;
        if found.is_ok() {
            self.place.lock().take();
        }
        Ok(found.map_or_else(|fault| self.hls_denied(&fault), |response| self.hls_response(response)))
    }

    fn hls_session(&self, stream: &Arc<Stream>, flavor: Flavor) -> OnEnd {
        let (session, name) = (self.peer.session, stream.name().to_string());
        self.shared.counts.plays.fetch_add(1, Relaxed);
        let format = match flavor {
            Flavor::Mp4 => "hls",
            Flavor::LowLatency => "llhls",
            Flavor::Ts => "hls-ts",
        };
        tracing::info!(%session, peer = %self.peer.address, stream = name, format, "play begins");
        Box::new(move |bytes| tracing::info!(%session, stream = name, format, bytes, "play ends"))
    }

    fn hls_response(&self, response: Response<Vec<Bytes>>) -> Response<Body> {
        let mut response = response.map(|pieces| Pieces::new(pieces).boxed_unsync());
        self.sign(response.headers_mut());
        response
    }

    fn hls_denied(&self, fault: &Fault) -> Response<Body> {
        tracing::debug!(session = %self.peer.session, %fault, "a file of HLS is refused");
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
    let container = match flavor.container() {
        Container::Mp4 => vivace_media::Container::Fmp4,
        Container::Ts => vivace_media::Container::MpegTs,
    };
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
