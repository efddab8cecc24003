use std::io;

use thiserror::Error;

use super::ChildReason;

/// Why a child does not run, or did not do what it was to.
#[derive(Debug, Error)]
pub enum ChildFault {
    /// As many run as may.
    #[error("{limit} programs run beside the server, the most that are allowed")]
    Full {
        /// Children allowed.
        limit: usize,
    },
    /// There is no such program.
    #[error("ffmpeg is not there: install it, or set ffmpeg.path")]
    Missing,
    /// The program could not be started.
    #[error("ffmpeg could not be started: {0}")]
    Spawn(#[source] io::Error),
    /// It ended, or was ended.
    #[error("{end}{}", said_of(said))]
    Ended {
        /// How.
        end: ChildEnd,
        /// The end of what it wrote to stderr.
        said: String,
    },
    /// It took too long.
    #[error("ffmpeg was not done within {ms} ms")]
    Late {
        /// How long it may take.
        ms: u64,
    },
    /// It writes more than it may.
    #[error("more than {max} bytes came from ffmpeg")]
    TooMuch {
        /// Bytes allowed.
        max: usize,
    },
}

fn said_of(said: &str) -> String {
    if said.is_empty() { String::new() } else { format!(": {said}") }
}

/// How a child ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum ChildEnd {
    /// By itself.
    #[error("ffmpeg ended with code {code}")]
    Exited {
        /// Its exit code.
        code: i32,
    },
    /// By a signal that was not ours.
    #[error("ffmpeg was ended by signal {signal}")]
    Signalled {
        /// The signal's number; 0 if it is not known.
        signal: i32,
    },
    /// Nothing came from it while it was given something.
    #[error("nothing came from ffmpeg for {silent_ms} ms while it was given media")]
    Hung {
        /// For how long.
        silent_ms: u64,
    },
    /// It held too much memory.
    #[error("ffmpeg held {bytes} bytes of memory, more than {max}")]
    Memory {
        /// What it held.
        bytes: u64,
        /// What it may hold.
        max: u64,
    },
    /// It took too much processor time.
    #[error("ffmpeg took {percent} % of a processor, more than {max} %")]
    Cpu {
        /// What it took, over several seconds.
        percent: u64,
        /// What it may take.
        max: u64,
    },
}

impl ChildEnd {
    /// The reason under which it is counted.
    pub const fn reason(self) -> ChildReason {
        match self {
            Self::Exited { .. } => ChildReason::Exit,
            Self::Signalled { .. } => ChildReason::Signal,
            Self::Hung { .. } => ChildReason::Hang,
            Self::Memory { .. } => ChildReason::Memory,
            Self::Cpu { .. } => ChildReason::Cpu,
        }
    }
}
