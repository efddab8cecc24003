//! Live play over HTTP and WebSocket: FLV for players of that kind, fragmented MP4 for browsers.

mod flv;
pub mod fuzz;
mod mp4;
mod request;
mod websocket;

pub use flv::{FLV, WS_FLV};
pub use mp4::{MP4, WS_MP4};
pub use request::{Handshake, RequestFault, content_type, response_head};
pub use websocket::{Heard, WebSocketPlayer, accept_key};

use vivace_hub::FormatKind;

/// The format that `extension` and the transport ask for.
pub fn format_of(extension: &str, websocket: bool) -> Option<FormatKind> {
    match (extension, websocket) {
        ("flv", false) => Some(FLV),
        ("flv", true) => Some(WS_FLV),
        ("mp4", false) => Some(MP4),
        ("mp4", true) => Some(WS_MP4),
        _ => None,
    }
}
