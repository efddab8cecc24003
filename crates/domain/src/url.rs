//! Push and play addresses and their protection: `txSecret = md5(KEY + StreamName + txTime)`, `txTime` the expiry.

mod address;
mod file;
pub mod fuzz;
mod query;
mod shift;
mod signature;
#[cfg(test)]
mod tests;

pub use address::{Stamp, play_url, push_url};
pub use file::{FileFault, PlayFormat, split_file};
pub use query::{QueryFault, StartAt, StreamQuery};
pub use shift::{Past, Shift, ShiftFault};
pub use signature::{KeyPair, Signature, SignatureFault, Verified, WhichKey, sign, verify_play, verify_push};
