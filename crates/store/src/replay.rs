//! The memory of signed requests: each may act once, also across a restart.
//!
//! A request is known by the hash of its credential, its `Timestamp` and its `Nonce`. The hashes of one hour of timestamps
//! stand in one file, `replay/HOUR.keys` in the data folder, and in memory: a request is looked up in memory only, and
//! appended to its file before it acts, so that a process that is killed forgets nothing. Requests that come at the same
//! moment share one write. An owner ([`Replay::keep`]) puts the files on disk once a second and drops an hour when the
//! clock check refuses all of its timestamps.
//!
//! What a loss of power can take is the last second. A transaction for each call would cost more than the call.

mod file;
#[cfg(test)]
mod tests;

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, HashSet};
use std::hash::{BuildHasherDefault, Hasher};
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
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
    /// Those of `seen` that the file does not have yet, in their order.
    unwritten: Vec<u128>,
    /// What their requests wait for.
    batch: Arc<Batch>,
}

/// Requests whose records are written together, and what became of the write.
#[derive(Default)]
struct Batch(OnceLock<Result<(), Arc<Fault>>>);

/// A request that has been looked up: what its record is to be.
#[derive(Clone, Copy, Debug)]
pub struct LookedUp {
    hour: u64,
    /// None while its hour has no file, whose key goes into the hash.
    hash: Option<u128>,
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

    /// Looks a request up; none if it has been seen before.
    pub fn look_up(&self, request: &RequestKey<'_>) -> Option<LookedUp> {
        let state = self.state.lock();
        let number = request.timestamp_s / HOUR_S;
        let Some(hour) = state.hours.get(&number) else { return Some(LookedUp { hour: number, hash: None }) };
        let hash = request.hash(hour.file.key());
        (!hour.seen.contains(&hash)).then_some(LookedUp { hour: number, hash: Some(hash) })
    }

    /// Puts a request that was looked up on record if it has not been seen since. Of the same at once, one gets
    /// [`Taken::First`].
    ///
    /// The record has been written, though not put on disk, when this returns; the write is short and waits for no disk.
    /// It is shared by all requests that are ready at the same moment, so this gives them their turn once.
    ///
    /// # Errors
    /// [`Fault`]: it could not be written. It is not on record then.
    pub async fn take(&self, request: &RequestKey<'_>, looked_up: LookedUp) -> Result<Taken, Arc<Fault>> {
        let batch = match self.state.lock().note(self, request, looked_up)? {
            Noted::New(batch) => batch,
            Noted::Not(taken) => return Ok(taken),
        };
        tokio::task::yield_now().await;
        if batch.0.get().is_none() {
            self.state.lock().write(looked_up.hour);
        }
        // Without an outcome its hour has been dropped meanwhile.
        batch.0.get().map_or(Ok(Taken::Forgotten), |done| done.clone().map(|()| Taken::First))
    }

    const fn full(&self) -> Noted {
        Noted::Not(Taken::Full { max: self.keys_max })
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
            // Of calls that were given up before their turn came.
            let hours: Vec<_> = state.hours.keys().copied().collect();
            hours.into_iter().for_each(|hour| state.write(hour));
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

/// What became of a request that was to be put on record.
enum Noted {
    /// It is to be written with these.
    New(Arc<Batch>),
    /// It is not.
    Not(Taken),
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
            state.hours.insert(hour, Hour { file, seen, unwritten: Vec::new(), batch: Arc::default() });
        }
        Ok(state)
    }

    /// Puts a request on record in memory, and among those that are to be written.
    fn note(&mut self, replay: &Replay, request: &RequestKey<'_>, looked_up: LookedUp) -> Result<Noted, Arc<Fault>> {
        let Self { hours, keys, dropped_to_s } = self;
        if request.timestamp_s < *dropped_to_s {
            return Ok(Noted::Not(Taken::Forgotten));
        }
        let hour = match hours.entry(looked_up.hour) {
            Entry::Occupied(there) => there.into_mut(),
            Entry::Vacant(_) if *keys >= replay.keys_max => return Ok(replay.full()),
            Entry::Vacant(free) => {
                let mut key = [0; 32];
                replay.rng.fill(&mut key);
                let file = KeyFile::create(&replay.dir, looked_up.hour, key)?;
                let (seen, unwritten, batch) = (HashSet::default(), Vec::new(), Arc::default());
                free.insert(Hour { file, seen, unwritten, batch })
            }
        };
        let hash = looked_up.hash.unwrap_or_else(|| request.hash(hour.file.key()));
        if hour.seen.contains(&hash) {
            return Ok(Noted::Not(Taken::Again));
        }
        if *keys >= replay.keys_max {
            return Ok(replay.full());
        }
        hour.seen.insert(hash);
        hour.unwritten.push(hash);
        *keys += 1;
        Ok(Noted::New(hour.batch.clone()))
    }

    /// Writes what an hour's file does not have yet, and tells those who wait for it. What cannot be written is not on
    /// record.
    fn write(&mut self, number: u64) {
        let Some(hour) = self.hours.get_mut(&number).filter(|hour| !hour.unwritten.is_empty()) else { return };
        let written = hour.file.append(&hour.unwritten);
        if written.is_err() {
            hour.unwritten.iter().for_each(|hash| {
                hour.seen.remove(hash);
            });
            self.keys = self.keys.saturating_sub(hour.unwritten.len());
        }
        hour.unwritten.clear();
        // Set once: the next request has the next batch.
        let _ = std::mem::take(&mut hour.batch).0.set(written.map_err(Arc::new));
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
