use bytes::Bytes;
use vivace_base::MediaTime;
use vivace_media::{Frame, FrameKind, fmp4, mpegts};

use super::{SegmentFault, SourceLimits};

/// Makes frames of the segments of one rendition, whatever they are packed in.
#[derive(Debug)]
pub(super) struct Demux {
    ts: mpegts::Demuxer,
    mp4: Option<Mp4>,
    frames_max: usize,
    frame_bytes_max: usize,
}

/// What an initialization segment has told.
#[derive(Debug)]
struct Mp4 {
    map: Bytes,
    reader: fmp4::Reader,
    /// Places of the first track of pictures and of the first one of sound.
    picked: [Option<usize>; 2],
    /// Whether a track's sequence header has been given.
    told: [bool; 2],
}

impl Demux {
    pub(super) fn new(limits: &SourceLimits) -> Self {
        let SourceLimits { frames_max, frame_bytes_max, .. } = *limits;
        Self { ts: mpegts::Demuxer::new(frame_bytes_max, frames_max), mp4: None, frames_max, frame_bytes_max }
    }

    /// From now on times do not follow those before.
    pub(super) const fn discontinuity(&mut self) {
        self.ts.discontinuity();
    }

    /// The frames of a segment by decoding time, in the order of their track where times are equal.
    pub(super) fn segment(&mut self, map: Option<&Bytes>, data: &Bytes) -> Result<Vec<Frame>, SegmentFault> {
        let mut frames = if is_ts(data) {
            self.ts.segment(map.map_or(&[], |map| map), data)?
        } else if is_mp4(data) {
            self.mp4(map.ok_or(SegmentFault::NoMap)?, data)?
        } else {
            return Err(SegmentFault::Container);
        };
        frames.sort_by_key(|frame| frame.dts);
        if !frames.iter().any(|frame| matches!(frame.kind, FrameKind::Video | FrameKind::Audio)) {
            return Err(SegmentFault::Empty);
        }
        Ok(frames)
    }

    fn mp4(&mut self, map: &Bytes, data: &Bytes) -> Result<Vec<Frame>, SegmentFault> {
        let mp4 = match self.mp4.take().filter(|mp4| mp4.map == *map) {
            Some(mp4) => mp4,
            None => Mp4::open(map)?,
        };
        let mp4 = self.mp4.insert(mp4);
        let mut frames = Vec::new();
        let tracks = mp4.reader.tracks().to_vec();
        for sample in mp4.reader.samples(data, 0) {
            let sample = match sample {
                Ok(sample) => sample,
                // What came before it is good.
                Err(_) if !frames.is_empty() => break,
                Err(fault) => return Err(fault.into()),
            };
            let Some(place) = mp4.picked.iter().position(|picked| *picked == Some(sample.track)) else { continue };
            if frames.len() >= self.frames_max {
                return Err(SegmentFault::Frames(self.frames_max));
            }
            if sample.bytes > self.frame_bytes_max {
                return Err(SegmentFault::FrameBytes(self.frame_bytes_max));
            }
            let Some(track) = tracks.get(sample.track).filter(|_| sample.bytes > 0) else { continue };
            if let Some(told) = mp4.told.get_mut(place)
                && !std::mem::replace(told, true)
            {
                frames.extend(track.header(sample.dts));
            }
            frames.push(frame(track, &sample, data));
        }
        Ok(frames)
    }
}

/// A frame of a sample; its bytes do not hold the segment in memory.
fn frame(track: &fmp4::InputTrack, sample: &fmp4::InputSample, data: &Bytes) -> Frame {
    let codec = track.track().codec();
    let video = codec.is_video();
    Frame {
        kind: if video { FrameKind::Video } else { FrameKind::Audio },
        codec: Some(codec),
        dts: sample.dts,
        cts: if video { sample.cts } else { MediaTime::ZERO },
        key: video && sample.key,
        payload: Bytes::copy_from_slice(sample.payload(data)),
    }
}

impl Mp4 {
    fn open(map: &Bytes) -> Result<Self, SegmentFault> {
        let reader = fmp4::Reader::parse(map)?;
        let tracks = reader.tracks();
        let first = |video: bool| tracks.iter().position(|track| track.track().codec().is_video() == video);
        let picked = [first(true), first(false)];
        if picked == [None, None] {
            let encrypted = reader.foreign().iter().any(|kind| matches!(kind, b"encv" | b"enca"));
            return Err(if encrypted { SegmentFault::Encrypted } else { SegmentFault::Codecs });
        }
        Ok(Self { map: map.clone(), reader, picked, told: [false; 2] })
    }
}

fn is_ts(data: &[u8]) -> bool {
    data.first() == Some(&0x47) && data.get(mpegts::PACKET_BYTES).is_none_or(|byte| *byte == 0x47)
}

/// Whether it begins with a box that a segment may begin with.
fn is_mp4(data: &[u8]) -> bool {
    let kinds: [&[u8]; 9] = [b"styp", b"moof", b"sidx", b"ftyp", b"moov", b"emsg", b"prft", b"free", b"mdat"];
    data.get(4..8).is_some_and(|kind| kinds.contains(&kind))
}
