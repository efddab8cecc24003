//! A reader of fragmented MP4, of this server and of others: liberal in the order of boxes and in what may be left out,
//! strict on lengths.

mod entry;
mod fields;
mod movie;
mod runs;
mod samples;
mod scan;
#[cfg(test)]
mod tests;

use bytes::Bytes;
use vivace_base::MediaTime;

use super::{Fault, Sample, Track};
use crate::{Frame, FrameKind};

pub use samples::Samples;
pub use scan::{Scan, whole_bytes};

/// One track of a file that is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InputTrack {
    track: Track,
    record: Bytes,
    defaults: runs::Defaults,
    /// By how many ticks the edit list moves the track.
    shift: i64,
}

impl InputTrack {
    /// The track as a writer describes it; its time scale is that of the file.
    pub const fn track(&self) -> &Track {
        &self.track
    }

    /// What the payload of a sequence header holds: avcC, hvcC, av1C, vpcC, AudioSpecificConfig or OpusHead. Empty for
    /// MP3 and G.711, whose frames describe themselves.
    pub const fn record(&self) -> &Bytes {
        &self.record
    }

    /// The sequence header as a frame; `None` where the codec has none.
    pub fn header(&self, dts: MediaTime) -> Option<Frame> {
        let codec = self.track.codec();
        let kind = if codec.is_video() { FrameKind::VideoConfig } else { FrameKind::AudioConfig };
        let payload = self.record.clone();
        codec.has_record().then_some(Frame { kind, codec: Some(codec), dts, cts: MediaTime::ZERO, key: false, payload })
    }

    /// Whether a file that goes on with `other` needs no other initialization segment.
    pub fn is_like(&self, other: &Self) -> bool {
        self.track == other.track && self.record == other.record
    }
}

/// One sample as its fragment describes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InputSample {
    /// Place of its track in [`Reader::tracks`].
    pub track: usize,
    /// Decoding time in ticks of the track, moved by its edit list.
    pub dts_ticks: i64,
    /// Presentation time minus decoding time in ticks of the track.
    pub cts_ticks: i32,
    /// Duration in ticks of the track.
    pub duration_ticks: u32,
    /// Decoding time.
    pub dts: MediaTime,
    /// Presentation time minus decoding time.
    pub cts: MediaTime,
    /// Until the next sample is decoded.
    pub duration: MediaTime,
    /// A sync sample: decoding may begin here.
    pub key: bool,
    /// Where its bytes begin in the data that was read.
    pub at: usize,
    /// Its bytes.
    pub bytes: usize,
}

impl InputSample {
    /// Its bytes in the data that it was read from.
    pub fn payload<'a>(&self, data: &'a [u8]) -> &'a [u8] {
        data.get(self.at..).and_then(|rest| rest.get(..self.bytes)).unwrap_or_default()
    }

    /// As a sample for the writers.
    pub fn sample<'a>(&self, data: &'a [u8]) -> Sample<'a> {
        Sample { dts: self.dts, cts: self.cts, duration: self.duration, key: self.key, payload: self.payload(data) }
    }
}

/// Reads a file piece by piece: the initialization segment, then any number of pieces of whole fragments.
#[derive(Clone, Debug)]
pub struct Reader {
    tracks: Vec<InputTrack>,
    foreign: Vec<[u8; 4]>,
    /// Where each track goes on if its next fragment does not tell.
    clocks: Vec<i64>,
}

impl Reader {
    /// From an initialization segment (`moov`, and anything around it).
    ///
    /// # Errors
    /// [`Fault`] of a box that is missing, cut short or broken, or of a codec's configuration.
    pub fn parse(init: &[u8]) -> Result<Self, Fault> {
        let (tracks, foreign) = movie::tracks(init)?;
        let clocks = tracks.iter().map(|track| track.shift).collect();
        Ok(Self { tracks, foreign, clocks })
    }

    /// The tracks of codecs that the live path carries.
    pub fn tracks(&self) -> &[InputTrack] {
        &self.tracks
    }

    /// The types of the sample entries of the other tracks. Their fragments are passed over.
    pub fn foreign(&self) -> &[[u8; 4]] {
        &self.foreign
    }

    /// The samples of a piece of the file, fragment by fragment. Boxes other than `moof` are passed over; all that a
    /// `moof` points at must lie in `data`. Memory is taken for the runs of one `moof`, none for its samples.
    ///
    /// `file_at` is where `data` begins in its file; it counts only where a fragment tells absolute offsets.
    pub fn samples<'a>(&'a mut self, data: &'a [u8], file_at: u64) -> Samples<'a> {
        Samples::new(&self.tracks, &mut self.clocks, data, file_at)
    }

    /// The same as frames of the hub, whose payloads share the memory of `data`.
    pub fn frames<'a>(&'a mut self, data: &'a Bytes, file_at: u64) -> impl Iterator<Item = Result<Frame, Fault>> + 'a {
        let Self { tracks, clocks, .. } = self;
        let tracks: &'a [InputTrack] = tracks;
        Samples::new(tracks, clocks, data, file_at).map(move |sample| {
            let sample = sample?;
            let codec = tracks.get(sample.track).map(|track| track.track.codec());
            let video = codec.is_some_and(crate::Codec::is_video);
            Ok(Frame {
                kind: if video { FrameKind::Video } else { FrameKind::Audio },
                codec,
                dts: sample.dts,
                cts: sample.cts,
                key: video && sample.key,
                payload: data.slice(sample.at..sample.at.saturating_add(sample.bytes)),
            })
        })
    }
}
