//! The queue of copies to a bucket: which recordings are to be there, what of them is there already, and what is to be
//! deleted there.
//!
//! A recording enters the queue in the transaction that stores it, and leaves it only when all of it is verified there. So
//! nothing is forgotten by a crash, and what has been sent is not sent again.

mod list;
mod row;

use sqlx::SqliteConnection;
use vivace_base::{AppId, Ulid, UnixMs};

use crate::{Fault, NewHook, Operation, Store};
#[cfg(test)]
pub(crate) use list::{GIVEN_UP, listing};
pub use list::{UploadCounts, UploadLine};

pub(crate) const ENQUEUE: &str = "INSERT INTO uploads (recording, app, state, place, told, tries, next_at, created_at) \
    SELECT id, app, 'waiting', '', $2, 0, $3, $3 FROM recordings AS r WHERE (id = $1 OR $1 IS NULL) AND state = 'stored' \
    AND deleted_at IS NULL AND NOT EXISTS (SELECT 1 FROM uploads AS u WHERE u.recording = r.id)";
/// A recording is gone: so are its copies to be.
pub(crate) const ABANDON: &str =
    "UPDATE uploads SET state = 'deleting', tries = 0, failure = NULL, reason = NULL, next_at = 0 WHERE recording = $1";
const PLACE: &str = "UPDATE uploads SET place = $2 WHERE recording = $1";
const FORGET: &str = "DELETE FROM upload_objects WHERE recording = $1";
const PLAN: &str = "INSERT INTO upload_objects (recording, number, key, source, file, init_bytes, offset, bytes, part_bytes, \
    verified) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 0)";
const BEGIN: &str = "UPDATE upload_objects SET upload = $3 WHERE recording = $1 AND number = $2";
const PART: &str = "INSERT OR REPLACE INTO upload_parts (recording, object, number, etag, md5, bytes) \
    VALUES ($1, $2, $3, $4, $5, $6)";
const PROGRESS: &str = "UPDATE uploads SET tries = 0 WHERE recording = $1";
const RESET: &str = "UPDATE upload_objects SET upload = NULL, verified = 0 WHERE recording = $1 AND number = $2";
const RESET_PARTS: &str = "DELETE FROM upload_parts WHERE recording = $1 AND object = $2";
const VERIFIED: &str = "UPDATE upload_objects SET upload = NULL, verified = 1 WHERE recording = $1 AND number = $2";
const FAILED: &str = "UPDATE uploads SET tries = tries + 1, failure = $2, reason = $3, next_at = $4 WHERE recording = $1 \
    AND state <> 'uploaded'";
const UPLOADED: &str = "UPDATE recordings SET state = 'uploaded' WHERE id = $1 AND state = 'stored'";
const FINISH: &str = "UPDATE uploads SET state = 'uploaded', told = 1, tries = 0, failure = NULL, reason = NULL, next_at = NULL, \
    uploaded_at = $2 WHERE recording = $1 AND state = 'waiting'";
const TOLD: &str = "UPDATE uploads SET told = 1 WHERE recording = $1 AND told = 0";
const GIVE_UP: &str = "UPDATE uploads SET state = 'failed', told = 1, tries = tries + 1, failure = $2, reason = $3, \
    next_at = NULL WHERE recording = $1 AND state = 'waiting'";
const RETRY: &str = "UPDATE uploads SET next_at = $3, state = CASE state WHEN 'failed' THEN 'waiting' ELSE state END \
    WHERE app = $1 AND recording = $2 AND state <> 'uploaded'";
const LOCAL_GONE: &str = "UPDATE uploads SET local_gone_at = $2 WHERE recording = $1 AND state = 'uploaded' \
    AND local_gone_at IS NULL";
const FORGET_DELETION: &str = "DELETE FROM uploads WHERE app = $1 AND recording = $2 AND state = 'deleting'";
const REMOVE: &str = "DELETE FROM uploads WHERE recording = $1 AND state = 'deleting'";

/// How far a copy is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UploadState {
    /// It is not there, or not all of it.
    Waiting,
    /// It is there, verified.
    Uploaded,
    /// It cannot be made, and is tried no more.
    Failed,
    /// Its recording is gone, and it is to go too.
    Deleting,
}

impl UploadState {
    /// Each of them.
    pub const ALL: [Self; 4] = [Self::Waiting, Self::Uploaded, Self::Failed, Self::Deleting];

    /// The word in the store and in our own API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Uploaded => "uploaded",
            Self::Failed => "failed",
            Self::Deleting => "deleting",
        }
    }

    /// The state of a word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == word)
    }
}

/// A recording's place in the queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upload {
    /// The recording.
    pub recording: Ulid,
    /// Whose it is.
    pub app: AppId,
    /// How far its copy is.
    pub state: UploadState,
    /// Which bucket its objects are in; empty as long as none is planned.
    pub place: String,
    /// Whether customers' servers have been told of the recording.
    pub told: bool,
    /// Tries that failed since something last went well.
    pub tries: u32,
    /// When it is tried next; none if nothing is to be done.
    pub next_at: Option<UnixMs>,
    /// Why the last try failed.
    pub failure: Option<String>,
    /// The same in one word.
    pub reason: Option<String>,
    /// Since when it is in the queue.
    pub created_at: UnixMs,
    /// When it was verified there.
    pub uploaded_at: Option<UnixMs>,
    /// When the files on this server's disk were deleted.
    pub local_gone_at: Option<UnixMs>,
}

/// What an object's bytes are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UploadSource {
    /// The recording's own file.
    File,
    /// A stretch of a media file, with its first bytes in front of it.
    Media {
        /// The media file.
        file: Ulid,
        /// Its first bytes.
        init_bytes: u64,
        /// Where the stretch begins.
        offset: u64,
    },
    /// The playlist over the others.
    Playlist,
}

/// One object of a recording in the bucket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UploadObject {
    /// Its number among the recording's.
    pub number: u32,
    /// Its name in the bucket.
    pub key: String,
    /// What its bytes are.
    pub source: UploadSource,
    /// How many they are.
    pub bytes: u64,
    /// Bytes of each part but the last; one that is no longer goes in one request.
    pub part_bytes: u64,
    /// The multipart upload that is under way.
    pub upload: Option<String>,
    /// Whether it is there, and the same.
    pub verified: bool,
}

/// A part that the bucket has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UploadPart {
    /// Its number, from 0 on.
    pub number: u32,
    /// What the bucket calls it.
    pub etag: String,
    /// MD5 of what was sent.
    pub md5: [u8; 16],
    /// Its bytes.
    pub bytes: u64,
}

impl Store {
    /// Puts every stored recording into the queue that is not in it. Their number; on disk when this returns.
    ///
    /// # Errors
    /// [`Fault`]: the store cannot be written.
    pub async fn enqueue_stored(&self, now: UnixMs) -> Result<u64, Fault> {
        // Those that are found here were stored while nothing was uploaded, and told then.
        self.change_upload(sqlx::query(ENQUEUE).bind(None::<String>).bind(1_i64).bind(now.0)).await
    }

    /// Says what a recording's objects are and where; what was there before is forgotten. On disk when this returns.
    ///
    /// # Errors
    /// [`Fault`]: the store cannot be written.
    pub async fn plan_upload(&self, recording: Ulid, place: &str, objects: &[UploadObject]) -> Result<(), Fault> {
        let failed = |error| self.reader.fault(Operation::WriteUpload, error);
        let mut write = self.write(Operation::WriteUpload).await?;
        let id = recording.to_string();
        sqlx::query(PLACE).bind(&id).bind(place).execute(&mut *write).await.map_err(failed)?;
        sqlx::query(FORGET).bind(&id).execute(&mut *write).await.map_err(failed)?;
        for object in objects {
            row::bind_object(sqlx::query(PLAN).bind(&id), object).execute(&mut *write).await.map_err(failed)?;
        }
        write.commit().await.map_err(failed)
    }

    /// A multipart upload of an object has begun. On disk when this returns.
    ///
    /// # Errors
    /// [`Fault`]: the store cannot be written.
    pub async fn begin_multipart(&self, recording: Ulid, object: u32, upload: &str) -> Result<(), Fault> {
        let begin = sqlx::query(BEGIN).bind(recording.to_string()).bind(i64::from(object)).bind(upload);
        self.change_upload(begin).await.map(drop)
    }

    /// The bucket has a part. On disk when this returns.
    ///
    /// # Errors
    /// [`Fault`]: the store cannot be written.
    pub async fn put_upload_part(&self, recording: Ulid, object: u32, part: &UploadPart) -> Result<(), Fault> {
        let failed = |error| self.reader.fault(Operation::WriteUpload, error);
        let mut write = self.write(Operation::WriteUpload).await?;
        let id = recording.to_string();
        let put = sqlx::query(PART).bind(&id).bind(i64::from(object)).bind(i64::from(part.number)).bind(&part.etag);
        let put = put.bind(part.md5.to_vec()).bind(part.bytes.cast_signed());
        put.execute(&mut *write).await.map_err(failed)?;
        sqlx::query(PROGRESS).bind(&id).execute(&mut *write).await.map_err(failed)?;
        write.commit().await.map_err(failed)
    }

    /// An object is to be sent anew from its first byte on. On disk when this returns.
    ///
    /// # Errors
    /// [`Fault`]: the store cannot be written.
    pub async fn reset_upload_object(&self, recording: Ulid, object: u32) -> Result<(), Fault> {
        self.change_object(RESET, recording, object).await
    }

    /// An object is there, and the same. On disk when this returns.
    ///
    /// # Errors
    /// [`Fault`]: the store cannot be written.
    pub async fn verify_upload_object(&self, recording: Ulid, object: u32) -> Result<(), Fault> {
        self.change_object(VERIFIED, recording, object).await
    }

    async fn change_object(&self, change: &'static str, recording: Ulid, object: u32) -> Result<(), Fault> {
        let failed = |error| self.reader.fault(Operation::WriteUpload, error);
        let mut write = self.write(Operation::WriteUpload).await?;
        for sql in [change, RESET_PARTS] {
            let query = sqlx::query(sql).bind(recording.to_string()).bind(i64::from(object));
            query.execute(&mut *write).await.map_err(failed)?;
        }
        write.commit().await.map_err(failed)
    }

    /// A try has failed; the next is at `next_at`. On disk when this returns.
    ///
    /// # Errors
    /// [`Fault`]: the store cannot be written.
    pub async fn fail_upload(
        &self,
        recording: Ulid,
        reason: &str,
        failure: &str,
        next_at: UnixMs,
    ) -> Result<(), Fault> {
        let fail = sqlx::query(FAILED).bind(recording.to_string()).bind(failure).bind(reason).bind(next_at.0);
        self.change_upload(fail).await.map(drop)
    }

    /// What waits for its next try until later than `beyond` is due `now`: the clock was set back, and would let it wait for
    /// longer than it was to. How many these are.
    ///
    /// # Errors
    /// [`Fault`]: the store cannot be written.
    pub async fn hasten_uploads(&self, beyond: UnixMs, now: UnixMs) -> Result<u64, Fault> {
        let hasten = sqlx::query("UPDATE uploads SET next_at = $2 WHERE next_at > $1").bind(beyond.0).bind(now.0);
        self.change_upload(hasten).await
    }

    /// A copy cannot be made, whatever is tried: it waits no more, and `told` is told of its recording, which stays where
    /// it is; all or nothing. False, and nothing is written, if it does not wait. On disk when this returns.
    ///
    /// # Errors
    /// [`Fault`]: the store cannot be written.
    pub async fn give_up_upload(
        &self,
        recording: Ulid,
        (reason, failure): (&str, &str),
        told: &[NewHook],
        now: UnixMs,
    ) -> Result<bool, Fault> {
        let failed = |error| self.reader.fault(Operation::WriteUpload, error);
        let mut write = self.write(Operation::WriteUpload).await?;
        let given_up = sqlx::query(GIVE_UP).bind(recording.to_string()).bind(failure).bind(reason);
        if given_up.execute(&mut *write).await.map_err(failed)?.rows_affected() == 0 {
            return Ok(false);
        }
        let dropped = self.put_hooks(&mut write, told, now).await.map_err(failed)?;
        write.commit().await.map_err(failed)?;
        self.left_out(dropped);
        Ok(true)
    }

    /// All of a recording is there, verified: it is uploaded, and `told` is told of it, all or nothing. False, and nothing
    /// is written, if it is not stored any more. On disk when this returns.
    ///
    /// # Errors
    /// [`Fault`]: the store cannot be written.
    pub async fn finish_upload(&self, recording: Ulid, told: &[NewHook], now: UnixMs) -> Result<bool, Fault> {
        let failed = |error| self.reader.fault(Operation::WriteUpload, error);
        let mut write = self.write(Operation::WriteUpload).await?;
        let id = recording.to_string();
        let stored = sqlx::query(UPLOADED).bind(&id).execute(&mut *write).await.map_err(failed)?.rows_affected();
        let waited =
            sqlx::query(FINISH).bind(&id).bind(now.0).execute(&mut *write).await.map_err(failed)?.rows_affected();
        if stored == 0 || waited == 0 {
            return Ok(false);
        }
        let dropped = self.put_hooks(&mut write, told, now).await.map_err(failed)?;
        write.commit().await.map_err(failed)?;
        self.left_out(dropped);
        Ok(true)
    }

    /// Tells of a recording that waits for its upload and was to be told of behind it. False, and nothing is written, if
    /// it has been told of. On disk when this returns.
    ///
    /// # Errors
    /// [`Fault`]: the store cannot be written.
    pub async fn tell_upload(&self, recording: Ulid, told: &[NewHook], now: UnixMs) -> Result<bool, Fault> {
        let failed = |error| self.reader.fault(Operation::WriteUpload, error);
        let mut write = self.write(Operation::WriteUpload).await?;
        let told_now = sqlx::query(TOLD).bind(recording.to_string()).execute(&mut *write).await.map_err(failed)?;
        if told_now.rows_affected() == 0 {
            return Ok(false);
        }
        let dropped = self.put_hooks(&mut write, told, now).await.map_err(failed)?;
        write.commit().await.map_err(failed)?;
        self.left_out(dropped);
        Ok(true)
    }

    /// Has an app's copy tried at once, one that was given up too. False if there is none but one that is there. On disk when
    /// this returns.
    ///
    /// # Errors
    /// [`Fault`]: the store cannot be written.
    pub async fn retry_upload(&self, app: AppId, recording: Ulid, now: UnixMs) -> Result<bool, Fault> {
        let retry = sqlx::query(RETRY).bind(i64::from(app.0)).bind(recording.to_string()).bind(now.0);
        Ok(self.change_upload(retry).await? > 0)
    }

    /// Tries to delete an app's copy no more: what the bucket still has of it stays there. False if none is to be deleted.
    /// On disk when this returns.
    ///
    /// # Errors
    /// [`Fault`]: the store cannot be written.
    pub async fn forget_deletion(&self, app: AppId, recording: Ulid) -> Result<bool, Fault> {
        let forget = sqlx::query(FORGET_DELETION).bind(i64::from(app.0)).bind(recording.to_string());
        Ok(self.change_upload(forget).await? > 0)
    }

    /// The files of an uploaded recording are gone from this server's disk. On disk when this returns.
    ///
    /// # Errors
    /// [`Fault`]: the store cannot be written.
    pub async fn forget_local_copy(&self, recording: Ulid, now: UnixMs) -> Result<bool, Fault> {
        let gone = sqlx::query(LOCAL_GONE).bind(recording.to_string()).bind(now.0);
        Ok(self.change_upload(gone).await? > 0)
    }

    /// Nothing of a recording that is gone is in the bucket any more. On disk when this returns.
    ///
    /// # Errors
    /// [`Fault`]: the store cannot be written.
    pub async fn remove_upload(&self, recording: Ulid) -> Result<(), Fault> {
        self.change_upload(sqlx::query(REMOVE).bind(recording.to_string())).await.map(drop)
    }

    async fn change_upload(&self, change: row::Query<'_>) -> Result<u64, Fault> {
        let failed = |error| self.reader.fault(Operation::WriteUpload, error);
        let mut write = self.write(Operation::WriteUpload).await?;
        let changed = change.execute(&mut *write).await.map_err(failed)?.rows_affected();
        write.commit_if(changed > 0).await.map_err(failed)?;
        Ok(changed)
    }
}

/// Puts a recording that has just been stored into the queue, untold.
pub(crate) async fn enqueue(connection: &mut SqliteConnection, id: &str, now: UnixMs) -> Result<(), sqlx::Error> {
    sqlx::query(ENQUEUE).bind(Some(id)).bind(0_i64).bind(now.0).execute(connection).await.map(drop)
}
