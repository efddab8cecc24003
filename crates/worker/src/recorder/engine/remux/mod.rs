//! From parts of media files to files of other formats, without transcoding.
//!
//! A file is made in two passes over the same parts. [`Index`] reads them and takes note of what stands in the head of
//! the file; [`Remuxer`] writes the head and then the body, part by part, so that memory is held for one part and for the
//! index. Transport streams need no index: [`TsRemuxer`].

mod adts;
mod flv;
mod interleave;
mod mp4;
#[cfg(test)]
mod tests;
mod timeline;
mod ts;

use bytes::Bytes;
use thiserror::Error;
use vivace_base::MediaTime;
use vivace_media::fmp4::{self, Reader};
use vivace_media::{Codec, aac, mpegts};

pub use ts::TsRemuxer;

/// What a file is made into.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RemuxFormat {
    /// Flash Video.
    Flv,
    /// Progressive MP4.
    Mp4,
    /// The sound alone: AAC in ADTS.
    Aac,
    /// MPEG transport stream.
    Ts,
}

impl RemuxFormat {
    /// Its usual name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Flv => "FLV",
            Self::Mp4 => "MP4",
            Self::Aac => "AAC",
            Self::Ts => "MPEG-TS",
        }
    }
}

/// Why parts cannot be made into a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum RemuxFault {
    /// The parts or their initialization segment are broken.
    #[error("the media file: {0}")]
    Read(#[from] fmp4::Fault),
    /// A part came before the initialization segment.
    #[error("a part without initialization segment")]
    NoInit,
    /// The container has no form for the codec.
    #[error("{} is not carried in {}", .codec.name(), .format.name())]
    NotCarried {
        /// The codec.
        codec: Codec,
        /// The container.
        format: RemuxFormat,
    },
    /// A file of sound is asked for, and there is no AAC.
    #[error("there is no AAC in the stream")]
    NoAac,
    /// There are no frames.
    #[error("there are no frames")]
    Empty,
    /// The configuration changes within the file, and the container has one configuration only.
    #[error("the configuration of the codecs changes, which {} cannot hold", .0.name())]
    Changed(RemuxFormat),
    /// The parts of the second pass are not those of the first.
    #[error("the parts are not those that were indexed")]
    NotIndexed,
    /// The tables of an MP4 file cannot be made.
    #[error("MP4: {0}")]
    Mp4(#[from] vivace_media::mp4::Fault),
    /// A frame is too long for a tag.
    #[error("FLV: {0}")]
    Flv(#[from] vivace_media::flv::Fault),
    /// The configuration of AAC or a frame has no form in ADTS.
    #[error("AAC: {0}")]
    Aac(#[from] aac::Fault),
    /// A frame or configuration has no form in a transport stream.
    #[error("MPEG-TS: {0}")]
    Ts(#[from] mpegts::Fault),
}

/// The first pass: what the head of the file has to tell.
#[derive(Debug)]
pub struct Index(Pass);

/// The second pass: the file itself.
#[derive(Debug)]
pub struct Remuxer {
    pass: Pass,
    head: Bytes,
    bytes: u64,
    written: u64,
    duration: MediaTime,
}

#[derive(Debug)]
enum Pass {
    Flv(Box<flv::Flv>),
    Mp4(Box<mp4::Mp4>),
    Aac(Box<adts::Adts>),
}

/// What a format tells when all parts have been indexed.
struct Indexed {
    head: Bytes,
    /// Bytes of the whole file.
    bytes: u64,
    duration: MediaTime,
}

impl Index {
    /// An index that takes about `memory_bytes_max` of memory at most. `None` for a transport stream, which needs none.
    pub fn new(format: RemuxFormat, memory_bytes_max: usize) -> Option<Self> {
        match format {
            RemuxFormat::Flv => Some(Self(Pass::Flv(Box::default()))),
            RemuxFormat::Mp4 => Some(Self(Pass::Mp4(Box::new(mp4::Mp4::new(memory_bytes_max))))),
            RemuxFormat::Aac => Some(Self(Pass::Aac(Box::default()))),
            RemuxFormat::Ts => None,
        }
    }

    /// The initialization segment of the parts that follow.
    ///
    /// # Errors
    /// [`RemuxFault::Read`], [`RemuxFault::NotCarried`], [`RemuxFault::NoAac`], [`RemuxFault::Changed`].
    pub fn init(&mut self, init: &[u8]) -> Result<(), RemuxFault> {
        self.0.init(init)
    }

    /// The next part.
    ///
    /// # Errors
    /// [`RemuxFault::Read`], [`RemuxFault::NoInit`], or the fault of the format.
    pub fn part(&mut self, part: &Bytes) -> Result<(), RemuxFault> {
        match &mut self.0 {
            Pass::Flv(flv) => flv.index(part),
            Pass::Mp4(mp4) => mp4.index(part),
            Pass::Aac(adts) => adts.index(part),
        }
    }

    /// All parts have been indexed.
    ///
    /// # Errors
    /// [`RemuxFault::Empty`], [`RemuxFault::Mp4`].
    pub fn finish(self) -> Result<Remuxer, RemuxFault> {
        let Self(mut pass) = self;
        let Indexed { head, bytes, duration } = match &mut pass {
            Pass::Flv(flv) => flv.finish(),
            Pass::Mp4(mp4) => mp4.finish(),
            Pass::Aac(adts) => adts.finish(),
        }?;
        Ok(Remuxer { pass, written: head.len() as u64, head, bytes, duration })
    }
}

impl Remuxer {
    /// What stands in the file before the parts.
    pub const fn head(&self) -> &Bytes {
        &self.head
    }

    /// Bytes of the whole file.
    pub const fn bytes(&self) -> u64 {
        self.bytes
    }

    /// From the first frame to the end of the last.
    pub const fn duration(&self) -> MediaTime {
        self.duration
    }

    /// The initialization segment of the parts that follow, as it was given to the index.
    ///
    /// # Errors
    /// Those of [`Index::init`].
    pub fn init(&mut self, init: &[u8]) -> Result<(), RemuxFault> {
        self.pass.init(init)
    }

    /// Appends what a part becomes to `out`.
    ///
    /// # Errors
    /// Those of [`Index::part`]; [`RemuxFault::NotIndexed`] where the file grows longer than the index has told.
    pub fn part(&mut self, part: &Bytes, out: &mut Vec<u8>) -> Result<(), RemuxFault> {
        let before = out.len();
        match &mut self.pass {
            Pass::Flv(flv) => flv.write(part, out),
            Pass::Mp4(mp4) => mp4.write(part, out),
            Pass::Aac(adts) => adts.write(part, out),
        }?;
        self.written = self.written.saturating_add((out.len() - before) as u64);
        if self.written > self.bytes { Err(RemuxFault::NotIndexed) } else { Ok(()) }
    }

    /// All parts have been written.
    ///
    /// # Errors
    /// [`RemuxFault::NotIndexed`] where the file is shorter than the index has told.
    pub const fn finish(&self) -> Result<(), RemuxFault> {
        if self.written == self.bytes { Ok(()) } else { Err(RemuxFault::NotIndexed) }
    }
}

impl Pass {
    fn init(&mut self, init: &[u8]) -> Result<(), RemuxFault> {
        let reader = Reader::parse(init)?;
        match self {
            Self::Flv(flv) => flv.init(reader),
            Self::Mp4(mp4) => mp4.init(reader),
            Self::Aac(adts) => adts.init(reader),
        }
    }
}

/// Whether two initialization segments describe the same.
fn alike(before: &Reader, next: &Reader) -> bool {
    let pairs = before.tracks().iter().zip(next.tracks());
    before.tracks().len() == next.tracks().len() && pairs.into_iter().all(|(before, next)| before.is_like(next))
}

/// The first codec of the file that a container has no form for.
fn check_carried(reader: &Reader, container: vivace_media::Container, format: RemuxFormat) -> Result<(), RemuxFault> {
    let codecs = reader.tracks().iter().map(|track| track.track().codec());
    let uncarried = codecs.into_iter().find(|codec| !container.carries(*codec));
    uncarried.map_or(Ok(()), |codec| Err(RemuxFault::NotCarried { codec, format }))
}
