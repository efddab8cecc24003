use vivace_base::{Limits, Ulid, UnixMs};
use vivace_domain::url::Shift;
use vivace_hls::engine::TOKEN;
use vivace_hls::walk::Walker;
use vivace_worker::recorder::PastNow;

use super::index::tests::{APP, Kept, at};
use super::{Archive, Listed};

/// A stream with four files, the last of which is written, and what players are shown of it.
struct Scene {
    kept: Kept,
    archive: Archive,
    shift: Shift,
}

impl Scene {
    async fn new(name: &str, from: UnixMs, to: UnixMs) -> Self {
        let kept = Kept::new(name, 4).await;
        let archive = Archive::new(kept.store.clone(), kept.folder.clone(), 3_600_000, &Limits::default());
        Self { kept, archive, shift: Shift::Between { from, to: Some(to) } }
    }

    async fn listed(&self, now: UnixMs, is_live: bool) -> Listed {
        let past = PastNow { now, age: now };
        self.archive.shifted(APP, &self.kept.stream, self.shift, past, is_live).await.unwrap()
    }

    async fn is_whole(&self, now: UnixMs, is_live: bool) -> bool {
        self.listed(now, is_live).await.media().ends_with("#EXT-X-ENDLIST\n")
    }
}

#[tokio::test]
async fn a_stretch_whose_end_is_to_come_counts_on_and_ends_when_all_of_it_is_told() {
    let scene = Scene::new("stretch", at(3, 0), at(4, 18_000)).await;
    let (mut walker, mut texts) = (Walker::default(), Vec::new());
    // Its end passes while the last segment may still grow.
    for (ms, closed) in [(17_000, false), (19_000, false), (21_000, true)] {
        if closed {
            assert!(scene.kept.store.close_media_file(Ulid(4)).await.unwrap());
        }
        let text = scene.listed(at(4, ms), true).await.followed().media();
        walker.add(&text.replace(TOKEN, "?k=t")).unwrap_or_else(|fault| panic!("{fault}\n{text}"));
        assert!(text.contains("#EXT-X-MEDIA-SEQUENCE:10\n") && !text.contains("VOD"), "{text}");
        texts.push((text.matches("#EXTINF").count(), text.ends_with("#EXT-X-ENDLIST\n")));
    }
    assert_eq!(texts, [(9, false), (9, false), (10, true)]);
}

#[tokio::test]
async fn a_stretch_is_whole_once_something_behind_it_is_told_or_nothing_more_can_come() {
    let within = Scene::new("within", at(3, 0), at(4, 10_000)).await;
    assert!(within.is_whole(at(4, 19_000), true).await);
    // The encoder may be about to come back, and what it sent last may not be on disk.
    let behind = Scene::new("behind", at(3, 0), at(5, 5_000)).await;
    assert!(behind.kept.store.close_media_file(Ulid(4)).await.unwrap());
    assert!(!behind.is_whole(at(5, 6_000), true).await);
    assert!(behind.is_whole(at(5, 6_000), false).await);
    assert!(behind.is_whole(at(8, 0), true).await);
}
