//! Live media: who gets which frame when, and who loses one.
//!
//! A stream is one log of frames. Each format that somebody reads turns a frame into bytes once; every reader of
//! that format is a cursor over the same shared bytes. The hub knows frames and budgets, and no container, user or room.

mod bounds;
mod counters;
mod cursor;
mod dates;
mod follow;
mod format;
mod history;
mod hub;
mod key_wait;
mod line;
mod pace;
mod player;
mod stream;
mod timeline;
mod tracks;

pub use counters::{Counters, Lag, THREADS_MAX, Totals};
pub use cursor::{Cursor, SLICES_MAX, Start};
pub use dates::Dated;
pub use follow::{Batch, FollowWake, Followed, Follower, Seat};
pub use format::{Format, FormatKind};
pub use history::{Block, Mark, View};
pub use hub::{Claimed, Cut, Hub, HubFault, Marker, Publisher, Reader, Replaced, Wake};
pub use pace::Pace;
pub use player::{Ask, Inbound, PlayEnd, PlayTotals};
pub use stream::{Placement, Stream, StreamState};
pub use timeline::{Timeline, Timestamp, Track};
pub use tracks::{Config, Tracks};
