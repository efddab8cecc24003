//! `/v2/index.php`: brings the bytes of a call to the face, and its answer back.

use std::net::IpAddr;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderValue, Request, Response, Version, header};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::timeout;
use vivace_base::Limits;
use vivace_gate::AccessFault;
use vivace_lvb::access::{self, Answer, ApiFault, ParameterFault, Rules, admit_transport};
use vivace_net::Reply;

use super::{Body, Service};
use crate::channels::{Executor, reached};
use crate::closed::Reason;

pub(super) use vivace_lvb::access::PATH;

/// How much of a body that is too long is waited for, in bodies of the longest length.
const OVER: usize = 4;

impl Service {
    pub(super) async fn api(&self, request: Request<Incoming>, local: IpAddr) -> Reply {
        let id = self.shared.next_session().to_string();
        let rules = self.shared.config().lvb.rules();
        if let Err(fault) = self.admit(&request, rules) {
            // Its body is not waited for, so the connection has come to its end.
            return Reply::Last(self.api_response(access::refuse(&fault, &id, rules), &id));
        }
        let limits = self.shared.limits.get();
        let (head, body) = request.into_parts();
        let body =
            if head.method == http::Method::POST { self.read_body(body, &limits).await } else { Ok(Read::default()) };
        let text = |name| head.headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
        // HTTP/2 says in `:authority` what HTTP/1.1 says in `Host`.
        let host = text(header::HOST).or(head.uri.authority().map(http::uri::Authority::as_str));
        let (body, body_fault) = match body {
            Ok(read) => (read, None),
            Err(fault) => (Read::default(), Some(fault)),
        };
        let is_cut = body_fault.is_some();
        let call = access::Request {
            method: head.method.as_str(),
            host: host.unwrap_or_default(),
            query: head.uri.query().unwrap_or_default(),
            content_type: text(header::CONTENT_TYPE).unwrap_or_default(),
            body: &body.bytes,
            peer: self.peer.address.ip(),
            id: &id,
        };
        let parameters = match body_fault {
            Some(fault) => Err(fault),
            None if host.is_none() => Err(ParameterFault::NoHost),
            None => call.parameters(&limits),
        };
        // A parameter can say what a header does elsewhere.
        if parameters.as_ref().is_ok_and(|parameters| vivace_lvb::v3::is_v3(None, false, Some(parameters))) {
            return Reply::Response(self.v3_read(&head, &body.bytes, &self.uuid()).await);
        }
        let reached = reached(host.unwrap_or_default(), local);
        let executor = Executor { shared: &self.shared, host: &reached };
        let answer = access::serve(&call, parameters, &self.shared.access, &executor, rules).await;
        let response = self.api_response(answer, &id);
        if is_cut && head.version < Version::HTTP_2 { Reply::Last(response) } else { Reply::Response(response) }
    }

    fn admit(&self, request: &Request<Incoming>, rules: Rules) -> Result<(), ApiFault> {
        if self.shared.leaving.is_cancelled() {
            // The process that has taken over knows which calls have acted; this one would not know of new ones.
            return Err(AccessFault::Maintenance.into());
        }
        admit_transport(self.is_secure, request.method().as_str(), rules)
    }

    /// The body within its bounds: bytes of one, bytes of all, and time.
    pub(super) async fn read_body(&self, mut body: Incoming, limits: &Limits) -> Result<Read, ParameterFault> {
        let (max, ms) = (limits.api_body_bytes_max, limits.api_body_ms_max);
        let mut read = Read::default();
        let mut over = 0;
        let reading = async {
            while let Some(frame) = body.frame().await {
                let Ok(piece) = frame.map_err(|_| ParameterFault::BodyCut)?.into_data() else { continue };
                if over > 0 || read.bytes.len().saturating_add(piece.len()) > max {
                    // Many clients read no answer before they have sent everything: a little more is taken and dropped.
                    over += piece.len();
                    if over > max.saturating_mul(OVER) {
                        break;
                    }
                    continue;
                }
                let count = u32::try_from(piece.len()).unwrap_or(u32::MAX);
                let Ok(room) = self.shared.quotas.api_bodies.clone().try_acquire_many_owned(count) else {
                    return Err(ParameterFault::BodiesFull { max: limits.api_bodies_bytes_max });
                };
                read.room.get_or_insert_with(Vec::new).push(room);
                read.bytes.extend_from_slice(&piece);
            }
            if over > 0 { Err(ParameterFault::BodyTooLong { max }) } else { Ok(()) }
        };
        match timeout(Duration::from_millis(ms), reading).await {
            Ok(done) => done.map(|()| read),
            Err(_) => {
                let fault = ParameterFault::BodySlow { ms };
                self.shared.closed(self.peer, "http", Reason::HttpBodyLate, &fault);
                Err(fault)
            }
        }
    }

    /// Counts and logs what was refused, and writes the answer.
    fn api_response(&self, answer: Answer, id: &str) -> Response<Body> {
        let operation = answer.action.map_or("api", |action| action.name());
        for (code, detail) in &answer.refusals {
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
}

/// A body, and its room among all that are being read.
#[derive(Default)]
pub(super) struct Read {
    bytes: Vec<u8>,
    room: Option<Vec<OwnedSemaphorePermit>>,
}

impl Read {
    /// What has been read.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}
