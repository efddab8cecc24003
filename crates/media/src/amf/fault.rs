use thiserror::Error;

/// Why AMF bytes are refused. `at` is the offset in the message, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Fault {
    /// The message ends inside a value.
    #[error("AMF value at byte {at} needs {needed_bytes} more bytes, the message has {left_bytes}")]
    Truncated {
        /// Where the missing part begins.
        at: usize,
        /// Bytes that the part needs.
        needed_bytes: usize,
        /// Bytes that are there.
        left_bytes: usize,
    },
    /// A type marker of AMF0 that is reserved or unknown (AMF0 section 2.1).
    #[error("AMF0 type marker {marker:#04x} at byte {at} is unknown")]
    UnknownMarker {
        /// Where the marker stands.
        at: usize,
        /// The marker.
        marker: u8,
    },
    /// A type marker of AMF3 that is not read here: vectors, dictionaries, unknown ones (AMF3 section 3.1).
    #[error("AMF3 type marker {marker:#04x} at byte {at} is not supported")]
    UnsupportedAmf3Marker {
        /// Where the marker stands.
        at: usize,
        /// The marker.
        marker: u8,
    },
    /// Values are nested deeper than `amf_depth_max`.
    #[error("AMF value at byte {at} is nested deeper than {depth_max}")]
    TooDeep {
        /// Where the value that is too deep begins.
        at: usize,
        /// The limit.
        depth_max: usize,
    },
    /// The message has more keys and elements than `amf_items_max`.
    #[error("AMF message has more than {items_max} items at byte {at}")]
    TooManyItems {
        /// Where the first item too many begins, or the count that announces it.
        at: usize,
        /// The limit.
        items_max: usize,
    },
    /// A string, key, XML document or byte array is longer than `amf_string_bytes_max`.
    #[error("AMF string at byte {at} has {bytes} bytes, at most {bytes_max} are allowed")]
    StringTooLong {
        /// Where its content begins.
        at: usize,
        /// Its announced length.
        bytes: usize,
        /// The limit.
        bytes_max: usize,
    },
    /// References of AMF3 repeat more than `amf_string_bytes_max` bytes of strings, all of them together.
    #[error("AMF3 references up to byte {at} repeat more than {bytes_max} bytes")]
    ReferencesTooLarge {
        /// Where the limit is met.
        at: usize,
        /// The limit.
        bytes_max: usize,
    },
    /// A string is not UTF-8.
    #[error("AMF string at byte {at} is not UTF-8")]
    NotUtf8 {
        /// Where its content begins.
        at: usize,
    },
    /// An AMF3 reference names nothing that was sent before it.
    #[error("AMF3 reference {index} at byte {at} names nothing")]
    NoSuchReference {
        /// Where the reference stands.
        at: usize,
        /// The index it names.
        index: usize,
    },
    /// An AMF3 object contains itself.
    #[error("AMF3 reference {index} at byte {at} names the object that it stands in")]
    CircularReference {
        /// Where the reference stands.
        at: usize,
        /// The index it names.
        index: usize,
    },
    /// An AMF3 object of a class with a form of its own, which only that class can read.
    #[error("AMF3 object at byte {at} is of an externalizable class")]
    Externalizable {
        /// Where the object begins.
        at: usize,
    },
}
