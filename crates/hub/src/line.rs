//! The delay line in front of what a stream's players see: what comes in goes out a fixed time later.

use std::collections::VecDeque;

use vivace_base::MonoMs;
use vivace_media::{Frame, FrameKind};

/// What happens to a stream in the order in which players are to see it.
#[derive(Debug)]
pub(crate) enum Seen {
    /// A frame on the stream's timeline.
    Frame(Frame),
    /// Another publisher goes on.
    TakenOver,
    /// The publisher is gone.
    Lost,
}

/// What waits to be seen. Empty, and without cost, where nothing is delayed.
#[derive(Debug, Default)]
pub(crate) struct DelayLine {
    ms: u64,
    waiting: VecDeque<(MonoMs, Seen)>,
    bytes: usize,
}

impl DelayLine {
    /// Whether what comes now has to wait.
    pub(crate) fn holds(&self) -> bool {
        self.ms > 0 || !self.waiting.is_empty()
    }

    /// Whether something waits.
    pub(crate) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// How long things wait.
    pub(crate) const fn ms(&self) -> u64 {
        self.ms
    }

    pub(crate) fn push(&mut self, now: MonoMs, seen: Seen) {
        self.bytes += cost_bytes(&seen);
        self.waiting.push_back((now, seen));
    }

    /// From now on things wait for `ms`. A shorter time leaves out the pictures and sounds before the newest key frame
    /// that is due, so that players go on from there at once.
    pub(crate) fn set(&mut self, ms: u64, now: MonoMs) {
        let shorter = ms < self.ms;
        self.ms = ms;
        if !shorter {
            return;
        }
        let due = self.waiting.iter().take_while(|(at, _)| now.since(*at) >= ms).count();
        let key = |(_, seen): &(MonoMs, Seen)| matches!(seen, Seen::Frame(frame) if frame.key && frame.kind == FrameKind::Video);
        let Some(first) = self.waiting.iter().take(due).rposition(key) else { return };
        let mut at = 0;
        self.waiting.retain(|(_, seen)| {
            at += 1;
            let media = matches!(seen, Seen::Frame(frame) if matches!(frame.kind, FrameKind::Video | FrameKind::Audio));
            at > first || !media
        });
        self.bytes = self.waiting.iter().map(|(_, seen)| cost_bytes(seen)).sum();
    }

    /// What is to be seen next, if its time has come, or if more than `bytes_max` wait.
    pub(crate) fn pop_due(&mut self, now: MonoMs, bytes_max: usize) -> Option<Seen> {
        let (at, _) = self.waiting.front()?;
        if now.since(*at) < self.ms && self.bytes <= bytes_max {
            return None;
        }
        let (_, seen) = self.waiting.pop_front()?;
        self.bytes -= cost_bytes(&seen);
        Some(seen)
    }

    /// When the next is due.
    pub(crate) fn deadline(&self) -> Option<MonoMs> {
        self.waiting.front().map(|(at, _)| MonoMs(at.0.saturating_add(self.ms)))
    }

    /// Lets go of all.
    pub(crate) fn clear(&mut self) {
        self.waiting = VecDeque::new();
        self.bytes = 0;
    }
}

fn cost_bytes(seen: &Seen) -> usize {
    size_of::<(MonoMs, Seen)>() + if let Seen::Frame(frame) = seen { frame.payload.len() } else { 0 }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use vivace_base::{MediaTime, MonoMs};
    use vivace_media::{Codec, Frame, FrameKind};

    use super::{DelayLine, Seen};

    fn frame(ms: i64, key: bool) -> Seen {
        Seen::Frame(Frame {
            kind: FrameKind::Video,
            codec: Some(Codec::H264),
            dts: MediaTime::from_ms(ms),
            cts: MediaTime::ZERO,
            key,
            payload: Bytes::from_static(b"picture"),
        })
    }

    fn out(line: &mut DelayLine, now: u64) -> Vec<i64> {
        let mut seen = Vec::new();
        while let Some(next) = line.pop_due(MonoMs(now), usize::MAX) {
            if let Seen::Frame(frame) = next {
                seen.push(frame.dts.ms());
            }
        }
        seen
    }

    #[test]
    fn what_comes_in_goes_out_a_fixed_time_later() {
        let mut line = DelayLine::default();
        assert!(!line.holds());
        line.set(1_000, MonoMs(0));
        (0..4).for_each(|at| line.push(MonoMs(at * 500), frame(at as i64 * 500, at % 2 == 0)));
        assert_eq!(out(&mut line, 999), Vec::<i64>::new());
        assert_eq!(out(&mut line, 1_500), [0, 500]);
        assert_eq!(line.deadline(), Some(MonoMs(2_000)));
        line.set(0, MonoMs(1_600));
        assert_eq!(out(&mut line, 1_600), [1_000, 1_500], "it goes on at the newest key frame");
        assert!(!line.holds());
    }

    #[test]
    fn more_than_may_wait_goes_out_early() {
        let mut line = DelayLine::default();
        line.set(1_000, MonoMs(0));
        line.push(MonoMs(0), frame(0, true));
        line.push(MonoMs(1), frame(1, false));
        assert!(line.pop_due(MonoMs(2), 1).is_some() && line.pop_due(MonoMs(2), 1).is_some());
    }
}
