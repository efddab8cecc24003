//! Progressive MP4 (ISO/IEC 14496-12): `ftyp` and `moov` with the tables of all samples, in front of one `mdat` that the
//! caller appends.
//!
//! The caller adds the samples in the order in which their bytes stand in `mdat` ([`Movie::add`]), asks for
//! [`Movie::head`] and appends the bytes behind it.

mod tables;
#[cfg(test)]
mod tests;
mod write;

use thiserror::Error;
use vivace_base::MediaTime;

use crate::fmp4::Track;
use tables::Tables;

/// Why a sample cannot be added or a movie not be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Fault {
    /// There is no track at this place.
    #[error("there is no track {0}")]
    NoTrack(usize),
    /// The tables would take more memory than they may.
    #[error("the tables of the samples need more than {0} bytes")]
    TablesTooLarge(usize),
    /// `moov` is longer than the 4 GiB that a box without a long size has.
    #[error("the movie's header is longer than 4 GiB")]
    HeadTooLarge,
}

/// One sample as it stands in `mdat`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Decoding time in ticks of the track; that of the sample before, where it is less than this.
    pub dts_ticks: i64,
    /// Presentation time minus decoding time in ticks of the track.
    pub cts_ticks: i32,
    /// Duration in ticks of the track; counts for the last sample, the others last until the next.
    pub duration_ticks: u32,
    /// Its bytes.
    pub bytes: u32,
    /// Decoding may begin here.
    pub key: bool,
}

/// What stands in front of `mdat`, in the making.
#[derive(Debug)]
pub struct Movie {
    tracks: Vec<(Track, Tables)>,
    /// Bytes of `mdat` without its header.
    data_bytes: u64,
    /// The track of the sample that was added last.
    last: Option<usize>,
    tables_bytes_max: usize,
}

impl Movie {
    /// A movie of these tracks without samples, whose tables take `tables_bytes_max` of memory at most.
    pub fn new(tracks: Vec<Track>, tables_bytes_max: usize) -> Self {
        let tracks = tracks.into_iter().map(|track| (track, Tables::default())).collect();
        Self { tracks, data_bytes: 0, last: None, tables_bytes_max }
    }

    /// Adds the sample whose bytes follow those of the sample that was added last. `track` counts from zero.
    ///
    /// # Errors
    /// [`Fault::NoTrack`], [`Fault::TablesTooLarge`]; nothing is added then.
    pub fn add(&mut self, track: usize, entry: &Entry) -> Result<(), Fault> {
        let held: usize = self.tracks.iter().map(|(_, tables)| tables.memory_bytes()).sum();
        if held >= self.tables_bytes_max {
            return Err(Fault::TablesTooLarge(self.tables_bytes_max));
        }
        let (_, tables) = self.tracks.get_mut(track).ok_or(Fault::NoTrack(track))?;
        tables.add(entry, self.data_bytes, self.last != Some(track));
        self.last = Some(track);
        self.data_bytes = self.data_bytes.saturating_add(u64::from(entry.bytes));
        Ok(())
    }

    /// Bytes of `mdat` without its header.
    pub const fn data_bytes(&self) -> u64 {
        self.data_bytes
    }

    /// From the first picture or sound that is shown to the end of the last.
    pub fn duration(&self) -> MediaTime {
        write::duration(self)
    }

    /// `ftyp`, `moov` and the header of `mdat`: what stands in the file before the bytes of the samples.
    ///
    /// All tracks keep their places in time: the one that begins first begins the movie, the others have an empty edit in
    /// front. Chunk offsets have 64 bits where the file is longer than 4 GiB.
    ///
    /// # Errors
    /// [`Fault::HeadTooLarge`].
    pub fn head(&self) -> Result<Vec<u8>, Fault> {
        write::head(self)
    }
}
