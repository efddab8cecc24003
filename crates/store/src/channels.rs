//! Channels of the channel-hosting mode. What a channel's media does is not here: only the hub knows it.

mod list;
mod order;
mod row;

use sqlx::{SqliteConnection, SqliteExecutor};
use thiserror::Error;
use vivace_base::{AppId, StreamName};
use vivace_domain::channel::{Channel, ChannelId};

use crate::{Fault, Operation, Reader, Store};
pub use list::{ChannelFilter, ChannelLine, ChannelPage, PageAsk};
pub(crate) use order::Orders;
use row::{COLUMNS, bind};

const INSERT: &str = "INSERT INTO channels (id, app, name, description, source_id, source_name, source_kind, \
    source_address, receiver, rates, watermark, password, stream, closed, created_at, revision) \
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)";
const UPDATE: &str = "UPDATE channels SET name = $3, description = $4, source_id = $5, source_name = $6, \
    source_kind = $7, source_address = $8, receiver = $9, rates = $10, watermark = $11, password = $12, stream = $13, \
    closed = $14, created_at = $15, revision = $16 WHERE id = $1 AND app = $2 AND revision = $16 - 1";
const DELETE: &str = "DELETE FROM channels WHERE id = $1 AND app = $2 AND revision = $3";
const COUNT: &str = "INSERT INTO channel_counts (app, closed, count, changes) VALUES ($1, $2, $3, 1) \
    ON CONFLICT (app, closed) DO UPDATE SET count = count + excluded.count, changes = changes + 1";
const TOTAL: &str = "SELECT COALESCE(SUM(count), 0) FROM channel_counts WHERE app = $1";
const WATERMARK: &str = "SELECT COUNT(*) FROM watermarks WHERE app = $1 AND id = $2";

/// Why a channel was not written.
#[derive(Debug, Error)]
pub enum WriteChannelFault {
    /// The app has as many channels as it may.
    #[error("the app has {limit} channels, the most that are allowed")]
    Quota {
        /// Channels allowed.
        limit: u64,
    },
    /// The app has no such watermark.
    #[error("there is no watermark {id}")]
    Watermark {
        /// The number asked for.
        id: u64,
    },
    /// It was changed or deleted since it was read.
    #[error("the channel was changed since it was read")]
    Conflict,
    /// The store.
    #[error(transparent)]
    Store(#[from] Fault),
}

impl Store {
    /// Writes a new channel, unless the app has `channels_max` already. It is on disk when this returns.
    ///
    /// # Errors
    /// [`WriteChannelFault`] but `Conflict`.
    pub async fn create_channel(&self, channel: &Channel, channels_max: u64) -> Result<(), WriteChannelFault> {
        let failed = |error| self.reader.fault(Operation::WriteChannel, error);
        let mut write = self.write(Operation::WriteChannel).await?;
        let app = i64::from(channel.app.0);
        let total: i64 = sqlx::query_scalar(TOTAL).bind(app).fetch_one(&mut *write).await.map_err(failed)?;
        if total.unsigned_abs() >= channels_max {
            return Err(WriteChannelFault::Quota { limit: channels_max });
        }
        self.check_watermark(&mut write, channel).await?;
        bind(sqlx::query(INSERT), channel).execute(&mut *write).await.map_err(failed)?;
        count(&mut *write, channel, 1).await.map_err(failed)?;
        write.commit().await.map_err(failed)?;
        Ok(())
    }

    /// Writes a channel over `before`, which was read earlier; it gets the next revision. On disk when this returns.
    ///
    /// # Errors
    /// [`WriteChannelFault`] but `Quota`.
    pub async fn replace_channel(&self, before: &Channel, after: &Channel) -> Result<Channel, WriteChannelFault> {
        let failed = |error| self.reader.fault(Operation::WriteChannel, error);
        let after = Channel { revision: before.revision.saturating_add(1), ..after.clone() };
        let mut write = self.write(Operation::WriteChannel).await?;
        if before.watermark != after.watermark {
            self.check_watermark(&mut write, &after).await?;
        }
        let done = bind(sqlx::query(UPDATE), &after).execute(&mut *write).await.map_err(failed)?;
        if done.rows_affected() != 1 {
            return Err(WriteChannelFault::Conflict);
        }
        count(&mut *write, before, -1).await.map_err(failed)?;
        count(&mut *write, &after, 1).await.map_err(failed)?;
        write.commit().await.map_err(failed)?;
        Ok(after)
    }

    /// Deletes a channel as it was read. Gone from disk when this returns.
    ///
    /// # Errors
    /// [`WriteChannelFault::Conflict`] and `Store`.
    pub async fn delete_channel(&self, channel: &Channel) -> Result<(), WriteChannelFault> {
        let failed = |error| self.reader.fault(Operation::WriteChannel, error);
        let mut write = self.write(Operation::WriteChannel).await?;
        let delete = sqlx::query(DELETE)
            .bind(channel.id.0.cast_signed())
            .bind(i64::from(channel.app.0))
            .bind(channel.revision.cast_signed());
        let done = delete.execute(&mut *write).await.map_err(failed)?;
        if done.rows_affected() != 1 {
            return Err(WriteChannelFault::Conflict);
        }
        count(&mut *write, channel, -1).await.map_err(failed)?;
        write.commit().await.map_err(failed)?;
        Ok(())
    }

    async fn check_watermark(
        &self,
        connection: &mut SqliteConnection,
        channel: &Channel,
    ) -> Result<(), WriteChannelFault> {
        let Some(id) = channel.watermark else { return Ok(()) };
        let known = sqlx::query_scalar(WATERMARK).bind(i64::from(channel.app.0)).bind(id.cast_signed());
        let known: i64 =
            known.fetch_one(connection).await.map_err(|error| self.reader.fault(Operation::WriteChannel, error))?;
        if known == 0 { Err(WriteChannelFault::Watermark { id }) } else { Ok(()) }
    }
}

impl Reader {
    /// A channel of the app; `None` if it has no such channel.
    ///
    /// # Errors
    /// [`Fault`]: the store cannot be read, or the row is damaged.
    pub async fn channel(&self, app: AppId, id: ChannelId) -> Result<Option<Channel>, Fault> {
        let sql = format!("SELECT {COLUMNS} FROM channels WHERE id = $1 AND app = $2");
        let found = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(id.0.cast_signed()).bind(i64::from(app.0));
        let found = found.fetch_optional(&self.pool).await;
        let row = found.map_err(|error| self.fault(Operation::ReadChannels, error))?;
        row.map(|row| self.parse_channel(&row)).transpose()
    }

    /// The channel that a stream of the app belongs to; `None` if it belongs to none.
    ///
    /// # Errors
    /// [`Fault`]: the store cannot be read, or the row is damaged.
    pub async fn channel_of(&self, app: AppId, stream: &StreamName) -> Result<Option<Channel>, Fault> {
        let sql = format!("SELECT {COLUMNS} FROM channels WHERE stream = $1 AND app = $2");
        let found = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(stream.as_str()).bind(i64::from(app.0));
        let found = found.fetch_optional(&self.pool).await;
        let row = found.map_err(|error| self.fault(Operation::ReadChannels, error))?;
        row.map(|row| self.parse_channel(&row)).transpose()
    }

    /// The open channels whose stream is pulled, of all apps.
    ///
    /// # Errors
    /// [`Fault`]: the store cannot be read, or a row is damaged.
    pub async fn pulled_channels(&self) -> Result<Vec<Channel>, Fault> {
        let sql = format!("SELECT {COLUMNS} FROM channels WHERE closed = 0 AND source_kind <> 1");
        let rows = sqlx::query(sqlx::AssertSqlSafe(sql)).fetch_all(&self.pool).await;
        let rows = rows.map_err(|error| self.fault(Operation::ReadChannels, error))?;
        rows.iter().map(|row| self.parse_channel(row)).collect()
    }
}

async fn count(connection: impl SqliteExecutor<'_>, channel: &Channel, more: i64) -> Result<(), sqlx::Error> {
    let count = sqlx::query(COUNT).bind(i64::from(channel.app.0)).bind(channel.closed).bind(more);
    count.execute(connection).await.map(drop)
}
