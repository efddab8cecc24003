use std::future::Future;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use bytes::Bytes;
use http::{HeaderMap, Method, StatusCode, header};
use vivace_base::{AppId, Limits, Secret, StreamName, UnixMs};
use vivace_domain::app::App;
use vivace_domain::picture::{Picture, TakeFault};
use vivace_domain::recording::Recording;
use vivace_gate::{Channels, Described, Gate, Operator, PictureRules, Recordings};

use crate::api;
use crate::page::asset;
use crate::relays::Relays;
use crate::{Astray, ChannelView, PictureView, RecordingView, Status, StreamView};

/// Answers once something is done.
pub type Done<'a> = Pin<Box<dyn Future<Output = ()> + Send + 'a>>;

/// Answers with a JPEG file.
pub type Cover<'a> = Pin<Box<dyn Future<Output = Result<Bytes, TakeFault>> + Send + 'a>>;

/// Where a request came from; the server puts it among the request's extensions.
#[derive(Clone, Copy, Debug)]
pub struct PeerAddress(pub IpAddr);

/// What the face shows and asks for; the server gives it.
pub trait Live: Send + Sync + 'static {
    /// The server as a whole.
    fn status(&self) -> Status;
    /// All streams; `host` is what the client calls this server.
    fn streams(&self, host: &str) -> Vec<StreamView>;
    /// A channel with its addresses.
    fn channel(&self, host: &str, found: &Described) -> ChannelView;
    /// An address to push `name` to.
    fn push_url(&self, host: &str, name: &StreamName) -> String;
    /// All metrics in the text format of Prometheus.
    fn metrics(&self) -> String;
    /// Whether the lists are shown without the bearer token.
    fn is_open(&self) -> bool;
    /// Whether the server takes new sessions.
    fn is_ready(&self) -> bool;
    /// Whether another process has taken over, which would not know of a change.
    fn is_leaving(&self) -> bool;
    /// The relays.
    fn relays(&self) -> &dyn Relays;
    /// What decides about pushes and plays.
    fn gate(&self) -> &Gate;
    /// Channels, lists and rules.
    fn channels(&self) -> &Arc<Channels>;
    /// Keys, accounts, and the log of changes.
    fn operator(&self) -> &Arc<Operator>;
    /// Screenshots.
    fn pictures(&self) -> &Arc<PictureRules>;
    /// A screenshot with its address; `host` is what the client calls this server.
    fn picture(&self, host: &str, picture: &Picture) -> PictureView;
    /// Recordings and their tasks.
    fn recordings(&self) -> &Arc<Recordings>;
    /// A recording with its addresses; `host` is what the client calls this server.
    fn recording(&self, host: &str, recording: &Recording) -> RecordingView;
    /// Bytes that are free on the file system of recordings.
    fn free_bytes(&self) -> Option<u64>;
    /// What is in the folder of recordings and should not be, and what should be and is not.
    fn astray(&self) -> Astray;
    /// The storage and the bucket that recordings are uploaded to, if there is one.
    fn bucket(&self) -> Option<String>;
    /// A small picture of a live stream, for lists.
    fn cover<'a>(&'a self, app: AppId, stream: &'a StreamName) -> Cover<'a>;
    /// Waits until the events so far are in the store.
    fn flush_events(&self) -> Done<'_>;
    /// There are callbacks to be sent.
    fn wake_callbacks(&self);
    /// The limits in effect.
    fn limits(&self) -> Arc<Limits>;
    /// The time.
    fn now(&self) -> UnixMs;

    /// The app that everything belongs to.
    fn app(&self) -> Arc<App> {
        self.gate().app()
    }

    /// The bearer token.
    fn token(&self) -> Secret<String> {
        self.app().keys.api_token.clone()
    }
}

pub(crate) type Shared = Arc<dyn Live>;

/// All routes of the face.
pub fn router(live: Shared) -> Router {
    Router::new()
        .nest("/api/v1", api::routes())
        .route("/metrics", get(metrics))
        .route("/healthz", get(health))
        .fallback(page)
        .with_state(live)
}

async fn metrics(State(live): State<Shared>) -> Response {
    let kind = "text/plain; version=0.0.4; charset=utf-8";
    ([(header::CONTENT_TYPE, kind)], live.metrics()).into_response()
}

async fn health(State(live): State<Shared>) -> Response {
    if live.is_ready() {
        "ok\n".into_response()
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, "draining\n").into_response()
    }
}

async fn page(request: Request) -> Response {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return (StatusCode::METHOD_NOT_ALLOWED, [(header::ALLOW, "GET, HEAD")]).into_response();
    }
    let absent = || (StatusCode::NOT_FOUND, "there is nothing at this address\n").into_response();
    asset(request.uri().path()).unwrap_or_else(absent)
}

/// What the client calls this server: the `Host` header without its port, if it looks like a host.
pub(crate) fn host(headers: &HeaderMap) -> &str {
    let whole = headers.get(header::HOST).and_then(|value| value.to_str().ok()).unwrap_or("");
    let name = match whole.rsplit_once(':') {
        Some((name, port)) if !port.contains(']') => name,
        _ => whole,
    };
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b".-[]:".contains(&byte);
    if !name.is_empty() && name.len() <= 255 && name.bytes().all(plain) { name } else { "127.0.0.1" }
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, HeaderValue, header::HOST};

    use super::host;

    #[test]
    fn the_host_header_is_believed_only_where_it_looks_like_a_host() {
        let with = |value: &'static str| HeaderMap::from_iter([(HOST, HeaderValue::from_static(value))]);
        for (sent, read) in [
            ("example.org:8080", "example.org"),
            ("example.org", "example.org"),
            ("[::1]:8080", "[::1]"),
            ("[::1]", "[::1]"),
            ("a b", "127.0.0.1"),
            ("x\"><script>", "127.0.0.1"),
            ("", "127.0.0.1"),
        ] {
            assert_eq!(host(&with(sent)), read, "{sent}");
        }
    }
}
