//! Where the sound alone is converted: pictures pass by the child, and meet the sound again behind it.

use std::collections::VecDeque;

use parking_lot::Mutex;
use tokio::sync::Notify;
use vivace_base::{MediaTime, MonoMs};
use vivace_media::Frame;

/// What passes by a child, from the one who feeds it to the one who takes what it makes.
#[derive(Default)]
pub(super) struct Aside {
    passing: Mutex<Passing>,
    /// Something has come.
    pub(super) came: Notify,
}

/// What has come since the last look.
#[derive(Default)]
pub(super) struct Passing {
    pictures: Vec<Frame>,
    /// The newest sound that the child was given.
    offered: Option<MediaTime>,
}

impl Aside {
    pub(super) fn picture(&self, frame: Frame) {
        self.passing.lock().pictures.push(frame);
        self.came.notify_one();
    }

    pub(super) fn sound(&self, dts: MediaTime) {
        self.passing.lock().offered = Some(dts);
        self.came.notify_one();
    }

    pub(super) fn take(&self) -> Passing {
        std::mem::take(&mut *self.passing.lock())
    }
}

/// Brings pictures and sound into the order of their times: a picture waits for the sound before it, but not for ever.
pub(super) struct Weave {
    held: VecDeque<(MonoMs, Frame)>,
    frames_max: usize,
    offered: Option<MediaTime>,
    returned: Option<MediaTime>,
}

/// Sound that an encoder may keep for as long as no more comes.
const KEPT: MediaTime = MediaTime::from_ms(200);
/// How long a picture waits for sound that the child owes: one that starts on a busy machine takes its time.
const OWED_MS: u64 = 2_000;
/// How long it waits for sound that may be on its way from the publisher.
const PAUSE_MS: u64 = 250;

impl Weave {
    /// At most so many pictures wait.
    pub(super) const fn new(frames_max: usize) -> Self {
        Self { held: VecDeque::new(), frames_max, offered: None, returned: None }
    }

    pub(super) fn passes(&mut self, passing: Passing, now: MonoMs) {
        self.offered = passing.offered.or(self.offered);
        self.held.extend(passing.pictures.into_iter().map(|frame| (now, frame)));
    }

    /// Sound of this time goes next.
    pub(super) const fn returns(&mut self, dts: MediaTime) {
        self.returned = Some(dts);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.held.is_empty()
    }

    /// The next picture that waits no longer.
    pub(super) fn next(&mut self, now: MonoMs) -> Option<Frame> {
        let (came_at, frame) = self.held.front()?;
        let is_met = self.returned.is_some_and(|returned| returned >= frame.dts);
        let is_owed =
            self.offered.is_some_and(|offered| self.returned.is_none_or(|returned| offered - returned > KEPT));
        let patience_ms = if is_owed { OWED_MS } else { PAUSE_MS };
        let goes = is_met || now.since(*came_at) >= patience_ms || self.held.len() > self.frames_max;
        if goes { self.last() } else { None }
    }

    /// The next picture, whatever it waits for: the child is over.
    pub(super) fn last(&mut self) -> Option<Frame> {
        self.held.pop_front().map(|(_, frame)| frame)
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use vivace_base::{MediaTime, MonoMs};
    use vivace_media::{Codec, Frame, FrameKind};

    use super::{Aside, Weave};

    fn ms(ms: i64) -> MediaTime {
        MediaTime::from_ms(ms)
    }

    fn weave(pictures: &[i64], sound: Option<i64>, now: u64) -> Weave {
        let aside = Aside::default();
        for at in pictures {
            let (kind, codec, cts) = (FrameKind::Video, Some(Codec::H264), MediaTime::ZERO);
            aside.picture(Frame { kind, codec, dts: ms(*at), cts, key: true, payload: Bytes::new() });
        }
        if let Some(at) = sound {
            aside.sound(ms(at));
        }
        let mut weave = Weave::new(4);
        weave.passes(aside.take(), MonoMs(now));
        weave
    }

    fn goes(weave: &mut Weave, now: u64) -> Vec<i64> {
        std::iter::from_fn(|| weave.next(MonoMs(now))).map(|frame| frame.dts.ms()).collect()
    }

    #[test]
    fn a_picture_waits_for_the_sound_before_it() {
        let mut weave = weave(&[0, 40, 80], Some(100), 1_000);
        assert_eq!(goes(&mut weave, 1_100), [0; 0], "nothing has come back yet");
        weave.returns(ms(21));
        assert_eq!(goes(&mut weave, 1_100), [0]);
        weave.returns(ms(80));
        assert_eq!((goes(&mut weave, 1_100), weave.is_empty()), (vec![40, 80], true));
    }

    #[test]
    fn it_waits_long_for_sound_that_is_owed_and_shortly_for_none() {
        let mut owed = weave(&[0, 40], Some(100), 1_000);
        assert_eq!((goes(&mut owed, 2_999), goes(&mut owed, 3_000)), (vec![], vec![0, 40]));
        let mut silent = weave(&[0, 40], None, 1_000);
        assert_eq!((goes(&mut silent, 1_249), goes(&mut silent, 1_250)), (vec![], vec![0, 40]));
        // The encoder keeps the end of the sound, and the publisher sends no more.
        let mut paused = weave(&[400], Some(200), 1_000);
        paused.returns(ms(100));
        assert_eq!((goes(&mut paused, 1_249), goes(&mut paused, 1_250)), (vec![], vec![400]));
    }

    #[test]
    fn no_more_wait_than_may() {
        let mut many = weave(&[0, 40, 80, 120, 160, 200], Some(200), 1_000);
        assert_eq!(goes(&mut many, 1_000), [0, 40]);
        assert_eq!(std::iter::from_fn(|| many.last()).count(), 4);
    }
}
