//! The rules of Vivace as values: apps and their keys, signed addresses, who may hold a stream name, and every reason
//! for which a publish or a play is refused or ends.
//!
//! Pure: a function takes `now` and values and returns values. No socket, no file, no clock, no number of a code.

pub mod app;
pub mod claim;
pub mod live;
pub mod url;

pub use app::{App, Keys};
