//! Copies recordings to a bucket of S3-compatible storage, and deletes the copies of those that are gone.
//!
//! The queue stands in the store: a recording enters it in the transaction that stores it. One task looks what is due and
//! lets so many be sent at once; each part that the bucket has taken is noted, so neither a crash nor a cut sends it again.
//! A recording is `uploaded` when each of its objects has been verified there, and not before.

mod bucket;
mod connector;
mod counts;
mod fault;
mod outage;
mod owner;
mod plan;
mod send;
mod source;

use std::pin::Pin;
use std::sync::Arc;

use parking_lot::{Mutex, RwLock};
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use vivace_base::{Clock, LiveLimits, SessionId, Ulid};
use vivace_domain::live::PlayFault;
use vivace_domain::recording::{RecordFormat, Recording};
use vivace_net::outbound::Outbound;
use vivace_store::{EventKind, EventLog, LiveEvent, Store, Upload, UploadCounts, UploadState};

pub use bucket::BucketSettings;
pub use counts::UploadTotals;
pub use fault::{CallFault, UPLOAD_REASONS, UploadFault};

use crate::recorder::{Announce, Place};
use bucket::Bucket;
use counts::Tally;
use outage::Outage;
use owner::Owner;

/// How recordings are uploaded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UploadSettings {
    /// The bucket; nothing is uploaded without.
    pub bucket: Option<BucketSettings>,
    /// Where everybody can read its objects.
    pub public_url: Option<String>,
}

/// A playlist, or why there is none.
pub type Playlist<'a> = Pin<Box<dyn Future<Output = Result<String, PlayFault>> + Send + 'a>>;

/// Knows the playlists of recordings.
pub trait Playlists: Send + Sync {
    /// The media playlist of a recording that has ended; its files are named `a-FILE.mp4` and `a-FILE-OFFSET-BYTES.m4s`.
    fn of<'a>(&'a self, recording: &'a Recording) -> Playlist<'a>;
}

/// What uploads are made of.
pub struct UploadParts {
    /// Where the queue is.
    pub store: Store,
    /// The way out; the operator's own storage may be anywhere.
    pub outbound: Arc<Outbound>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Limits.
    pub limits: LiveLimits,
    /// How.
    pub settings: UploadSettings,
    /// Where the files are.
    pub place: Place,
    /// The playlists of recordings.
    pub playlists: Arc<dyn Playlists>,
    /// Who tells customers' servers.
    pub announce: Arc<dyn Announce>,
    /// Where it is noted what becomes of recordings.
    pub events: EventLog,
}

/// Where players read an uploaded recording.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UploadedAt {
    /// At this address, which may hold a signature.
    Address(String),
    /// By [`Uploads::playlist`].
    Playlist,
}

/// The way to uploads. Handles are cheap to clone.
#[derive(Clone)]
pub struct Uploads {
    shared: Arc<Shared>,
    task: Arc<Mutex<Option<JoinHandle<()>>>>,
    go: CancellationToken,
    stop: CancellationToken,
}

/// What all parts of uploads reach.
pub(crate) struct Shared {
    store: Store,
    outbound: Arc<Outbound>,
    clock: Arc<dyn Clock>,
    limits: LiveLimits,
    place: Place,
    playlists: Arc<dyn Playlists>,
    announce: Arc<dyn Announce>,
    events: EventLog,
    settings: RwLock<Arc<UploadSettings>>,
    bucket: RwLock<Option<Bucket>>,
    tally: Tally,
    /// Tries that fail for want of the bucket.
    outage: Mutex<Outage>,
    /// Tries that fail here.
    own_faults: Mutex<Outage>,
    /// What is in the queue, as it was seen last.
    queue: Mutex<UploadCounts>,
    /// Told when there may be something to do.
    wake: Notify,
}

impl Uploads {
    /// Starts the task, which waits for [`Uploads::begin`]. Called within a tokio runtime.
    pub fn start(parts: UploadParts) -> Self {
        let settings = Arc::new(parts.settings);
        let shared = Arc::new(Shared {
            bucket: RwLock::new(open(settings.as_ref(), &parts.outbound, &parts.limits)),
            store: parts.store,
            outbound: parts.outbound,
            clock: parts.clock,
            limits: parts.limits,
            place: parts.place,
            playlists: parts.playlists,
            announce: parts.announce,
            events: parts.events,
            settings: RwLock::new(settings),
            tally: Tally::default(),
            outage: Mutex::default(),
            own_faults: Mutex::default(),
            queue: Mutex::default(),
            wake: Notify::new(),
        });
        let [go, stop] = std::array::from_fn(|_| CancellationToken::new());
        let task = tokio::spawn(Owner::new(shared.clone()).run(go.clone(), stop.clone()));
        Self { shared, task: Arc::new(Mutex::new(Some(task))), go, stop }
    }

    /// From now on uploads: no other process does.
    pub fn begin(&self) {
        self.go.cancel();
    }

    /// Looks at once what is due.
    pub fn wake(&self) {
        self.shared.wake.notify_one();
    }

    /// The storage and the bucket, if there is one.
    pub fn place(&self) -> Option<String> {
        self.shared.settings.read().bucket.as_ref().map(BucketSettings::place)
    }

    /// From now on uploads in another way. What is being sent is sent as before.
    pub fn set(&self, settings: UploadSettings) {
        if *self.shared.settings.read().as_ref() == settings {
            return;
        }
        *self.shared.bucket.write() = open(&settings, &self.shared.outbound, &self.shared.limits);
        *self.shared.settings.write() = Arc::new(settings);
        // Of another bucket nothing is known.
        *self.shared.outage.lock() = Outage::default();
        self.wake();
    }

    /// What has been done so far.
    pub fn totals(&self) -> UploadTotals {
        self.shared.tally.read()
    }

    /// What is in the queue, as it was seen seconds ago.
    pub fn queue(&self) -> UploadCounts {
        *self.shared.queue.lock()
    }

    /// Where players read an uploaded recording whose files are not on this server's disk; `None` if they are, or if it is
    /// not uploaded.
    ///
    /// # Errors
    /// [`UploadFault`]: the store or the bucket cannot be asked, or it is in another bucket.
    pub async fn elsewhere(&self, recording: &Recording) -> Result<Option<UploadedAt>, UploadFault> {
        let Some(bucket) = self.bucket_of(recording).await? else { return Ok(None) };
        let prefix = &bucket.settings().prefix;
        if let Some(address) = self.shared.public_address(prefix, recording) {
            return Ok(Some(UploadedAt::Address(address)));
        }
        if recording.format == RecordFormat::Hls {
            return Ok(Some(UploadedAt::Playlist));
        }
        bucket.signed(&plan::key_of(prefix, recording)).await.map(|address| Some(UploadedAt::Address(address)))
    }

    /// The playlist of an uploaded recording, each address in it signed; `None` as of [`Uploads::elsewhere`]. It is read from
    /// the bucket, `limits.upload_playlist_bytes_max` at most.
    ///
    /// # Errors
    /// As of [`Uploads::elsewhere`].
    pub async fn playlist(&self, recording: &Recording) -> Result<Option<String>, UploadFault> {
        let Some(bucket) = self.bucket_of(recording).await? else { return Ok(None) };
        let objects = self.shared.store.reader().upload_objects(recording.id).await?;
        let key = plan::key_of(&bucket.settings().prefix, recording);
        let text = bucket.text(&key, self.shared.limits.get().upload_playlist_bytes_max).await?;
        let addresses = send::addresses(&bucket, &objects).await?;
        Ok(Some(plan::readdressed(&text, &addresses)))
    }

    /// The bucket that has an uploaded recording whose files are not on this server's disk.
    async fn bucket_of(&self, recording: &Recording) -> Result<Option<Bucket>, UploadFault> {
        let found = self.shared.store.reader().upload(recording.app, recording.id).await?;
        let Some(Upload { state: UploadState::Uploaded, local_gone_at: Some(_), place, .. }) = found else {
            return Ok(None);
        };
        let bucket = self.shared.bucket.read().clone();
        let bucket = bucket.filter(|bucket| bucket.settings().place() == place);
        bucket.map(Some).ok_or(UploadFault::Elsewhere { place })
    }

    /// Where everybody can read a recording, if it is uploaded to a bucket that everybody can read.
    pub fn public_address(&self, recording: &Recording) -> Option<String> {
        let bucket = self.shared.bucket.read().clone()?;
        self.shared.public_address(&bucket.settings().prefix, recording)
    }

    /// Stops sending at once; what is cut goes on with the next start. Waits for the task.
    pub async fn shutdown(&self) {
        self.stop.cancel();
        let task = self.task.lock().take();
        if let Some(task) = task
            && task.await.is_err()
        {
            tracing::error!("uploads have failed");
        }
    }
}

impl Shared {
    fn public_address(&self, prefix: &str, recording: &Recording) -> Option<String> {
        let settings = self.settings.read().clone();
        let base = settings.public_url.as_deref()?.trim_end_matches('/');
        Some(format!("{base}/{}", plan::key_of(prefix, recording)))
    }

    /// The bucket has taken or deleted something.
    fn bucket_works(&self) {
        let failed = self.outage.lock().worked();
        if let Some(failed) = failed {
            tracing::info!(failed, "the storage works again: tries that failed before");
        }
    }

    /// A try has failed, and comes again. Told by the first and then once a minute: what is away fails all there is.
    fn tell_failed(&self, recording: Ulid, tries: u32, fault: &UploadFault) {
        let of_bucket = fault.is_of_bucket();
        let outage = if of_bucket { &self.outage } else { &self.own_faults };
        let told = outage.lock().failed(self.clock.mono());
        match told {
            Some(failed) => tracing::warn!(%recording, tries, %fault, failed, "uploads fail: tried again"),
            None => tracing::debug!(%recording, tries, %fault, "an upload has failed: tried again"),
        }
    }

    /// A recording's copy is given up.
    fn tell_given_up(&self, recording: &Recording, failure: &str) {
        let Recording { id, stream, format, .. } = recording;
        tracing::error!(%stream, recording = %id, %format, failure, "a recording cannot be uploaded");
        self.event(EventKind::RecordingFailed, stream.to_string(), format!("{id} {format} not uploaded: {failure}"));
    }

    /// Notes what a recording has become.
    fn tell(&self, recording: &Recording) {
        let Recording { id, stream, format, state, .. } = recording;
        tracing::info!(%stream, recording = %id, %format, state = state.as_str(), "recording");
        self.event(EventKind::Recording, stream.to_string(), format!("{id} {format} {}", state.as_str()));
    }

    fn event(&self, kind: EventKind, stream: String, detail: String) {
        self.events.record(LiveEvent {
            at: self.clock.unix(),
            session: SessionId(0),
            stream: Some(stream),
            peer: String::new(),
            kind,
            table: None,
            code: None,
            detail,
        });
    }
}

fn open(settings: &UploadSettings, outbound: &Arc<Outbound>, limits: &LiveLimits) -> Option<Bucket> {
    let opened = Bucket::new(settings.bucket.as_ref()?, outbound.clone(), limits.clone());
    opened.inspect_err(|fault| tracing::error!(%fault, "nothing is uploaded")).ok()
}

/// Whether a bucket can be reached and written: a small object is put, looked at and deleted.
///
/// # Errors
/// The first of these that fails.
pub async fn probe(settings: &BucketSettings, outbound: Arc<Outbound>, limits: LiveLimits) -> Result<(), UploadFault> {
    let bucket = Bucket::new(settings, outbound, limits)?;
    let key = plan::key(&settings.prefix, PROBE);
    bucket.put(&key, bytes::Bytes::from_static(PROBE.as_bytes()), "text/plain").await?;
    let head = bucket.head(&key).await?;
    bucket.delete(&key).await?;
    if head.bytes == PROBE.len() as u64 {
        Ok(())
    } else {
        let what = format!("it has {} bytes, not {}", head.bytes, PROBE.len());
        Err(UploadFault::Verify { key, what })
    }
}

/// The name, and the text, of what [`probe`] puts.
const PROBE: &str = "vivace-doctor";
