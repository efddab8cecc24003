use std::io::Read;
use std::net::{Shutdown, TcpStream};
use std::sync::Arc;
use std::thread::JoinHandle;

use parking_lot::Mutex;

use crate::wait::{wait_for, wait_some};
use crate::{Flv, Kind, Live, Server, Tag};

/// A player of HTTP-FLV that notes what it gets, while the scenario does harm to somebody else.
pub struct Witness {
    seen: Arc<Mutex<Seen>>,
    socket: TcpStream,
    thread: Option<JoinHandle<()>>,
}

/// What a witness has got.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    /// Pictures and pieces of sound.
    pub frames: u64,
    /// Video headers.
    pub video_headers: u64,
    /// Messages that frames were lost.
    pub skips: u64,
    /// Newest time, in milliseconds.
    pub newest_ms: u32,
    /// Time of the newest key frame, in milliseconds.
    pub key_ms: u32,
    /// The end and its reason, if it came.
    pub ended: Option<String>,
    /// Longest step from one picture to the next, in milliseconds.
    pub gap_ms: u32,
    last_ms: [u32; 2],
}

impl Witness {
    /// Plays a stream.
    #[track_caller]
    pub fn watch(server: &Server, name: &str) -> Self {
        let mut live = Live::open(&server.play_url(name, "flv"));
        let socket = live.socket().try_clone().unwrap();
        let seen = Arc::new(Mutex::new(Seen::default()));
        let theirs = seen.clone();
        let thread = Some(std::thread::spawn(move || {
            let end = note_all(live, &theirs);
            theirs.lock().ended = Some(end);
        }));
        Self { seen, socket, thread }
    }

    /// What it has got so far.
    pub fn seen(&self) -> Seen {
        self.seen.lock().clone()
    }

    /// Waits for more of the stream.
    ///
    /// # Panics
    /// The play has ended, lost frames, or nothing comes any more.
    #[track_caller]
    pub fn goes_on(&self) {
        let before = self.seen();
        wait_for("more of the stream at a player that nobody touched", || {
            let now = self.seen();
            assert_eq!(now.ended, None, "the play has ended");
            assert_eq!(now.skips, 0, "the player was made to lose frames");
            now.frames >= before.frames + 20
        });
    }

    /// Waits for the end of the play; its reason.
    #[track_caller]
    pub fn end(&self) -> String {
        wait_some("the end of a play", || self.seen().ended)
    }
}

impl Drop for Witness {
    fn drop(&mut self) {
        // The server may have closed it before.
        let _ = self.socket.shutdown(Shutdown::Both);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn note_all(live: impl Read, seen: &Mutex<Seen>) -> String {
    let mut flv = Flv::open(live);
    loop {
        match flv.tag() {
            Ok(Some(tag)) => {
                if let Err(wrong) = note(&tag, &mut seen.lock()) {
                    return wrong;
                }
            }
            Ok(None) => return "closed between two tags".to_owned(),
            Err(error) => return format!("broken: {error}"),
        }
    }
}

fn note(tag: &Tag, seen: &mut Seen) -> Result<(), String> {
    seen.video_headers += u64::from(tag.is_video_header());
    seen.skips += u64::from(tag.kind == Kind::Script && tag.says("InsufficientBW"));
    if !tag.is_media() {
        return Ok(());
    }
    let last = &mut seen.last_ms[usize::from(tag.kind == Kind::Video)];
    if tag.time_ms < *last {
        return Err(format!("{:?} goes back from {last} ms to {} ms", tag.kind, tag.time_ms));
    }
    if tag.kind == Kind::Video && *last > 0 {
        seen.gap_ms = seen.gap_ms.max(tag.time_ms - *last);
    }
    *last = tag.time_ms;
    seen.frames += 1;
    seen.newest_ms = seen.newest_ms.max(tag.time_ms);
    if tag.is_key() {
        seen.key_ms = tag.time_ms;
    }
    Ok(())
}
