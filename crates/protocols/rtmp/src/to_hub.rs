use bytes::Bytes;
use vivace_base::MediaTime;
use vivace_media::flv::{Fault, TagKind, to_frame};
use vivace_media::{Frame, FrameKind};

use crate::engine::MediaKind;

/// Turns a publisher's messages into frames: parses the tag bodies and unwraps the 32-bit timestamps.
#[derive(Debug, Default)]
pub struct ToHub {
    clock: Unwrap,
    refused: u64,
}

impl ToHub {
    /// The frame in a message, if it holds one.
    pub fn frame(&mut self, kind: MediaKind, timestamp: u32, body: &Bytes) -> Result<Option<Frame>, Fault> {
        let kind = match kind {
            MediaKind::Audio => TagKind::Audio,
            MediaKind::Video => TagKind::Video,
            MediaKind::Data => TagKind::Script,
        };
        let frame = to_frame(kind, MediaTime::ZERO, body)?;
        Ok(frame.map(|frame| {
            // Only coded frames drive the clock: headers and metadata come with odd times in the field.
            let drives = matches!(frame.kind, FrameKind::Video | FrameKind::Audio);
            let ms = if drives { self.clock.unwrap(timestamp) } else { self.clock.last_ms };
            Frame { dts: MediaTime::from_ms(ms), ..frame }
        }))
    }

    /// Counts a message that was left out; the count so far.
    pub fn leave_out(&mut self) -> u64 {
        self.refused += 1;
        self.refused
    }
}

/// Follows a 32-bit millisecond clock past its end (49.7 days), either way.
#[derive(Debug, Default)]
struct Unwrap {
    last: Option<u32>,
    last_ms: i64,
}

impl Unwrap {
    fn unwrap(&mut self, raw: u32) -> i64 {
        let step = match self.last {
            None => i64::from(raw),
            Some(last) => i64::from(raw.wrapping_sub(last) as i32),
        };
        self.last = Some(raw);
        self.last_ms = self.last_ms.saturating_add(step);
        self.last_ms
    }
}

#[cfg(test)]
mod tests {
    use super::Unwrap;

    #[test]
    fn the_clock_goes_on_past_its_last_number_and_back_over_it() {
        let mut clock = Unwrap::default();
        let seen: Vec<i64> = [u32::MAX - 1, 1, u32::MAX, 40].into_iter().map(|raw| clock.unwrap(raw)).collect();
        let end = i64::from(u32::MAX);
        assert_eq!(seen, [end - 1, end + 2, end, end + 41]);
    }
}
