use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// What a stream, or the whole hub, has done since it began. Read by metrics, the page and the log.
#[derive(Debug, Default)]
pub struct Counters {
    /// Readers attached now.
    pub readers: AtomicU64,
    /// Payload bytes received from publishers.
    pub bytes_in: AtomicU64,
    /// Bytes handed to readers' sockets.
    pub bytes_out: AtomicU64,
    /// Frames received.
    pub frames_in: AtomicU64,
    /// Pictures received.
    pub pictures_in: AtomicU64,
    /// Times that a slow reader was moved to a newer key frame.
    pub skips: AtomicU64,
    /// Discontinuities of publishers' timestamps.
    pub discontinuities: AtomicU64,
    /// Largest lag behind the newest frame among readers, in milliseconds of media time, as of the last delivery.
    pub lag_ms: AtomicU64,
}

/// One reading of [`Counters`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// See [`Counters::readers`].
    pub readers: u64,
    /// See [`Counters::bytes_in`].
    pub bytes_in: u64,
    /// See [`Counters::bytes_out`].
    pub bytes_out: u64,
    /// See [`Counters::frames_in`].
    pub frames_in: u64,
    /// See [`Counters::pictures_in`].
    pub pictures_in: u64,
    /// See [`Counters::skips`].
    pub skips: u64,
    /// See [`Counters::discontinuities`].
    pub discontinuities: u64,
    /// See [`Counters::lag_ms`].
    pub lag_ms: u64,
}

impl Counters {
    /// Reads all counters.
    pub fn read(&self) -> Totals {
        Totals {
            readers: self.readers.load(Relaxed),
            bytes_in: self.bytes_in.load(Relaxed),
            bytes_out: self.bytes_out.load(Relaxed),
            frames_in: self.frames_in.load(Relaxed),
            pictures_in: self.pictures_in.load(Relaxed),
            skips: self.skips.load(Relaxed),
            discontinuities: self.discontinuities.load(Relaxed),
            lag_ms: self.lag_ms.load(Relaxed),
        }
    }
}
