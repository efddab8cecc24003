use std::sync::Arc;

use vivace_domain::account::{Account, AccountFault};
use vivace_domain::app::App;
use vivace_domain::channel::{Channel, ChannelFault, NewChannel, SourceKind};

use super::{Channels, CreateFault, unwritten};
use crate::{Caller, PullFault};

impl Channels {
    /// Makes a channel (`CreateLVBChannel`). It is on disk when this returns.
    ///
    /// # Errors
    /// [`CreateFault`]: what is wrong with the wish, then with the account, then with the quota and the store.
    pub async fn create(
        self: &Arc<Self>,
        app: &App,
        account: &Account,
        caller: &Caller,
        new: &NewChannel,
    ) -> Result<Channel, CreateFault> {
        let parts = &self.parts;
        let drafted = new.draft(app.id, app.keys.bizid, self.bounds(), parts.rng.as_ref(), parts.clock.unix())?;
        self.can_make(&drafted, None)?;
        self.admit_create(account)?;
        if drafted.source.kind != SourceKind::Push {
            parts.pulls.check(&drafted.source).map_err(|fault| match fault {
                PullFault::Full { .. } => AccountFault::NoCapacity { what: "a pulled source" }.into(),
                PullFault::Address { .. } => CreateFault::Channel(ChannelFault::SourceProtocol {
                    field: "sourceList.address",
                    reason: "it is no address that can be pulled",
                }),
                other => CreateFault::Channel(other.into()),
            })?;
        }
        let (this, caller) = (self.clone(), caller.clone());
        let made = self.whole(async move { this.create_now(drafted, &caller).await }).await;
        made.unwrap_or(Err(ChannelFault::NotWritten)).map_err(Into::into)
    }

    async fn create_now(&self, channel: Channel, caller: &Caller) -> Result<Channel, ChannelFault> {
        let _turn = self.turn(channel.id).await;
        let max = self.parts.limits.get().channels_per_app_max;
        let store = self.noted(caller, "channel.create", &channel, (None, Some(&channel)));
        store.create_channel(&channel, max).await.map_err(|fault| unwritten(fault, channel.id))?;
        tracing::info!(channel = %channel.id, stream = %channel.stream, "a channel was made");
        if channel.source.kind != SourceKind::Push
            && let Err(fault) = self.parts.pulls.set(&channel).await
        {
            // It exists: its state says that its source fails.
            tracing::warn!(channel = %channel.id, %fault, "the channel's source is not pulled");
        }
        Ok(channel)
    }
}
