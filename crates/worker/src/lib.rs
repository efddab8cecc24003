//! Long jobs beside the live path: telling customers' servers what happens.

mod callbacks;
mod counts;
mod deliver;
mod post;
mod record;
#[cfg(test)]
mod tests;

pub use callbacks::{Alone, CallbackEvent, CallbackSettings, Callbacks, Face, Parts, PushEnd, PushErrors};
pub use counts::{CallbackCounts, REASONS};
pub use post::PostFault;
