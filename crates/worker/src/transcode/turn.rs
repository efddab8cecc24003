use std::time::Duration;

use tokio::io::AsyncReadExt as _;
use tokio::process::ChildStdout;
use tokio::time::{interval, timeout};
use vivace_hub::Replaced;
use vivace_media::{FrameKind, flv};

use super::args::{Make, Plan};
use super::feed::{Fed, feed, format};
use super::job::Job;
use super::sink::Unpack;
use super::source::{Source, Start};
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
    Broken(flv::Fault),
    Replaced,
}

/// What a child that was given everything may take to give the rest.
const LAST: Duration = Duration::from_millis(1_000);
/// How often it is looked whether somebody watches.
const LOOK: Duration = Duration::from_millis(250);

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
        let (kind, input_format, audio) = format(&parts.feeds, &start.tracks);
        let plan = Plan { input: input_format, video: start.tracks.video.is_some(), audio, make };
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
        let unpack = Unpack::new(&parts.limits.get(), start.base);
        self.reached.begin();
        let entry = self.entry.clone();
        let sink_stream = self.sink.stream().clone();
        let is_rate = self.work.rate.is_some();
        let idle = async {
            let mut looks = interval(LOOK);
            let mut watched_at = clock.mono();
            loop {
                looks.tick().await;
                let now = clock.mono();
                if !is_rate || sink_stream.counters.read().readers > 0 {
                    watched_at = now;
                }
                let idle_ms = transcoder.idle_ms.load(std::sync::atomic::Ordering::Relaxed);
                if now.since(watched_at.max(entry.asked_at())) >= idle_ms {
                    return Turn::Idle;
                }
            }
        };
        let (epoch, awaited) = (start.epoch, if plan.video { FrameKind::Video } else { FrameKind::Audio });
        let mut taking = Taking { job: self, output, unpack, epoch, awaited, progress: &progress, gave: false };
        let event = tokio::select! {
            end = running.watch(&progress) => Event::Child(end),
            fed = feed(source, start, kind, input, &progress, clock.as_ref()) => Event::Fed(fed),
            read = taking.run() => Event::Read(read),
            turn = idle => Event::Turn(turn),
            () = transcoder.stop.cancelled() => Event::Turn(Turn::Stopped),
        };
        let (ran_ms, gave) = (running.ran_ms(), taking.gave);
        let failed = |why: String| Turn::Failed { ran_ms, gave, why };
        match event {
            Event::Turn(turn) => turn,
            Event::Fed(Fed::Over) => Turn::Over,
            Event::Fed(Fed::Renewed) => {
                // Its input is closed: what it still holds comes out.
                let _ = timeout(LAST, taking.run()).await;
                Turn::Renewed
            }
            Event::Read(Read::Replaced) if taking.job.sink.is_current() => Turn::Renewed,
            Event::Read(Read::Replaced) => Turn::Stopped,
            Event::Read(Read::Broken(fault)) => {
                parts_of(taking.job).failed(order.kind, ChildReason::Output);
                failed(format!("what ffmpeg gives cannot be read: {fault}"))
            }
            Event::Child(end) => failed(said(&end, &running.said())),
            // It has closed a pipe, and so is about to end.
            Event::Fed(Fed::Broken) | Event::Read(Read::End) => match timeout(LAST, running.watch(&progress)).await {
                Ok(end) => failed(said(&end, &running.said())),
                Err(_) => {
                    parts_of(taking.job).failed(order.kind, ChildReason::Output);
                    failed("ffmpeg has closed its output and goes on".to_owned())
                }
            },
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
            let count = match self.output.read(&mut bytes).await {
                Ok(0) | Err(_) => return Read::End,
                Ok(count) => count,
            };
            self.progress.came(self.job.transcoder.parts.clock.mono());
            self.unpack.feed(bytes.get(..count).unwrap_or_default());
            loop {
                match self.unpack.next() {
                    Ok(None) => break,
                    Err(fault) => return Read::Broken(fault),
                    Ok(Some(frame)) => {
                        if let Err(Replaced) = self.give(frame) {
                            return Read::Replaced;
                        }
                    }
                }
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
