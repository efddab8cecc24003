//! Action Message Format: the values of RTMP commands and of FLV script tags.
//!
//! AMF0 both ways (Adobe "Action Message Format - AMF 0", 2007). AMF3 (Adobe "Action Message Format - AMF 3",
//! 2013) is only read: a client that speaks it is answered in AMF0, which each of them reads too.

mod amf3;
mod cursor;
mod decode;
mod encode;
mod fault;
#[cfg(test)]
mod tests;
mod value;

pub use decode::Decoder;
pub use encode::{
    ObjectEncoder, encode_bool, encode_ecma_array, encode_null, encode_number, encode_object, encode_str,
};
pub use fault::Fault;
pub use value::Value;

/// The marker that begins a string (AMF0 section 2.4), for parsers that need no more than a name.
pub(crate) const STRING_MARKER: u8 = marker::STRING;

/// Type markers of AMF0 (section 2.1).
mod marker {
    pub(super) const NUMBER: u8 = 0x00;
    pub(super) const BOOLEAN: u8 = 0x01;
    pub(super) const STRING: u8 = 0x02;
    pub(super) const OBJECT: u8 = 0x03;
    pub(super) const NULL: u8 = 0x05;
    pub(super) const UNDEFINED: u8 = 0x06;
    pub(super) const REFERENCE: u8 = 0x07;
    pub(super) const ECMA_ARRAY: u8 = 0x08;
    pub(super) const OBJECT_END: u8 = 0x09;
    pub(super) const STRICT_ARRAY: u8 = 0x0A;
    pub(super) const DATE: u8 = 0x0B;
    pub(super) const LONG_STRING: u8 = 0x0C;
    pub(super) const UNSUPPORTED: u8 = 0x0D;
    pub(super) const XML_DOCUMENT: u8 = 0x0F;
    pub(super) const TYPED_OBJECT: u8 = 0x10;
    pub(super) const AVM_PLUS: u8 = 0x11;
}
