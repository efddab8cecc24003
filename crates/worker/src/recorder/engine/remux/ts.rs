use bytes::Bytes;
use vivace_base::MediaTime;
use vivace_media::fmp4::{InputSample, Reader, Sample};
use vivace_media::mpegts::Writer;
use vivace_media::{Codec, Container};

use super::interleave::interleaved;
use super::{RemuxFault, RemuxFormat, alike, check_carried};

/// Makes parts into packets of a transport stream. It needs one pass and holds one part.
#[derive(Debug, Default)]
pub struct TsRemuxer {
    reader: Option<Reader>,
    writer: Writer,
    configured: bool,
}

/// Sound of this much time shares a PES packet.
const AUDIO_GROUP: MediaTime = MediaTime::from_ms(100);

impl TsRemuxer {
    /// A remuxer that has seen nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// The initialization segment of the parts that follow.
    ///
    /// # Errors
    /// [`RemuxFault::Read`], [`RemuxFault::NotCarried`].
    pub fn init(&mut self, init: &[u8]) -> Result<(), RemuxFault> {
        let reader = Reader::parse(init)?;
        check_carried(&reader, Container::MpegTs, RemuxFormat::Ts)?;
        self.configured &= self.reader.as_ref().is_some_and(|before| alike(before, &reader));
        self.reader = Some(reader);
        Ok(())
    }

    /// Tables stand before the next part: a segment begins.
    pub const fn begin_segment(&mut self) {
        self.writer.begin_segment();
    }

    /// Appends the packets of a part. Sound and pictures are mixed in order of decoding time, with the times of the media
    /// file.
    ///
    /// # Errors
    /// [`RemuxFault::NoInit`], [`RemuxFault::Read`], [`RemuxFault::Ts`]; `out` may then hold some of the packets.
    pub fn part(&mut self, part: &Bytes, out: &mut Vec<u8>) -> Result<(), RemuxFault> {
        let reader = self.reader.as_mut().ok_or(RemuxFault::NoInit)?;
        let samples = interleaved(reader, part)?;
        let tracks = reader.tracks();
        let video = tracks.iter().position(|track| track.track().is_video());
        let audio = tracks.iter().position(|track| !track.track().is_video());
        if !self.configured {
            let given = |place: Option<usize>| {
                let place = place?;
                let track = tracks.get(place)?;
                let first = samples.iter().find(|sample| sample.track == place);
                // MP3 has no record: its first frame tells what it is.
                let record = match track.track().codec() {
                    Codec::Mp3 => first?.payload(part),
                    _ => track.record().as_ref(),
                };
                Some((track.track().codec(), record))
            };
            let (picture, sound) = (given(video), given(audio));
            // Without its first frame, sound joins with the next part.
            self.configured = sound.is_some() == audio.is_some();
            self.writer.configure(picture, sound)?;
        }
        let mut group: Vec<Sample<'_>> = Vec::new();
        for sample in &samples {
            let full = group.first().is_some_and(|first| first.dts + AUDIO_GROUP <= sample.dts);
            if full {
                self.writer.audio(&group, out)?;
                group.clear();
            }
            self.sample(sample, part, [video, audio], &mut group, out)?;
        }
        self.writer.audio(&group, out)?;
        Ok(())
    }

    fn sample<'a>(
        &mut self,
        sample: &InputSample,
        part: &'a [u8],
        [video, audio]: [Option<usize>; 2],
        group: &mut Vec<Sample<'a>>,
        out: &mut Vec<u8>,
    ) -> Result<(), RemuxFault> {
        if Some(sample.track) == video {
            self.writer.video(&sample.sample(part), out)?;
        } else if Some(sample.track) == audio {
            group.push(sample.sample(part));
        }
        Ok(())
    }
}
