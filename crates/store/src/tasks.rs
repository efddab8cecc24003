//! Tasks that pull a stream from another server.

use sqlx::Row;
use sqlx::sqlite::SqliteRow;
use vivace_base::{AppId, StreamName, Ulid, UnixMs};
use vivace_domain::relay::RelayUrl;
use vivace_domain::task::PullTask;

use crate::{Fault, Operation, Reader, Store};

const SELECT: &str = "SELECT id, given_id, stream, domain, source, target, begin_at, end_at, paused, comment, \
    created_by, updated_by, created_at, updated_at FROM pull_tasks WHERE app = $1 ORDER BY id DESC";
const PUT: &str = "INSERT INTO pull_tasks (id, app, given_id, stream, domain, source, target, begin_at, end_at, paused, \
    comment, created_by, updated_by, created_at, updated_at) \
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15) \
    ON CONFLICT (id) DO UPDATE SET source = excluded.source, target = excluded.target, begin_at = excluded.begin_at, \
    end_at = excluded.end_at, paused = excluded.paused, comment = excluded.comment, updated_by = excluded.updated_by, \
    updated_at = excluded.updated_at";

impl Store {
    /// Writes a task, over the one of its id if there is one. On disk when this returns.
    ///
    /// # Errors
    /// [`Fault`]: the store cannot be written.
    pub async fn put_task(&self, app: AppId, task: &PullTask) -> Result<(), Fault> {
        let failed = |error| self.reader.fault(Operation::WriteTask, error);
        let mut write = self.write(Operation::WriteTask).await?;
        let put = sqlx::query(PUT)
            .bind(task.id.to_string())
            .bind(i64::from(app.0))
            .bind(&task.given_id)
            .bind(task.stream.as_str())
            .bind(&task.domain)
            .bind(task.source.text().reveal())
            .bind(task.target.as_ref().map(|target| target.text().reveal()))
            .bind(task.begin_at.0)
            .bind(task.end_at.0)
            .bind(i64::from(task.paused))
            .bind(&task.comment)
            .bind(&task.created_by)
            .bind(&task.updated_by)
            .bind(task.created_at.0)
            .bind(task.updated_at.0);
        put.execute(&mut *write).await.map_err(failed)?;
        write.commit().await.map_err(failed)
    }

    /// Takes a task away. False if the app has no such task. On disk when this returns.
    ///
    /// # Errors
    /// [`Fault`]: the store cannot be written.
    pub async fn remove_task(&self, app: AppId, id: Ulid) -> Result<bool, Fault> {
        let failed = |error| self.reader.fault(Operation::WriteTask, error);
        let mut write = self.write(Operation::WriteTask).await?;
        let delete = sqlx::query("DELETE FROM pull_tasks WHERE app = $1 AND id = $2");
        let delete = delete.bind(i64::from(app.0)).bind(id.to_string());
        let touched = delete.execute(&mut *write).await.map_err(failed)?.rows_affected() > 0;
        write.commit_if(touched).await.map_err(failed)?;
        Ok(touched)
    }
}

impl Reader {
    /// An app's tasks, the newest first.
    ///
    /// # Errors
    /// [`Fault`]: the store cannot be read, or a row is damaged.
    pub async fn tasks(&self, app: AppId) -> Result<Vec<PullTask>, Fault> {
        let rows = sqlx::query(SELECT).bind(i64::from(app.0)).fetch_all(&self.pool).await;
        let rows = rows.map_err(|error| self.fault(Operation::ReadTasks, error))?;
        rows.iter().map(|row| self.task(row)).collect()
    }

    fn task(&self, row: &SqliteRow) -> Result<PullTask, Fault> {
        let failed = |error| self.fault(Operation::ReadTasks, error);
        let odd = |column| Fault::value(self.file(), Operation::ReadTasks, "pull_tasks", column);
        let text = |column: &'static str| row.try_get::<String, _>(column).map_err(failed);
        let time = |column: &'static str| row.try_get(column).map(UnixMs).map_err(failed);
        // It was short enough when it was written.
        let url = |text: &str, column| RelayUrl::parse_source(text, usize::MAX).map_err(|_| odd(column));
        let target: Option<String> = row.try_get("target").map_err(failed)?;
        Ok(PullTask {
            id: Ulid::parse(&text("id")?).map_err(|_| odd("id"))?,
            given_id: text("given_id")?,
            stream: StreamName::parse(&text("stream")?).map_err(|_| odd("stream"))?,
            domain: text("domain")?,
            source: url(&text("source")?, "source")?,
            target: target.map(|target| url(&target, "target")).transpose()?,
            begin_at: time("begin_at")?,
            end_at: time("end_at")?,
            paused: row.try_get::<i64, _>("paused").map_err(failed)? != 0,
            comment: text("comment")?,
            created_by: text("created_by")?,
            updated_by: text("updated_by")?,
            created_at: time("created_at")?,
            updated_at: time("updated_at")?,
        })
    }
}
