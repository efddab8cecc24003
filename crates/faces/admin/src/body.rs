use std::time::Duration;

use axum::body::Body;
use bytes::Bytes;
use http::StatusCode;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use thiserror::Error;
use tokio::time::timeout;
use vivace_base::Limits;

/// Why the body of a request was not read.
#[derive(Debug, Error)]
pub(crate) enum BodyFault {
    #[error("the body is longer than {max} bytes")]
    TooLong { max: usize },
    #[error("the body did not come within {ms} ms")]
    TooLate { ms: u64 },
    #[error("the body broke off")]
    Broken,
}

impl BodyFault {
    pub(crate) const fn status(&self) -> StatusCode {
        match self {
            Self::TooLong { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            Self::TooLate { .. } => StatusCode::REQUEST_TIMEOUT,
            Self::Broken => StatusCode::BAD_REQUEST,
        }
    }

    pub(crate) const fn word(&self) -> &'static str {
        match self {
            Self::TooLong { .. } => "body_too_long",
            Self::TooLate { .. } => "body_too_late",
            Self::Broken => "body_broken",
        }
    }
}

/// The whole body, of `limits.admin_body_bytes_max` bytes at most, within `limits.first_command_ms_max`.
pub(crate) async fn read(body: Body, limits: &Limits) -> Result<Bytes, BodyFault> {
    let (max, ms) = (limits.admin_body_bytes_max, limits.first_command_ms_max);
    match timeout(Duration::from_millis(ms), Limited::new(body, max).collect()).await {
        Ok(Ok(whole)) => Ok(whole.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(BodyFault::TooLong { max }),
        Ok(Err(_)) => Err(BodyFault::Broken),
        Err(_) => Err(BodyFault::TooLate { ms }),
    }
}
