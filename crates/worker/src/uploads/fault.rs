use std::io;
use std::path::PathBuf;

use thiserror::Error;
use vivace_domain::live::PlayFault;
use vivace_store::Fault;

/// What happened to a request to the bucket.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum CallFault {
    /// There is no connection to the storage.
    #[error("{0}")]
    Connect(String),
    /// It took too long.
    #[error("no whole answer came within {ms} ms")]
    Timeout {
        /// The limit for all of it.
        ms: u64,
    },
    /// The connection ended, or what came over it is not HTTP.
    #[error("the connection ended without a whole answer: {0}")]
    Broken(String),
    /// The storage refuses.
    #[error("the storage answers with status {status}{}{code}: {message}", if code.is_empty() { "" } else { ", " })]
    Answer {
        /// The status.
        status: u16,
        /// Its word for it, such as `NoSuchBucket`; may be empty.
        code: String,
        /// Its sentence.
        message: String,
    },
}

/// Why a recording is not uploaded, or its copy not deleted.
#[derive(Debug, Error)]
pub enum UploadFault {
    /// The bucket was not reached, or refuses.
    #[error(transparent)]
    Call(#[from] CallFault),
    /// What the storage answers makes no sense.
    #[error("the storage's answer is not understood: {0}")]
    Answer(String),
    /// The settings of the bucket cannot be used.
    #[error("{0}")]
    Settings(&'static str),
    /// What is in the bucket is not what was sent.
    #[error("what the bucket has of {key} is not what was sent: {what}; it is sent anew")]
    Verify {
        /// The object.
        key: String,
        /// What differs.
        what: String,
    },
    /// The file on this server's disk cannot be read.
    #[error("{} cannot be read: {source}", file.display())]
    Disk {
        /// The file.
        file: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// There is no playlist of what was recorded.
    #[error("there is no playlist of it: {0}")]
    Playlist(#[from] PlayFault),
    /// It is longer than anything that can be uploaded.
    #[error("it has {bytes} bytes, more than can be uploaded ({max})")]
    TooLong {
        /// Its bytes.
        bytes: u64,
        /// What can be.
        max: u64,
    },
    /// The copy is in another bucket than the one that is set.
    #[error("its copy is in {place}, which is not the bucket that is set: set that one, or delete it there by hand")]
    Elsewhere {
        /// Where it is.
        place: String,
    },
    /// The store.
    #[error(transparent)]
    Store(#[from] Fault),
    /// This server's own code failed.
    #[error("this server failed: see its log")]
    Internal,
}

/// What [`UploadFault::reason`] gives, for the metrics.
pub const UPLOAD_REASONS: [&str; 10] =
    ["connect", "timeout", "broken", "refused", "status", "verify", "disk", "settings", "internal", "bucket"];

impl UploadFault {
    /// Its place in [`UPLOAD_REASONS`].
    pub(crate) fn reason(&self) -> usize {
        match self {
            Self::Call(CallFault::Connect(_)) => 0,
            Self::Call(CallFault::Timeout { .. }) => 1,
            Self::Call(CallFault::Broken(_)) => 2,
            Self::Call(CallFault::Answer { status: 401 | 403, .. }) => 3,
            Self::Call(CallFault::Answer { .. }) if self.is_no_bucket() => 9,
            Self::Call(CallFault::Answer { .. }) | Self::Answer(_) => 4,
            Self::Verify { .. } => 5,
            Self::Disk { .. } | Self::Playlist(_) | Self::TooLong { .. } => 6,
            Self::Settings(_) | Self::Elsewhere { .. } => 7,
            Self::Store(_) | Self::Internal => 8,
        }
    }

    /// The word at that place.
    pub(crate) fn word(&self) -> &'static str {
        UPLOAD_REASONS.get(self.reason()).copied().unwrap_or("internal")
    }

    /// Whether it is the storage's, and would be that of any recording.
    pub(crate) const fn is_of_bucket(&self) -> bool {
        matches!(self, Self::Call(_) | Self::Answer(_) | Self::Settings(_) | Self::Elsewhere { .. })
    }

    /// Whether no further try can go better: the recording itself is such that it cannot be uploaded.
    pub(crate) const fn is_final(&self) -> bool {
        match self {
            Self::Playlist(fault) => matches!(fault, PlayFault::UnsupportedCodec { .. } | PlayFault::NotKept),
            other => matches!(other, Self::TooLong { .. }),
        }
    }

    /// Whether the storage knows nothing of what was asked for.
    pub(crate) const fn is_missing(&self) -> bool {
        matches!(self, Self::Call(CallFault::Answer { status: 404, .. }))
    }

    /// Whether the bucket itself is not there.
    pub(crate) fn is_no_bucket(&self) -> bool {
        matches!(self, Self::Call(CallFault::Answer { code, .. }) if code == "NoSuchBucket")
    }

    /// The typed reason in an error of the library.
    pub(super) fn of(error: &object_store::Error) -> Self {
        let mut source: Option<&(dyn std::error::Error + 'static)> = Some(error);
        while let Some(inner) = source {
            if let Some(call) = inner.downcast_ref::<CallFault>() {
                return Self::Call(call.clone());
            }
            source = inner.source();
        }
        let text = error.to_string();
        Self::Answer(text.chars().take(400).collect())
    }
}
