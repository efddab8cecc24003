use std::future::Future;
use std::pin::Pin;

use schemars::JsonSchema;
use serde::Serialize;
use thiserror::Error;
use vivace_base::{StreamName, Ulid};
use vivace_domain::relay::{Direction, RelayUrl};
use vivace_gate::Caller;

/// What the server answers once it has done what it was asked.
pub type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T, RelayFault>> + Send + 'a>>;

/// The relays of the server. Each change is noted in the log of changes.
pub trait Relays: Send + Sync {
    /// All of them, the oldest first.
    fn list(&self) -> Vec<RelayView>;
    /// Adds one and starts it. It is on disk when this answers.
    fn add(&self, new: NewRelay, caller: Caller) -> Answer<'_, RelayView>;
    /// Starts or stops one. On disk when this answers.
    fn enable(&self, id: Ulid, enabled: bool, caller: Caller) -> Answer<'_, RelayView>;
    /// Stops one and forgets it. Gone from disk when this answers.
    fn remove(&self, id: Ulid, caller: Caller) -> Answer<'_, ()>;
}

/// A relay that is asked for.
#[derive(Clone, Debug)]
pub struct NewRelay {
    /// Which way.
    pub direction: Direction,
    /// The stream of ours.
    pub stream: StreamName,
    /// The remote stream.
    pub url: RelayUrl,
}

/// Why the relays were not changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum RelayFault {
    /// No relay has this id.
    #[error("no relay has this id")]
    Unknown,
    /// There are as many as may be.
    #[error("there are {limit} relays, the most this server takes (limits.relays_max)")]
    Full {
        /// The limit.
        limit: usize,
    },
    /// Another one pulls into the stream.
    #[error("stream: the relay {by} pulls into this stream already")]
    Pulled {
        /// That one.
        by: Ulid,
    },
    /// The store did not take the change; the log has the reason.
    #[error("the change could not be written to the store: the server's log has the reason")]
    Store,
    /// A relay does not end. What was asked for is done when it does.
    #[error("the relay did not end within {ms} ms: the change is made when it does")]
    Silent {
        /// How long it was waited for.
        ms: u64,
    },
    /// The server is about to end.
    #[error("the server is shutting down")]
    Stopping,
}

/// One relay.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "Relay")]
pub struct RelayView {
    /// Its id.
    pub id: String,
    /// `pull` or `push`.
    pub direction: &'static str,
    /// The stream of ours.
    pub stream: String,
    /// The remote stream, without what may be a key: its name and query.
    pub url: String,
    /// Whether it is to run.
    pub enabled: bool,
    /// `idle`, `connecting`, `running`, `waiting`, `failed` or `stopped`.
    pub state: &'static str,
    /// Since when it has been in that state, in milliseconds since 1970.
    pub since_ms: i64,
    /// When it tries again, in milliseconds since 1970; only while it is waiting.
    pub retry_at_ms: Option<i64>,
    /// Connections that were tried since it was started.
    pub attempts: u64,
    /// Why it last failed.
    pub last_error: Option<String>,
    /// Bytes of media that have passed.
    pub bytes: u64,
    /// Bits of media in the last second.
    pub bits_per_second: u64,
    /// Times that a slow remote server was moved on.
    pub skips: u64,
}
