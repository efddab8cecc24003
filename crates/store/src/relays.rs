//! The relays that are wanted.

use sqlx::Row;
use sqlx::sqlite::SqliteRow;
use vivace_base::{AppId, StreamName, Ulid, UnixMs};
use vivace_domain::relay::{Direction, Relay, RelayUrl};

use crate::{Fault, Operation, Reader, Store};

const SELECT: &str = "SELECT id, app, direction, stream, url, enabled, created_at FROM relays ORDER BY id";
const INSERT: &str = "INSERT INTO relays (id, app, direction, stream, url, enabled, created_at) \
    VALUES ($1, $2, $3, $4, $5, $6, $7)";
const COUNT: &str = "SELECT COUNT(*) FROM relays";
const PULLED: &str = "SELECT id FROM relays WHERE app = $1 AND stream = $2 AND direction = 'pull'";
const ENABLE: &str = "UPDATE relays SET enabled = $2 WHERE id = $1";
const DELETE: &str = "DELETE FROM relays WHERE id = $1";

/// What became of a relay that was to be added.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AddRelay {
    /// It is on disk.
    Added,
    /// There are as many as may be.
    Full,
    /// Another one pulls into this stream already.
    Pulled {
        /// That one.
        by: Ulid,
    },
}

impl Store {
    /// Writes a relay, unless `relays_max` are there or another pulls into the same stream. It is on disk when this
    /// returns.
    pub async fn add_relay(&self, relay: &Relay, relays_max: usize) -> Result<AddRelay, Fault> {
        let failed = |error| self.reader.fault(Operation::WriteRelay, error);
        let mut write = self.write(Operation::WriteRelay).await?;
        let count: i64 = sqlx::query_scalar(COUNT).fetch_one(&mut *write).await.map_err(failed)?;
        if usize::try_from(count).is_ok_and(|count| count >= relays_max) {
            return Ok(AddRelay::Full);
        }
        if relay.direction == Direction::Pull {
            let found = sqlx::query_scalar(PULLED).bind(i64::from(relay.app.0)).bind(relay.stream.as_str());
            let found: Option<String> = found.fetch_optional(&mut *write).await.map_err(failed)?;
            if let Some(id) = found {
                let by = Ulid::parse(&id).map_err(|_| self.reader.odd_relay("id"))?;
                return Ok(AddRelay::Pulled { by });
            }
        }
        let insert = sqlx::query(INSERT)
            .bind(relay.id.to_string())
            .bind(i64::from(relay.app.0))
            .bind(relay.direction.as_str())
            .bind(relay.stream.as_str())
            .bind(relay.url.text().reveal())
            .bind(relay.enabled)
            .bind(relay.created_at.0);
        insert.execute(&mut *write).await.map_err(failed)?;
        write.commit().await.map_err(failed)?;
        Ok(AddRelay::Added)
    }

    /// Says whether a relay is to run. False if there is no such relay. On disk when this returns.
    pub async fn enable_relay(&self, id: Ulid, enabled: bool) -> Result<bool, Fault> {
        let failed = |error| self.reader.fault(Operation::WriteRelay, error);
        let mut write = self.write(Operation::WriteRelay).await?;
        let enable = sqlx::query(ENABLE).bind(id.to_string()).bind(enabled);
        let found = enable.execute(&mut *write).await.map_err(failed)?.rows_affected() > 0;
        write.commit_if(found).await.map_err(failed)?;
        Ok(found)
    }

    /// Removes a relay. False if there is no such relay. Gone from disk when this returns.
    pub async fn remove_relay(&self, id: Ulid) -> Result<bool, Fault> {
        let failed = |error| self.reader.fault(Operation::WriteRelay, error);
        let mut write = self.write(Operation::WriteRelay).await?;
        let removed = sqlx::query(DELETE).bind(id.to_string()).execute(&mut *write).await.map_err(failed)?;
        let removed = removed.rows_affected() > 0;
        write.commit_if(removed).await.map_err(failed)?;
        Ok(removed)
    }
}

impl Reader {
    /// Every relay, the oldest first.
    pub async fn relays(&self) -> Result<Vec<Relay>, Fault> {
        let rows = sqlx::query(SELECT).fetch_all(&self.pool).await;
        let rows = rows.map_err(|error| self.fault(Operation::ReadRelays, error))?;
        rows.iter().map(|row| self.relay(row)).collect()
    }

    fn relay(&self, row: &SqliteRow) -> Result<Relay, Fault> {
        let failed = |error| self.fault(Operation::ReadRelays, error);
        let text = |column: &'static str| row.try_get::<String, _>(column).map_err(failed);
        let odd = |column| self.odd_relay(column);
        let app: i64 = row.try_get("app").map_err(failed)?;
        Ok(Relay {
            id: Ulid::parse(&text("id")?).map_err(|_| odd("id"))?,
            app: AppId(u32::try_from(app).map_err(|_| odd("app"))?),
            direction: Direction::parse(&text("direction")?).ok_or_else(|| odd("direction"))?,
            stream: StreamName::parse(&text("stream")?).map_err(|_| odd("stream"))?,
            // It was short enough when it was written.
            url: RelayUrl::parse_source(&text("url")?, usize::MAX).map_err(|_| odd("url"))?,
            enabled: row.try_get("enabled").map_err(failed)?,
            created_at: UnixMs(row.try_get("created_at").map_err(failed)?),
        })
    }

    fn odd_relay(&self, column: &'static str) -> Fault {
        Fault::value(self.file(), Operation::ReadRelays, "relays", column)
    }
}
