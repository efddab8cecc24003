//! Screenshots over HTTP, by addresses that are signed.

use http::{HeaderValue, Method, Request, Response, StatusCode, header};
use hyper::body::Incoming;
use serde_json::json;
use vivace_domain::picture::PictureKey;
use vivace_hls::serve::Keep;

use super::kept::Sent;
use super::{Body, Service};
use crate::archive::Stretch;

pub(super) use crate::pictures::PICTURES;

impl Service {
    /// The picture of the last part of a signed address. A wrong signature and a picture that is gone look the same.
    pub(super) async fn picture(&self, request: &Request<Incoming>, file: &str) -> Response<Body> {
        if request.method() == Method::OPTIONS {
            return self.preflight("GET, HEAD, OPTIONS");
        }
        if !matches!(*request.method(), Method::GET | Method::HEAD) {
            let mut response = self.answer(StatusCode::METHOD_NOT_ALLOWED, &json!({"message": "read it with GET"}));
            response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("GET, HEAD, OPTIONS"));
            return response;
        }
        let absent = || {
            let message = json!({"error": "not_found", "message": "there is no such picture"});
            self.answer(StatusCode::NOT_FOUND, &message)
        };
        let app = self.shared.gate.app();
        let Some(id) = PictureKey(&app.keys.api_token).read(file) else { return absent() };
        let found = match self.shared.pictures.file(id).await {
            Ok(Some(found)) => found,
            Ok(None) => return absent(),
            Err(error) => {
                tracing::error!(%error, %id, "a screenshot cannot be looked up");
                return absent();
            }
        };
        self.place.lock().take();
        let stretch = Stretch { path: found.path, offset: 0, bytes: found.bytes };
        let etag = HeaderValue::from_str(&format!("\"{id}\"")).ok();
        // A picture never changes under its address; that it is deleted one day need not be noticed at once.
        let keep = Keep::Immutable;
        self.stretch(request, Sent { stretch, content_type: "image/jpeg", name: None, etag, keep }).await
    }
}
