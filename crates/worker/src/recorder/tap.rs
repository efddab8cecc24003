use std::sync::{Arc, OnceLock};

use vivace_base::{Clock, MonoMs};
use vivace_hub::{Followed, Follower, Stream};

/// The frames of a stream, from the moment on that the recorder hears of it: what comes while its turn is not there yet
/// waits, as much as a follower may.
pub(crate) struct Tap {
    follower: Follower,
    first_at: Arc<OnceLock<MonoMs>>,
}

impl Tap {
    /// Follows a stream from the GOP on that the hub has; at most `frames_max` wait.
    pub(crate) fn new(stream: &Arc<Stream>, clock: &Arc<dyn Clock>, frames_max: usize) -> Self {
        let first_at = Arc::new(OnceLock::new());
        let (clock, noted) = (clock.clone(), first_at.clone());
        let wake = move || {
            noted.get_or_init(|| clock.mono());
        };
        Self { follower: stream.follow(frames_max, Box::new(wake)), first_at }
    }

    /// Takes what waits.
    pub(crate) fn take(&self) -> Followed {
        self.follower.take()
    }

    /// When the first of its frames came; of a stream that had some before it was followed, when it was followed.
    pub(crate) fn first_at(&self) -> Option<MonoMs> {
        self.first_at.get().copied()
    }
}
