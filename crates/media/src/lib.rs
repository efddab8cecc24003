//! Codecs and containers of the live path, both directions, without any I/O.

pub mod aac;
pub mod amf;
pub mod av1;
mod bits;
mod container;
pub mod flv;
pub mod fmp4;
mod frame;
mod frame_rate;
#[doc(hidden)]
pub mod fuzz;
pub mod g711;
pub mod h264;
pub mod hevc;
pub mod mp3;
pub mod mp4;
pub mod mpegts;
mod nal;
pub mod opus;
mod size;
pub mod vp9;

pub use container::Container;
pub use frame::{Codec, Frame, FrameKind};
pub use frame_rate::FrameRate;
pub use size::size_in_band;
