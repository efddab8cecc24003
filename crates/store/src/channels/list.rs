//! Pages of an app's channels.

use sqlx::sqlite::SqliteRow;
use sqlx::{QueryBuilder, Sqlite, SqliteConnection};
use vivace_base::{AppId, StreamName, UnixMs};
use vivace_domain::channel::ChannelId;

use super::order::{NEAR, Which};
use crate::{Fault, Operation, Reader};

/// Which channels. What is live is the caller's to say.
#[derive(Clone, Copy, Debug)]
pub enum ChannelFilter<'a> {
    /// All.
    All,
    /// Those that are closed.
    Closed,
    /// The open ones of these streams.
    Among(&'a [StreamName]),
    /// The open ones of all other streams.
    Without(&'a [StreamName]),
}

/// A page that is asked for.
#[derive(Clone, Copy, Debug)]
pub struct PageAsk<'a> {
    /// Which channels.
    pub filter: ChannelFilter<'a>,
    /// Sorted by their names, not by when they were made.
    pub by_name: bool,
    /// The last of the order first.
    pub descending: bool,
    /// Channels before the page.
    pub offset: u64,
    /// Channels on it, at most.
    pub limit: u32,
}

/// What a list says of a channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChannelLine {
    /// Its number.
    pub id: ChannelId,
    /// Its name for people.
    pub name: String,
    /// The name of its stream.
    pub stream: StreamName,
    /// Whether it is closed.
    pub closed: bool,
    /// When it was made.
    pub created_at: UnixMs,
}

/// A page of channels.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChannelPage {
    /// Channels on all pages.
    pub total: u64,
    /// Those of this page, in order.
    pub lines: Vec<ChannelLine>,
}

impl Reader {
    /// A page of an app's channels, and how many there are, both of the same moment.
    ///
    /// # Errors
    /// [`Fault`]: the store cannot be read, or a row is damaged.
    pub async fn channels(&self, app: AppId, ask: PageAsk<'_>) -> Result<ChannelPage, Fault> {
        let failed = |error| self.fault(Operation::ReadChannels, error);
        let mut read = self.pool.begin().await.map_err(failed)?;
        let total = self.total(&mut read, app, ask.filter).await?;
        let left = total.saturating_sub(ask.offset);
        let limit = u64::from(ask.limit).min(left);
        if let Some(lines) = self.by_order(&mut read, app, ask, total).await? {
            read.rollback().await.map_err(failed)?;
            return Ok(ChannelPage { total, lines });
        }
        // From the nearer end, so that the last pages cost what the first ones do.
        let backward = ask.offset > total / 2;
        let offset = if backward { left - limit } else { ask.offset };
        let mut lines = Vec::new();
        if limit > 0 {
            let mut query = select("id, name, stream, closed, created_at", app, ask.filter);
            let order = if ask.descending == backward { "ASC" } else { "DESC" };
            let key = if ask.by_name { "name" } else { "created_at" };
            query.push(format_args!(" ORDER BY {key} {order}, id {order} LIMIT "));
            query.push_bind(limit.cast_signed()).push(" OFFSET ").push_bind(offset.cast_signed());
            let rows = query.build().fetch_all(&mut *read).await.map_err(failed)?;
            lines = rows.iter().map(|row| self.line(row)).collect::<Result<_, _>>()?;
        }
        read.rollback().await.map_err(failed)?;
        if backward {
            lines.reverse();
        }
        Ok(ChannelPage { total, lines })
    }

    /// An app's channels in the order in which they were made, at most `count`, behind the one that stands for `after`;
    /// `closed` leaves only those that are, or are not.
    ///
    /// # Errors
    /// [`Fault`]: the store cannot be read, or a row is damaged.
    pub async fn channels_after(
        &self,
        app: AppId,
        closed: Option<bool>,
        after: Option<(UnixMs, ChannelId)>,
        count: u32,
    ) -> Result<Vec<ChannelLine>, Fault> {
        let mut query = QueryBuilder::new("SELECT id, name, stream, closed, created_at FROM channels WHERE app = ");
        query.push_bind(i64::from(app.0));
        if let Some(closed) = closed {
            query.push(" AND closed = ").push_bind(closed);
        }
        if let Some((at, id)) = after {
            query.push(" AND (created_at, id) > (").push_bind(at.0).push(", ").push_bind(id.0.cast_signed()).push(")");
        }
        query.push(" ORDER BY created_at, id LIMIT ").push_bind(i64::from(count));
        let rows = query.build().fetch_all(&self.pool).await;
        let rows = rows.map_err(|error| self.fault(Operation::ReadChannels, error))?;
        rows.iter().map(|row| self.line(row)).collect()
    }

    /// The page by the order in memory; none if it is near an end, or the order is not known.
    async fn by_order(
        &self,
        connection: &mut SqliteConnection,
        app: AppId,
        ask: PageAsk<'_>,
        total: u64,
    ) -> Result<Option<Vec<ChannelLine>>, Fault> {
        let closed_only = match ask.filter {
            ChannelFilter::All => false,
            ChannelFilter::Closed => true,
            ChannelFilter::Among(_) | ChannelFilter::Without(_) => return Ok(None),
        };
        if ask.offset < NEAR || total.saturating_sub(ask.offset) < NEAR {
            return Ok(None);
        }
        let failed = |error| self.fault(Operation::ReadChannels, error);
        let sql = "SELECT COALESCE(SUM(changes), 0) FROM channel_counts WHERE app = $1";
        let changes = sqlx::query_scalar(sql).bind(i64::from(app.0)).fetch_one(&mut *connection).await;
        let changes: i64 = changes.map_err(failed)?;
        let which = Which { app, closed_only, by_name: ask.by_name };
        let order = self.orders.get(&mut *connection, which, changes).await.map_err(failed)?;
        let Some(order) = order else { return Ok(None) };
        let (offset, limit) = (usize::try_from(ask.offset).unwrap_or(usize::MAX), ask.limit as usize);
        let ids: Vec<i64> = if ask.descending {
            order.iter().rev().skip(offset).take(limit).copied().collect()
        } else {
            order.iter().skip(offset).take(limit).copied().collect()
        };
        let mut query =
            QueryBuilder::<Sqlite>::new("SELECT id, name, stream, closed, created_at FROM channels WHERE id IN (");
        let mut places = query.separated(", ");
        ids.iter().for_each(|id| {
            places.push_bind(*id);
        });
        query.push(")");
        let rows = query.build().fetch_all(connection).await.map_err(failed)?;
        let mut lines = rows.iter().map(|row| self.line(row)).collect::<Result<Vec<_>, _>>()?;
        lines.sort_by_key(|line| ids.iter().position(|id| *id == line.id.0.cast_signed()));
        Ok(Some(lines))
    }

    /// How many channels pass the filter. All and closed ones are known without counting; of the open ones those are
    /// counted that are among the streams, which are few beside all channels.
    async fn total(
        &self,
        connection: &mut SqliteConnection,
        app: AppId,
        filter: ChannelFilter<'_>,
    ) -> Result<u64, Fault> {
        let among = |streams| ChannelFilter::Among(streams);
        match filter {
            ChannelFilter::All => {
                Ok(self.kept_count(connection, app, false).await? + self.kept_count(connection, app, true).await?)
            }
            ChannelFilter::Closed => self.kept_count(connection, app, true).await,
            ChannelFilter::Among(_) => self.counted(connection, app, filter).await,
            ChannelFilter::Without(streams) => {
                let open = self.kept_count(connection, app, false).await?;
                Ok(open.saturating_sub(self.counted(connection, app, among(streams)).await?))
            }
        }
    }

    async fn kept_count(&self, connection: &mut SqliteConnection, app: AppId, closed: bool) -> Result<u64, Fault> {
        let sql = "SELECT COALESCE((SELECT count FROM channel_counts WHERE app = $1 AND closed = $2), 0)";
        let count = sqlx::query_scalar(sql).bind(i64::from(app.0)).bind(closed).fetch_one(connection).await;
        let count: i64 = count.map_err(|error| self.fault(Operation::ReadChannels, error))?;
        Ok(count.unsigned_abs())
    }

    async fn counted(
        &self,
        connection: &mut SqliteConnection,
        app: AppId,
        filter: ChannelFilter<'_>,
    ) -> Result<u64, Fault> {
        let count = select("COUNT(*)", app, filter).build_query_scalar().fetch_one(connection).await;
        let count: i64 = count.map_err(|error| self.fault(Operation::ReadChannels, error))?;
        Ok(count.unsigned_abs())
    }

    fn line(&self, row: &SqliteRow) -> Result<ChannelLine, Fault> {
        let odd = |column| Fault::value(self.file(), Operation::ReadChannels, "channels", column);
        let stream: String = self.cell(row, "stream")?;
        Ok(ChannelLine {
            id: ChannelId(self.cell::<i64>(row, "id")?.cast_unsigned()),
            name: self.cell(row, "name")?,
            stream: StreamName::parse(&stream).map_err(|_| odd("stream"))?,
            closed: self.cell(row, "closed")?,
            created_at: UnixMs(self.cell(row, "created_at")?),
        })
    }
}

fn select(columns: &str, app: AppId, filter: ChannelFilter<'_>) -> QueryBuilder<Sqlite> {
    let mut query = QueryBuilder::new(format!("SELECT {columns} FROM channels WHERE app = "));
    query.push_bind(i64::from(app.0));
    match filter {
        ChannelFilter::All => &mut query,
        ChannelFilter::Closed => query.push(" AND closed = 1"),
        ChannelFilter::Among(streams) => {
            // By the streams' own index: they are few beside all channels.
            let query = query.push(" AND +closed = 0 AND stream IN (SELECT value FROM json_each(");
            query.push_bind(json(streams)).push("))")
        }
        ChannelFilter::Without(streams) => {
            let query = query.push(" AND closed = 0 AND stream NOT IN (SELECT value FROM json_each(");
            query.push_bind(json(streams)).push("))")
        }
    };
    query
}

/// A JSON array of names, which hold nothing that would have to be escaped.
fn json(streams: &[StreamName]) -> String {
    let names: Vec<String> = streams.iter().map(|stream| format!("\"{stream}\"")).collect();
    format!("[{}]", names.join(","))
}
