use std::pin::Pin;

use thiserror::Error;
use vivace_base::{AppId, StreamName};

use crate::engine::Resume;

/// The numbers could not be kept; the log has the reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the numbers could not be kept")]
pub struct KeepFault;

/// What a keeper promises to do.
pub type Keeping<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Keeps the numbers of playlists, so that they only grow over restarts.
pub trait Keeper: Send + Sync {
    /// Takes `count` media and discontinuity sequence numbers; the first of each. They are taken for good when this is
    /// done.
    fn take<'a>(&'a self, app: AppId, stream: &'a StreamName, count: u64) -> Keeping<'a, Result<Resume, KeepFault>>;

    /// All numbers below these are taken. Does not wait.
    fn raise(&self, app: AppId, stream: &StreamName, taken: Resume);

    /// The run is over: of what is `taken`, the numbers from `unused` on were not used. Does not wait.
    fn give_back(&self, app: AppId, stream: &StreamName, taken: Resume, unused: Resume);
}
