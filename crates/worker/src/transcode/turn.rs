use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use tokio::io::AsyncReadExt as _;
use tokio::process::ChildStdout;
use tokio::time::{interval, sleep, timeout};
use vivace_hub::Replaced;
use vivace_media::FrameKind;

use super::args::{Make, Plan};
use super::codec;
use super::feed::{Fed, Feed, feed, format};
use super::job::Job;
use super::source::{Source, Start};
use super::unpack::{Unpack, UnpackFault};
use super::weave::{Aside, Weave};
use crate::child::{Child, ChildEnd, ChildReason, Order, Progress};

/// How a child's turn ended.
#[derive(Debug)]
pub(super) enum Turn {
    /// The next child goes on at once.
    Renewed,
    /// The stream is over.
    Over,
    /// Nobody watches.
    Idle,
    /// The server stops, or another has taken the name.
    Stopped,
    /// It failed; it has been counted.
    Failed {
        /// For how long it ran before.
        ran_ms: u64,
        /// Whether a picture came from it; of a stream without one, sound.
        gave: bool,
        /// What happened.
        why: String,
    },
}

/// How the reading ended.
enum Read {
    /// It writes no more.
    End,
    Broken(UnpackFault),
    Replaced,
}

/// What a child that was given everything may take to give the rest.
const LAST: Duration = Duration::from_millis(1_000);
/// How often it is looked whether somebody watches.
const LOOK: Duration = Duration::from_millis(250);
/// How often pictures that wait for their sound are looked at, where nothing else comes.
const WAIT: Duration = Duration::from_millis(50);

enum Event {
    Child(ChildEnd),
    Fed(Fed),
    Read(Read),
    Turn(Turn),
}

impl Job {
    /// One child, from its start to its end.
    pub(super) async fn turn(&mut self, source: &mut Source, start: &Start, make: Make) -> Turn {
        let transcoder = self.transcoder.clone();
        let parts = &transcoder.parts;
        let sound = if let Make::Sound(sound) = make { Some(codec(sound)) } else { None };
        let aside = Aside::default();
        let mut tracks = start.tracks.clone();
        if sound.is_some() {
            // The picture passes by the child.
            tracks.video = None;
        }
        let (kind, input_format, audio) = format(&parts.feeds, &tracks);
        let plan = Plan { input: input_format, video: tracks.video.is_some(), audio, make };
        let what = Feed { kind, tracks, aside: sound.is_some().then_some(&aside) };
        let order = Order { kind: self.work.kind, args: plan.args(), cpu_s_max: None };
        let child = match parts.children.start(&order).await {
            Ok(child) => child,
            Err(fault) => return Turn::Failed { ran_ms: 0, gave: false, why: fault.to_string() },
        };
        let Child { input, output, mut running } = child;
        tracing::info!(
            stream = %self.sink.stream().name(), kind = self.work.kind.name(), pid = running.pid(), "ffmpeg runs"
        );
        let (progress, clock) = (Progress::default(), parts.clock.clone());
        let limits = parts.limits.get();
        let unpack = Unpack::new(&limits, start.base, sound);
        let weave = Weave::new(limits.transcode_waiting_frames_max);
        if sound.is_some() && self.give_picture_header(start).is_err() {
            return self.replaced();
        }
        self.reached.begin();
        let idle = self.idle();
        let (epoch, awaited) = (start.epoch, if plan.video { FrameKind::Video } else { FrameKind::Audio });
        let progress = &progress;
        let mut taking =
            Taking { job: self, output, unpack, aside: &aside, weave, epoch, awaited, progress, gave: false };
        let event = tokio::select! {
            end = running.watch(progress) => Event::Child(end),
            fed = feed(source, start, &what, input, progress, clock.as_ref()) => Event::Fed(fed),
            read = taking.run() => Event::Read(read),
            turn = idle => Event::Turn(turn),
            () = transcoder.stop.cancelled() => Event::Turn(Turn::Stopped),
        };
        if matches!(event, Event::Fed(Fed::Renewed)) {
            // Its input is closed: what it still holds comes out.
            let _ = timeout(LAST, taking.run()).await;
        }
        if !matches!(event, Event::Turn(_)) {
            taking.give_rest();
        }
        let (ran_ms, gave) = (running.ran_ms(), taking.gave);
        let failed = |why: String| Turn::Failed { ran_ms, gave, why };
        match event {
            Event::Turn(turn) => turn,
            Event::Fed(Fed::Over) => Turn::Over,
            Event::Fed(Fed::Renewed) => Turn::Renewed,
            Event::Read(Read::Replaced) => taking.job.replaced(),
            Event::Read(Read::Broken(fault)) => {
                parts_of(taking.job).failed(order.kind, ChildReason::Output);
                failed(format!("what ffmpeg gives cannot be read: {fault}"))
            }
            Event::Child(end) => failed(said(&end, &running.said())),
            // It has closed a pipe, and so is about to end.
            Event::Fed(Fed::Broken) | Event::Read(Read::End) => match timeout(LAST, running.watch(progress)).await {
                Ok(end) => failed(said(&end, &running.said())),
                Err(_) => {
                    parts_of(taking.job).failed(order.kind, ChildReason::Output);
                    failed("ffmpeg has closed its output and goes on".to_owned())
                }
            },
        }
    }
}

impl Job {
    /// Of the picture that passes by the child. Metadata would tell of the sound that was.
    pub(super) fn give_picture_header(&self, start: &Start) -> Result<(), Replaced> {
        let mut tracks = start.tracks.clone();
        (tracks.audio, tracks.metadata) = (None, None);
        self.give_headers(start, &tracks)
    }

    /// Returns once nobody has watched for long enough what is made for those who ask for it.
    pub(super) fn idle(&self) -> impl Future<Output = Turn> + Send + use<> {
        let (transcoder, entry, stream) = (self.transcoder.clone(), self.entry.clone(), self.sink.stream().clone());
        let is_asked_for = self.work.rendition.is_some();
        async move {
            let clock = &transcoder.parts.clock;
            let mut looks = interval(LOOK);
            let mut watched_at = clock.mono();
            loop {
                looks.tick().await;
                let now = clock.mono();
                if !is_asked_for || stream.counters.read().readers > 0 {
                    watched_at = now;
                }
                if now.since(watched_at.max(entry.asked_at())) >= transcoder.idle_ms.load(Relaxed) {
                    return Turn::Idle;
                }
            }
        }
    }
}

fn parts_of(job: &Job) -> &crate::child::Children {
    &job.transcoder.parts.children
}

fn said(end: &ChildEnd, said: &str) -> String {
    if said.is_empty() { end.to_string() } else { format!("{end}: {said}") }
}

/// Takes what a child makes.
struct Taking<'a> {
    job: &'a mut Job,
    output: ChildStdout,
    unpack: Unpack,
    /// What passes by the child.
    aside: &'a Aside,
    weave: Weave,
    epoch: u64,
    progress: &'a Progress,
    /// What shows that it works: sound alone does not, where there is a picture.
    awaited: FrameKind,
    gave: bool,
}

impl Taking<'_> {
    /// Reads until the end. Dropped before, it has lost nothing.
    async fn run(&mut self) -> Read {
        let mut bytes = vec![0; 65_536];
        loop {
            let read = tokio::select! {
                read = self.output.read(&mut bytes) => Some(read),
                () = self.aside.came.notified() => None,
                () = sleep(WAIT), if !self.weave.is_empty() => None,
            };
            let now = self.job.transcoder.parts.clock.mono();
            self.weave.passes(self.aside.take(), now);
            match read {
                None => {}
                Some(Ok(0) | Err(_)) => return Read::End,
                Some(Ok(count)) => {
                    self.progress.came(now);
                    self.unpack.feed(bytes.get(..count).unwrap_or_default());
                }
            }
            loop {
                match self.unpack.next() {
                    Ok(None) => break,
                    Err(fault) => return Read::Broken(fault),
                    Ok(Some(frame)) => {
                        if frame.kind == FrameKind::Audio {
                            self.weave.returns(frame.dts);
                        }
                        if self.give_due().and_then(|()| self.give(frame)).is_err() {
                            return Read::Replaced;
                        }
                    }
                }
            }
            if self.give_due().is_err() {
                return Read::Replaced;
            }
        }
    }

    /// Gives the pictures that wait no longer.
    fn give_due(&mut self) -> Result<(), Replaced> {
        let now = self.job.transcoder.parts.clock.mono();
        while let Some(picture) = self.weave.next(now) {
            self.give(picture)?;
        }
        Ok(())
    }

    /// Gives the pictures that still wait: no sound comes any more.
    fn give_rest(&mut self) {
        self.weave.passes(self.aside.take(), self.job.transcoder.parts.clock.mono());
        while let Some(picture) = self.weave.last() {
            if self.give(picture).is_err() {
                return;
            }
        }
    }

    fn give(&mut self, frame: vivace_media::Frame) -> Result<(), Replaced> {
        if !self.job.reached.takes(&frame) {
            return Ok(());
        }
        if frame.kind == self.awaited {
            self.gave = true;
            self.job.gives();
        }
        self.job.sink.give(self.epoch, frame)
    }
}
