use std::collections::VecDeque;

use vivace_base::{Limits, MediaTime};
use vivace_hub::{Followed, Tracks};
use vivace_media::{Frame, FrameKind};

/// Frames that wait for a remote server: bounded in bytes, and in media time once the server has taken the beginning.
pub(super) struct Backlog {
    frames: VecDeque<Frame>,
    bytes: usize,
    bytes_max: usize,
    lag_max: MediaTime,
    epoch: Option<u64>,
    tracks: Tracks,
    awaits_key: bool,
    /// Nothing has come since it began, or was moved on.
    fresh: bool,
    /// Frames of its beginning that wait: what a stream keeps for those who begin may be longer than it may be late.
    beginning: usize,
}

impl Backlog {
    pub(super) fn new(limits: &Limits) -> Self {
        let lag_max = MediaTime::from_ms(i64::try_from(limits.reader_lag_ms_max).unwrap_or(i64::MAX));
        Self {
            frames: VecDeque::new(),
            bytes: 0,
            bytes_max: limits.reader_lag_bytes_max,
            lag_max,
            epoch: None,
            tracks: Tracks::default(),
            awaits_key: true,
            fresh: true,
            beginning: 0,
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.frames.is_empty()
    }

    /// The next frame to be sent.
    pub(super) fn next(&mut self) -> Option<Frame> {
        let frame = self.frames.pop_front();
        if let Some(frame) = &frame {
            self.bytes = self.bytes.saturating_sub(cost_bytes(frame));
            self.beginning = self.beginning.saturating_sub(1);
        }
        frame
    }

    /// Takes what the stream has brought; `newest` is what it consists of now. How often frames had to be skipped.
    pub(super) fn take(&mut self, followed: Followed, newest: Tracks) -> u64 {
        let mut skips = 0;
        if followed.lost {
            self.clear();
            skips += 1;
        }
        let first = self.epoch.is_none();
        for batch in followed.batches {
            // Another encoder: what it sends before its key frame means nothing.
            self.awaits_key |= self.epoch.is_some_and(|epoch| epoch != batch.epoch);
            self.epoch = Some(batch.epoch);
            // At the start, the newest batch knows tracks that the first ones had not shown yet.
            self.tracks = if first { newest.clone() } else { batch.tracks };
            for frame in batch.frames {
                self.add(frame);
                if self.is_late() {
                    self.skip();
                    skips += 1;
                }
            }
        }
        if self.fresh && !self.frames.is_empty() {
            (self.fresh, self.beginning) = (false, self.frames.len());
        }
        skips
    }

    fn add(&mut self, frame: Frame) {
        if self.awaits_key {
            if !frame.key {
                return;
            }
            self.awaits_key = false;
            self.headers(frame.dts);
        }
        self.bytes += cost_bytes(&frame);
        self.frames.push_back(frame);
    }

    fn is_late(&self) -> bool {
        let times = self.frames.front().zip(self.frames.back());
        let lag = times.map_or(MediaTime::ZERO, |(first, last)| last.dts - first.dts);
        self.bytes > self.bytes_max || (!self.fresh && self.beginning == 0 && lag > self.lag_max)
    }

    /// Goes on at the newest key frame, if that is nearer than the oldest frame, else at the next one to come.
    fn skip(&mut self) {
        let newest_key = self.frames.iter().rposition(|frame| frame.key).filter(|at| {
            self.frames.iter().take(*at).any(|frame| matches!(frame.kind, FrameKind::Video | FrameKind::Audio))
        });
        let kept: Vec<Frame> = newest_key.map(|at| self.frames.drain(at..).collect()).unwrap_or_default();
        self.clear();
        for frame in kept {
            self.add(frame);
        }
        if self.bytes > self.bytes_max {
            self.clear();
        }
    }

    fn clear(&mut self) {
        self.frames.clear();
        self.bytes = 0;
        self.awaits_key = true;
        (self.fresh, self.beginning) = (true, 0);
    }

    fn headers(&mut self, start: MediaTime) {
        let Self { frames, bytes, tracks, .. } = self;
        tracks.header_frames(start, |frame| {
            *bytes += cost_bytes(frame);
            frames.push_back(frame.clone());
        });
    }
}

/// Tiny frames cost their bookkeeping too.
fn cost_bytes(frame: &Frame) -> usize {
    frame.payload.len() + size_of::<Frame>()
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use vivace_base::{Limits, MediaTime};
    use vivace_hub::{Batch, Followed, Tracks};
    use vivace_media::{Codec, Frame, FrameKind};

    use super::Backlog;

    fn picture(ms: i64, key: bool, bytes: usize) -> Frame {
        Frame {
            kind: FrameKind::Video,
            codec: Some(Codec::H264),
            dts: MediaTime::from_ms(ms),
            cts: MediaTime::ZERO,
            key,
            payload: Bytes::from(vec![0; bytes]),
        }
    }

    fn followed(epoch: u64, frames: Vec<Frame>) -> Followed {
        Followed { lost: false, batches: vec![Batch { epoch, tracks: Tracks::default(), frames }] }
    }

    fn backlog() -> Backlog {
        let limits = Limits { reader_lag_ms_max: 1_000, reader_lag_bytes_max: 100_000, ..Limits::default() };
        Backlog::new(&limits)
    }

    fn times(backlog: &mut Backlog) -> Vec<i64> {
        std::iter::from_fn(|| backlog.next()).map(|frame| frame.dts.ms()).collect()
    }

    fn take(backlog: &mut Backlog, followed: Followed) -> u64 {
        backlog.take(followed, Tracks::default())
    }

    #[test]
    fn it_begins_at_a_key_frame_and_again_with_another_encoder() {
        let mut backlog = backlog();
        let frames = vec![picture(0, false, 1), picture(40, true, 1), picture(80, false, 1)];
        assert_eq!(take(&mut backlog, followed(1, frames)), 0);
        let frames = vec![picture(120, false, 1), picture(160, true, 1)];
        assert_eq!(take(&mut backlog, followed(2, frames)), 0);
        assert_eq!(times(&mut backlog), [40, 80, 160]);
    }

    #[test]
    fn what_is_kept_for_a_beginning_may_be_long_and_what_waits_later_may_not() {
        let mut backlog = backlog();
        let gop: Vec<_> = (0..100).map(|at| picture(at * 40, at == 0, 1)).collect();
        assert_eq!(take(&mut backlog, followed(1, gop)), 0);
        assert_eq!(times(&mut backlog).len(), 100);
        let late: Vec<_> = (100..150).map(|at| picture(at * 40, at == 110, 1)).collect();
        assert_eq!(take(&mut backlog, followed(1, late)), 1);
        let kept = times(&mut backlog);
        assert_eq!((kept.first(), kept.last()), (Some(&4_400), Some(&5_960)));
    }

    #[test]
    fn without_a_newer_key_frame_it_waits_for_the_next() {
        let mut backlog = backlog();
        take(&mut backlog, followed(1, vec![picture(0, true, 1)]));
        assert_eq!(times(&mut backlog), [0]);
        let late: Vec<_> = (1..100).map(|at| picture(at * 40, false, 1)).collect();
        assert_eq!(take(&mut backlog, followed(1, late)), 1);
        assert!(backlog.is_empty());
        take(&mut backlog, followed(1, vec![picture(4_000, false, 1), picture(4_040, true, 1)]));
        assert_eq!(times(&mut backlog), [4_040]);
    }

    #[test]
    fn bytes_are_bounded_whatever_comes_and_nobody_takes() {
        let mut backlog = backlog();
        let mut skips = 0;
        for at in 0..10_000 {
            skips += take(&mut backlog, followed(1, vec![picture(at * 40, at % 50 == 0, 5_000)]));
            assert!(backlog.bytes <= 100_000, "{} bytes", backlog.bytes);
        }
        assert!(skips > 100, "{skips} skips");
        // One frame that is larger than all that may wait.
        assert_eq!(take(&mut backlog, followed(2, vec![picture(500_000, true, 200_000)])), 1);
        assert!(backlog.is_empty());
    }

    #[test]
    fn what_the_hub_has_lost_is_a_skip() {
        let mut backlog = backlog();
        take(&mut backlog, followed(1, vec![picture(0, true, 1), picture(40, false, 1)]));
        let frames = vec![picture(400, false, 1), picture(440, true, 1)];
        assert_eq!(take(&mut backlog, Followed { lost: true, ..followed(1, frames) }), 1);
        assert_eq!(times(&mut backlog), [440]);
    }
}
