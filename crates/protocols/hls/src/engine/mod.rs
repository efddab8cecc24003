//! From frames to segments, parts and playlists, without any I/O and without a clock.

pub mod archive;
pub mod fuzz;
mod ladder;
mod lane;
mod master;
mod open;
mod playlist;
mod query;
pub mod reels;
mod segmenter;
mod settings;
pub mod source;
#[cfg(test)]
mod tests;
mod transport;
mod window;

pub use ladder::{Rung, rungs};
pub use master::master;
pub use playlist::{TOKEN, date, media};
pub use query::{Directives, QueryFault, Skip};
pub use segmenter::Segmenter;
pub use settings::{Container, Flavor, Resume, Settings};
pub use window::{Init, Part, Segment, Wanted, Window};
