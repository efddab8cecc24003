//! Durable facts: apps with their keys, the log of what happened to live streams, the numbers of HLS playlists, and the
//! relays that are wanted.
//!
//! One SQLite file, `vivace.db` in the data folder, with mode 0600. Writes pass through one connection, and each is on
//! disk when its call returns; reads have connections of their own and wait for no write. What is live stands elsewhere:
//! nothing here ever says so.

mod accounts;
mod apps;
mod archive;
mod audit;
mod channels;
mod checkpoint;
mod credentials;
mod domains;
mod events;
mod fault;
mod folder;
mod hls;
mod listed;
mod lists;
mod media_files;
mod open;
mod outbox;
mod pictures;
mod record_tasks;
mod record_templates;
mod recordings;
mod relays;
mod replay;
mod rules;
mod statistics;
mod tasks;
#[cfg(test)]
mod tests;
mod uploads;
mod watermark_rules;
mod watermarks;
mod write;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use sqlx::SqlitePool;
use vivace_base::{AppId, Limits};

pub use accounts::ALL_ACTIONS;
pub use archive::ArchiveNumbers;
pub use audit::{AuditFilter, AuditRow, NewAudit, Note};
pub use channels::{ChannelFilter, ChannelLine, ChannelPage, PageAsk, WriteChannelFault};
use checkpoint::Uncopied;
pub use credentials::{Added, Credential};
pub use domains::AddHost;
pub use events::{
    EventCounts, EventFilter, EventKind, EventLog, EventRow, KnownAsk, KnownState, LiveEvent, PushAsk, PushName,
    PushRecord,
};
pub use fault::{Cause, Fault, Operation};
pub use folder::DataFolder;
pub use hls::{HlsChange, HlsLog, HlsNumbers};
pub use listed::{Listed, TimedKey};
pub use lists::KeptList;
pub use media_files::EndedBefore;
pub use outbox::{
    CallbackRule, CallbackTarget, CallbackTemplate, Hook, HookFilter, HookRecord, HookState, NewHook, NewTemplate,
    OpenPush, Recorded, Settled,
};
pub use pictures::{NewPictureTask, PicturePut, PictureTaskAsk, PictureTaskPage, PutPictureRule};
pub use record_tasks::{TaskBounds, TaskFilter, TaskPage, TaskWritten};
pub use record_templates::RuleWritten;
pub use recordings::{RecordingFilter, RecordingPage, RecordingStep, StorageUse};
pub use relays::AddRelay;
pub use replay::{LookedUp, Replay, RequestKey, Taken};
pub use rules::KeptRule;
pub use statistics::{ClientMinute, ClientOrder, ClientSum, PlayMinute, StreamMinute};
pub use uploads::{Upload, UploadCounts, UploadLine, UploadObject, UploadPart, UploadSource, UploadState};
pub use watermarks::Watermark;
use write::Write;

/// The app that the first start makes.
pub const FIRST_APP: AppId = AppId(1);

/// The file's name in the data folder.
pub const FILE_NAME: &str = "vivace.db";

/// The store of a running server.
#[derive(Clone, Debug)]
pub struct Store {
    reader: Reader,
    writer: SqlitePool,
    /// Puts the log into the database.
    copier: SqlitePool,
    uncopied: Arc<Uncopied>,
    events_kept_max: usize,
    hls_streams_kept_max: usize,
    outbox_rows_max: i64,
    /// Events that had no place and that nobody has counted yet, of all handles.
    hooks_left_out: Arc<AtomicU64>,
    audit_rows_max: i64,
    /// What the next change is noted as: see [`Store::noted`].
    note: Option<Note>,
}

/// The facts without the right to change them.
#[derive(Clone, Debug)]
pub struct Reader {
    file: PathBuf,
    pool: SqlitePool,
    orders: Arc<channels::Orders>,
    event_text_bytes_max: usize,
}

impl Store {
    /// Opens the store in `dir`, making the folder (mode 0700) and the file (mode 0600) if they are not there, and
    /// brings its schema up to date.
    ///
    /// # Errors
    /// Each [`Fault`] but [`Fault::Missing`], [`Fault::Older`] and [`Fault::NotReadable`].
    pub async fn open(dir: &Path, limits: &Limits) -> Result<Self, Fault> {
        open::writable(dir, limits).await
    }

    /// Makes the folder (mode 0700) and the file (0600) if they are not there, and nothing else: so that the folder can
    /// be locked before [`Store::open`] may bring what is in it to a newer form.
    ///
    /// # Errors
    /// [`Fault`]: what cannot be made or written.
    pub fn prepare(dir: &Path) -> Result<(), Fault> {
        open::make_files(dir).map(drop)
    }

    /// Opens the store in `dir` for reading, whether or not a server runs on it.
    ///
    /// # Errors
    /// [`Fault::Missing`] if there is none yet, [`Fault::Older`] if a server of this version has not been started on
    /// it, and the rest of [`Fault`] but [`Fault::NotWritable`] and [`Fault::DiskFull`].
    pub async fn open_read_only(dir: &Path, limits: &Limits) -> Result<Reader, Fault> {
        open::read_only(dir, limits).await
    }

    /// The reading side.
    pub const fn reader(&self) -> &Reader {
        &self.reader
    }

    /// Waits for what is under way and closes the file; every other handle on this store is closed with it.
    pub async fn close(&self) {
        self.reader.close().await;
        self.copier.close().await;
        self.writer.close().await;
    }

    async fn write(&self, doing: Operation) -> Result<Write, Fault> {
        Write::begin(self).await.map_err(|error| self.reader.fault(doing, error))
    }
}

impl Reader {
    /// The file it reads.
    pub fn file(&self) -> &Path {
        &self.file
    }

    /// Closes the file.
    pub async fn close(&self) {
        self.pool.close().await;
    }

    fn fault(&self, doing: Operation, error: sqlx::Error) -> Fault {
        let fault = Fault::sql(&self.file, doing, error);
        match doing {
            Operation::ReadApp
            | Operation::ReadCredential
            | Operation::ReadAccount
            | Operation::ReadReplay
            | Operation::ReadEvents
            | Operation::ReadHls
            | Operation::ReadHooks
            | Operation::ReadRelays
            | Operation::ReadChannels
            | Operation::ReadLists
            | Operation::ReadRules
            | Operation::ReadHosts
            | Operation::ReadTasks
            | Operation::ReadPictures
            | Operation::ReadRecordings
            | Operation::ReadUploads
            | Operation::ReadStatistics
            | Operation::ReadAudit => fault.when_reading(),
            _ => fault,
        }
    }
}
