use vivace_base::MediaTime;
use vivace_media::{Frame, FrameKind};

/// What segments have in common whose times count from the same begin: how often the source began anew, and the
/// discontinuity sequence number.
pub(super) type Era = (u64, u64);

/// Puts segments on one timeline that goes on: at a discontinuity, declared or not, a segment begins where the ones before
/// it end. Renditions of one source share it, since their times count from the same begin.
#[derive(Debug)]
pub(super) struct Timeline {
    /// The newest eras and what is added to their times, in ticks.
    offsets: Vec<(Era, i64)>,
    /// Where everything placed so far ends.
    end: MediaTime,
    jump: MediaTime,
}

/// Renditions are in one of two eras, or in three around a short one.
const ERAS_MAX: usize = 4;

impl Timeline {
    /// `jump_ms_max` is how far a segment may be from the end of the one before it, either way, without a discontinuity.
    pub(super) fn new(jump_ms_max: u64) -> Self {
        let jump = MediaTime::from_ms(i64::try_from(jump_ms_max).unwrap_or(i64::MAX));
        Self { offsets: Vec::new(), end: MediaTime::ZERO, jump }
    }

    /// Moves the frames of a segment, the next one of a rendition that so far ends at `end`; where it ends now.
    pub(super) fn place(&mut self, era: Era, end: Option<MediaTime>, frames: &mut [Frame]) -> MediaTime {
        let coded = || frames.iter().filter(|frame| matches!(frame.kind, FrameKind::Video | FrameKind::Audio));
        let first = coded().map(|frame| frame.dts.ticks()).min().unwrap_or(0);
        let far = |offset: i64| {
            let begin = MediaTime::from_ticks(first.saturating_add(offset));
            end.is_some_and(|end| begin - end > self.jump || end - begin > self.jump)
        };
        let known = self.offsets.iter().find(|(known, _)| *known == era).map(|(_, offset)| *offset);
        let offset = known.filter(|offset| !far(*offset)).unwrap_or_else(|| self.end.ticks().saturating_sub(first));
        self.offsets.retain(|(known, _)| *known != era);
        if self.offsets.len() >= ERAS_MAX {
            self.offsets.remove(0);
        }
        self.offsets.push((era, offset));
        let mut now = MediaTime::from_ticks(first.saturating_add(offset));
        for kind in [FrameKind::Video, FrameKind::Audio] {
            let mut times = frames.iter().rev().filter(|frame| frame.kind == kind).map(|frame| frame.dts);
            if let Some(last) = times.next() {
                // As long as the frame before it.
                let step = times.next().map_or(MediaTime::ZERO, |before| last - before).min(self.jump);
                now = now.max(last + MediaTime::from_ticks(offset) + step);
            }
        }
        frames.iter_mut().for_each(|frame| frame.dts = frame.dts + MediaTime::from_ticks(offset));
        self.end = self.end.max(now);
        now
    }
}
