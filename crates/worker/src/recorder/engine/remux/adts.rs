use bytes::Bytes;
use vivace_base::MediaTime;
use vivace_media::Codec;
use vivace_media::aac::{AdtsHeader, AudioSpecificConfig};
use vivace_media::fmp4::Reader;

use super::{Indexed, RemuxFault};

/// The AAC frames of a stream, each behind a header of its own.
#[derive(Debug, Default)]
pub(super) struct Adts {
    reader: Option<Reader>,
    /// Place of the track, and its configuration.
    track: Option<(usize, AudioSpecificConfig)>,
    bytes: u64,
    /// From the first frame to the end of the last.
    span: Option<(MediaTime, MediaTime)>,
}

impl Adts {
    pub(super) fn init(&mut self, reader: Reader) -> Result<(), RemuxFault> {
        let found = reader.tracks().iter().enumerate().find(|(_, track)| track.track().codec() == Codec::Aac);
        let (place, track) = found.ok_or(RemuxFault::NoAac)?;
        let config = AudioSpecificConfig::parse(track.record())?;
        AdtsHeader::write(&config, 0, &mut Vec::new())?;
        self.track = Some((place, config));
        self.reader = Some(reader);
        Ok(())
    }

    pub(super) fn index(&mut self, part: &Bytes) -> Result<(), RemuxFault> {
        let (Some(reader), Some((place, _))) = (&mut self.reader, self.track) else { return Err(RemuxFault::NoInit) };
        for sample in reader.samples(part, 0) {
            let sample = sample?;
            if sample.track == place {
                self.bytes = self.bytes.saturating_add((sample.bytes + AdtsHeader::BYTES) as u64);
                let (begin, end) = self.span.unwrap_or((sample.dts, sample.dts));
                self.span = Some((begin, end.max(sample.dts + sample.duration)));
            }
        }
        Ok(())
    }

    pub(super) fn finish(&self) -> Result<Indexed, RemuxFault> {
        let (begin, end) = self.span.ok_or(RemuxFault::Empty)?;
        Ok(Indexed { head: Bytes::new(), bytes: self.bytes, duration: end - begin })
    }

    pub(super) fn write(&mut self, part: &Bytes, out: &mut Vec<u8>) -> Result<(), RemuxFault> {
        let (Some(reader), Some((place, config))) = (&mut self.reader, &self.track) else {
            return Err(RemuxFault::NoInit);
        };
        for sample in reader.samples(part, 0) {
            let sample = sample?;
            if sample.track == *place {
                AdtsHeader::write(config, sample.bytes, out)?;
                out.extend_from_slice(sample.payload(part));
            }
        }
        Ok(())
    }
}
