//! Long jobs beside the live path: telling customers' servers what happens, recording, and taking screenshots.

mod about;
mod callbacks;
pub mod child;
mod counts;
mod deliver;
pub mod fuzz;
mod image;
pub mod pictures;
mod post;
mod record;
pub mod recorder;
#[cfg(test)]
mod tests;
pub mod transcode;
pub mod uploads;
mod waits;

pub use about::HookAbout;
pub use callbacks::{Alone, CallbackEvent, CallbackSettings, Callbacks, Face, Parts, PushEnd, PushErrors};
pub use counts::{CallbackCounts, REASONS};
pub use post::PostFault;
