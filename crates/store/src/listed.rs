//! Rows of a list that is read to its end, also where some of them are damaged.

use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use crate::recordings::Query;
use crate::{Fault, Operation, Reader};

/// A row of a list: one that is damaged hides none of those behind it.
#[derive(Debug)]
pub struct Listed<T> {
    /// Its id, as it stands there: the next page is what is behind it.
    pub id: String,
    /// What it holds, or that it is damaged.
    pub row: Result<T, Fault>,
}

impl Reader {
    pub(crate) async fn listed<T>(
        &self,
        query: Query<'_>,
        parse: impl Fn(&Self, &SqliteRow) -> Result<T, Fault>,
    ) -> Result<Vec<Listed<T>>, Fault> {
        let failed = |error| self.fault(Operation::ReadRecordings, error);
        let rows = query.fetch_all(&self.pool).await.map_err(failed)?;
        let listed = |row: &SqliteRow| {
            let id = row.try_get("id").map_err(failed)?;
            Ok(Listed { id, row: parse(self, row) })
        };
        rows.iter().map(listed).collect()
    }
}
