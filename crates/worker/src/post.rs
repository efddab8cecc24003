use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::header::{CONNECTION, CONTENT_TYPE, HOST, USER_AGENT};
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use thiserror::Error;
use tokio::time::timeout;
use tokio_util::task::AbortOnDropHandle;
use vivace_domain::hook::{HookAnswer, HookSuccess, HookUrl};
use vivace_net::outbound::{Destination, Outbound, OutboundFault};

/// Why a receiver has not taken an event.
#[derive(Debug, Error)]
pub enum PostFault {
    /// There is no connection to it.
    #[error(transparent)]
    Connect(#[from] OutboundFault),
    /// It took too long.
    #[error("no whole answer came within {ms} ms")]
    Timeout {
        /// The limit for all of it.
        ms: u64,
    },
    /// The connection ended, or what came over it is not HTTP.
    #[error("the connection ended without a whole answer: {0}")]
    Broken(#[from] hyper::Error),
    /// It sends elsewhere.
    #[error("the answer has status {status}: redirects are not followed, set the address that they lead to")]
    Redirect {
        /// The status.
        status: u16,
    },
    /// It answers with another status than 200.
    #[error("the answer has status {status}, not 200")]
    Status {
        /// The status.
        status: u16,
    },
    /// It answers with an object whose `code` is not 0.
    #[error("the answer has code {code}, not 0")]
    Code {
        /// The code.
        code: i64,
    },
    /// It answers with an object that is not read to its end.
    #[error("the answer is a JSON object of more than {max} bytes")]
    TooLong {
        /// Bytes that are read.
        max: usize,
    },
    /// The event itself cannot be sent.
    #[error("the event cannot be sent: {0}")]
    Event(&'static str),
    /// This server's own code failed.
    #[error("this server failed: see its log")]
    Internal,
}

impl PostFault {
    /// One of [`crate::REASONS`].
    pub const fn reason(&self) -> &'static str {
        match self {
            Self::Connect(OutboundFault::Refused { .. } | OutboundFault::Destination) => "refused",
            Self::Connect(OutboundFault::Tls { .. } | OutboundFault::NoRoots | OutboundFault::Setup(_)) => "tls",
            Self::Connect(OutboundFault::Timeout { .. }) | Self::Timeout { .. } => "timeout",
            Self::Connect(_) => "connect",
            Self::Broken(_) => "broken",
            Self::Redirect { .. } | Self::Status { .. } => "status",
            Self::Code { .. } | Self::TooLong { .. } => "answer",
            Self::Event(_) | Self::Internal => "internal",
        }
    }
}

/// How an event is posted.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Terms {
    pub(crate) success: HookSuccess,
    /// For all of it.
    pub(crate) timeout_ms: u64,
    /// For the connection.
    pub(crate) connect_ms: u64,
    pub(crate) answer_bytes_max: usize,
}

/// Posts a JSON object and judges the answer. Redirects are not followed.
pub(crate) async fn post(
    outbound: &Outbound,
    url: &HookUrl,
    request_id: &str,
    body: Vec<u8>,
    terms: Terms,
) -> Result<(), PostFault> {
    let ms = terms.timeout_ms;
    let posting = exchange(outbound, url, request_id, body, terms);
    timeout(Duration::from_millis(ms), posting).await.map_err(|_| PostFault::Timeout { ms })?
}

async fn exchange(
    outbound: &Outbound,
    url: &HookUrl,
    request_id: &str,
    body: Vec<u8>,
    terms: Terms,
) -> Result<(), PostFault> {
    let to = Destination::new(url.host(), url.port())?;
    let connection = outbound.connect(&to, url.tls(), terms.connect_ms.min(terms.timeout_ms)).await?;
    let (mut sender, driver) = http1::handshake(TokioIo::new(connection.stream)).await?;
    // The task ends with this exchange, however that ends.
    let _driver = AbortOnDropHandle::new(tokio::spawn(driver));
    let request = Request::post(url.target())
        .header(HOST, url.host_header())
        .header(CONTENT_TYPE, "application/json")
        .header(USER_AGENT, concat!("vivace/", env!("CARGO_PKG_VERSION")))
        .header(CONNECTION, "close")
        .header("x-request-id", request_id)
        .body(Full::new(Bytes::from(body)))
        .map_err(|_| PostFault::Event("its address is none of HTTP"))?;
    let answer = sender.send_request(request).await?;
    let status = answer.status();
    if status.is_redirection() {
        return Err(PostFault::Redirect { status: status.as_u16() });
    }
    if status.as_u16() != 200 {
        return Err(PostFault::Status { status: status.as_u16() });
    }
    let said = read(answer, terms.answer_bytes_max).await?;
    if terms.success.holds(200, said) {
        return Ok(());
    }
    Err(match said {
        HookAnswer::Object { code } => PostFault::Code { code: code.unwrap_or(0) },
        HookAnswer::TooLong | HookAnswer::NoObject => PostFault::TooLong { max: terms.answer_bytes_max },
    })
}

/// Reads an answer as far as it matters: what is no JSON object is not read on.
async fn read(answer: Response<Incoming>, bytes_max: usize) -> Result<HookAnswer, PostFault> {
    let mut body = answer.into_body();
    let mut bytes = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame?.into_data() else { continue };
        bytes.extend_from_slice(data.get(..data.len().min(bytes_max.saturating_sub(bytes.len()))).unwrap_or_default());
        let first = bytes.iter().find(|byte| !byte.is_ascii_whitespace());
        if first.is_some_and(|byte| *byte != b'{') {
            return Ok(HookAnswer::NoObject);
        }
        if bytes.len() >= bytes_max {
            return Ok(if first.is_some() { HookAnswer::TooLong } else { HookAnswer::NoObject });
        }
    }
    Ok(judge(&bytes))
}

/// What a whole body says. A code as text is one too: some languages write all values so.
pub(crate) fn judge(body: &[u8]) -> HookAnswer {
    let Ok(serde_json::Value::Object(fields)) = serde_json::from_slice(body) else { return HookAnswer::NoObject };
    let code = fields.get("code").map(|code| match code {
        serde_json::Value::String(text) => text.trim().parse().unwrap_or(-1),
        other => other.as_i64().unwrap_or(-1),
    });
    HookAnswer::Object { code }
}
