use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
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

    /// Publishes over a connection that has been granted its push.
    pub fn over(rtmp: Rtmp, clip: Clip) -> Self {
        let shared = Arc::new(Shared {
            next: Mutex::new(Some(clip)),
            events: Mutex::default(),
            stop: AtomicBool::new(false),
            ended: AtomicBool::new(false),
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
        loop {
            for tag in &clip.tags {
                let due_ms = base_ms + tag.time_ms;
                if !self.listen_until(&mut rtmp, &timer, due_ms) {
                    return;
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
            }
            base_ms += clip.length_ms();
            if let Some(next) = self.next.lock().take() {
                clip = next;
            }
        }
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
