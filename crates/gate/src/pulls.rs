//! Channels whose stream is pulled: what the use cases ask of the one who pulls.

use std::future::Future;
use std::pin::Pin;

use thiserror::Error;
use vivace_base::StreamName;
use vivace_domain::channel::{Channel, ChannelFault, ChannelId, Source};

/// What a puller answers once it has done what it was asked.
pub type Pulling<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Why a source is not pulled.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum PullFault {
    /// As many sources are pulled as may be.
    #[error("{limit} sources are pulled, the most that are allowed")]
    Full {
        /// Sources allowed.
        limit: usize,
    },
    /// The address cannot be pulled; the reason holds nothing of it.
    #[error("{reason}")]
    Address {
        /// What is wrong with it.
        reason: String,
    },
    /// Sources of this kind are not pulled by this server.
    #[error("a source of this kind is not supported")]
    Unsupported,
    /// The puller is stopping, or does not answer.
    #[error("the puller did not answer within {ms} ms")]
    Silent {
        /// How long it was waited for.
        ms: u64,
    },
}

/// The one who pulls: the owner of retries and back-off.
pub trait Pulls: Send + Sync {
    /// Whether a source could be pulled now: its kind, its address, and a free place.
    ///
    /// # Errors
    /// [`PullFault`].
    fn check(&self, source: &Source) -> Result<(), PullFault>;

    /// From now on pulls the channel's source if the channel is open and its source is one that is pulled, and nothing
    /// otherwise. What ran before has ended when this answers.
    fn set<'a>(&'a self, channel: &'a Channel) -> Pulling<'a, Result<(), PullFault>>;

    /// Pulls nothing for a channel any more.
    fn forget(&self, channel: ChannelId) -> Pulling<'_, ()>;

    /// Why the channel's source is not to be had at the moment, without its address; none while all is well.
    fn failure(&self, channel: ChannelId) -> Option<String>;

    /// The streams whose source is not to be had at the moment.
    fn failing(&self) -> Vec<StreamName>;
}

impl From<PullFault> for ChannelFault {
    fn from(fault: PullFault) -> Self {
        match fault {
            PullFault::Silent { ms } => Self::MediaSilent { ms },
            other => Self::IngestFailed { reason: other.to_string() },
        }
    }
}
