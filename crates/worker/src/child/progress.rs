use parking_lot::Mutex;
use vivace_base::MonoMs;

/// Whether a child goes on: what it was given, and what came of it.
#[derive(Debug, Default)]
pub struct Progress {
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    /// When it was first given something of which nothing has come yet.
    owes_since: Option<MonoMs>,
    /// How often it was given something since then.
    offers: u64,
    /// Since when it does not take what it is given.
    blocked_since: Option<MonoMs>,
}

/// So many frames without an answer are no pause of the encoder's: it may keep a few back.
const OFFERS_MIN: u64 = 16;

impl Progress {
    /// It is about to be given something.
    pub fn offers(&self, now: MonoMs) {
        let mut inner = self.inner.lock();
        inner.offers += 1;
        inner.owes_since.get_or_insert(now);
        inner.blocked_since = Some(now);
    }

    /// It has taken it.
    pub fn took(&self) {
        self.inner.lock().blocked_since = None;
    }

    /// Something has come from it.
    pub fn came(&self, now: MonoMs) {
        let mut inner = self.inner.lock();
        inner.owes_since = None;
        inner.offers = 0;
        if let Some(since) = &mut inner.blocked_since {
            // What it works on is there: the time begins anew.
            *since = now;
        }
    }

    /// For how long it has been silent although it was given something; 0 while all is well.
    pub fn silent_ms(&self, now: MonoMs) -> u64 {
        let inner = self.inner.lock();
        let owes = inner.owes_since.filter(|_| inner.offers >= OFFERS_MIN);
        [owes, inner.blocked_since].into_iter().flatten().map(|since| now.since(since)).max().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use vivace_base::MonoMs;

    use super::Progress;

    #[test]
    fn a_child_that_takes_everything_and_gives_nothing_is_silent() {
        let progress = Progress::default();
        for at in 0..100 {
            progress.offers(MonoMs(1_000 + at * 40));
            progress.took();
        }
        assert_eq!(progress.silent_ms(MonoMs(5_000)), 4_000);
        progress.came(MonoMs(5_001));
        assert_eq!(progress.silent_ms(MonoMs(60_000)), 0, "nothing is owed while nothing is given");
    }

    #[test]
    fn a_child_that_takes_nothing_is_silent_from_the_first_offer_on() {
        let progress = Progress::default();
        progress.offers(MonoMs(1_000));
        assert_eq!(progress.silent_ms(MonoMs(3_000)), 2_000);
        progress.came(MonoMs(3_500));
        assert_eq!(progress.silent_ms(MonoMs(4_000)), 500);
        progress.took();
        assert_eq!(progress.silent_ms(MonoMs(9_000)), 0);
    }

    #[test]
    fn a_few_frames_may_stay_inside_for_as_long_as_no_more_come() {
        let progress = Progress::default();
        for _ in 0..5 {
            progress.offers(MonoMs(0));
            progress.took();
        }
        assert_eq!(progress.silent_ms(MonoMs(60_000)), 0);
    }
}
