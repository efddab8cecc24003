//! Screenshots of live streams: on demand, for tasks and rules when they are due, and small ones for lists.
//!
//! One owner ([`owner::Owner`]) knows what is due. A picture is a key frame that the hub holds, given to FFmpeg as a file
//! of one fragment; what comes back is on disk, as are its row, its place in the queue and its event, before anybody hears
//! of it.

mod counts;
mod covers;
mod files;
mod frame;
mod jpeg;
mod keep;
mod owner;
mod shot;
#[cfg(test)]
mod tests;

use std::path::PathBuf;
use std::sync::Arc;

use bytes::Bytes;
use parking_lot::{Mutex, RwLock};
use tokio::sync::{Notify, Semaphore};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use vivace_base::{AppId, Clock, LiveLimits, Rng, StreamName, Ulid};
use vivace_domain::picture::{Picture, TakeFault};
use vivace_hub::{Hub, Stream, StreamState};
use vivace_store::Store;

use crate::Callbacks;
use crate::child::Children;

pub use counts::PictureCounts;
use covers::Covers;
use files::Files;
pub use files::PictureFile;
use shot::Size;

/// Where a stream comes from, as rules and events name it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PictureOrigin {
    /// The host name that was pushed to.
    pub domain: String,
    /// The application name that was pushed to.
    pub path: String,
    /// The number of the channel in channel mode, otherwise the stream's name.
    pub channel: String,
}

/// What is told of pictures, and what is known of their streams.
pub trait PictureFace: Send + Sync {
    /// Where a stream comes from.
    fn origin(&self, stream: &Stream) -> PictureOrigin;

    /// A picture is there: a JSON object without its signature.
    fn told(&self, picture: &Picture, origin: &PictureOrigin) -> String;
}

/// What pictures are made of.
pub struct PictureParts {
    /// Where tasks, rules and pictures are kept.
    pub store: Store,
    /// Where streams live.
    pub hub: Arc<Hub>,
    /// FFmpeg.
    pub children: Arc<Children>,
    /// Who tells of pictures.
    pub callbacks: Callbacks,
    /// The words.
    pub face: Arc<dyn PictureFace>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Randomness for the numbers of pictures.
    pub rng: Arc<dyn Rng>,
    /// Limits.
    pub limits: LiveLimits,
    /// The folder of the files; made if it is not there.
    pub folder: PathBuf,
}

/// All pictures. Handles are cheap to clone.
#[derive(Clone)]
pub struct Pictures {
    shared: Arc<Shared>,
    owner: Arc<Mutex<Option<JoinHandle<()>>>>,
}

/// What the handles and the owner have in common.
struct Shared {
    parts: PictureParts,
    files: Files,
    covers: Covers,
    counts: counts::Tally,
    /// Those that may run FFmpeg now; the others wait in line.
    places: Semaphore,
    /// Tasks whose last picture could not be taken.
    failing: RwLock<std::collections::HashSet<i64>>,
    /// Told when tasks or rules have changed.
    changed: Notify,
    /// Pictures that are being taken on demand.
    asked: TaskTracker,
    go: CancellationToken,
    stop: CancellationToken,
}

impl Pictures {
    /// Takes pictures on demand at once, and those of tasks and rules from [`Pictures::begin`] on. Called within a tokio
    /// runtime.
    pub fn start(parts: PictureParts) -> Self {
        let shared = Arc::new(Shared {
            files: Files::new(parts.folder.clone()),
            covers: Covers::default(),
            counts: counts::Tally::default(),
            places: Semaphore::new(parts.limits.get().pictures_at_once_max.clamp(1, Semaphore::MAX_PERMITS)),
            failing: RwLock::default(),
            changed: Notify::new(),
            asked: TaskTracker::new(),
            go: CancellationToken::new(),
            stop: CancellationToken::new(),
            parts,
        });
        let owner = tokio::spawn(owner::Owner::new(shared.clone()).run());
        Self { shared, owner: Arc::new(Mutex::new(Some(owner))) }
    }

    /// From now on takes what is due: no other process does.
    pub fn begin(&self) {
        self.shared.go.cancel();
    }

    /// Takes nothing more. Ends the owner; pictures that are being taken are given up.
    pub async fn shutdown(&self) {
        self.shared.stop.cancel();
        self.shared.asked.close();
        let owner = self.owner.lock().take();
        if let Some(owner) = owner
            && owner.await.is_err()
        {
            tracing::error!("the owner of screenshots has failed");
        }
        self.shared.asked.wait().await;
    }

    /// Tasks or rules have changed.
    pub fn changed(&self) {
        self.shared.changed.notify_one();
    }

    /// Whether pictures can be taken: FFmpeg is there.
    pub fn is_there(&self) -> bool {
        self.shared.parts.children.program().is_some()
    }

    /// Whether the last picture of a task could not be taken.
    pub fn failing(&self, task: i64) -> bool {
        self.shared.failing.read().contains(&task)
    }

    /// Takes a picture of a live stream now, as large as the stream. It is on disk when this returns, and taken to its end
    /// even if nobody waits.
    ///
    /// # Errors
    /// [`TakeFault`].
    pub async fn take(&self, app: AppId, name: &StreamName) -> Result<Picture, TakeFault> {
        let (shared, name) = (self.shared.clone(), name.clone());
        let taking = self.shared.asked.spawn(async move {
            let stopped = shared.stop.clone();
            tokio::select! {
                taken = keep::take(&shared, (app, &name), Size::default(), None) => taken,
                () = stopped.cancelled() => Err(TakeFault::NotWritten),
            }
        });
        // A panic has been logged as one.
        taking.await.unwrap_or(Err(TakeFault::NotWritten))
    }

    /// A small picture of a live stream that is `limits.cover_age_ms_max` old at most. It is not kept.
    ///
    /// # Errors
    /// [`TakeFault`].
    pub async fn cover(&self, app: AppId, name: &StreamName) -> Result<Bytes, TakeFault> {
        covers::cover(&self.shared, app, name).await
    }

    /// The file of a picture; none if it is not there any more.
    ///
    /// # Errors
    /// The folder cannot be read.
    pub async fn file(&self, id: Ulid) -> std::io::Result<Option<PictureFile>> {
        self.shared.files.find(id).await
    }

    /// What has become of pictures so far.
    pub fn counts(&self) -> PictureCounts {
        self.shared.counts.read()
    }
}

impl Shared {
    /// A stream that is live.
    fn live(&self, app: AppId, name: &StreamName) -> Result<Arc<Stream>, TakeFault> {
        let stream = self.parts.hub.stream(app, name).filter(|stream| stream.state() == StreamState::Live);
        stream.ok_or(TakeFault::NotLive)
    }
}
