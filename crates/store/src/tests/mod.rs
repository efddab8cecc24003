mod api3;
mod apps;
mod archive;
mod audit;
mod channels;
mod crash;
mod credentials;
mod events;
mod faults;
mod folder;
mod hls;
mod known;
mod opening;
mod outbox;
mod pictures;
mod record_tasks;
mod recordings;
mod relays;
mod uploads;

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use vivace_base::{Limits, Rng, SessionId, UnixMs};

use crate::{EventKind, LiveEvent, Store};

const NOW: UnixMs = UnixMs(1_700_000_000_000);

/// A folder of its own for one test, removed at its end.
pub(crate) struct Dir(PathBuf);

impl Dir {
    pub(crate) fn new() -> Self {
        static MADE: AtomicU64 = AtomicU64::new(0);
        let number = MADE.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("vivace-store-{}-{number}", std::process::id()));
        std::fs::create_dir(&path).unwrap();
        Self(path)
    }

    /// The data folder in it, which is not made yet.
    pub(crate) fn data(&self) -> PathBuf {
        self.0.join("data")
    }
}

impl Drop for Dir {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Seeded, so that a test can tell two apps apart.
pub(crate) struct Seeded(AtomicU64);

impl Seeded {
    pub(crate) fn new(seed: u64) -> Self {
        Self(AtomicU64::new(seed))
    }
}

impl Rng for Seeded {
    fn fill(&self, out: &mut [u8]) {
        let mut state = self.0.load(Ordering::Relaxed);
        for byte in out {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            *byte = (state >> 32) as u8;
        }
        self.0.store(state, Ordering::Relaxed);
    }
}

fn limits() -> Limits {
    Limits { store_busy_ms_max: 400, ..Limits::default() }
}

async fn open(dir: &Path) -> Store {
    Store::open(dir, &limits()).await.unwrap()
}

fn event(kind: EventKind, detail: &str) -> LiveEvent {
    LiveEvent {
        at: NOW,
        session: SessionId(u64::MAX - 1),
        stream: Some("cam".to_owned()),
        peer: "192.0.2.1:40000".to_owned(),
        kind,
        table: None,
        code: None,
        detail: detail.to_owned(),
    }
}
