//! What the fuzz targets call. Each function takes any bytes and panics where a promise of its parser is broken.

mod amf;
mod codecs;
mod flv;
#[cfg(test)]
pub(crate) mod inputs;
mod mpegts;

pub use amf::amf;
pub use codecs::{aac, av1, fmp4_boxes, h264, hevc, mp3, opus, vp9};
pub use flv::flv;
pub use mpegts::{mpegts, mpegts_write};
