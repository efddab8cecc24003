//! Codecs and containers of the live path, both directions, without any I/O.

pub mod aac;
pub mod amf;
mod bits;
pub mod flv;
pub mod fmp4;
mod frame;
mod frame_rate;
#[doc(hidden)]
pub mod fuzz;
pub mod h264;
pub mod hevc;
pub mod mp3;
mod nal;

pub use frame::{Codec, Frame, FrameKind};
pub use frame_rate::FrameRate;
