use bytes::Bytes;
use vivace_base::MediaTime;

use super::Segmenter;
use crate::engine::Part;
use crate::engine::lane::INTERVAL_MAX;
use crate::engine::open::{Taken, part_bytes};

/// Above a part's nominal duration, for times that were rounded to milliseconds.
const JITTER: MediaTime = MediaTime::from_ms(3);

impl Segmenter {
    /// Parts that end before a frame that is late; where nothing at all has come, a part is a gap.
    pub(super) fn close_parts_before(&mut self, dts: MediaTime) {
        while self.part_fixed
            && let Some(open) = &self.open
        {
            let end = open.part_start + self.window.part_target;
            if dts <= end {
                return;
            }
            if !self.close_part(end) {
                self.gap(end);
            }
        }
    }

    pub(super) fn close_part_if_due(&mut self, dts: MediaTime, interval: MediaTime) {
        self.fix_part_if_due(dts);
        let Some(open) = self.open.filter(|_| self.part_fixed) else { return };
        if dts - open.part_start + interval > self.window.part_target {
            self.close_part(dts);
        }
    }

    /// The first part that was not cut short sets the part target for good.
    pub(super) fn fix_part_if_due(&mut self, dts: MediaTime) {
        let elapsed = self.open.map_or(MediaTime::ZERO, |open| dts - open.part_start);
        if self.part_fixed || elapsed < self.window.settings.part - JITTER {
            return;
        }
        self.fix_part(elapsed.min(self.window.settings.part + INTERVAL_MAX) + JITTER);
        self.close_parts_before(dts);
    }

    /// Sets the part target for good, to that of the parts there are if one is longer.
    pub(super) fn fix_part(&mut self, nominal: MediaTime) {
        let parts = self.window.segments.iter().flat_map(|segment| &segment.parts);
        let longest = parts.map(|part| part.duration).max().unwrap_or_default();
        self.window.part_target = nominal.max(longest);
        self.part_fixed = true;
    }

    pub(super) fn gap(&mut self, end: MediaTime) {
        let Some(open) = self.open.as_mut().filter(|open| end > open.part_start) else { return };
        let duration = end - open.part_start;
        open.part_start = end;
        self.add(Part { number: self.window.next_part, duration, independent: false, bytes: Bytes::new(), gap: true });
    }

    /// Makes a part of what lies before `end`. False if there is nothing.
    pub(super) fn close_part(&mut self, end: MediaTime) -> bool {
        // Without time there is no part, and the frames wait for the next one.
        let Some(open) = self.open.as_mut().filter(|open| end > open.part_start) else { return false };
        let taken = Taken {
            video: self.video.as_mut().map(|lane| lane.take_before(end)).unwrap_or_default(),
            audio: self.audio.as_mut().map(|lane| lane.take_before(end)).unwrap_or_default(),
        };
        let duration = end - open.part_start;
        if taken.is_empty() {
            return false;
        }
        open.part_start = end;
        let bytes = part_bytes(&taken, self.video.as_ref(), self.audio.as_ref(), &mut self.fragments);
        open.bytes += bytes.len();
        if let Some(transport) = &mut self.transport {
            transport.add(&taken.video, &taken.audio);
        }
        let (number, independent) = (self.window.next_part, taken.is_independent(self.video.is_some()));
        self.add(Part { number, duration, independent, bytes, gap: false });
        true
    }

    fn add(&mut self, part: Part) {
        let Some(segment) = self.window.segments.back_mut().filter(|segment| !segment.whole) else { return };
        segment.duration = segment.duration + part.duration;
        segment.parts.push(part);
        self.window.next_part += 1;
        self.window.frame_interval = self.video.as_ref().map(|lane| lane.interval);
    }
}
