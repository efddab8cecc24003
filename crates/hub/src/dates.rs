use std::collections::VecDeque;

use parking_lot::Mutex;
use vivace_base::{MediaTime, UnixMs};

/// Runs that are remembered: streams that are made of this one come a few seconds behind it.
const RUNS_MAX: usize = 8;
/// What comes so much later than its date says came after the machine's clock was set, and not late.
const LATE_MAX: MediaTime = MediaTime::from_ms(30_000);
/// How often a date is held against what has just come.
const LOOK: MediaTime = MediaTime::from_ms(1_000);
/// In this time dates go most of the way to what the clock says: that of an encoder is not the same over days, and what
/// comes late by turns is no sign of that.
const CREEP: MediaTime = MediaTime::from_ms(600_000);
/// And no faster than by so much of the time that passes, so that those who tell a date a little later tell the same.
const CREEP_PART: i64 = 512;

/// The date of a time of a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dated {
    /// When it came to this server.
    pub date: UnixMs,
    /// Counts publishers.
    pub run: u64,
}

/// Which date a time of a timeline has: whoever tells it, of the stream or of another one that is made of it, says the
/// same (RFC 8216bis, 6.2.4: consistent mappings of dates to media timestamps). A later time has no earlier date.
#[derive(Debug)]
pub(crate) struct Dates {
    runs: Mutex<VecDeque<Run>>,
}

/// What one publisher sends, up to a jump of its clock.
#[derive(Clone, Copy, Debug)]
struct Run {
    number: u64,
    /// Its times are behind this one.
    after: MediaTime,
    /// Once something of it has been seen.
    zero: Option<Zero>,
}

#[derive(Clone, Copy, Debug)]
struct Zero {
    /// The date of time zero, from 1970 on.
    date: MediaTime,
    /// What it was held against last.
    looked: MediaTime,
    /// The newest time whose date has been told.
    told: MediaTime,
}

impl Dates {
    pub(crate) fn new() -> Self {
        let first = Run { number: 0, after: MediaTime::from_ticks(i64::MIN), zero: None };
        Self { runs: Mutex::new(VecDeque::from([first])) }
    }

    /// Another publisher goes on behind this time.
    pub(crate) fn begin_run(&self, after: MediaTime) {
        push(&mut self.runs.lock(), 1, after);
    }

    /// The publisher's clock jumps behind this time, over which the timeline goes on: how long that took is not known.
    pub(crate) fn jump(&self, after: MediaTime) {
        let mut runs = self.runs.lock();
        // What another publisher begins with is no jump of the one before.
        if runs.back().is_none_or(|run| run.after < after) {
            push(&mut runs, 0, after);
        }
    }

    /// The date of a time that has been seen at `at`. The first answer of a run holds for all of it, but for what its
    /// newest times creep towards when they come, if `is_own`, and unless the clock has been set ahead.
    pub(crate) fn date(&self, time: MediaTime, at: UnixMs, is_own: bool) -> Dated {
        let mut runs = self.runs.lock();
        let came = MediaTime::from_ms(at.0) - time;
        let mut place = runs.iter().rposition(|run| time > run.after).unwrap_or(0);
        if is_own && place + 1 == runs.len() {
            let after = runs.back_mut().and_then(|run| run.zero.as_mut()?.look(time, came));
            if let Some(after) = after {
                push(&mut runs, 0, after);
                place = runs.len() - 1;
            }
        }
        let before = runs.iter().take(place).rev().find_map(|run| run.zero);
        // The first date behind it is not before those of these.
        let behind = runs.iter().skip(place + 1).find_map(|run| Some(run.zero?.date + run.after));
        let Some(run) = runs.get_mut(place) else { return Dated { date: at, run: 0 } };
        let after = run.after;
        let zero = run.zero.get_or_insert_with(|| {
            let date = before.map_or(came, |before| came.max(before.date + after - time));
            Zero { date: behind.map_or(date, |behind| date.min(behind - time)), looked: time, told: time }
        });
        zero.told = zero.told.max(time);
        Dated { date: UnixMs((zero.date + time).ms()), run: run.number }
    }
}

impl Zero {
    /// Goes towards what says that a time has just come; where that cannot be, behind which time another run begins.
    fn look(&mut self, time: MediaTime, came: MediaTime) -> Option<MediaTime> {
        let (passed, off) = (time - self.looked, came - self.date);
        if passed < LOOK {
            return None;
        }
        // Times that leap ahead of the clock are those of a delay that was taken away.
        let leapt = off < MediaTime::ZERO - LATE_MAX && passed > LATE_MAX;
        if off > LATE_MAX || leapt {
            return Some(self.told);
        }
        let passed = passed.min(CREEP).ticks();
        let step = off.ticks().saturating_mul(passed) / CREEP.ticks();
        let most = passed / CREEP_PART;
        self.date = self.date + MediaTime::from_ticks(step.clamp(-most, most));
        self.looked = time;
        None
    }
}

fn push(runs: &mut VecDeque<Run>, publishers: u64, after: MediaTime) {
    let number = runs.back().map_or(0, |run| run.number + publishers);
    runs.push_back(Run { number, after, zero: None });
    if runs.len() > RUNS_MAX {
        runs.pop_front();
    }
}

#[cfg(test)]
mod tests;
