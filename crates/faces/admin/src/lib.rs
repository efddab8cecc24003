//! Our own face: the page at `/`, the API under `/api/v1` that it and the command line are made of, `/metrics` and
//! `/healthz`.

mod api;
mod auth;
mod body;
mod channel_view;
mod page;
mod relays;
mod router;
mod view;

pub use api::{document, fuzz};
pub use channel_view::{ChannelLineView, ChannelView, RateUrls};
pub use relays::{Answer, NewRelay, RelayFault, RelayView, Relays};
pub use router::{Cover, Done, Live, PeerAddress, router};
pub use view::{
    Astray, AudioView, Items, NewestView, PictureView, PlayUrls, PushUrl, RecordingView, RefusalView, Status,
    StreamView, VideoView, Words,
};
