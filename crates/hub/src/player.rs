use thiserror::Error;
use vivace_media::Codec;

use crate::FormatKind;

/// What a player's own bytes ask of the delivery thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ask {
    /// Nothing.
    Nothing,
    /// Send nothing more until [`Ask::Resume`].
    Pause,
    /// Go on: at the newest key frame that the player has not had, else where it paused if that is not long ago, else
    /// at the next key frame.
    Resume,
    /// Go on in another format at the next key frame. A pause ends.
    Switch(FormatKind),
    /// Close after what is queued has been sent.
    Close(PlayEnd),
}

/// Why a play ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum PlayEnd {
    /// The player closed its connection or stopped the play.
    #[error("closed by the player")]
    Client,
    /// The connection broke.
    #[error("the connection broke: {0}")]
    Broken(std::io::ErrorKind),
    /// The stream ended.
    #[error("the stream ended")]
    StreamEnded,
    /// The stream has come to hold a codec that the player's format cannot carry.
    #[error("the format cannot carry the stream's codec {}", .codec.name())]
    UnsupportedCodec {
        /// The codec.
        codec: Codec,
    },
    /// Nothing was taken for longer than the limit although bytes waited.
    #[error("the player took no bytes for {ms} ms")]
    Stalled {
        /// How long.
        ms: u64,
    },
    /// Bytes waited all the time, and the player took too few of them.
    #[error("the player took {bytes} bytes in {ms} ms while more waited")]
    TooSlow {
        /// Bytes that it took.
        bytes: u64,
        /// Within this time.
        ms: u64,
    },
    /// The player sent more than one has to say.
    #[error("the player sends more than {bytes_per_s} bytes a second")]
    Flood {
        /// Bytes a second allowed.
        bytes_per_s: u64,
    },
    /// The player sent bytes that its protocol does not know.
    #[error("the player broke its protocol")]
    Protocol,
    /// The player asked for more replies than it took.
    #[error("the player left {bytes} bytes of replies untaken")]
    Replies {
        /// Bytes that waited.
        bytes: usize,
    },
    /// The server stops.
    #[error("the server stops")]
    Shutdown,
    /// The server's own code for this player failed.
    #[error("the server failed with this player")]
    Panicked,
}

impl PlayEnd {
    /// Every [`name`](Self::name).
    pub const NAMES: [&str; 11] = [
        "client",
        "broken",
        "stream_ended",
        "unsupported_codec",
        "stalled",
        "too_slow",
        "flood",
        "protocol",
        "replies",
        "shutdown",
        "panicked",
    ];

    /// The word for it in metrics.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::Broken(_) => "broken",
            Self::StreamEnded => "stream_ended",
            Self::UnsupportedCodec { .. } => "unsupported_codec",
            Self::Stalled { .. } => "stalled",
            Self::TooSlow { .. } => "too_slow",
            Self::Flood { .. } => "flood",
            Self::Protocol => "protocol",
            Self::Replies { .. } => "replies",
            Self::Shutdown => "shutdown",
            Self::Panicked => "panicked",
        }
    }
}

/// What a play came to.
#[derive(Clone, Copy, Debug, Default)]
pub struct PlayTotals {
    /// Bytes that the socket took.
    pub bytes: u64,
    /// Times the player lost frames because it was slow.
    pub skips: u64,
}

/// The protocol's side of a player that a delivery thread serves.
pub trait Inbound: Send {
    /// Bytes arrived from the player; replies are appended to `out`.
    fn on_input(&mut self, bytes: &[u8], out: &mut Vec<u8>) -> Ask;

    /// The last words to a player whose stream ended or whose server stops.
    fn farewell(&mut self, end: PlayEnd, out: &mut Vec<u8>);

    /// The play is over.
    fn on_end(&mut self, end: PlayEnd, totals: PlayTotals);
}
