//! Relays: streams that this server pulls from another one, or pushes to it.

mod http_url;
mod url;

use std::fmt;

use vivace_base::{AppId, StreamName, Ulid, UnixMs};

pub use http_url::HttpUrl;
pub use url::{RelayUrl, UrlFault};

/// Which way a relay's media goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Direction {
    /// From the remote server to a stream of ours.
    Pull,
    /// From a stream of ours to the remote server.
    Push,
}

impl Direction {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Pull, Self::Push];

    /// The word in the store, in requests and in replies.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pull => "pull",
            Self::Push => "push",
        }
    }

    /// The direction of a word; `None` if there is no such direction.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|direction| direction.as_str() == word)
    }
}

impl fmt::Display for Direction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What an operator wants relayed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Relay {
    /// Its id.
    pub id: Ulid,
    /// Whose stream it is.
    pub app: AppId,
    /// Which way.
    pub direction: Direction,
    /// The stream of ours.
    pub stream: StreamName,
    /// The remote stream.
    pub url: RelayUrl,
    /// Whether it is to run.
    pub enabled: bool,
    /// When it was added.
    pub created_at: UnixMs,
}
