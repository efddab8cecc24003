use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use parking_lot::Mutex;
use vivace_base::{MonoMs, UnixMs};
use vivace_domain::relay::Relay;
use vivace_rtmp::Traffic;

/// What a relay is doing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// The stream that it pushes is not live.
    Idle,
    /// It looks for the remote server, or waits for its grant.
    Connecting,
    /// Media passes.
    Running,
    /// It failed and tries again.
    Waiting { until: UnixMs },
    /// It failed in a way that another try does not mend.
    Failed,
    /// It is not wanted at the moment.
    Stopped,
}

impl State {
    /// Every word of [`State::as_str`].
    pub(crate) const WORDS: [&str; 6] = ["idle", "connecting", "running", "waiting", "failed", "stopped"];

    pub(crate) const fn as_str(&self) -> &'static str {
        match self {
            Self::Idle => "idle",
            Self::Connecting => "connecting",
            Self::Running => "running",
            Self::Waiting { .. } => "waiting",
            Self::Failed => "failed",
            Self::Stopped => "stopped",
        }
    }
}

/// What is known of a relay at this moment.
#[derive(Clone, Debug)]
pub(crate) struct Status {
    pub(crate) state: State,
    pub(crate) since: UnixMs,
    pub(crate) attempts: u64,
    /// Without secrets.
    pub(crate) last_error: Option<String>,
}

/// One relay.
pub(crate) struct Entry {
    pub(crate) relay: Relay,
    /// It is the source of a channel: kept as such, and no relay that an operator has added.
    pub(crate) of_channel: bool,
    pub(crate) enabled: AtomicBool,
    status: Mutex<Status>,
    pub(crate) traffic: Arc<Traffic>,
    rate: Mutex<Rate>,
}

#[derive(Clone, Copy, Default)]
struct Rate {
    at: MonoMs,
    bytes: u64,
    bits_per_second: u64,
}

impl Entry {
    pub(crate) fn new(relay: Relay, of_channel: bool) -> Self {
        let since = relay.created_at;
        let status = Status { state: State::Stopped, since, attempts: 0, last_error: None };
        Self {
            enabled: AtomicBool::new(relay.enabled),
            relay,
            of_channel,
            status: Mutex::new(status),
            traffic: Arc::default(),
            rate: Mutex::default(),
        }
    }

    pub(crate) fn status(&self) -> Status {
        self.status.lock().clone()
    }

    pub(crate) fn set(&self, state: State, now: UnixMs) {
        let mut status = self.status.lock();
        if status.state != state {
            (status.state, status.since) = (state, now);
        }
    }

    /// A connection is about to be tried: how many were tried before.
    pub(crate) fn attempt(&self, now: UnixMs) -> u64 {
        self.set(State::Connecting, now);
        let mut status = self.status.lock();
        status.attempts += 1;
        status.attempts - 1
    }

    /// It failed. True if it was for another reason than the last time.
    pub(crate) fn fail(&self, reason: String) -> bool {
        let mut status = self.status.lock();
        let new = status.last_error.as_ref() != Some(&reason);
        status.last_error = Some(reason);
        new
    }

    /// Why media does not pass at the moment; none while it does, and before the first try has failed.
    pub(crate) fn failure(&self) -> Option<String> {
        let status = self.status.lock();
        let runs = matches!(status.state, State::Running | State::Stopped);
        if runs { None } else { status.last_error.clone() }
    }

    /// It begins anew.
    pub(crate) fn begin(&self) {
        let mut status = self.status.lock();
        (status.attempts, status.last_error) = (0, None);
    }

    pub(crate) fn look(&self, now: MonoMs) {
        let bytes = self.traffic.bytes.load(Relaxed);
        let mut rate = self.rate.lock();
        let bits_per_second = (bytes - rate.bytes) * 8 * 1_000 / now.since(rate.at).max(1);
        *rate = Rate { at: now, bytes, bits_per_second };
    }

    pub(crate) fn bits_per_second(&self) -> u64 {
        self.rate.lock().bits_per_second
    }
}
