//! What a code means, asked for as the command line has it and answered as text or JSON.
//!
//! ```
//! use vivace_codes::{Lang, explain};
//!
//! let found = explain::explain("lvb-video/20101").expect("in the catalogue");
//! assert!(found.text(Lang::En).starts_with("lvb-video/20101"));
//! assert!(explain::explain("lvb-vidio/20101").unwrap_err().to_string().contains("lvb-video"));
//! ```

mod json;
mod query;
mod text;

use thiserror::Error;

pub use json::row_json;
pub use query::{QUERY_BYTES_MAX, explain};

use crate::{Lang, Row, Table};

/// The rows that answer a query; never empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// One row, or several where the number or name stands in several places.
    pub rows: Vec<&'static Row>,
}

impl Explanation {
    /// The rows as plain text to read, with an empty line between two rows and a line end at the end.
    pub fn text(&self, lang: Lang) -> String {
        let parts: Vec<String> = self.rows.iter().map(|row| text::row_text(row, lang)).collect();
        parts.join("\n")
    }

    /// The rows as a JSON array of [`row_json`] objects.
    pub fn json(&self) -> serde_json::Value {
        self.rows.iter().map(|row| row_json(row)).collect()
    }
}

/// Why a query has no answer.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ExplainError {
    /// The number is in no table, or not in the table that was named.
    #[error("{}", text::unknown_number(*.table, *.number, .near))]
    UnknownNumber {
        /// The table that was named, if one was.
        table: Option<Table>,
        /// The number that was asked for.
        number: u32,
        /// The rows of [`crate::near`], nearest first.
        near: Vec<&'static Row>,
    },
    /// No table has this name.
    #[error("no table is called \"{}\"; the nearest name is \"{nearest}\"", .name.escape_debug())]
    UnknownTable {
        /// The name that was given.
        name: String,
        /// The table whose name is nearest.
        nearest: Table,
    },
    /// Nothing that could name a row.
    #[error("\"{}\" names no code; give a number such as 20101, or table/number such as lvb-video/20101", .query.escape_debug())]
    Malformed {
        /// The query, cut to [`QUERY_BYTES_MAX`] bytes.
        query: String,
    },
}
