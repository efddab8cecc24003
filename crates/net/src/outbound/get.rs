use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::header::{ACCEPT_ENCODING, CONTENT_LENGTH, CONTENT_RANGE, HOST, LOCATION, RANGE, USER_AGENT};
use http::{HeaderMap, HeaderName, Request, Response};
use http_body_util::{BodyExt, Empty};
use hyper::body::Incoming;
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use thiserror::Error;
use tokio::time::timeout;
use tokio_util::task::AbortOnDropHandle;

use super::{Destination, Outbound, OutboundFault};

/// Bytes of the head of an answer.
const HEAD_BYTES_MAX: usize = 32 << 10;

/// What is asked for.
#[derive(Clone, Copy, Debug)]
pub struct Get<'a> {
    /// The server.
    pub to: &'a Destination,
    /// Whether over TLS.
    pub tls: bool,
    /// `Host`.
    pub host: &'a str,
    /// Path and query.
    pub target: &'a str,
    /// The first byte that is wanted and how many; everything without it.
    pub range: Option<(u64, u64)>,
    /// A longer body is refused before memory is taken for it.
    pub body_bytes_max: usize,
    /// For the connection, in milliseconds.
    pub connect_ms: u64,
    /// For all of it, in milliseconds.
    pub within_ms: u64,
}

/// What a server answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Got {
    /// The body of a status of success.
    Body(Bytes),
    /// Another place, as the server calls it.
    Elsewhere(String),
}

/// Why nothing was had.
#[derive(Debug, Error)]
pub enum GetFault {
    /// There is no connection to the server.
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
    /// The server does not give it.
    #[error("the server answers with status {0}")]
    Status(u16),
    /// The body is longer than is taken.
    #[error("the answer has more than {max} bytes")]
    TooLong {
        /// Bytes that are taken.
        max: usize,
    },
    /// The answer to a range is another one.
    #[error("the server does not give the range of bytes that the playlist names")]
    Range,
    /// The server names no place that it sends to.
    #[error("the server sends elsewhere without a place")]
    NoPlace,
    /// The address is none of HTTP.
    #[error("the address is none of HTTP")]
    Request,
}

/// Gets one thing after the other, over one connection as long as that stays good.
pub struct Getter {
    outbound: Arc<Outbound>,
    kept: Option<Kept>,
    address: Option<SocketAddr>,
}

struct Kept {
    to: Destination,
    tls: bool,
    sender: SendRequest<Empty<Bytes>>,
    /// Ends with the connection.
    _driver: AbortOnDropHandle<hyper::Result<()>>,
}

impl Getter {
    /// Connects by this way out.
    pub const fn new(outbound: Arc<Outbound>) -> Self {
        Self { outbound, kept: None, address: None }
    }

    /// The server that was connected to last.
    pub const fn address(&self) -> Option<SocketAddr> {
        self.address
    }

    /// Asks once; redirects are not followed. Dropped before it is done, it has let go of the connection.
    ///
    /// # Errors
    /// Each [`GetFault`].
    pub async fn get(&mut self, get: &Get<'_>) -> Result<Got, GetFault> {
        let ms = get.within_ms;
        timeout(Duration::from_millis(ms), self.exchange(get)).await.map_err(|_| GetFault::Timeout { ms })?
    }

    async fn exchange(&mut self, get: &Get<'_>) -> Result<Got, GetFault> {
        let kept = self.kept.take().filter(|kept| kept.tls == get.tls && kept.to == *get.to);
        if let Some(kept) = kept {
            // A server may close it at any time, also while it is asked: then it is asked anew.
            match self.ask(kept, get).await {
                Err(GetFault::Broken(_)) => {}
                done => return done,
            }
        }
        let connection = self.outbound.connect(get.to, get.tls, get.connect_ms.min(get.within_ms)).await?;
        self.address = Some(connection.address);
        let mut builder = http1::Builder::new();
        builder.max_buf_size(HEAD_BYTES_MAX);
        let (sender, driver) = builder.handshake(TokioIo::new(connection.stream)).await?;
        let driver = AbortOnDropHandle::new(tokio::spawn(driver));
        self.ask(Kept { to: get.to.clone(), tls: get.tls, sender, _driver: driver }, get).await
    }

    async fn ask(&mut self, mut kept: Kept, get: &Get<'_>) -> Result<Got, GetFault> {
        kept.sender.ready().await?;
        let answer = kept.sender.send_request(request(get)?).await?;
        let status = answer.status();
        if matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308) {
            let to = field(answer.headers(), &LOCATION).ok_or(GetFault::NoPlace)?;
            return Ok(Got::Elsewhere(to.to_owned()));
        }
        if !matches!(status.as_u16(), 200 | 206) {
            return Err(GetFault::Status(status.as_u16()));
        }
        let part = part(get, &answer)?;
        let whole = read(answer, &part, get.body_bytes_max).await?;
        // Of an answer with more than was wanted, the rest is still to come.
        if whole.ended && !kept.sender.is_closed() {
            self.kept = Some(kept);
        }
        Ok(Got::Body(whole.bytes))
    }
}

fn request(get: &Get<'_>) -> Result<Request<Empty<Bytes>>, GetFault> {
    let mut request = Request::get(get.target)
        .header(HOST, get.host)
        .header(ACCEPT_ENCODING, "identity")
        .header(USER_AGENT, concat!("vivace/", env!("CARGO_PKG_VERSION")));
    if let Some((at, bytes)) = get.range {
        let last = at.saturating_add(bytes.saturating_sub(1));
        request = request.header(RANGE, format!("bytes={at}-{last}"));
    }
    request.body(Empty::new()).map_err(|_| GetFault::Request)
}

/// What is wanted of an answer.
struct Part {
    /// Bytes in front of it.
    skip: usize,
    /// Its bytes; all there are without a number.
    wanted: Option<usize>,
}

/// A server may answer a range with the whole (RFC 9110, 14.2).
fn part(get: &Get<'_>, answer: &Response<Incoming>) -> Result<Part, GetFault> {
    let Some((at, bytes)) = get.range else { return Ok(Part { skip: 0, wanted: None }) };
    let fits = |bytes: u64| usize::try_from(bytes).ok().filter(|bytes| *bytes <= get.body_bytes_max);
    let too_long = GetFault::TooLong { max: get.body_bytes_max };
    let Some(wanted) = fits(bytes) else { return Err(too_long) };
    if answer.status().as_u16() != 206 {
        // What is passed over counts too: it is read all the same.
        let skip = fits(at).ok_or(too_long)?;
        return Ok(Part { skip, wanted: Some(wanted) });
    }
    let told = field(answer.headers(), &CONTENT_RANGE).unwrap_or_default();
    let begin = told.strip_prefix("bytes ").and_then(|range| range.split_once('-')?.0.parse::<u64>().ok());
    if begin == Some(at) { Ok(Part { skip: 0, wanted: Some(wanted) }) } else { Err(GetFault::Range) }
}

fn field<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

struct Whole {
    bytes: Bytes,
    /// Nothing of the answer is left to be read.
    ended: bool,
}

async fn read(answer: Response<Incoming>, part: &Part, max: usize) -> Result<Whole, GetFault> {
    let too_long = || GetFault::TooLong { max };
    let announced = field(answer.headers(), &CONTENT_LENGTH).and_then(|length| length.parse::<u64>().ok());
    if part.wanted.is_none() && announced.is_some_and(|length| length > max as u64) {
        return Err(too_long());
    }
    let mut body = answer.into_body();
    let (mut bytes, mut skip) = (BytesMut::new(), part.skip);
    let max = part.wanted.unwrap_or(max);
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame?.into_data() else { continue };
        let data = data.get(skip.min(data.len())..).map(|rest| (skip - (data.len() - rest.len()), rest));
        let Some((left, data)) = data else { continue };
        skip = left;
        let room = max.saturating_sub(bytes.len());
        match part.wanted {
            None if data.len() > room => return Err(too_long()),
            Some(_) if data.len() > room => {
                bytes.extend_from_slice(data.get(..room).unwrap_or_default());
                return Ok(Whole { bytes: bytes.freeze(), ended: false });
            }
            _ => bytes.extend_from_slice(data),
        }
    }
    if part.wanted.is_some_and(|wanted| bytes.len() < wanted) {
        return Err(GetFault::Range);
    }
    Ok(Whole { bytes: bytes.freeze(), ended: true })
}

#[cfg(test)]
mod tests;
