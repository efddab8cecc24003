use std::collections::HashSet;
use std::sync::atomic::Ordering::Relaxed;

use vivace_base::{AppId, StreamName, UnixMs};
use vivace_domain::channel::{ChannelFault, ChannelId, Status};
use vivace_domain::rendition::Rendition;
use vivace_hub::StreamState;
use vivace_store::{ChannelFilter, ChannelLine, PageAsk};

use super::{Channels, unreadable};

/// Which channels a caller asks for (`channelStatus`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum StatusFilter {
    /// All.
    #[default]
    All,
    /// Those of one status.
    Of(Status),
    /// Those whose settings are incomplete: no channel is made so.
    Incomplete,
}

/// A page of channels that is asked for (`DescribeLVBChannelList`).
#[derive(Clone, Copy, Debug, Default)]
pub struct ListAsk {
    /// Which channels.
    pub filter: StatusFilter,
    /// Sorted by their names, not by when they were made.
    pub by_name: bool,
    /// The last of the order first.
    pub descending: bool,
    /// Channels before the page.
    pub offset: u64,
    /// Channels on the page, at most.
    pub limit: u32,
}

/// A page of channels.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChannelList {
    /// Channels on all pages.
    pub total: u64,
    /// Those of this page.
    pub channels: Vec<Listed>,
}

/// A channel on a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// Its number.
    pub id: ChannelId,
    /// Its name.
    pub name: String,
    /// The name of its stream.
    pub stream: StreamName,
    /// What it does.
    pub status: Status,
    /// When it was made.
    pub created_at: UnixMs,
}

/// How many play a channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Online {
    /// The channel; none for all of the app.
    pub channel: Option<ChannelId>,
    /// Players.
    pub online: u64,
}

impl Channels {
    /// A page of an app's channels.
    ///
    /// # Errors
    /// [`ChannelFault::Unreadable`].
    pub async fn list(&self, app: AppId, ask: &ListAsk) -> Result<ChannelList, ChannelFault> {
        let (live, failing) = self.busy(app);
        let names = |of: &HashSet<StreamName>| of.iter().cloned().collect::<Vec<_>>();
        let (live_names, failing_names) = (names(&live), names(&failing));
        let busy = [live_names.as_slice(), failing_names.as_slice()].concat();
        let filter = match ask.filter {
            StatusFilter::All => ChannelFilter::All,
            StatusFilter::Of(Status::Idle) => ChannelFilter::Without(&busy),
            StatusFilter::Of(Status::Live) => ChannelFilter::Among(&live_names),
            StatusFilter::Of(Status::Abnormal) => ChannelFilter::Among(&failing_names),
            StatusFilter::Of(Status::Closed) => ChannelFilter::Closed,
            StatusFilter::Incomplete => return Ok(ChannelList::default()),
        };
        let &ListAsk { by_name, descending, offset, limit, .. } = ask;
        let ask = PageAsk { filter, by_name, descending, offset, limit };
        let found = self.parts.store.reader().channels(app, ask).await.map_err(|fault| unreadable(&fault))?;
        let channels = found.lines.into_iter().map(|line| listed(line, &live, &failing));
        Ok(ChannelList { total: found.total, channels: channels.collect() })
    }

    /// Channels of an app in the order in which they were made, at most `count`, behind the one that stands for `after`;
    /// `closed` leaves only those that are, or are not.
    ///
    /// # Errors
    /// [`ChannelFault::Unreadable`].
    pub async fn list_after(
        &self,
        app: AppId,
        closed: Option<bool>,
        after: Option<(UnixMs, ChannelId)>,
        count: u32,
    ) -> Result<Vec<Listed>, ChannelFault> {
        let (live, failing) = self.busy(app);
        let found = self.parts.store.reader().channels_after(app, closed, after, count).await;
        let found = found.map_err(|fault| unreadable(&fault))?;
        Ok(found.into_iter().map(|line| listed(line, &live, &failing)).collect())
    }

    /// How many play each of the channels; all of the app together if none is named.
    ///
    /// # Errors
    /// [`ChannelFault`]: `Unknown`, `Unreadable`.
    pub async fn online(&self, app: AppId, ids: &[String]) -> Result<Vec<Online>, ChannelFault> {
        if ids.is_empty() {
            let streams = self.parts.hub.streams();
            let of = streams.iter().filter(|stream| stream.app() == app);
            let online = of.map(|stream| stream.counters.readers.load(Relaxed)).sum();
            return Ok(vec![Online { channel: None, online }]);
        }
        let mut found = Vec::with_capacity(ids.len());
        for id in ids {
            let channel = self.read(app, id).await?;
            let stream = self.parts.hub.stream(app, &channel.stream);
            // Those who watch what is made of it watch the channel.
            let made = Rendition::NAMED.iter().filter_map(|rendition| rendition.name_of(&channel.stream));
            let made = made.filter_map(|name| self.parts.hub.stream(app, &name));
            let made = made.filter(|stream| stream.is_derived());
            let online = stream.into_iter().chain(made).map(|stream| stream.counters.readers.load(Relaxed)).sum();
            found.push(Online { channel: Some(channel.id), online });
        }
        Ok(found)
    }

    /// What the media of a channel does that is known by its stream alone: the streams of the app that are live, and
    /// those whose source fails.
    fn busy(&self, app: AppId) -> (HashSet<StreamName>, HashSet<StreamName>) {
        let streams = self.parts.hub.streams();
        let live = streams.iter().filter(|stream| stream.app() == app && stream.state() == StreamState::Live);
        let live: HashSet<StreamName> = live.map(|stream| stream.name().clone()).collect();
        let failing = self.parts.pulls.failing().into_iter().filter(|name| !live.contains(name)).collect();
        (live, failing)
    }
}

/// A row with what its media does.
fn listed(line: ChannelLine, live: &HashSet<StreamName>, failing: &HashSet<StreamName>) -> Listed {
    let status = match line.closed {
        true => Status::Closed,
        false if live.contains(&line.stream) => Status::Live,
        false if failing.contains(&line.stream) => Status::Abnormal,
        false => Status::Idle,
    };
    Listed { id: line.id, name: line.name, status, stream: line.stream, created_at: line.created_at }
}
