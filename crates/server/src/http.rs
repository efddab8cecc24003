mod api;
mod common_access;
pub(crate) mod file_body;
mod h2;
mod hls;
pub(crate) mod kept;
mod pictures;
mod v3;

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, StatusCode, Version, header};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use parking_lot::Mutex;
use serde_json::json;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;
use vivace_base::StreamName;
use vivace_domain::live::PlayFault;
use vivace_flv::{Handshake, RequestFault, WebSocketPlayer, content_type, format_of, response_head};
use vivace_gate::Asked;
use vivace_hub::{Ask, Inbound, PlayEnd, PlayTotals};
use vivace_lvb::codes as lvb;
use vivace_net::delivery::Adoption;
use vivace_net::{BoxError, HttpService, Place, Reply, Seat};

use crate::shared::{Peer, Shared};
use crate::spans;

/// What a client is told for which there is no place.
pub(crate) const FULL: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 5\r\nContent-Length: 0\r\n\
    Access-Control-Allow-Origin: *\r\nConnection: close\r\n\r\n";

/// Answers the requests of one HTTP connection: live plays by itself, everything else by the router.
pub(crate) struct Service {
    pub(crate) shared: Arc<Shared>,
    pub(crate) router: Router,
    pub(crate) peer: Peer,
    /// Whether the connection is one of TLS.
    pub(crate) is_secure: bool,
    /// Taken by the play that the connection turns into.
    pub(crate) seat: Mutex<Option<Seat>>,
    /// Given back when the connection is granted a play.
    pub(crate) place: Mutex<Option<Place>>,
    /// Breaks the connection.
    pub(crate) cut: CancellationToken,
}

impl HttpService for Service {
    async fn call(self: Arc<Self>, request: Request<Incoming>, _: SocketAddr, local: SocketAddr) -> Reply {
        let span = spans::request(self.peer, request.method(), request.uri().path());
        let live = request.uri().path().strip_prefix("/live/").map(str::to_owned);
        let reply = match live {
            Some(file) => self.live(&request, &file).await,
            None if request.uri().path().starts_with(kept::RECORDINGS) => {
                let path = request.uri().path().strip_prefix(kept::RECORDINGS).unwrap_or_default();
                Reply::Response(self.recording(&request, path).await)
            }
            None if request.uri().path().starts_with(pictures::PICTURES) => {
                let file = request.uri().path().strip_prefix(pictures::PICTURES).unwrap_or_default();
                Reply::Response(self.picture(&request, file).await)
            }
            None if request.uri().path() == api::PATH && Self::has_v3_header(&request) => self.v3(request).await,
            None if request.uri().path() == api::PATH => self.api(request, local.ip()).await,
            None if request.uri().path() == common_access::PATH => self.common_access(request, local.ip()).await,
            None if Self::is_v3_call(&request) => self.v3(request).await,
            // Nothing holds such a client to a process that another one has taken over from.
            None if self.shared.leaving.is_cancelled() => Reply::Last(self.route(request).await),
            None => Reply::Response(self.route(request).await),
        };
        // A connection that a play takes over has its head sent by the play.
        spans::answered(&span, if let Reply::Response(response) = &reply { response.status() } else { StatusCode::OK });
        reply
    }

    fn is_granted(&self) -> bool {
        self.place.lock().is_none()
    }
}

type Body = http_body_util::combinators::UnsyncBoxBody<Bytes, BoxError>;

impl Service {
    async fn route(&self, mut request: Request<Incoming>) -> Response<Body> {
        // HTTP/2 says in `:authority` what HTTP/1.1 says in `Host`.
        if let Some(authority) = request.uri().authority().and_then(|name| HeaderValue::from_str(name.as_str()).ok()) {
            request.headers_mut().entry(header::HOST).or_insert(authority);
        }
        request.extensions_mut().insert(vivace_admin::PeerAddress(self.peer.address.ip()));
        let answer: Result<_, Infallible> = self.router.clone().oneshot(request).await;
        let mut response =
            answer.unwrap_or_else(|never| match never {}).map(|body| body.map_err(Into::into).boxed_unsync());
        self.sign(response.headers_mut());
        response
    }

    async fn live(self: Arc<Self>, request: &Request<Incoming>, file: &str) -> Reply {
        // No file of a playlist is FLV: such a path is a stream name with a slash in it.
        let nested = file.split_once('/').filter(|(_, file)| !file.ends_with(".flv"));
        // A play that never ends has no head of its own.
        let ends = nested.is_some() || file.ends_with(".m3u8");
        let methods = if ends { "GET, HEAD, OPTIONS" } else { "GET, OPTIONS" };
        if request.method() == Method::OPTIONS {
            return Reply::Response(self.preflight(methods));
        }
        let answer = if let Some((name, file)) = nested {
            self.hls_file(request, name, file).await.map(Reply::Response)
        } else if let Some(name) = file.strip_suffix(".m3u8") {
            self.hls_begin(request, name).await.map(Reply::Response)
        } else {
            self.try_live(request, file).await
        };
        if self.shared.leaving.is_cancelled() && self.is_elsewhere(file, &answer) {
            return Reply::Last(self.elsewhere(request));
        }
        match answer {
            Ok(reply) => reply,
            Err(Denied::Request(fault)) => Reply::Response(self.denied_request(fault, methods)),
            Err(Denied::Play(fault)) => {
                let name = file.split_once('/').map_or(file, |(name, _)| name);
                let name = name.rsplit_once('.').map_or(name, |(name, _)| name);
                let told = self.shared.refuse_play(self.peer, name, &fault);
                let body = json!({
                    "table": told.row.table.name(),
                    "code": told.row.number,
                    "message": told.row.en.message,
                    "detail": told.detail,
                    "session": self.peer.session.to_string(),
                });
                let status = StatusCode::from_u16(lvb::http_status(&fault)).unwrap_or(StatusCode::FORBIDDEN);
                let mut response = self.answer(status, &body);
                if let Ok(value) = HeaderValue::from_str(&told.row.to_string()) {
                    response.headers_mut().insert("x-vivace-code", value);
                }
                Reply::Response(response)
            }
        }
    }

    async fn try_live<B>(&self, request: &Request<B>, file: &str) -> Result<Reply, Denied> {
        let handshake = Handshake::of(request.method(), request.headers()).map_err(Denied::Request)?;
        // A name holds nothing that would have to be encoded, so an encoded one is refused by its `%`.
        let (name, extension) = file.rsplit_once('.').ok_or(Denied::Play(PlayFault::UnsupportedFormat))?;
        let format = format_of(extension, handshake.is_websocket());
        let format = format.ok_or(Denied::Play(PlayFault::UnsupportedFormat))?;
        let asked = Asked { host: host_of(request), app: "live", name, query: request.uri().query().unwrap_or("") };
        let granted = self.shared.play(asked, self.peer.address.ip(), format).await.map_err(Denied::Play)?;
        if request.version() == Version::HTTP_2 {
            return self.live_body(granted, format.name, extension).map(Reply::Response).map_err(Denied::Play);
        }
        let Some(seat) = self.seat.lock().take() else { return Err(Denied::Request(RequestFault::Method)) };
        self.place.lock().take();
        let head = response_head(&handshake, content_type(extension), &self.peer.session.to_string());
        let name = granted.reader.stream().name().to_string();
        let websocket = handshake.is_websocket().then(WebSocketPlayer::default);
        let (shared, peer) = (self.shared.clone(), self.peer);
        Ok(Reply::Takeover(Box::new(move |socket, early| {
            // Only here: a server that stops in between drops the play, which has never begun then.
            let on_end = shared.play_begins(peer, &name, format.name, seat);
            let mut inbound = Box::new(HttpPlayer { websocket, on_end: Some(on_end) });
            // What a WebSocket client sent behind its handshake counts; there are no replies to it yet.
            let mut replies = head;
            inbound.on_input(&early, &mut replies);
            let (reader, start) = (granted.reader, granted.start);
            shared.delivery.adopt(Adoption { socket, reader, start, head: replies.into(), inbound });
        })))
    }

    /// Whether the process that has taken over is to be asked: this one no longer has the stream.
    fn is_elsewhere(&self, file: &str, answer: &Result<Reply, Denied>) -> bool {
        let is_gone = || {
            let name = file.split_once('/').or_else(|| file.rsplit_once('.')).map_or(file, |(name, _)| name);
            StreamName::parse(name).is_ok_and(|name| self.shared.hub.stream(self.shared.gate.app().id, &name).is_none())
        };
        match answer {
            Err(Denied::Play(PlayFault::NotLive | PlayFault::Draining)) => true,
            // Its playlist would say that the stream is over, and players would believe it.
            Ok(Reply::Response(response)) => (file.ends_with(".m3u8") || !response.status().is_success()) && is_gone(),
            _ => false,
        }
    }

    /// Sends the client to the same address over a new connection, which the other process accepts.
    fn elsewhere<B>(&self, request: &Request<B>) -> Response<Body> {
        let mut response =
            self.answer(StatusCode::TEMPORARY_REDIRECT, &json!({"message": "the server is being upgraded"}));
        let same = request.uri().path_and_query().and_then(|same| HeaderValue::from_str(same.as_str()).ok());
        response.headers_mut().extend(same.map(|same| (header::LOCATION, same)));
        response
    }

    fn denied_request(&self, fault: RequestFault, methods: &'static str) -> Response<Body> {
        let status = match fault {
            RequestFault::Method => StatusCode::METHOD_NOT_ALLOWED,
            RequestFault::WebSocket => StatusCode::BAD_REQUEST,
        };
        let mut response = self.answer(status, &json!({"message": fault.to_string()}));
        if status == StatusCode::METHOD_NOT_ALLOWED {
            response.headers_mut().insert(header::ALLOW, HeaderValue::from_static(methods));
        }
        response
    }

    fn preflight(&self, methods: &'static str) -> Response<Body> {
        let mut response = self.answer(StatusCode::NO_CONTENT, &json!(null));
        *response.body_mut() = empty();
        response.headers_mut().remove(header::CONTENT_TYPE);
        response.headers_mut().insert("access-control-allow-methods", HeaderValue::from_static(methods));
        response.headers_mut().insert("access-control-allow-headers", HeaderValue::from_static("range"));
        response.headers_mut().insert("access-control-max-age", HeaderValue::from_static("86400"));
        response
    }

    fn answer(&self, status: StatusCode, body: &serde_json::Value) -> Response<Body> {
        let text = format!("{body}\n");
        let mut response = Response::new(Full::new(Bytes::from(text)).map_err(|never| match never {}).boxed_unsync());
        *response.status_mut() = status;
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
        // So that a page of another origin can tell why as well.
        let exposed = HeaderValue::from_static("X-Vivace-Session, X-Vivace-Code, Retry-After");
        headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, exposed);
        self.sign(headers);
        response
    }

    /// Names the session, so that a reply can be found in the log.
    fn sign(&self, headers: &mut http::HeaderMap) {
        if let Ok(value) = HeaderValue::from_str(&self.peer.session.to_string()) {
            headers.insert("x-vivace-session", value);
        }
    }
}

/// The host that a request came to, perhaps with a port.
fn host_of<B>(request: &Request<B>) -> &str {
    let header = request.headers().get(header::HOST).and_then(|value| value.to_str().ok());
    // HTTP/2 says in `:authority` what HTTP/1.1 says in `Host`.
    header.or(request.uri().authority().map(http::uri::Authority::as_str)).unwrap_or_default()
}

fn empty() -> Body {
    Full::new(Bytes::new()).map_err(|never| match never {}).boxed_unsync()
}

enum Denied {
    Request(RequestFault),
    Play(PlayFault),
}

/// A player over HTTP, which has nothing to say, or over WebSocket, which may ping and close.
struct HttpPlayer {
    websocket: Option<WebSocketPlayer>,
    on_end: Option<Box<dyn FnOnce(PlayEnd, PlayTotals) + Send>>,
}

impl Inbound for HttpPlayer {
    fn on_input(&mut self, bytes: &[u8], out: &mut Vec<u8>) -> Ask {
        use vivace_flv::Heard;
        match self.websocket.as_mut().map(|player| player.on_input(bytes, out)) {
            None | Some(Heard::Nothing) => Ask::Nothing,
            Some(Heard::Closed) => Ask::Close(PlayEnd::Client),
            Some(Heard::Broken) => Ask::Close(PlayEnd::Protocol),
        }
    }

    fn farewell(&mut self, _: PlayEnd, out: &mut Vec<u8>) {
        if self.websocket.is_some() {
            WebSocketPlayer::farewell(out);
        }
    }

    fn on_end(&mut self, end: PlayEnd, totals: PlayTotals) {
        if let Some(on_end) = self.on_end.take() {
            on_end(end, totals);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::Ordering::Relaxed;

    use vivace_base::{SessionId, StreamName};
    use vivace_domain::claim::Owner;

    use super::*;
    use crate::{Auth, Config, Server};

    #[tokio::test]
    async fn a_play_whose_connection_is_not_taken_over_has_never_begun() {
        let data = std::env::temp_dir().join(format!("vivace-server-takeover-{}", std::process::id()));
        let local = SocketAddr::from(([127, 0, 0, 1], 0));
        let listeners = Config { rtmp: local, http: local, rtmps: None, https: None, ..Config::default() };
        let config = Config { data: data.clone(), play_auth: Auth::Open, ..listeners };
        let server = Server::load(config).await.expect("a server");
        let shared = server.shared.clone();
        let (app, name) = (shared.gate.app().id, StreamName::parse("a").expect("a name"));
        let publisher = shared.hub.publish(app, &name, Owner::Key(app), SessionId(1)).expect("the name is free");
        let (connections, pending) = (&shared.quotas.connections, &shared.quotas.pending_http);
        let (seat, place) = (Mutex::new(connections.try_take()), Mutex::new(pending.try_take()));
        let peer = Peer { address: local, session: SessionId(2) };
        let service = Service {
            shared: shared.clone(),
            router: Router::new(),
            peer,
            is_secure: false,
            seat,
            place,
            cut: CancellationToken::new(),
        };

        let reply = service.try_live(&Request::new(()), "a.flv").await;
        let Ok(Reply::Takeover(takeover)) = reply else { panic!("the play is refused") };
        assert_eq!((shared.hub.totals().readers, connections.taken(), pending.taken()), (1, 1, 0));
        // As when the server stops in between.
        drop(takeover);
        assert_eq!((shared.hub.totals().readers, connections.taken()), (0, 0));
        assert_eq!(shared.counts.plays.load(Relaxed), 0, "a play is counted that nobody was served");

        drop((publisher, service, shared, server));
        std::fs::remove_dir_all(data).expect("the folder of the test");
    }
}
