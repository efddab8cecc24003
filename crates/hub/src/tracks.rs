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
    /// Whether this publisher has sent anything of the video and of the audio track.
    seen: [bool; 2],
}

/// Media time after which a stream that has shown one track only is taken to have no other.
const SETTLE: MediaTime = MediaTime::from_ms(1_000);

impl Tracks {
    /// Whether a frame changes a configuration that readers have to learn of.
    pub(crate) fn changes(&self, frame: &Frame) -> bool {
        match frame.kind {
            FrameKind::Metadata => self.metadata.as_ref() != Some(&frame.payload),
            FrameKind::VideoConfig => self.video != config(frame),
            FrameKind::AudioConfig => self.audio != config(frame),
            FrameKind::Video | FrameKind::Audio => false,
        }
    }

    /// Takes note of a frame.
    pub(crate) fn note(&mut self, frame: &Frame) {
        let first = *self.first.get_or_insert(frame.dts);
        self.newest = self.newest.max(frame.dts);
        let [video, audio] = &mut self.seen;
        match frame.kind {
            FrameKind::Metadata => self.metadata = Some(frame.payload.clone()),
            FrameKind::VideoConfig => (self.video, *video) = (config(frame), true),
            FrameKind::AudioConfig => (self.audio, *audio) = (config(frame), true),
            FrameKind::Video => *video = true,
            FrameKind::Audio => {
                *audio = true;
                let mp3 = frame.codec == Some(Codec::Mp3);
                if mp3 && self.audio.as_ref().is_none_or(|audio| audio.codec != Codec::Mp3) {
                    self.audio = config(frame);
                }
            }
        }
        if self.newest - first >= SETTLE {
            self.video.take_if(|_| !self.seen[0]);
            self.audio.take_if(|_| !self.seen[1]);
        }
    }

    /// Another publisher goes on. What it configures alike stays; a track that it has not shown by the time that a
    /// stream takes to settle is gone.
    pub(crate) const fn resume(&mut self) {
        self.first = None;
        self.seen = [false; 2];
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

fn config(frame: &Frame) -> Option<Config> {
    frame.codec.map(|codec| Config { codec, record: frame.payload.clone() })
}
