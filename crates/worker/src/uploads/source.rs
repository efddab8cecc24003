//! The bytes of an object, read from this server's disk in stretches.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::PathBuf;

use bytes::Bytes;
use sha2::{Digest, Sha256};
use vivace_domain::recording::Recording;
use vivace_store::{UploadObject, UploadSource};

use super::fault::UploadFault;
use crate::recorder::Place;

/// Bytes that are read at once where all of an object is summed.
const PIECE_BYTES: u64 = 1 << 20;

/// Where the bytes of an object are.
#[derive(Clone, Debug)]
pub(super) enum Source {
    /// In a file: in these stretches, one after the other.
    File { path: PathBuf, stretches: Vec<(u64, u64)> },
    /// Here.
    Text(Bytes),
}

impl Source {
    /// That of an object; `playlist` is the text of the recording's playlist, if that is what it is.
    pub(super) fn of(place: &Place, recording: &Recording, object: &UploadObject, playlist: Bytes) -> Option<Self> {
        Some(match object.source {
            UploadSource::File => {
                let path = place.recording(recording.id, recording.format)?;
                Self::File { path, stretches: vec![(0, object.bytes)] }
            }
            UploadSource::Media { file, init_bytes, offset } => {
                let rest = object.bytes.saturating_sub(init_bytes);
                Self::File { path: place.media(file), stretches: vec![(0, init_bytes), (offset, rest)] }
            }
            UploadSource::Playlist => Self::Text(playlist),
        })
    }

    /// So many bytes from there on, read where a thread may wait.
    pub(super) async fn read(&self, at: u64, bytes: u64) -> Result<Bytes, UploadFault> {
        let theirs = self.clone();
        let read = tokio::task::spawn_blocking(move || theirs.read_here(at, bytes)).await;
        read.map_err(|_| UploadFault::Internal)?
    }

    /// SHA-256 of its first `bytes` bytes.
    pub(super) async fn sum(&self, bytes: u64) -> Result<[u8; 32], UploadFault> {
        let theirs = self.clone();
        let summed = tokio::task::spawn_blocking(move || {
            let (mut sum, mut at) = (Sha256::new(), 0);
            while at < bytes {
                let piece = theirs.read_here(at, PIECE_BYTES.min(bytes - at))?;
                sum.update(&piece);
                at += piece.len() as u64;
            }
            Ok(sum.finalize().into())
        });
        summed.await.map_err(|_| UploadFault::Internal)?
    }

    fn read_here(&self, at: u64, bytes: u64) -> Result<Bytes, UploadFault> {
        let short = || io::Error::from(io::ErrorKind::UnexpectedEof);
        let (path, stretches) = match self {
            Self::Text(text) => {
                let range = usize::try_from(at).ok().zip(usize::try_from(at.saturating_add(bytes)).ok());
                let found = range.and_then(|(from, to)| text.get(from..to)).map(|found| text.slice_ref(found));
                return found.ok_or(UploadFault::Internal);
            }
            Self::File { path, stretches } => (path, stretches),
        };
        let failed = |source| UploadFault::Disk { file: path.clone(), source };
        let mut out = vec![0; usize::try_from(bytes).map_err(|_| UploadFault::Internal)?];
        let file = File::open(path).map_err(failed)?;
        let (mut begin, mut done) = (0_u64, 0_usize);
        for &(offset, length) in stretches {
            let from = at.saturating_add(done as u64);
            let end = begin.saturating_add(length);
            if from < end && done < out.len() {
                let rest = out.get_mut(done..).unwrap_or_default();
                let here = usize::try_from(end - from).unwrap_or(usize::MAX).min(rest.len());
                let to = rest.get_mut(..here).unwrap_or_default();
                file.read_exact_at(to, offset.saturating_add(from - begin)).map_err(failed)?;
                done += here;
            }
            begin = end;
        }
        if done < out.len() { Err(failed(short())) } else { Ok(out.into()) }
    }
}

#[cfg(test)]
mod tests {
    use super::Source;

    #[tokio::test]
    async fn stretches_are_read_as_if_they_were_one() {
        let path = std::env::temp_dir().join(format!("vivace-upload-source-{}", std::process::id()));
        std::fs::write(&path, b"0123456789abcdef").unwrap();
        let source = Source::File { path: path.clone(), stretches: vec![(0, 3), (10, 5)] };
        let text = |bytes: bytes::Bytes| String::from_utf8(bytes.to_vec()).unwrap();
        assert_eq!(text(source.read(0, 8).await.unwrap()), "012abcde");
        assert_eq!(text(source.read(2, 3).await.unwrap()), "2ab");
        assert_eq!(text(source.read(4, 4).await.unwrap()), "bcde");
        assert!(source.read(4, 5).await.is_err());
        let whole = Source::Text(b"012abcde".as_slice().into());
        assert_eq!(source.sum(8).await.unwrap(), whole.sum(8).await.unwrap());
        assert!(whole.read(4, 5).await.is_err());
        std::fs::remove_file(path).unwrap();
    }
}
