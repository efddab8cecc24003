use std::collections::VecDeque;

use vivace_base::{MediaTime, MonoMs};
use vivace_media::Frame;

/// Lets frames go at their time: segments come in bursts, and players want a steady stream.
#[derive(Debug)]
pub(super) struct Pacer {
    /// By decoding time; those of one track in the order in which they came.
    queue: VecDeque<Frame>,
    bytes: usize,
    /// A time of the stream, and when it is due.
    anchor: Option<(MonoMs, MediaTime)>,
    /// The newest time that was let go, and when.
    last: Option<(MonoMs, MediaTime)>,
    jump: MediaTime,
    /// There is more than needed: a little faster.
    hurry: bool,
    /// Microseconds that have been gained and not yet used.
    gained_us: u64,
}

/// Frames that are late by no more than this are let go without moving all that follow.
const LATE_MS: u64 = 200;
/// How much of the time is gained in a hurry: one part in twenty.
const GAIN_US_PER_MS: u64 = 50;

impl Pacer {
    /// A hole of more than `jump_ms_max` in the times is not waited for.
    pub(super) fn new(jump_ms_max: u64) -> Self {
        let jump = MediaTime::from_ms(i64::try_from(jump_ms_max).unwrap_or(i64::MAX));
        Self { queue: VecDeque::new(), bytes: 0, anchor: None, last: None, jump, hurry: false, gained_us: 0 }
    }

    /// Bytes that wait.
    pub(super) const fn bytes(&self) -> usize {
        self.bytes
    }

    pub(super) fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }

    /// How long what waits lasts until `end`, in milliseconds.
    pub(super) fn lasts_ms(&self, end: MediaTime) -> u64 {
        self.queue.front().map_or(0, |front| u64::try_from((end - front.dts).ms()).unwrap_or(0))
    }

    pub(super) const fn set_hurry(&mut self, hurry: bool) {
        self.hurry = hurry;
    }

    /// Takes the frames of a segment, by decoding time.
    pub(super) fn add(&mut self, frames: Vec<Frame>) {
        for frame in frames {
            self.bytes = self.bytes.saturating_add(frame.payload.len());
            let behind = self.queue.iter().rev().take_while(|waits| waits.dts > frame.dts).count();
            self.queue.insert(self.queue.len() - behind, frame);
        }
    }

    /// When the next frame is due; `None` while none waits.
    pub(super) fn due_at(&self) -> Option<MonoMs> {
        let front = self.queue.front()?;
        let (at, time) = self.anchor.filter(|_| !self.jumps(front)).unwrap_or((MonoMs(0), front.dts));
        let ahead = (front.dts - time).ms();
        Some(MonoMs(at.0.saturating_add_signed(ahead)))
    }

    /// The next frame, if it is due.
    pub(super) fn pop(&mut self, now: MonoMs) -> Option<Frame> {
        let due_at = self.due_at()?;
        if now < due_at {
            return None;
        }
        let frame = self.queue.pop_front()?;
        if self.anchor.is_none() || self.jumps(&frame) || now.since(due_at) > LATE_MS {
            self.anchor = Some((now, frame.dts));
        }
        if let (true, Some((at, _)), Some((anchor, _))) = (self.hurry, self.last, &mut self.anchor) {
            self.gained_us = self.gained_us.saturating_add(now.since(at).saturating_mul(GAIN_US_PER_MS));
            anchor.0 = anchor.0.saturating_sub(self.gained_us / 1_000);
            self.gained_us %= 1_000;
        }
        self.bytes = self.bytes.saturating_sub(frame.payload.len());
        self.last = Some((now, frame.dts));
        Some(frame)
    }

    fn jumps(&self, frame: &Frame) -> bool {
        self.last.is_some_and(|(_, last)| frame.dts - last > self.jump || last - frame.dts > self.jump)
    }
}
