mod about;
mod late;
mod marked;

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{
    AtomicU64,
    Ordering::{Acquire, Relaxed, Release},
};

use bytes::Bytes;
use parking_lot::Mutex;
use vivace_base::{AppId, Limits, MediaTime, MonoMs, SessionId, StreamName};
use vivace_domain::ingest::{IngestFrame, IngestWatch};
use vivace_media::{Frame, FrameKind};

use crate::bounds::Bounds;
use crate::dates::Dates;
use crate::follow::Queue;
use crate::history::{Block, History};
use crate::key_wait::KeyWait;
use crate::line::{DelayLine, Seen};
use crate::{Counters, Cut, FollowWake, Follower, FormatKind, Pace, Start, Timeline, Track, Tracks};

/// Whether a stream has a publisher.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StreamState {
    /// Somebody publishes.
    Live,
    /// The publisher is gone; the stream waits for it until the grace time ends.
    Grace {
        /// When it was lost.
        since: MonoMs,
    },
    /// Over; readers are told and let go.
    Ended,
}

/// A reader's first byte.
#[derive(Clone, Debug)]
pub struct Placement {
    /// Headers that go first.
    pub preamble: Bytes,
    /// Byte position of the first frame in the format's log.
    pub offset: u64,
}

/// One live stream: its newest frames, and their bytes in every format that somebody reads.
pub struct Stream {
    serial: u64,
    app: AppId,
    name: StreamName,
    derived: bool,
    /// What it is made of, where it is derived.
    origin: Mutex<Option<Arc<Self>>>,
    dates: Dates,
    /// What it has done so far.
    pub counters: Counters,
    /// One bit for each delivery thread that has readers of it.
    pub watchers: AtomicU64,
    /// One bit for each delivery thread that has been told of new bytes and has not looked yet.
    pub notified: AtomicU64,
    inner: Mutex<Inner>,
}

struct Inner {
    state: StreamState,
    epoch: u64,
    /// The epoch of what players see, which comes later where it is delayed.
    shown_epoch: u64,
    line: DelayLine,
    /// What comes in, where players see something that is made of it.
    source: Option<Arc<Stream>>,
    cut: Option<Cut>,
    /// Publishers that have not left, those that were replaced included.
    feeding: usize,
    on_left: Vec<late::OnLeft>,
    publisher: SessionId,
    begun_at: MonoMs,
    heard_at: MonoMs,
    timeline: Timeline,
    watch: IngestWatch,
    tracks: Tracks,
    /// From the newest key frame on; the last `batched` of them wait to be sent.
    gop: VecDeque<Frame>,
    gop_bytes: usize,
    gop_whole: bool,
    key_wait: KeyWait,
    bounds: Bounds,
    /// The pictures of a publisher that has taken over mean nothing before its first key frame.
    awaits_key: bool,
    batch: Vec<Frame>,
    batch_bytes: usize,
    pace: Pace,
    histories: Vec<History>,
    followers: Vec<Arc<Queue>>,
}

impl Stream {
    pub(crate) fn new(
        serial: u64,
        app: AppId,
        name: StreamName,
        publisher: SessionId,
        now: MonoMs,
        merge_ms: u64,
        limits: &Limits,
    ) -> Self {
        let stream = Self::bare(serial, app, name, publisher, now, Bounds::of(limits));
        {
            let mut inner = stream.inner.lock();
            inner.pace = Pace::new(merge_ms);
            inner.timeline = Timeline::new(limits.timestamp_jump_ms_max);
        }
        stream
    }

    fn bare(serial: u64, app: AppId, name: StreamName, publisher: SessionId, now: MonoMs, bounds: Bounds) -> Self {
        let inner = Inner {
            state: StreamState::Live,
            epoch: 1,
            shown_epoch: 1,
            line: DelayLine::default(),
            source: None,
            cut: None,
            feeding: 1,
            on_left: Vec::new(),
            publisher,
            begun_at: now,
            heard_at: now,
            timeline: Timeline::new(0),
            watch: IngestWatch::default(),
            tracks: Tracks::default(),
            gop: VecDeque::new(),
            gop_bytes: 0,
            gop_whole: false,
            key_wait: KeyWait::default(),
            bounds,
            awaits_key: false,
            batch: Vec::new(),
            batch_bytes: 0,
            pace: Pace::new(0),
            histories: Vec::new(),
            followers: Vec::new(),
        };
        Self {
            serial,
            app,
            name,
            derived: false,
            origin: Mutex::new(None),
            dates: Dates::new(),
            counters: Counters::default(),
            watchers: AtomicU64::new(0),
            notified: AtomicU64::new(0),
            inner: Mutex::new(inner),
        }
    }

    /// Goes on with another pace and other limits.
    pub(crate) fn retune(&self, merge_ms: u64, limits: &Limits) {
        let mut inner = self.inner.lock();
        inner.pace.retune(merge_ms);
        inner.bounds = Bounds::of(limits);
        inner.timeline.set_jump_ms_max(limits.timestamp_jump_ms_max);
    }

    /// Takes a frame whose time is the publisher's own. True if the batch is complete and the readers are to be woken.
    /// `None` if another publisher has taken over.
    pub(crate) fn push(&self, epoch: u64, mut frame: Frame, now: MonoMs) -> Option<bool> {
        let mut inner = self.inner.lock();
        if inner.epoch != epoch || inner.state != StreamState::Live {
            return None;
        }
        inner.heard_at = now;
        let track = match frame.kind {
            FrameKind::Video | FrameKind::VideoConfig => Track::Video,
            FrameKind::Audio | FrameKind::AudioConfig | FrameKind::Metadata => Track::Audio,
        };
        if let Some(seen) = seen_by_watch(&frame) {
            inner.watch.look(seen, now);
        }
        let newest = inner.timeline.newest();
        let placed = match frame.kind {
            // Metadata and headers carry odd times in the field (0 in mid-stream): they must not look like a jump.
            // Players change between it and the stream that it is made of.
            FrameKind::Video | FrameKind::Audio if self.derived => inner.timeline.keep(track, frame.dts),
            FrameKind::Video | FrameKind::Audio => inner.timeline.place(track, frame.dts),
            _ => crate::Timestamp { dts: newest, discontinuity: false },
        };
        frame.dts = placed.dts;
        if placed.discontinuity {
            self.counters.discontinuities.fetch_add(1, Relaxed);
            self.dates.jump(newest);
        }
        self.counters.frames_in.fetch_add(1, Relaxed);
        self.counters.bytes_in.fetch_add(frame.payload.len() as u64, Relaxed);
        let video = frame.kind == FrameKind::Video;
        self.counters.pictures_in.fetch_add(u64::from(video), Relaxed);
        if let Some(source) = &inner.source {
            source.pass(Seen::Frame(frame), now);
            return Some(false);
        }
        let complete = self.enter(&mut inner, Seen::Frame(frame), now);
        Some(complete && self.watchers.load(Relaxed) != 0)
    }

    fn remember(&self, inner: &mut Inner, mut frame: Frame) {
        let configures = matches!(frame.kind, FrameKind::VideoConfig | FrameKind::AudioConfig | FrameKind::Metadata);
        let changes = inner.tracks.changes(&frame);
        let new_decoder = changes && frame.kind != FrameKind::Metadata;
        if new_decoder {
            // What waits belongs to the old configuration: an encoder of bytes must not see it with the new one.
            self.flush(inner);
            inner.forget_gop();
        }
        inner.tracks.note(&frame);
        if configures && !changes {
            // Some encoders repeat their headers every few seconds; readers have them already.
            return;
        }
        if frame.kind == FrameKind::Video {
            inner.awaits_key &= !frame.key;
            if inner.awaits_key {
                return;
            }
            if inner.key_wait.is_too_long(frame.key, frame.dts, inner.bounds.keep.gop_max) {
                self.counters.gops_let_go.fetch_add(1, Relaxed);
            }
        }
        if frame.kind == FrameKind::Audio && inner.tracks.video.is_none() {
            frame.key = true;
        }
        if frame.key {
            inner.gop.clear();
            inner.gop_bytes = 0;
            inner.gop_whole = true;
        }
        if inner.gop_whole && !configures {
            inner.gop_bytes += cost_bytes(&frame);
            inner.gop.push_back(frame.clone());
            if inner.gop_bytes > inner.bounds.gop_bytes_max {
                self.counters.gops_let_go.fetch_add(u64::from(inner.key_wait.tell()), Relaxed);
                inner.forget_gop();
            }
        }
        inner.batch_bytes += cost_bytes(&frame);
        inner.batch.push(frame);
        if new_decoder {
            // At once: a reader that is placed next gets the new headers, and the log must not lag behind them.
            self.flush(inner);
        }
    }

    /// Turns the waiting frames into bytes if their deadline has come. True if there are new bytes.
    pub fn close_if_due(&self, now: MonoMs) -> bool {
        let mut inner = self.inner.lock();
        let shown = self.release(&mut inner, now);
        let due = inner.pace.deadline().is_some_and(|deadline| deadline <= now);
        if due {
            self.close_batch(&mut inner, now);
        }
        due || shown
    }

    /// When to look again if nothing wakes the readers before.
    pub fn next_look(&self, now: MonoMs) -> MonoMs {
        let inner = self.inner.lock();
        let look = inner.pace.deadline().unwrap_or(MonoMs(now.0 + inner.pace.patience_ms()));
        inner.line.deadline().map_or(look, |due| due.min(look))
    }

    fn close_batch(&self, inner: &mut Inner, now: MonoMs) {
        inner.pace.on_close(now);
        self.counters.batches.fetch_add(1, Relaxed);
        self.flush(inner);
    }

    fn flush(&self, inner: &mut Inner) {
        inner.batch_bytes = 0;
        let batch = std::mem::take(&mut inner.batch);
        for history in &mut inner.histories {
            history.append(batch.iter(), &inner.tracks);
            history.trim(inner.bounds.keep);
        }
        if !batch.is_empty() {
            for follower in &inner.followers {
                follower.push(inner.shown_epoch, &inner.tracks, batch.iter().cloned(), inner.bounds.follower_bytes_max);
            }
        }
        let mut batch = batch;
        batch.clear();
        inner.batch = batch;
    }

    /// Gives the stream's frames themselves, from the GOP that is held on. At most `frames_max` wait to be taken,
    /// and no more than `follower_bytes_max`; `wake` is called when there are some, and when the stream's state changes.
    pub fn follow(self: &Arc<Self>, frames_max: usize, wake: FollowWake) -> Follower {
        Follower::new(self.clone(), frames_max, wake)
    }

    pub(crate) fn attach_follower(&self, queue: &Arc<Queue>) {
        let mut inner = self.inner.lock();
        // What waits is a part of the GOP; the others get it as they would have.
        self.flush(&mut inner);
        if !inner.gop.is_empty() {
            queue.push(inner.shown_epoch, &inner.tracks, inner.gop.iter().cloned(), inner.bounds.follower_bytes_max);
        }
        inner.followers.push(queue.clone());
    }

    pub(crate) fn detach_follower(&self, queue: &Arc<Queue>) {
        self.inner.lock().followers.retain(|follower| !Arc::ptr_eq(follower, queue));
    }

    /// Attaches a reader to a format, whose log is made if it is the first.
    pub(crate) fn attach(&self, kind: FormatKind, counted: bool) {
        let mut inner = self.inner.lock();
        self.counters.readers.fetch_add(u64::from(counted), Relaxed);
        if let Some(history) = inner.histories.iter_mut().find(|history| history.kind == kind) {
            history.readers += 1;
            return;
        }
        // What waits belongs to the others' next block; the newcomer's log begins with the whole GOP.
        self.flush(&mut inner);
        let mut history = History::new(kind);
        history.append(inner.gop.iter(), &inner.tracks);
        history.readers = 1;
        inner.histories.push(history);
    }

    pub(crate) fn detach(&self, kind: FormatKind, counted: bool) {
        let mut inner = self.inner.lock();
        // Whoever sees that the last reader is gone sees all that it was sent.
        self.counters.readers.fetch_sub(u64::from(counted), Release);
        if let Some(history) = inner.histories.iter_mut().find(|history| history.kind == kind) {
            history.readers = history.readers.saturating_sub(1);
        }
        inner.histories.retain(|history| history.readers > 0);
    }

    /// The blocks at and behind `from` in a format's log, and the position before which nothing is kept.
    pub fn blocks(&self, kind: FormatKind, from: u64, out: &mut Vec<Block>) -> u64 {
        let inner = self.inner.lock();
        let Some(history) = inner.histories.iter().find(|history| history.kind == kind) else { return from };
        let blocks = &history.view.blocks;
        let first = blocks.partition_point(|block| block.offset < from);
        out.extend(blocks.iter().skip(first).cloned());
        history.view.start()
    }

    /// Where a reader that wants to begin now can begin; `None` while there is no such place yet. A live start takes
    /// key frames at or behind `not_before` only. A reader that has begun before gets no second container header.
    pub fn place(&self, kind: FormatKind, start: Start, not_before: u64, begun: bool) -> Option<Placement> {
        let mut inner = self.inner.lock();
        if !inner.tracks.settled() {
            return None;
        }
        let inner = &mut *inner;
        let history = inner.histories.iter_mut().find(|history| history.kind == kind)?;
        let offset = match start {
            Start::Fast => history.fast_start(),
            Start::Live => history.fast_start().filter(|key| *key >= not_before),
        }?;
        let time = history.view.time_at(offset)?;
        let mut preamble = Vec::new();
        if !begun {
            history.format().preamble(&inner.tracks, &mut preamble);
        }
        history.format().headers(&inner.tracks, time, &mut preamble);
        Some(Placement { preamble: preamble.into(), offset })
    }

    /// The words with which a format tells a slow reader of its loss.
    pub fn skip_notice(&self, kind: FormatKind, skipped: MediaTime) -> Bytes {
        let mut out = Vec::new();
        let mut inner = self.inner.lock();
        if let Some(history) = inner.histories.iter_mut().find(|history| history.kind == kind) {
            history.format().skip_notice(skipped, &mut out);
        }
        out.into()
    }

    /// Another publisher session goes on with the stream. Returns its epoch.
    pub(crate) fn take_over(&self, publisher: SessionId, now: MonoMs) -> u64 {
        let mut inner = self.inner.lock();
        inner.epoch += 1;
        inner.feeding += 1;
        inner.publisher = publisher;
        inner.heard_at = now;
        inner.state = StreamState::Live;
        inner.timeline.resume();
        self.dates.begin_run(inner.timeline.newest());
        inner.watch = IngestWatch::default();
        if let Some(source) = &inner.source {
            source.pass(Seen::TakenOver, now);
        }
        self.enter(&mut inner, Seen::TakenOver, now);
        inner.epoch
    }

    /// The publisher of this epoch is gone. True if it was the current one.
    pub(crate) fn lose_publisher(&self, epoch: u64, now: MonoMs) -> bool {
        let mut inner = self.inner.lock();
        let current = inner.epoch == epoch && inner.state == StreamState::Live;
        if current {
            inner.state = StreamState::Grace { since: now };
            if let Some(source) = &inner.source {
                source.pass(Seen::Lost, now);
            }
            self.enter(&mut inner, Seen::Lost, now);
            inner.followers.iter().for_each(|follower| follower.wake());
        }
        current
    }

    /// Whether it has ended and its last reader has gone: its counters change no more.
    pub(crate) fn is_past(&self) -> bool {
        self.state() == StreamState::Ended && self.counters.readers.load(Acquire) == 0
    }

    pub(crate) fn end(&self) {
        let mut inner = self.inner.lock();
        inner.line.clear();
        self.flush(&mut inner);
        // Those who still read have it in their logs, and nobody begins any more.
        inner.gop = VecDeque::new();
        inner.state = StreamState::Ended;
        inner.epoch += 1;
        if let Some(source) = &inner.source {
            source.end();
        }
        inner.followers.iter().for_each(|follower| follower.wake());
    }

    pub(crate) fn is_current(&self, epoch: u64) -> bool {
        let inner = self.inner.lock();
        inner.epoch == epoch && inner.state == StreamState::Live
    }
}

/// A frame as the watch on the push sees it; none of metadata.
fn seen_by_watch(frame: &Frame) -> Option<IngestFrame> {
    let codec = frame.codec?;
    let (video, header) = match frame.kind {
        FrameKind::Video => (true, false),
        FrameKind::VideoConfig => (true, true),
        FrameKind::Audio => (false, false),
        FrameKind::AudioConfig => (false, true),
        FrameKind::Metadata => return None,
    };
    Some(IngestFrame {
        video,
        header,
        key: frame.key,
        needs_header: codec.has_record(),
        codec: codec as u32,
        dts_ms: frame.dts.ms(),
    })
}

/// What a frame that is held counts for: tiny frames cost their bookkeeping too.
pub(crate) fn cost_bytes(frame: &Frame) -> usize {
    frame.payload.len() + size_of::<Frame>()
}

impl Inner {
    /// Nobody may begin at what is held: it belongs to another configuration or publisher, or has grown too large.
    fn forget_gop(&mut self) {
        self.gop.clear();
        self.gop_bytes = 0;
        self.gop_whole = false;
        for history in &mut self.histories {
            history.forget_key();
        }
    }
}
