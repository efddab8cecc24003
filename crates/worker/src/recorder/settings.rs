use vivace_base::MediaTime;
use vivace_domain::recording::Formats;

/// How streams are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordSettings {
    /// Whether anything is.
    pub on: bool,
    /// About how long a part is: what a crash costs.
    pub part: MediaTime,
    /// How long a media file is at least, before another begins at a key frame.
    pub file: MediaTime,
    /// What every push is kept in; nothing if empty.
    pub policy: Formats,
    /// Longest time of one recording where nothing else is said, in milliseconds; 0 for no such bound.
    pub interval_ms: u64,
    /// How recordings are named where nothing else is said.
    pub name: String,
    /// Bytes that are to stay free: below that nothing begins, below half of it what runs is closed.
    pub free_bytes_min: u64,
    /// How long a recording is kept, in milliseconds; 0 for ever.
    pub keep_ms: u64,
    /// Bytes of an app's recordings and media; 0 for no such bound.
    pub bytes_max: u64,
    /// How long media is kept without a recording, for time shift, in milliseconds; 0 keeps none.
    pub shift_ms: u64,
    /// How long a deletion can be taken back, in milliseconds.
    pub undo_ms: u64,
    /// What a second storage means for the first.
    pub upload: UploadRules,
}

/// What a second storage, the bucket, means for what is kept on disk.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct UploadRules {
    /// Whether recordings are uploaded.
    pub on: bool,
    /// How long an uploaded recording's files stay on disk, in milliseconds; as long as the recording if not said.
    pub keep_local_ms: Option<u64>,
    /// Age and size may take away what is not uploaded yet.
    pub expire_waiting: bool,
}
