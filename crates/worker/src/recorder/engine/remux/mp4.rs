use bytes::Bytes;
use vivace_media::Container;
use vivace_media::fmp4::{self, InputSample, Reader, Track};
use vivace_media::mp4::{Entry, Movie};

use super::timeline::Timeline;
use super::{Indexed, RemuxFault, RemuxFormat, alike, check_carried};

/// A progressive file: tables of all samples in front, then the bytes of the samples in the order of the parts.
#[derive(Debug)]
pub(super) struct Mp4 {
    memory_bytes_max: usize,
    reader: Option<Reader>,
    movie: Option<Movie>,
    timeline: Timeline,
}

impl Mp4 {
    pub(super) fn new(memory_bytes_max: usize) -> Self {
        Self { memory_bytes_max, reader: None, movie: None, timeline: Timeline::default() }
    }

    pub(super) fn init(&mut self, reader: Reader) -> Result<(), RemuxFault> {
        check_carried(&reader, Container::Fmp4, RemuxFormat::Mp4)?;
        match &self.reader {
            Some(before) if !alike(before, &reader) => return Err(RemuxFault::Changed(RemuxFormat::Mp4)),
            Some(_) => {}
            None => {
                let tracks = reader.tracks().iter().map(|track| track.track().clone()).collect();
                self.movie = Some(Movie::new(tracks, self.memory_bytes_max));
            }
        }
        self.reader = Some(reader);
        Ok(())
    }

    pub(super) fn index(&mut self, part: &Bytes) -> Result<(), RemuxFault> {
        let (Some(reader), Some(movie)) = (&mut self.reader, &mut self.movie) else { return Err(RemuxFault::NoInit) };
        let tracks: Vec<Track> = reader.tracks().iter().map(|track| track.track().clone()).collect();
        let mut offset = None;
        for sample in reader.samples(part, 0) {
            let sample = sample?;
            let offset = *offset.get_or_insert_with(|| self.timeline.begin_part(&sample));
            self.timeline.note(&sample);
            let InputSample { track, dts_ticks, cts_ticks, duration_ticks, key, bytes, .. } = sample;
            let bytes = u32::try_from(bytes).map_err(|_| fmp4::Fault::DataOutside)?;
            let moved = tracks.get(track).map_or(0, |track| track.ticks(offset));
            let dts_ticks = dts_ticks.saturating_add(moved);
            movie.add(track, &Entry { dts_ticks, cts_ticks, duration_ticks, bytes, key })?;
        }
        Ok(())
    }

    pub(super) fn finish(&mut self) -> Result<Indexed, RemuxFault> {
        // The tables are in the head from here on.
        let movie = self.movie.take().filter(|movie| movie.data_bytes() > 0).ok_or(RemuxFault::Empty)?;
        let head = Bytes::from(movie.head()?);
        let bytes = movie.data_bytes().saturating_add(head.len() as u64);
        Ok(Indexed { head, bytes, duration: movie.duration() })
    }

    pub(super) fn write(&mut self, part: &Bytes, out: &mut Vec<u8>) -> Result<(), RemuxFault> {
        let reader = self.reader.as_mut().ok_or(RemuxFault::NoInit)?;
        out.reserve(part.len());
        for sample in reader.samples(part, 0) {
            out.extend_from_slice(sample?.payload(part));
        }
        Ok(())
    }
}
