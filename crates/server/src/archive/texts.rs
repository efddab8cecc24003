//! Playlists that were made a moment ago: all who ask for one share its making and its bytes.

use std::collections::VecDeque;
use std::sync::Arc;

use bytes::Bytes;
use parking_lot::Mutex;
use tokio::sync::OnceCell;
use vivace_base::{MonoMs, Ulid};

/// How long a playlist is kept that does not change.
pub(crate) const WHOLE_MS: u64 = 5_000;
/// How long one is kept that grows.
pub(crate) const GROWING_MS: u64 = 1_000;
/// Bytes that are kept; the oldest goes first.
const BYTES_MAX: usize = 64 << 20;
/// Playlists that are kept or in the making.
const TEXTS_MAX: usize = 1_024;

/// The playlist of a recording.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Text {
    /// Over what is on this disk.
    Disk(Ulid),
    /// Over what is in the bucket.
    Bucket(Ulid),
}

/// All of them.
#[derive(Default)]
pub(crate) struct Texts(Mutex<VecDeque<Kept>>);

struct Kept {
    of: Text,
    until: MonoMs,
    text: Arc<OnceCell<Bytes>>,
}

impl Kept {
    /// Whether it is good, or somebody waits for it.
    fn counts(&self, now: MonoMs) -> bool {
        now < self.until || (self.text.get().is_none() && Arc::strong_count(&self.text) > 1)
    }

    fn bytes(&self) -> usize {
        self.text.get().map_or(0, Bytes::len)
    }
}

impl Texts {
    /// The text that was made less than `keep_ms` ago, or is in the making, or that of `make`, which is not asked otherwise.
    ///
    /// # Errors
    /// That of `make`, which is not kept.
    pub(crate) async fn get<E>(
        &self,
        of: Text,
        (now, keep_ms): (MonoMs, u64),
        make: impl Future<Output = Result<Bytes, E>>,
    ) -> Result<Bytes, E> {
        let text = self.find(of, now, keep_ms);
        text.get_or_try_init(|| make).await.cloned()
    }

    /// Lets go of those that are too old.
    pub(crate) fn look(&self, now: MonoMs) {
        self.0.lock().retain(|kept| kept.counts(now));
    }

    fn find(&self, of: Text, now: MonoMs, keep_ms: u64) -> Arc<OnceCell<Bytes>> {
        self.look(now);
        let mut all = self.0.lock();
        if let Some(kept) = all.iter().find(|kept| kept.of == of) {
            return kept.text.clone();
        }
        let mut bytes: usize = all.iter().map(Kept::bytes).sum();
        while bytes > BYTES_MAX || all.len() >= TEXTS_MAX {
            let Some(oldest) = all.pop_front() else { break };
            bytes -= oldest.bytes();
        }
        let text = Arc::<OnceCell<Bytes>>::default();
        all.push_back(Kept { of, until: MonoMs(now.0.saturating_add(keep_ms)), text: text.clone() });
        text
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use bytes::Bytes;
    use tokio::join;
    use vivace_base::{MonoMs, Ulid};

    use super::{BYTES_MAX, Text, Texts};

    const A: Text = Text::Disk(Ulid(1));

    #[tokio::test]
    async fn a_text_is_made_once_for_all_who_ask_within_its_time() {
        let (texts, made) = (Texts::default(), Cell::new(0));
        let get = |of, at| {
            texts.get(of, (MonoMs(at), 1_000), async {
                tokio::task::yield_now().await;
                made.set(made.get() + 1);
                Ok::<_, ()>(Bytes::from(format!("{}", made.get())))
            })
        };
        let both = join!(get(A, 0), get(A, 0));
        assert_eq!(both, (Ok("1".into()), Ok("1".into())));
        assert_eq!((get(A, 999).await, get(Text::Bucket(Ulid(1)), 999).await), (Ok("1".into()), Ok("2".into())));
        assert_eq!(get(A, 1_000).await, Ok("3".into()));
        texts.look(MonoMs(9_999));
        assert!(texts.0.lock().is_empty());
    }

    #[tokio::test]
    async fn a_failure_is_not_kept() {
        let texts = Texts::default();
        assert_eq!(texts.get(A, (MonoMs(0), 1_000), async { Err(7) }).await, Err(7));
        assert_eq!(texts.get(A, (MonoMs(1), 1_000), async { Ok::<_, u8>("x".into()) }).await, Ok("x".into()));
    }

    #[tokio::test]
    async fn what_is_kept_is_bounded_in_bytes() {
        let texts = Texts::default();
        let kept = || texts.0.lock().iter().map(super::Kept::bytes).sum::<usize>();
        for id in 0..6 {
            let text = Bytes::from(vec![0; BYTES_MAX / 2]);
            assert!(texts.get(Text::Disk(Ulid(id)), (MonoMs(0), 1_000), async { Ok::<_, ()>(text) }).await.is_ok());
            assert!(kept() <= BYTES_MAX + BYTES_MAX / 2);
        }
        assert_eq!(texts.0.lock().len(), 3);
    }
}
