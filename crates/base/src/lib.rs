//! What every other crate of Vivace stands on: parsed names, media time, limits, clock and randomness.
//!
//! Pure: no socket, no file, no runtime, and no clock of its own.

pub mod calendar;
mod clock;
mod ids;
mod limits;
mod live_limits;
mod secret;
mod time;
mod ulid;

pub use clock::{Clock, MonoMs, Rng, UnixMs};
pub use ids::{AppId, NameFault, SessionId, StreamName};
pub use limits::{LimitField, Limits, RTMP_CHUNK_BYTES_OUT};
pub use live_limits::{LimitsFollower, LiveLimits};
pub use secret::Secret;
pub use time::MediaTime;
pub use ulid::{Ulid, UlidFault};
