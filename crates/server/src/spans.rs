//! The spans that an operator can have exported as OpenTelemetry traces. They are for exporters alone: lines of the log
//! carry their session themselves, so no log should show them, and where nobody exports they cost a test of a flag.
//!
//! A span holds what the log may hold too: no key, no query of an address.

use http::{Method, StatusCode};
use tracing::field::{Empty, display};
use tracing::{Span, info_span};
use vivace_codes::Row;

use crate::shared::Peer;

/// The target of all of them.
pub const TARGET: &str = "vivace_trace";

/// Characters of a path that a span shows.
const PATH_CHARS_MAX: usize = 256;

/// A publish, from its grant to its end.
pub(crate) fn publish(peer: Peer, stream: &str) -> Span {
    info_span!(
        target: TARGET, parent: None, "publish", otel.kind = "server", otel.status_code = Empty,
        session = %peer.session, peer = %peer.address, stream, outcome = Empty, code = Empty
    )
}

/// A play, from its grant to its end.
pub(crate) fn play(peer: Peer, stream: &str, format: &'static str) -> Span {
    info_span!(
        target: TARGET, parent: None, "play", otel.kind = "server", otel.status_code = Empty,
        session = %peer.session, peer = %peer.address, stream, format, outcome = Empty, code = Empty,
        bytes = Empty, skips = Empty
    )
}

/// A push or a play that is refused: over as it begins.
pub(crate) fn refused(peer: Peer, operation: &'static str, stream: &str, row: &'static Row, fault: &str) {
    info_span!(
        target: TARGET, parent: None, "refusal", otel.kind = "server", otel.status_code = "ERROR",
        session = %peer.session, peer = %peer.address, operation, stream, outcome = fault, code = %row
    );
}

/// A publish or a play is over.
pub(crate) fn end(span: &Span, outcome: &dyn std::fmt::Display, row: Option<&'static Row>) {
    span.record("outcome", display(outcome));
    if let Some(row) = row {
        span.record("code", display(row));
        span.record("otel.status_code", "ERROR");
    }
}

/// An HTTP request, from its head to the head of its response.
pub(crate) fn request(peer: Peer, method: &Method, path: &str) -> Span {
    let cut = path.char_indices().nth(PATH_CHARS_MAX).map_or(path, |(end, _)| path.get(..end).unwrap_or(path));
    info_span!(
        target: TARGET, parent: None, "http request", otel.kind = "server", otel.status_code = Empty,
        session = %peer.session, peer = %peer.address, http.request.method = %method, url.path = cut,
        http.response.status_code = Empty
    )
}

/// It is answered.
pub(crate) fn answered(span: &Span, status: StatusCode) {
    span.record("http.response.status_code", status.as_u16());
    if status.is_server_error() {
        span.record("otel.status_code", "ERROR");
    }
}
