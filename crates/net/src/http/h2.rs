use std::convert::Infallible;
use std::future::Future;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Response, StatusCode};
use http_body_util::{BodyExt, Empty};
use hyper::rt::Executor;
use hyper::server::conn::http2;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::activity::{Activity, Watched};
use super::{HttpLimits, HttpService, Reply};
use crate::Stream;

/// Bytes that a client may send ahead of being read, per stream and in all: the smallest that RFC 9113 begins with.
const WINDOW_BYTES: u32 = 65_535;
/// Bytes of one response that wait in the connection.
const SEND_BUFFER_BYTES: usize = 64 << 10;

/// Serves one HTTP/2 connection until it closes, has been quiet for long, or `stop` asks it to end.
pub(super) async fn serve<S: HttpService>(
    stream: Stream,
    peer: SocketAddr,
    local: SocketAddr,
    service: Arc<S>,
    limits: HttpLimits,
    stop: CancellationToken,
) -> Result<(), hyper::Error> {
    let tasks = TaskTracker::new();
    let ended = run(stream, (peer, local), service, limits, stop, &tasks).await;
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
) -> Result<(), hyper::Error> {
    let activity = Arc::new(Activity::default());
    let handler = {
        let activity = activity.clone();
        service_fn(move |request| {
            let (service, activity) = (service.clone(), activity.clone());
            async move {
                let _busy = activity.begin();
                let response = match service.call(request, peer, local).await {
                    Reply::Response(response) => response,
                    Reply::Takeover(_) => cannot_be_taken_over(),
                };
                Ok::<_, Infallible>(response.map(|body| Watched::new(body, activity.clone())))
            }
        })
    };
    let stall = Duration::from_millis(limits.stall_ms_max);
    let connection = http2::Builder::new(Tasks(tasks.clone()))
        .timer(TokioTimer::new())
        .max_concurrent_streams(limits.streams_max)
        .max_header_list_size(u32::try_from(limits.head_bytes_max).unwrap_or(u32::MAX))
        .initial_stream_window_size(WINDOW_BYTES)
        .initial_connection_window_size(WINDOW_BYTES)
        .max_send_buf_size(SEND_BUFFER_BYTES)
        .keep_alive_interval(stall)
        .keep_alive_timeout(stall)
        .serve_connection(TokioIo::new(stream), handler);
    let mut connection = pin!(connection);
    tokio::select! {
        done = connection.as_mut() => return done,
        () = stop.cancelled() => {
            connection.as_mut().graceful_shutdown();
            return connection.await;
        }
        () = activity.quiet(limits) => {}
    }
    connection.as_mut().graceful_shutdown();
    // Who does not take the goodbye is left without it.
    timeout(Duration::from_millis(limits.head_ms_max), connection).await.unwrap_or(Ok(()))
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
