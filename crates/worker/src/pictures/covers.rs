use std::collections::HashMap;
use std::sync::Arc;

use bytes::Bytes;
use parking_lot::Mutex;
use tokio::sync::Semaphore;
use vivace_base::{AppId, MonoMs, StreamName};
use vivace_domain::picture::TakeFault;

use super::Shared;
use super::shot::{Size, shoot};

/// As wide as lists show them, on a screen of two dots to a pixel.
const SIZE: Size = Size { width: 320, height: 0 };
/// A stream of which no picture could be taken is left in peace for so long.
const AGAIN_MS: u64 = 3_000;

type Key = (AppId, StreamName);

/// Small pictures for lists, in memory.
#[derive(Default)]
pub(super) struct Covers {
    known: Mutex<HashMap<Key, Arc<Cover>>>,
}

/// The picture of a stream. Those who ask for it at once wait for one that takes it.
struct Cover {
    turn: Semaphore,
    last: Mutex<Option<Last>>,
}

#[derive(Clone)]
struct Last {
    at: MonoMs,
    serial: u64,
    taken: Result<Bytes, TakeFault>,
}

pub(super) async fn cover(shared: &Shared, app: AppId, name: &StreamName) -> Result<Bytes, TakeFault> {
    let stream = shared.live(app, name)?;
    let cover = shared.covers.of(shared, (app, name.clone()));
    let fresh = || cover.fresh(shared, stream.serial());
    if let Some(taken) = fresh() {
        return taken;
    }
    // Closed by nobody.
    let _turn = cover.turn.acquire().await.map_err(|_| TakeFault::NotLive)?;
    if let Some(taken) = fresh() {
        return taken;
    }
    let taken = shoot(shared, &stream, SIZE).await.map(|shot| shot.jpeg);
    match &taken {
        Ok(_) => shared.counts.cover(),
        Err(fault) => shared.counts.failed(fault),
    }
    // Whoever could not get a place has learnt nothing of the stream.
    if !matches!(taken, Err(TakeFault::Busy { .. } | TakeFault::Missing)) {
        let at = shared.parts.clock.mono();
        *cover.last.lock() = Some(Last { at, serial: stream.serial(), taken: taken.clone() });
    }
    taken
}

impl Covers {
    fn of(&self, shared: &Shared, key: Key) -> Arc<Cover> {
        let most = shared.parts.limits.get().covers_max.max(1);
        let mut known = self.known.lock();
        if known.len() >= most && !known.contains_key(&key) {
            known.retain(|(app, name), _| shared.live(*app, name).is_ok());
            while known.len() >= most {
                let oldest = known.iter().min_by_key(|(_, cover)| cover.taken_at()).map(|(key, _)| key.clone());
                let Some(oldest) = oldest else { break };
                known.remove(&oldest);
            }
        }
        let new = || Arc::new(Cover { turn: Semaphore::new(1), last: Mutex::default() });
        known.entry(key).or_insert_with(new).clone()
    }
}

impl Cover {
    fn taken_at(&self) -> Option<MonoMs> {
        self.last.lock().as_ref().map(|last| last.at)
    }

    /// What was taken of this very stream, and lately.
    fn fresh(&self, shared: &Shared, serial: u64) -> Option<Result<Bytes, TakeFault>> {
        let last = self.last.lock().clone().filter(|last| last.serial == serial)?;
        let age_ms = shared.parts.clock.mono().since(last.at);
        let age_ms_max = if last.taken.is_ok() { shared.parts.limits.get().cover_age_ms_max } else { AGAIN_MS };
        (age_ms <= age_ms_max).then_some(last.taken)
    }
}
