//! What the fuzz targets call. Each function takes any bytes and panics where a promise of its parser is broken.

mod amf;
mod codecs;
mod flv;
#[cfg(test)]
pub(crate) mod inputs;

pub use amf::amf;
pub use codecs::{aac, fmp4_boxes, h264, hevc, mp3};
pub use flv::flv;
