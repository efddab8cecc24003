use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering::Relaxed};
use std::thread::JoinHandle;
use std::time::Duration;

use parking_lot::Mutex;
use vivace_rtmp::engine::{ClientEvent, MediaKind, Role};

use crate::{Clip, Kind, Rtmp, Timer};

/// A publisher that sends a clip over and over in real time, with timestamps that go on.
pub struct Feeder {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

struct Shared {
    next: Mutex<Option<Clip>>,
    events: Mutex<Vec<ClientEvent>>,
    stop: AtomicBool,
    ended: AtomicBool,
    /// Where to connect anew when the server asks for it.
    follow: Option<String>,
    /// Time of the first picture of each connection but the first, in milliseconds.
    moves: Mutex<Vec<u32>>,
    /// Pictures sent, and the time of the newest frame.
    pictures: AtomicU64,
    newest_ms: AtomicU32,
}

impl Feeder {
    /// Publishes to a URL.
    ///
    /// # Panics
    /// The push is refused.
    #[track_caller]
    pub fn start(url: &str, clip: Clip) -> Self {
        let mut rtmp = Rtmp::open(url, Role::Publish);
        rtmp.ready().unwrap();
        Self::over(rtmp, clip)
    }

    /// Publishes to a URL, and goes to a new connection at the next key frame when the server asks for it.
    ///
    /// # Panics
    /// The push is refused.
    #[track_caller]
    pub fn start_following(url: &str, clip: Clip) -> Self {
        let mut rtmp = Rtmp::open_following(url, Role::Publish);
        rtmp.ready().unwrap();
        Self::begin(rtmp, clip, Some(url.to_owned()))
    }

    /// Publishes over a connection that has been granted its push.
    pub fn over(rtmp: Rtmp, clip: Clip) -> Self {
        Self::begin(rtmp, clip, None)
    }

    fn begin(rtmp: Rtmp, clip: Clip, follow: Option<String>) -> Self {
        let shared = Arc::new(Shared {
            next: Mutex::new(Some(clip)),
            events: Mutex::default(),
            stop: AtomicBool::new(false),
            ended: AtomicBool::new(false),
            follow,
            moves: Mutex::default(),
            pictures: AtomicU64::new(0),
            newest_ms: AtomicU32::new(0),
        });
        let theirs = shared.clone();
        let thread = Some(std::thread::spawn(move || {
            theirs.feed(rtmp);
            theirs.ended.store(true, Relaxed);
        }));
        Self { shared, thread }
    }

    /// Goes on with another clip when the running one is over.
    pub fn switch(&self, clip: Clip) {
        *self.shared.next.lock() = Some(clip);
    }

    /// Whether the server has ended the push.
    pub fn has_ended(&self) -> bool {
        self.shared.ended.load(Relaxed)
    }

    /// At which key frames it has moved, in milliseconds of its own time.
    pub fn moves(&self) -> Vec<u32> {
        self.shared.moves.lock().clone()
    }

    /// Pictures that it has sent.
    pub fn pictures(&self) -> u64 {
        self.shared.pictures.load(Relaxed)
    }

    /// Time of the newest frame that it has sent, in milliseconds of its own time.
    pub fn newest_ms(&self) -> u32 {
        self.shared.newest_ms.load(Relaxed)
    }

    /// What the server has said since the push was granted.
    pub fn heard(&self) -> Vec<ClientEvent> {
        self.shared.events.lock().clone()
    }
}

impl Shared {
    fn feed(&self, mut rtmp: Rtmp) {
        let timer = Timer::new(Duration::MAX);
        let Some(mut clip) = self.next.lock().take() else { return };
        let mut base_ms = 0;
        let mut asked = 0;
        loop {
            for tag in &clip.tags {
                let due_ms = base_ms + tag.time_ms;
                if !self.listen_until(&mut rtmp, &timer, due_ms) {
                    return;
                }
                if tag.is_key() && self.requests() > asked {
                    asked = self.requests();
                    if !self.go_over(&mut rtmp, &clip, due_ms) {
                        return;
                    }
                }
                let kind = match tag.kind {
                    Kind::Audio => MediaKind::Audio,
                    Kind::Video => MediaKind::Video,
                    Kind::Script => MediaKind::Data,
                };
                if rtmp.send(kind, due_ms, &tag.body).is_err() {
                    // What the server had to say may still be there to be read.
                    while rtmp.pump(Duration::from_millis(200)) && !self.stop.load(Relaxed) {}
                    self.keep(&mut rtmp);
                    return;
                }
                self.pictures.fetch_add(u64::from(tag.kind == Kind::Video && tag.is_media()), Relaxed);
                self.newest_ms.store(due_ms, Relaxed);
            }
            base_ms += clip.length_ms();
            if let Some(next) = self.next.lock().take() {
                clip = next;
            }
        }
    }

    /// How often the server has asked for a new connection.
    fn requests(&self) -> usize {
        let events = self.events.lock();
        events.iter().filter(|event| matches!(event, ClientEvent::ReconnectRequest { .. })).count()
    }

    /// Goes on over a new connection, and then leaves the old one. False if the new one is refused.
    fn go_over(&self, rtmp: &mut Rtmp, clip: &Clip, at_ms: u32) -> bool {
        let Some(url) = &self.follow else { return true };
        let mut next = Rtmp::open_following(url, Role::Publish);
        if next.ready().is_err() {
            return false;
        }
        for header in clip.tags.iter().filter(|tag| !tag.is_media()) {
            let kind = if header.kind == Kind::Audio { MediaKind::Audio } else { MediaKind::Video };
            next.send(kind, at_ms, &header.body).unwrap();
        }
        // The server may have closed it when its time was up.
        let _ = rtmp.finish();
        *rtmp = next;
        self.moves.lock().push(at_ms);
        true
    }

    /// False when the push is over.
    fn listen_until(&self, rtmp: &mut Rtmp, timer: &Timer, due_ms: u32) -> bool {
        loop {
            let left = Duration::from_millis(u64::from(due_ms)).saturating_sub(timer.elapsed());
            if self.stop.load(Relaxed) {
                return false;
            }
            if left.is_zero() {
                return true;
            }
            let open = rtmp.pump(left);
            self.keep(rtmp);
            if !open {
                return false;
            }
        }
    }

    fn keep(&self, rtmp: &mut Rtmp) {
        while let Some(event) = rtmp.poll() {
            if !matches!(event, ClientEvent::Acknowledged(_)) {
                self.events.lock().push(event);
            }
        }
    }
}

impl Drop for Feeder {
    fn drop(&mut self) {
        self.shared.stop.store(true, Relaxed);
        if let Some(thread) = self.thread.take() {
            // A panic there was its own scenario's failure already.
            let _ = thread.join();
        }
    }
}
