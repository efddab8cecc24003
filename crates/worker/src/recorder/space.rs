//! How much room the disk has for recordings.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use super::disk::DiskFault;
use super::shared::Shared;

/// How often the room is looked at.
const LOOK: Duration = Duration::from_secs(1);

/// What the room that is left allows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Room {
    /// Everything.
    #[default]
    Enough,
    /// What runs goes on, nothing begins.
    Low,
    /// What runs is closed in order, while there is room for that.
    Out,
}

impl Room {
    /// By the bytes that are free, and those that are to be. What was short of room has enough again only when there is
    /// an eighth more than that: else it would begin and end with every file that somebody deletes.
    pub(crate) const fn of(free: u64, min: u64, before: Self) -> Self {
        let again = min.saturating_add(min / 8);
        if free < min / 2 {
            Self::Out
        } else if free < min || matches!(before, Self::Low | Self::Out) && free < again {
            Self::Low
        } else {
            Self::Enough
        }
    }

    const fn from_number(number: u8) -> Self {
        match number {
            0 => Self::Enough,
            1 => Self::Low,
            _ => Self::Out,
        }
    }
}

/// The room as it was seen last.
#[derive(Debug)]
pub(crate) struct Seen {
    room: AtomicU8,
    free: AtomicU64,
}

impl Seen {
    pub(crate) const fn new() -> Self {
        Self { room: AtomicU8::new(0), free: AtomicU64::new(u64::MAX) }
    }

    pub(crate) fn room(&self) -> Room {
        Room::from_number(self.room.load(Relaxed))
    }

    /// Bytes that were free.
    pub(crate) fn free(&self) -> u64 {
        self.free.load(Relaxed)
    }

    /// Takes note of what is free; the room before and now.
    pub(crate) fn note(&self, free: u64, min: u64) -> (Room, Room) {
        let before = self.room();
        let now = Room::of(free, min, before);
        self.free.store(free, Relaxed);
        self.room.store(now as u8, Relaxed);
        (before, now)
    }
}

/// Bytes that this user may still write to the file system of a folder.
///
/// # Errors
/// [`DiskFault`]: the system does not tell.
pub(crate) fn free_bytes(folder: &Path) -> Result<u64, DiskFault> {
    let room = rustix::fs::statvfs(folder).map_err(|errno| DiskFault::of(folder, &errno.into()))?;
    Ok(room.f_bavail.saturating_mul(room.f_frsize))
}

/// Looks how much room there is, about once a second. A disk that does not answer keeps the last answer.
pub(crate) async fn watch(shared: Arc<Shared>, stop: CancellationToken) {
    loop {
        match shared.disk.look(|folders| free_bytes(folders.root())).await {
            Ok(free) => {
                let (before, now) = shared.space.note(free, shared.settings().free_bytes_min);
                if before != now {
                    match now {
                        Room::Enough => tracing::info!(free, "there is room for recordings again"),
                        Room::Low => tracing::error!(free, "too little room: no recording begins"),
                        Room::Out => tracing::error!(free, "hardly any room: recordings are closed"),
                    }
                    shared.wake.notify_one();
                }
            }
            Err(fault) => tracing::error!(%fault, "it is not known how much room the disk has"),
        }
        tokio::select! {
            () = sleep(LOOK) => {}
            () = stop.cancelled() => return,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Room::{Enough, Low, Out};
    use super::{Room, Seen};

    #[test]
    fn what_was_short_of_room_wants_more_than_the_mark_before_it_goes_on() {
        for (free, before, expected) in [
            (100, Enough, Enough),
            (99, Enough, Low),
            (50, Low, Low),
            (49, Low, Out),
            (100, Low, Low),
            (111, Low, Low),
            (112, Low, Enough),
            (60, Out, Low),
            (112, Out, Enough),
        ] {
            assert_eq!(Room::of(free, 100, before), expected, "{free} {before:?}");
        }
        assert_eq!(Room::of(0, 0, Enough), Enough);
    }

    #[test]
    fn the_room_is_that_of_the_last_look() {
        let seen = Seen::new();
        assert_eq!(seen.note(10, 100), (Enough, Out));
        assert_eq!((seen.room(), seen.free()), (Out, 10));
        assert_eq!(seen.note(200, 100), (Out, Enough));
    }
}
