//! RTMP: the protocol engine, publishing and playing over it in both directions, and the translation to and from the hub's frames.

/// The protocol without I/O.
pub mod engine;
mod from_hub;
mod heard;
mod play;
mod pull;
mod push;
mod remote;
mod serve;
mod to_hub;

pub use from_hub::{RTMP, RTMP_AUDIO, RTMP_VIDEO, STREAM_ID};
pub use play::{OnEnd, RtmpPlayer};
pub use pull::Pull;
pub use push::Push;
pub use remote::{RemoteAddress, RemoteAround, RemoteEnd, Traffic};
pub use serve::{
    Address, Awaited, Bytestream, Connection, PlayRequest, PlayStart, PublishRequest, Request, SessionEnd, Surroundings,
};
pub use to_hub::ToHub;
