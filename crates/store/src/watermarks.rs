//! Watermarks: pictures that channels may carry.

use sqlx::Row;
use sqlx::sqlite::SqliteRow;
use vivace_base::{AppId, UnixMs};

use crate::{Fault, Operation, Reader, Store};

const INSERT: &str = "INSERT INTO watermarks (app, name, picture, x, y, created_at) \
    SELECT $1, $2, $3, $4, $5, $6 WHERE (SELECT COUNT(*) FROM watermarks WHERE app = $1) < $7 RETURNING id";
const SELECT: &str = "SELECT id, name, picture, x, y, created_at FROM watermarks WHERE app = $1 AND id > $2 \
    ORDER BY id LIMIT $3";
const UPDATE: &str = "UPDATE watermarks SET name = $3, picture = $4, x = $5, y = $6 WHERE app = $1 AND id = $2";
const DELETE: &str = "DELETE FROM watermarks WHERE app = $1 AND id = $2 \
    AND NOT EXISTS (SELECT 1 FROM watermark_rules WHERE watermark = $2)";

/// A watermark.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Watermark {
    /// Its number.
    pub id: u64,
    /// Its name for people.
    pub name: String,
    /// Where its picture is; empty of one that is [`Watermark::gone`].
    pub picture: String,
    /// Its place from the left, in percent of the width.
    pub x: i64,
    /// Its place from the top, in percent of the height.
    pub y: i64,
    /// When it was made.
    pub created_at: UnixMs,
}

impl Watermark {
    /// What stands for one that is gone, where a channel still names it: no picture.
    pub const fn gone(id: u64) -> Self {
        Self { id, name: String::new(), picture: String::new(), x: 0, y: 0, created_at: UnixMs(0) }
    }
}

impl Store {
    /// Writes a watermark; its number, or `None` if the app has `watermarks_max`. On disk when this returns.
    ///
    /// # Errors
    /// [`Fault`]: the store cannot be written.
    pub async fn create_watermark(
        &self,
        app: AppId,
        new: &Watermark,
        watermarks_max: u64,
    ) -> Result<Option<u64>, Fault> {
        let failed = |error| self.reader.fault(Operation::WriteChannel, error);
        let mut write = self.write(Operation::WriteChannel).await?;
        let insert = sqlx::query_scalar(INSERT)
            .bind(i64::from(app.0))
            .bind(&new.name)
            .bind(&new.picture)
            .bind(new.x)
            .bind(new.y)
            .bind(new.created_at.0)
            .bind(watermarks_max.cast_signed());
        let id: Option<i64> = insert.fetch_optional(&mut *write).await.map_err(failed)?;
        match id {
            Some(id) => write.commit_made(id).await.map_err(failed)?,
            None => write.commit_if(false).await.map_err(failed)?,
        }
        Ok(id.map(i64::cast_unsigned))
    }

    /// Writes a watermark over the one with its number; false if the app has no such watermark.
    ///
    /// # Errors
    /// [`Fault`]: the store cannot be written.
    pub async fn change_watermark(&self, app: AppId, changed: &Watermark) -> Result<bool, Fault> {
        let failed = |error| self.reader.fault(Operation::WriteChannel, error);
        let mut write = self.write(Operation::WriteChannel).await?;
        let update = sqlx::query(UPDATE).bind(i64::from(app.0)).bind(changed.id.cast_signed());
        let update = update.bind(&changed.name).bind(&changed.picture).bind(changed.x).bind(changed.y);
        let found = update.execute(&mut *write).await.map_err(failed)?.rows_affected() > 0;
        write.commit_if(found).await.map_err(failed)?;
        Ok(found)
    }

    /// Deletes a watermark; false if the app has no such watermark, or a rule names it. Channels that name it go on without
    /// its picture.
    ///
    /// # Errors
    /// [`Fault`]: the store cannot be written.
    pub async fn delete_watermark(&self, app: AppId, id: u64) -> Result<bool, Fault> {
        let failed = |error| self.reader.fault(Operation::WriteChannel, error);
        let mut write = self.write(Operation::WriteChannel).await?;
        let delete = sqlx::query(DELETE).bind(i64::from(app.0)).bind(id.cast_signed());
        let deleted = delete.execute(&mut *write).await.map_err(failed)?.rows_affected() > 0;
        write.commit_if(deleted).await.map_err(failed)?;
        Ok(deleted)
    }
}

impl Reader {
    /// The watermarks of an app behind number `after`, at most `limit`.
    ///
    /// # Errors
    /// [`Fault`]: the store cannot be read.
    pub async fn watermarks(&self, app: AppId, after: u64, limit: u32) -> Result<Vec<Watermark>, Fault> {
        let select = sqlx::query(SELECT).bind(i64::from(app.0)).bind(after.cast_signed()).bind(i64::from(limit));
        let rows = select.fetch_all(&self.pool).await;
        let rows = rows.map_err(|error| self.fault(Operation::ReadChannels, error))?;
        rows.iter().map(|row| self.watermark(row)).collect()
    }

    /// The numbers of all watermarks, of every app.
    ///
    /// # Errors
    /// [`Fault`]: the store cannot be read.
    pub async fn watermark_ids(&self) -> Result<Vec<u64>, Fault> {
        let found: Result<Vec<i64>, _> = sqlx::query_scalar("SELECT id FROM watermarks").fetch_all(&self.pool).await;
        let found = found.map_err(|error| self.fault(Operation::ReadChannels, error))?;
        Ok(found.into_iter().map(i64::cast_unsigned).collect())
    }

    fn watermark(&self, row: &SqliteRow) -> Result<Watermark, Fault> {
        let failed = |error| self.fault(Operation::ReadChannels, error);
        let number = |column: &'static str| row.try_get::<i64, _>(column).map_err(failed);
        Ok(Watermark {
            id: number("id")?.cast_unsigned(),
            name: row.try_get("name").map_err(failed)?,
            picture: row.try_get("picture").map_err(failed)?,
            x: number("x")?,
            y: number("y")?,
            created_at: UnixMs(number("created_at")?),
        })
    }
}
