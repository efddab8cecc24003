use bytes::Bytes;
use vivace_base::MediaTime;
use vivace_media::{Codec, Frame, FrameKind};

/// A track's codec with its decoder configuration record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// The codec.
    pub codec: Codec,
    /// avcC, hvcC or AudioSpecificConfig; for MP3, which has none, the first frame.
    pub record: Bytes,
}

/// What a stream consists of at this moment.
#[derive(Clone, Debug, Default)]
pub struct Tracks {
    /// AMF0 bytes of the publisher's metadata.
    pub metadata: Option<Bytes>,
    /// The video track.
    pub video: Option<Config>,
    /// The audio track.
    pub audio: Option<Config>,
    first: Option<MediaTime>,
    newest: MediaTime,
}

/// Media time after which a stream that has shown one track only is taken to have no other.
const SETTLE: MediaTime = MediaTime::from_ms(1_000);

impl Tracks {
    /// Takes note of a frame. True if the frame changes a configuration that readers have to learn of.
    pub(crate) fn note(&mut self, frame: &Frame) -> bool {
        self.first.get_or_insert(frame.dts);
        self.newest = self.newest.max(frame.dts);
        let fresh = frame.codec.map(|codec| Config { codec, record: frame.payload.clone() });
        match frame.kind {
            FrameKind::Metadata => replace(&mut self.metadata, Some(frame.payload.clone())),
            FrameKind::VideoConfig => replace(&mut self.video, fresh),
            FrameKind::AudioConfig => replace(&mut self.audio, fresh),
            FrameKind::Audio if frame.codec == Some(Codec::Mp3) => {
                if self.audio.as_ref().is_none_or(|audio| audio.codec != Codec::Mp3) {
                    self.audio = fresh;
                }
                false
            }
            FrameKind::Video | FrameKind::Audio => false,
        }
    }

    /// Gives the frames that a decoder needs before the one at `start`: metadata, then the sequence headers.
    pub fn header_frames(&self, start: MediaTime, mut give: impl FnMut(&Frame)) {
        let frame = |kind, codec, payload: &Bytes| Frame {
            kind,
            codec,
            dts: start,
            cts: MediaTime::ZERO,
            key: false,
            payload: payload.clone(),
        };
        if let Some(metadata) = &self.metadata {
            give(&frame(FrameKind::Metadata, None, metadata));
        }
        if let Some(video) = &self.video {
            give(&frame(FrameKind::VideoConfig, Some(video.codec), &video.record));
        }
        // MP3 has no configuration record; what stands in its place is not sent.
        if let Some(audio) = self.audio.as_ref().filter(|audio| audio.codec != Codec::Mp3) {
            give(&frame(FrameKind::AudioConfig, Some(audio.codec), &audio.record));
        }
    }

    /// Whether all tracks that are going to come have come: both are there, or one alone for a second of media.
    pub fn settled(&self) -> bool {
        match (&self.video, &self.audio) {
            (Some(_), Some(_)) => true,
            (None, None) => false,
            _ => self.first.is_some_and(|first| self.newest - first >= SETTLE),
        }
    }
}

fn replace<T: PartialEq>(slot: &mut Option<T>, value: Option<T>) -> bool {
    let changed = *slot != value;
    *slot = value;
    changed
}
