use std::sync::atomic::{AtomicU32, AtomicU64, Ordering::Relaxed};

/// Delivery threads that a stream can tell apart.
pub const THREADS_MAX: usize = 64;

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
    /// Batches of frames handed on together.
    pub batches: AtomicU64,
    /// Times that a slow reader was moved to a newer key frame.
    pub skips: AtomicU64,
    /// Discontinuities of publishers' timestamps.
    pub discontinuities: AtomicU64,
    /// Times that what is kept for new readers was let go: no key frame came for too long, or too many bytes before it.
    pub gops_let_go: AtomicU64,
    /// How far readers are behind the newest frame.
    pub lag_ms: Lag,
}

/// The largest lag among each delivery thread's readers, in milliseconds of media time, as of its last delivery.
#[derive(Debug)]
pub struct Lag([AtomicU32; THREADS_MAX]);

impl Default for Lag {
    fn default() -> Self {
        Self(std::array::from_fn(|_| AtomicU32::new(0)))
    }
}

impl Lag {
    /// The largest lag among the readers of one thread (0 to [`THREADS_MAX`] - 1) is `ms`; 0 when it has none any more.
    pub fn set(&self, thread: usize, ms: u64) {
        if let Some(lag) = self.0.get(thread) {
            lag.store(u32::try_from(ms).unwrap_or(u32::MAX), Relaxed);
        }
    }

    /// The largest lag among the readers of all threads.
    pub fn max(&self) -> u64 {
        self.0.iter().map(|lag| lag.load(Relaxed)).max().map_or(0, u64::from)
    }
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
    /// See [`Counters::batches`].
    pub batches: u64,
    /// See [`Counters::skips`].
    pub skips: u64,
    /// See [`Counters::discontinuities`].
    pub discontinuities: u64,
    /// See [`Counters::gops_let_go`].
    pub gops_let_go: u64,
    /// The largest of [`Counters::lag_ms`].
    pub lag_ms: u64,
}

impl Totals {
    /// Adds what another stream has done; the larger lag of the two stays.
    pub fn add(&mut self, other: Self) {
        self.readers += other.readers;
        self.bytes_in += other.bytes_in;
        self.bytes_out += other.bytes_out;
        self.frames_in += other.frames_in;
        self.pictures_in += other.pictures_in;
        self.batches += other.batches;
        self.skips += other.skips;
        self.discontinuities += other.discontinuities;
        self.gops_let_go += other.gops_let_go;
        self.lag_ms = self.lag_ms.max(other.lag_ms);
    }
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
            batches: self.batches.load(Relaxed),
            skips: self.skips.load(Relaxed),
            discontinuities: self.discontinuities.load(Relaxed),
            gops_let_go: self.gops_let_go.load(Relaxed),
            lag_ms: self.lag_ms.max(),
        }
    }
}
