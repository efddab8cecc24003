//! API 3.0: brings the bytes of a call to the face, and its answer back.

use std::fmt::Write as _;

use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, Version, header};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use vivace_gate::AccessFault;
use vivace_lvb::v3::{self, Answer, Fault};
use vivace_net::Reply;

use super::{Body, Service};
use crate::v3::Executor;

/// The path of API 3.0.
pub(super) const PATH: &str = "/";

impl Service {
    /// Whether a request to `/` is a call of API 3.0, and not one for the page.
    pub(super) fn is_v3_call<B>(request: &Request<B>) -> bool {
        let is_root = request.uri().path() == PATH;
        let query = || request.uri().query().unwrap_or("");
        let has = |name: &str| query().split('&').any(|pair| pair.split('=').next() == Some(name));
        let is_get = request.method() == Method::GET && (has("Action") || Self::has_v3_header(request));
        is_root && (request.method() == Method::POST || is_get)
    }

    /// Whether a header says that a call is one of API 3.0.
    pub(super) fn has_v3_header<B>(request: &Request<B>) -> bool {
        let headers = request.headers();
        let authorization = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        v3::is_v3(authorization, headers.contains_key("x-tc-action"), None)
    }

    /// Answers a call whose body has not been read.
    pub(super) async fn v3(&self, request: Request<Incoming>) -> Reply {
        let id = self.uuid();
        if self.shared.leaving.is_cancelled() {
            // The process that has taken over knows which calls have acted.
            return Reply::Last(self.v3_response(v3::refuse(&AccessFault::Maintenance.into(), &id), &id));
        }
        let limits = self.shared.limits.get();
        let (head, body) = request.into_parts();
        let read = if head.method == Method::POST { self.read_body(body, &limits).await } else { Ok(<_>::default()) };
        match read {
            Ok(read) => Reply::Response(self.v3_read(&head, read.bytes(), &id).await),
            Err(fault) => {
                let response = self.v3_response(v3::refuse(&Fault::Parameter(fault), &id), &id);
                if head.version < Version::HTTP_2 { Reply::Last(response) } else { Reply::Response(response) }
            }
        }
    }

    /// Answers a call whose body has been read.
    pub(super) async fn v3_read(&self, head: &http::request::Parts, body: &[u8], id: &str) -> Response<Body> {
        let text = |name: &str| head.headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
        let header = |name: &str| text(name).map(str::to_owned);
        let config = self.shared.config();
        // HTTP/2 says in `:authority` what HTTP/1.1 says in `Host`.
        let host = text("host").or(head.uri.authority().map(http::uri::Authority::as_str));
        let limits = self.shared.limits.get();
        let call = v3::Request {
            method: head.method.as_str(),
            host: host.unwrap_or_default(),
            path: head.uri.path(),
            query: head.uri.query().unwrap_or_default(),
            header: &header,
            body,
            limits: &limits,
            ahead_min: i64::try_from(config.lvb_utc_offset_min).unwrap_or_default(),
            peer: self.peer.address.ip(),
            id,
        };
        let executor = Executor { shared: &self.shared };
        let answer = v3::serve(&call, self.is_secure, config.lvb.rules(), &self.shared.access, &executor).await;
        self.v3_response(answer, id)
    }

    /// Counts and logs what was refused, and writes the answer: its type is without a charset, or clients take a refusal
    /// for an empty success.
    fn v3_response(&self, answer: Answer, id: &str) -> Response<Body> {
        if let Some((code, detail)) = &answer.refusal {
            let operation = answer.action.unwrap_or("api3");
            self.shared.refuse_api(self.peer, operation, answer.app, code.row(), detail, id);
        }
        let body = Full::new(Bytes::from(answer.body)).map_err(|never| match never {}).boxed_unsync();
        let mut response = Response::new(body);
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        self.sign(headers);
        response
    }

    /// A random UUID (RFC 9562, section 5.4).
    pub(super) fn uuid(&self) -> String {
        let mut bytes = [0_u8; 16];
        self.shared.rng.fill(&mut bytes);
        let number = u128::from_be_bytes(bytes) & !(0xf << 76) & !(0b11 << 62) | 4 << 76 | 0b10 << 62;
        let hex = format!("{number:032x}");
        let mut text = String::with_capacity(36);
        for (at, digit) in hex.chars().enumerate() {
            let dash = if matches!(at, 8 | 12 | 16 | 20) { "-" } else { "" };
            // Writing to a string cannot fail.
            let _ = write!(text, "{dash}{digit}");
        }
        text
    }
}
