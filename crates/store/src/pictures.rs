//! Screenshots: the pictures that were taken, and the queue that each is read from once.

mod tasks;
mod templates;

use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection};
use vivace_base::{AppId, StreamName, Ulid, UnixMs};
use vivace_domain::picture::Picture;

use crate::{Fault, NewHook, Operation, Reader, Store};
pub use tasks::{NewPictureTask, PictureTaskAsk, PictureTaskPage};
pub use templates::PutPictureRule;

const INSERT: &str = "INSERT INTO pictures (id, app, stream, channel, task, taken_at, width, height, bytes) \
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
const QUEUE: &str = "INSERT INTO picture_queue (app, picture) VALUES ($1, $2)";
/// Numbers of the queue grow by one in the order of writing, so this counts no rows.
const PRUNE_QUEUE: &str = "DELETE FROM picture_queue WHERE seq <= (SELECT MAX(seq) FROM picture_queue) - $1";
const NEXT: &str = "SELECT queue.seq, pictures.* FROM picture_queue AS queue JOIN pictures ON pictures.id = queue.picture \
    WHERE queue.app = $1 ORDER BY queue.seq LIMIT $2";
const TAKE: &str = "DELETE FROM picture_queue WHERE app = $1 AND seq <= $2";
const EXPIRE: &str = "DELETE FROM pictures WHERE id IN (SELECT id FROM pictures WHERE id < $1 \
    OR id <= (SELECT id FROM pictures ORDER BY id DESC LIMIT 1 OFFSET $2) ORDER BY id LIMIT $3) RETURNING id";
const LIST: &str = "SELECT * FROM pictures WHERE app = $1 AND ($2 IS NULL OR stream = $2) AND ($3 IS NULL OR id < $3) \
    ORDER BY id DESC LIMIT $4";
const KNOWN: &str = "SELECT id FROM pictures WHERE id IN (SELECT value FROM json_each($1))";

/// What became of a picture.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PicturePut {
    /// The outbox had no place for its event.
    pub hook_dropped: bool,
    /// Older pictures that nobody had read left the queue for it.
    pub unread_dropped: u64,
}

impl Store {
    /// Writes a picture, its place in the queue and its event, all or none. If the queue holds more than `queue_max` then,
    /// the oldest leave it. On disk when this returns.
    ///
    /// # Errors
    /// [`Fault`]: the store cannot be written.
    pub async fn put_picture(
        &self,
        picture: &Picture,
        hook: Option<&NewHook>,
        queue_max: u64,
        now: UnixMs,
    ) -> Result<PicturePut, Fault> {
        let failed = |error| self.reader.fault(Operation::WritePictures, error);
        let mut write = self.write(Operation::WritePictures).await?;
        insert(&mut write, picture).await.map_err(failed)?;
        let unread = sqlx::query(PRUNE_QUEUE).bind(queue_max.cast_signed()).execute(&mut *write).await;
        let unread_dropped = unread.map_err(failed)?.rows_affected();
        let mut hook_dropped = false;
        if let Some(hook) = hook {
            hook_dropped = self.make_room(&mut write, 1).await.map_err(failed)? == 0;
            if !hook_dropped {
                crate::outbox::insert(&mut write, hook, now).await.map_err(failed)?;
            }
        }
        write.commit().await.map_err(failed)?;
        Ok(PicturePut { hook_dropped, unread_dropped })
    }

    /// Takes the oldest pictures of an app out of the queue, at most `count`: nobody else gets them. They are out on disk
    /// when this returns.
    ///
    /// # Errors
    /// [`Fault`]: the store cannot be written, or a row is damaged.
    pub async fn take_pictures(&self, app: AppId, count: u32) -> Result<Vec<Picture>, Fault> {
        let failed = |error| self.reader.fault(Operation::WritePictures, error);
        let mut write = self.write(Operation::WritePictures).await?;
        let rows = sqlx::query(NEXT).bind(i64::from(app.0)).bind(i64::from(count)).fetch_all(&mut *write).await;
        let rows = rows.map_err(failed)?;
        let Some(last) = rows.last() else { return Ok(Vec::new()) };
        let last: i64 = last.try_get("seq").map_err(failed)?;
        let taken = rows.iter().map(|row| self.reader.picture_row(row)).collect::<Result<Vec<_>, _>>()?;
        sqlx::query(TAKE).bind(i64::from(app.0)).bind(last).execute(&mut *write).await.map_err(failed)?;
        write.commit().await.map_err(failed)?;
        Ok(taken)
    }

    /// Forgets pictures that were taken before `before`, and the oldest beyond `kept_max`; at most `count` of them. Their
    /// files are the caller's to remove.
    ///
    /// # Errors
    /// [`Fault`]: the store cannot be written, or a row is damaged.
    pub async fn expire_pictures(&self, before: UnixMs, kept_max: u64, count: u32) -> Result<Vec<Ulid>, Fault> {
        let failed = |error| self.reader.fault(Operation::WritePictures, error);
        let mut write = self.write(Operation::WritePictures).await?;
        // The first number of that moment.
        let first = Ulid(u128::from(before.0.max(0).unsigned_abs()) << 80);
        let query = sqlx::query(EXPIRE).bind(first.to_string()).bind(kept_max.cast_signed()).bind(i64::from(count));
        let rows = query.fetch_all(&mut *write).await.map_err(failed)?;
        let gone = rows.iter().map(|row| self.reader.picture_id(row)).collect::<Result<Vec<_>, _>>()?;
        write.commit().await.map_err(failed)?;
        Ok(gone)
    }
}

impl Reader {
    /// Pictures of an app, or of a stream of it, the newest first, older than `before` if that is given.
    ///
    /// # Errors
    /// [`Fault`]: the store cannot be read, or a row is damaged.
    pub async fn pictures(
        &self,
        app: AppId,
        stream: Option<&StreamName>,
        before: Option<Ulid>,
        limit: u32,
    ) -> Result<Vec<Picture>, Fault> {
        let query = sqlx::query(LIST).bind(i64::from(app.0)).bind(stream.map(StreamName::as_str));
        let query = query.bind(before.map(|id| id.to_string())).bind(i64::from(limit));
        let rows = query.fetch_all(&self.pool).await;
        let rows = rows.map_err(|error| self.fault(Operation::ReadPictures, error))?;
        rows.iter().map(|row| self.picture_row(row)).collect()
    }

    /// Those of these numbers that belong to a picture.
    ///
    /// # Errors
    /// [`Fault`]: the store cannot be read.
    pub async fn known_pictures(&self, ids: &[Ulid]) -> Result<Vec<Ulid>, Fault> {
        let ids = ids.iter().map(|id| format!("\"{id}\"")).collect::<Vec<_>>().join(",");
        let rows = sqlx::query(KNOWN).bind(format!("[{ids}]")).fetch_all(&self.pool).await;
        let rows = rows.map_err(|error| self.fault(Operation::ReadPictures, error))?;
        rows.iter().map(|row| self.picture_id(row)).collect()
    }

    fn picture_row(&self, row: &SqliteRow) -> Result<Picture, Fault> {
        let stream: String = self.picture_field(row, "stream")?;
        let pixels = |column| {
            u16::try_from(self.picture_field::<i64>(row, column)?).map_err(|_| self.odd_picture("pictures", column))
        };
        Ok(Picture {
            id: self.picture_id(row)?,
            app: self.picture_app(row)?,
            stream: StreamName::parse(&stream).map_err(|_| self.odd_picture("pictures", "stream"))?,
            channel: self.picture_field(row, "channel")?,
            task: self.picture_field(row, "task")?,
            taken_at: UnixMs(self.picture_field(row, "taken_at")?),
            size: (pixels("width")?, pixels("height")?),
            bytes: self.picture_field::<i64>(row, "bytes")?.cast_unsigned(),
        })
    }

    fn picture_id(&self, row: &SqliteRow) -> Result<Ulid, Fault> {
        let id: String = self.picture_field(row, "id")?;
        Ulid::parse(&id).map_err(|_| self.odd_picture("pictures", "id"))
    }

    fn picture_app(&self, row: &SqliteRow) -> Result<AppId, Fault> {
        let app: i64 = self.picture_field(row, "app")?;
        u32::try_from(app).map(AppId).map_err(|_| self.odd_picture("pictures", "app"))
    }

    fn odd_picture(&self, table: &'static str, column: &'static str) -> Fault {
        Fault::value(self.file(), Operation::ReadPictures, table, column)
    }

    fn picture_field<'r, T>(&self, row: &'r SqliteRow, column: &'static str) -> Result<T, Fault>
    where
        T: sqlx::Decode<'r, sqlx::Sqlite> + sqlx::Type<sqlx::Sqlite>,
    {
        row.try_get(column).map_err(|error| self.fault(Operation::ReadPictures, error))
    }
}

async fn insert(connection: &mut SqliteConnection, picture: &Picture) -> Result<(), sqlx::Error> {
    let (id, app) = (picture.id.to_string(), i64::from(picture.app.0));
    let query = sqlx::query(INSERT)
        .bind(&id)
        .bind(app)
        .bind(picture.stream.as_str())
        .bind(&picture.channel)
        .bind(picture.task)
        .bind(picture.taken_at.0)
        .bind(i64::from(picture.size.0))
        .bind(i64::from(picture.size.1))
        .bind(picture.bytes.cast_signed());
    query.execute(&mut *connection).await?;
    sqlx::query(QUEUE).bind(app).bind(&id).execute(connection).await.map(drop)
}
