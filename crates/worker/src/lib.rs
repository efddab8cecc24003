//! Long jobs beside the live path: telling customers' servers what happens, recording, and taking screenshots.

mod about;
mod callbacks;
pub mod child;
mod counts;
mod deliver;
pub mod pictures;
mod post;
mod record;
pub mod recorder;
#[cfg(test)]
mod tests;
pub mod transcode;
pub mod uploads;

pub use about::HookAbout;
pub use callbacks::{Alone, CallbackEvent, CallbackSettings, Callbacks, Face, Parts, PushEnd, PushErrors};
pub use counts::{CallbackCounts, REASONS};
pub use post::PostFault;

/// A clock that goes back by more was set: those that are steered creep.
const SET_BACK_MS: i64 = 10_000;
