//! What is in the queue.

use sqlx::Row;
use vivace_base::{AppId, Ulid, UnixMs};
use vivace_domain::recording::Recording;

use super::row::{OBJECT, UPLOAD};
use super::{Upload, UploadObject, UploadPart, UploadState};
use crate::{Fault, Operation, Reader};

/// What has nobody's recording behind it, and what has one that is shown: one that is deleted may come back, so it waits.
const DUE: &str = "next_at <= $1 AND (state = 'deleting' OR EXISTS (SELECT 1 FROM recordings AS r \
    WHERE r.id = uploads.recording AND r.deleted_at IS NULL)) ORDER BY next_at LIMIT $2";
const DONE: &str = "(SELECT COALESCE(SUM(CASE WHEN o.verified = 1 OR u.state = 'uploaded' THEN o.bytes ELSE (SELECT \
    COALESCE(SUM(p.bytes), 0) FROM upload_parts AS p WHERE p.recording = o.recording AND p.object = o.number) END), 0) \
    FROM upload_objects AS o WHERE o.recording = u.recording)";
const BYTES: &str = "(SELECT COALESCE(SUM(o.bytes), 0) FROM upload_objects AS o WHERE o.recording = u.recording)";
const COUNTS: &str = "SELECT COALESCE(SUM(state = 'waiting'), 0), COALESCE(SUM(tries > 0), 0), \
    COALESCE(SUM(state = 'deleting'), 0), MIN(CASE WHEN state = 'waiting' THEN created_at END) FROM uploads \
    WHERE next_at IS NOT NULL";

/// A place in the queue, and how much of it is done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UploadLine {
    /// The place.
    pub upload: Upload,
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
    /// Since when the first of those that are not there waits.
    pub oldest_at: Option<UnixMs>,
}

impl Reader {
    /// At most `limit` places whose time has come, the first first.
    ///
    /// # Errors
    /// [`Fault`]: the store cannot be read, or a row is damaged.
    pub async fn uploads_due(&self, now: UnixMs, limit: u32) -> Result<Vec<Upload>, Fault> {
        let sql = format!("SELECT {UPLOAD} FROM uploads WHERE {DUE}");
        let rows = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(now.0).bind(i64::from(limit)).fetch_all(&self.pool).await;
        let rows = rows.map_err(|error| self.fault(Operation::ReadUploads, error))?;
        rows.iter().map(|row| self.parse_upload(row)).collect()
    }

    /// At most `limit` places of recordings that are to be told of behind their upload.
    ///
    /// # Errors
    /// [`Fault`]: the store cannot be read, or a row is damaged.
    pub async fn uploads_untold(&self, limit: u32) -> Result<Vec<Upload>, Fault> {
        let sql = format!(
            "SELECT {UPLOAD} FROM uploads WHERE next_at IS NOT NULL AND state = 'waiting' AND told = 0 \
            ORDER BY recording LIMIT $1"
        );
        let rows = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(i64::from(limit)).fetch_all(&self.pool).await;
        let rows = rows.map_err(|error| self.fault(Operation::ReadUploads, error))?;
        rows.iter().map(|row| self.parse_upload(row)).collect()
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
        let sql = format!(
            "SELECT {UPLOAD}, {BYTES} AS bytes, {DONE} AS bytes_done FROM uploads AS u WHERE app = $1 \
            AND ($2 IS NULL OR state = $2) AND ($3 IS NULL OR recording < $3) ORDER BY recording DESC LIMIT $4"
        );
        let query = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(i64::from(app.0)).bind(state.map(UploadState::as_str));
        let query = query.bind(after.map(|after| after.to_string())).bind(i64::from(limit));
        let rows = query.fetch_all(&self.pool).await.map_err(|error| self.fault(Operation::ReadUploads, error))?;
        let number = |row: &sqlx::sqlite::SqliteRow, column| {
            let number = row.try_get::<i64, _>(column).map(i64::unsigned_abs);
            number.map_err(|error| self.fault(Operation::ReadUploads, error))
        };
        let line = |row| {
            let (bytes, bytes_done) = (number(row, "bytes")?, number(row, "bytes_done")?);
            Ok(UploadLine { upload: self.parse_upload(row)?, bytes, bytes_done })
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

    /// At most `limit` recordings that were uploaded up to a time and are still on this server's disk, and are not deleted.
    ///
    /// # Errors
    /// [`Fault`]: the store cannot be read, or a row is damaged.
    pub async fn local_copies(&self, uploaded_up_to: UnixMs, limit: u32) -> Result<Vec<Recording>, Fault> {
        let which = "WHERE deleted_at IS NULL AND id IN (SELECT recording FROM uploads WHERE state = 'uploaded' \
            AND local_gone_at IS NULL AND uploaded_at <= $1 ORDER BY uploaded_at LIMIT $2)";
        let sql = format!("SELECT {} FROM recordings {which}", crate::recordings::COLUMNS);
        self.recording_rows(sqlx::query(sqlx::AssertSqlSafe(sql)).bind(uploaded_up_to.0).bind(i64::from(limit))).await
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
        Ok(UploadCounts { waiting, failing, deleting, oldest_at: oldest_at.map(UnixMs) })
    }
}
