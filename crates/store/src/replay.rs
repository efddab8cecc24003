//! The memory of signed requests: each may act once, also across a restart.
//!
//! A request is known by the hash of its credential, its `Timestamp` and its `Nonce`. The hashes of one hour of timestamps
//! stand in one file, `replay/HOUR.keys` in the data folder, and in memory: a request is looked up in memory only, and
//! appended to its file before it acts, so that a process that is killed forgets nothing. An owner ([`Replay::keep`])
//! puts the files on disk once a second and drops an hour when the clock check refuses all of its timestamps.
//!
//! What a loss of power can take is the last second. A transaction for each call would cost more than the call.

mod file;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, HashSet};
use std::hash::{BuildHasherDefault, Hasher};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use sha2::{Digest, Sha256};
use tokio::time::{MissedTickBehavior, interval};
use vivace_base::{Clock, Rng, UnixMs};
use vivace_domain::access::CLOCK_TOLERANCE_S;

use crate::Fault;
use file::KeyFile;

/// Seconds of timestamps in one file.
const HOUR_S: u64 = 3_600;
/// Between two times that the files are put on disk.
const SYNC: Duration = Duration::from_secs(1);

/// What makes a request this one and no other.
#[derive(Clone, Copy, Debug)]
pub struct RequestKey<'a> {
    /// Who signed it.
    pub secret_id: &'a str,
    /// When, in Unix seconds. The caller has checked that it is of now.
    pub timestamp_s: u64,
    /// The number that tells requests of one second apart.
    pub nonce: u64,
}

/// Whether a request may act.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    /// It has not been seen before, and is on record now.
    First,
    /// It has been seen before.
    Again,
    /// Its hour has been dropped: the clock went back, or it was at its very end.
    Forgotten,
    /// There is no room for one more.
    Full {
        /// Requests that there is room for.
        max: usize,
    },
}

/// The memory. One process has a data folder, so this is the only one of its folder.
pub struct Replay {
    dir: PathBuf,
    keys_max: usize,
    rng: Arc<dyn Rng>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    hours: BTreeMap<u64, Hour>,
    keys: usize,
    /// Timestamps before this have been dropped.
    dropped_to_s: u64,
}

struct Hour {
    file: KeyFile,
    seen: HashSet<u128, BuildHasherDefault<Plain>>,
}

impl Replay {
    /// Opens the memory in the data folder `data`, with room for `keys_max` requests. Blocks while it reads.
    ///
    /// # Errors
    /// [`Fault`]: its folder or a file of it cannot be made, read or written, or is not one of ours.
    pub fn open(data: &Path, keys_max: usize, rng: Arc<dyn Rng>, now: UnixMs) -> Result<Self, Fault> {
        let dir = data.join("replay");
        file::make_folder(&dir)?;
        let state = Mutex::new(State::read(&dir, now)?);
        Ok(Self { dir, keys_max, rng, state })
    }

    /// Reads everything once more: for a process that takes over from another one, which has gone on until now. Blocks
    /// while it reads.
    ///
    /// # Errors
    /// [`Fault`], as of [`Replay::open`].
    pub fn reload(&self, now: UnixMs) -> Result<(), Fault> {
        *self.state.lock() = State::read(&self.dir, now)?;
        Ok(())
    }

    /// Whether a request has been seen before.
    pub fn has(&self, request: &RequestKey<'_>) -> bool {
        let state = self.state.lock();
        let hour = state.hours.get(&(request.timestamp_s / HOUR_S));
        hour.is_some_and(|hour| hour.seen.contains(&request.hash(hour.file.key())))
    }

    /// Puts a request on record if it has not been seen before. Of the same at once, one gets [`Taken::First`].
    ///
    /// The record has been written, though not put on disk, when this returns; the write is short and waits for no disk.
    ///
    /// # Errors
    /// [`Fault`]: it could not be written. It is not on record then.
    pub fn take(&self, request: &RequestKey<'_>) -> Result<Taken, Fault> {
        let mut state = self.state.lock();
        let State { hours, keys, dropped_to_s } = &mut *state;
        if request.timestamp_s < *dropped_to_s {
            return Ok(Taken::Forgotten);
        }
        let number = request.timestamp_s / HOUR_S;
        let known = hours.get(&number).map(|hour| (request.hash(hour.file.key()), &hour.seen));
        if known.is_some_and(|(hash, seen)| seen.contains(&hash)) {
            return Ok(Taken::Again);
        }
        let known = known.map(|(hash, _)| hash);
        if *keys >= self.keys_max {
            return Ok(Taken::Full { max: self.keys_max });
        }
        let hour = match hours.entry(number) {
            std::collections::btree_map::Entry::Occupied(there) => there.into_mut(),
            std::collections::btree_map::Entry::Vacant(free) => {
                let mut key = [0; 32];
                self.rng.fill(&mut key);
                let file = KeyFile::create(&self.dir, number, key)?;
                free.insert(Hour { file, seen: HashSet::default() })
            }
        };
        let hash = known.unwrap_or_else(|| request.hash(hour.file.key()));
        hour.file.append(hash)?;
        hour.seen.insert(hash);
        *keys += 1;
        Ok(Taken::First)
    }

    /// Requests on record.
    pub fn len(&self) -> usize {
        self.state.lock().keys
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Puts the files on disk once a second and drops hours that have passed, for ever.
    pub async fn keep(self: &Arc<Self>, clock: &dyn Clock) {
        let mut ticks = interval(SYNC);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            self.flush(clock.unix()).await;
        }
    }

    /// Does once what [`Replay::keep`] does every second.
    pub async fn flush(self: &Arc<Self>, now: UnixMs) {
        let memory = self.clone();
        if tokio::task::spawn_blocking(move || memory.sync(now)).await.is_err() {
            tracing::error!("the memory of signed requests could not be put on disk");
        }
    }

    fn sync(&self, now: UnixMs) {
        let (passed, written) = {
            let mut state = self.state.lock();
            let passed = state.drop_passed(seconds(now));
            let written: Vec<_> = state.hours.values_mut().filter_map(|hour| hour.file.take_unsynced()).collect();
            (passed, written)
        };
        // Without the lock: calls go on meanwhile.
        for file in &written {
            if let Err(error) = file.sync_data() {
                tracing::error!(dir = %self.dir.display(), %error, "signed requests on record may not survive a loss of power");
            }
        }
        if !written.is_empty() {
            file::keep_names(&self.dir);
        }
        passed.into_iter().for_each(|hour| file::remove(hour.file.path()));
    }
}

impl State {
    fn read(dir: &Path, now: UnixMs) -> Result<Self, Fault> {
        let mut state = Self::default();
        for (hour, path) in file::list(dir)? {
            if ends_at_s(hour) <= seconds(now) {
                file::remove(&path);
                continue;
            }
            // A file without a whole head was being made when the process ended, and has no request.
            let Some((file, keys)) = KeyFile::open(&path)? else { continue };
            let seen: HashSet<u128, _> = keys.into_iter().collect();
            state.keys += seen.len();
            state.hours.insert(hour, Hour { file, seen });
        }
        Ok(state)
    }

    fn drop_passed(&mut self, now_s: u64) -> Vec<Hour> {
        let mut passed = Vec::new();
        while let Some(first) = self.hours.first_entry()
            && ends_at_s(*first.key()) <= now_s
        {
            let number = *first.key();
            let hour = first.remove();
            self.keys = self.keys.saturating_sub(hour.seen.len());
            self.dropped_to_s = number.saturating_add(1).saturating_mul(HOUR_S);
            passed.push(hour);
        }
        passed
    }
}

impl RequestKey<'_> {
    /// Keyed, so that nobody can make two requests of one hash, nor fill the memory's slots on purpose.
    fn hash(&self, key: &[u8; 32]) -> u128 {
        let mut hasher = Sha256::new();
        hasher.update(key);
        hasher.update(self.timestamp_s.to_be_bytes());
        hasher.update(self.nonce.to_be_bytes());
        hasher.update(self.secret_id.as_bytes());
        let mut short = [0; 16];
        short.iter_mut().zip(hasher.finalize()).for_each(|(short, byte)| *short = byte);
        u128::from_be_bytes(short)
    }
}

/// From when on the clock check refuses every timestamp of an hour.
const fn ends_at_s(hour: u64) -> u64 {
    hour.saturating_add(1).saturating_mul(HOUR_S).saturating_add(CLOCK_TOLERANCE_S)
}

fn seconds(now: UnixMs) -> u64 {
    u64::try_from(now.0.div_euclid(1_000)).unwrap_or(0)
}

/// Hashes what is a hash already.
#[derive(Default)]
struct Plain(u64);

impl Hasher for Plain {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            self.0 ^= chunk.iter().fold(0, |word, byte| word << 8 | u64::from(*byte));
        }
    }
}
