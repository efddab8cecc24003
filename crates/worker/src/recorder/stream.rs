//! One stream that is kept: it is followed, cut, written, and seen as recordings.

#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{sleep, timeout};
use vivace_base::{MediaTime, MonoMs, Ulid};
use vivace_domain::recording::Recording;
use vivace_hub::{Batch, Followed, Stream, StreamState};

use super::Shared;
use super::disk::DiskFault;
use super::engine::{Cut, CutRules, Cutter};
use super::index::Entry;
use super::media_log::MediaLog;
use super::tap::Tap;
use super::times::{Arrival, Ids, TimeZero};
use super::views::{Asked, Change, Fresh, Views};

/// Shortest and longest sleep between two looks at a stream.
const LOOK: (Duration, Duration) = (Duration::from_millis(20), Duration::from_secs(1));
/// First and longest wait after a fault of the disk.
const REST: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(15));
/// How often it is told of one stream that frames are lost.
const TOLD_MS: u64 = 60_000;

/// What is wanted of a stream now.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Wanted {
    /// What is to be a recording.
    pub(crate) asked: Vec<Asked>,
    /// Whether its media is kept also without one.
    pub(crate) shift: bool,
    /// Whether there is room for what is not open yet.
    pub(crate) may_begin: bool,
}

impl Wanted {
    /// Whether nothing is to be kept.
    pub(crate) const fn is_nothing(&self) -> bool {
        self.asked.is_empty() && !self.shift
    }

    /// What is to be a recording of what one publisher has sent.
    fn of(&self, epoch: u64) -> Vec<Asked> {
        self.asked.iter().filter(|asked| asked.epochs.contains(&epoch)).cloned().collect()
    }
}

/// Keeps a stream until it ends or nobody wants it.
pub(crate) struct StreamRecorder {
    shared: Arc<Shared>,
    stream: Arc<Stream>,
    wanted: watch::Receiver<Arc<Wanted>>,
    log: MediaLog,
    views: Views,
    /// The newest publisher of which frames have been seen, by its epoch.
    seen: Arc<AtomicU64>,
    told_lost_at: Option<MonoMs>,
}

/// The cutter with what it has seen.
struct Cutting {
    tap: Tap,
    cutter: Cutter,
    /// Whose frames it cuts.
    epoch: u64,
    newest: MediaTime,
    /// Where the last part ended.
    cut_to: Option<MediaTime>,
    heard_at: MonoMs,
    arrival: Arrival,
}

/// What was cut of the frames of one publisher.
struct Cuts {
    epoch: u64,
    cuts: Vec<Cut>,
}

impl StreamRecorder {
    pub(crate) fn new(
        shared: Arc<Shared>,
        stream: Arc<Stream>,
        wanted: watch::Receiver<Arc<Wanted>>,
        newest: Option<Ulid>,
        seen: Arc<AtomicU64>,
    ) -> Self {
        let (app, name) = (stream.app(), stream.name().clone());
        let log = MediaLog::new(shared.clone(), app, name.clone(), Ids::behind(newest));
        let views = Views::new(app, name);
        Self { shared, stream, wanted, log, views, seen, told_lost_at: None }
    }

    /// Keeps what `tap` has and what follows. Goes on behind faults of the disk, with another file, once there may be room
    /// again.
    pub(crate) async fn run(mut self, tap: Tap) {
        let (mut rest, mut tap) = (REST.0, Some(tap));
        loop {
            let began = self.shared.clock.mono();
            let follows = tap.take().unwrap_or_else(|| self.shared.tap(&self.stream));
            let Err(fault) = self.keep(follows).await else { return };
            self.fail(&fault).await;
            // One that has written for long was well: the disk is not tried ever more rarely over days.
            if self.shared.clock.mono().since(began) > u64::try_from(REST.1.as_millis()).unwrap_or(u64::MAX) {
                rest = REST.0;
            }
            if self.rest(rest).await {
                return;
            }
            rest = (rest * 2).min(REST.1);
        }
    }

    /// Waits; true if there is nothing to go on with.
    async fn rest(&mut self, time: Duration) -> bool {
        let over = async {
            while !self.is_over() {
                tokio::select! {
                    changed = self.wanted.changed() => if changed.is_err() { return },
                    () = sleep(LOOK.1) => {}
                }
            }
        };
        timeout(time, over).await.is_ok()
    }

    /// Follows the stream until it ends or nobody wants it.
    async fn keep(&mut self, tap: Tap) -> Result<(), DiskFault> {
        let (limits, settings) = (self.shared.limits.get(), self.shared.settings());
        let rules = CutRules { part: settings.part, bytes_max: limits.recording_part_bytes_max };
        let mut cutting = Cutting {
            tap,
            cutter: Cutter::new(rules),
            epoch: 0,
            newest: MediaTime::ZERO,
            cut_to: None,
            heard_at: self.shared.clock.mono(),
            arrival: Arrival::default(),
        };
        loop {
            let wanted = self.wanted.borrow_and_update().clone();
            // Looked at first: what comes behind is not missed.
            let (over, state) = (self.is_over(), self.stream.state());
            let ends = over || self.views.ends_any(&wanted.asked) || state != StreamState::Live;
            let cuts = self.cut(&mut cutting, ends, settings.part);
            self.write(cuts, &mut cutting, &wanted).await?;
            let ended = self.views.keep(&wanted.asked);
            self.tell_ended(ended).await;
            if self.seen.fetch_max(cutting.epoch, Relaxed) < cutting.epoch {
                self.shared.wake.notify_one();
            }
            if over {
                self.end().await;
                return Ok(());
            }
            let nap = cutting.nap(settings.part);
            tokio::select! {
                changed = self.wanted.changed() => if changed.is_err() { self.end().await; return Ok(()) },
                () = sleep(nap) => {}
            }
        }
    }

    fn is_over(&self) -> bool {
        self.stream.state() == StreamState::Ended || self.wanted.borrow().is_nothing()
    }

    /// Cuts what has come, of one publisher after the other; with `ends`, also what would wait for more.
    fn cut(&mut self, cutting: &mut Cutting, ends: bool, part: MediaTime) -> Vec<Cuts> {
        let (now, mut before, mut cuts) = (self.shared.clock.mono(), Vec::new(), Vec::new());
        let Followed { lost, batches } = cutting.tap.take();
        if let (None, false, Some(at), Some(first)) =
            (cutting.cut_to, lost, cutting.tap.first_at(), batches.first().and_then(Batch::newest))
        {
            cutting.arrival.note(at, first);
        }
        if lost {
            self.tell_lost(now);
            cutting.cutter.lost(&mut cuts);
        }
        for batch in &batches {
            if batch.epoch != cutting.epoch {
                cutting.cutter.flush(&mut cuts);
                let epoch = std::mem::replace(&mut cutting.epoch, batch.epoch);
                before.push(Cuts { epoch, cuts: std::mem::take(&mut cuts) });
            }
            cutting.newest = cutting.newest.max(batch.newest().unwrap_or(cutting.newest));
            cutting.cut_to = cutting.cut_to.or_else(|| batch.frames.iter().map(|frame| frame.dts).min());
            cutting.cutter.push(batch, &mut cuts);
        }
        if !batches.is_empty() {
            cutting.heard_at = now;
            cutting.arrival.note(now, cutting.newest);
        }
        // A publisher that has stopped sending shall not keep its last frames from the disk.
        let silent_ms = i64::try_from(now.since(cutting.heard_at)).unwrap_or(i64::MAX);
        if ends || MediaTime::from_ms(silent_ms) >= part {
            cutting.cutter.flush(&mut cuts);
        }
        before.push(Cuts { epoch: cutting.epoch, cuts });
        let ended = before.iter().rev().flat_map(|of| of.cuts.iter().rev()).find_map(|cut| match cut {
            Cut::Part(part) => Some(part.dts + part.duration),
            Cut::File(_) => None,
        });
        cutting.cut_to = ended.or(cutting.cut_to);
        before
    }

    /// Writes what was cut of each publisher's frames as what is wanted of these: where a stream is delayed, what the
    /// newest one asks for is wanted long before its frames come.
    async fn write(&mut self, cuts: Vec<Cuts>, cutting: &mut Cutting, wanted: &Wanted) -> Result<(), DiskFault> {
        let mut zero = None;
        for Cuts { epoch, cuts } in cuts {
            let ended = self.views.pass(&wanted.asked, epoch);
            self.tell_ended(ended).await;
            if !cuts.is_empty() {
                let zero = *zero.get_or_insert_with(|| cutting.arrival.take());
                self.write_of(cuts, zero, &wanted.of(epoch), wanted.may_begin).await?;
            }
        }
        Ok(())
    }

    /// Puts parts on disk, then tells the index, then lets recordings begin and end with them.
    async fn write_of(
        &mut self,
        cuts: Vec<Cut>,
        zero: TimeZero,
        asked: &[Asked],
        may_begin: bool,
    ) -> Result<(), DiskFault> {
        // What is refused for want of room is no recording after a crash either.
        let noted = asked.iter().filter(|asked| may_begin || self.views.has(asked));
        // Of whose frames it is wanted is not noted: who comes again and asks for the same changes no note.
        let noted: Vec<Asked> = noted.map(|asked| Asked { epochs: Asked::EVERY, ..asked.clone() }).collect();
        let mut written = Vec::new();
        let done = self.log.write(cuts, zero, &noted, &mut written).await;
        for fresh in written {
            self.see(&fresh, asked, may_begin).await;
        }
        self.log.tell_closed().await;
        done
    }

    /// Counts that frames were lost, and says so; a disk that is slow for long is not told of all the time.
    fn tell_lost(&mut self, now: MonoMs) {
        let told = self.told_lost_at.is_some_and(|at| now.since(at) < TOLD_MS);
        tracing::warn!(stream = %self.stream.name(), "the disk is too slow for the recording: frames are lost");
        self.shared.tally.lost();
        if !told {
            self.told_lost_at = Some(now);
            self.shared.tell_lost(self.stream.name(), "frames are not recorded: the disk is too slow");
        }
    }

    async fn see(&mut self, fresh: &Fresh, asked: &[Asked], may_begin: bool) {
        let shared = &self.shared;
        let new_id = || Ulid::new(shared.clock.unix(), shared.rng.as_ref());
        for change in self.views.part(fresh, asked, may_begin, new_id) {
            match change {
                Change::Begin(recording) => shared.index.write(Entry::Begin(recording)).await,
                Change::End(recording) => shared.index.write(Entry::End(recording)).await,
            }
        }
    }

    async fn tell_ended(&self, ended: Vec<Recording>) {
        for ended in ended {
            self.shared.index.write(Entry::End(Box::new(ended))).await;
        }
    }

    async fn end(&mut self) {
        let ended = self.views.end();
        self.tell_ended(ended).await;
        self.log.close();
        self.log.tell_closed().await;
    }

    /// Ends all recordings where the disk has failed.
    async fn fail(&mut self, fault: &DiskFault) {
        tracing::error!(stream = %self.stream.name(), %fault, "a recording is cut by the disk");
        self.shared.tally.fault(fault);
        let ended = self.views.end();
        if ended.is_empty() {
            self.shared.tell_fault(&self.stream, fault);
        }
        for ended in ended {
            self.shared.index.write(Entry::Cut(Box::new(ended), fault.to_string())).await;
        }
        self.log.close();
        self.log.tell_closed().await;
    }
}

impl Cutting {
    /// How long it is until the next part is whole.
    fn nap(&self, part: MediaTime) -> Duration {
        let waits = self.cut_to.map_or(MediaTime::ZERO, |cut_to| self.newest - cut_to);
        let ms = u64::try_from((part - waits).ms()).unwrap_or(0);
        Duration::from_millis(ms).clamp(LOOK.0, LOOK.1)
    }
}
