//! Playlists that were made a moment ago: all who ask for one share its making and its bytes.

use std::collections::VecDeque;
use std::sync::Arc;

use bytes::Bytes;
use parking_lot::Mutex;
use tokio::sync::OnceCell;
use vivace_base::{Clock, MonoMs, Ulid};
use vivace_hls::serve::packed;

/// How long a playlist is kept that does not change.
pub(crate) const WHOLE_MS: u64 = 5_000;
/// How long one is kept that grows.
pub(crate) const GROWING_MS: u64 = 1_000;
/// Bytes that are kept; the oldest goes first.
const BYTES_MAX: usize = 64 << 20;
/// Playlists that are kept or in the making.
const TEXTS_MAX: usize = 1_024;
/// A longer playlist is packed where a thread may wait.
const PACKED_AT_ONCE_BYTES_MAX: usize = 64 << 10;

/// A playlist, and its packed form once somebody takes it so.
#[derive(Debug)]
pub(crate) struct PlaylistText {
    plain: Bytes,
    packed: OnceCell<Bytes>,
}

impl PlaylistText {
    pub(crate) fn new(plain: impl Into<Bytes>) -> Self {
        Self { plain: plain.into(), packed: OnceCell::new() }
    }

    /// As it is.
    pub(crate) fn plain(&self) -> Bytes {
        self.plain.clone()
    }

    /// As gzip.
    pub(crate) async fn packed(&self) -> Option<Bytes> {
        let pack = async {
            if self.plain.len() <= PACKED_AT_ONCE_BYTES_MAX {
                return packed(&self.plain).ok_or(());
            }
            let plain = self.plain.clone();
            tokio::task::spawn_blocking(move || packed(&plain)).await.ok().flatten().ok_or(())
        };
        self.packed.get_or_try_init(|| pack).await.ok().cloned()
    }

    fn bytes(&self) -> usize {
        self.plain.len() + self.packed.get().map_or(0, Bytes::len)
    }
}

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
    made: Arc<OnceCell<Made>>,
}

struct Made {
    text: Arc<PlaylistText>,
    until: MonoMs,
}

impl Kept {
    /// Whether it is good, or somebody waits for it.
    fn counts(&self, now: MonoMs) -> bool {
        self.made.get().map_or_else(|| Arc::strong_count(&self.made) > 1, |made| now < made.until)
    }

    fn bytes(&self) -> usize {
        self.made.get().map_or(0, |made| made.text.bytes())
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
        (clock, keep_ms): (&dyn Clock, u64),
        make: impl Future<Output = Result<Bytes, E>>,
    ) -> Result<Arc<PlaylistText>, E> {
        let made = self.find(of, clock.mono());
        let make = async {
            let text = Arc::new(PlaylistText::new(make.await?));
            Ok(Made { text, until: MonoMs(clock.mono().0.saturating_add(keep_ms)) })
        };
        Ok(made.get_or_try_init(|| make).await?.text.clone())
    }

    /// Lets go of those that are too old.
    pub(crate) fn look(&self, now: MonoMs) {
        self.0.lock().retain(|kept| kept.counts(now));
    }

    fn find(&self, of: Text, now: MonoMs) -> Arc<OnceCell<Made>> {
        self.look(now);
        let mut all = self.0.lock();
        if let Some(kept) = all.iter().find(|kept| kept.of == of) {
            return kept.made.clone();
        }
        let mut bytes: usize = all.iter().map(Kept::bytes).sum();
        while bytes > BYTES_MAX || all.len() >= TEXTS_MAX {
            let Some(oldest) = all.pop_front() else { break };
            bytes -= oldest.bytes();
        }
        let made = Arc::<OnceCell<Made>>::default();
        all.push_back(Kept { of, made: made.clone() });
        made
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

    use bytes::Bytes;
    use tokio::join;
    use vivace_base::{Clock, MonoMs, Ulid, UnixMs};

    use super::{BYTES_MAX, PACKED_AT_ONCE_BYTES_MAX, PlaylistText, Text, Texts};

    const A: Text = Text::Disk(Ulid(1));
    const KEEP_MS: u64 = 1_000;

    /// Is set by hand.
    #[derive(Default)]
    struct Hand(AtomicU64);

    impl Clock for Hand {
        fn unix(&self) -> UnixMs {
            UnixMs(0)
        }

        fn mono(&self) -> MonoMs {
            MonoMs(self.0.load(Relaxed))
        }
    }

    /// Playlists that say the how many-th they are, the making of which takes a while.
    #[derive(Default)]
    struct Scene {
        texts: Texts,
        clock: Hand,
        made: AtomicU64,
    }

    impl Scene {
        async fn get(&self, of: Text, takes_ms: u64) -> Bytes {
            let make = async {
                tokio::task::yield_now().await;
                self.clock.0.fetch_add(takes_ms, Relaxed);
                Ok::<_, ()>(Bytes::from(format!("{}", self.made.fetch_add(1, Relaxed) + 1)))
            };
            self.texts.get(of, (&self.clock, KEEP_MS), make).await.unwrap().plain()
        }
    }

    #[tokio::test]
    async fn a_text_is_made_once_for_all_who_ask_within_its_time() {
        let scene = Scene::default();
        assert_eq!(join!(scene.get(A, 0), scene.get(A, 0)), ("1".into(), "1".into()));
        scene.clock.0.store(999, Relaxed);
        assert_eq!((scene.get(A, 0).await, scene.get(Text::Bucket(Ulid(1)), 0).await), ("1".into(), "2".into()));
        scene.clock.0.store(1_000, Relaxed);
        assert_eq!(scene.get(A, 0).await, "3");
        scene.texts.look(MonoMs(9_999));
        assert!(scene.texts.0.lock().is_empty());
    }

    #[tokio::test]
    async fn a_text_that_takes_long_to_make_is_kept_from_then_on() {
        let scene = Scene::default();
        assert_eq!(scene.get(A, 3_000).await, "1");
        scene.texts.look(MonoMs(3_999));
        assert_eq!(scene.get(A, 0).await, "1");
        scene.clock.0.store(4_000, Relaxed);
        assert_eq!(scene.get(A, 0).await, "2");
    }

    #[tokio::test]
    async fn a_failure_is_not_kept() {
        let (texts, clock) = (Texts::default(), Hand::default());
        assert_eq!(texts.get(A, (&clock, KEEP_MS), async { Err(7) }).await.map(drop), Err(7));
        let made = texts.get(A, (&clock, KEEP_MS), async { Ok::<_, u8>("x".into()) }).await;
        assert_eq!(made.map(|text| text.plain()), Ok("x".into()));
    }

    #[tokio::test]
    async fn what_is_kept_is_bounded_in_bytes() {
        let (texts, clock) = (Texts::default(), Hand::default());
        let kept = || texts.0.lock().iter().map(super::Kept::bytes).sum::<usize>();
        for id in 0..6 {
            let text = Bytes::from(vec![0; BYTES_MAX / 2]);
            assert!(texts.get(Text::Disk(Ulid(id)), (&clock, KEEP_MS), async { Ok::<_, ()>(text) }).await.is_ok());
            assert!(kept() <= BYTES_MAX + BYTES_MAX / 2);
        }
        assert_eq!(texts.0.lock().len(), 3);
    }

    #[tokio::test]
    async fn a_text_is_packed_once_for_all_who_take_it_so() {
        for bytes in [100, PACKED_AT_ONCE_BYTES_MAX + 1] {
            let text = Arc::new(PlaylistText::new(vec![b'x'; bytes]));
            let (one, other) = join!(text.packed(), text.packed());
            let (one, other) = (one.unwrap(), other.unwrap());
            assert!(one.starts_with(&[0x1f, 0x8b]) && one.as_ptr() == other.as_ptr());
            assert_eq!(text.bytes(), bytes + one.len());
        }
    }
}
