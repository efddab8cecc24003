//! Rows of a list that is read to its end, also where some of them are damaged.

use sqlx::Row;
use sqlx::sqlite::SqliteRow;
use vivace_base::UnixMs;

use crate::recordings::Query;
use crate::{Fault, Operation, Reader};

/// A row of a list: one that is damaged hides none of those behind it.
#[derive(Debug)]
pub struct Listed<T, K = String> {
    /// Where it is in the list, as it stands in the row: the next page is what is behind it.
    pub key: K,
    /// What it holds, or that it is damaged.
    pub row: Result<T, Fault>,
}

/// The key of a list in the order of a time: the time, and the id as it stands there.
pub type TimedKey = (UnixMs, String);

impl Reader {
    pub(crate) async fn listed<T, K>(
        &self,
        doing: Operation,
        query: Query<'_>,
        key: impl Fn(&SqliteRow) -> Result<K, sqlx::Error>,
        parse: impl Fn(&Self, &SqliteRow) -> Result<T, Fault>,
    ) -> Result<Vec<Listed<T, K>>, Fault> {
        let failed = |error| self.fault(doing, error);
        let rows = query.fetch_all(&self.pool).await.map_err(failed)?;
        let listed = |row: &SqliteRow| Ok(Listed { key: key(row).map_err(failed)?, row: parse(self, row) });
        rows.iter().map(listed).collect()
    }
}

/// Reads the key of a list in the order of ids.
pub(crate) fn id(row: &SqliteRow) -> Result<String, sqlx::Error> {
    row.try_get("id")
}

/// Reads the key of a list in the order of this time, and of ids.
pub(crate) fn timed(time: &'static str) -> impl Fn(&SqliteRow) -> Result<TimedKey, sqlx::Error> {
    move |row| Ok((UnixMs(row.try_get(time)?), id(row)?))
}

/// What a row is to be behind: a time and an id; behind nothing if not said.
pub(crate) fn cursor(after: Option<&TimedKey>) -> (i64, String) {
    after.map_or_else(|| (i64::MIN, String::new()), |(at, id)| (at.0, id.clone()))
}
