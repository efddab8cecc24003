//! What a request is answered with.

use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use schemars::JsonSchema;
use serde::Serialize;

const JSON: &str = "application/json";

/// An answer of success.
#[derive(Debug)]
pub(crate) struct Reply {
    status: StatusCode,
    body: Option<Vec<u8>>,
    kind: &'static str,
    etag: Option<String>,
}

/// Why a request was not served.
#[derive(Debug)]
pub(crate) struct Refusal {
    status: StatusCode,
    body: ErrorView,
    allow: Option<String>,
}

/// Every error of this API.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "Error")]
pub(crate) struct ErrorView {
    /// One word for programs.
    pub(crate) error: &'static str,
    /// A sentence for people.
    pub(crate) message: String,
    /// The field of the request that is wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) field: Option<String>,
}

impl Reply {
    pub(crate) fn ok(body: &impl Serialize) -> Result<Self, Refusal> {
        Self::with(StatusCode::OK, body)
    }

    pub(crate) fn created(body: &impl Serialize) -> Result<Self, Refusal> {
        Self::with(StatusCode::CREATED, body)
    }

    /// A JPEG file.
    pub(crate) const fn picture(jpeg: Vec<u8>) -> Self {
        Self { status: StatusCode::OK, body: Some(jpeg), kind: "image/jpeg", etag: None }
    }

    /// Done, and there is nothing to say.
    pub(crate) const fn done() -> Self {
        Self { status: StatusCode::NO_CONTENT, body: None, kind: JSON, etag: None }
    }

    /// Says which state of the thing this is.
    pub(crate) fn of_version(self, version: impl std::fmt::Display) -> Self {
        Self { etag: Some(format!("\"{version}\"")), ..self }
    }

    fn with(status: StatusCode, body: &impl Serialize) -> Result<Self, Refusal> {
        let body = serde_json::to_vec(body).map_err(|error| {
            tracing::error!(%error, "an answer cannot be written as JSON: this is a fault of the server");
            Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "the answer could not be written")
        })?;
        Ok(Self { status, body: Some(body), kind: JSON, etag: None })
    }
}

impl Refusal {
    pub(crate) fn new(status: StatusCode, error: &'static str, message: impl Into<String>) -> Self {
        Self { status, body: ErrorView { error, message: message.into(), field: None }, allow: None }
    }

    /// Something is wrong with the request as a whole.
    pub(crate) fn bad(message: &str) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "bad_parameter", message)
    }

    /// Something is wrong with a field.
    pub(crate) fn field(name: &str, reason: &str) -> Self {
        let mut refusal = Self::bad(&format!("{name}: {reason}"));
        refusal.body.field = Some(name.to_owned());
        refusal
    }

    pub(crate) fn unknown(error: &'static str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, error, message)
    }

    /// What is asked for does not fit what is there.
    pub(crate) fn conflict(error: &'static str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, error, message)
    }

    /// The thing is not as the caller knew it.
    pub(crate) fn changed() -> Self {
        let message = "it was changed in the meantime: read it again, and send its new ETag in If-Match";
        Self::new(StatusCode::PRECONDITION_FAILED, "changed", message)
    }

    /// The store failed; the log has the reason.
    pub(crate) fn store() -> Self {
        let message = "the store could not be read or written: the server's log has the reason";
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "store", message)
    }

    pub(crate) fn unauthorised() -> Self {
        let message = "send the app's api_token: Authorization: Bearer <token>";
        Self::new(StatusCode::UNAUTHORIZED, "unauthorised", message)
    }

    pub(crate) fn method(allow: String) -> Self {
        let message = format!("this resource does not have that method; it has {allow}");
        Self { allow: Some(allow), ..Self::new(StatusCode::METHOD_NOT_ALLOWED, "unknown_method", message) }
    }

    /// The sentence for people.
    pub(crate) fn message(&self) -> &str {
        &self.body.message
    }
}

impl IntoResponse for Reply {
    fn into_response(self) -> Response {
        let mut response = match self.body {
            Some(body) => (self.status, [(header::CONTENT_TYPE, self.kind)], body).into_response(),
            None => self.status.into_response(),
        };
        if let Some(etag) = self.etag.and_then(|etag| HeaderValue::from_str(&etag).ok()) {
            response.headers_mut().insert(header::ETAG, etag);
        }
        response
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut response = (self.status, axum::Json(self.body)).into_response();
        if self.status == StatusCode::UNAUTHORIZED {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if let Some(allow) = self.allow.and_then(|allow| HeaderValue::from_str(&allow).ok()) {
            response.headers_mut().insert(header::ALLOW, allow);
        }
        response
    }
}
