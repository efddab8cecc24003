//! The library's HTTP, over `net::outbound`: requests and answers, and the storage's refusals as typed faults.

use std::collections::VecDeque;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::header::{HOST, USER_AGENT};
use http::{HeaderValue, Method, Response};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::{Body, Frame, Incoming, SizeHint};
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use object_store::ClientOptions;
use object_store::client::{
    HttpClient, HttpConnector, HttpError, HttpErrorKind, HttpRequest, HttpRequestBody, HttpResponse, HttpResponseBody,
    HttpService,
};
use parking_lot::Mutex;
use tokio::time::timeout;
use tokio_util::task::AbortOnDropHandle;
use vivace_base::LiveLimits;
use vivace_net::outbound::{Destination, Outbound};

use super::fault::CallFault;

/// Bytes of an answer that is no object: lists, errors.
const ANSWER_BYTES_MAX: usize = 1 << 20;
/// Connections that are kept for the next request.
const KEPT_MAX: usize = 8;
/// Characters of the storage's own sentence that are shown.
const SENTENCE_MAX: usize = 200;

/// Makes the library's client.
#[derive(Clone)]
pub(super) struct Connector(Arc<Client>);

struct Client {
    outbound: Arc<Outbound>,
    limits: LiveLimits,
    kept: Mutex<VecDeque<Kept>>,
}

struct Kept {
    to: (Destination, bool),
    sender: SendRequest<HttpRequestBody>,
    driver: AbortOnDropHandle<hyper::Result<()>>,
}

impl Connector {
    pub(super) fn new(outbound: Arc<Outbound>, limits: LiveLimits) -> Self {
        Self(Arc::new(Client { outbound, limits, kept: Mutex::default() }))
    }
}

impl fmt::Debug for Connector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Connector")
    }
}

impl HttpConnector for Connector {
    fn connect(&self, _: &ClientOptions) -> object_store::Result<HttpClient> {
        Ok(HttpClient::new(self.clone()))
    }
}

impl HttpService for Connector {
    fn call<'a, 'b>(
        &'a self,
        request: HttpRequest,
    ) -> Pin<Box<dyn Future<Output = Result<HttpResponse, HttpError>> + Send + 'b>>
    where
        'a: 'b,
        Self: 'b,
    {
        Box::pin(async move {
            let ms = self.0.limits.get().upload_request_ms_max;
            let asked = timeout(Duration::from_millis(ms), self.0.exchange(request)).await;
            asked.unwrap_or(Err(CallFault::Timeout { ms })).map_err(|fault| {
                // The library tries nothing again: when the next try comes is decided where the queue is.
                HttpError::new(HttpErrorKind::Unknown, fault)
            })
        })
    }
}

impl Client {
    async fn exchange(&self, mut request: HttpRequest) -> Result<HttpResponse, CallFault> {
        let to = destination(&mut request)?;
        let agent = HeaderValue::from_static(concat!("vivace/", env!("CARGO_PKG_VERSION")));
        request.headers_mut().insert(USER_AGENT, agent);
        let kept = {
            let mut kept = self.kept.lock();
            kept.iter().position(|kept| kept.to == to).and_then(|at| kept.remove(at))
        };
        if let Some(kept) = kept {
            // A server may close it at any time, also while it is asked: then it is asked anew.
            match self.ask(kept, request.clone()).await {
                Err(CallFault::Broken(_)) => {}
                done => return done,
            }
        }
        let connect_ms = self.limits.get().outbound_connect_ms_max;
        let connection = self.outbound.connect(&to.0, to.1, connect_ms).await;
        let connection = connection.map_err(|fault| CallFault::Connect(fault.to_string()))?;
        let (sender, driver) = http1::handshake(TokioIo::new(connection.stream)).await.map_err(broken)?;
        let driver = AbortOnDropHandle::new(tokio::spawn(driver));
        self.ask(Kept { to, sender, driver }, request).await
    }

    async fn ask(&self, mut kept: Kept, request: HttpRequest) -> Result<HttpResponse, CallFault> {
        let is_get = request.method() == Method::GET;
        kept.sender.ready().await.map_err(broken)?;
        let (head, body) = kept.sender.send_request(request).await.map_err(broken)?.into_parts();
        if is_get && head.status.is_success() {
            let body = Object { body, _driver: kept.driver };
            return Ok(Response::from_parts(head, HttpResponseBody::new(body)));
        }
        let body = Limited::new(body, ANSWER_BYTES_MAX).collect().await;
        let body = body.map_err(|error| CallFault::Broken(error.to_string()))?.to_bytes();
        if !kept.sender.is_closed() {
            let mut all = self.kept.lock();
            all.push_back(kept);
            if all.len() > KEPT_MAX {
                all.pop_front();
            }
        }
        if head.status.is_success() {
            return Ok(Response::from_parts(
                head,
                HttpResponseBody::new(Full::new(body).map_err(|never| match never {})),
            ));
        }
        let text = String::from_utf8_lossy(&body);
        let field = |name: &str| element(&text, name).map(shown).unwrap_or_default();
        let message = match field("Message") {
            empty if empty.is_empty() => head.status.canonical_reason().unwrap_or("it says no more").to_owned(),
            message => message,
        };
        Err(CallFault::Answer { status: head.status.as_u16(), code: field("Code"), message })
    }
}

/// Where a request goes; its address becomes the path that a server is asked for.
fn destination(request: &mut HttpRequest) -> Result<(Destination, bool), CallFault> {
    let odd = || CallFault::Connect("the storage's address is none of HTTP".to_owned());
    let uri = request.uri().clone();
    let (host, tls) = (uri.host().ok_or_else(odd)?, uri.scheme_str() == Some("https"));
    let port = uri.port_u16().unwrap_or(if tls { 443 } else { 80 });
    let to = Destination::new(host, port).map_err(|_| odd())?;
    let authority = uri.authority().map(|authority| authority.as_str()).ok_or_else(odd)?;
    let authority = HeaderValue::from_str(authority).map_err(|_| odd())?;
    request.headers_mut().entry(HOST).or_insert(authority);
    let target = uri.path_and_query().map_or("/", |target| target.as_str());
    *request.uri_mut() = target.parse().map_err(|_| odd())?;
    Ok((to, tls))
}

fn broken(error: hyper::Error) -> CallFault {
    CallFault::Broken(error.to_string())
}

/// The text of the first element of a name in an error document.
fn element<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(&format!("<{name}>"))?;
    rest.split_once("</").map(|(inside, _)| inside)
}

fn shown(text: &str) -> String {
    text.chars().filter(|char| !char.is_control()).take(SENTENCE_MAX).collect()
}

/// An object's bytes as they come, and the connection that they come over.
struct Object {
    body: Incoming,
    _driver: AbortOnDropHandle<hyper::Result<()>>,
}

impl Body for Object {
    type Data = Bytes;
    type Error = HttpError;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, HttpError>>> {
        Pin::new(&mut self.body).poll_frame(cx).map_err(|error| HttpError::new(HttpErrorKind::Unknown, broken(error)))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
