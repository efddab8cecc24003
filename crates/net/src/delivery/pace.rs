use vivace_base::{Limits, MonoMs};
use vivace_hub::PlayEnd;

/// Seconds of a player's input that it may send at once.
const BURST_S: u64 = 4;

/// What a player takes while bytes wait for it.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Flow {
    /// When bytes began to wait, or the last measurement ended, and what had been sent then.
    since: Option<(MonoMs, u64)>,
}

impl Flow {
    /// Nothing waits any more.
    pub(super) const fn ended(&mut self) {
        self.since = None;
    }

    /// Bytes wait; `sent` is the number of those that have been taken so far.
    pub(super) fn check(&mut self, now: MonoMs, sent: u64, limits: &Limits) -> Result<(), PlayEnd> {
        let (since, before) = *self.since.get_or_insert((now, sent));
        let ms = now.since(since);
        if ms < limits.reader_slow_ms_max {
            return Ok(());
        }
        let bytes = sent.saturating_sub(before);
        if bytes < limits.reader_bytes_per_s_min.saturating_mul(ms) / 1_000 {
            return Err(PlayEnd::TooSlow { bytes, ms });
        }
        self.since = Some((now, sent));
        Ok(())
    }
}

/// What a player sends: acknowledgements and pings, never much.
#[derive(Clone, Copy, Debug)]
pub(super) struct Inflow {
    /// Thousandths of bytes that have been used of the burst, as of `at`.
    used: u64,
    at: MonoMs,
}

impl Inflow {
    pub(super) const fn new(now: MonoMs) -> Self {
        Self { used: 0, at: now }
    }

    pub(super) fn take(&mut self, now: MonoMs, bytes: usize, limits: &Limits) -> Result<(), PlayEnd> {
        let bytes_per_s = limits.player_input_bytes_per_s_max;
        let freed = now.since(self.at).saturating_mul(bytes_per_s);
        self.used = self.used.saturating_sub(freed).saturating_add((bytes as u64).saturating_mul(1_000));
        self.at = now;
        if self.used > bytes_per_s.saturating_mul(1_000 * BURST_S) {
            return Err(PlayEnd::Flood { bytes_per_s });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use vivace_base::{Limits, MonoMs};
    use vivace_hub::PlayEnd;

    use super::{Flow, Inflow};

    /// A player that always waits for bytes and takes `bytes` each `every_ms`: when it is let go within an hour.
    fn takes(bytes: u64, every_ms: u64) -> Option<u64> {
        let (limits, mut flow) = (Limits::default(), Flow::default());
        (0..3_600_000 / every_ms).find_map(|turn| {
            let ended = flow.check(MonoMs(turn * every_ms), turn * bytes, &limits).err();
            ended.map(|_| turn * every_ms)
        })
    }

    #[test]
    fn drops_are_no_progress_and_a_slow_link_is_served() {
        assert_eq!(takes(1, 1_000), Some(30_000));
        assert_eq!(takes(1_000, 1_000), Some(30_000));
        assert_eq!(takes(1_100, 1_000), None);
        // What a kernel frees at once on a link of 5 kB/s.
        assert_eq!(takes(64 << 10, 13_000), None);
    }

    #[test]
    fn who_has_had_everything_now_and_then_is_not_measured() {
        let (limits, mut flow) = (Limits::default(), Flow::default());
        for turn in 0..1_000 {
            assert_eq!(flow.check(MonoMs(turn * 20_000), turn, &limits), Ok(()));
            flow.ended();
        }
    }

    #[test]
    fn acknowledgements_and_pings_pass_and_floods_do_not() {
        let limits = Limits::default();
        let allowed = limits.player_input_bytes_per_s_max;
        let ends = |bytes: usize, every_ms: u64| {
            let mut inflow = Inflow::new(MonoMs(0));
            (1..3_600_000 / every_ms).find_map(|turn| inflow.take(MonoMs(turn * every_ms), bytes, &limits).err())
        };
        assert_eq!(ends(16, 100), None);
        assert_eq!(ends(allowed as usize, 1_000), None);
        assert_eq!(ends(allowed as usize + 100, 1_000), Some(PlayEnd::Flood { bytes_per_s: allowed }));
        assert_eq!(ends(16 << 10, 1), Some(PlayEnd::Flood { bytes_per_s: allowed }));
    }
}
