//! Pages of the log of events.

use sqlx::{QueryBuilder, Row};

use super::{EventKind, LiveEvent};
use crate::{Fault, Operation, Reader};

const COLUMNS: &str =
    "SELECT id, at, session, stream, peer, kind, code_table, code, detail FROM live_events WHERE id < ";

/// Which events are listed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EventFilter {
    /// Those with a code only: what was refused, or ended for a reason of the catalogue.
    pub coded: bool,
    /// Of this kind only.
    pub kind: Option<EventKind>,
    /// Of this stream only.
    pub stream: Option<String>,
    /// With smaller numbers than this only.
    pub before: Option<i64>,
}

/// An event that is in the store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventRow {
    /// Its number, which grows and is never used again.
    pub id: i64,
    /// The event.
    pub event: LiveEvent,
}

impl Reader {
    /// Events, newest first, at most `count`.
    ///
    /// # Errors
    /// [`Fault`]: the store cannot be read, or a row is damaged.
    pub async fn events(&self, filter: &EventFilter, count: u32) -> Result<Vec<EventRow>, Fault> {
        let failed = |error| self.fault(Operation::ReadEvents, error);
        let mut query = QueryBuilder::new(COLUMNS);
        query.push_bind(filter.before.unwrap_or(i64::MAX));
        if filter.coded {
            query.push(" AND code IS NOT NULL");
        }
        if let Some(kind) = filter.kind {
            query.push(" AND kind = ").push_bind(kind.as_str());
        }
        if let Some(stream) = &filter.stream {
            query.push(" AND stream = ").push_bind(stream.clone());
        }
        query.push(" ORDER BY id DESC LIMIT ").push_bind(i64::from(count));
        let rows = query.build().fetch_all(&self.pool).await.map_err(failed)?;
        let event = |row| Ok(EventRow { id: Row::try_get(row, "id").map_err(failed)?, event: self.event(row)? });
        rows.iter().map(event).collect()
    }
}
