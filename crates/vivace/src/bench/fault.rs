use std::io;
use std::path::PathBuf;

use thiserror::Error;

use super::clip::ClipFault;
use super::push::PushFault;
use super::target::{Protocol, TargetFault};

/// Why a task could not be done.
#[derive(Debug, Error)]
pub(super) enum Fault {
    #[error(transparent)]
    Target(#[from] TargetFault),
    #[error("{}: {fault}", path.display())]
    Clip { path: PathBuf, fault: ClipFault },
    #[error("the publisher failed: {0}")]
    Push(#[from] PushFault),
    #[error("--proto says {given}, but the address is one of {found}")]
    Protocol { given: Protocol, found: Protocol },
    #[error("--push needs --file, the FLV file to publish")]
    FileMissing,
    #[error("{count} streams need an address with {{i}} in it, which becomes 0, 1, 2 ...")]
    Template { count: usize },
    #[error("{0} is not an RTMP address, and publishing speaks RTMP only")]
    NotRtmp(String),
    #[error("{needed} open files are needed, and this process may have {allowed}: raise `ulimit -Hn`")]
    OpenFiles { needed: u64, allowed: u64 },
    #[error("process {0} cannot be looked at: it does not run, or not on this machine")]
    NoProcess(u32),
    #[error("{} exists; it is not overwritten", .0.display())]
    Exists(PathBuf),
    #[error("ffmpeg cannot be started: {0}")]
    NoFfmpeg(io::Error),
    #[error("ffmpeg ended with {0}")]
    Ffmpeg(std::process::ExitStatus),
    #[error("{what}: {error}")]
    System { what: &'static str, error: io::Error },
    #[error("TLS: {0}")]
    Tls(#[from] rustls::Error),
    #[error("the result cannot be written as JSON: {0}")]
    Json(#[from] serde_json::Error),
}

impl Fault {
    pub(super) fn system(what: &'static str) -> impl FnOnce(rustix::io::Errno) -> Self {
        move |errno| Self::System { what, error: errno.into() }
    }
}
