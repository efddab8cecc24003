//! Recordings: views of a stream's media.

mod list;
mod row;

use sqlx::SqliteConnection;
use vivace_base::{AppId, StreamName, Ulid, UnixMs};
use vivace_domain::recording::{PartAt, RecordState, Recording};

use crate::listed::{self, cursor};
use crate::{Fault, Listed, NewHook, Operation, Reader, Store, TimedKey, uploads};
pub use list::{RecordingFilter, RecordingPage, StorageUse};
pub(crate) use row::{COLUMNS, Query};

const PUT: &str = "INSERT INTO recordings (id, app, task, kind, stream, channel, format, state, name, domain, stream_param, \
    started_at, ended_at, first_file, first_part, last_file, last_part, duration_ms, bytes, sha256, failure, keep_until, \
    deleted_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, \
    $22, $23)";
const FINISH: &str = "UPDATE recordings SET state = 'finalizing', last_file = $2, last_part = $3, ended_at = $4, \
    failure = $5 WHERE id = $1 AND state = 'recording'";
const STORED: &str = "UPDATE recordings SET state = 'stored', duration_ms = $2, bytes = $3, sha256 = $4 \
    WHERE id = $1 AND state = 'finalizing'";
const UPLOADED: &str = "UPDATE recordings SET state = 'uploaded' WHERE id = $1 AND state = 'stored'";
const FAILED: &str = "UPDATE recordings SET state = 'failed', failure = $2, ended_at = COALESCE(ended_at, $3) \
    WHERE id = $1 AND state IN ('recording', 'finalizing')";
const DELETE: &str = "UPDATE recordings SET deleted_at = $3 WHERE app = $1 AND id = $2 AND deleted_at IS NULL \
    AND state NOT IN ('recording', 'finalizing')";
const RESTORE: &str = "UPDATE recordings SET deleted_at = NULL WHERE app = $1 AND id = $2 AND deleted_at > $3";

/// How a recording goes on behind its last part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RecordingStep {
    /// Its file is on disk.
    Stored {
        /// What it plays for, in milliseconds.
        duration_ms: u64,
        /// Its bytes.
        bytes: u64,
        /// SHA-256 of its file; none if it has no file of its own.
        sha256: Option<[u8; 32]>,
        /// It is to be uploaded, and is in that queue from now on.
        upload: bool,
    },
    /// A second storage has it, checked.
    Uploaded,
    /// Nothing could be made of it.
    Failed {
        /// Why.
        reason: String,
    },
}

impl RecordingStep {
    /// The state behind it.
    pub const fn state(&self) -> RecordState {
        match self {
            Self::Stored { .. } => RecordState::Stored,
            Self::Uploaded => RecordState::Uploaded,
            Self::Failed { .. } => RecordState::Failed,
        }
    }
}

impl Store {
    /// Writes a recording that is begun. On disk when this returns.
    ///
    /// # Errors
    /// [`Fault`]: the store cannot be written, or there is a recording of this id.
    pub async fn put_recording(&self, recording: &Recording) -> Result<(), Fault> {
        let failed = |error| self.reader.fault(Operation::WriteRecording, error);
        let mut write = self.write(Operation::WriteRecording).await?;
        row::bind(sqlx::query(PUT), recording).execute(&mut *write).await.map_err(failed)?;
        write.commit().await.map_err(failed)
    }

    /// Says which part is a recording's last: it is finalized from now on. `cut` says why it ended before its time, if it
    /// did. False if no part of it was awaited any more. On disk when this returns.
    ///
    /// # Errors
    /// [`Fault`]: the store cannot be written.
    pub async fn finish_recording(
        &self,
        id: Ulid,
        last: PartAt,
        ended_at: UnixMs,
        cut: Option<&str>,
    ) -> Result<bool, Fault> {
        let failed = |error| self.reader.fault(Operation::WriteRecording, error);
        let mut write = self.write(Operation::WriteRecording).await?;
        let finish = sqlx::query(FINISH).bind(id.to_string()).bind(last.file.to_string());
        let finish = finish.bind(i64::from(last.part)).bind(ended_at.0).bind(cut);
        let touched = finish.execute(&mut *write).await.map_err(failed)?.rows_affected();
        write.commit().await.map_err(failed)?;
        Ok(touched > 0)
    }

    /// Takes a recording one step on, and writes what is told of it to customers' servers, both or none. False, and
    /// nothing is written, if its state is not the one before. On disk when this returns.
    ///
    /// # Errors
    /// [`Fault`]: the store cannot be written.
    pub async fn advance_recording(
        &self,
        id: Ulid,
        step: &RecordingStep,
        told: &[NewHook],
        now: UnixMs,
    ) -> Result<bool, Fault> {
        let failed = |error| self.reader.fault(Operation::WriteRecording, error);
        let mut write = self.write(Operation::WriteRecording).await?;
        let touched = advance(&mut write, id, step, now).await.map_err(failed)?;
        if touched == 0 {
            return Ok(false);
        }
        if matches!(step, RecordingStep::Stored { upload: true, .. }) {
            uploads::enqueue(&mut write, &id.to_string(), now).await.map_err(failed)?;
        }
        let dropped = self.put_hooks(&mut write, told, now).await.map_err(failed)?;
        write.commit().await.map_err(failed)?;
        self.left_out(dropped);
        Ok(true)
    }

    /// Deletes a recording that is finished: it is shown to nobody, and its media stays until it can no longer be
    /// restored. False, and nothing is written, if the app has no such recording, or it is not finished, or it is
    /// deleted already. On disk when this returns.
    ///
    /// # Errors
    /// [`Fault`]: the store cannot be written.
    pub async fn delete_recording(&self, app: AppId, id: Ulid, at: UnixMs) -> Result<bool, Fault> {
        self.change_recording(sqlx::query(DELETE).bind(i64::from(app.0)).bind(id.to_string()).bind(at.0)).await
    }

    /// Takes a deletion back that was made after a time. False, and nothing is written, if there is none. On disk when
    /// this returns.
    ///
    /// # Errors
    /// [`Fault`]: the store cannot be written.
    pub async fn restore_recording(&self, app: AppId, id: Ulid, deleted_after: UnixMs) -> Result<bool, Fault> {
        let restore = sqlx::query(RESTORE).bind(i64::from(app.0)).bind(id.to_string()).bind(deleted_after.0);
        self.change_recording(restore).await
    }

    /// Takes a recording away for good; false if there is none of this id. What of it is in a bucket is to be deleted there
    /// from now on. On disk when this returns, so its file may
    /// be deleted behind it.
    ///
    /// # Errors
    /// [`Fault`]: the store cannot be written.
    pub async fn remove_recording(&self, id: Ulid) -> Result<bool, Fault> {
        let failed = |error| self.reader.fault(Operation::WriteRecording, error);
        let mut write = self.write(Operation::WriteRecording).await?;
        let remove = sqlx::query("DELETE FROM recordings WHERE id = $1").bind(id.to_string());
        let removed = remove.execute(&mut *write).await.map_err(failed)?.rows_affected() > 0;
        sqlx::query(uploads::ABANDON).bind(id.to_string()).execute(&mut *write).await.map_err(failed)?;
        write.commit_if(removed).await.map_err(failed)?;
        Ok(removed)
    }

    async fn change_recording(&self, change: row::Query<'_>) -> Result<bool, Fault> {
        let failed = |error| self.reader.fault(Operation::WriteRecording, error);
        let mut write = self.write(Operation::WriteRecording).await?;
        let changed = change.execute(&mut *write).await.map_err(failed)?.rows_affected() > 0;
        write.commit_if(changed).await.map_err(failed)?;
        Ok(changed)
    }
}

async fn advance(
    connection: &mut SqliteConnection,
    id: Ulid,
    step: &RecordingStep,
    now: UnixMs,
) -> Result<u64, sqlx::Error> {
    let id = id.to_string();
    let query = match step {
        RecordingStep::Stored { duration_ms, bytes, sha256, upload: _ } => sqlx::query(STORED)
            .bind(id)
            .bind(duration_ms.cast_signed())
            .bind(bytes.cast_signed())
            .bind(sha256.map(Vec::from)),
        RecordingStep::Uploaded => sqlx::query(UPLOADED).bind(id),
        RecordingStep::Failed { reason } => sqlx::query(FAILED).bind(id).bind(reason).bind(now.0),
    };
    Ok(query.execute(connection).await?.rows_affected())
}

impl Reader {
    /// One recording of an app, a deleted one too.
    ///
    /// # Errors
    /// [`Fault`]: the store cannot be read, or the row is damaged.
    pub async fn recording(&self, app: AppId, id: Ulid) -> Result<Option<Recording>, Fault> {
        let sql = format!("SELECT {} FROM recordings WHERE app = $1 AND id = $2", row::COLUMNS);
        let found = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(i64::from(app.0)).bind(id.to_string());
        let row = found.fetch_optional(&self.pool).await;
        let row = row.map_err(|error| self.fault(Operation::ReadRecordings, error))?;
        row.map(|row| self.parse_recording(&row)).transpose()
    }

    /// At most `limit` recordings of all apps that are recorded or finalized, and after a crash those that were, oldest
    /// first, those behind the one of id `after`.
    ///
    /// # Errors
    /// [`Fault`]: the store cannot be read.
    pub async fn unfinished_recordings(
        &self,
        after: Option<&str>,
        limit: u32,
    ) -> Result<Vec<Listed<Recording>>, Fault> {
        let which = "WHERE state IN ('recording', 'finalizing') AND id > $1 ORDER BY id LIMIT $2";
        let sql = format!("SELECT {} FROM recordings {which}", row::COLUMNS);
        let select = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(after.unwrap_or_default()).bind(i64::from(limit));
        self.listed(Operation::ReadRecordings, select, listed::id, Self::parse_recording).await
    }

    /// At most `limit` recordings of all apps that are finalized, oldest first, those behind the one of id `after`.
    ///
    /// # Errors
    /// [`Fault`]: the store cannot be read.
    pub async fn finalizing_recordings(
        &self,
        after: Option<&str>,
        limit: u32,
    ) -> Result<Vec<Listed<Recording>>, Fault> {
        // The first condition is that of the index.
        let which =
            "WHERE state IN ('recording', 'finalizing') AND state = 'finalizing' AND id > $1 ORDER BY id LIMIT $2";
        let sql = format!("SELECT {} FROM recordings {which}", row::COLUMNS);
        let select = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(after.unwrap_or_default()).bind(i64::from(limit));
        self.listed(Operation::ReadRecordings, select, listed::id, Self::parse_recording).await
    }

    /// The recordings of a stream that begin in the file `first` or behind it and reach to the file `file` or beyond it, the
    /// deleted ones too, the oldest first.
    ///
    /// # Errors
    /// [`Fault`]: the store cannot be read, or a row is damaged.
    pub async fn recordings_reaching(
        &self,
        app: AppId,
        stream: &StreamName,
        first: Ulid,
        file: Ulid,
    ) -> Result<Vec<Recording>, Fault> {
        let which = "WHERE app = $1 AND stream = $2 AND first_file >= $3 AND (last_file IS NULL OR last_file >= $4) \
            ORDER BY first_file, first_part, id";
        let sql = format!("SELECT {} FROM recordings {which}", row::COLUMNS);
        let select = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(i64::from(app.0)).bind(stream.as_str());
        self.recording_rows(select.bind(first.to_string()).bind(file.to_string())).await
    }

    /// At most `limit` recordings that were deleted up to a time, the first deleted first, those behind `after`: the time
    /// of deletion and the id of one.
    ///
    /// # Errors
    /// [`Fault`]: the store cannot be read.
    pub async fn recordings_deleted(
        &self,
        up_to: UnixMs,
        after: Option<&TimedKey>,
        limit: u32,
    ) -> Result<Vec<Listed<Recording, TimedKey>>, Fault> {
        let which = "WHERE deleted_at <= $1 AND (deleted_at, id) > ($2, $3) ORDER BY deleted_at, id LIMIT $4";
        self.recordings_behind(which, "deleted_at", up_to, after, limit).await
    }

    /// At most `limit` finished recordings that are not deleted and that a template wanted to be kept up to `now` only, the
    /// first to go first, those behind `after`: the end of keeping and the id of one. Not those that a bucket is to have and
    /// has not, if `leave_waiting` says so, unless that was given up.
    ///
    /// # Errors
    /// [`Fault`]: the store cannot be read.
    pub async fn recordings_past_keeping(
        &self,
        now: UnixMs,
        leave_waiting: bool,
        after: Option<&TimedKey>,
        limit: u32,
    ) -> Result<Vec<Listed<Recording, TimedKey>>, Fault> {
        let may_go = if leave_waiting { list::NOT_WAITING } else { "TRUE" };
        let which = format!(
            "WHERE keep_until <= $1 AND (keep_until, id) > ($2, $3) AND deleted_at IS NULL \
            AND state NOT IN ('recording', 'finalizing') AND {may_go} ORDER BY keep_until, id LIMIT $4"
        );
        self.recordings_behind(&which, "keep_until", now, after, limit).await
    }

    async fn recordings_behind(
        &self,
        which: &str,
        time: &'static str,
        up_to: UnixMs,
        after: Option<&TimedKey>,
        limit: u32,
    ) -> Result<Vec<Listed<Recording, TimedKey>>, Fault> {
        let (at, id) = cursor(after);
        let sql = format!("SELECT {} FROM recordings {which}", row::COLUMNS);
        let select = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(up_to.0).bind(at).bind(id).bind(i64::from(limit));
        self.listed(Operation::ReadRecordings, select, listed::timed(time), Self::parse_recording).await
    }

    pub(crate) async fn recording_rows(&self, query: row::Query<'_>) -> Result<Vec<Recording>, Fault> {
        let rows = query.fetch_all(&self.pool).await;
        let rows = rows.map_err(|error| self.fault(Operation::ReadRecordings, error))?;
        rows.iter().map(|row| self.parse_recording(row)).collect()
    }
}
