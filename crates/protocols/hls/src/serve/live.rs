use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::time::Duration;

use bytes::Bytes;
use parking_lot::Mutex;
use tokio::sync::{Notify, watch};
use tokio::time::{sleep, timeout};
use vivace_base::{Clock, Limits, UnixMs};
use vivace_hub::{Batch, Followed, Follower, Stream, StreamState};

use super::{Fault, Keeper, Sending};
use crate::engine::{Container, Flavor, Resume, Segmenter, Settings, Skip, TOKEN, media};

/// Numbers that a run takes at once. Half of them are left when it takes the next ones, so that there is a minute for it.
const AHEAD: u64 = 64;
/// How often a stream without frames is looked at.
const LOOK: Duration = Duration::from_secs(1);

/// One stream that is being cut.
pub(super) struct Live {
    stream: Arc<Stream>,
    state: Mutex<State>,
    /// Who is sent what was cut.
    sending: Arc<Sending>,
    /// Counts changes; those who wait for something look again at each.
    changed: watch::Sender<u64>,
    wake: Arc<Notify>,
    waiting: AtomicUsize,
    waiting_max: usize,
    transport: AtomicBool,
    stopped: AtomicBool,
}

#[derive(Default)]
pub(super) struct State {
    segmenter: Option<Segmenter>,
    failed: bool,
    version: u64,
    texts: Vec<Text>,
}

/// A playlist that several players ask for between two changes.
struct Text {
    flavor: Flavor,
    skip: bool,
    version: u64,
    text: Arc<str>,
}

impl Live {
    pub(super) fn new(stream: Arc<Stream>, sending: Arc<Sending>, waiting_max: usize) -> Arc<Self> {
        Arc::new(Self {
            stream,
            state: Mutex::default(),
            sending,
            changed: watch::Sender::new(0),
            wake: Arc::default(),
            waiting: AtomicUsize::new(0),
            waiting_max,
            transport: AtomicBool::new(false),
            stopped: AtomicBool::new(false),
        })
    }

    pub(super) const fn stream(&self) -> &Arc<Stream> {
        &self.stream
    }

    /// Whether transport streams are to be made.
    pub(super) fn set_transport(&self, wanted: bool) {
        self.transport.store(wanted, Relaxed);
    }

    /// Nobody plays it any more.
    pub(super) fn stop(&self) {
        self.stopped.store(true, Relaxed);
        self.wake.notify_one();
    }

    /// Whether its numbers could not be had.
    pub(super) fn has_failed(&self) -> bool {
        self.state.lock().failed
    }

    /// Checks that all of the stream can be had in a container.
    ///
    /// # Errors
    /// [`Fault::NotCarried`] with the first codec that cannot.
    pub(super) fn carried(&self, container: Container) -> Result<(), Fault> {
        let not = self.stream.tracks().codecs().find(|codec| !container.carries(*codec));
        not.map_or(Ok(()), |codec| Err(Fault::NotCarried { codec }))
    }

    /// Looks at the segmenter, once it is there.
    pub(super) fn look<T>(&self, look: impl FnOnce(&Segmenter) -> T) -> Option<T> {
        self.state.lock().segmenter.as_ref().map(look)
    }

    /// The playlist with a session's query at each address; `None` while there is nothing to list.
    pub(super) fn playlist(&self, flavor: Flavor, skip: Option<Skip>, query: &str) -> Option<String> {
        let text = self.state.lock().text(flavor, skip)?;
        Some(text.replace(TOKEN, query))
    }

    /// Waits until `look` finds something.
    ///
    /// # Errors
    /// [`Fault::Late`], [`Fault::Waiting`], [`Fault::Keep`].
    pub(super) async fn wait<T>(&self, ms_max: u64, look: impl Fn(&Segmenter) -> Option<T>) -> Result<T, Fault> {
        let mut changes = self.changed.subscribe();
        if let Some(found) = self.look(&look).flatten() {
            return Ok(found);
        }
        let _place = Place::take(&self.waiting, self.waiting_max)?;
        let waiting = async {
            loop {
                if self.has_failed() {
                    return Err(Fault::Keep);
                }
                if changes.changed().await.is_err() {
                    return Err(Fault::NotPlayed);
                }
                if let Some(found) = self.look(&look).flatten() {
                    return Ok(found);
                }
            }
        };
        timeout(Duration::from_millis(ms_max), waiting).await.unwrap_or(Err(Fault::Late { ms: ms_max }))
    }

    /// Cuts until the stream ends or nobody plays it.
    pub(super) async fn run(
        self: Arc<Self>,
        settings: Settings,
        keeper: Arc<dyn Keeper>,
        clock: Arc<dyn Clock>,
        limits: Arc<Limits>,
    ) {
        let (app, name) = (self.stream.app(), self.stream.name());
        let Ok(first) = keeper.take(app, name, AHEAD).await else {
            self.state.lock().failed = true;
            self.changed.send_modify(|count| *count += 1);
            return;
        };
        let mut taken = Taken::new(first);
        self.state.lock().segmenter = Some(Segmenter::new(settings, first));
        let wake = self.wake.clone();
        let follower = self.stream.follow(limits.hls_queue_frames_max, Box::new(move || wake.notify_one()));
        self.settle().await;
        tracing::debug!(stream = %name, first = first.media_sequence, "HLS begins");
        loop {
            let over = self.is_over();
            let resume = self.cut(&follower, over, clock.unix());
            if let Some(numbers) = taken.after(resume) {
                keeper.raise(app, name, numbers);
            }
            if over {
                keeper.give_back(app, name, taken.numbers, resume);
                tracing::debug!(stream = %name, "HLS ends");
                return;
            }
            tokio::select! {
                () = self.wake.notified() => {}
                () = sleep(LOOK) => {}
            }
        }
    }

    /// Waits until it is known what the stream consists of.
    async fn settle(&self) {
        while !self.stream.tracks().settled() && !self.is_over() {
            tokio::select! {
                () = self.wake.notified() => {}
                () = sleep(LOOK) => {}
            }
        }
    }

    fn is_over(&self) -> bool {
        self.stopped.load(Relaxed) || self.stream.state() == StreamState::Ended
    }

    /// Gives the segmenter what has come; where another run could go on.
    fn cut(&self, follower: &Follower, over: bool, now: UnixMs) -> Resume {
        let (resume, gone) = self.take(follower.take(), over, now);
        self.sending.let_go(gone);
        resume
    }

    /// Where another run could go on, and what the window has let go of.
    fn take(&self, followed: Followed, over: bool, now: UnixMs) -> (Resume, Vec<Bytes>) {
        let Followed { lost, mut batches } = followed;
        let mut state = self.state.lock();
        let state = &mut *state;
        let Some(segmenter) = &mut state.segmenter else { return Default::default() };
        let look = |segmenter: &Segmenter| {
            let window = segmenter.window();
            (window.next_part(), window.newest_sequence(), segmenter.configurations())
        };
        let before = look(segmenter);
        segmenter.set_transport(self.transport.load(Relaxed));
        if lost {
            tracing::warn!(stream = %self.stream.name(), "HLS is too slow and has lost frames");
            segmenter.interrupt();
        }
        // At the start, the newest batch knows tracks that the first ones had not shown yet.
        if before.1.is_none()
            && let Some((last, others)) = batches.split_last_mut()
        {
            let same = others.iter_mut().filter(|batch| batch.epoch == last.epoch);
            same.for_each(|batch| batch.tracks.clone_from(&last.tracks));
        }
        if let Some(newest) = batches.last().and_then(Batch::newest) {
            // What has come at once is as old as the newest of it says.
            self.stream.date(newest, now);
        }
        for batch in &batches {
            let dated = batch.newest().map(|newest| self.stream.date(newest, now));
            let (now, run) = dated.map_or((now, 0), |dated| (dated.date, dated.run));
            // What is made of a stream goes on under the same right when that has another publisher.
            let epoch = if self.stream.is_derived() { batch.epoch ^ run.rotate_left(32) } else { batch.epoch };
            segmenter.push(&batch.frames, &batch.tracks, epoch, now);
        }
        if over {
            segmenter.end();
        }
        let (resume, gone) = (segmenter.resume(), segmenter.take_gone());
        if over || before != look(segmenter) {
            state.version += 1;
            self.changed.send_modify(|count| *count += 1);
        }
        (resume, gone)
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        self.sending.let_go(self.state.get_mut().segmenter.take().map(Segmenter::into_gone).unwrap_or_default());
    }
}

impl State {
    fn text(&mut self, flavor: Flavor, skip: Option<Skip>) -> Option<Arc<str>> {
        let version = self.version;
        let wanted = |text: &&Text| text.flavor == flavor && text.skip == skip.is_some() && text.version == version;
        if let Some(found) = self.texts.iter().find(wanted) {
            return Some(found.text.clone());
        }
        let text: Arc<str> = media(self.segmenter.as_ref()?.window(), flavor, skip)?.into();
        self.texts.retain(|text| text.version == version);
        self.texts.push(Text { flavor, skip: skip.is_some(), version, text: text.clone() });
        Some(text)
    }
}

/// The numbers that are taken on disk, or on their way there.
struct Taken {
    numbers: Resume,
    told: Resume,
}

impl Taken {
    const fn new(first: Resume) -> Self {
        let numbers = Resume {
            media_sequence: first.media_sequence.saturating_add(AHEAD),
            discontinuity_sequence: first.discontinuity_sequence.saturating_add(AHEAD),
            program_date_time: first.program_date_time,
        };
        Self { numbers, told: first }
    }

    /// What is to be written when a run has come to `now`: once for each segment, because of its date.
    fn after(&mut self, now: Resume) -> Option<Resume> {
        if now == self.told {
            return None;
        }
        self.told = now;
        let ahead = |taken: u64, used: u64| if used.saturating_add(AHEAD / 2) > taken { used + AHEAD } else { taken };
        self.numbers = Resume {
            media_sequence: ahead(self.numbers.media_sequence, now.media_sequence),
            discontinuity_sequence: ahead(self.numbers.discontinuity_sequence, now.discontinuity_sequence),
            program_date_time: now.program_date_time,
        };
        Some(self.numbers)
    }
}

/// One of those who wait; dropped, it makes room.
struct Place<'a>(&'a AtomicUsize);

impl<'a> Place<'a> {
    fn take(waiting: &'a AtomicUsize, max: usize) -> Result<Self, Fault> {
        let place = Self(waiting);
        if waiting.fetch_add(1, Relaxed) >= max { Err(Fault::Waiting { limit: max }) } else { Ok(place) }
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::{AHEAD, Resume, Taken};

    #[test]
    fn numbers_are_taken_long_before_they_are_used() {
        let mut taken = Taken::new(Resume { media_sequence: 10, ..Resume::default() });
        for media_sequence in 10..10_000 {
            let now = Resume { media_sequence, ..Resume::default() };
            assert!(taken.numbers.media_sequence >= media_sequence + AHEAD / 2 - 1, "{media_sequence}");
            let _ = taken.after(now);
            assert!(taken.numbers.media_sequence >= media_sequence + AHEAD / 2);
            assert_eq!(taken.after(now), None);
        }
    }
}
