//! The use cases of the live path: every decision passes here, once, whatever protocol it came by.

mod address;
mod live;

pub use address::Asked;
pub use live::{Gate, Play, Policy, Published};
