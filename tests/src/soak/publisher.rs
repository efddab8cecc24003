//! Publishers and what they do to their stream.

use std::time::Duration;

use socket2::SockRef;

use super::run::Shared;
use super::stamp::{Stamp, kind_of, stamped};
use super::{Dice, Run};
use crate::{ClientEvent, Clip, Role, Rtmp};

/// How a publisher treats its stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Habit {
    /// Sends for ever, with a clock that runs so many millionths fast.
    Steady { ppm: i64 },
    /// Cuts its link without goodbye and is back within the grace time.
    Cuts,
    /// Ends in order and is back at once as another encoder; jumps in time in between.
    Changes,
    /// Stays away for longer than the grace time: its players are ended.
    Leaves,
}

/// A stream of the run.
#[derive(Debug)]
pub(super) struct Stream {
    pub(super) name: &'static str,
    pub(super) habit: Habit,
    pub(super) push_url: String,
}

impl Stream {
    /// Whether its players have to stay whatever its publisher does.
    pub(super) fn holds(&self) -> bool {
        self.habit != Habit::Leaves
    }
}

/// Publishes until the run stops.
pub(super) fn publish(stream: &Stream, clips: &[Clip], grace: Duration, shared: &Shared) {
    let mut dice = Dice::new(stream.name.len() as u64 + 77);
    // A link that is dead and that nobody has told the server of.
    let mut held = None;
    for turn in 0.. {
        let clip = if stream.habit == Habit::Changes { &clips[turn % clips.len()] } else { &clips[0] };
        let secs = match stream.habit {
            Habit::Steady { .. } => u64::MAX,
            Habit::Cuts | Habit::Changes => 5 + dice.below(10),
            Habit::Leaves => 8 + dice.below(8),
        };
        let mut rtmp = Rtmp::open(&stream.push_url, Role::Publish);
        if let Err(denied) = rtmp.ready() {
            return shared.fault(format!("the push of {} is refused: {denied:?}", stream.name));
        }
        held.take();
        let sent = Sending::new(stream.habit, shared.run).send(&mut rtmp, clip, secs, shared);
        if shared.is_over() {
            let _ = rtmp.finish();
            return;
        }
        if let Err(fault) = sent {
            return shared.fault(format!("the push of {} has ended: {fault}", stream.name));
        }
        shared.count(|counts| counts.pushes += 1);
        match (stream.habit, dice.below(3)) {
            (Habit::Cuts, 0) => held = Some(rtmp),
            (Habit::Cuts, 1) => drop(rtmp),
            (Habit::Cuts, _) => SockRef::from(&*rtmp.socket()).set_linger(Some(Duration::ZERO)).unwrap(),
            _ => drop(rtmp.finish()),
        }
        let away = match stream.habit {
            Habit::Steady { .. } | Habit::Changes => Duration::ZERO,
            Habit::Cuts => Duration::from_millis(300 + dice.below(2_000)),
            Habit::Leaves => grace + Duration::from_secs(3),
        };
        if shared.rest(away) {
            return;
        }
    }
}

/// One session's time.
struct Sending {
    run: Run,
    ppm: i64,
    jumps: bool,
    began_us: u64,
}

impl Sending {
    fn new(habit: Habit, run: Run) -> Self {
        let ppm = if let Habit::Steady { ppm } = habit { ppm } else { 0 };
        Self { run, ppm, jumps: habit == Habit::Changes, began_us: run.now_us() }
    }

    /// When media of this time is due.
    fn due_us(&self, media_us: u64) -> u64 {
        let real = i128::from(media_us) * 1_000_000 / i128::from(1_000_000 + self.ppm);
        self.began_us + u64::try_from(real).unwrap()
    }

    fn send(&self, rtmp: &mut Rtmp, clip: &Clip, secs: u64, shared: &Shared) -> Result<(), String> {
        let mut base_ms: u64 = 0;
        let mut jump_ms: u64 = 0;
        loop {
            for tag in &clip.tags {
                let media_ms = base_ms + u64::from(tag.time_ms);
                if !self.listen_until(rtmp, self.due_us(media_ms * 1_000), shared)? {
                    return Ok(());
                }
                let stamp = Stamp { sent_us: self.run.now_us(), place: media_ms * 1_000 };
                let time_ms = (media_ms + jump_ms) as u32;
                rtmp.send(kind_of(tag), time_ms, &stamped(tag, stamp)).map_err(|error| error.to_string())?;
            }
            base_ms += u64::from(clip.length_ms());
            if self.jumps {
                // Forth by an hour, and back again.
                jump_ms = 3_600_000 - jump_ms;
            }
            if base_ms / 1_000 >= secs {
                return Ok(());
            }
        }
    }

    /// False when the run is over.
    fn listen_until(&self, rtmp: &mut Rtmp, due_us: u64, shared: &Shared) -> Result<bool, String> {
        loop {
            if shared.is_over() {
                return Ok(false);
            }
            let left = Duration::from_micros(due_us.saturating_sub(self.run.now_us()));
            if left.is_zero() {
                return Ok(true);
            }
            if !rtmp.pump(left.min(Duration::from_millis(100))) {
                return Err("the server has closed the connection".to_owned());
            }
            while let Some(event) = rtmp.poll() {
                if matches!(event, ClientEvent::Ended | ClientEvent::Refused { .. }) {
                    return Err(format!("{event:?}"));
                }
            }
        }
    }
}
