//! A request on its way through the table of operations.

use std::future::Future;
use std::pin::Pin;

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, Request};
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use vivace_base::AppId;
use vivace_gate::Caller;

use super::answer::{Refusal, Reply};
use super::fields::{Field, Given, check, check_texts, members};
use super::openapi::Schema;
use crate::auth::is_bearer;
use crate::body;
use crate::router::{PeerAddress, Shared, host};

/// One operation of the API: what it takes, what it answers, and what does it.
pub(crate) struct Operation {
    pub(crate) method: Method,
    /// Below `/api/v1`.
    pub(crate) path: &'static str,
    pub(crate) id: &'static str,
    pub(crate) group: &'static str,
    pub(crate) about: &'static str,
    /// Who may call it.
    pub(crate) open: Open,
    pub(crate) parameters: &'static [Field],
    pub(crate) query: &'static [Field],
    pub(crate) body: Option<&'static [Field]>,
    /// Whether it takes `If-Match`.
    pub(crate) is_guarded: bool,
    /// Status and body of success.
    pub(crate) answer: (u16, Option<Schema>),
    /// Statuses of refusals beside those that every operation may have.
    pub(crate) refusals: &'static [u16],
    pub(crate) run: fn(Call) -> Running,
}

/// Who may call an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Open {
    /// The bearer of the token.
    Token,
    /// Where the page is open, anybody; else the bearer of the token.
    Page,
    /// Anybody.
    All,
}

pub(crate) type Running = Pin<Box<dyn Future<Output = Result<Reply, Refusal>> + Send>>;

/// A request that was checked against its operation.
pub(crate) struct Call {
    pub(crate) live: Shared,
    pub(crate) app: AppId,
    pub(crate) caller: Caller,
    /// What the client calls this server.
    pub(crate) host: String,
    pub(crate) path: Given,
    pub(crate) query: Given,
    pub(crate) body: Given,
    /// The version that the thing is to have.
    pub(crate) known: Option<String>,
}

/// Serves a request to a path that has these operations.
pub(crate) async fn serve(
    live: Shared,
    operations: Vec<&'static Operation>,
    parameters: Vec<(String, String)>,
    request: Request,
) -> Response {
    let answer = match serve_one(live, &operations, parameters, request).await {
        Ok(reply) => reply.into_response(),
        Err(refusal) => refusal.into_response(),
    };
    unstored(answer)
}

/// What is told here is nobody's to keep.
pub(crate) fn unstored(mut response: Response) -> Response {
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

async fn serve_one(
    live: Shared,
    operations: &[&'static Operation],
    parameters: Vec<(String, String)>,
    request: Request,
) -> Result<Reply, Refusal> {
    let method = if request.method() == Method::HEAD { &Method::GET } else { request.method() };
    let Some(operation) = operations.iter().find(|operation| operation.method == *method) else {
        // Whoever may call none of them is not told which there are.
        let open = operations.iter().map(|operation| operation.open).max_by_key(|open| *open as u8);
        admit(&live, open.unwrap_or(Open::Token), request.headers())?;
        return Err(Refusal::method(allowed(operations)));
    };
    admit(&live, operation.open, request.headers())?;
    if operation.method != Method::GET && live.is_leaving() {
        let message = "the server is being upgraded: ask once more, over a new connection";
        return Err(Refusal::new(StatusCode::SERVICE_UNAVAILABLE, "stopping", message));
    }
    let path = check_texts(operation.parameters, parameters)?;
    let query = check_texts(operation.query, query_pairs(&request)?)?;
    let known = known(operation, request.headers())?;
    let caller = caller(&request);
    let host = host(request.headers()).to_owned();
    let body = read_body(&live, operation, request).await?;
    let app = live.app().id;
    (operation.run)(Call { live, app, caller, host, path, query, body, known }).await
}

fn admit(live: &Shared, open: Open, headers: &HeaderMap) -> Result<(), Refusal> {
    let is_let = match open {
        Open::All => true,
        Open::Page => live.is_open() || is_bearer(headers, &live.token()),
        Open::Token => is_bearer(headers, &live.token()),
    };
    if is_let { Ok(()) } else { Err(Refusal::unauthorised()) }
}

fn allowed(operations: &[&'static Operation]) -> String {
    let mut methods: Vec<&str> = operations.iter().map(|operation| operation.method.as_str()).collect();
    if methods.contains(&"GET") {
        methods.push("HEAD");
    }
    methods.join(", ")
}

fn query_pairs(request: &Request) -> Result<Vec<(String, String)>, Refusal> {
    let read = Query::try_from_uri(request.uri());
    read.map(|Query(pairs)| pairs).map_err(|_: QueryRejection| Refusal::bad("the query cannot be read"))
}

/// `If-Match`: one entity tag, or `*`, which is every state of what is there.
fn known(operation: &Operation, headers: &HeaderMap) -> Result<Option<String>, Refusal> {
    let Some(value) = headers.get(header::IF_MATCH).filter(|_| operation.is_guarded) else { return Ok(None) };
    let text = value.to_str().unwrap_or_default().trim();
    if text == "*" {
        return Ok(None);
    }
    let tag = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).filter(|tag| !tag.contains('"'));
    tag.map(|tag| Some(tag.to_owned())).ok_or_else(|| Refusal::field("If-Match", "one ETag in quotes is expected"))
}

/// Who calls. The page and the command line say what they are; the token is what counts.
fn caller(request: &Request) -> Caller {
    let face = match request.headers().get("x-vivace-face").map(HeaderValue::as_bytes) {
        Some(b"cli") => "cli",
        Some(b"page") => "page",
        _ => "api",
    };
    let peer = request.extensions().get::<PeerAddress>().map(|peer| peer.0);
    Caller { face, who: "api_token".to_owned(), peer }
}

async fn read_body(live: &Shared, operation: &Operation, request: Request) -> Result<Given, Refusal> {
    let Some(fields) = operation.body else { return Ok(Given::default()) };
    let kind = request.headers().get(header::CONTENT_TYPE).map(|kind| kind.to_str().unwrap_or_default().to_owned());
    let bytes = body::read(request.into_body(), &live.limits()).await;
    let bytes = bytes.map_err(|fault| Refusal::new(fault.status(), fault.word(), fault.to_string()))?;
    // Nothing at all is nothing said, where nothing has to be.
    if bytes.is_empty() && !fields.iter().any(|field| field.is_required) {
        return Ok(Given::default());
    }
    let is_json = |kind: &String| kind.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case(JSON));
    if kind.is_some_and(|kind| !is_json(&kind)) {
        let message = "the body must be JSON: Content-Type: application/json";
        return Err(Refusal::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", message));
    }
    check(fields, members(&bytes)?)
}

const JSON: &str = "application/json";
