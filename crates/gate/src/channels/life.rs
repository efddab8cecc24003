use std::sync::Arc;

use vivace_base::AppId;
use vivace_domain::channel::{self, ChannelFault, SourceKind};
use vivace_hub::Cut;

use super::{Channels, unwritten};
use crate::Caller;

impl Channels {
    /// Opens a closed channel (`StartLVBChannel`). On disk, and its source is pulled, when this returns.
    ///
    /// # Errors
    /// [`ChannelFault`].
    pub async fn start(self: &Arc<Self>, app: AppId, caller: &Caller, id: &str) -> Result<(), ChannelFault> {
        let before = self.read(app, id).await?;
        let after = channel::start(&before)?;
        if after.source.kind != SourceKind::Push {
            self.parts.pulls.check(&after.source)?;
        }
        let (this, caller) = (self.clone(), caller.clone());
        let started = self.whole(async move {
            let _turn = this.turn(before.id).await;
            let after = this.write(&caller, "channel.start", &before, &after).await?;
            if after.source.kind != SourceKind::Push {
                this.parts.pulls.set(&after).await?;
            }
            Ok(())
        });
        started.await.unwrap_or(Err(ChannelFault::NotWritten))
    }

    /// Closes a channel (`StopLVBChannel`): its push is cut, later ones are refused. On disk, and nothing of it is live,
    /// when this returns.
    ///
    /// # Errors
    /// [`ChannelFault`]; with `MediaSilent` the channel is closed, and its publisher's session has not ended yet.
    pub async fn stop(self: &Arc<Self>, app: AppId, caller: &Caller, id: &str) -> Result<(), ChannelFault> {
        let before = self.read(app, id).await?;
        let after = channel::stop(&before)?;
        let (this, caller) = (self.clone(), caller.clone());
        let stopped = self.whole(async move {
            let _turn = this.turn(before.id).await;
            let after = this.write(&caller, "channel.stop", &before, &after).await?;
            this.parts.standing.closes();
            this.parts.pulls.forget(after.id).await;
            let cut = this.cut(app, &after.stream, Cut::Disabled).await;
            cut.map(drop).map_err(|ms| ChannelFault::MediaSilent { ms })
        });
        stopped.await.unwrap_or(Err(ChannelFault::NotWritten))
    }

    /// Deletes a closed channel (`DeleteLVBChannel`). Gone from disk when this returns.
    ///
    /// # Errors
    /// [`ChannelFault`].
    pub async fn delete(self: &Arc<Self>, app: AppId, caller: &Caller, id: &str) -> Result<(), ChannelFault> {
        let before = self.read(app, id).await?;
        channel::delete(&before, self.media(&before))?;
        let (this, caller) = (self.clone(), caller.clone());
        let deleted = self.whole(async move {
            let _turn = this.turn(before.id).await;
            let store = this.noted(&caller, "channel.delete", &before, (Some(&before), None));
            let done = store.delete_channel(&before).await;
            this.kept.forget(&before);
            done.map_err(|fault| unwritten(fault, before.id))?;
            this.parts.standing.closes();
            tracing::info!(channel = %before.id, stream = %before.stream, "a channel was deleted");
            Ok(())
        });
        deleted.await.unwrap_or(Err(ChannelFault::NotWritten))
    }
}
