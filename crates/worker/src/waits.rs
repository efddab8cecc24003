//! Waits for the next try that a clock which was ahead has made too long.

use vivace_base::UnixMs;

/// A clock that goes back by more was set: those that are steered creep.
const SET_BACK_MS: i64 = 10_000;

/// Who looks from time to time what is due.
#[derive(Debug)]
pub(crate) struct Waits {
    /// What waits.
    what: &'static str,
    /// When it was looked last, by the clock.
    looked_at: Option<UnixMs>,
}

impl Waits {
    /// Nobody has looked yet.
    pub(crate) const fn of(what: &'static str) -> Self {
        Self { what, looked_at: None }
    }

    /// Looks at `now`. Has what waits until later than a time tried at once by `hasten`, which says how many these were, if
    /// the clock was set back since the last look: all that waits; or at the first look, since that may have been before
    /// this process began: what waits for more than `longest_ms`.
    pub(crate) async fn look<F, E>(
        &mut self,
        now: UnixMs,
        longest_ms: u64,
        hasten: impl FnOnce(UnixMs) -> F,
    ) -> Result<(), E>
    where
        F: Future<Output = Result<u64, E>>,
    {
        let beyond = match self.looked_at {
            None => Some(UnixMs(now.0.saturating_add_unsigned(longest_ms))),
            Some(before) => (now.0 < before.0.saturating_sub(SET_BACK_MS)).then_some(now),
        };
        if let Some(beyond) = beyond {
            let hastened = hasten(beyond).await?;
            let what = self.what;
            if hastened > 0 && self.looked_at.is_some() {
                tracing::warn!(hastened, "the machine's clock was set back: {what} that wait are tried at once");
            } else if hastened > 0 {
                // By a clock that was ahead, or by settings that let them wait longer.
                tracing::warn!(hastened, "{what} wait longer than they may: they are tried at once");
            }
        }
        self.looked_at = Some(now);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use vivace_base::UnixMs;

    use super::Waits;

    /// What is hastened at a look.
    async fn beyond(waits: &mut Waits, now: i64) -> Option<i64> {
        let mut found = None;
        let hasten = |beyond: UnixMs| {
            found = Some(beyond.0);
            std::future::ready(Ok::<_, Infallible>(1))
        };
        waits.look(UnixMs(now), 60_000, hasten).await.unwrap();
        found
    }

    #[tokio::test]
    async fn waits_are_too_long_where_the_clock_was_set_back_since_or_before() {
        let mut waits = Waits::of("things");
        let looks = [1_000_000, 1_001_000, 992_000, 981_999, 982_999, 9_000_000];
        let mut found = Vec::new();
        for now in looks {
            found.push(beyond(&mut waits, now).await);
        }
        assert_eq!(found, [Some(1_060_000), None, None, Some(981_999), None, None]);
    }

    #[tokio::test]
    async fn what_could_not_be_hastened_is_at_the_next_look() {
        let mut waits = Waits::of("things");
        let failed = waits.look(UnixMs(0), 60_000, |_| std::future::ready(Err("locked"))).await;
        assert_eq!((failed, beyond(&mut waits, 0).await), (Err("locked"), Some(60_000)));
    }
}
