//! Lists of recordings, by cursor and by page.

use std::collections::HashMap;

use sqlx::sqlite::SqliteRow;
use sqlx::{QueryBuilder, Row, Sqlite};
use vivace_base::{AppId, StreamName, Ulid, UnixMs};
use vivace_domain::channel::ChannelId;
use vivace_domain::recording::{RecordState, Recording};

use super::row;
use crate::{Fault, Listed, Operation, Reader, listed};

/// Which recordings are listed. What is not said does not count.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RecordingFilter {
    /// Of this stream only.
    pub stream: Option<StreamName>,
    /// Of this channel only.
    pub channel: Option<ChannelId>,
    /// Of this task only.
    pub task: Option<u64>,
    /// Only what was still recorded after this time.
    pub from: Option<UnixMs>,
    /// Only what began before this time.
    pub to: Option<UnixMs>,
    /// In one of these states only; in any if none is named.
    pub states: Vec<RecordState>,
    /// Those that are deleted, and not those that are not.
    pub deleted: bool,
    /// Not those that a bucket is to have and has not, unless that was given up.
    pub leave_waiting: bool,
}

/// Whether no bucket is to have a recording that has it not, but for what was given up.
pub(super) const NOT_WAITING: &str = "(state <> 'stored' OR EXISTS (SELECT 1 FROM uploads AS u \
    WHERE u.recording = recordings.id AND u.state = 'failed'))";

/// A page of recordings.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RecordingPage {
    /// Recordings on all pages.
    pub total: u64,
    /// Those of this page, in order.
    pub recordings: Vec<Recording>,
}

/// What an app's recordings take.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StorageUse {
    /// Recordings that are finished and not deleted.
    pub recordings: u64,
    /// Bytes of their own files.
    pub recording_bytes: u64,
    /// Files of media.
    pub media_files: u64,
    /// Bytes of those that are closed.
    pub media_bytes: u64,
}

impl Reader {
    /// An app's recordings behind the one of id `after`, at most `limit`; the newest first if `descending`.
    ///
    /// # Errors
    /// [`Fault`]: the store cannot be read, or a row is damaged.
    pub async fn recordings(
        &self,
        app: AppId,
        filter: &RecordingFilter,
        descending: bool,
        after: Option<Ulid>,
        limit: u32,
    ) -> Result<Vec<Recording>, Fault> {
        let after = after.map(|after| after.to_string());
        let listed = self.recordings_listed(app, filter, descending, after.as_deref(), limit).await?;
        listed.into_iter().map(|listed| listed.row).collect()
    }

    /// As [`Reader::recordings`], of which those that are damaged hide none.
    ///
    /// # Errors
    /// [`Fault`]: the store cannot be read.
    pub async fn recordings_listed(
        &self,
        app: AppId,
        filter: &RecordingFilter,
        descending: bool,
        after: Option<&str>,
        limit: u32,
    ) -> Result<Vec<Listed<Recording>>, Fault> {
        let mut query = select(row::COLUMNS, app, filter);
        if let Some(after) = after {
            query.push(if descending { " AND id < " } else { " AND id > " }).push_bind(after.to_owned());
        }
        query.push(order(descending)).push(" LIMIT ").push_bind(i64::from(limit));
        self.listed(Operation::ReadRecordings, query.build(), listed::id, Self::parse_recording).await
    }

    /// A page of an app's recordings, and how many there are, both of the same moment.
    ///
    /// # Errors
    /// [`Fault`]: the store cannot be read, or a row is damaged.
    pub async fn recordings_page(
        &self,
        app: AppId,
        filter: &RecordingFilter,
        descending: bool,
        offset: u64,
        limit: u32,
    ) -> Result<RecordingPage, Fault> {
        let failed = |error| self.fault(Operation::ReadRecordings, error);
        let mut read = self.pool.begin().await.map_err(failed)?;
        let count = select("COUNT(*)", app, filter).build_query_scalar().fetch_one(&mut *read).await;
        let total: i64 = count.map_err(failed)?;
        let mut query = select(row::COLUMNS, app, filter);
        query.push(order(descending)).push(" LIMIT ").push_bind(i64::from(limit));
        query.push(" OFFSET ").push_bind(i64::try_from(offset).unwrap_or(i64::MAX));
        let rows = query.build().fetch_all(&mut *read).await.map_err(failed)?;
        let recordings = rows.iter().map(|row| self.parse_recording(row)).collect::<Result<_, _>>()?;
        read.rollback().await.map_err(failed)?;
        Ok(RecordingPage { total: total.unsigned_abs(), recordings })
    }

    /// How many recordings pass a filter.
    ///
    /// # Errors
    /// [`Fault`]: the store cannot be read.
    pub async fn recordings_count(&self, app: AppId, filter: &RecordingFilter) -> Result<u64, Fault> {
        let count = select("COUNT(*)", app, filter).build_query_scalar().fetch_one(&self.pool).await;
        let count: i64 = count.map_err(|error| self.fault(Operation::ReadRecordings, error))?;
        Ok(count.unsigned_abs())
    }

    /// How many recordings that are not deleted each of these tasks has; one that has none is not in it.
    ///
    /// # Errors
    /// [`Fault`]: the store cannot be read.
    pub async fn recordings_of_tasks(&self, app: AppId, tasks: &[u64]) -> Result<HashMap<u64, u64>, Fault> {
        const COUNTS: &str = "SELECT task, COUNT(*) FROM recordings WHERE app = $1 AND deleted_at IS NULL \
            AND task IN (SELECT value FROM json_each($2)) GROUP BY task";
        let failed = |error| self.fault(Operation::ReadRecordings, error);
        let tasks = format!("[{}]", tasks.iter().map(u64::to_string).collect::<Vec<_>>().join(","));
        let rows = sqlx::query(COUNTS).bind(i64::from(app.0)).bind(tasks).fetch_all(&self.pool).await;
        let number = |row: &SqliteRow, at: usize| row.try_get::<i64, _>(at).map(i64::unsigned_abs).map_err(failed);
        rows.map_err(failed)?.iter().map(|row| Ok((number(row, 0)?, number(row, 1)?))).collect()
    }

    /// What an app's recordings take on disk. Media of a file that is still written counts from its end on.
    ///
    /// # Errors
    /// [`Fault`]: the store cannot be read.
    pub async fn storage_use(&self, app: AppId) -> Result<StorageUse, Fault> {
        const RECORDINGS: &str = "SELECT COUNT(*), COALESCE(SUM(CASE WHEN format = 'hls' THEN 0 ELSE bytes END), 0) \
            FROM recordings WHERE app = $1 AND deleted_at IS NULL AND state IN ('stored', 'uploaded') AND NOT EXISTS (SELECT 1 \
            FROM uploads AS u WHERE u.recording = recordings.id AND u.local_gone_at IS NOT NULL)";
        const MEDIA: &str = "SELECT COUNT(*), COALESCE(SUM(bytes), 0) FROM media_files WHERE app = $1";
        let failed = |error| self.fault(Operation::ReadRecordings, error);
        let both = async |sql| {
            let row = sqlx::query(sql).bind(i64::from(app.0)).fetch_one(&self.pool).await.map_err(failed)?;
            let number = |at: usize| row.try_get::<i64, _>(at).map(i64::unsigned_abs).map_err(failed);
            Ok((number(0)?, number(1)?))
        };
        let (recordings, recording_bytes) = both(RECORDINGS).await?;
        let (media_files, media_bytes) = both(MEDIA).await?;
        Ok(StorageUse { recordings, recording_bytes, media_files, media_bytes })
    }
}

fn select(columns: &str, app: AppId, filter: &RecordingFilter) -> QueryBuilder<Sqlite> {
    let mut query = QueryBuilder::new("SELECT ");
    query.push(columns).push(" FROM recordings WHERE app = ").push_bind(i64::from(app.0));
    query.push(if filter.deleted { " AND deleted_at IS NOT NULL" } else { " AND deleted_at IS NULL" });
    if filter.leave_waiting {
        query.push(" AND ").push(NOT_WAITING);
    }
    if let Some(stream) = &filter.stream {
        query.push(" AND stream = ").push_bind(stream.as_str().to_owned());
    }
    if let Some(channel) = filter.channel {
        query.push(" AND channel = ").push_bind(channel.0.cast_signed());
    }
    if let Some(task) = filter.task {
        query.push(" AND task = ").push_bind(task.cast_signed());
    }
    if let Some(from) = filter.from {
        query.push(" AND (ended_at IS NULL OR ended_at > ").push_bind(from.0).push(")");
    }
    if let Some(to) = filter.to {
        query.push(" AND started_at < ").push_bind(to.0);
    }
    if !filter.states.is_empty() {
        query.push(" AND state IN (");
        let mut places = query.separated(", ");
        filter.states.iter().for_each(|state| {
            places.push_bind(state.as_str());
        });
        query.push(")");
    }
    query
}

const fn order(descending: bool) -> &'static str {
    if descending { " ORDER BY id DESC" } else { " ORDER BY id" }
}
