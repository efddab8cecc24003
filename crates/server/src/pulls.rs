use std::sync::Arc;
use std::time::Duration;

use tokio::time::timeout;
use vivace_base::{LiveLimits, StreamName, Ulid};
use vivace_domain::channel::{Channel, ChannelId, Source, SourceKind};
use vivace_domain::relay::{Direction, Relay, RelayUrl};
use vivace_gate::{PullFault, Pulling, Pulls};

use crate::relay::Relays;

/// Channels' sources, pulled by the manager of the relays.
pub(crate) struct ChannelPulls {
    pub(crate) relays: Arc<Relays>,
    pub(crate) limits: LiveLimits,
}

impl Pulls for ChannelPulls {
    fn check(&self, source: &Source) -> Result<(), PullFault> {
        self.url(source)?;
        let limit = self.limits.get().channel_pulls_max;
        if self.relays.channels() >= limit { Err(PullFault::Full { limit }) } else { Ok(()) }
    }

    fn set<'a>(&'a self, channel: &'a Channel) -> Pulling<'a, Result<(), PullFault>> {
        Box::pin(async move {
            if channel.closed || channel.source.kind == SourceKind::Push {
                self.forget(channel.id).await;
                return Ok(());
            }
            let relay = Relay {
                id: relay_of(channel.id),
                app: channel.app,
                direction: Direction::Pull,
                stream: channel.stream.clone(),
                url: self.url(&channel.source)?,
                enabled: true,
                created_at: channel.created_at,
            };
            self.within(self.relays.pull(relay)).await
        })
    }

    fn forget(&self, channel: ChannelId) -> Pulling<'_, ()> {
        Box::pin(async move {
            if self.within(self.relays.unpull(relay_of(channel))).await.is_err() {
                tracing::error!(%channel, "the manager of the relays does not answer: the source may be pulled on");
            }
        })
    }

    fn failure(&self, channel: ChannelId) -> Option<String> {
        self.relays.failure(relay_of(channel))
    }

    fn failing(&self) -> Vec<StreamName> {
        self.relays.failing_channels()
    }
}

impl ChannelPulls {
    fn url(&self, source: &Source) -> Result<RelayUrl, PullFault> {
        let url_bytes_max = self.limits.get().url_bytes_max;
        let parsed = match (source.kind, &source.address) {
            (SourceKind::RtmpPull, Some(address)) => RelayUrl::parse(address.reveal(), url_bytes_max),
            (SourceKind::HlsPull, Some(address)) => RelayUrl::parse_source(address.reveal(), url_bytes_max),
            _ => return Err(PullFault::Unsupported),
        };
        parsed.map_err(|fault| PullFault::Address { reason: fault.to_string() })
    }

    async fn within(&self, work: impl Future<Output = bool>) -> Result<(), PullFault> {
        let ms = self.limits.get().media_answer_ms_max;
        match timeout(Duration::from_millis(ms), work).await {
            Ok(true) => Ok(()),
            Ok(false) | Err(_) => Err(PullFault::Silent { ms }),
        }
    }
}

/// The channel that a relay pulls for, if it does.
pub(crate) fn channel_of(relay: Ulid) -> Option<ChannelId> {
    // An operator's relays have the time of their making in the upper bits.
    u64::try_from(relay.0).ok().map(ChannelId)
}

/// The relay of a channel: the same over every restart, and older than any that an operator adds.
fn relay_of(channel: ChannelId) -> Ulid {
    Ulid(u128::from(channel.0))
}
