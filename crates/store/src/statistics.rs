//! What streams did in each minute, kept for a while, and their sums over longer times.

use sqlx::Row;
use sqlx::sqlite::SqliteRow;
use vivace_base::{AppId, StreamName, UnixMs};

use crate::{Fault, Operation, Reader, Store};

const PUT: &str = "INSERT INTO stream_minutes (minute, app, stream, bytes_out, bytes_in, pictures, requests, online_peak, \
    online_sum, samples, live_ms, client_ip, server_ip, domain) \
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14) \
    ON CONFLICT (app, stream, minute) DO UPDATE SET bytes_out = bytes_out + excluded.bytes_out, \
    bytes_in = bytes_in + excluded.bytes_in, pictures = pictures + excluded.pictures, \
    requests = requests + excluded.requests, online_peak = MAX(online_peak, excluded.online_peak), \
    online_sum = online_sum + excluded.online_sum, samples = samples + excluded.samples, \
    live_ms = live_ms + excluded.live_ms, client_ip = excluded.client_ip, server_ip = excluded.server_ip, \
    domain = excluded.domain";
const PUT_CLIENT: &str = "INSERT INTO client_minutes (minute, app, address, bytes, requests, failed) \
    VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (app, minute, address) DO UPDATE SET bytes = bytes + excluded.bytes, \
    requests = requests + excluded.requests, failed = failed + excluded.failed";
const PLAYS: &str = "SELECT minute, SUM(bytes_out) AS bytes, SUM(requests) AS requests, \
    SUM(CASE WHEN samples > 0 THEN (online_sum + samples - 1) / samples ELSE online_peak END) AS online \
    FROM stream_minutes WHERE app = $1 AND minute >= $2 AND minute <= $3 GROUP BY minute ORDER BY minute";
const PLAYS_OF: &str = "SELECT minute, bytes_out AS bytes, requests, \
    CASE WHEN samples > 0 THEN (online_sum + samples - 1) / samples ELSE online_peak END AS online \
    FROM stream_minutes WHERE app = $1 AND minute >= $2 AND minute <= $3 AND stream = $4 ORDER BY minute";
const PUSHES: &str = "SELECT * FROM stream_minutes WHERE app = $1 AND stream = $2 AND minute >= $3 AND minute <= $4 \
    AND live_ms > 0 ORDER BY minute";
const CLIENTS: &str = "SELECT address, SUM(bytes) AS bytes, SUM(requests) AS requests, SUM(failed) AS failed \
    FROM client_minutes WHERE app = $1 AND minute >= $2 AND minute <= $3 GROUP BY address \
    ORDER BY CASE $4 WHEN 0 THEN SUM(requests) WHEN 1 THEN SUM(failed) ELSE SUM(bytes) END DESC, address \
    LIMIT $5 OFFSET $6";
const CLIENTS_COUNT: &str = "SELECT COUNT(DISTINCT address) FROM client_minutes \
    WHERE app = $1 AND minute >= $2 AND minute <= $3";

/// What a stream did in a minute, or in a part of one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StreamMinute {
    /// When the minute begins.
    pub minute: UnixMs,
    /// Whose stream.
    pub app: AppId,
    /// Its name.
    pub stream: StreamName,
    /// Bytes handed to players.
    pub bytes_out: u64,
    /// Payload bytes received.
    pub bytes_in: u64,
    /// Pictures received.
    pub pictures: u64,
    /// Plays begun.
    pub requests: u64,
    /// Most players at once.
    pub online_peak: u64,
    /// Players, added up over the samples.
    pub online_sum: u64,
    /// How often the players were counted.
    pub samples: u64,
    /// How long somebody published, in milliseconds.
    pub live_ms: u64,
    /// The publisher's address; empty if there was none.
    pub client_ip: String,
    /// This server's address as the publisher reached it.
    pub server_ip: String,
    /// The host name that was pushed to.
    pub domain: String,
}

/// What the players of an address did in a minute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientMinute {
    /// When the minute begins.
    pub minute: UnixMs,
    /// Whose streams.
    pub app: AppId,
    /// The address.
    pub address: String,
    /// Bytes of plays that ended.
    pub bytes: u64,
    /// Plays asked for.
    pub requests: u64,
    /// Those that were refused.
    pub failed: u64,
}

/// What was played in a minute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlayMinute {
    /// When the minute begins.
    pub minute: UnixMs,
    /// Bytes.
    pub bytes: u64,
    /// Plays begun.
    pub requests: u64,
    /// Players, on average.
    pub online: u64,
}

/// What the players of an address did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientSum {
    /// The address.
    pub address: String,
    /// Bytes of plays that ended.
    pub bytes: u64,
    /// Plays asked for.
    pub requests: u64,
    /// Those that were refused.
    pub failed: u64,
}

/// By what clients are ordered, the largest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClientOrder {
    /// Plays asked for.
    Requests,
    /// Those that were refused.
    Failed,
    /// Bytes.
    Bytes,
}

impl Store {
    /// Adds what was counted to its minutes, and drops the minutes before `kept_from`; beyond `rows_max` rows the oldest
    /// go. On disk when this returns, all of it or nothing.
    ///
    /// # Errors
    /// [`Fault`]: the store cannot be written.
    pub async fn add_minutes(
        &self,
        streams: &[StreamMinute],
        clients: &[ClientMinute],
        kept_from: UnixMs,
        rows_max: u64,
    ) -> Result<(), Fault> {
        let failed = |error| self.reader.fault(Operation::WriteStatistics, error);
        let mut write = self.write(Operation::WriteStatistics).await?;
        let wide = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
        for row in streams {
            let put = sqlx::query(PUT)
                .bind(row.minute.0)
                .bind(i64::from(row.app.0))
                .bind(row.stream.as_str())
                .bind(wide(row.bytes_out))
                .bind(wide(row.bytes_in))
                .bind(wide(row.pictures))
                .bind(wide(row.requests))
                .bind(wide(row.online_peak))
                .bind(wide(row.online_sum))
                .bind(wide(row.samples))
                .bind(wide(row.live_ms))
                .bind(&row.client_ip)
                .bind(&row.server_ip)
                .bind(&row.domain);
            put.execute(&mut *write).await.map_err(failed)?;
        }
        for row in clients {
            let put = sqlx::query(PUT_CLIENT).bind(row.minute.0).bind(i64::from(row.app.0)).bind(&row.address);
            let put = put.bind(wide(row.bytes)).bind(wide(row.requests)).bind(wide(row.failed));
            put.execute(&mut *write).await.map_err(failed)?;
        }
        for table in ["stream_minutes", "client_minutes", "known_streams"] {
            for (query, bound) in prune(table).into_iter().zip([kept_from.0, wide(rows_max)]) {
                sqlx::query(query).bind(bound).execute(&mut *write).await.map_err(failed)?;
            }
        }
        write.commit().await.map_err(failed)
    }
}

/// By age, and then by number: the minute from which on there are as many rows as there may be.
const fn prune(table: &str) -> [&'static str; 2] {
    match table.as_bytes() {
        b"stream_minutes" => [
            "DELETE FROM stream_minutes WHERE minute < $1",
            "DELETE FROM stream_minutes WHERE minute <= (SELECT minute FROM stream_minutes \
             ORDER BY minute DESC LIMIT 1 OFFSET $1)",
        ],
        // A channel's is known for as long as there is the channel.
        b"known_streams" => [
            "DELETE FROM known_streams WHERE channel = 0 AND pushed_at < $1",
            "DELETE FROM known_streams WHERE channel = 0 AND pushed_at <= (SELECT pushed_at FROM known_streams \
             WHERE channel = 0 ORDER BY pushed_at DESC LIMIT 1 OFFSET $1)",
        ],
        _ => [
            "DELETE FROM client_minutes WHERE minute < $1",
            "DELETE FROM client_minutes WHERE minute <= (SELECT minute FROM client_minutes \
             ORDER BY minute DESC LIMIT 1 OFFSET $1)",
        ],
    }
}

impl Reader {
    /// What was played in each minute that begins within a time, of all streams or of one. Minutes without any are left
    /// out.
    ///
    /// # Errors
    /// [`Fault`]: the store cannot be read, or a row is damaged.
    pub async fn play_minutes(
        &self,
        app: AppId,
        (from, to): (UnixMs, UnixMs),
        stream: Option<&str>,
    ) -> Result<Vec<PlayMinute>, Fault> {
        let query = sqlx::query(if stream.is_some() { PLAYS_OF } else { PLAYS });
        let query = query.bind(i64::from(app.0)).bind(from.0).bind(to.0);
        let query = if let Some(stream) = stream { query.bind(stream) } else { query };
        let rows = query.fetch_all(&self.pool).await;
        let rows = rows.map_err(|error| self.fault(Operation::ReadStatistics, error))?;
        let minute = |row: &SqliteRow| {
            Ok(PlayMinute {
                minute: self.minute(row)?,
                bytes: self.count(row, "bytes")?,
                requests: self.count(row, "requests")?,
                online: self.count(row, "online")?,
            })
        };
        rows.iter().map(minute).collect()
    }

    /// Each minute within a time in which a stream was published.
    ///
    /// # Errors
    /// [`Fault`]: the store cannot be read, or a row is damaged.
    pub async fn push_minutes(
        &self,
        app: AppId,
        stream: &str,
        (from, to): (UnixMs, UnixMs),
    ) -> Result<Vec<StreamMinute>, Fault> {
        let query = sqlx::query(PUSHES).bind(i64::from(app.0)).bind(stream).bind(from.0).bind(to.0);
        let rows = query.fetch_all(&self.pool).await;
        let rows = rows.map_err(|error| self.fault(Operation::ReadStatistics, error))?;
        rows.iter().map(|row| self.stream_minute(app, row)).collect()
    }

    /// What clients did within a time, and how many there were.
    ///
    /// # Errors
    /// [`Fault`]: the store cannot be read, or a row is damaged.
    pub async fn client_sums(
        &self,
        app: AppId,
        (from, to): (UnixMs, UnixMs),
        order: ClientOrder,
        (offset, limit): (u64, u64),
    ) -> Result<(Vec<ClientSum>, u64), Fault> {
        let failed = |error| self.fault(Operation::ReadStatistics, error);
        let count = sqlx::query_scalar(CLIENTS_COUNT).bind(i64::from(app.0)).bind(from.0).bind(to.0);
        let count: i64 = count.fetch_one(&self.pool).await.map_err(failed)?;
        let order = match order {
            ClientOrder::Requests => 0_i64,
            ClientOrder::Failed => 1,
            ClientOrder::Bytes => 2,
        };
        let wide = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
        let query = sqlx::query(CLIENTS).bind(i64::from(app.0)).bind(from.0).bind(to.0).bind(order);
        let rows = query.bind(wide(limit)).bind(wide(offset)).fetch_all(&self.pool).await.map_err(failed)?;
        let sum = |row: &SqliteRow| {
            Ok(ClientSum {
                address: row.try_get("address").map_err(failed)?,
                bytes: self.count(row, "bytes")?,
                requests: self.count(row, "requests")?,
                failed: self.count(row, "failed")?,
            })
        };
        Ok((rows.iter().map(sum).collect::<Result<_, _>>()?, count.unsigned_abs()))
    }

    fn stream_minute(&self, app: AppId, row: &SqliteRow) -> Result<StreamMinute, Fault> {
        let failed = |error| self.fault(Operation::ReadStatistics, error);
        let text = |column: &'static str| row.try_get::<String, _>(column).map_err(failed);
        let odd = |_| Fault::value(self.file(), Operation::ReadStatistics, "stream_minutes", "stream");
        Ok(StreamMinute {
            minute: self.minute(row)?,
            app,
            stream: StreamName::parse(&text("stream")?).map_err(odd)?,
            bytes_out: self.count(row, "bytes_out")?,
            bytes_in: self.count(row, "bytes_in")?,
            pictures: self.count(row, "pictures")?,
            requests: self.count(row, "requests")?,
            online_peak: self.count(row, "online_peak")?,
            online_sum: self.count(row, "online_sum")?,
            samples: self.count(row, "samples")?,
            live_ms: self.count(row, "live_ms")?,
            client_ip: text("client_ip")?,
            server_ip: text("server_ip")?,
            domain: text("domain")?,
        })
    }

    fn minute(&self, row: &SqliteRow) -> Result<UnixMs, Fault> {
        row.try_get("minute").map(UnixMs).map_err(|error| self.fault(Operation::ReadStatistics, error))
    }

    fn count(&self, row: &SqliteRow, column: &'static str) -> Result<u64, Fault> {
        let count: i64 = row.try_get(column).map_err(|error| self.fault(Operation::ReadStatistics, error))?;
        u64::try_from(count).map_err(|_| Fault::value(self.file(), Operation::ReadStatistics, "stream_minutes", column))
    }
}
