//! A stretch of a file, or a text, as the body of a response that holds a place: given in pieces, as fast as the client takes
//! them. Over HTTP/2, one whose client takes nothing for long is let go: its connection may be busy with something else, and
//! would hold its place.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::pin::Pin;
use std::sync::{Arc, Weak};
use std::task::{Context, Poll};

use bytes::Bytes;
use hyper::body::{Frame, SizeHint};
use parking_lot::Mutex;
use tokio::task::JoinHandle;
use vivace_base::MonoMs;
use vivace_net::{BoxError, Share};

use crate::shared::Peer;

/// Bytes that are read at a time: what one response holds in memory.
const PIECE_BYTES: usize = 256 << 10;
/// Bytes given to an HTTP/2 connection at a time, which holds them for as long as its client likes: one frame.
const FRAME_BYTES: usize = (16 << 10) - 9;
/// How many that have ended are remembered besides those that are sent, before the list is looked through.
const ENDED_MAX: usize = 1_024;

/// All files that are being sent over connections that carry other responses too.
#[derive(Default)]
pub(crate) struct Sending(Mutex<Vec<Weak<Mutex<Held>>>>);

/// What a body that is sent holds.
struct Held {
    peer: Peer,
    /// None when it has been let go.
    place: Option<Share>,
    /// None of a text.
    file: Option<Arc<File>>,
    /// What is read and not given.
    piece: Bytes,
    reading: Option<JoinHandle<io::Result<Bytes>>>,
    /// It is for the client to take what has been given.
    waits: bool,
    /// When it was seen to wait since.
    seen_at: Option<MonoMs>,
}

impl Held {
    /// Gives back all that it holds.
    fn let_go(&mut self) {
        (self.place, self.file, self.reading, self.piece) = (None, None, None, Bytes::new());
    }
}

impl Sending {
    /// Lets go of files of which nothing has been taken for `stall_ms`; to whom they were sent.
    pub(crate) fn look(&self, now: MonoMs, stall_ms: u64) -> Vec<Peer> {
        let mut let_go = Vec::new();
        self.0.lock().retain(|held| {
            let Some(held) = held.upgrade() else { return false };
            let mut held = held.lock();
            if !held.waits {
                held.seen_at = None;
                return true;
            }
            let stalled = now.since(*held.seen_at.get_or_insert(now)) >= stall_ms;
            if stalled {
                held.let_go();
                let_go.push(held.peer);
            }
            !stalled
        });
        let_go
    }

    fn add(&self, held: &Arc<Mutex<Held>>) {
        let mut all = self.0.lock();
        if all.len() >= ENDED_MAX && all.len() == all.capacity() {
            all.retain(|held| held.strong_count() > 0);
        }
        all.push(Arc::downgrade(held));
    }
}

/// Which bytes of which file go to whom.
pub(crate) struct Part<'a> {
    pub(crate) path: &'a Path,
    pub(crate) offset: u64,
    pub(crate) bytes: u64,
    pub(crate) peer: Peer,
    /// Whether the connection carries other responses too.
    pub(crate) is_shared: bool,
}

/// A file or a text that is sent.
pub(crate) struct FileBody {
    held: Arc<Mutex<Held>>,
    /// Where the next piece is read.
    offset: u64,
    /// Bytes that are not given.
    left: u64,
    give_bytes: usize,
}

impl FileBody {
    /// Opens a file, for which it keeps a place.
    ///
    /// # Errors
    /// Those of the file system, and [`io::ErrorKind::UnexpectedEof`] if it has fewer bytes.
    pub(crate) async fn open(sending: &Sending, part: Part<'_>, place: Share) -> io::Result<Self> {
        let Part { path, offset, bytes, peer, is_shared } = part;
        let path = path.to_owned();
        let file = tokio::task::spawn_blocking(move || {
            let file = File::open(path)?;
            let has = file.metadata()?.len();
            let end = offset.checked_add(bytes).filter(|end| *end <= has);
            end.map(|_| file).ok_or_else(|| io::Error::from(io::ErrorKind::UnexpectedEof))
        });
        let file = Some(Arc::new(file.await.map_err(io::Error::other)??));
        Ok(Self::new(sending, (peer, is_shared), place, (file, offset), (Bytes::new(), bytes)))
    }

    /// A text, for which it keeps a place.
    pub(crate) fn text(sending: &Sending, (peer, is_shared): (Peer, bool), text: Bytes, place: Share) -> Self {
        let bytes = text.len() as u64;
        Self::new(sending, (peer, is_shared), place, (None, 0), (text, bytes))
    }

    fn new(
        sending: &Sending,
        (peer, is_shared): (Peer, bool),
        place: Share,
        (file, offset): (Option<Arc<File>>, u64),
        (piece, left): (Bytes, u64),
    ) -> Self {
        // One that is never asked for is the client's to take too.
        let held = Held { peer, place: Some(place), file, piece, reading: None, waits: true, seen_at: None };
        let held = Arc::new(Mutex::new(held));
        // A connection that carries nothing else has a deadline of its own, which counts bytes. By pieces, a client that is
        // slow looks like one that takes nothing.
        if is_shared {
            sending.add(&held);
        }
        let give_bytes = if is_shared { FRAME_BYTES } else { PIECE_BYTES };
        Self { held, offset, left, give_bytes }
    }
}

/// Reads the next piece where a thread may wait.
fn read(file: Arc<File>, offset: u64, left: u64) -> JoinHandle<io::Result<Bytes>> {
    let bytes = usize::try_from(left).unwrap_or(usize::MAX).min(PIECE_BYTES);
    tokio::task::spawn_blocking(move || {
        let mut piece = vec![0; bytes];
        file.read_exact_at(&mut piece, offset)?;
        Ok(piece.into())
    })
}

impl hyper::body::Body for FileBody {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        if self.left == 0 {
            return Poll::Ready(None);
        }
        let shared = self.held.clone();
        let mut held = shared.lock();
        // It is asked for more: what was given has been taken.
        (held.waits, held.seen_at) = (false, None);
        if held.place.is_none() {
            self.left = 0;
            return Poll::Ready(Some(Err(io::Error::from(io::ErrorKind::TimedOut).into())));
        }
        if let Some(file) = held.file.clone().filter(|_| held.piece.is_empty()) {
            let mut reading = held.reading.take().unwrap_or_else(|| read(file.clone(), self.offset, self.left));
            let Poll::Ready(done) = Pin::new(&mut reading).poll(cx) else {
                held.reading = Some(reading);
                return Poll::Pending;
            };
            held.piece = match done.map_err(io::Error::other).flatten() {
                Ok(piece) => piece,
                Err(error) => {
                    self.left = 0;
                    held.let_go();
                    return Poll::Ready(Some(Err(error.into())));
                }
            };
            self.offset = self.offset.saturating_add(held.piece.len() as u64);
            // The next piece is read while this one is sent.
            let rest = self.left.saturating_sub(held.piece.len() as u64);
            if rest > 0 {
                held.reading = Some(read(file, self.offset, rest));
            }
        }
        let bytes = held.piece.len().min(self.give_bytes);
        let mut given = held.piece.split_to(bytes);
        if held.file.is_none() {
            // The connection holds what is given for as long as it likes, and a part of the text would be all of it.
            given = Bytes::copy_from_slice(&given);
        }
        self.left = self.left.saturating_sub(bytes as u64);
        held.waits = true;
        Poll::Ready(Some(Ok(Frame::data(given))))
    }

    fn is_end_stream(&self) -> bool {
        self.left == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;
    use std::path::{Path, PathBuf};

    use bytes::Bytes;
    use http_body_util::BodyExt;
    use vivace_base::{MonoMs, SessionId};
    use vivace_net::Quota;

    use super::{FRAME_BYTES, FileBody, Part, Sending};
    use crate::shared::Peer;

    fn written(name: &str) -> PathBuf {
        let path = std::env::temp_dir().join(format!("vivace-file-body-{name}-{}", std::process::id()));
        let bytes: Vec<u8> = (0..600_000_u32).map(|at| at.to_le_bytes()[0]).collect();
        std::fs::write(&path, bytes).unwrap();
        path
    }

    fn part(path: &Path, is_shared: bool) -> Part<'_> {
        let peer = Peer { address: SocketAddr::from(([127, 0, 0, 1], 9)), session: SessionId(1) };
        Part { path, offset: 3, bytes: 599_990, peer, is_shared }
    }

    #[tokio::test]
    async fn a_file_comes_whole_in_pieces_that_a_connection_may_hold() {
        let (path, places, sending) = (written("whole"), Quota::new("kept_reads_max", 9), Sending::default());
        for (is_shared, most) in [(false, 256 << 10), (true, FRAME_BYTES)] {
            let place = places.try_take().unwrap();
            let mut body = FileBody::open(&sending, part(&path, is_shared), place).await.unwrap();
            let (mut at, mut largest) = (3_u32, 0);
            while let Some(frame) = body.frame().await {
                let data = frame.unwrap().into_data().unwrap();
                largest = largest.max(data.len());
                for byte in data {
                    assert_eq!(byte, at.to_le_bytes()[0]);
                    at += 1;
                }
            }
            assert_eq!((at, largest), (3 + 599_990, most));
        }
        assert!(sending.look(MonoMs(1), 0).is_empty() && places.taken() == 0);
        std::fs::remove_file(path).unwrap();
    }

    #[tokio::test]
    async fn a_text_keeps_its_place_until_all_of_it_is_given() {
        let (places, sending) = (Quota::new("kept_reads_max", 9), Sending::default());
        let peer = Peer { address: SocketAddr::from(([127, 0, 0, 1], 9)), session: SessionId(1) };
        let text = Bytes::from(vec![b'x'; 600_000]);
        for (is_shared, most) in [(false, 256 << 10), (true, FRAME_BYTES)] {
            let place = places.try_take().unwrap();
            let mut body = FileBody::text(&sending, (peer, is_shared), text.clone(), place);
            let mut given = Vec::new();
            while given.len() < text.len() {
                assert_eq!(places.taken(), 1);
                let piece = body.frame().await.unwrap().unwrap().into_data().unwrap();
                assert!(piece.len() <= most && (piece.len() == most || given.len() + piece.len() == text.len()));
                given.extend_from_slice(&piece);
            }
            assert!(given == text && body.frame().await.is_none());
            drop(body);
            assert_eq!(places.taken(), 0);
        }
        let mut body = FileBody::text(&sending, (peer, true), text, places.try_take().unwrap());
        assert!(body.frame().await.unwrap().is_ok());
        assert_eq!([0, 30_000].map(|ms| sending.look(MonoMs(ms), 30_000).len()), [0, 1]);
        assert!(places.taken() == 0 && body.frame().await.unwrap().is_err());
    }

    #[tokio::test]
    async fn a_connection_for_one_file_is_held_to_its_own_deadline_only() {
        let (path, places, sending) = (written("slow"), Quota::new("kept_reads_max", 9), Sending::default());
        let place = places.try_take().unwrap();
        let mut body = FileBody::open(&sending, part(&path, false), place).await.unwrap();
        assert!(body.frame().await.unwrap().is_ok());
        // It takes the piece byte by byte.
        assert_eq!([0, 60_000, 600_000].map(|ms| sending.look(MonoMs(ms), 60_000).len()), [0; 3]);
        assert!(body.frame().await.unwrap().is_ok() && places.taken() == 1);
        drop(body);
        assert_eq!(places.taken(), 0);
        std::fs::remove_file(path).unwrap();
    }

    #[tokio::test]
    async fn a_file_of_which_nothing_is_taken_gives_its_place_back() {
        let (path, places, sending) = (written("stall"), Quota::new("kept_reads_max", 9), Sending::default());
        let place = places.try_take().unwrap();
        let mut body = FileBody::open(&sending, part(&path, true), place).await.unwrap();
        let look = |ms| sending.look(MonoMs(ms), 30_000).len();
        assert_eq!((look(1_000), look(30_999), places.taken()), (0, 0, 1));
        // A frame that is taken counts anew.
        assert!(body.frame().await.unwrap().is_ok());
        assert_eq!((look(31_000), look(60_999), places.taken()), (0, 0, 1));
        assert_eq!((look(61_000), places.taken()), (1, 0));
        assert_eq!(look(99_000), 0);
        assert!(body.frame().await.unwrap().is_err(), "the rest is not sent");
        assert!(body.frame().await.is_none());
        std::fs::remove_file(path).unwrap();
    }
}
