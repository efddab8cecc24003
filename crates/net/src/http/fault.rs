use std::error::Error;

use thiserror::Error;

use super::HttpLimits;
use crate::write_deadline::{Account, Exhausted};

/// Why an HTTP connection was not ended in order.
#[derive(Debug, Error)]
pub enum HttpFault {
    /// The request head was not there in time.
    #[error("no whole request head came within {ms} ms")]
    HeadLate {
        /// The limit.
        ms: u64,
    },
    /// The request head, or one of its parts, is too long.
    #[error("the request head is longer than {bytes_max} bytes, or has too many lines")]
    HeadTooLong {
        /// The limit.
        bytes_max: usize,
    },
    /// What came is no request.
    #[error("the request is not HTTP: {0}")]
    Malformed(hyper::Error),
    /// The client took nothing of a response.
    #[error("the client took no bytes of the response for {ms} ms")]
    Stalled {
        /// The limit.
        ms: u64,
    },
    /// The client took nothing of a response, and had been granted nothing that may take long.
    #[error("the client took no bytes of the response for {ms} ms, and had been granted neither a play nor a file")]
    Deaf {
        /// The limit.
        ms: u64,
    },
    /// The client took too little of a response.
    #[error("the client took {bytes} bytes of the response in {ms} ms")]
    TooSlow {
        /// Bytes taken.
        bytes: u64,
        /// Within this time.
        ms: u64,
    },
    /// The client sent what leads to nothing: pings, settings, resets.
    #[error("the client sent more than {bytes_max} bytes between two requests")]
    Flood {
        /// The limit.
        bytes_max: u64,
    },
    /// The client broke HTTP/2, or used it to make work (RFC 9113, 10.5).
    #[error("the client broke HTTP/2: {reason}")]
    Http2 {
        /// The error code that it was told.
        reason: h2::Reason,
    },
    /// An HTTP/2 client did nothing for too long, or answered no ping for as long as one that reads slowly may need to find it.
    #[error("the client was silent for {ms} ms")]
    Silent {
        /// The limit.
        ms: u64,
    },
    /// It was cut because what was sent over it is too old to be held.
    #[error("the client is so slow that what it reads is held for it alone")]
    Overtaken,
    /// The connection broke.
    #[error("the connection broke: {0}")]
    Broken(hyper::Error),
}

impl HttpFault {
    /// What hyper's error comes to.
    pub(super) fn of(error: hyper::Error, limits: HttpLimits, account: &Account) -> Self {
        if let Some(why) = account.exhausted() {
            return why.into();
        }
        if let Some(error) = source::<h2::Error>(&error)
            && let Some(reason) = error.reason()
        {
            return Self::Http2 { reason };
        }
        if error.is_parse_too_large() {
            return Self::HeadTooLong { bytes_max: limits.head_bytes_max };
        }
        if error.is_parse() {
            return Self::Malformed(error);
        }
        // The only time that hyper keeps is that of a ping.
        if error.is_timeout() {
            return Self::Silent { ms: limits.ping_ms_max() };
        }
        Self::Broken(error)
    }
}

impl From<Exhausted> for HttpFault {
    fn from(why: Exhausted) -> Self {
        match why {
            Exhausted::Stalled { ms } => Self::Stalled { ms },
            Exhausted::Deaf { ms } => Self::Deaf { ms },
            Exhausted::TooSlow { bytes, ms } => Self::TooSlow { bytes, ms },
            Exhausted::Flood { bytes_max } => Self::Flood { bytes_max },
        }
    }
}

/// The first cause of this type.
fn source<E: Error + 'static>(error: &hyper::Error) -> Option<&E> {
    let mut cause = error.source();
    while let Some(error) = cause {
        if let Some(found) = error.downcast_ref() {
            return Some(found);
        }
        cause = error.source();
    }
    None
}
