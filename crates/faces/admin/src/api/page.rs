//! Pages of lists: how many rows, and where the next page begins.

use super::answer::Refusal;
use super::fields::{Field, Given, Kind};
use crate::Items;

/// Rows of a page if nothing is said.
const LIMIT: i64 = 50;
const LIMIT_MAX: i64 = 500;

/// `limit`, a field of every list.
pub(crate) const LIMIT_FIELD: Field =
    Field::new("limit", Kind::Whole(1, LIMIT_MAX), "Rows of the page at most; 50 if it is not given.");
/// `cursor`, likewise.
pub(crate) const CURSOR_FIELD: Field =
    Field::new("cursor", Kind::Text, "`next` of the page before; it is not to be made or changed by clients.");
/// What a list without filters takes.
pub(crate) const PAGE: &[Field] = &[LIMIT_FIELD, CURSOR_FIELD];

/// A page that is asked for.
pub(crate) struct Page {
    pub(crate) limit: usize,
}

impl Page {
    pub(crate) fn of(query: &Given) -> Self {
        Self { limit: usize::try_from(query.whole("limit").unwrap_or(LIMIT)).unwrap_or(1) }
    }

    /// One row more than the page has: it tells whether there is a next page.
    pub(crate) fn rows(&self) -> u32 {
        u32::try_from(self.limit.saturating_add(1)).unwrap_or(u32::MAX)
    }

    /// The page out of [`rows`](Self::rows) rows; `place` says where a row stands.
    pub(crate) fn cut<R, T>(
        &self,
        mut rows: Vec<R>,
        list: &str,
        place: impl Fn(&R) -> String,
        view: impl FnMut(R) -> T,
    ) -> Items<T> {
        let is_last = rows.len() <= self.limit;
        rows.truncate(self.limit);
        let next = if is_last { None } else { rows.last().map(|last| format!("{list}.{}", place(last))) };
        Items { items: rows.into_iter().map(view).collect(), next }
    }
}

/// What the cursor of a list says; none on the first page.
pub(crate) fn cursor<T>(query: &Given, list: &str, read: impl Fn(&str) -> Option<T>) -> Result<Option<T>, Refusal> {
    let Some(cursor) = query.text("cursor") else { return Ok(None) };
    let place = cursor.strip_prefix(list).and_then(|rest| rest.strip_prefix('.')).and_then(read);
    place.map(Some).ok_or_else(|| Refusal::field("cursor", "it is not one that this list has given out"))
}

/// [`cursor`] of a list whose rows have growing numbers.
pub(crate) fn number_cursor(query: &Given, list: &str) -> Result<Option<i64>, Refusal> {
    cursor(query, list, |text| text.parse().ok().filter(|number| *number > 0))
}
