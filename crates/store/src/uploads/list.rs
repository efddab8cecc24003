//! What is in the queue.

use sqlx::Row;
use vivace_base::{AppId, Ulid, UnixMs};
use vivace_domain::recording::Recording;

use super::row::{OBJECT, UPLOAD};
use super::{Upload, UploadObject, UploadPart, UploadState};
use crate::listed::{cursor, timed};
use crate::{Fault, Listed, Operation, Reader, TimedKey};

/// What has nobody's recording behind it, and what has one that is shown: one that is deleted may come back, so it waits.
const DUE: &str = "next_at <= $1 AND (state = 'deleting' OR EXISTS (SELECT 1 FROM recordings AS r \
    WHERE r.id = uploads.recording AND r.deleted_at IS NULL)) ORDER BY next_at LIMIT $2";
const DONE: &str = "(SELECT COALESCE(SUM(CASE WHEN o.verified = 1 OR u.state = 'uploaded' THEN o.bytes ELSE (SELECT \
    COALESCE(SUM(p.bytes), 0) FROM upload_parts AS p WHERE p.recording = o.recording AND p.object = o.number) END), 0) \
    FROM upload_objects AS o WHERE o.recording = u.recording)";
const BYTES: &str = "(SELECT COALESCE(SUM(o.bytes), 0) FROM upload_objects AS o WHERE o.recording = u.recording)";
/// What was recorded; of a recording that is gone, nothing.
const STREAM: &str = "(SELECT r.stream FROM recordings AS r WHERE r.id = u.recording)";
const FORMAT: &str = "(SELECT r.format FROM recordings AS r WHERE r.id = u.recording)";
/// Whether the recording is deleted and may come back: nothing is done with its copy meanwhile.
const HELD: &str = "(u.state = 'waiting' AND EXISTS (SELECT 1 FROM recordings AS r WHERE r.id = u.recording \
    AND r.deleted_at IS NOT NULL))";
/// The one that is sent last, which is the only one or the playlist over the others.
const KEY: &str =
    "(SELECT o.key FROM upload_objects AS o WHERE o.recording = u.recording ORDER BY o.number DESC LIMIT 1)";
const COUNTS: &str = "SELECT COALESCE(SUM(state = 'waiting'), 0), COALESCE(SUM(tries > 0), 0), \
    COALESCE(SUM(state = 'deleting'), 0), MIN(CASE WHEN state = 'waiting' THEN created_at END) FROM uploads \
    WHERE next_at IS NOT NULL";
/// What is given up waits for nothing.
pub(crate) const GIVEN_UP: &str = "SELECT COUNT(*) FROM uploads WHERE state = 'failed' AND state <> 'uploaded'";
/// Behind all ids.
const END: &str = "~";

/// The statement that lists the queue: of an app, in a state, before an id, so many. Which index it goes by depends on its
/// words: the one of what is unfinished is asked for by name, as a parameter says nothing to the planner.
pub(crate) fn listing(state: Option<UploadState>) -> String {
    let which = match state {
        None => "$2 IS NULL",
        Some(UploadState::Uploaded) => "state = $2",
        Some(_) => "state = $2 AND state <> 'uploaded'",
    };
    format!(
        "SELECT {UPLOAD}, {BYTES} AS bytes, {DONE} AS bytes_done, {STREAM} AS stream, {FORMAT} AS format, {KEY} AS key, \
        {HELD} AS held FROM uploads AS u WHERE app = $1 AND {which} AND recording < $3 ORDER BY recording DESC LIMIT $4"
    )
}

/// A place in the queue, and how much of it is done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UploadLine {
    /// The place.
    pub upload: Upload,
    /// The stream that was recorded, unless the recording is gone.
    pub stream: Option<String>,
    /// The recording's format, unless it is gone.
    pub format: Option<String>,
    /// Whether the recording is deleted and may come back: nothing is done with its copy meanwhile.
    pub is_held: bool,
    /// The name of its object in the bucket, or of the playlist over its objects; none as long as none is planned.
    pub key: Option<String>,
    /// Bytes of all its objects; 0 as long as none is planned.
    pub bytes: u64,
    /// Bytes of those that the bucket has.
    pub bytes_done: u64,
}

/// What is in the queue.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct UploadCounts {
    /// Copies that are not there yet.
    pub waiting: u64,
    /// Those, and deletions, whose last try failed.
    pub failing: u64,
    /// Copies that are to be deleted.
    pub deleting: u64,
    /// Copies that are not tried any more unless somebody asks for it.
    pub given_up: u64,
    /// Since when the first of those that are not there waits.
    pub oldest_at: Option<UnixMs>,
}

impl Reader {
    /// At most `limit` places whose time has come, by their recordings' ids, the first first.
    ///
    /// # Errors
    /// [`Fault`]: the store cannot be read.
    pub async fn uploads_due(&self, now: UnixMs, limit: u32) -> Result<Vec<Listed<Upload>>, Fault> {
        let sql = format!("SELECT {UPLOAD} FROM uploads WHERE {DUE}");
        let select = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(now.0).bind(i64::from(limit));
        self.listed(Operation::ReadUploads, select, |row| row.try_get("recording"), Self::parse_upload).await
    }

    /// At most `limit` places of recordings that are to be told of behind their upload, by these recordings' ids.
    ///
    /// # Errors
    /// [`Fault`]: the store cannot be read.
    pub async fn uploads_untold(&self, limit: u32) -> Result<Vec<Listed<Upload>>, Fault> {
        let sql = format!(
            "SELECT {UPLOAD} FROM uploads WHERE next_at IS NOT NULL AND state = 'waiting' AND told = 0 \
            ORDER BY recording LIMIT $1"
        );
        let select = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(i64::from(limit));
        self.listed(Operation::ReadUploads, select, |row| row.try_get("recording"), Self::parse_upload).await
    }

    /// The place of an app's recording.
    ///
    /// # Errors
    /// [`Fault`]: the store cannot be read, or the row is damaged.
    pub async fn upload(&self, app: AppId, recording: Ulid) -> Result<Option<Upload>, Fault> {
        let sql = format!("SELECT {UPLOAD} FROM uploads WHERE app = $1 AND recording = $2");
        let row = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(i64::from(app.0)).bind(recording.to_string());
        let row = row.fetch_optional(&self.pool).await;
        let row = row.map_err(|error| self.fault(Operation::ReadUploads, error))?;
        row.map(|row| self.parse_upload(&row)).transpose()
    }

    /// An app's places behind the recording `after`, newest recordings first, at most `limit`.
    ///
    /// # Errors
    /// [`Fault`]: the store cannot be read, or a row is damaged.
    pub async fn uploads(
        &self,
        app: AppId,
        state: Option<UploadState>,
        after: Option<Ulid>,
        limit: u32,
    ) -> Result<Vec<UploadLine>, Fault> {
        let query = sqlx::query(sqlx::AssertSqlSafe(listing(state))).bind(i64::from(app.0));
        let query = query.bind(state.map(UploadState::as_str));
        let query = query.bind(after.map_or_else(|| END.to_owned(), |after| after.to_string())).bind(i64::from(limit));
        let rows = query.fetch_all(&self.pool).await.map_err(|error| self.fault(Operation::ReadUploads, error))?;
        let number = |row: &sqlx::sqlite::SqliteRow, column| {
            let number = row.try_get::<i64, _>(column).map(i64::unsigned_abs);
            number.map_err(|error| self.fault(Operation::ReadUploads, error))
        };
        let text = |row: &sqlx::sqlite::SqliteRow, column| {
            row.try_get::<Option<String>, _>(column).map_err(|error| self.fault(Operation::ReadUploads, error))
        };
        let line = |row: &sqlx::sqlite::SqliteRow| {
            let (bytes, bytes_done) = (number(row, "bytes")?, number(row, "bytes_done")?);
            let [stream, format, key] = ["stream", "format", "key"].map(|column| text(row, column));
            Ok(UploadLine {
                upload: self.parse_upload(row)?,
                stream: stream?,
                format: format?,
                is_held: number(row, "held")? != 0,
                key: key?,
                bytes,
                bytes_done,
            })
        };
        rows.iter().map(line).collect()
    }

    /// What a recording's objects are, in the order in which they are sent.
    ///
    /// # Errors
    /// [`Fault`]: the store cannot be read, or a row is damaged.
    pub async fn upload_objects(&self, recording: Ulid) -> Result<Vec<UploadObject>, Fault> {
        let sql = format!("SELECT {OBJECT} FROM upload_objects WHERE recording = $1 ORDER BY number");
        let rows = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(recording.to_string()).fetch_all(&self.pool).await;
        let rows = rows.map_err(|error| self.fault(Operation::ReadUploads, error))?;
        rows.iter().map(|row| self.parse_object(row)).collect()
    }

    /// The parts of an object that the bucket has, in order.
    ///
    /// # Errors
    /// [`Fault`]: the store cannot be read, or a row is damaged.
    pub async fn upload_parts(&self, recording: Ulid, object: u32) -> Result<Vec<UploadPart>, Fault> {
        const PARTS: &str = "SELECT number, etag, md5, bytes FROM upload_parts WHERE recording = $1 AND object = $2 \
            ORDER BY number";
        let rows = sqlx::query(PARTS).bind(recording.to_string()).bind(i64::from(object)).fetch_all(&self.pool).await;
        let rows = rows.map_err(|error| self.fault(Operation::ReadUploads, error))?;
        rows.iter().map(|row| self.parse_part(row)).collect()
    }

    /// At most `limit` recordings that were uploaded up to a time and are still on this server's disk, and are not deleted,
    /// by that time; the first uploaded first, those behind `after`: the time and the id of one.
    ///
    /// # Errors
    /// [`Fault`]: the store cannot be read.
    pub async fn local_copies(
        &self,
        uploaded_up_to: UnixMs,
        after: Option<&TimedKey>,
        limit: u32,
    ) -> Result<Vec<Listed<Recording, TimedKey>>, Fault> {
        const WHICH: &str = "JOIN (SELECT recording, uploaded_at FROM uploads WHERE state = 'uploaded' AND local_gone_at \
            IS NULL AND uploaded_at <= $1 AND (uploaded_at, recording) > ($2, $3)) AS u ON u.recording = id \
            WHERE deleted_at IS NULL ORDER BY u.uploaded_at, u.recording LIMIT $4";
        let (at, id) = cursor(after);
        let sql =
            format!("SELECT {}, u.uploaded_at AS uploaded_at FROM recordings {WHICH}", crate::recordings::COLUMNS);
        let select = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(uploaded_up_to.0).bind(at).bind(id);
        let select = select.bind(i64::from(limit));
        self.listed(Operation::ReadUploads, select, timed("uploaded_at"), Self::parse_recording).await
    }

    /// What is in the queue.
    ///
    /// # Errors
    /// [`Fault`]: the store cannot be read.
    pub async fn upload_counts(&self) -> Result<UploadCounts, Fault> {
        let failed = |error| self.fault(Operation::ReadUploads, error);
        let row = sqlx::query(COUNTS).fetch_one(&self.pool).await.map_err(failed)?;
        let number = |at: usize| row.try_get::<i64, _>(at).map(i64::unsigned_abs).map_err(failed);
        let oldest_at: Option<i64> = row.try_get(3).map_err(failed)?;
        let (waiting, failing, deleting) = (number(0)?, number(1)?, number(2)?);
        let given_up: i64 = sqlx::query_scalar(GIVEN_UP).fetch_one(&self.pool).await.map_err(failed)?;
        let (given_up, oldest_at) = (given_up.unsigned_abs(), oldest_at.map(UnixMs));
        Ok(UploadCounts { waiting, failing, deleting, given_up, oldest_at })
    }
}
