//! HLS and LL-HLS: segments and parts of fragmented MP4, segments of MPEG-TS, and the playlists over them.
//!
//! A stream is cut from the moment on that somebody asks for it. All players of a stream share its bytes; a player is a
//! session with a signed token, and has no connection of its own between two requests.

pub mod engine;
pub mod serve;
pub mod walk;
