use std::io::{self, IsTerminal as _};
use std::panic;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::reload::{self, Handle};
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer, Registry, fmt};

use crate::fault::Fault;
#[cfg(feature = "otel")]
use crate::otlp::Traces;
use crate::settings::{LogFormat, Values};

type Lines = Box<dyn Layer<Registry> + Send + Sync>;

/// Whether the lines of the log are JSON.
static JSON: AtomicBool = AtomicBool::new(false);

/// The log on stderr, whose level and format can be changed while it is written.
pub(crate) struct Logs {
    filter: Handle<EnvFilter, Registry>,
    lines: Handle<Lines, Registry>,
}

/// What is to be ended when the work of the process is done.
#[derive(Debug, Default)]
pub(crate) struct LogEnd {
    #[cfg(feature = "otel")]
    traces: Option<Traces>,
}

impl Logs {
    /// Starts the log, and the export of traces where there is one. A second start in one process changes nothing.
    ///
    /// # Errors
    /// Traces cannot be exported.
    pub(crate) fn start(values: &Values) -> Result<(Self, LogEnd), Fault> {
        let (filter, filter_handle) = reload::Layer::new(filter(&values.log_level));
        let (lines, lines_handle) = reload::Layer::new(lines(values.log_format));
        let log = tracing_subscriber::registry().with(lines.with_filter(filter));
        #[cfg(feature = "otel")]
        let (log, end) = {
            let traces = values.otlp.as_deref().map(Traces::start).transpose()?;
            (log.with(traces.as_ref().map(Traces::layer)), LogEnd { traces })
        };
        #[cfg(not(feature = "otel"))]
        let end = LogEnd::default();
        if log.try_init().is_ok() {
            JSON.store(values.log_format == LogFormat::Json, Relaxed);
            let otherwise = panic::take_hook();
            panic::set_hook(Box::new(move |panic| if are_json() { tell_panic(panic) } else { otherwise(panic) }));
        }
        Ok((Self { filter: filter_handle, lines: lines_handle }, end))
    }

    /// Goes on with another level and format.
    pub(crate) fn change(&self, values: &Values) {
        // It fails only where there is no log any more.
        let _ = self.lines.reload(lines(values.log_format));
        let _ = self.filter.reload(filter(&values.log_level));
        JSON.store(values.log_format == LogFormat::Json, Relaxed);
    }
}

impl LogEnd {
    /// Lets the last spans go out.
    #[cfg_attr(not(feature = "otel"), allow(clippy::unused_self, reason = "without traces there is nothing to end"))]
    pub(crate) fn end(self) {
        #[cfg(feature = "otel")]
        self.traces.into_iter().for_each(Traces::end);
    }
}

/// Whether a machine reads stderr: each line is then a JSON object.
pub(crate) fn are_json() -> bool {
    JSON.load(Relaxed)
}

fn lines(format: LogFormat) -> Lines {
    let lines = fmt::layer().with_writer(io::stderr).with_ansi(io::stderr().is_terminal());
    match format {
        LogFormat::Text => lines.boxed(),
        LogFormat::Json => lines.json().flatten_event(true).boxed(),
    }
}

/// The level of the settings. Spans for exporters would only repeat what each line says itself.
fn filter(level: &str) -> EnvFilter {
    let silent = format!("{}=off", vivace_server::TRACE_TARGET);
    let filter = EnvFilter::new(level);
    match silent.parse() {
        Ok(silent) => filter.add_directive(silent),
        Err(_) => filter,
    }
}

/// What the standard library would write as text.
fn tell_panic(panic: &panic::PanicHookInfo<'_>) {
    let thread = std::thread::current();
    let (thread, at) = (thread.name().unwrap_or("unnamed"), panic.location().map(ToString::to_string));
    tracing::error!(thread, at, panic = panic.payload_as_str(), "the server's own code failed");
}
