use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::Request;
use http::header::{ACCEPT, CONNECTION, HOST, USER_AGENT};
use http_body_util::{BodyExt, Empty};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use thiserror::Error;
use tokio::time::timeout;
use tokio_util::task::AbortOnDropHandle;
use vivace_domain::hook::HookUrl;
use vivace_net::outbound::{Destination, Outbound, OutboundFault};

/// Why a file was not fetched from another server. Nothing of its address is in it.
#[derive(Debug, Error)]
pub enum FetchFault {
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
    /// It answers with another status than 200. Redirects are not followed.
    #[error("the answer has status {status}, not 200")]
    Status {
        /// The status.
        status: u16,
    },
    /// It is longer than allowed.
    #[error("it has more than {max} bytes")]
    TooLong {
        /// Bytes allowed.
        max: usize,
    },
    /// Its address is none of HTTP.
    #[error("its address is none of HTTP")]
    Address,
}

/// Fetches a file of at most `bytes_max` bytes within `ms` milliseconds.
pub(super) async fn fetch(outbound: &Outbound, url: &HookUrl, bytes_max: usize, ms: u64) -> Result<Bytes, FetchFault> {
    let fetching = exchange(outbound, url, bytes_max, ms);
    timeout(Duration::from_millis(ms), fetching).await.map_err(|_| FetchFault::Timeout { ms })?
}

async fn exchange(outbound: &Outbound, url: &HookUrl, bytes_max: usize, ms: u64) -> Result<Bytes, FetchFault> {
    let to = Destination::new(url.host(), url.port())?;
    let connection = outbound.connect(&to, url.tls(), ms).await?;
    let (mut sender, driver) = http1::handshake(TokioIo::new(connection.stream)).await?;
    // The task ends with this exchange, however that ends.
    let _driver = AbortOnDropHandle::new(tokio::spawn(driver));
    let request = Request::get(url.target())
        .header(HOST, url.host_header())
        .header(ACCEPT, "image/png, image/jpeg")
        .header(USER_AGENT, concat!("vivace/", env!("CARGO_PKG_VERSION")))
        .header(CONNECTION, "close")
        .body(Empty::<Bytes>::new())
        .map_err(|_| FetchFault::Address)?;
    let answer = sender.send_request(request).await?;
    if answer.status() != 200 {
        return Err(FetchFault::Status { status: answer.status().as_u16() });
    }
    let mut body = answer.into_body();
    let mut bytes = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame?.into_data() else { continue };
        if bytes.len().saturating_add(data.len()) > bytes_max {
            return Err(FetchFault::TooLong { max: bytes_max });
        }
        bytes.extend_from_slice(&data);
    }
    Ok(bytes.freeze())
}
