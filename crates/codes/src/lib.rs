//! The catalogue of every error code Vivace answers with: 237 rows in nine tables, one table per part of the five
//! systems that Vivace stands in for.
//!
//! A row is found by (table, number), since some numbers stand in several tables with another meaning. The rows are
//! generated from `tables/*.toml`, which are the one place to edit a sentence. A face names a row by its typed symbol:
//!
//! ```
//! use vivace_codes::{Lang, LvbVideo};
//!
//! let row = LvbVideo::ChannelQuota.row();
//! assert_eq!(row.number, 20101);
//! assert!(!row.text(Lang::En).message.is_empty());
//! ```
//!
//! Pure: no socket, no file, no clock.

pub mod explain;
mod find;
mod generated;
mod row;
mod table;

pub use find::{NEAR_MAX, by_number, find, near, rows, search};
pub use generated::{AvClient, AvPush, AvRecord, AvServer, Liveroom, LvbAccess, LvbVideo, Minilvb, Zim};
pub use row::{AtFault, Lang, Retry, Row, Text};
pub use table::Table;
