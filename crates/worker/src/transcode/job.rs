#[cfg(test)]
mod tests;

use std::future::pending;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, sleep, sleep_until};
use tokio_util::task::AbortOnDropHandle;
use vivace_base::SessionId;
use vivace_domain::rendition::{Rendition, Sound};
use vivace_hub::{Batch, Replaced, Tracks};
use vivace_media::FrameKind;
use vivace_store::{EventKind, LiveEvent};

use super::args::Make;
use super::pictures::PictureFault;
use super::sink::{Reached, Sink};
use super::source::{Source, Start};
use super::turn::Turn;
use super::{Entry, Mark, Transcoder, codec};
use crate::child::{Backoff, ChildKind, ChildPlace};

/// What is to be made.
pub(super) struct Work {
    pub(super) kind: ChildKind,
    /// Of a rate or a sound, which one.
    pub(super) rendition: Option<Rendition>,
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
    /// Turns in a row of which no picture came.
    barren: u32,
    /// The picture of the watermark as its server has it now, which comes beside the stream.
    coming: Option<AbortOnDropHandle<Option<Result<(), PictureFault>>>>,
    /// Until then the stream is shown without what is made: its watermark, where the program has failed too often or there
    /// is no picture of it, or its other sound, where the program has failed.
    held_until: Option<Instant>,
}

/// After so many children of which nothing came, players of a rate or a sound are told that it ends.
const BARREN_MAX: u32 = 8;
/// After so many, players of a watermarked stream see it as it is rather than nothing.
const BARREN_MARKS_MAX: u32 = 3;
/// Each further try takes pictures from them, and so comes after twice as long; this often.
const DOUBLINGS_MAX: u32 = 4;
/// And after an hour at most, whatever the limit says.
const RETRY_MS_MAX: u64 = 3_600_000;
/// How often it is looked whether there is a picture of the watermark now: another stream may have had it fetched.
const LOOK: Duration = Duration::from_secs(1);

impl Job {
    pub(super) fn new(
        transcoder: Arc<Transcoder>,
        work: Work,
        entry: Arc<Entry>,
        sink: Sink,
        place: Option<ChildPlace>,
    ) -> Self {
        let (reached, backoff) = (Reached::default(), Backoff::default());
        let (told, barren, coming, held_until) = (false, 0, None, None);
        Self { transcoder, work, entry, sink, reached, place, backoff, told, barren, coming, held_until }
    }

    /// Goes on until the stream that it reads is over, or nobody wants it any more. Its right to the name has been given
    /// back when this returns.
    pub(super) async fn run(mut self) -> Arc<Transcoder> {
        let parts = &self.transcoder.parts;
        let frames_max = parts.limits.get().transcode_waiting_frames_max;
        let mut source = Source::new(&self.entry.source, frames_max, parts.clock.clone());
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
        loop {
            let begun = tokio::select! {
                begun = source.begin() => begun,
                () = stop.cancelled() => return "the server stops",
            };
            let Some(start) = begun else { return "the stream is over" };
            if epoch.replace(start.epoch) != Some(start.epoch) {
                self.reached.reset();
                self.held_until = None;
                self.fetch();
            }
            let turn = match self.make(&start) {
                Some(make) => match self.take_place() {
                    Ok(()) => self.turn(source, &start, make).await,
                    Err(why) => Turn::Failed { ran_ms: 0, gave: false, why },
                },
                None => self.pass_through(source, &start).await,
            };
            match self.after(source, &start, turn).await {
                Turn::Renewed => {}
                Turn::Over => return "the stream is over",
                Turn::Idle => return "nobody watches",
                Turn::Stopped => return "the server stops, or the name is another's",
                Turn::Failed { .. } => return "it fails again and again",
            }
        }
    }

    /// What follows a turn. After one that has failed, returns when it is to be tried again; it stays failed if it has failed
    /// too often.
    async fn after(&mut self, source: &mut Source, start: &Start, turn: Turn) -> Turn {
        let Turn::Failed { ran_ms, gave, ref why } = turn else { return turn };
        self.barren = if gave { 0 } else { self.barren.saturating_add(1) };
        if self.barren >= BARREN_MAX && self.work.rendition.is_some() {
            self.failed(why, 0);
            return turn;
        }
        let most_ms = self.transcoder.parts.limits.get().child_backoff_ms_max;
        let wait_ms = self.backoff.after(ran_ms, most_ms);
        if self.work.mark.is_some() && self.barren >= BARREN_MARKS_MAX {
            self.leave_unmarked(why, most_ms);
            return Turn::Renewed;
        }
        self.failed(why, wait_ms);
        let wait = Duration::from_millis(wait_ms);
        if self.other_sound(start).is_some() && start.tracks.video.is_some() && self.sink.stream().tracks().settled() {
            // Pictures have passed by the program, and go on as if nothing had happened.
            self.held_until = Some(Instant::now() + wait);
            return self.pass_through(source, start).await;
        }
        let stop = self.transcoder.stop.clone();
        tokio::select! {
            () = sleep(wait) => Turn::Renewed,
            // Its name is free for what is made of the stream that comes next.
            () = source.over() => Turn::Over,
            () = stop.cancelled() => Turn::Stopped,
        }
    }

    /// Asks for the picture of the watermark anew, beside the stream: its server may take its time, or be gone.
    fn fetch(&mut self) {
        let Some(mark) = self.work.mark.clone() else { return };
        if self.coming.as_ref().is_some_and(|coming| !coming.is_finished()) {
            return;
        }
        let transcoder = self.transcoder.clone();
        let task = async move {
            tokio::select! {
                got = transcoder.pictures.refresh(&mark) => Some(got),
                () = transcoder.stop.cancelled() => None,
            }
        };
        self.coming = Some(AbortOnDropHandle::new(self.transcoder.tasks.spawn(task)));
    }

    /// What the next child is to make; none if the stream is to be shown as it is for now.
    fn make(&self, start: &Start) -> Option<Make> {
        match self.work.rendition {
            Some(Rendition::Rate(rate)) => return Some(Make::Rate(rate)),
            Some(Rendition::Sound(_)) => {
                return self.other_sound(start).filter(|_| self.held_until.is_none()).map(Make::Sound);
            }
            None => {}
        }
        let mark = self.work.mark.as_ref()?;
        // Where there is no picture, there is nothing to put it on.
        start.tracks.video.as_ref()?;
        if self.held_until.is_some() {
            return None;
        }
        let picture = self.transcoder.pictures.kept(mark)?;
        Some(Make::Mark { picture, x: mark.x, y: mark.y })
    }

    /// The sound that it makes, if the stream has another one: what has this one already, or none at all, is shown as it is.
    fn other_sound(&self, start: &Start) -> Option<Sound> {
        let Some(Rendition::Sound(sound)) = self.work.rendition else { return None };
        start.tracks.audio.as_ref().is_some_and(|audio| audio.codec != codec(sound)).then_some(sound)
    }

    /// Returns once the watermark can be put in, or what is held can be tried again. Dropped before, it has lost nothing.
    async fn makeable(&mut self) {
        loop {
            let held = self.held_until.is_some();
            if let Some(at) = self.held_until {
                sleep_until(at).await;
                self.held_until = None;
            }
            let Some(mark) = self.work.mark.clone() else {
                if held {
                    return;
                }
                return pending().await;
            };
            if self.transcoder.pictures.kept(&mark).is_some() {
                return;
            }
            if let Some(coming) = &mut self.coming {
                let came = coming.await;
                self.coming = None;
                match came {
                    Ok(Some(Ok(()))) => return,
                    Ok(Some(Err(fault))) => {
                        self.failed(&format!("watermark {}: {fault}; the stream is shown without it", mark.id), 0);
                    }
                    // The server stops.
                    Ok(None) | Err(_) => {}
                }
            }
            self.held_until = Some(Instant::now() + LOOK);
        }
    }

    /// From now on, and until it is tried again, the stream is shown as it is.
    fn leave_unmarked(&mut self, why: &str, backoff_ms_max: u64) {
        let doublings = self.barren.saturating_sub(BARREN_MARKS_MAX).min(DOUBLINGS_MAX);
        let wait_ms = backoff_ms_max.saturating_mul(1 << doublings).min(RETRY_MS_MAX);
        self.held_until = Some(Instant::now() + Duration::from_millis(wait_ms));
        let why = format!("{why}; the stream is shown without its watermark");
        if self.barren == BARREN_MARKS_MAX && !self.failures_are_told() {
            self.event(EventKind::TranscodeFailed, format!("{}: {why}", self.work.kind.name()));
        }
        self.failed(&why, wait_ms);
    }

    fn take_place(&mut self) -> Result<(), String> {
        if self.place.is_none() {
            let children = &self.transcoder.parts.children;
            let place = if self.work.rendition.is_some() { children.place_on_demand() } else { children.place() };
            self.place = Some(place.map_err(|fault| fault.to_string())?);
        }
        Ok(())
    }

    /// Gives players what they need before the first frame.
    pub(super) fn give_headers(&self, start: &Start, tracks: &Tracks) -> Result<(), Replaced> {
        let mut frames = Vec::new();
        tracks.header_frames(start.base, |frame| frames.push(frame.clone()));
        frames.into_iter().try_for_each(|frame| self.sink.give(start.epoch, frame))
    }

    /// What follows where nothing is taken any more.
    pub(super) fn replaced(&self) -> Turn {
        if self.sink.is_current() { Turn::Renewed } else { Turn::Stopped }
    }

    /// Shows the stream as it is, for as long as its publisher and its codecs stay, and no longer than to the first key
    /// frame at which the watermark can be put in. Where another sound is to be made and is held, it shows the pictures
    /// alone, from where they are on.
    async fn pass_through(&mut self, source: &mut Source, start: &Start) -> Turn {
        let stop = self.transcoder.stop.clone();
        let mute = self.other_sound(start).is_some();
        if self.work.rendition.is_some() && !mute {
            // Others may need it.
            self.place = None;
        }
        let given = if mute { self.give_picture_header(start) } else { self.give_headers(start, &start.tracks) };
        if given.is_err() {
            return self.replaced();
        }
        let mut idle = pin!(self.idle());
        if !mute {
            self.reached.begin();
        }
        let mut makeable = false;
        loop {
            let batch = tokio::select! {
                batch = source.next() => batch,
                () = self.makeable(), if !makeable => {
                    makeable = true;
                    continue;
                }
                turn = &mut idle => return turn,
                () = stop.cancelled() => return Turn::Stopped,
            };
            let Some(mut batch) = batch else { return Turn::Over };
            let same = batch.tracks.video == start.tracks.video && batch.tracks.audio == start.tracks.audio;
            if batch.epoch != start.epoch || !same {
                source.put_back(batch);
                return Turn::Renewed;
            }
            let is_key = |frame: &vivace_media::Frame| frame.kind == FrameKind::Video && frame.key;
            let key = batch.frames.iter().position(is_key).filter(|_| makeable);
            let rest = key.map(|at| batch.frames.split_off(at));
            for frame in batch.frames {
                let is_shown = source.is_useful(&frame) && !(mute && frame.kind == FrameKind::Audio);
                if is_shown && self.reached.takes(&frame) && self.sink.give(batch.epoch, frame).is_err() {
                    return self.replaced();
                }
            }
            if let Some(frames) = rest {
                source.put_back(Batch { epoch: batch.epoch, tracks: batch.tracks, frames });
                return Turn::Renewed;
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
        if self.failures_are_told() {
            self.event(EventKind::TranscodeFailed, format!("{kind}: {why}"));
        }
        self.told = false;
    }

    /// One that fails for hours would fill the log of events with one sentence.
    const fn failures_are_told(&self) -> bool {
        let failures = self.backoff.failures();
        failures.is_power_of_two() || failures == 0
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
