use thiserror::Error;
use vivace_media::amf;

/// What the first byte of a connection that is not RTMP looked like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Looks {
    /// The method of an HTTP (or RTSP) request.
    Http,
    /// A TLS ClientHello, as RTMPS sends it.
    Tls,
    /// Nothing that is known.
    Unknown,
}

impl std::fmt::Display for Looks {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Http => "an HTTP request",
            Self::Tls => "a TLS ClientHello",
            Self::Unknown => "no protocol that is known here",
        })
    }
}

/// Why a peer's bytes end its session. No variant holds names, queries or other secrets of the peer.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum Fault {
    /// The first byte is not RTMP's version 3 (RTMP 1.0, 5.2.2).
    #[error("not RTMP: the first byte is {first:#04x}, this looks like {looks}")]
    NotRtmp {
        /// First byte received.
        first: u8,
        /// What it looked like.
        looks: Looks,
    },
    /// RTMPE or one of its relatives: an encrypted handshake, which is not offered.
    #[error("encrypted RTMP (version {version}) is not offered")]
    EncryptedHandshake {
        /// Version byte received: 6, 8 or 9.
        version: u8,
    },
    /// One more chunk stream than a connection may use.
    #[error("chunk stream {chunk_stream} is one more than the {allowed} allowed")]
    ChunkStreams {
        /// Chunk stream id of the offending chunk.
        chunk_stream: u32,
        /// Chunk streams allowed.
        allowed: usize,
    },
    /// A chunk that continues a chunk stream that was never begun (RTMP 1.0, 5.3.1.2).
    #[error("chunk of type {format} on chunk stream {chunk_stream}, which has no message to refer to")]
    ChunkStreamUnknown {
        /// Chunk stream id.
        chunk_stream: u32,
        /// Chunk type (`fmt`) of the chunk: 2 or 3.
        format: u8,
    },
    /// A chunk of type 0 inside an unfinished message.
    #[error("chunk stream {chunk_stream}: a new message begins after {received} of {announced} bytes")]
    MessageInterrupted {
        /// Chunk stream id.
        chunk_stream: u32,
        /// Bytes of the unfinished message that arrived.
        received: usize,
        /// Bytes it was announced with.
        announced: usize,
    },
    /// The announced length of a message changed before it was complete.
    #[error("chunk stream {chunk_stream}: a message of {announced} bytes is now said to have {changed}")]
    LengthChanged {
        /// Chunk stream id.
        chunk_stream: u32,
        /// Bytes the message was announced with.
        announced: usize,
        /// Bytes it is said to have now.
        changed: usize,
    },
    /// A message longer than its type may be.
    #[error("chunk stream {chunk_stream}: message type {message_type} with {announced} bytes, allowed are {allowed}")]
    MessageTooLong {
        /// Chunk stream id.
        chunk_stream: u32,
        /// Message type id.
        message_type: u8,
        /// Bytes announced.
        announced: usize,
        /// Bytes allowed for this type.
        allowed: usize,
    },
    /// All unfinished messages together hold more bytes than a connection may.
    #[error("chunk stream {chunk_stream}: unfinished messages hold {held} bytes, allowed are {allowed}")]
    PartialBytes {
        /// Chunk stream id of the chunk that went over.
        chunk_stream: u32,
        /// Bytes that would be held.
        held: usize,
        /// Bytes allowed.
        allowed: usize,
    },
    /// Set Chunk Size outside what is accepted (RTMP 1.0, 5.4.1).
    #[error("chunk size {announced} is outside {allowed_min} to {allowed_max}")]
    ChunkSize {
        /// Bytes announced.
        announced: u32,
        /// Smallest size accepted.
        allowed_min: usize,
        /// Largest size accepted.
        allowed_max: usize,
    },
    /// A protocol control or user control message without its fields (RTMP 1.0, 5.4 and 7.1.7).
    #[error("control message type {message_type} has {received} bytes, needed are {needed}")]
    ControlTooShort {
        /// Message type id.
        message_type: u8,
        /// Bytes received.
        received: usize,
        /// Bytes its fields take.
        needed: usize,
    },
    /// An aggregate message (RTMP 1.0, 7.1.6) whose parts do not fit into it.
    #[error("aggregate message: the part at byte {at} needs {needed} bytes, left are {left}")]
    Aggregate {
        /// Offset of the part.
        at: usize,
        /// Bytes the part takes.
        needed: usize,
        /// Bytes left in the message.
        left: usize,
    },
    /// An aggregate message with more parts than one may have.
    #[error("aggregate message: more than the {allowed} parts allowed")]
    AggregateParts {
        /// Parts allowed.
        allowed: usize,
    },
    /// A command or data message that is not AMF.
    #[error("message type {message_type} is not AMF: {fault}")]
    Amf {
        /// Message type id.
        message_type: u8,
        /// What is wrong with it.
        fault: amf::Fault,
    },
    /// A command message that does not begin with a name (RTMP 1.0, 7.2).
    #[error("a command message without a name")]
    CommandWithoutName,
    /// More bytes wait to be taken than may: the peer asks faster than it reads.
    #[error("{held} bytes wait to be sent, allowed are {allowed}")]
    OutputFull {
        /// Bytes waiting.
        held: usize,
        /// Bytes allowed.
        allowed: usize,
    },
}
