use std::sync::Arc;

use vivace_base::AppId;
use vivace_domain::channel::{Change, Channel, ChannelFault, SourceChange, SourceKind};
use vivace_hub::Cut;

use super::{Channels, unwritten};
use crate::{Caller, PullFault};

impl Channels {
    /// Changes a channel (`ModifyLVBChannel`). On disk when this returns.
    ///
    /// # Errors
    /// [`ChannelFault`].
    pub async fn modify(
        self: &Arc<Self>,
        app: AppId,
        caller: &Caller,
        id: &str,
        change: &Change,
    ) -> Result<Channel, ChannelFault> {
        self.modify_known(app, caller, id, None, change).await
    }

    /// [`modify`](Self::modify), with `known` only if the channel has this revision.
    ///
    /// # Errors
    /// [`ChannelFault`]; `Conflict` if it has another revision.
    pub async fn modify_known(
        self: &Arc<Self>,
        app: AppId,
        caller: &Caller,
        id: &str,
        known: Option<u64>,
        change: &Change,
    ) -> Result<Channel, ChannelFault> {
        let before = self.read(app, id).await?;
        if known.is_some_and(|known| known != before.revision) {
            return Err(ChannelFault::Conflict { id: before.id });
        }
        let after = change.apply(&before, self.media(&before), self.bounds())?;
        self.can_make(&after, Some(&before))?;
        let (this, caller) = (self.clone(), caller.clone());
        let changed = self.whole(async move { this.write(&caller, "channel.modify", &before, &after).await }).await;
        changed.unwrap_or(Err(ChannelFault::NotWritten))
    }

    /// Changes a channel's source (`ModifyLVBUpstream`). On disk, and in effect, when this returns.
    ///
    /// # Errors
    /// [`ChannelFault`].
    pub async fn modify_source(
        self: &Arc<Self>,
        app: AppId,
        caller: &Caller,
        id: &str,
        source: Option<u64>,
        change: &SourceChange,
    ) -> Result<Channel, ChannelFault> {
        let before = self.read(app, id).await?;
        if let Some(id) = source.filter(|id| *id != before.source.id) {
            return Err(ChannelFault::SourceUnknown { id });
        }
        let max = self.bounds().name_bytes_max;
        let source = before.source.modify(change, self.media(&before), max)?;
        if source.kind != SourceKind::Push {
            match self.parts.pulls.check(&source) {
                Ok(()) => {}
                // Its own place is the one that it would take again.
                Err(PullFault::Full { .. }) if before.source.kind != SourceKind::Push && !before.closed => {}
                Err(PullFault::Address { .. }) => {
                    let reason = "it is no address that can be pulled";
                    return Err(ChannelFault::SourceProtocol { field: "sourceAddress", reason });
                }
                Err(fault) => return Err(fault.into()),
            }
        }
        let after = Channel { source, ..before.clone() };
        let (this, caller) = (self.clone(), caller.clone());
        let changed = self.whole(async move {
            let _turn = this.turn(before.id).await;
            let after = this.write(&caller, "channel.modify_source", &before, &after).await?;
            if !after.closed {
                if before.source.kind == SourceKind::Push && after.source.kind != SourceKind::Push {
                    // A push that began since its media was looked at. One that does not leave has been logged, and
                    // the pull waits for the name.
                    this.parts.standing.closes();
                    let _ = this.cut(app, &after.stream, Cut::Disabled).await;
                }
                this.parts.pulls.set(&after).await?;
            }
            Ok(after)
        });
        changed.await.unwrap_or(Err(ChannelFault::NotWritten))
    }

    /// Writes a channel over the one that was read.
    pub(super) async fn write(
        &self,
        caller: &Caller,
        operation: &'static str,
        before: &Channel,
        after: &Channel,
    ) -> Result<Channel, ChannelFault> {
        let next = Channel { revision: before.revision.saturating_add(1), ..after.clone() };
        let store = self.noted(caller, operation, before, (Some(before), Some(&next)));
        let written = store.replace_channel(before, &next).await;
        self.kept.forget(before);
        written.map_err(|fault| unwritten(fault, before.id))
    }
}
