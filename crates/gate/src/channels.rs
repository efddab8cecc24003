//! The use cases of channels. Each that changes something runs to its end even if its caller goes away: what is on disk
//! and what is live never differ for longer than it takes.

mod change;
mod create;
mod kept;
mod life;
mod list;
mod notes;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Duration;

use parking_lot::RwLock;
use thiserror::Error;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio_util::task::TaskTracker;
use vivace_base::{AppId, Clock, LiveLimits, Rng, StreamName};
use vivace_domain::account::{Account, AccountFault};
use vivace_domain::channel::{Channel, ChannelBounds, ChannelFault, ChannelId, Media, Rate};
use vivace_hub::{Cut, Hub, Stream, StreamState};
use vivace_store::{Store, WriteChannelFault};

use crate::{Audit, Marks, Pulls, Standing};
use kept::Kept;

pub use list::{ChannelList, ListAsk, Listed, Online, StatusFilter};

/// Turns that channels share: enough that hardly one waits for another.
const LIVES: usize = 64;

/// What the use cases need.
pub struct ChannelParts {
    /// Where channels are kept.
    pub store: Store,
    /// Where their streams live.
    pub hub: Arc<Hub>,
    /// Lists and rules in memory.
    pub standing: Arc<Standing>,
    /// Who pulls sources.
    pub pulls: Arc<dyn Pulls>,
    /// Who keeps the pictures of watermarks.
    pub marks: Arc<dyn Marks>,
    /// Who notes changes.
    pub audit: Arc<dyn Audit>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Randomness for numbers and names.
    pub rng: Arc<dyn Rng>,
    /// Limits.
    pub limits: LiveLimits,
}

/// The use cases of channels, lists and rules.
pub struct Channels {
    pub(crate) parts: ChannelParts,
    tasks: TaskTracker,
    kept: Kept,
    /// Changes of lists and rules take turns.
    pub(crate) turns: Semaphore,
    /// Of those with the same remainder, one channel at a time is changed: see [`Channels::turn`].
    lives: [Semaphore; LIVES],
    verified_only: RwLock<bool>,
    has_transcoder: AtomicBool,
}

/// Why a channel was not made.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum CreateFault {
    /// What was asked for.
    #[error(transparent)]
    Channel(#[from] ChannelFault),
    /// Who asked.
    #[error(transparent)]
    Account(#[from] AccountFault),
}

/// A channel and what it does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Described {
    /// The channel.
    pub channel: Arc<Channel>,
    /// What its media does.
    pub media: Media,
    /// Why its source is not to be had, if it is not.
    pub failure: Option<String>,
}

impl Channels {
    /// The use cases, on these parts.
    pub fn new(parts: ChannelParts) -> Arc<Self> {
        let lives = std::array::from_fn(|_| Semaphore::new(1));
        let (tasks, turns) = (TaskTracker::new(), Semaphore::new(1));
        let (verified_only, has_transcoder) = (RwLock::new(false), AtomicBool::new(false));
        Arc::new(Self { parts, tasks, kept: Kept::default(), turns, lives, verified_only, has_transcoder })
    }

    /// Whether output rates and watermarks can be made.
    pub fn set_has_transcoder(&self, has_transcoder: bool) {
        self.has_transcoder.store(has_transcoder, Relaxed);
    }

    /// Whether output rates and watermarks can be made.
    pub(crate) fn has_transcoder(&self) -> bool {
        self.has_transcoder.load(Relaxed)
    }

    /// Whether what a channel is to have can be made; what it had before is no reason to refuse another change.
    pub(crate) fn can_make(&self, channel: &Channel, before: Option<&Channel>) -> Result<(), ChannelFault> {
        if self.has_transcoder() {
            return Ok(());
        }
        let rates = before.map_or(&[Rate::Original][..], |before| &before.rates);
        if channel.rates.iter().any(|rate| !rates.contains(rate)) {
            return Err(ChannelFault::NoTranscoder { field: "outputRate" });
        }
        if channel.watermark.is_some() && channel.watermark != before.and_then(|before| before.watermark) {
            return Err(ChannelFault::NoTranscoder { field: "watermarkId" });
        }
        Ok(())
    }

    /// Whether only accounts that were verified may make what costs.
    pub fn set_verified_only(&self, verified_only: bool) {
        *self.verified_only.write() = verified_only;
    }

    /// Whether an account may make what costs.
    ///
    /// # Errors
    /// [`AccountFault`]: `NotVerified`, `BalanceExhausted`.
    pub(crate) fn admit_create(&self, account: &Account) -> Result<(), AccountFault> {
        account.admit_create(*self.verified_only.read())
    }

    /// Waits for the changes that are under way.
    pub async fn finish(&self) {
        self.tasks.close();
        self.tasks.wait().await;
    }

    /// Begins to pull what is to be pulled. Called once, at the start.
    pub async fn resume(&self) {
        let reader = self.parts.store.reader();
        let pulled = match reader.pulled_channels().await {
            Ok(pulled) => pulled,
            Err(fault) => return tracing::error!(%fault, "the channels that are to be pulled cannot be read"),
        };
        for channel in pulled {
            if let Err(fault) = self.parts.pulls.set(&channel).await {
                tracing::warn!(channel = %channel.id, %fault, "the channel's source is not pulled");
            }
        }
    }

    /// A channel and what it does.
    ///
    /// # Errors
    /// [`ChannelFault`]: `Unknown`, `Unreadable`.
    pub async fn describe(&self, app: AppId, id: &str) -> Result<Described, ChannelFault> {
        let channel = self.read_lately(app, id).await?;
        let media = self.media(&channel);
        let failure = (media == Media::Failing).then(|| self.parts.pulls.failure(channel.id)).flatten();
        Ok(Described { channel, media, failure })
    }

    /// Runs a change to its end.
    pub(crate) async fn whole<T: Send + 'static>(&self, work: impl Future<Output = T> + Send + 'static) -> Option<T> {
        // A panic has been counted and logged as one; its caller hears that the change was not made.
        self.tasks.spawn(work).await.ok()
    }

    /// The turn of a channel. Whoever changes it and then what is live of it keeps the turn for both, so that what is
    /// live is that of its last revision, however many change it at once.
    pub(crate) async fn turn(&self, id: ChannelId) -> Option<SemaphorePermit<'_>> {
        let life = usize::try_from(id.0 % LIVES as u64).ok().and_then(|at| self.lives.get(at))?;
        // Closed by nobody.
        life.acquire().await.ok()
    }

    /// A channel that may have been read up to a second ago, with every change since then that was made here. What a
    /// change begins with is read anew: [`Channels::read`].
    async fn read_lately(&self, app: AppId, id: &str) -> Result<Arc<Channel>, ChannelFault> {
        let (number, now) = (ChannelId::parse(id).ok_or_else(|| unknown(id))?, self.parts.clock.mono());
        let epoch = match self.kept.get(app, number, now) {
            Ok(channel) => return Ok(channel),
            Err(epoch) => epoch,
        };
        let channel = Arc::new(self.read(app, id).await?);
        self.kept.keep(&channel, epoch, now);
        Ok(channel)
    }

    pub(crate) async fn read(&self, app: AppId, id: &str) -> Result<Channel, ChannelFault> {
        let number = ChannelId::parse(id).ok_or_else(|| unknown(id))?;
        let found = self.parts.store.reader().channel(app, number).await;
        found.map_err(|fault| unreadable(&fault))?.ok_or_else(|| unknown(id))
    }

    /// What a channel's media does now.
    pub(crate) fn media(&self, channel: &Channel) -> Media {
        let stream = self.parts.hub.stream(channel.app, &channel.stream);
        if stream.is_some_and(|stream| stream.state() == StreamState::Live) {
            Media::Live
        } else if self.parts.pulls.failure(channel.id).is_some() {
            Media::Failing
        } else {
            Media::Silent
        }
    }

    /// Ends a stream and waits until its publisher has left.
    pub(crate) async fn cut(&self, app: AppId, name: &StreamName, why: Cut) -> Result<bool, u64> {
        let Some(stream) = self.parts.hub.cut(app, name, why) else { return Ok(false) };
        let ms = self.parts.limits.get().media_answer_ms_max;
        if left(&stream, ms).await { Ok(true) } else { Err(ms) }
    }

    fn bounds(&self) -> ChannelBounds {
        let limits = self.parts.limits.get();
        ChannelBounds {
            name_bytes_max: limits.channel_name_bytes_max,
            describe_bytes_max: limits.channel_describe_bytes_max,
        }
    }
}

/// Waits until nobody feeds a stream any more.
async fn left(stream: &Arc<Stream>, ms: u64) -> bool {
    let (done, waiting) = tokio::sync::oneshot::channel();
    // Whoever has stopped to wait is not missed.
    stream.when_left(Box::new(move || {
        let _ = done.send(());
    }));
    let left = tokio::time::timeout(Duration::from_millis(ms), waiting).await.is_ok();
    if !left {
        tracing::error!(stream = %stream.name(), ms, "a publisher's session does not end: its stream is cut all the same");
    }
    left
}

fn unknown(id: &str) -> ChannelFault {
    ChannelFault::Unknown { id: id.chars().take(32).collect() }
}

pub(crate) fn unreadable(fault: &vivace_store::Fault) -> ChannelFault {
    tracing::error!(%fault, cause = cause(fault), "channels cannot be read");
    ChannelFault::Unreadable
}

pub(crate) fn unwritten(fault: WriteChannelFault, id: ChannelId) -> ChannelFault {
    match fault {
        WriteChannelFault::Quota { limit } => ChannelFault::QuotaReached { limit },
        WriteChannelFault::Watermark { id } => ChannelFault::WatermarkUnknown { id },
        WriteChannelFault::Conflict => ChannelFault::Conflict { id },
        WriteChannelFault::Store(fault) => {
            tracing::error!(%fault, cause = cause(&fault), "a channel cannot be written");
            ChannelFault::NotWritten
        }
    }
}

/// What the system said.
pub(crate) fn cause(fault: &vivace_store::Fault) -> String {
    std::error::Error::source(fault).map(ToString::to_string).unwrap_or_default()
}
