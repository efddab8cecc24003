use vivace_base::{Limits, MonoMs};

use crate::SessionEnd;

/// Whether a publisher still sends something of use.
///
/// Bytes alone are none: who sends one a second would hold a name for ever. Whole messages are, however small and rare,
/// because silence and a paused encoder are coded in a few bytes. So a rate is asked for within a message only.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Heard {
    at: MonoMs,
    messages: u64,
    message_at: MonoMs,
    /// Since the last whole message.
    bytes: u64,
}

impl Heard {
    pub(crate) const fn new(now: MonoMs) -> Self {
        Self { at: now, messages: 0, message_at: now, bytes: 0 }
    }

    /// Bytes have come; `messages` is the number of whole messages so far.
    pub(crate) const fn note(&mut self, now: MonoMs, bytes: usize, messages: u64) {
        self.at = now;
        if messages == self.messages {
            self.bytes = self.bytes.saturating_add(bytes as u64);
        } else {
            (self.messages, self.message_at, self.bytes) = (messages, now, 0);
        }
    }

    pub(crate) fn check(&self, now: MonoMs, limits: &Limits) -> Result<(), SessionEnd> {
        let silent_ms = now.since(self.at);
        if silent_ms >= limits.publisher_idle_ms_max {
            return Err(SessionEnd::Idle { silent_ms });
        }
        let (bytes, ms) = (self.bytes, now.since(self.message_at));
        let least = limits.publisher_bytes_per_s_min.saturating_mul(ms) / 1_000;
        if ms >= limits.publisher_slow_ms_max && bytes > 0 && bytes < least {
            return Err(SessionEnd::TooSlow { bytes, ms });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use vivace_base::{Limits, MonoMs};

    use super::Heard;
    use crate::SessionEnd;

    /// Sends `bytes` each `every_ms`, of which each `whole`th ends a message; how the session ends within an hour.
    fn send(bytes: usize, every_ms: u64, whole: u64) -> Option<(&'static str, u64)> {
        let limits = Limits::default();
        let mut heard = Heard::new(MonoMs(0));
        (1..=3_600_000 / every_ms).find_map(|turn| {
            let now = MonoMs(turn * every_ms);
            let end = heard.check(now, &limits).err();
            heard.note(now, bytes, turn / whole);
            match end? {
                SessionEnd::TooSlow { ms, .. } => Some(("slow", ms)),
                SessionEnd::Idle { silent_ms } => Some(("idle", silent_ms)),
                other => panic!("{other}"),
            }
        })
    }

    #[test]
    fn drops_within_a_message_are_ended_and_a_slow_link_is_not() {
        assert_eq!(send(1, 1_000, u64::MAX), Some(("slow", 10_000)));
        assert_eq!(send(250, 1_000, u64::MAX), Some(("slow", 10_000)));
        assert_eq!(send(300, 1_000, u64::MAX), None);
        assert_eq!(send(100_000, 9_000, 1), Some(("idle", 9_000)));
    }

    #[test]
    fn small_and_rare_messages_are_enough() {
        // Opus in silence: some bytes with their header each 400 ms; an encoder that is paused: a ping each 5 s.
        assert_eq!(send(14, 400, 1), None);
        assert_eq!(send(18, 5_000, 1), None);
    }
}
