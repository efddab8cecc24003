//! Streams that are made of other streams: output rates and other sounds, which begin when somebody asks for them and end
//! when nobody watches any more, and watermarks, which are put into what players see. FFmpeg does the work, in a child for
//! each.

mod args;
mod feed;
mod fetch;
pub mod fuzz;
mod job;
mod pictures;
mod sink;
mod source;
mod turn;
mod unpack;
mod weave;

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use parking_lot::Mutex;
use thiserror::Error;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use vivace_base::{AppId, Clock, LiveLimits, MonoMs, Rng, SessionId, StreamName};
use vivace_domain::channel::Rate;
use vivace_domain::live::PublishFault;
use vivace_domain::rendition::{Rendition, Sound};
use vivace_hub::{FormatKind, Hub, Publisher, Stream};
use vivace_media::Codec;
use vivace_net::outbound::Outbound;
use vivace_store::EventLog;

use crate::child::{ChildFault, ChildKind, Children};
pub use fetch::FetchFault;
use job::{Job, Work};
pub use pictures::PictureFault;
use pictures::Pictures;
use sink::Sink;

/// Who grants the names of output rates and other sounds.
pub trait Claims: Send + Sync {
    /// The right to feed one.
    ///
    /// # Errors
    /// [`PublishFault`].
    fn claim(&self, name: &StreamName, session: SessionId) -> Result<Publisher, PublishFault>;
}

/// The formats in which FFmpeg gets a stream.
#[derive(Clone, Copy, Debug)]
pub struct Feeds {
    /// For H.264 with sound that FLV carries.
    pub flv: FormatKind,
    /// Fragmented MP4, for everything else.
    pub mp4: FormatKind,
}

/// What a transcoder needs.
pub struct TranscodeParts {
    /// Where streams are.
    pub hub: Arc<Hub>,
    /// Who grants names.
    pub claims: Arc<dyn Claims>,
    /// The children that do the work.
    pub children: Arc<Children>,
    /// How they are fed.
    pub feeds: Feeds,
    /// The way to the servers that have pictures.
    pub outbound: Arc<Outbound>,
    /// Where pictures are kept.
    pub folder: PathBuf,
    /// Where it is told what happens.
    pub events: EventLog,
    /// Limits.
    pub limits: LiveLimits,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Numbers of sessions.
    pub rng: Arc<dyn Rng>,
    /// How long a rate or a sound that nobody watches goes on.
    pub idle_ms: u64,
}

/// A watermark in a stream's picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// Its number, under which its picture is kept.
    pub id: u64,
    /// Where its picture is fetched from; empty if the watermark is gone, which is told then.
    pub picture: String,
    /// Its place from the left, in percent of the width.
    pub x: u8,
    /// Its place from the top, in percent of the height.
    pub y: u8,
}

impl Mark {
    const fn is_gone(&self) -> bool {
        self.picture.is_empty()
    }
}

/// Why a rate or a sound is not made.
#[derive(Debug, Error)]
pub enum RenditionFault {
    /// There is no place, or no FFmpeg.
    #[error(transparent)]
    Child(#[from] ChildFault),
    /// The name is not to be had.
    #[error(transparent)]
    Claim(#[from] PublishFault),
    /// The stream's name with the word behind it is too long, or the rate is the original.
    #[error("there is no such rate or sound of this stream")]
    NoName,
    /// Another sound of a stream without sound.
    #[error("the stream has no sound")]
    NoSound,
    /// It is about to stop.
    #[error("the server is shutting down")]
    Stopping,
}

/// Makes streams of other streams.
pub struct Transcoder {
    parts: TranscodeParts,
    pictures: Pictures,
    idle_ms: AtomicU64,
    jobs: Mutex<HashMap<(AppId, StreamName), Arc<Entry>>>,
    /// Watermarks that are gone and that streams still have. Taken while `jobs` is held.
    gone_marks: Mutex<HashSet<u64>>,
    tasks: TaskTracker,
    stop: CancellationToken,
}

/// One job as others see it.
struct Entry {
    /// What it reads: with another source it is another job.
    source: Arc<Stream>,
    asked_at: AtomicU64,
    /// The watermark that it puts in.
    mark: Option<u64>,
}

impl Transcoder {
    /// Nothing is made yet.
    pub fn new(parts: TranscodeParts) -> Arc<Self> {
        let pictures = Pictures {
            outbound: parts.outbound.clone(),
            children: parts.children.clone(),
            folder: parts.folder.clone(),
            limits: parts.limits.clone(),
            keeping: Arc::default(),
        };
        let (idle_ms, jobs) = (AtomicU64::new(parts.idle_ms), Mutex::default());
        let (tasks, stop) = (TaskTracker::new(), CancellationToken::new());
        Arc::new(Self { parts, pictures, idle_ms, jobs, gone_marks: Mutex::default(), tasks, stop })
    }

    /// From now on a rate or a sound that nobody watches goes on for so long.
    pub fn set_idle_ms(&self, idle_ms: u64) {
        self.idle_ms.store(idle_ms, Relaxed);
    }

    /// The children.
    pub fn children(&self) -> &Arc<Children> {
        &self.parts.children
    }

    /// Streams that are made now.
    pub fn jobs(&self) -> usize {
        self.jobs.lock().len()
    }

    /// Makes a rate or a sound of a stream, unless that is done already. Its name is claimed when this returns, so that it
    /// can be played; its first picture comes with the child. A stream that has the sound already is shown as it is, which
    /// takes no child.
    ///
    /// # Errors
    /// [`RenditionFault`].
    pub fn make(self: &Arc<Self>, source: &Arc<Stream>, rendition: Rendition) -> Result<(), RenditionFault> {
        let is_original = rendition == Rendition::Rate(Rate::Original);
        let name = rendition.name_of(source.name()).filter(|_| !is_original).ok_or(RenditionFault::NoName)?;
        let takes_child = takes_child(source, rendition)?;
        let key = (source.app(), name.clone());
        // Under the lock: of two that ask at once, one begins it.
        let mut jobs = self.jobs.lock();
        if self.stop.is_cancelled() {
            return Err(RenditionFault::Stopping);
        }
        let now = self.parts.clock.mono();
        // A job that has given up its stream's name is about to be forgotten.
        let is_there = || self.parts.hub.stream(key.0, &key.1).is_some();
        if let Some(entry) = jobs.get(&key).filter(|entry| Arc::ptr_eq(&entry.source, source) && is_there()) {
            entry.asked_at.store(now.0, Relaxed);
            return Ok(());
        }
        let place = if takes_child {
            self.parts.children.program().ok_or(ChildFault::Missing)?;
            Some(self.parts.children.place_on_demand()?)
        } else {
            None
        };
        let session = self.session();
        let publisher = self.parts.claims.claim(&name, session)?;
        publisher.stream().made_of(source);
        let entry = Arc::new(Entry { source: source.clone(), asked_at: AtomicU64::new(now.0), mark: None });
        jobs.insert(key.clone(), entry.clone());
        drop(jobs);
        let kind = match rendition {
            Rendition::Rate(_) => ChildKind::Rate,
            Rendition::Sound(_) => ChildKind::Sound,
        };
        let work = Work { kind, rendition: Some(rendition), mark: None, session };
        let job = Job::new(self.clone(), work, entry.clone(), Sink::Rendition(publisher), place);
        self.tasks.spawn(async move {
            let this = job.run().await;
            this.forget(&key, &entry);
        });
        Ok(())
    }

    /// Puts a watermark into what a diverted stream's players see, for as long as there is a source of it.
    pub fn mark(self: &Arc<Self>, stream: &Arc<Stream>, mark: Mark) {
        let Some(source) = stream.source() else { return };
        let key = (stream.app(), stream.name().clone());
        let mut jobs = self.jobs.lock();
        let known = jobs.get(&key).is_some_and(|entry| Arc::ptr_eq(&entry.source, &source));
        if known || self.stop.is_cancelled() {
            return;
        }
        let entry = Arc::new(Entry { source, asked_at: AtomicU64::new(0), mark: Some(mark.id) });
        jobs.insert(key.clone(), entry.clone());
        drop(jobs);
        let work = Work { kind: ChildKind::Watermark, rendition: None, mark: Some(mark), session: self.session() };
        let sink = Sink::Mark(self.parts.hub.marker(stream.clone()));
        let job = Job::new(self.clone(), work, entry.clone(), sink, None);
        self.tasks.spawn(async move {
            let this = job.run().await;
            this.forget(&key, &entry);
        });
    }

    /// A watermark has been deleted: its picture goes too, once no stream has it any more.
    pub fn forget_mark(self: &Arc<Self>, id: u64) {
        let jobs = self.jobs.lock();
        if jobs.values().any(|entry| entry.mark == Some(id)) {
            self.gone_marks.lock().insert(id);
        } else {
            self.forget_picture(id);
        }
    }

    /// At the start: pictures of others than these watermarks are of no use.
    pub async fn keep_pictures_of(&self, ids: HashSet<u64>) {
        self.pictures.keep_only(ids).await;
    }

    /// Ends everything that is made, and waits for it.
    pub async fn finish(&self) {
        self.stop.cancel();
        self.tasks.close();
        self.tasks.wait().await;
    }

    fn forget(self: &Arc<Self>, key: &(AppId, StreamName), entry: &Arc<Entry>) {
        let mut jobs = self.jobs.lock();
        if jobs.get(key).is_some_and(|known| Arc::ptr_eq(known, entry)) {
            jobs.remove(key);
        }
        let last = entry.mark.filter(|id| jobs.values().all(|other| other.mark != Some(*id)));
        if let Some(id) = last.filter(|id| self.gone_marks.lock().remove(id)) {
            self.forget_picture(id);
        }
    }

    fn forget_picture(self: &Arc<Self>, id: u64) {
        let this = self.clone();
        self.tasks.spawn(async move { this.pictures.forget(id).await });
    }

    fn session(&self) -> SessionId {
        let mut number = [0; 8];
        self.parts.rng.fill(&mut number);
        SessionId(u64::from_be_bytes(number))
    }
}

/// The codec of a sound that is made.
const fn codec(sound: Sound) -> Codec {
    match sound {
        Sound::Aac => Codec::Aac,
        Sound::Opus => Codec::Opus,
    }
}

/// Whether a child is needed to make this of a stream as it is now.
fn takes_child(source: &Stream, rendition: Rendition) -> Result<bool, RenditionFault> {
    let Rendition::Sound(sound) = rendition else { return Ok(true) };
    let tracks = source.tracks();
    match &tracks.audio {
        Some(audio) => Ok(audio.codec != codec(sound)),
        None if tracks.settled() => Err(RenditionFault::NoSound),
        // It may come yet.
        None => Ok(true),
    }
}

impl Entry {
    fn asked_at(&self) -> MonoMs {
        MonoMs(self.asked_at.load(Relaxed))
    }
}
