//! A file to publish: read once, taken apart, ready to be sent over and over.

use std::fs;
use std::io;
use std::path::Path;

use bytes::Bytes;
use thiserror::Error;
use vivace_base::Limits;
use vivace_media::flv::{self, AudioTag, Reader, Tag, TagKind, VideoTag, parse_audio, parse_video};
use vivace_media::{Codec, h264, hevc};
use vivace_rtmp::engine::MediaKind;

use super::stamp;

/// Why a file cannot be published.
#[derive(Debug, Error)]
pub(super) enum ClipFault {
    #[error("cannot be read: {0}")]
    Read(#[from] io::Error),
    #[error("is not a whole FLV file: {0}")]
    Flv(#[from] flv::Fault),
    #[error("the record of its H.264 video is broken: {0}")]
    H264(#[from] h264::Fault),
    #[error("the record of its HEVC video is broken: {0}")]
    Hevc(#[from] hevc::Fault),
    #[error("changes its {0} configuration in mid-stream; one configuration is needed to send it over and over")]
    Changes(TagKind),
    #[error("has no picture and no sound in it")]
    Empty,
}

/// A file's tags: what is sent once, and what is sent in every round.
#[derive(Debug)]
pub(super) struct Clip {
    /// Metadata and sequence headers.
    pub(super) headers: Vec<Piece>,
    /// Coded frames in the order of their times, which begin with zero.
    pub(super) frames: Vec<Piece>,
    /// Milliseconds from one round to the next.
    pub(super) round_ms: u32,
}

/// One tag.
#[derive(Clone, Debug)]
pub(super) struct Piece {
    /// What it is sent as.
    pub(super) kind: MediaKind,
    /// Milliseconds from the first frame of the file.
    pub(super) timestamp_ms: u32,
    body: Bytes,
    stamp: Option<Place>,
}

/// Where a stamp goes into a picture.
#[derive(Clone, Copy, Debug)]
struct Place {
    at: usize,
    codec: Codec,
    length_size: usize,
}

/// What stands before the metadata of a stream, which servers keep for those who join later.
const SET_DATA_FRAME: &[u8] = b"\x02\x00\x0d@setDataFrame";

impl Clip {
    /// Reads a file.
    pub(super) fn read(path: &Path, limits: &Limits) -> Result<Self, ClipFault> {
        Self::of(&fs::read(path)?, limits)
    }

    fn of(file: &[u8], limits: &Limits) -> Result<Self, ClipFault> {
        let mut reader = Reader::new(limits);
        reader.feed(file);
        let mut sorter = Sorter::default();
        while let Some(tag) = reader.next()? {
            sorter.add(tag)?;
        }
        reader.finish()?;
        sorter.finish()
    }

    /// Bytes a second that the frames take with their stamps, as message bodies.
    pub(super) fn bytes_per_second(&self) -> f64 {
        let bytes: usize = self
            .frames
            .iter()
            .map(|frame| frame.with_stamp(0, |parts| parts.iter().map(|p| p.len()).sum::<usize>()))
            .sum();
        bytes as f64 * 1e3 / f64::from(self.round_ms.max(1))
    }
}

impl Piece {
    /// Hands the body to `send` in parts, with a stamp of `now_ns` in front of a picture.
    pub(super) fn with_stamp<T>(&self, now_ns: u64, send: impl FnOnce(&[&[u8]]) -> T) -> T {
        let stamped = self.stamp.and_then(|place| {
            let sei = stamp::sei(place.codec, place.length_size, now_ns)?;
            Some((sei, self.body.split_at_checked(place.at)?))
        });
        match (&stamped, self.kind) {
            (Some((sei, (before, behind))), _) => send(&[before, sei, behind]),
            (None, MediaKind::Data) if !self.body.starts_with(SET_DATA_FRAME) => send(&[SET_DATA_FRAME, &self.body]),
            (None, _) => send(&[&self.body]),
        }
    }

    /// Whether it is a picture.
    pub(super) fn is_picture(&self) -> bool {
        self.stamp.is_some()
    }

    fn new(kind: MediaKind, timestamp_ms: u32, body: Bytes) -> Self {
        Self { kind, timestamp_ms, body, stamp: None }
    }
}

/// Puts tags where they belong as they come.
#[derive(Default)]
struct Sorter {
    metadata: Option<Piece>,
    video: Option<(Bytes, usize)>,
    audio: Option<Bytes>,
    frames: Vec<Piece>,
}

impl Sorter {
    fn add(&mut self, tag: Tag) -> Result<(), ClipFault> {
        match tag.kind {
            TagKind::Script => {
                self.metadata.get_or_insert_with(|| Piece::new(MediaKind::Data, 0, tag.body));
            }
            TagKind::Audio => self.audio(tag)?,
            TagKind::Video => self.video(tag)?,
        }
        Ok(())
    }

    fn audio(&mut self, tag: Tag) -> Result<(), ClipFault> {
        match parse_audio(&tag.body)? {
            AudioTag::SequenceStart { .. } => match &self.audio {
                Some(known) if *known != tag.body => return Err(ClipFault::Changes(TagKind::Audio)),
                _ => self.audio = Some(tag.body),
            },
            AudioTag::Coded { .. } => self.frames.push(Piece::new(MediaKind::Audio, tag.timestamp_ms, tag.body)),
            AudioTag::SequenceEnd { .. } | AudioTag::Ignored => {}
        }
        Ok(())
    }

    fn video(&mut self, tag: Tag) -> Result<(), ClipFault> {
        match parse_video(&tag.body)? {
            VideoTag::SequenceStart { codec, record } => match &self.video {
                Some((known, _)) if *known != tag.body => return Err(ClipFault::Changes(TagKind::Video)),
                _ => self.video = Some((tag.body, length_size(codec, &record)?)),
            },
            VideoTag::Coded { codec, data, .. } => {
                let length_size = self.video.as_ref().map_or(4, |(_, length_size)| *length_size);
                let header_bytes = tag.body.len().saturating_sub(data.len());
                let at = header_bytes.saturating_add(delimiter_bytes(codec, &data, length_size));
                let mut piece = Piece::new(MediaKind::Video, tag.timestamp_ms, tag.body);
                piece.stamp = Some(Place { at, codec, length_size });
                self.frames.push(piece);
            }
            VideoTag::SequenceEnd { .. } | VideoTag::Metadata { .. } | VideoTag::Ignored => {}
        }
        Ok(())
    }

    fn finish(mut self) -> Result<Clip, ClipFault> {
        self.frames.sort_by_key(|frame| frame.timestamp_ms);
        let first_ms = self.frames.first().ok_or(ClipFault::Empty)?.timestamp_ms;
        self.frames.iter_mut().for_each(|frame| frame.timestamp_ms = frame.timestamp_ms.saturating_sub(first_ms));
        let video = self.video.map(|(body, _)| Piece::new(MediaKind::Video, 0, body));
        let audio = self.audio.map(|body| Piece::new(MediaKind::Audio, 0, body));
        let headers = self.metadata.into_iter().chain(video).chain(audio).collect();
        let round_ms = round_ms(&self.frames);
        Ok(Clip { headers, frames: self.frames, round_ms })
    }
}

/// Until the last frame and one step more, so that the rounds follow each other evenly.
fn round_ms(frames: &[Piece]) -> u32 {
    let pictures = frames.iter().filter(|frame| frame.is_picture()).count();
    let counted = if pictures > 1 { pictures } else { frames.len() };
    let last_ms = frames.last().map_or(0, |frame| frame.timestamp_ms);
    let steps = u32::try_from(counted.saturating_sub(1)).unwrap_or(u32::MAX).max(1);
    last_ms.saturating_add((last_ms / steps).max(1))
}

fn length_size(codec: Codec, record: &[u8]) -> Result<usize, ClipFault> {
    Ok(match codec {
        Codec::Hevc => hevc::ConfigurationRecord::parse(record)?.length_size,
        Codec::H264 => h264::ConfigurationRecord::parse(record)?.length_size,
        _ => 4, // no NAL units
    })
}

/// Bytes of the access unit delimiter that a picture may begin with: nothing may stand before it (H.264 7.4.1.2.3).
fn delimiter_bytes(codec: Codec, data: &[u8], length_size: usize) -> usize {
    let first = match codec {
        Codec::H264 => h264::nal_units(data, length_size)
            .next()
            .and_then(Result::ok)
            .filter(|unit| h264::nal_type(unit) == Some(9)),
        Codec::Hevc => hevc::nal_units(data, length_size)
            .next()
            .and_then(Result::ok)
            .filter(|unit| hevc::nal_type(unit) == Some(35)),
        _ => None,
    };
    first.map_or(0, |unit| unit.len().saturating_add(length_size))
}

#[cfg(test)]
mod tests {
    use vivace_base::Limits;
    use vivace_media::flv::file_header;

    use super::super::stamp::Finder;
    use super::{Clip, ClipFault};

    const RECORD: [u8; 23] =
        [1, 66, 0xc0, 30, 0xff, 0xe1, 0, 8, 0x67, 66, 0xc0, 30, 0xda, 2, 0x80, 0xbf, 1, 0, 4, 0x68, 0xce, 0x3c, 0x80];

    fn tag(kind: u8, timestamp_ms: u32, body: &[u8]) -> Vec<u8> {
        let [_, size @ ..] = (body.len() as u32).to_be_bytes();
        let [extended, time @ ..] = timestamp_ms.to_be_bytes();
        [&[kind][..], &size, &time, &[extended, 0, 0, 0], body, &(body.len() as u32 + 11).to_be_bytes()].concat()
    }

    fn picture(timestamp_ms: u32, data: &[u8]) -> Vec<u8> {
        tag(9, timestamp_ms, &[&[0x17, 1, 0, 0, 0], data].concat())
    }

    fn file(tags: &[Vec<u8>]) -> Vec<u8> {
        [&file_header(true, true)[..], &tag(9, 0, &[&[0x17, 0, 0, 0, 0], &RECORD[..]].concat()), &tags.concat()]
            .concat()
    }

    fn read(tags: &[Vec<u8>]) -> Result<Clip, ClipFault> {
        Clip::of(&file(tags), &Limits::default())
    }

    #[test]
    fn a_picture_carries_its_stamp_behind_a_delimiter_and_near_its_start() {
        let slice = [0, 0, 0, 2, 0x65, 9];
        let delimited = [&[0, 0, 0, 2, 9, 0x10][..], &slice].concat();
        let clip = read(&[picture(0, &slice), picture(40, &delimited)]).expect("a clip");
        let behind = [5, 11];
        for (frame, at) in clip.frames.iter().zip(behind) {
            let sent = frame.with_stamp(77, |parts| parts.concat());
            let mut stamps = Vec::new();
            Finder::default().feed(&sent, |stamp| stamps.push(stamp));
            assert_eq!(stamps, [77]);
            assert_eq!(sent.len(), frame.body.len() + 4 + 1 + 2 + 32 + 1);
            assert_eq!(sent.get(at..at + 5), Some(&[0, 0, 0, 36, 6][..]));
            assert!(at + 40 <= 128);
        }
    }

    #[test]
    fn rounds_follow_each_other_at_the_pace_of_the_pictures() {
        let clip = read(&[1000, 1040, 1080].map(|ms| picture(ms, &[0, 0, 0, 1, 0x65]))).expect("a clip");
        let times: Vec<u32> = clip.frames.iter().map(|frame| frame.timestamp_ms).collect();
        assert_eq!((times, clip.round_ms), (vec![0, 40, 80], 120));
        assert_eq!(clip.headers.len(), 1);
    }

    #[test]
    fn what_cannot_be_sent_over_and_over_is_refused() {
        assert!(matches!(read(&[]), Err(ClipFault::Empty)));
        let mut other = RECORD;
        other[3] = 31;
        let changed = tag(9, 40, &[&[0x17, 0, 0, 0, 0], &other[..]].concat());
        assert!(matches!(read(&[picture(0, &[0, 0, 0, 1, 0x65]), changed]), Err(ClipFault::Changes(_))));
        let mut cut = file(&[picture(0, &[0, 0, 0, 1, 0x65])]);
        cut.truncate(cut.len() - 6);
        assert!(matches!(Clip::of(&cut, &Limits::default()), Err(ClipFault::Flv(_))));
        assert!(matches!(Clip::of(b"<html>", &Limits::default()), Err(ClipFault::Flv(_))));
    }
}
