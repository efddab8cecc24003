use std::io;

use thiserror::Error;

/// Why a process does not take over from another.
#[derive(Debug, Error)]
pub enum UpgradeFault {
    /// The running server cannot be asked.
    #[error("the running server cannot be asked to hand over")]
    Unreachable(#[source] io::Error),
    /// The connection between the two broke.
    #[error("the connection between the two processes broke")]
    Broken(#[from] io::Error),
    /// The other process has closed the connection, or ended.
    #[error("the other process has closed the connection")]
    Closed,
    /// The other process did not answer in time.
    #[error("the other process said nothing for {ms} ms")]
    Late {
        /// How long.
        ms: u64,
    },
    /// The running server refuses.
    #[error("the running server does not hand over: {reason}")]
    Refused {
        /// Its words.
        reason: String,
    },
    /// What the other process said cannot be read.
    #[error("what the other process said cannot be read")]
    Malformed(#[source] serde_json::Error),
    /// The other process said something else than what comes next.
    #[error("the other process said something else than `{expected}`")]
    Unexpected {
        /// What comes next.
        expected: &'static str,
    },
    /// The two speak different versions.
    #[error("the other process speaks version {other} of the hand-over, this one version {own}")]
    Version {
        /// The other one's.
        other: u32,
        /// This one's.
        own: u32,
    },
    /// What was handed over is not what was said.
    #[error("what was handed over is not what was said: {what}")]
    Estate {
        /// What is wrong.
        what: &'static str,
    },
}
