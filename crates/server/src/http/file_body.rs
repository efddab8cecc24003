//! A stretch of a file as the body of a response: read in pieces, as fast as the client takes them.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use hyper::body::{Frame, SizeHint};
use tokio::task::JoinHandle;
use vivace_net::{BoxError, Share};

/// Bytes that are read at a time: what one response holds in memory.
const PIECE_BYTES: u64 = 256 << 10;

/// A file that is sent.
pub(crate) struct FileBody {
    file: Arc<File>,
    offset: u64,
    left: u64,
    reading: Option<JoinHandle<io::Result<Bytes>>>,
    _place: Share,
}

impl FileBody {
    /// Opens a file, for which it keeps a place; its bytes from `offset` on, `bytes` of them, are sent.
    ///
    /// # Errors
    /// Those of the file system, and [`io::ErrorKind::UnexpectedEof`] if it has fewer bytes.
    pub(crate) async fn open(path: &Path, offset: u64, bytes: u64, place: Share) -> io::Result<Self> {
        let path = path.to_owned();
        let file = tokio::task::spawn_blocking(move || {
            let file = File::open(path)?;
            let has = file.metadata()?.len();
            let end = offset.checked_add(bytes).filter(|end| *end <= has);
            end.map(|_| file).ok_or_else(|| io::Error::from(io::ErrorKind::UnexpectedEof))
        });
        let file = file.await.map_err(io::Error::other)??;
        Ok(Self { file: Arc::new(file), offset, left: bytes, reading: None, _place: place })
    }

    fn read(&self) -> JoinHandle<io::Result<Bytes>> {
        let (file, offset) = (self.file.clone(), self.offset);
        let bytes = usize::try_from(self.left.min(PIECE_BYTES)).unwrap_or(0);
        tokio::task::spawn_blocking(move || {
            let mut piece = vec![0; bytes];
            file.read_exact_at(&mut piece, offset)?;
            Ok(piece.into())
        })
    }
}

impl hyper::body::Body for FileBody {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        if self.left == 0 {
            return Poll::Ready(None);
        }
        let mut reading = self.reading.take().unwrap_or_else(|| self.read());
        let Poll::Ready(read) = Pin::new(&mut reading).poll(cx) else {
            self.reading = Some(reading);
            return Poll::Pending;
        };
        let piece = match read.map_err(io::Error::other).flatten() {
            Ok(piece) => piece,
            Err(error) => {
                self.left = 0;
                return Poll::Ready(Some(Err(error.into())));
            }
        };
        let bytes = piece.len() as u64;
        self.offset = self.offset.saturating_add(bytes);
        self.left = self.left.saturating_sub(bytes);
        // The next piece is read while this one is sent.
        if self.left > 0 {
            self.reading = Some(self.read());
        }
        Poll::Ready(Some(Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.left == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}
