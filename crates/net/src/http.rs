mod activity;
mod answer;
mod fault;
mod gather;
mod h2;
mod live_body;

use std::convert::Infallible;
use std::future::{Future, pending};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use bytes::Bytes;
use http::{HeaderValue, Request, Response, header};
use http_body_util::combinators::UnsyncBoxBody;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use parking_lot::Mutex;
use tokio::io::AsyncWriteExt;
use tokio_util::sync::CancellationToken;
use vivace_base::Limits;

use answer::Answer;
pub use fault::HttpFault;
pub use live_body::LiveBody;

use crate::Stream;
use crate::delivery::Socket;
use crate::write_deadline::{Account, Patience, WriteDeadline};

/// Takes over a connection whose request has been read and not been answered. It is dropped uncalled if the server
/// stops first or the socket cannot be taken back.
pub type Takeover = Box<dyn FnOnce(Socket, Bytes) + Send>;

/// What a service makes of a request.
pub enum Reply {
    /// An ordinary response; the connection goes on.
    Response(Response<UnsyncBoxBody<Bytes, BoxError>>),
    /// The last response of the connection, which closes behind it: whoever asks next is to connect anew.
    Last(Response<UnsyncBoxBody<Bytes, BoxError>>),
    /// The socket itself, with what the client has sent behind its request. Not over HTTP/2: there, a live play is a
    /// response whose body is a [`LiveBody`].
    Takeover(Takeover),
}

/// Any error of a response body.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// Answers requests of one listener.
pub trait HttpService: Send + Sync + 'static {
    /// Answers one request from `peer` that came to the address `local`.
    fn call(
        self: Arc<Self>,
        request: Request<Incoming>,
        peer: SocketAddr,
        local: SocketAddr,
    ) -> impl Future<Output = Reply> + Send;

    /// Whether the connection has been granted what may take a slow client long. Else one that takes nothing of its
    /// responses is let go as early as one that sends no request.
    fn is_granted(&self) -> bool {
        true
    }
}

/// Limits of an HTTP connection.
#[derive(Clone, Copy, Debug)]
pub struct HttpLimits {
    /// Bytes of a request head.
    pub head_bytes_max: usize,
    /// From the connection's start, or the last response, to the end of the next head; also how long a client that has been
    /// granted nothing may take nothing of a response.
    pub head_ms_max: u64,
    /// How long an HTTP/2 connection may do nothing before it is closed, or asked by a ping.
    pub stall_ms_max: u64,
    /// Requests under way at once on one HTTP/2 connection.
    pub streams_max: u32,
    /// How far a client may be behind `bytes_per_s_min` at least.
    pub slow_ms_max: u64,
    /// Bytes a second that a client takes at least while some wait for it. One that is behind by what kernels send without
    /// telling of it, 288 KiB, is let go.
    pub bytes_per_s_min: u64,
    /// Bytes that an HTTP/2 client may send between two requests or pieces of a response.
    pub idle_input_bytes_max: u64,
}

impl From<&Limits> for HttpLimits {
    fn from(limits: &Limits) -> Self {
        Self {
            head_bytes_max: limits.http_head_bytes_max,
            head_ms_max: limits.handshake_ms_max,
            stall_ms_max: limits.reader_stall_ms_max,
            streams_max: limits.http2_streams_max,
            slow_ms_max: limits.reader_slow_ms_max,
            bytes_per_s_min: limits.reader_bytes_per_s_min,
            idle_input_bytes_max: limits.http2_idle_input_bytes_max,
        }
    }
}

impl HttpLimits {
    /// What is asked of a client that may send `input_bytes_max` to no purpose.
    const fn patience(self, input_bytes_max: u64) -> Patience {
        Patience {
            ungranted_ms: self.head_ms_max,
            slow_ms: self.slow_ms_max,
            bytes_per_s_min: self.bytes_per_s_min,
            input_bytes_max,
        }
    }

    /// How long a client that takes a response may show nothing of it.
    fn untaken_ms(self) -> u64 {
        self.patience(self.idle_input_bytes_max).behind_ms()
    }

    /// How long an HTTP/2 client may leave a ping unanswered, which stands behind all that it has not read.
    fn ping_ms_max(self) -> u64 {
        self.stall_ms_max.max(self.untaken_ms())
    }
}

/// Serves one HTTP connection until it closes, is taken over, `stop` asks it to end, or `cut` breaks it: HTTP/2 where its
/// TLS handshake has agreed on it, else HTTP/1.1.
///
/// # Errors
/// [`HttpFault`].
pub async fn serve_http<S: HttpService>(
    stream: Stream,
    peer: SocketAddr,
    service: Arc<S>,
    limits: HttpLimits,
    stop: CancellationToken,
    cut: CancellationToken,
) -> Result<(), HttpFault> {
    let Ok(local) = stream.local_address() else { return Ok(()) };
    if stream.is_http2() {
        return h2::serve(stream, (peer, local), service, limits, stop, cut).await;
    }
    serve_http1(stream, (peer, local), service, limits, stop, cut).await
}

/// Has a request answered, and notes what its client has been granted by then.
async fn reply<S: HttpService>(
    service: &Arc<S>,
    account: &Account,
    request: Request<Incoming>,
    (peer, local): (SocketAddr, SocketAddr),
) -> Reply {
    let reply = service.clone().call(request, peer, local).await;
    account.grant(service.is_granted());
    reply
}

/// HTTP/1.1.
async fn serve_http1<S: HttpService>(
    stream: Stream,
    (peer, local): (SocketAddr, SocketAddr),
    service: Arc<S>,
    limits: HttpLimits,
    stop: CancellationToken,
    cut: CancellationToken,
) -> Result<(), HttpFault> {
    let taken: Arc<Mutex<Option<Takeover>>> = Arc::default();
    let (asked, served) = (CancellationToken::new(), Arc::new(AtomicBool::new(false)));
    let account = Arc::new(Account::default());
    let handler = {
        let (taken, asked, served, account) = (taken.clone(), asked.clone(), served.clone(), account.clone());
        service_fn(move |request| {
            served.store(true, Relaxed);
            let answering = account.answer();
            let (service, taken, asked) = (service.clone(), taken.clone(), asked.clone());
            // Boxed, so that the connection can be moved out of the loop below.
            Box::pin(async move {
                let response = match reply(&service, answering.account(), request, (peer, local)).await {
                    Reply::Response(response) => response,
                    Reply::Last(mut response) => {
                        response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
                        response
                    }
                    Reply::Takeover(takeover) => {
                        *taken.lock() = Some(takeover);
                        asked.cancel();
                        // The connection is dismantled before this answer would be missed.
                        pending().await
                    }
                };
                Ok::<_, Infallible>(response.map(|body| Answer::new(body, answering)))
            })
        })
    };
    let mut connection = http1::Builder::new()
        // Its own time for the next head would run while the client still takes the response before.
        .header_read_timeout(None)
        .max_buf_size(limits.head_bytes_max.max(8 << 10))
        .serve_connection(
            TokioIo::new(WriteDeadline::of_stream(stream, limits.patience(u64::MAX), account.clone())),
            handler,
        );
    let done = |done: Result<(), hyper::Error>| done.map_err(|error| HttpFault::of(error, limits, &account));
    let late = || {
        // A client that had been served and kept its connection for nothing has done no wrong.
        let begun = !served.load(Relaxed) || account.unspent_bytes() > 0;
        if begun { Err(HttpFault::HeadLate { ms: limits.head_ms_max }) } else { Ok(()) }
    };
    let ended = {
        let running = std::future::poll_fn(|context| connection.poll_without_shutdown(context));
        tokio::select! {
            ended = running => Some(done(ended)),
            () = asked.cancelled() => None,
            () = account.head_late(limits.head_ms_max) => Some(late()),
            () = cut.cancelled() => return Err(HttpFault::Overtaken),
            () = stop.cancelled() => {
                std::pin::Pin::new(&mut connection).graceful_shutdown();
                tokio::select! {
                    ended = drain(connection, &asked) => return done(ended),
                    () = account.head_late(limits.head_ms_max) => return late(),
                    () = cut.cancelled() => return Err(HttpFault::Overtaken),
                }
            }
        }
    };
    if let Some(done) = ended {
        done?;
        // The peer may have gone already; there is nobody to tell then.
        let _ = connection.into_parts().io.into_inner().shutdown().await;
        return account.exhausted().map_or(Ok(()), |why| Err(why.into()));
    }
    let parts = connection.into_parts();
    let takeover = taken.lock().take();
    if let (Some(takeover), Ok(socket)) = (takeover, parts.io.into_inner().into_inner().into_socket()) {
        takeover(socket, parts.read_buf);
    }
    Ok(())
}

/// Lets a response that is under way end; a request for take-over comes too late.
async fn drain<F: Future<Output = Result<(), hyper::Error>>>(
    connection: F,
    asked: &CancellationToken,
) -> Result<(), hyper::Error> {
    tokio::select! {
        done = connection => done,
        () = asked.cancelled() => Ok(()),
    }
}
