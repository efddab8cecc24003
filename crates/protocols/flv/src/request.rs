use http::{HeaderMap, Method, header};
use thiserror::Error;

use crate::websocket::accept_key;

/// Why a request for a live play is no such request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum RequestFault {
    /// Any method but GET.
    #[error("live play takes GET only")]
    Method,
    /// An upgrade without a usable `Sec-WebSocket-Key`, or of another version than 13.
    #[error("the WebSocket handshake needs Sec-WebSocket-Version 13 and a Sec-WebSocket-Key of 24 characters")]
    WebSocket,
}

/// How the bytes are to be carried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Handshake {
    /// As the body of a response that ends with the connection.
    Http,
    /// As WebSocket messages; the answer to the client's key.
    WebSocket {
        /// Value of `Sec-WebSocket-Accept`.
        accept: String,
    },
}

impl Handshake {
    /// Reads the transport off a request's head.
    pub fn of(method: &Method, headers: &HeaderMap) -> Result<Self, RequestFault> {
        if method != Method::GET {
            return Err(RequestFault::Method);
        }
        let text = |name: header::HeaderName| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or("");
        if !text(header::UPGRADE).eq_ignore_ascii_case("websocket") {
            return Ok(Self::Http);
        }
        let key = text(header::SEC_WEBSOCKET_KEY);
        if text(header::SEC_WEBSOCKET_VERSION) != "13" || key.len() != 24 {
            return Err(RequestFault::WebSocket);
        }
        Ok(Self::WebSocket { accept: accept_key(key) })
    }

    /// Whether the bytes are carried by WebSocket messages.
    pub const fn is_websocket(&self) -> bool {
        matches!(self, Self::WebSocket { .. })
    }
}

/// The media type of a format's bytes.
pub fn content_type(extension: &str) -> &'static str {
    if extension == "mp4" { "video/mp4" } else { "video/x-flv" }
}

/// The head of the response with which a live play begins.
pub fn response_head(handshake: &Handshake, content_type: &str, session: &str) -> Vec<u8> {
    match handshake {
        Handshake::Http => format!(
            "HTTP/1.1 200 OK\r\nContent-Type: {content_type}\r\nConnection: close\r\nCache-Control: no-store\r\n\
             Access-Control-Allow-Origin: *\r\nAccess-Control-Expose-Headers: X-Vivace-Session\r\n\
             X-Content-Type-Options: nosniff\r\nX-Vivace-Session: {session}\r\n\r\n"
        ),
        Handshake::WebSocket { accept } => format!(
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
             Sec-WebSocket-Accept: {accept}\r\nX-Vivace-Session: {session}\r\n\r\n"
        ),
    }
    .into_bytes()
}
