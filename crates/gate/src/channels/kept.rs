//! Channels that were read lately. A read that follows a change sees it at once; what is changed past the use cases, by
//! the process before this one or by hand, is seen when an entry has come to its end.

use std::collections::HashMap;
use std::sync::Arc;

use parking_lot::RwLock;
use vivace_base::{AppId, MonoMs};
use vivace_domain::channel::{Channel, ChannelId};

/// Milliseconds for which a channel is not read again.
const KEPT_MS: u64 = 1_000;
/// Channels that are kept. While more are asked for, the others are read each time.
const KEPT_MAX: usize = 1_024;

/// The channels, each for a short time. Only what is there is kept, so numbers that nobody has fill nothing.
#[derive(Default)]
pub(super) struct Kept {
    inner: RwLock<Inner>,
}

#[derive(Default)]
struct Inner {
    known: HashMap<(AppId, ChannelId), Entry>,
    /// Counts changes: what was read before one is not kept behind it.
    epoch: u64,
}

struct Entry {
    channel: Arc<Channel>,
    read_at: MonoMs,
}

impl Entry {
    fn is_of(&self, now: MonoMs) -> bool {
        now.since(self.read_at) < KEPT_MS
    }
}

/// The permission to keep a channel that is read next.
#[derive(Clone, Copy, Debug)]
pub(super) struct Epoch(u64);

impl Kept {
    /// A channel, or what [`Kept::keep`] wants when it has been read.
    pub(super) fn get(&self, app: AppId, id: ChannelId, now: MonoMs) -> Result<Arc<Channel>, Epoch> {
        let inner = self.inner.read();
        let entry = inner.known.get(&(app, id)).filter(|entry| entry.is_of(now));
        entry.map(|entry| entry.channel.clone()).ok_or(Epoch(inner.epoch))
    }

    /// Keeps a channel that was read after `epoch` was given at `now`, unless one was changed meanwhile.
    pub(super) fn keep(&self, channel: &Arc<Channel>, epoch: Epoch, now: MonoMs) {
        let mut inner = self.inner.write();
        if inner.epoch != epoch.0 {
            return;
        }
        if inner.known.len() >= KEPT_MAX {
            inner.known.retain(|_, entry| entry.is_of(now));
        }
        if inner.known.len() < KEPT_MAX {
            inner.known.insert((channel.app, channel.id), Entry { channel: channel.clone(), read_at: now });
        }
    }

    /// Lets a channel go. Called when a change of it is on disk or has failed, which it may have done late, and before
    /// anybody is told.
    pub(super) fn forget(&self, channel: &Channel) {
        let mut inner = self.inner.write();
        inner.epoch = inner.epoch.wrapping_add(1);
        inner.known.remove(&(channel.app, channel.id));
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use vivace_base::{AppId, MonoMs, StreamName};
    use vivace_domain::channel::{Channel, ChannelId, Rate, Receiver, Source, SourceKind};

    use super::{KEPT_MAX, KEPT_MS, Kept};

    const NOW: MonoMs = MonoMs(5);

    fn channel(number: u64) -> Arc<Channel> {
        Arc::new(Channel {
            id: ChannelId(number),
            app: AppId(1),
            name: "n".to_owned(),
            describe: String::new(),
            source: Source { id: 7, name: "v".to_owned(), kind: SourceKind::Push, address: None },
            receiver: Receiver::Both,
            rates: vec![Rate::Original],
            watermark: None,
            password: None,
            stream: StreamName::parse("a").expect("a name"),
            closed: false,
            created_at: vivace_base::UnixMs(0),
            revision: 0,
        })
    }

    fn keep(kept: &Kept, number: u64, now: MonoMs) {
        let epoch = kept.get(AppId(1), ChannelId(number), now).expect_err("not kept");
        kept.keep(&channel(number), epoch, now);
    }

    fn has(kept: &Kept, number: u64, now: MonoMs) -> bool {
        kept.get(AppId(1), ChannelId(number), now).is_ok()
    }

    #[test]
    fn a_channel_is_kept_until_it_is_changed_or_its_time_is_over() {
        let kept = Kept::default();
        keep(&kept, 1, NOW);
        keep(&kept, 2, NOW);
        assert!(has(&kept, 1, NOW) && kept.get(AppId(2), ChannelId(1), NOW).is_err());
        kept.forget(&channel(1));
        assert!(!has(&kept, 1, NOW) && has(&kept, 2, NOW));
        assert!(!has(&kept, 2, MonoMs(NOW.0 + KEPT_MS)));
    }

    #[test]
    fn what_was_read_before_a_change_is_not_kept_behind_it() {
        let kept = Kept::default();
        let epoch = kept.get(AppId(1), ChannelId(1), NOW).expect_err("not kept");
        kept.forget(&channel(1));
        kept.keep(&channel(1), epoch, NOW);
        assert!(!has(&kept, 1, NOW));
    }

    #[test]
    fn no_more_are_kept_than_there_is_room_for_and_old_ones_make_room() {
        let kept = Kept::default();
        for number in 0..=KEPT_MAX as u64 {
            keep(&kept, number, NOW);
        }
        assert!(has(&kept, 0, NOW) && !has(&kept, KEPT_MAX as u64, NOW));
        let later = MonoMs(NOW.0 + KEPT_MS);
        keep(&kept, KEPT_MAX as u64, later);
        assert!(has(&kept, KEPT_MAX as u64, later));
        assert_eq!(kept.inner.read().known.len(), 1);
    }
}
