//! Chunks (RTMP 1.0, 5.3): how messages of several chunk streams share one connection.

mod read;
mod stream;
mod write;

use bytes::Bytes;

pub use read::ChunkReader;
pub use write::{MESSAGE_BYTES_MAX, write_message};

/// Chunk size of both directions until Set Chunk Size.
pub const CHUNK_BYTES_DEFAULT: usize = 128;
/// Largest chunk stream id; the smallest is 2.
pub const CHUNK_STREAM_MAX: u32 = 65_599;

/// A 24-bit timestamp field with this value says that the real one follows in four more bytes.
const EXTENDED: u32 = 0xff_ffff;

/// A whole message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Message type id (RTMP 1.0, 7.1).
    pub type_id: u8,
    /// Absolute timestamp in milliseconds, modulo 2^32.
    pub timestamp: u32,
    /// Message stream id; 0 is the connection itself.
    pub stream_id: u32,
    /// The message without any header.
    pub payload: Bytes,
}

#[cfg(test)]
mod tests;
