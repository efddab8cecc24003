use std::collections::VecDeque;

use bytes::{Bytes, BytesMut};
use thiserror::Error;
use vivace_base::{Limits, MediaTime};
use vivace_media::flv::{self, TagKind, to_frame};
use vivace_media::{Codec, Frame, fmp4};

/// Why what comes from a child cannot be read.
#[derive(Debug, Error)]
pub(super) enum UnpackFault {
    #[error(transparent)]
    Flv(#[from] flv::Fault),
    #[error(transparent)]
    Fmp4(#[from] fmp4::Fault),
    #[error("a fragment of more than {max} bytes")]
    TooLong { max: usize },
}

/// Turns what comes from a child into frames on the source's timeline.
pub(super) struct Unpack {
    reader: Reader,
    base: MediaTime,
}

enum Reader {
    /// Pictures and sound.
    Flv(flv::Reader),
    /// Sound alone, which FLV of the FFmpegs that are about cannot carry.
    Fmp4(Fragments),
}

/// Fragmented MP4 as it comes from a pipe.
struct Fragments {
    codec: Codec,
    waiting: BytesMut,
    waiting_max: usize,
    reader: Option<fmp4::Reader>,
    frames: VecDeque<Frame>,
}

impl Unpack {
    /// Reads FLV, or, where the sound alone is made, that.
    pub(super) fn new(limits: &Limits, base: MediaTime, sound: Option<Codec>) -> Self {
        let reader = match sound {
            None => Reader::Flv(flv::Reader::new(limits)),
            Some(codec) => Reader::Fmp4(Fragments::new(codec, limits.rtmp_audio_message_bytes_max)),
        };
        Self { reader, base }
    }

    pub(super) fn feed(&mut self, bytes: &[u8]) {
        match &mut self.reader {
            Reader::Flv(reader) => reader.feed(bytes),
            Reader::Fmp4(fragments) => fragments.waiting.extend_from_slice(bytes),
        }
    }

    /// The next frame.
    pub(super) fn next(&mut self) -> Result<Option<Frame>, UnpackFault> {
        let base = self.base;
        match &mut self.reader {
            Reader::Flv(reader) => {
                while let Some(tag) = reader.next()? {
                    let time = base + MediaTime::from_ms(i64::from(tag.timestamp_ms));
                    if let Some(frame) = frame(tag.kind, time, &tag.body)? {
                        return Ok(Some(frame));
                    }
                }
                Ok(None)
            }
            Reader::Fmp4(fragments) => {
                let next = fragments.next()?;
                Ok(next.map(|frame| Frame { dts: base + frame.dts, ..frame }))
            }
        }
    }
}

fn frame(kind: TagKind, time: MediaTime, body: &Bytes) -> Result<Option<Frame>, flv::Fault> {
    let frame = to_frame(kind, time, body)?;
    // Nothing else was asked for.
    Ok(frame.filter(|frame| matches!(frame.codec, None | Some(Codec::H264 | Codec::Aac))))
}

impl Fragments {
    fn new(codec: Codec, waiting_max: usize) -> Self {
        Self { codec, waiting: BytesMut::new(), waiting_max, reader: None, frames: VecDeque::new() }
    }

    fn next(&mut self) -> Result<Option<Frame>, UnpackFault> {
        if self.frames.is_empty() {
            self.read()?;
        }
        Ok(self.frames.pop_front())
    }

    /// Reads what is whole by now.
    fn read(&mut self) -> Result<(), UnpackFault> {
        let whole = fmp4::whole_bytes(&self.waiting);
        let piece = self.waiting.split_to(whole.min(self.waiting.len())).freeze();
        if self.waiting.len() > self.waiting_max {
            return Err(UnpackFault::TooLong { max: self.waiting_max });
        }
        if piece.is_empty() {
            return Ok(());
        }
        let reader = match &mut self.reader {
            Some(reader) => reader,
            // It begins with the initialization segment.
            None => {
                let reader = fmp4::Reader::parse(&piece)?;
                let tracks = reader.tracks().iter().filter(|track| track.track().codec() == self.codec);
                self.frames.extend(tracks.filter_map(|track| track.header(MediaTime::ZERO)));
                self.reader.insert(reader)
            }
        };
        for frame in reader.frames(&piece, 0) {
            let frame = frame?;
            // Nothing else was asked for.
            if frame.codec == Some(self.codec) {
                self.frames.push_back(frame);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use vivace_base::{Limits, MediaTime};
    use vivace_media::fmp4::{self, Sample, Track};
    use vivace_media::{Codec, FrameKind};

    use super::{Unpack, UnpackFault};

    fn unpack(codec: Codec) -> Unpack {
        Unpack::new(&Limits::default(), MediaTime::from_ms(5_000), Some(codec))
    }

    fn file() -> Vec<u8> {
        let track = Track::from_config(Codec::Aac, &Bytes::from_static(&[0x12, 0x10]), 1).expect("a track");
        let mut file = fmp4::init_segment(std::slice::from_ref(&track));
        for number in 1..=3 {
            let (dts, cts) = (MediaTime::from_ms(i64::from(number) * 20), MediaTime::ZERO);
            let sample = Sample { dts, cts, duration: MediaTime::from_ms(20), key: true, payload: b"sound" };
            fmp4::fragment(number, &track, &[sample], &mut file).expect("a fragment");
        }
        file
    }

    #[test]
    fn fragments_become_frames_however_they_come() {
        for step in [1, 7, 4_096] {
            let mut unpack = unpack(Codec::Aac);
            let mut frames = Vec::new();
            for bytes in file().chunks(step) {
                unpack.feed(bytes);
                while let Some(frame) = unpack.next().expect("it is read") {
                    frames.push((frame.kind, frame.dts.ms(), frame.payload.len()));
                }
            }
            let sound = |ms| (FrameKind::Audio, ms, 5);
            let expected = [(FrameKind::AudioConfig, 5_000, 2), sound(5_020), sound(5_040), sound(5_060)];
            assert_eq!(frames, expected, "{step} bytes at once");
        }
    }

    #[test]
    fn sound_that_was_not_asked_for_and_what_never_ends_are_not_taken() {
        let mut other = unpack(Codec::Opus);
        other.feed(&file());
        assert!(matches!(other.next(), Ok(None)));
        let mut endless = unpack(Codec::Aac);
        endless.feed(&[&u32::MAX.to_be_bytes()[..], b"moov", &vec![0; 70_000]].concat());
        assert!(matches!(endless.next(), Err(UnpackFault::TooLong { max: 65_536 })));
        let mut headless = unpack(Codec::Aac);
        headless.feed(b"\0\0\0\x08moof\0\0\0\x08mdat");
        assert!(matches!(headless.next(), Err(UnpackFault::Fmp4(fmp4::Fault::Missing(_)))));
    }
}
