use std::convert::Infallible;
use std::future::{Future, poll_fn};
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use bytes::Bytes;
use http::{Response, StatusCode};
use http_body_util::{BodyExt, Empty};
use hyper::rt::Executor;
use hyper::server::conn::http2;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::AsyncWrite;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::activity::{Activity, Watched};
use super::gather::{Turn, gather};
use super::{HttpFault, HttpLimits, HttpService, Reply, reply};
use crate::Stream;
use crate::cork::Cork;
use crate::write_deadline::WriteDeadline;

/// Bytes that a client may send ahead of being read, per stream and in all: the smallest that RFC 9113 begins with.
const WINDOW_BYTES: u32 = 65_535;
/// Bytes of one response that wait in the connection. How long its frames and how wide its windows are is the client's
/// to say (SETTINGS_MAX_FRAME_SIZE and SETTINGS_INITIAL_WINDOW_SIZE, RFC 9113, section 6.5.2).
const SEND_BUFFER_BYTES: usize = 64 << 10;

/// Serves one HTTP/2 connection until it closes, has been quiet for long, or `stop` asks it to end.
pub(super) async fn serve<S: HttpService>(
    stream: Stream,
    addresses: (SocketAddr, SocketAddr),
    service: Arc<S>,
    limits: HttpLimits,
    stop: CancellationToken,
    cut: CancellationToken,
) -> Result<(), HttpFault> {
    let tasks = TaskTracker::new();
    let ended = tokio::select! {
        ended = run(stream, addresses, service, limits, stop, &tasks) => ended,
        () = cut.cancelled() => Err(HttpFault::Overtaken),
    };
    // Without their connection the tasks of its streams have nothing left to do.
    tasks.close();
    tasks.wait().await;
    ended
}

async fn run<S: HttpService>(
    stream: Stream,
    (peer, local): (SocketAddr, SocketAddr),
    service: Arc<S>,
    limits: HttpLimits,
    stop: CancellationToken,
    tasks: &TaskTracker,
) -> Result<(), HttpFault> {
    let activity = Arc::new(Activity::default());
    let leave = CancellationToken::new();
    let handler = {
        let (activity, leave) = (activity.clone(), leave.clone());
        service_fn(move |request| {
            let (service, activity, leave) = (service.clone(), activity.clone(), leave.clone());
            async move {
                let _busy = activity.begin();
                let response = match reply(&service, &activity.account(), request, (peer, local)).await {
                    Reply::Response(response) => response,
                    Reply::Last(response) => {
                        leave.cancel();
                        response
                    }
                    Reply::Takeover(_) => cannot_be_taken_over(),
                };
                Ok::<_, Infallible>(response.map(|body| Watched::new(body, activity.clone())))
            }
        })
    };
    let patience = limits.patience(limits.idle_input_bytes_max);
    let (io, turn) = gather(WriteDeadline::of_stream(stream, patience, activity.account()));
    let connection = http2::Builder::new(Tasks(tasks.clone()))
        .timer(TokioTimer::new())
        .max_concurrent_streams(limits.streams_max)
        .max_header_list_size(u32::try_from(limits.head_bytes_max).unwrap_or(u32::MAX))
        .initial_stream_window_size(WINDOW_BYTES)
        .initial_connection_window_size(WINDOW_BYTES)
        .max_send_buf_size(SEND_BUFFER_BYTES)
        .keep_alive_interval(Duration::from_millis(limits.stall_ms_max))
        .keep_alive_timeout(Duration::from_millis(limits.ping_ms_max()))
        .serve_connection(TokioIo::new(io), handler);
    let mut connection = pin!(connection);
    let fault = |error| match error {
        Broken::Http(error) => Err(HttpFault::of(error, limits, &activity.account())),
        // The peer has gone, or this side has let it go.
        Broken::Wire => activity.account().exhausted().map_or(Ok(()), |why| Err(why.into())),
    };
    tokio::select! {
        done = turns(connection.as_mut(), &turn) => return done.or_else(fault),
        () = async { tokio::select! { () = stop.cancelled() => {}, () = leave.cancelled() => {} } } => {
            connection.as_mut().graceful_shutdown();
            return turns(connection, &turn).await.or_else(fault);
        }
        () = activity.quiet(limits, || turn.holds()) => {}
    }
    let fault = activity.fault(limits, turn.holds());
    connection.as_mut().graceful_shutdown();
    // Who does not take the goodbye is left without it.
    let _ = timeout(Duration::from_millis(limits.head_ms_max), turns(connection, &turn)).await;
    Err(fault)
}

/// How a connection broke.
enum Broken {
    Http(hyper::Error),
    /// When it was written to behind HTTP's back.
    Wire,
}

/// Runs a connection; what it writes in one turn goes out together when the turn is over.
async fn turns<C, I>(mut connection: Pin<&mut C>, turn: &Turn<I>) -> Result<(), Broken>
where
    C: Future<Output = Result<(), hyper::Error>>,
    I: AsyncWrite + Cork + Unpin,
{
    poll_fn(|context| match (connection.as_mut().poll(context), turn.poll_end(context)) {
        (Poll::Ready(done), _) => Poll::Ready(done.map_err(Broken::Http)),
        (Poll::Pending, Poll::Ready(Err(_))) => Poll::Ready(Err(Broken::Wire)),
        (Poll::Pending, _) => Poll::Pending,
    })
    .await
}

/// A connection that carries several requests is not given away for one of them.
fn cannot_be_taken_over() -> Response<http_body_util::combinators::UnsyncBoxBody<Bytes, super::BoxError>> {
    let mut response = Response::new(Empty::new().map_err(|never| match never {}).boxed_unsync());
    *response.status_mut() = StatusCode::HTTP_VERSION_NOT_SUPPORTED;
    response
}

/// Runs the tasks of a connection's streams where they are waited for.
#[derive(Clone)]
struct Tasks(TaskTracker);

impl<F: Future<Output: Send> + Send + 'static> Executor<F> for Tasks {
    fn execute(&self, task: F) {
        self.0.spawn(task);
    }
}
