//! The rules of Vivace as values: apps and their keys, signed addresses, who may hold a stream name, and every reason
//! for which a publish or a play is refused or ends.
//!
//! Pure: a function takes `now` and values and returns values. No socket, no file, no clock, no number of a code.

pub mod access;
pub mod account;
pub mod api_sign;
pub mod app;
pub mod channel;
pub mod claim;
pub mod fuzz;
pub mod hook;
pub mod host;
pub mod ingest;
pub mod ip_list;
pub mod live;
pub mod picture;
mod place;
mod reach;
pub mod recording;
pub mod relay;
pub mod rendition;
pub mod rule;
pub mod task;
mod text;
pub mod url;
pub mod watermark;

pub use app::{App, Keys};
pub use text::{hex, unescape};
