//! Record tasks: what is to be kept of a stream, and when.

use sqlx::sqlite::SqliteRow;
use sqlx::{QueryBuilder, Row, Sqlite, SqliteConnection};
use vivace_base::{AppId, StreamName, UnixMs};
use vivace_domain::channel::ChannelId;
use vivace_domain::recording::{Formats, RecordTask, TaskKind};

use crate::{Fault, Listed, Operation, Reader, Store};

const COLUMNS: &str = "id, app, stream, channel, kind, formats, begin_at, end_at, interval_ms, name, stream_param, domain, \
    template, keep_ms, created_by, created_at, stopped_at, failure";
const CREATE: &str = "INSERT INTO record_tasks (app, stream, channel, kind, formats, begin_at, end_at, interval_ms, name, \
    stream_param, domain, template, keep_ms, created_by, created_at) \
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15) RETURNING id";
const OPEN_OF_STREAM: &str = "SELECT COUNT(*) FROM record_tasks WHERE app = $1 AND stream = $2 AND stopped_at IS NULL \
    AND failure IS NULL AND (end_at IS NULL OR end_at > $3)";
const OPEN_OF_APP: &str = "SELECT COUNT(*) FROM record_tasks WHERE app = $1 AND stopped_at IS NULL AND failure IS NULL \
    AND (end_at IS NULL OR end_at > $2)";
const OVERLAPPING: &str = "SELECT MIN(id) FROM record_tasks WHERE app = $1 AND stream = $2 AND kind = $3 \
    AND stopped_at IS NULL AND failure IS NULL AND (end_at IS NULL OR (end_at > $4 AND end_at > $6)) \
    AND ($5 IS NULL OR begin_at < $5)";
/// Tasks that are over go when their number lies so far back.
const PRUNE: &str = "DELETE FROM record_tasks WHERE id <= $1 - $2 \
    AND (stopped_at IS NOT NULL OR failure IS NOT NULL OR end_at <= $3)";
const STOP: &str = "UPDATE record_tasks SET stopped_at = $3 WHERE app = $1 AND id = $2 AND stopped_at IS NULL \
    AND failure IS NULL AND (end_at IS NULL OR end_at > $3)";
const FAIL: &str = "UPDATE record_tasks SET failure = $2 WHERE id = $1 AND stopped_at IS NULL AND failure IS NULL";
const DELETE: &str = "DELETE FROM record_tasks WHERE app = $1 AND id = $2 AND (stopped_at IS NOT NULL \
    OR failure IS NOT NULL OR end_at <= $3 OR begin_at > $3)";

/// How many tasks there may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TaskBounds {
    /// Of an app, those that are not over.
    pub app_max: u64,
    /// Of a stream, those that are not over.
    pub stream_max: u64,
    /// In all, those that are over too: older ones are forgotten.
    pub kept_max: u64,
    /// Whether a task of the same kind that wants the same time of the same stream stands against it.
    pub exclusive: bool,
}

/// What became of a new task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TaskWritten {
    /// It is there, with this number.
    Made(u64),
    /// This task wants the same time.
    Overlap(u64),
    /// The app has as many as it may.
    AppFull,
    /// The stream has as many as it may.
    StreamFull,
}

/// Which tasks are listed. What is not said does not count.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TaskFilter {
    /// Of this stream only.
    pub stream: Option<StreamName>,
    /// Of this channel only.
    pub channel: Option<ChannelId>,
    /// Of the host name that they were asked for with.
    pub domain: Option<String>,
    /// Only those that are not over at this time.
    pub open_at: Option<UnixMs>,
    /// Only those that begin at this time or later.
    pub begin_from: Option<UnixMs>,
    /// Only those that begin at this time or earlier.
    pub begin_to: Option<UnixMs>,
}

/// A page of tasks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TaskPage {
    /// Tasks on all pages.
    pub total: u64,
    /// Those of this page, in order.
    pub tasks: Vec<RecordTask>,
}

impl Store {
    /// Writes a task, whose number is given here. On disk when this returns.
    ///
    /// # Errors
    /// [`Fault`]: the store cannot be written.
    pub async fn create_record_task(
        &self,
        task: &RecordTask,
        bounds: TaskBounds,
        now: UnixMs,
    ) -> Result<TaskWritten, Fault> {
        let failed = |error| self.reader.fault(Operation::WriteRecording, error);
        let mut write = self.write(Operation::WriteRecording).await?;
        if let Some(refused) = refused(&mut write, task, bounds, now).await.map_err(failed)? {
            write.commit_if(false).await.map_err(failed)?;
            return Ok(refused);
        }
        let create = sqlx::query_scalar(CREATE)
            .bind(i64::from(task.app.0))
            .bind(task.stream.as_str())
            .bind(task.channel.map(|channel| channel.0.cast_signed()))
            .bind(task.kind.as_str())
            .bind(task.formats.to_string())
            .bind(task.begin_at.0)
            .bind(task.end_at.map(|end| end.0))
            .bind(task.interval_ms.cast_signed())
            .bind(&task.name)
            .bind(&task.stream_param)
            .bind(&task.domain)
            .bind(task.template.map(u64::cast_signed))
            .bind(task.keep_ms.cast_signed())
            .bind(&task.created_by)
            .bind(task.created_at.0);
        let id: i64 = create.fetch_one(&mut *write).await.map_err(failed)?;
        let kept_max = i64::try_from(bounds.kept_max).unwrap_or(i64::MAX);
        sqlx::query(PRUNE).bind(id).bind(kept_max).bind(now.0).execute(&mut *write).await.map_err(failed)?;
        write.commit_made(id).await.map_err(failed)?;
        Ok(TaskWritten::Made(id.cast_unsigned()))
    }

    /// Stops a task that is not over. False, and nothing is written, if the app has no such task. On disk when this
    /// returns.
    ///
    /// # Errors
    /// [`Fault`]: the store cannot be written.
    pub async fn stop_record_task(&self, app: AppId, id: u64, at: UnixMs) -> Result<bool, Fault> {
        self.change_task(sqlx::query(STOP).bind(i64::from(app.0)).bind(id.cast_signed()).bind(at.0)).await
    }

    /// Writes with a task that is not stopped why it came to nothing. False if there is no such task. On disk when this
    /// returns.
    ///
    /// # Errors
    /// [`Fault`]: the store cannot be written.
    pub async fn fail_record_task(&self, id: u64, reason: &str) -> Result<bool, Fault> {
        self.change_task(sqlx::query(FAIL).bind(id.cast_signed()).bind(reason)).await
    }

    /// Takes a task away that does not run at `now`; its recordings stay. False, and nothing is written, if the app has
    /// no such task. On disk when this returns.
    ///
    /// # Errors
    /// [`Fault`]: the store cannot be written.
    pub async fn delete_record_task(&self, app: AppId, id: u64, now: UnixMs) -> Result<bool, Fault> {
        self.change_task(sqlx::query(DELETE).bind(i64::from(app.0)).bind(id.cast_signed()).bind(now.0)).await
    }

    async fn change_task(
        &self,
        change: sqlx::query::Query<'_, Sqlite, sqlx::sqlite::SqliteArguments>,
    ) -> Result<bool, Fault> {
        let failed = |error| self.reader.fault(Operation::WriteRecording, error);
        let mut write = self.write(Operation::WriteRecording).await?;
        let changed = change.execute(&mut *write).await.map_err(failed)?.rows_affected() > 0;
        write.commit_if(changed).await.map_err(failed)?;
        Ok(changed)
    }
}

impl Reader {
    /// One task of an app.
    ///
    /// # Errors
    /// [`Fault`]: the store cannot be read, or the row is damaged.
    pub async fn record_task(&self, app: AppId, id: u64) -> Result<Option<RecordTask>, Fault> {
        let sql = format!("SELECT {COLUMNS} FROM record_tasks WHERE app = $1 AND id = $2");
        let found = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(i64::from(app.0)).bind(id.cast_signed());
        let row = found.fetch_optional(&self.pool).await;
        let row = row.map_err(|error| self.fault(Operation::ReadRecordings, error))?;
        row.map(|row| self.record_task_row(&row)).transpose()
    }

    /// The tasks of all apps that are not over at `now`, the oldest first: what the recorder has to look after.
    ///
    /// # Errors
    /// [`Fault`]: the store cannot be read.
    pub async fn open_record_tasks(&self, now: UnixMs) -> Result<Vec<Listed<RecordTask, i64>>, Fault> {
        let which = "WHERE stopped_at IS NULL AND failure IS NULL AND (end_at IS NULL OR end_at > $1) ORDER BY id";
        let sql = format!("SELECT {COLUMNS} FROM record_tasks {which}");
        let select = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(now.0);
        self.listed(Operation::ReadRecordings, select, |row| row.try_get("id"), Self::record_task_row).await
    }

    /// An app's tasks, at most `limit` behind number `after`; the newest first if `descending`.
    ///
    /// # Errors
    /// [`Fault`]: the store cannot be read, or a row is damaged.
    pub async fn record_tasks(
        &self,
        app: AppId,
        filter: &TaskFilter,
        descending: bool,
        after: Option<u64>,
        limit: u32,
    ) -> Result<Vec<RecordTask>, Fault> {
        let mut query = select(COLUMNS, app, filter);
        if let Some(after) = after {
            let after = i64::try_from(after).unwrap_or(i64::MAX);
            query.push(if descending { " AND id < " } else { " AND id > " }).push_bind(after);
        }
        query.push(order(descending)).push(" LIMIT ").push_bind(i64::from(limit));
        let rows = query.build().fetch_all(&self.pool).await;
        let rows = rows.map_err(|error| self.fault(Operation::ReadRecordings, error))?;
        rows.iter().map(|row| self.record_task_row(row)).collect()
    }

    /// A page of an app's tasks, and how many there are, both of the same moment.
    ///
    /// # Errors
    /// [`Fault`]: the store cannot be read, or a row is damaged.
    pub async fn record_tasks_page(
        &self,
        app: AppId,
        filter: &TaskFilter,
        descending: bool,
        offset: u64,
        limit: u32,
    ) -> Result<TaskPage, Fault> {
        let failed = |error| self.fault(Operation::ReadRecordings, error);
        let mut read = self.pool.begin().await.map_err(failed)?;
        let count = select("COUNT(*)", app, filter).build_query_scalar().fetch_one(&mut *read).await;
        let total: i64 = count.map_err(failed)?;
        let mut query = select(COLUMNS, app, filter);
        query.push(order(descending)).push(" LIMIT ").push_bind(i64::from(limit));
        query.push(" OFFSET ").push_bind(i64::try_from(offset).unwrap_or(i64::MAX));
        let rows = query.build().fetch_all(&mut *read).await.map_err(failed)?;
        let tasks = rows.iter().map(|row| self.record_task_row(row)).collect::<Result<_, _>>()?;
        read.rollback().await.map_err(failed)?;
        Ok(TaskPage { total: total.unsigned_abs(), tasks })
    }

    fn record_task_row(&self, row: &SqliteRow) -> Result<RecordTask, Fault> {
        let odd = |column| Fault::value(self.file(), Operation::ReadRecordings, "record_tasks", column);
        let failed = |error| self.fault(Operation::ReadRecordings, error);
        let text = |column: &'static str| row.try_get::<String, _>(column).map_err(failed);
        let number = |column: &'static str| row.try_get::<i64, _>(column).map_err(failed);
        let maybe = |column: &'static str| row.try_get::<Option<i64>, _>(column).map_err(failed);
        let count = |column| u64::try_from(number(column)?).map_err(|_| odd(column));
        Ok(RecordTask {
            id: count("id")?,
            app: AppId(u32::try_from(number("app")?).map_err(|_| odd("app"))?),
            stream: StreamName::parse(&text("stream")?).map_err(|_| odd("stream"))?,
            channel: maybe("channel")?.map(|channel| ChannelId(channel.cast_unsigned())),
            kind: TaskKind::parse(&text("kind")?).ok_or_else(|| odd("kind"))?,
            formats: Formats::parse(&text("formats")?).map_err(|_| odd("formats"))?,
            begin_at: UnixMs(number("begin_at")?),
            end_at: maybe("end_at")?.map(UnixMs),
            interval_ms: count("interval_ms")?,
            name: text("name")?,
            stream_param: text("stream_param")?,
            domain: text("domain")?,
            template: maybe("template")?.map(i64::cast_unsigned),
            keep_ms: count("keep_ms")?,
            created_by: text("created_by")?,
            created_at: UnixMs(number("created_at")?),
            stopped_at: maybe("stopped_at")?.map(UnixMs),
            failure: row.try_get("failure").map_err(failed)?,
        })
    }
}

/// Why a task is not made, seen within the transaction that would make it.
async fn refused(
    connection: &mut SqliteConnection,
    task: &RecordTask,
    bounds: TaskBounds,
    now: UnixMs,
) -> Result<Option<TaskWritten>, sqlx::Error> {
    let (app, stream) = (i64::from(task.app.0), task.stream.as_str());
    if bounds.exclusive {
        let query = sqlx::query_scalar(OVERLAPPING).bind(app).bind(stream).bind(task.kind.as_str());
        let query = query.bind(task.begin_at.0).bind(task.end_at.map(|end| end.0)).bind(now.0);
        let other: Option<i64> = query.fetch_one(&mut *connection).await?;
        if let Some(other) = other {
            return Ok(Some(TaskWritten::Overlap(other.cast_unsigned())));
        }
    }
    let of_stream: i64 =
        sqlx::query_scalar(OPEN_OF_STREAM).bind(app).bind(stream).bind(now.0).fetch_one(&mut *connection).await?;
    if of_stream.unsigned_abs() >= bounds.stream_max {
        return Ok(Some(TaskWritten::StreamFull));
    }
    let of_app: i64 = sqlx::query_scalar(OPEN_OF_APP).bind(app).bind(now.0).fetch_one(connection).await?;
    Ok((of_app.unsigned_abs() >= bounds.app_max).then_some(TaskWritten::AppFull))
}

fn select(columns: &str, app: AppId, filter: &TaskFilter) -> QueryBuilder<Sqlite> {
    let mut query = QueryBuilder::new("SELECT ");
    query.push(columns).push(" FROM record_tasks WHERE app = ").push_bind(i64::from(app.0));
    if let Some(stream) = &filter.stream {
        query.push(" AND stream = ").push_bind(stream.as_str().to_owned());
    }
    if let Some(channel) = filter.channel {
        query.push(" AND channel = ").push_bind(channel.0.cast_signed());
    }
    if let Some(domain) = &filter.domain {
        query.push(" AND domain = ").push_bind(domain.clone());
    }
    if let Some(at) = filter.open_at {
        query.push(" AND stopped_at IS NULL AND failure IS NULL AND (end_at IS NULL OR end_at > ");
        query.push_bind(at.0).push(")");
    }
    if let Some(from) = filter.begin_from {
        query.push(" AND begin_at >= ").push_bind(from.0);
    }
    if let Some(to) = filter.begin_to {
        query.push(" AND begin_at <= ").push_bind(to.0);
    }
    query
}

const fn order(descending: bool) -> &'static str {
    if descending { " ORDER BY id DESC" } else { " ORDER BY id" }
}
