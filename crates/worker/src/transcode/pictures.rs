use std::collections::HashSet;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use parking_lot::Mutex;
use sha2::{Digest, Sha256};
use thiserror::Error;
use vivace_base::LiveLimits;
use vivace_domain::hook::{HookFault, HookUrl};
use vivace_net::outbound::Outbound;

use super::Mark;
use super::fetch::{FetchFault, fetch};
use crate::child::{ChildFault, ChildKind, Children, Order};
use crate::image;

/// Why a watermark's picture cannot be used. Nothing of its address is in it.
#[derive(Debug, Error)]
pub enum PictureFault {
    /// The watermark has been deleted, and a channel still names it.
    #[error("the watermark of the channel is gone")]
    Gone,
    /// Its address is none.
    #[error("the picture's address: {0}")]
    Address(#[from] HookFault),
    /// It could not be fetched.
    #[error("the picture could not be fetched: {0}")]
    Fetch(#[from] FetchFault),
    /// It is neither PNG nor JPEG.
    #[error("the picture is neither PNG nor JPEG")]
    Kind,
    /// It has too many pixels.
    #[error("the picture has {width}x{height} pixels, more than {max} in all")]
    Pixels {
        /// Its width.
        width: u32,
        /// Its height.
        height: u32,
        /// Pixels allowed.
        max: u64,
    },
    /// It could not be decoded.
    #[error("the picture could not be decoded: {0}")]
    Decode(#[from] ChildFault),
    /// It could not be kept.
    #[error("the picture could not be kept: {0}")]
    Keep(#[from] io::Error),
}

/// The pictures of watermarks: fetched anew at each push, and kept for when their server is not to be had.
pub(super) struct Pictures {
    pub(super) outbound: Arc<Outbound>,
    pub(super) children: Arc<Children>,
    /// Where they are kept.
    pub(super) folder: PathBuf,
    pub(super) limits: LiveLimits,
    /// Held while the folder is written to: streams may share a watermark.
    pub(super) keeping: Arc<Mutex<()>>,
}

/// Processor time for one picture.
const CPU_S_MAX: u64 = 10;
/// Time for one picture, decoded and encoded.
const MAKE_MS: u64 = 10_000;

impl Pictures {
    /// The file of a watermark's picture, as PNG that this server has written itself; none if none was kept.
    pub(super) fn kept(&self, mark: &Mark) -> Option<PathBuf> {
        Some(self.path(mark)).filter(|path| path.is_file())
    }

    /// Fetches a watermark's picture and keeps it. That there is one when this returns is all that counts: where it cannot
    /// be had anew, the one that was kept stays.
    pub(super) async fn refresh(&self, mark: &Mark) -> Result<(), PictureFault> {
        if mark.is_gone() {
            return Err(PictureFault::Gone);
        }
        let made = async {
            let bytes = self.make(&mark.picture).await?;
            let (id, path, keeping) = (mark.id, self.path(mark), self.keeping.clone());
            let kept = tokio::task::spawn_blocking(move || {
                let _alone = keeping.lock();
                keep(&path, &bytes)?;
                remove_others(id, &path)
            });
            kept.await.unwrap_or_else(|error| Err(io::Error::other(error))).map_err(PictureFault::Keep)
        };
        match made.await {
            Err(fault) if self.kept(mark).is_some() => {
                tracing::warn!(watermark = mark.id, %fault, "the watermark's picture is the one that was kept");
                Ok(())
            }
            done => done,
        }
    }

    /// Removes what is kept of a watermark that is gone.
    pub(super) async fn forget(&self, id: u64) {
        self.remove(move |of, _| of == id).await;
    }

    /// Removes what is kept of others than these watermarks, and what was left half written.
    pub(super) async fn keep_only(&self, ids: HashSet<u64>) {
        self.remove(move |of, path| !ids.contains(&of) || path.extension().is_some_and(|end| end == DRAFT)).await;
    }

    async fn remove(&self, is_old: impl Fn(u64, &Path) -> bool + Send + 'static) {
        let (folder, keeping) = (self.folder.clone(), self.keeping.clone());
        let removed = tokio::task::spawn_blocking(move || {
            let _alone = keeping.lock();
            remove_where(&folder, is_old)
        });
        if let Err(fault) = removed.await.unwrap_or_else(|error| Err(io::Error::other(error))) {
            tracing::warn!(%fault, "pictures of watermarks that are gone cannot be removed");
        }
    }

    /// Another address is another picture: what is kept of the one before is of no use then.
    fn path(&self, mark: &Mark) -> PathBuf {
        let hash = Sha256::digest(mark.picture.as_bytes());
        let [a, b, c, d, ..] = *hash.first_chunk::<8>().unwrap_or(&[0; 8]);
        self.folder.join(format!("{}-{:08x}.png", mark.id, u32::from_be_bytes([a, b, c, d])))
    }

    async fn make(&self, address: &str) -> Result<Bytes, PictureFault> {
        let limits = self.limits.get();
        let url = HookUrl::parse(address)?;
        let fetched = fetch(&self.outbound, &url, limits.watermark_bytes_max, limits.outbound_connect_ms_max).await?;
        let (kind, width, height) = image::look(&fetched).ok_or(PictureFault::Kind)?;
        let max = limits.watermark_pixels_max;
        if u64::from(width).saturating_mul(u64::from(height)) > max {
            return Err(PictureFault::Pixels { width, height, max });
        }
        let words = "-hide_banner -nostdin -nostats -loglevel error -protocol_whitelist pipe -threads 1 -f";
        let last = "-i pipe:0 -frames:v 1 -c:v png -f image2pipe pipe:1";
        let args = words.split(' ').chain([kind.demuxer()]).chain(last.split(' ')).map(Into::into).collect();
        let order = Order { kind: ChildKind::Picture, args, cpu_s_max: Some(CPU_S_MAX) };
        // Uncompressed it has four bytes for a pixel, and PNG adds little to that.
        let bytes_max = usize::try_from(max.saturating_mul(5).saturating_add(65_536)).unwrap_or(usize::MAX);
        let made = self.children.run(&order, fetched, bytes_max, MAKE_MS).await?;
        if made.is_empty() { Err(PictureFault::Kind) } else { Ok(made) }
    }
}

/// What a file ends in while it is written.
const DRAFT: &str = "new";

/// Nobody ever reads half a picture.
fn keep(path: &Path, bytes: &[u8]) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let draft = path.with_extension(format!("png.{DRAFT}"));
    std::fs::write(&draft, bytes)?;
    std::fs::rename(&draft, path)
}

/// Removes what was kept of the same watermark when it had other addresses.
fn remove_others(id: u64, path: &Path) -> io::Result<()> {
    let Some(folder) = path.parent() else { return Ok(()) };
    remove_where(folder, |of, other| of == id && other != path)
}

/// Removes the files of which this holds, each with the number of its watermark; what has another name stays.
fn remove_where(folder: &Path, is_old: impl Fn(u64, &Path) -> bool) -> io::Result<()> {
    let entries = match std::fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        entries => entries?,
    };
    for entry in entries {
        let entry = entry?;
        let name = entry.file_name();
        let id = name.to_str().and_then(|name| name.split_once('-')?.0.parse().ok());
        if id.is_some_and(|id| is_old(id, &entry.path())) {
            std::fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{keep, remove_others};

    #[test]
    fn a_picture_replaces_those_of_the_same_watermark_alone() {
        let folder = std::env::temp_dir().join(format!("vivace-watermarks-{}", std::process::id()));
        let path = |name: &str| folder.join(name);
        for name in ["1-0000000a.png", "1-0000000b.png", "1-0000000c.png.new", "11-0000000a.png"] {
            keep(&path(name), b"picture").expect("it is kept");
        }
        std::fs::write(path("1.png"), b"another's").expect("it is written");
        remove_others(1, &path("1-0000000b.png")).expect("the others are removed");
        let left = std::fs::read_dir(&folder).expect("the folder is there");
        let mut left: Vec<_> = left.map(|entry| entry.expect("an entry").file_name()).collect();
        left.sort();
        std::fs::remove_dir_all(&folder).expect("the folder is removed");
        assert_eq!(left, ["1-0000000b.png", "1.png", "11-0000000a.png"]);
    }
}
