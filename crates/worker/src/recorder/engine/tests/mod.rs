//! Cuts of real streams: frames go through the hub, whose follower feeds the cutter.

mod cutting;
mod property;
pub(in crate::recorder) mod scene;
