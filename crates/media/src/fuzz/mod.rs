//! What the fuzz targets call. Each function takes any bytes and panics where a promise of its parser is broken.

mod amf;
mod codecs;
mod flv;
mod fmp4;
#[cfg(test)]
pub(crate) mod inputs;
mod mpegts;

pub use amf::amf;
pub use codecs::{aac, av1, fmp4_boxes, h264, hevc, mp3, opus, vp9};
pub use flv::flv;
pub use fmp4::{fmp4_read, mp4};
pub use mpegts::{mpegts, mpegts_write};
