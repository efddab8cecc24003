//! Keeps streams: media files on disk, and recordings as views of them.
//!
//! One written copy of the media per stream, many views of it. While anything wants a stream kept, one task follows it,
//! cuts it into parts and appends them to a media file; a part is on disk before its row is in the store, and its row is
//! there before anything tells of it. The live path never waits for any of this.

mod counts;
mod disk;
pub mod engine;
mod finalise;
mod index;
mod media_log;
mod owner;
mod read;
mod repair;
mod retain;
mod settings;
mod shared;
mod space;
mod stream;
mod times;
mod views;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use parking_lot::Mutex;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use vivace_base::{AppId, Clock, LiveLimits, Rng, StreamName};
use vivace_domain::channel::ChannelId;
use vivace_domain::recording::PushParameters;
use vivace_hub::Hub;
use vivace_store::{EventLog, Store};

pub use counts::{DISK_REASONS, RecordCounts};
pub use disk::DiskFault;
pub use read::Place;
pub use settings::{RecordSettings, UploadRules};
pub use shared::{Announce, Told};
pub use space::Room;

use crate::Alone;
use disk::{Disk, Folders};
use index::{Entry, Index};
use owner::Owner;
use shared::Shared;

/// What the recorder is made of.
pub struct RecorderParts {
    /// Where rows are.
    pub store: Store,
    /// What is live.
    pub hub: Arc<Hub>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// For ids.
    pub rng: Arc<dyn Rng>,
    /// Limits.
    pub limits: LiveLimits,
    /// How it records.
    pub settings: RecordSettings,
    /// The folder in which those of media and of recordings are made.
    pub folder: PathBuf,
    /// Where it is noted what becomes of recordings.
    pub events: EventLog,
    /// Who tells customers' servers.
    pub announce: Arc<dyn Announce>,
    /// Ends when no other process records into this folder any more.
    pub alone: Alone,
}

/// A push that begins, as far as it matters here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordedPush {
    /// Whose stream it feeds.
    pub app: AppId,
    /// The stream.
    pub stream: StreamName,
    /// The channel, if the stream is one's.
    pub channel: Option<ChannelId>,
    /// The host name that was pushed to; may be empty.
    pub domain: String,
    /// The application name that was pushed to.
    pub path: String,
    /// What its address asks for.
    pub parameters: PushParameters,
    /// The query of its address, without what signs it.
    pub stream_param: String,
}

/// The way to the recorder for those who must not wait. Handles are cheap to clone.
#[derive(Clone)]
pub struct Recorder {
    shared: Arc<Shared>,
    tasks: Arc<Mutex<Option<Tasks>>>,
    stop: CancellationToken,
    /// Cancelled when all rows are written.
    ended: CancellationToken,
}

struct Tasks {
    owner: JoinHandle<()>,
    index: JoinHandle<()>,
    beside: Vec<JoinHandle<()>>,
    finaliser: JoinHandle<()>,
}

impl Recorder {
    /// Makes the folders and starts to record. Called within a tokio runtime.
    ///
    /// # Errors
    /// [`DiskFault`]: the folders cannot be made.
    pub fn start(parts: RecorderParts) -> Result<Self, DiskFault> {
        let limits = parts.limits.get();
        let disk = Disk::new(Folders::make(&parts.folder)?, limits.recording_writes_max);
        let (index, waiting) = Index::new(limits.recording_rows_waiting_max);
        let alone = parts.alone;
        let shared = Arc::new(Shared::new(
            shared::Base {
                store: parts.store,
                hub: parts.hub,
                clock: parts.clock,
                rng: parts.rng,
                limits: parts.limits,
                events: parts.events,
                announce: parts.announce,
            },
            disk,
            index,
            parts.settings,
        ));
        let stop = CancellationToken::new();
        let index: JoinHandle<()> = tokio::spawn(index::run(shared.clone(), waiting));
        let owner = tokio::spawn(Owner::new(shared.clone()).run(stop.clone()));
        let beside = vec![
            tokio::spawn(repair::run(shared.clone(), alone, stop.clone())),
            tokio::spawn(retain::run(shared.clone(), stop.clone())),
            tokio::spawn(owner::watch_space(shared.clone(), stop.clone())),
        ];
        let ended = CancellationToken::new();
        let finaliser = tokio::spawn(finalise::run(shared.clone(), ended.clone()));
        let tasks = Arc::new(Mutex::new(Some(Tasks { owner, index, beside, finaliser })));
        Ok(Self { shared, tasks, stop, ended })
    }

    /// A push has begun, before any of its frames. Never waits.
    pub fn push_began(&self, push: RecordedPush) {
        self.shared.pushes.lock().insert((push.app, push.stream.clone()), push);
        self.shared.wake.notify_one();
    }

    /// Tasks have changed. Never waits.
    pub fn changed(&self) {
        self.shared.tasks_changed.store(true, Relaxed);
        self.shared.wake.notify_one();
    }

    /// Whether there is room for new recordings.
    pub fn is_free(&self) -> bool {
        self.shared.space.room() == Room::Enough
    }

    /// From now on records in another way; what has begun keeps what it has begun with.
    pub fn set(&self, settings: RecordSettings) {
        self.shared.set(settings);
        self.shared.wake.notify_one();
    }

    /// What has been done so far.
    pub fn counts(&self) -> RecordCounts {
        self.shared.counts()
    }

    /// Where files are, for those who read them.
    pub fn place(&self) -> Place {
        Place::of(self.shared.disk.folders())
    }

    /// Ends what is recorded, writes all rows, and ends all tasks. Streams have ended before, or end as seen from here.
    /// Files that are not made yet are made after the next start. The caller limits how long it waits.
    pub async fn shutdown(&self) {
        self.stop.cancel();
        let Some(Tasks { owner, index, beside, finaliser }) = self.tasks.lock().take() else { return };
        let mut failed = owner.await.is_err();
        self.shared.index.write(Entry::Stop).await;
        failed |= index.await.is_err();
        self.ended.cancel();
        for task in beside.into_iter().chain([finaliser]) {
            failed |= task.await.is_err();
        }
        if failed {
            tracing::error!("a part of the recorder has failed");
        }
    }
}
