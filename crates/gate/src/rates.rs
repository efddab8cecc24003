//! Output rates and other sounds, which this server makes of a stream when they are asked for, and the watermark that
//! players see.

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use vivace_base::{AppId, SessionId, StreamName};
use vivace_domain::app::App;
use vivace_domain::channel::Rate;
use vivace_domain::claim::Owner;
use vivace_domain::live::{APP_NAME, PlayFault, PublishFault};
use vivace_domain::rendition::Rendition;
use vivace_hub::{Publisher, Stream};
use vivace_store::{Fault, Watermark};

use crate::Gate;
use crate::channels::cause;
use crate::live::is_channel_name;

impl Gate {
    /// The output rates that may be made of a stream: its channel's, or what is set for streams that are no channel's.
    ///
    /// # Errors
    /// The store cannot be read; it has been logged.
    pub async fn rates(&self, stream: &StreamName) -> Result<Vec<Rate>, PlayFault> {
        let app = self.app();
        // Of a channel that cannot be read no more is known than of one that has none.
        self.rates_of(&app, stream).await.map_err(|_| PlayFault::NotProduced)
    }

    /// The stream and what is asked of it, if a name is that of a rate, or of a sound that is made here.
    pub fn rendition_of(&self, name: &StreamName) -> Option<(StreamName, Rendition)> {
        Rendition::of_name(name, &self.policy.read().sounds)
    }

    /// Decides about a rate or a sound that a granted play asks for: the stream that it is to be made of.
    ///
    /// # Errors
    /// [`PlayFault`]: `NotProduced`, `NotLive`.
    pub async fn admit_rendition(&self, name: &StreamName) -> Result<(Arc<Stream>, Rendition), PlayFault> {
        let (base, asked) = self.rendition_of(name).ok_or(PlayFault::NotLive)?;
        let app = self.app();
        let stream = self.hub.stream(app.id, &base).ok_or(PlayFault::NotLive)?;
        let made = self.makes(&app, &base, asked).await.map_err(|()| PlayFault::NotProduced)?;
        // What is made here is no source of anything: nobody would say for how long it goes on.
        if made && !stream.is_derived() { Ok((stream, asked)) } else { Err(PlayFault::NotProduced) }
    }

    /// The right to feed a rate or a sound that is made here.
    ///
    /// # Errors
    /// [`PublishFault`]: `Draining`, `NameTaken`, `StreamsQuota`.
    pub fn claim_rendition(&self, name: &StreamName, session: SessionId) -> Result<Publisher, PublishFault> {
        if self.draining.load(Relaxed) {
            return Err(PublishFault::Draining);
        }
        self.claim(self.app().id, name, Owner::Transcoder, session)
    }

    /// Refuses a push to the name of a rate or a sound that this server makes.
    pub(crate) async fn admit_no_rendition(&self, app: &App, name: &StreamName) -> Result<(), PublishFault> {
        let Some((base, asked)) = self.rendition_of(name) else { return Ok(()) };
        match self.makes(app, &base, asked).await {
            Ok(true) => Err(PublishFault::RenditionReserved { of: base }),
            Ok(false) => Ok(()),
            Err(()) => Err(PublishFault::StoreUnreadable),
        }
    }

    /// Whether this server makes something of a stream where it is asked for: rates as its channel has them, sounds as it
    /// is set for all streams.
    async fn makes(&self, app: &App, stream: &StreamName, asked: Rendition) -> Result<bool, ()> {
        match asked {
            Rendition::Rate(rate) => self.rates_of(app, stream).await.map(|rates| rates.contains(&rate)),
            // It would be no name of one otherwise.
            Rendition::Sound(_) => Ok(true),
        }
    }

    /// The watermark of a number; [`Watermark::gone`] if it has been deleted, so that it is told where it would be shown.
    pub(crate) async fn watermark(&self, app: AppId, id: Option<u64>) -> Result<Option<Watermark>, PublishFault> {
        let Some(id) = id else { return Ok(None) };
        let found = self.reader.watermarks(app, id.saturating_sub(1), 1).await;
        let found = found.map_err(|fault| unreadable(&fault)).map_err(|()| PublishFault::StoreUnreadable)?;
        Ok(Some(found.into_iter().find(|one| one.id == id).unwrap_or_else(|| Watermark::gone(id))))
    }

    /// The watermark of a stream that comes by a host name: its channel's, or the one that a rule gives it.
    pub(crate) async fn watermark_or_ruled(
        &self,
        app: AppId,
        of_channel: Option<Watermark>,
        host: &str,
        name: &StreamName,
    ) -> Result<Option<Watermark>, PublishFault> {
        match of_channel {
            Some(watermark) => Ok(Some(watermark)),
            // Only what a rule is for asks the store.
            None => self.watermark(app, self.standing().ruled_watermark(app, host, APP_NAME, name)).await,
        }
    }

    /// The watermark of a stream that is pulled, if it is a channel's.
    pub(crate) async fn pulled_watermark(
        &self,
        app: &App,
        name: &StreamName,
    ) -> Result<Option<Watermark>, PublishFault> {
        if !is_channel_name(name, app.keys.bizid) {
            return Ok(None);
        }
        let found = self.reader.channel_of(app.id, name).await.map_err(|fault| unreadable(&fault));
        let channel = found.map_err(|()| PublishFault::StoreUnreadable)?;
        self.watermark(app.id, channel.and_then(|channel| channel.watermark)).await
    }

    async fn rates_of(&self, app: &App, stream: &StreamName) -> Result<Vec<Rate>, ()> {
        if is_channel_name(stream, app.keys.bizid) {
            let found = self.reader.channel_of(app.id, stream).await.map_err(|fault| unreadable(&fault))?;
            if let Some(channel) = found {
                let made = channel.rates.into_iter().filter(|rate| *rate != Rate::Original);
                return Ok(if channel.closed { Vec::new() } else { made.collect() });
            }
        }
        Ok(self.policy.read().rates.into_iter().flatten().collect())
    }
}

fn unreadable(fault: &Fault) {
    tracing::error!(%fault, cause = cause(fault), "what a channel's players are to see cannot be read");
}
