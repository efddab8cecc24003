//! `/common_access`: brings a call of the LVB-code API to the face, and its answer back. It is served over plain HTTP too,
//! as its clients have it: what signs a call is good for its time alone, and no key is sent.

use std::net::IpAddr;

use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, StatusCode, Version, header};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use vivace_gate::AccessFault;
use vivace_lvb::code_api::{self, Answer, Fault};
use vivace_net::Reply;

use super::{Body, Service};
use crate::channels::{reached, without_port};
use crate::code_api::Executor;

pub(super) use vivace_lvb::code_api::PATH;

impl Service {
    pub(super) async fn common_access(&self, request: Request<Incoming>, local: IpAddr) -> Reply {
        let id = self.shared.next_session().to_string();
        let now = self.shared.clock.unix();
        if self.shared.leaving.is_cancelled() {
            // The process that has taken over knows the rules that are made from now on.
            let refused = code_api::refuse(&AccessFault::Maintenance.into(), now);
            return Reply::Last(self.common_response(refused, &id));
        }
        let limits = self.shared.limits.get();
        let (head, body) = request.into_parts();
        let read = if head.method == Method::POST { self.read_body(body, &limits).await } else { Ok(<_>::default()) };
        let read = match read {
            Ok(read) => read,
            Err(fault) => {
                let response = self.common_response(code_api::refuse(&Fault::Parameter(fault), now), &id);
                return if head.version < Version::HTTP_2 { Reply::Last(response) } else { Reply::Response(response) };
            }
        };
        let call = code_api::Request {
            method: head.method.as_str(),
            query: head.uri.query().unwrap_or_default(),
            body: read.bytes(),
            limits: &limits,
            now,
            peer: self.peer.address.ip(),
        };
        let text = |name| head.headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
        // HTTP/2 says in `:authority` what HTTP/1.1 says in `Host`.
        let host = text(header::HOST).or(head.uri.authority().map(http::uri::Authority::as_str)).unwrap_or_default();
        let host = reached(host, local);
        let executor = Executor { shared: &self.shared, host: without_port(&host) };
        let answer = code_api::serve(&call, &self.shared.access, &executor).await;
        Reply::Response(self.common_response(answer, &id))
    }

    /// Counts and logs what was refused, and writes the answer.
    fn common_response(&self, answer: Answer, id: &str) -> Response<Body> {
        if let Some((code, detail)) = &answer.refusal {
            let operation = answer.interface.map_or("common_access", code_api::Interface::name);
            self.shared.refuse_api(self.peer, operation, answer.app, code.row(), detail, id);
        }
        let kind = if answer.is_json { "application/json" } else { "text/plain; charset=utf-8" };
        let body = Full::new(Bytes::from(answer.body)).map_err(|never| match never {}).boxed_unsync();
        let mut response = Response::new(body);
        *response.status_mut() = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::FORBIDDEN);
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        self.sign(headers);
        response
    }
}
