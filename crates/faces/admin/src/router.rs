use std::sync::Arc;

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use serde::Deserialize;
use serde_json::json;
use vivace_base::{Secret, StreamName};

use crate::auth::is_bearer;
use crate::page::asset;
use crate::{Items, PushUrl, RefusalView, Status, StreamView};

/// What the face shows and asks for; the server gives it.
pub trait Live: Send + Sync + 'static {
    /// The server as a whole.
    fn status(&self) -> Status;
    /// All streams; `host` is what the client calls this server.
    fn streams(&self, host: &str) -> Vec<StreamView>;
    /// The last refusals, newest first.
    fn refusals(&self) -> Vec<RefusalView>;
    /// An address to push `name` to.
    fn push_url(&self, host: &str, name: &StreamName) -> String;
    /// All metrics in the text format of Prometheus.
    fn metrics(&self) -> String;
    /// The bearer token.
    fn token(&self) -> Secret<String>;
    /// Whether the lists are shown without it.
    fn is_open(&self) -> bool;
    /// Whether the server takes new sessions.
    fn is_ready(&self) -> bool;
}

type Shared = Arc<dyn Live>;

/// All routes of the face.
pub fn router(live: Shared) -> Router {
    let shown = Router::new()
        .route("/status", get(status))
        .route("/streams", get(streams))
        .route("/refusals", get(refusals))
        .fallback(unknown)
        .layer(from_fn_with_state(live.clone(), guard_lists));
    // The right to push is never given away by an open page.
    let granted = Router::new().route("/push-url", get(push_url)).layer(from_fn_with_state(live.clone(), guard));
    let api = shown.merge(granted);
    Router::new()
        .nest("/api/v1", api)
        .route("/metrics", get(metrics))
        .route("/healthz", get(health))
        .fallback(page)
        .with_state(live)
}

async fn guard(State(live): State<Shared>, request: Request, next: Next) -> Response {
    let open = is_bearer(request.headers(), &live.token());
    answer(open, request, next).await
}

async fn guard_lists(State(live): State<Shared>, request: Request, next: Next) -> Response {
    let open = live.is_open() || is_bearer(request.headers(), &live.token());
    answer(open, request, next).await
}

async fn answer(open: bool, request: Request, next: Next) -> Response {
    let mut response = if open { next.run(request).await } else { unauthorised() };
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

fn unauthorised() -> Response {
    let body = json!({"error": "unauthorised", "message": "send the app's api_token: Authorization: Bearer <token>"});
    (StatusCode::UNAUTHORIZED, [(header::WWW_AUTHENTICATE, "Bearer")], Json(body)).into_response()
}

async fn unknown() -> Response {
    let body = json!({"error": "unknown_path", "message": "no such resource in /api/v1"});
    (StatusCode::NOT_FOUND, Json(body)).into_response()
}

async fn status(State(live): State<Shared>) -> Json<Status> {
    Json(live.status())
}

async fn streams(State(live): State<Shared>, headers: HeaderMap) -> Json<Items<StreamView>> {
    Json(Items { items: live.streams(host(&headers)), next: None })
}

async fn refusals(State(live): State<Shared>) -> Json<Items<RefusalView>> {
    Json(Items { items: live.refusals(), next: None })
}

#[derive(Deserialize)]
struct Named {
    name: String,
}

async fn push_url(
    State(live): State<Shared>,
    headers: HeaderMap,
    named: Result<Query<Named>, QueryRejection>,
) -> Response {
    let bad = |message: String| {
        (StatusCode::BAD_REQUEST, Json(json!({"error": "bad_parameter", "message": message}))).into_response()
    };
    let Ok(Query(named)) = named else { return bad("name: the parameter is missing or stands twice".to_owned()) };
    match StreamName::parse(&named.name) {
        Ok(name) => Json(PushUrl { url: live.push_url(host(&headers), &name) }).into_response(),
        Err(fault) => bad(format!("name: {fault}")),
    }
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
fn host(headers: &HeaderMap) -> &str {
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
