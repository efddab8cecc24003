//! Our own face: the page at `/`, the JSON lists under `/api/v1` that it is made of, `/metrics` and `/healthz`.

mod auth;
mod page;
mod router;
mod view;

pub use router::{Live, router};
pub use view::{AudioView, Items, PlayUrls, PushUrl, RefusalView, Status, StreamView, VideoView, Words};
