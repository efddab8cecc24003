//! Export of spans as OpenTelemetry traces: OTLP over HTTP (protobuf) to a collector that the operator names.

use std::error::Error;
use std::fmt;
use std::io::{self, Read as _, Write as _};
use std::net::{TcpStream, ToSocketAddrs as _};
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use opentelemetry::trace::TracerProvider as _;
use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};
use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig as _, WithHttpConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tracing::{Level, Subscriber};
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::{Filter, Layer};
use tracing_subscriber::registry::LookupSpan;

use crate::fault::Fault;

/// For each step of a request to the collector.
const WAIT: Duration = Duration::from_secs(5);
/// A collector answers an export with a few bytes.
const ANSWER_BYTES_MAX: u64 = 64 << 10;

/// The export of traces.
#[derive(Debug)]
pub(crate) struct Traces {
    provider: SdkTracerProvider,
}

impl Traces {
    /// Starts it; spans go out in batches, by a thread of their own.
    ///
    /// # Errors
    /// The exporter does not take the endpoint.
    pub(crate) fn start(endpoint: &str) -> Result<Self, Fault> {
        let failed =
            |error: &dyn fmt::Display| Fault::Traces { endpoint: endpoint.to_owned(), reason: error.to_string() };
        let exporter = SpanExporter::builder()
            .with_http()
            .with_http_client(Collector::default())
            .with_protocol(Protocol::HttpBinary)
            .with_endpoint(endpoint)
            .build()
            .map_err(|error| failed(&error))?;
        let resource = Resource::builder()
            .with_service_name("vivace")
            .with_attribute(opentelemetry::KeyValue::new("service.version", env!("CARGO_PKG_VERSION")))
            .build();
        let provider = SdkTracerProvider::builder().with_batch_exporter(exporter).with_resource(resource).build();
        Ok(Self { provider })
    }

    /// What turns our spans into those of OpenTelemetry.
    pub(crate) fn layer<S>(&self) -> impl Layer<S> + use<S>
    where
        S: Subscriber + for<'span> LookupSpan<'span>,
        Targets: Filter<S>,
    {
        let layer = tracing_opentelemetry::layer()
            .with_tracer(self.provider.tracer("vivace"))
            .with_tracked_inactivity(false)
            .with_threads(false)
            .with_location(false);
        layer.with_filter(Targets::new().with_target(vivace_server::TRACE_TARGET, Level::INFO))
    }

    /// Lets the last spans go out, within the time of one request.
    pub(crate) fn end(self) {
        if let Err(error) = self.provider.shutdown_with_timeout(WAIT) {
            tracing::warn!(error = &error as &dyn Error, "the last traces could not be exported");
        }
    }
}

/// The client for the collector. It is called by the exporter's own thread, so it may wait.
#[derive(Debug, Default)]
struct Collector {
    failures: AtomicU64,
}

impl HttpClient for Collector {
    fn send_bytes<'this, 'future>(
        &'this self,
        request: Request<Bytes>,
    ) -> Pin<Box<dyn Future<Output = Result<Response<Bytes>, HttpError>> + Send + 'future>>
    where
        'this: 'future,
        Self: 'future,
    {
        Box::pin(std::future::ready(self.send(&request)))
    }
}

impl Collector {
    fn send(&self, request: &Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let answer = exchange(request);
        let reason = match &answer {
            Ok(answer) if answer.status().is_success() => return Ok(answer.clone()),
            Ok(answer) => answer.status().to_string(),
            Err(error) => error.to_string(),
        };
        let failures = self.failures.fetch_add(1, Relaxed) + 1;
        // A collector that is away for a night is not to fill the log.
        if failures.is_power_of_two() {
            tracing::warn!(failures, reason, "traces could not be exported: they are lost");
        }
        answer.map_err(Into::into)
    }
}

/// One request over one connection.
fn exchange(request: &Request<Bytes>) -> io::Result<Response<Bytes>> {
    let odd = |what| io::Error::new(io::ErrorKind::InvalidData, what);
    let uri = request.uri();
    let authority = uri.authority().ok_or_else(|| odd("the endpoint has no host"))?;
    let mut socket = connect(authority.host(), authority.port_u16().unwrap_or(80))?;
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    let mut head = format!("{} {path} HTTP/1.1\r\nHost: {authority}\r\nConnection: close\r\n", request.method());
    for (name, value) in request.headers() {
        let value = value.to_str().map_err(|_| odd("a header is no text"))?;
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str(&format!("Content-Length: {}\r\n\r\n", request.body().len()));
    socket.write_all(head.as_bytes())?;
    socket.write_all(request.body())?;
    let mut said = Vec::new();
    socket.take(ANSWER_BYTES_MAX).read_to_end(&mut said)?;
    answer(said).ok_or_else(|| odd("the collector's answer is no HTTP"))
}

fn connect(host: &str, port: u16) -> io::Result<TcpStream> {
    let mut last = io::Error::from(io::ErrorKind::AddrNotAvailable);
    for address in (host.trim_matches(['[', ']']), port).to_socket_addrs()? {
        match TcpStream::connect_timeout(&address, WAIT) {
            Ok(socket) => {
                socket.set_read_timeout(Some(WAIT))?;
                socket.set_write_timeout(Some(WAIT))?;
                return Ok(socket);
            }
            Err(error) => last = error,
        }
    }
    Err(last)
}

fn answer(mut said: Vec<u8>) -> Option<Response<Bytes>> {
    let end = said.windows(4).position(|four| four == b"\r\n\r\n")?;
    let status: u16 = str::from_utf8(said.get(..end)?).ok()?.split(' ').nth(1)?.parse().ok()?;
    let body = said.split_off(end + 4);
    Response::builder().status(status).body(body.into()).ok()
}

#[cfg(test)]
mod tests {
    use super::answer;

    #[test]
    fn the_answer_of_a_collector_is_read() {
        let read = answer(b"HTTP/1.1 503 Busy\r\nA: b\r\n\r\nno".to_vec()).unwrap();
        assert_eq!((read.status().as_u16(), read.body().as_ref()), (503, &b"no"[..]));
        for odd in ["", "HTTP/1.1 200 OK\r\n", "HTTP/1.1\r\n\r\n", "HTTP/1.1 9999 x\r\n\r\n", "\u{fffd}\r\n\r\n"] {
            assert!(answer(odd.as_bytes().to_vec()).is_none(), "{odd:?}");
        }
    }
}
