//! The harness of the scenarios: the built command, real encoders and players, and sockets that say what no client would.
//!
//! A scenario meets the server as its clients do: over its listeners, its URLs and its command line.

mod attacks;
mod binary;
pub mod browser;
mod clip;
mod fault_proxy;
mod feeder;
mod ffmpeg;
mod flv;
mod folder;
mod hls;
mod http;
mod lvb;
mod placement;
mod process;
mod receiver;
mod recorded;
mod rtmp;
mod s3;
mod scene;
mod server;
mod siege;
mod sign;
pub mod soak;
mod tls;
mod wait;
mod wall_clock;
mod web;
mod websocket;
mod witness;

pub use attacks::{Act, Attack, announced, attacks, chunk_streams};
pub use binary::{Finished, command, vivace, vivace_path, without_settings};
pub use clip::Clip;
pub use fault_proxy::{Disturbance, FaultProxy};
pub use feeder::Feeder;
pub use ffmpeg::{
    AAC, H264, PICTURE, Probe, TONE, count_frames, describe_new, encode, ffmpeg, ffmpeg_new, ffprobe, push, python,
};
pub use flv::{Flv, Kind, Tag};
pub use folder::Folder;
pub use hls::HlsPlayer;
pub use http::{Answer, Live, get, get_with, request};
pub use lvb::{ApiCall, Order, raw, tls_request};
pub use placement::{Part, cpu_ms, server_core_ms};
pub use process::{Tool, hang_up, raise_file_limit, resume, suspend, terminate};
pub use receiver::{Answering, Callback, Receiver};
pub use recorded::{Played, Recorded, delivered, media_files, played, recordings};
pub use rtmp::{Denied, Rtmp, closed, connect_from, connect_narrow, handshake, message, shake_hands};
pub use s3::{BUCKET, KEY, KEY_ID, S3, S3Kind, SIGNED};
pub use scene::Scene;
pub use server::{FREE_PORTS, Server};
pub use siege::{BASE_BYTES, PENDING_BYTES, STREAM_BYTES, Siege, UNGRANTED_BYTES, garbage, throw};
pub use sign::{authority, expired, later, sign, split};
pub use tls::{Tls, certificate_of, self_signed, self_signed_ending};
pub use vivace_rtmp::engine::{ClientEvent, MediaKind, Role};
pub use wait::{PATIENCE, Timer, wait_for, wait_some, wait_some_within, wait_within};
pub use wall_clock::WallClock;
pub use web::{Giving, Web};
pub use websocket::WebSocket;
pub use witness::Witness;
