use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::sleep;
use vivace_base::SessionId;
use vivace_domain::channel::Rate;
use vivace_store::{EventKind, LiveEvent};

use super::args::Make;
use super::sink::{Reached, Sink};
use super::source::{Source, Start};
use super::turn::Turn;
use super::{Entry, Mark, Transcoder};
use crate::child::{Backoff, ChildKind, ChildPlace};

/// What is to be made.
pub(super) struct Work {
    pub(super) kind: ChildKind,
    /// Of a rate, which one.
    pub(super) rate: Option<Rate>,
    /// Of a watermark, which one.
    pub(super) mark: Option<Mark>,
    /// Its number in the log and in events.
    pub(super) session: SessionId,
}

/// One stream that is made of another one, over as many children as that takes. The one owner of its retries.
pub(super) struct Job {
    pub(super) transcoder: Arc<Transcoder>,
    pub(super) work: Work,
    pub(super) entry: Arc<Entry>,
    pub(super) sink: Sink,
    pub(super) reached: Reached,
    place: Option<ChildPlace>,
    backoff: Backoff,
    /// It has been told that it runs.
    told: bool,
    /// Turns in a row of which nothing came.
    barren: u32,
}

/// After so many children of which nothing came, players of a rate are told that it ends.
const BARREN_MAX: u32 = 8;

impl Job {
    pub(super) fn new(
        transcoder: Arc<Transcoder>,
        work: Work,
        entry: Arc<Entry>,
        sink: Sink,
        place: Option<ChildPlace>,
    ) -> Self {
        let (reached, backoff) = (Reached::default(), Backoff::default());
        Self { transcoder, work, entry, sink, reached, place, backoff, told: false, barren: 0 }
    }

    /// Goes on until the stream that it reads is over, or nobody wants it any more. Its right to the name has been given
    /// back when this returns.
    pub(super) async fn run(mut self) -> Arc<Transcoder> {
        let frames_max = self.transcoder.parts.limits.get().transcode_waiting_frames_max;
        let mut source = Source::new(&self.entry.source, frames_max);
        let why = self.go_on(&mut source).await;
        tracing::info!(stream = %self.sink.stream().name(), kind = self.work.kind.name(), why, "transcoding ends");
        if self.told {
            self.event(EventKind::TranscodeEnded, why.to_owned());
        }
        self.transcoder
    }

    async fn go_on(&mut self, source: &mut Source) -> &'static str {
        let stop = self.transcoder.stop.clone();
        let mut epoch = None;
        let mut picture = None;
        loop {
            let begun = tokio::select! {
                begun = source.begin() => begun,
                () = stop.cancelled() => return "the server stops",
            };
            let Some(start) = begun else { return "the stream is over" };
            if epoch.replace(start.epoch) != Some(start.epoch) {
                self.reached.reset();
                picture = None;
            }
            let turn = match self.make(&start, &mut picture).await {
                Some(make) => match self.take_place() {
                    Ok(()) => self.turn(source, &start, make).await,
                    Err(why) => Turn::Failed { ran_ms: 0, gave: false, why },
                },
                None => self.pass_through(source, &start).await,
            };
            match turn {
                Turn::Renewed => {}
                Turn::Over => return "the stream is over",
                Turn::Idle => return "nobody watches",
                Turn::Stopped => return "the server stops, or the name is another's",
                Turn::Failed { ran_ms, gave, why } => {
                    self.barren = if gave { 0 } else { self.barren.saturating_add(1) };
                    if self.barren >= BARREN_MAX && self.work.rate.is_some() {
                        self.failed(&why, 0);
                        return "it fails again and again";
                    }
                    let wait_ms = self.backoff.after(ran_ms, self.transcoder.parts.limits.get().child_backoff_ms_max);
                    self.failed(&why, wait_ms);
                    tokio::select! {
                        () = sleep(Duration::from_millis(wait_ms)) => {}
                        () = stop.cancelled() => return "the server stops",
                    }
                }
            }
        }
    }

    /// What the next child is to make; none if the stream is to be shown as it is. The picture of a watermark is asked for
    /// once for each push.
    async fn make(&mut self, start: &Start, picture: &mut Option<Option<PathBuf>>) -> Option<Make> {
        if let Some(rate) = self.work.rate {
            return Some(Make::Rate(rate));
        }
        let mark = self.work.mark.clone()?;
        // Where there is no picture, there is nothing to put it on.
        start.tracks.video.as_ref()?;
        if picture.is_none() {
            let transcoder = self.transcoder.clone();
            let found = transcoder.pictures.get(&mark).await;
            *picture = Some(match found {
                Ok(path) => Some(path),
                Err(fault) => {
                    self.failed(&format!("watermark {}: {fault}; the stream is shown without it", mark.id), 0);
                    None
                }
            });
        }
        let path = picture.clone().flatten()?;
        Some(Make::Mark { picture: path, x: mark.x, y: mark.y })
    }

    fn take_place(&mut self) -> Result<(), String> {
        if self.place.is_none() {
            self.place = Some(self.transcoder.parts.children.place().map_err(|fault| fault.to_string())?);
        }
        Ok(())
    }

    /// Shows the stream as it is, for as long as its publisher and its codecs stay.
    async fn pass_through(&mut self, source: &mut Source, start: &Start) -> Turn {
        let stop = self.transcoder.stop.clone();
        let mut frames = Vec::new();
        start.tracks.header_frames(start.base, |frame| frames.push(frame.clone()));
        for frame in frames {
            if self.sink.give(start.epoch, frame).is_err() {
                return Turn::Renewed;
            }
        }
        loop {
            let batch = tokio::select! {
                batch = source.next() => batch,
                () = stop.cancelled() => return Turn::Stopped,
            };
            let Some(batch) = batch else { return Turn::Over };
            let same = batch.tracks.video == start.tracks.video && batch.tracks.audio == start.tracks.audio;
            if batch.epoch != start.epoch || !same {
                source.put_back(batch);
                return Turn::Renewed;
            }
            for frame in batch.frames {
                if source.is_useful(&frame) && self.reached.takes(&frame) && self.sink.give(batch.epoch, frame).is_err()
                {
                    return Turn::Renewed;
                }
            }
        }
    }

    /// Something has come of it: told once, and once more after each failure.
    pub(super) fn gives(&mut self) {
        if !std::mem::replace(&mut self.told, true) {
            let name = self.entry.source.name().clone();
            self.event(EventKind::TranscodeRuns, format!("{} of {name}", self.work.kind.name()));
        }
    }

    fn failed(&mut self, why: &str, wait_ms: u64) {
        let (stream, kind) = (self.sink.stream().name(), self.work.kind.name());
        let failures = self.backoff.failures();
        tracing::warn!(%stream, kind, why, failures, wait_ms, session = %self.work.session, "transcoding fails");
        // One that fails for hours would fill the log of events with one sentence.
        if failures.is_power_of_two() || failures == 0 {
            self.event(EventKind::TranscodeFailed, format!("{kind}: {why}"));
        }
        self.told = false;
    }

    fn event(&self, kind: EventKind, detail: String) {
        let parts = &self.transcoder.parts;
        let mut plain: String = detail.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        plain.truncate(plain.floor_char_boundary(parts.limits.get().event_text_bytes_max));
        parts.events.record(LiveEvent {
            at: parts.clock.unix(),
            session: self.work.session,
            stream: Some(self.sink.stream().name().to_string()),
            peer: String::new(),
            kind,
            table: None,
            code: None,
            detail: plain,
        });
    }
}
