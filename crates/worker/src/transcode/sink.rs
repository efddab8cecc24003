use std::sync::Arc;

use bytes::Bytes;
use vivace_base::{Limits, MediaTime};
use vivace_hub::{Marker, Publisher, Replaced, Stream};
use vivace_media::flv::{self, TagKind, to_frame};
use vivace_media::{Codec, FrameKind};

/// Where what is made goes.
pub(super) enum Sink {
    /// Into a stream of its own.
    Rate(Publisher),
    /// Before the eyes of a diverted stream's players.
    Mark(Marker),
}

impl Sink {
    /// The stream whose players get it.
    pub(super) const fn stream(&self) -> &Arc<Stream> {
        match self {
            Self::Rate(publisher) => publisher.stream(),
            Self::Mark(marker) => marker.stream(),
        }
    }

    /// Whether its right still holds.
    pub(super) fn is_current(&self) -> bool {
        match self {
            Self::Rate(publisher) => publisher.is_current(),
            Self::Mark(_) => true,
        }
    }

    pub(super) fn give(&self, epoch: u64, frame: vivace_media::Frame) -> Result<(), Replaced> {
        match self {
            Self::Rate(publisher) => publisher.push(frame),
            Self::Mark(marker) => marker.show(epoch, frame),
        }
    }
}

/// Turns what comes from a child into frames on the source's timeline.
pub(super) struct Unpack {
    reader: flv::Reader,
    base: MediaTime,
}

/// How far players have got, over all children of a job: what an earlier one has given is not given again.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Reached {
    video: Option<MediaTime>,
    audio: Option<MediaTime>,
    /// A child begins anew within what was given: its pictures mean nothing before its next key frame.
    awaits_key: bool,
}

impl Unpack {
    pub(super) fn new(limits: &Limits, base: MediaTime) -> Self {
        Self { reader: flv::Reader::new(limits), base }
    }

    pub(super) fn feed(&mut self, bytes: &[u8]) {
        self.reader.feed(bytes);
    }

    /// The next frame.
    pub(super) fn next(&mut self) -> Result<Option<vivace_media::Frame>, flv::Fault> {
        while let Some(tag) = self.reader.next()? {
            let time = self.base + MediaTime::from_ms(i64::from(tag.timestamp_ms));
            if let Some(frame) = frame(tag.kind, time, &tag.body)? {
                return Ok(Some(frame));
            }
        }
        Ok(None)
    }
}

fn frame(kind: TagKind, time: MediaTime, body: &Bytes) -> Result<Option<vivace_media::Frame>, flv::Fault> {
    let frame = to_frame(kind, time, body)?;
    // Nothing else was asked for.
    Ok(frame.filter(|frame| matches!(frame.codec, None | Some(Codec::H264 | Codec::Aac))))
}

impl Reached {
    /// Another child begins.
    pub(super) const fn begin(&mut self) {
        self.awaits_key = false;
    }

    /// Another publisher of the source: nothing of the one before counts.
    pub(super) fn reset(&mut self) {
        *self = Self::default();
    }

    /// Whether a frame is new.
    pub(super) fn takes(&mut self, frame: &vivace_media::Frame) -> bool {
        let is_new = |last: Option<MediaTime>| last.is_none_or(|last| frame.dts > last);
        match frame.kind {
            FrameKind::Video if !is_new(self.video) => {
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
        reached.reset();
        assert!(reached.takes(&picture(0, true)), "another publisher's timeline is its own");
    }
}
