use http::StatusCode;
use thiserror::Error;
use vivace_media::Codec;

use super::TokenFault;
use crate::engine::QueryFault;

/// Why a request for a file of a stream is not answered with it.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Fault {
    /// The token does not hold.
    #[error("{0}")]
    Token(#[from] TokenFault),
    /// The directives cannot be followed.
    #[error("{0}")]
    Query(#[from] QueryFault),
    /// No file of HLS has such a name.
    #[error("there is no such file")]
    NoFile,
    /// The stream has a codec that the segments cannot carry.
    #[error("{} cannot be played in this form of HLS", codec.name())]
    NotCarried {
        /// The codec.
        codec: Codec,
    },
    /// Nobody plays this stream, or it is not live.
    #[error("the stream is not played as HLS: begin with the address of its playlist")]
    NotPlayed,
    /// The stream was live in the process before this one, and its publisher has not come yet.
    #[error("the stream is moving to a new process of the server: ask again")]
    NotMoved,
    /// The file is not there yet and will not be soon.
    #[error("the file is not there yet")]
    NotYet,
    /// The file has left the window.
    #[error("the file has been let go: only the newest segments are kept")]
    Gone,
    /// The range lies behind the end.
    #[error("the range lies behind the file's end of {bytes} bytes")]
    Range {
        /// Bytes of the file.
        bytes: usize,
    },
    /// What was waited for did not come in time.
    #[error("nothing new came within {ms} ms")]
    Late {
        /// How long was waited.
        ms: u64,
    },
    /// Too many wait.
    #[error("{limit} requests wait already, the most that are allowed")]
    Waiting {
        /// Requests allowed.
        limit: usize,
    },
    /// Too many players.
    #[error("{limit} players are there, the most that are allowed")]
    Sessions {
        /// Players allowed.
        limit: usize,
    },
    /// Too many players of one address.
    #[error("{limit} players of this address are there, the most that are allowed")]
    AddressSessions {
        /// Players allowed.
        limit: usize,
    },
    /// The numbers of the playlist cannot be kept.
    #[error("the store does not keep the numbers of the playlist")]
    Keep,
}

impl Fault {
    /// The status that tells it.
    pub const fn status(&self) -> StatusCode {
        match self {
            Self::Token(_) => StatusCode::FORBIDDEN,
            Self::Query(_) => StatusCode::BAD_REQUEST,
            Self::NoFile | Self::NotPlayed | Self::NotYet => StatusCode::NOT_FOUND,
            Self::Gone => StatusCode::GONE,
            Self::NotCarried { .. } => StatusCode::NOT_ACCEPTABLE,
            Self::Range { .. } => StatusCode::RANGE_NOT_SATISFIABLE,
            Self::NotMoved
            | Self::Late { .. }
            | Self::Waiting { .. }
            | Self::Sessions { .. }
            | Self::AddressSessions { .. }
            | Self::Keep => StatusCode::SERVICE_UNAVAILABLE,
        }
    }
}
