//! Tasks of screenshots.

use sqlx::sqlite::SqliteRow;
use vivace_base::{AppId, StreamName, UnixMs};
use vivace_domain::channel::ChannelId;
use vivace_domain::picture::{PictureTask, Plan};

use crate::{Fault, Operation, Reader, Store};

/// A task has not ended, as it counts for the quota.
const INSERT: &str = "INSERT INTO picture_tasks (app, stream, channel, template, domain, interval_ms, first_ms, width, \
    height, begin_at, end_at, created_by, created_at) SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13 \
    WHERE (SELECT COUNT(*) FROM picture_tasks WHERE app = $1 AND stopped_at IS NULL AND end_at > $13) < $14 RETURNING id";
const STOP: &str = "UPDATE picture_tasks SET stopped_at = $3 WHERE app = $1 AND id = $2 AND stopped_at IS NULL \
    AND end_at > $3";
const DELETE: &str = "DELETE FROM picture_tasks WHERE app = $1 AND id = $2";
const EXPIRE: &str = "DELETE FROM picture_tasks WHERE COALESCE(stopped_at, end_at) < $1";
const ONE: &str = "SELECT * FROM picture_tasks WHERE app = $1 AND id = $2";
const OPEN: &str = "SELECT * FROM picture_tasks WHERE stopped_at IS NULL AND end_at > $1 ORDER BY id";
const OF_CHANNEL: &str =
    "SELECT * FROM picture_tasks WHERE app = $1 AND channel = $2 ORDER BY id DESC LIMIT $4 OFFSET $3";
const COUNT_OF_CHANNEL: &str = "SELECT COUNT(*) FROM picture_tasks WHERE app = $1 AND channel = $2";
const OF_TEMPLATES: &str = "SELECT * FROM picture_tasks WHERE app = $1 AND template IS NOT NULL AND begin_at >= $2 \
    AND end_at <= $3 AND ($4 IS NULL OR stream = $4) AND ($5 IS NULL OR domain = $5) AND id > $6 ORDER BY id LIMIT $7";

/// A task that is to be made.
pub type NewPictureTask = PictureTask;

/// Which tasks of templates are listed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PictureTaskAsk {
    /// Begun at this time or later.
    pub from: UnixMs,
    /// Ending at this time or earlier.
    pub to: UnixMs,
    /// Of this stream only.
    pub stream: Option<String>,
    /// Asked for with this host name only.
    pub domain: Option<String>,
    /// With larger numbers than this only.
    pub after: i64,
    /// At most so many.
    pub limit: u32,
}

/// A part of a channel's tasks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PictureTaskPage {
    /// The newest first.
    pub tasks: Vec<PictureTask>,
    /// How many there are.
    pub total: u64,
}

impl Store {
    /// Writes a task; its number, or `None` if `tasks_max` of the app's tasks have not ended. The number given is not
    /// looked at. On disk when this returns.
    ///
    /// # Errors
    /// [`Fault`]: the store cannot be written.
    pub async fn create_picture_task(&self, new: &NewPictureTask, tasks_max: u64) -> Result<Option<i64>, Fault> {
        let failed = |error| self.reader.fault(Operation::WritePictures, error);
        let mut write = self.write(Operation::WritePictures).await?;
        let insert = sqlx::query_scalar(INSERT)
            .bind(i64::from(new.app.0))
            .bind(new.stream.as_str())
            .bind(new.channel.map(|id| id.0.cast_signed()))
            .bind(new.template)
            .bind(&new.domain)
            .bind(new.plan.interval_ms.cast_signed())
            .bind(new.plan.first_ms.cast_signed())
            .bind(i64::from(new.plan.width))
            .bind(i64::from(new.plan.height))
            .bind(new.begin_at.0)
            .bind(new.end_at.0)
            .bind(&new.created_by)
            .bind(new.created_at.0)
            .bind(tasks_max.cast_signed());
        let id: Option<i64> = insert.fetch_optional(&mut *write).await.map_err(failed)?;
        match id {
            Some(id) => write.commit_made(id).await.map_err(failed)?,
            None => write.commit_if(false).await.map_err(failed)?,
        }
        Ok(id)
    }

    /// Stops a task; false if the app has no such task, or it has ended. On disk when this returns.
    ///
    /// # Errors
    /// [`Fault`]: the store cannot be written.
    pub async fn stop_picture_task(&self, app: AppId, id: i64, now: UnixMs) -> Result<bool, Fault> {
        self.touch_pictures(sqlx::query(STOP).bind(i64::from(app.0)).bind(id).bind(now.0)).await
    }

    /// Deletes a task; false if the app has no such task. Its pictures stay. On disk when this returns.
    ///
    /// # Errors
    /// [`Fault`]: the store cannot be written.
    pub async fn delete_picture_task(&self, app: AppId, id: i64) -> Result<bool, Fault> {
        self.touch_pictures(sqlx::query(DELETE).bind(i64::from(app.0)).bind(id)).await
    }

    /// Forgets the tasks that ended before `before`.
    ///
    /// # Errors
    /// [`Fault`]: the store cannot be written.
    pub async fn expire_picture_tasks(&self, before: UnixMs) -> Result<(), Fault> {
        self.touch_pictures(sqlx::query(EXPIRE).bind(before.0)).await.map(drop)
    }

    /// Writes one change; whether a row was touched.
    pub(super) async fn touch_pictures<'q>(
        &self,
        query: sqlx::query::Query<'q, sqlx::Sqlite, sqlx::sqlite::SqliteArguments>,
    ) -> Result<bool, Fault> {
        let failed = |error| self.reader.fault(Operation::WritePictures, error);
        let mut write = self.write(Operation::WritePictures).await?;
        let touched = query.execute(&mut *write).await.map_err(failed)?.rows_affected() > 0;
        write.commit_if(touched).await.map_err(failed)?;
        Ok(touched)
    }
}

impl Reader {
    /// A task of an app.
    ///
    /// # Errors
    /// [`Fault`]: the store cannot be read, or the row is damaged.
    pub async fn picture_task(&self, app: AppId, id: i64) -> Result<Option<PictureTask>, Fault> {
        let row = sqlx::query(ONE).bind(i64::from(app.0)).bind(id).fetch_optional(&self.pool).await;
        let row = row.map_err(|error| self.fault(Operation::ReadPictures, error))?;
        row.map(|row| self.picture_task_row(&row)).transpose()
    }

    /// The tasks of all apps that have not ended. One whose row is damaged is left out and told, so that the others run.
    ///
    /// # Errors
    /// [`Fault`]: the store cannot be read.
    pub async fn open_picture_tasks(&self, now: UnixMs) -> Result<Vec<PictureTask>, Fault> {
        let rows = sqlx::query(OPEN).bind(now.0).fetch_all(&self.pool).await;
        let rows = rows.map_err(|error| self.fault(Operation::ReadPictures, error))?;
        let task = |row: &SqliteRow| {
            let read = self.picture_task_row(row);
            read.inspect_err(|fault| tracing::error!(%fault, "a screenshot task is damaged and does not run")).ok()
        };
        Ok(rows.iter().filter_map(task).collect())
    }

    /// A channel's tasks, the newest first.
    ///
    /// # Errors
    /// [`Fault`]: the store cannot be read, or a row is damaged.
    pub async fn picture_tasks_of(
        &self,
        app: AppId,
        channel: ChannelId,
        offset: u64,
        limit: u32,
    ) -> Result<PictureTaskPage, Fault> {
        let failed = |error| self.fault(Operation::ReadPictures, error);
        let (app, channel) = (i64::from(app.0), channel.0.cast_signed());
        let total: i64 =
            sqlx::query_scalar(COUNT_OF_CHANNEL).bind(app).bind(channel).fetch_one(&self.pool).await.map_err(failed)?;
        let offset = i64::try_from(offset).unwrap_or(i64::MAX);
        let list = sqlx::query(OF_CHANNEL).bind(app).bind(channel).bind(offset).bind(i64::from(limit));
        let rows = list.fetch_all(&self.pool).await.map_err(failed)?;
        let tasks = rows.iter().map(|row| self.picture_task_row(row)).collect::<Result<_, _>>()?;
        Ok(PictureTaskPage { tasks, total: total.cast_unsigned() })
    }

    /// Tasks that were made by a template, by their numbers.
    ///
    /// # Errors
    /// [`Fault`]: the store cannot be read, or a row is damaged.
    pub async fn picture_tasks(&self, app: AppId, ask: &PictureTaskAsk) -> Result<Vec<PictureTask>, Fault> {
        let list = sqlx::query(OF_TEMPLATES)
            .bind(i64::from(app.0))
            .bind(ask.from.0)
            .bind(ask.to.0)
            .bind(&ask.stream)
            .bind(&ask.domain)
            .bind(ask.after)
            .bind(i64::from(ask.limit));
        let rows = list.fetch_all(&self.pool).await;
        let rows = rows.map_err(|error| self.fault(Operation::ReadPictures, error))?;
        rows.iter().map(|row| self.picture_task_row(row)).collect()
    }

    fn picture_task_row(&self, row: &SqliteRow) -> Result<PictureTask, Fault> {
        let odd = |column| self.odd_picture("picture_tasks", column);
        let stream: String = self.picture_field(row, "stream")?;
        let number = |column| self.picture_field::<i64>(row, column);
        let ms = |column| u64::try_from(number(column)?).map_err(|_| odd(column));
        let pixels = |column| u16::try_from(number(column)?).map_err(|_| odd(column));
        Ok(PictureTask {
            id: number("id")?,
            app: self.picture_app(row)?,
            stream: StreamName::parse(&stream).map_err(|_| odd("stream"))?,
            channel: self.picture_field::<Option<i64>>(row, "channel")?.map(|id| ChannelId(id.cast_unsigned())),
            template: self.picture_field(row, "template")?,
            domain: self.picture_field(row, "domain")?,
            plan: Plan {
                interval_ms: ms("interval_ms")?,
                first_ms: ms("first_ms")?,
                width: pixels("width")?,
                height: pixels("height")?,
            },
            begin_at: UnixMs(number("begin_at")?),
            end_at: UnixMs(number("end_at")?),
            stopped_at: self.picture_field::<Option<i64>>(row, "stopped_at")?.map(UnixMs),
            created_by: self.picture_field(row, "created_by")?,
            created_at: UnixMs(number("created_at")?),
        })
    }
}
