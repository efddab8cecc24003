//! Keeps streams: media files on disk, and recordings as views of them.
//!
//! One written copy of the media per stream, many views of it. While anything wants a stream kept, one task follows it,
//! cuts it into parts and appends them to a media file; a part is on disk before its row is in the store, and its row is
//! there before anything tells of it. The live path never waits for any of this.

mod begun;
mod begun_tasks;
mod counts;
mod dates;
mod disk;
pub mod engine;
mod finalise;
mod gone;
mod index;
mod media_log;
mod note;
mod owner;
mod push;
mod read;
mod repair;
mod retain;
mod settings;
mod shared;
mod space;
mod stream;
mod tap;
mod times;
mod views;
mod whereabouts;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use parking_lot::Mutex;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use vivace_base::{AppId, Clock, LiveLimits, Rng, StreamName};
use vivace_domain::channel::ChannelId;
use vivace_domain::recording::PushParameters;
use vivace_hub::{Hub, Stream};
use vivace_store::{EventLog, Store};

pub use counts::{DISK_REASONS, RecordCounts};
pub use dates::PastNow;
pub use disk::DiskFault;
pub use read::Place;
pub use settings::{RecordSettings, UploadRules};
pub use shared::{Announce, EventCode, Told};
pub use space::Room;

use crate::Alone;
use begun::BegunPush;
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
    /// The publisher's epoch.
    pub epoch: u64,
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

impl RecordedPush {
    /// Whether another one differs in its epoch only.
    fn is_as(&self, other: &Self) -> bool {
        let Self { app, stream, epoch: _, channel, domain, path, parameters, stream_param } = self;
        (app, stream, channel, domain) == (&other.app, &other.stream, &other.channel, &other.domain)
            && (path, parameters, stream_param) == (&other.path, &other.parameters, &other.stream_param)
    }
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
            tokio::spawn(space::watch(shared.clone(), stop.clone())),
        ];
        let ended = CancellationToken::new();
        let finaliser = tokio::spawn(finalise::run(shared.clone(), ended.clone()));
        let tasks = Arc::new(Mutex::new(Some(Tasks { owner, index, beside, finaliser })));
        Ok(Self { shared, tasks, stop, ended })
    }

    /// A push has begun, before any of its frames: none of them is missed from now on, however long the recording of the
    /// stream before takes to end. Never waits.
    pub fn push_began(&self, push: RecordedPush, stream: &Arc<Stream>) {
        let tap = self.shared.settings().on.then(|| self.shared.tap(stream));
        let begun = BegunPush { facts: push, stream: stream.clone(), tap };
        let left_out = self.shared.pushes.lock().add(begun);
        if let Some(left_out) = left_out {
            self.shared.leave_out(&left_out);
        }
        self.shared.wake.notify_one();
    }

    /// Tasks have changed. Never waits.
    pub fn changed(&self) {
        self.shared.tasks_changed.store(true, Relaxed);
        self.shared.wake.notify_one();
    }

    /// What time it is in the past of a stream, which is not set with the machine's clock.
    pub fn past_now(&self, app: AppId, stream: &StreamName) -> PastNow {
        let window_ms = self.shared.settings().shift_ms;
        self.shared.dates.of(app, stream, self.shared.clock.as_ref(), window_ms)
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
        self.shared.remove_notes().await;
        if failed {
            tracing::error!("a part of the recorder has failed");
        }
    }
}
