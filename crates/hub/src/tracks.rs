#[cfg(test)]
mod tests;

use bytes::Bytes;
use vivace_base::MediaTime;
use vivace_media::{Codec, Frame, FrameKind, fmp4, opus, size_in_band};

/// A track's codec with its decoder configuration record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// The codec.
    pub codec: Codec,
    /// avcC, hvcC, av1C, vpcC, AudioSpecificConfig or OpusHead; for MP3, which has none, the first frame; nothing for
    /// G.711.
    pub record: Bytes,
    /// Width and height as the newest key frame tells them, where the record does not (VP9).
    pub size: Option<(u16, u16)>,
}

impl Config {
    /// The track as MP4 describes it.
    ///
    /// # Errors
    /// Those of [`fmp4::Track::sized`].
    pub fn track(&self, id: u32) -> Result<fmp4::Track, fmp4::Fault> {
        fmp4::Track::sized(self.codec, &self.record, self.size, id)
    }

    fn is_of(&self, frame: &Frame) -> bool {
        frame.codec == Some(self.codec) && frame.payload == self.record
    }
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
            FrameKind::VideoConfig => !self.video.as_ref().is_some_and(|video| video.is_of(frame)),
            FrameKind::AudioConfig => !self.audio.as_ref().is_some_and(|audio| audio.is_of(frame)),
            FrameKind::Video => self.new_size(frame).is_some(),
            FrameKind::Audio => false,
        }
    }

    /// The size that a key frame tells, if it is another than the one known and the record does not tell it.
    fn new_size(&self, frame: &Frame) -> Option<(u16, u16)> {
        let video = self.video.as_ref().filter(|video| frame.key && frame.codec == Some(video.codec))?;
        let size = size_in_band(video.codec, &video.record, &frame.payload)?;
        (video.size != Some(size)).then_some(size)
    }

    /// The codecs of the tracks that are known.
    pub fn codecs(&self) -> impl Iterator<Item = Codec> {
        [&self.video, &self.audio].into_iter().flatten().map(|config| config.codec)
    }

    /// Takes note of a frame.
    pub(crate) fn note(&mut self, frame: &Frame) {
        let first = *self.first.get_or_insert(frame.dts);
        self.newest = self.newest.max(frame.dts);
        let (changes, new_size) = (self.changes(frame), self.new_size(frame));
        let [video, audio] = &mut self.seen;
        match frame.kind {
            FrameKind::Metadata => self.metadata = Some(frame.payload.clone()),
            FrameKind::VideoConfig => {
                *video = true;
                if changes {
                    self.video = config(frame);
                }
            }
            FrameKind::AudioConfig => (self.audio, *audio) = (config(frame), true),
            FrameKind::Video => {
                *video = true;
                if let Some(video) = self.video.as_mut().filter(|_| new_size.is_some()) {
                    video.size = new_size;
                }
            }
            FrameKind::Audio => {
                *audio = true;
                if self.audio.as_ref().map(|audio| audio.codec) != frame.codec {
                    self.audio = config_in_band(frame).or(self.audio.take());
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
        // What stands in the place of a record that the codec does not have is not sent.
        if let Some(audio) = self.audio.as_ref().filter(|audio| audio.codec.has_record()) {
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
    frame.codec.map(|codec| Config { codec, record: frame.payload.clone(), size: None })
}

/// The configuration that sound tells of itself.
fn config_in_band(frame: &Frame) -> Option<Config> {
    let record = match frame.codec? {
        Codec::Mp3 => frame.payload.clone(),
        Codec::G711A | Codec::G711U => Bytes::new(),
        // A sender may leave its header out for mono and stereo (Enhanced RTMP v2, "ExAudioTagBody").
        Codec::Opus => {
            let mut record = Vec::new();
            opus::Head::of_packet(&frame.payload).ok()?.write(&mut record);
            record.into()
        }
        Codec::Aac | Codec::H264 | Codec::Hevc | Codec::Av1 | Codec::Vp9 => return None,
    };
    Some(Config { codec: frame.codec?, record, size: None })
}
