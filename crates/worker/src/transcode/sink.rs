use std::sync::Arc;

use vivace_base::MediaTime;
use vivace_hub::{Marker, Publisher, Replaced, Stream};
use vivace_media::FrameKind;

/// Where what is made goes.
pub(super) enum Sink {
    /// Into a stream of its own.
    Rendition(Publisher),
    /// Before the eyes of a diverted stream's players.
    Mark(Marker),
}

impl Sink {
    /// The stream whose players get it.
    pub(super) const fn stream(&self) -> &Arc<Stream> {
        match self {
            Self::Rendition(publisher) => publisher.stream(),
            Self::Mark(marker) => marker.stream(),
        }
    }

    /// Whether its right still holds.
    pub(super) fn is_current(&self) -> bool {
        match self {
            Self::Rendition(publisher) => publisher.is_current(),
            Self::Mark(_) => true,
        }
    }

    pub(super) fn give(&self, epoch: u64, frame: vivace_media::Frame) -> Result<(), Replaced> {
        match self {
            Self::Rendition(publisher) => publisher.push(frame),
            Self::Mark(marker) => marker.show(epoch, frame),
        }
    }
}

/// How far players have got, over all children of a job: what an earlier one has given is not given again.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Reached {
    video: Option<MediaTime>,
    audio: Option<MediaTime>,
    /// The same when the child began. Within what one gives, pictures may share a time.
    begun_at: Option<MediaTime>,
    /// A child begins anew within what was given: its pictures mean nothing before its next key frame.
    awaits_key: bool,
}

impl Reached {
    /// Another child begins.
    pub(super) const fn begin(&mut self) {
        self.awaits_key = false;
        self.begun_at = self.video;
    }

    /// Another publisher of the source: nothing of the one before counts.
    pub(super) fn reset(&mut self) {
        *self = Self::default();
    }

    /// Whether a frame is new.
    pub(super) fn takes(&mut self, frame: &vivace_media::Frame) -> bool {
        let is_new = |last: Option<MediaTime>| last.is_none_or(|last| frame.dts > last);
        match frame.kind {
            FrameKind::Video if !is_new(self.begun_at) => {
                self.awaits_key = true;
                false
            }
            FrameKind::Video => {
                self.awaits_key &= !frame.key;
                if !self.awaits_key {
                    self.video = Some(frame.dts);
                }
                !self.awaits_key
            }
            FrameKind::Audio => {
                let new = is_new(self.audio);
                if new {
                    self.audio = Some(frame.dts);
                }
                new
            }
            FrameKind::VideoConfig | FrameKind::AudioConfig | FrameKind::Metadata => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use vivace_base::MediaTime;
    use vivace_media::{Codec, Frame, FrameKind};

    use super::Reached;

    fn picture(ms: i64, key: bool) -> Frame {
        let (dts, cts) = (MediaTime::from_ms(ms), MediaTime::ZERO);
        Frame { kind: FrameKind::Video, codec: Some(Codec::H264), dts, cts, key, payload: Bytes::new() }
    }

    #[test]
    fn a_child_that_begins_within_what_was_given_goes_on_at_its_next_key_frame() {
        let mut reached = Reached::default();
        assert!(reached.takes(&picture(0, true)) && reached.takes(&picture(40, false)));
        reached.begin();
        let taken = [(0, true), (40, false), (80, false), (120, true), (160, false)];
        let taken = taken.map(|(ms, key)| reached.takes(&picture(ms, key)));
        assert_eq!(taken, [false, false, false, true, true]);
        assert!(reached.takes(&picture(160, false)), "two pictures of one time");
        reached.reset();
        assert!(reached.takes(&picture(0, true)), "another publisher's timeline is its own");
    }
}
