use std::path::PathBuf;

use vivace_base::{AppId, Limits, MediaTime, StreamName, Ulid, UnixMs};
use vivace_domain::recording::{MediaFile, MediaPart, PartAt, RecordFormat, Recording, TaskKind};
use vivace_hls::engine::archive::{Numbers, SliceSettings};
use vivace_hls::engine::reels::{behind, onward};
use vivace_store::Store;

use super::{Index, Need, Shelf};

pub(in crate::archive) const APP: AppId = AppId(1);
const BEGIN_MS: i64 = 1_767_323_045_000;
/// Each file has so many parts, and each part is a segment.
const PARTS: u32 = 5;
const PART_MS: i64 = 4_000;
const FILE_MS: i64 = 20_000;
const EVER: UnixMs = UnixMs(i64::MIN);

/// A store with the files of one stream, removed at its end.
pub(in crate::archive) struct Kept {
    pub(in crate::archive) folder: PathBuf,
    pub(in crate::archive) store: Store,
    pub(in crate::archive) stream: StreamName,
    index: Index,
}

impl Drop for Kept {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

impl Kept {
    /// Files 1 to `count`, the last of which is written.
    pub(in crate::archive) async fn new(name: &str, count: u8) -> Self {
        let folder = std::env::temp_dir().join(format!("vivace-server-index-{name}-{}", std::process::id()));
        let store = Store::open(&folder, &Limits::default()).await.unwrap();
        let (stream, index) = (StreamName::parse("cam").unwrap(), index(&store));
        let kept = Self { folder, store, stream, index };
        for id in 1..=count {
            kept.file(id).await;
            if id < count {
                assert!(kept.store.close_media_file(Ulid(id.into())).await.unwrap());
            }
        }
        kept
    }

    async fn file(&self, id: u8) {
        let begun_at = at(id, 0);
        let file = MediaFile {
            id: Ulid(id.into()),
            app: APP,
            stream: self.stream.clone(),
            begun_at,
            init_bytes: 700,
            codecs: "avc1.64000C".to_owned(),
            width: 320,
            height: 240,
            discontinuity: id > 1,
            closed: false,
            ended_at: None,
            bytes: 0,
        };
        self.store.open_media_file(&file).await.unwrap();
        let part = |number: u32| MediaPart {
            number,
            offset: 700 + u64::from(number) * 100,
            bytes: 100,
            begun_at: UnixMs(begun_at.0 + i64::from(number) * PART_MS),
            dts: MediaTime::from_ms(i64::from(number) * PART_MS),
            duration: MediaTime::from_ms(PART_MS),
            key: true,
            discontinuity: false,
        };
        let parts: Vec<(Ulid, MediaPart)> = (0..PARTS).map(|number| (file.id, part(number))).collect();
        self.store.append_parts(&parts).await.unwrap();
    }

    fn recording(&self, first: PartAt, last: Option<PartAt>) -> Recording {
        let (of, made) = ((APP, self.stream.clone()), (TaskKind::Policy, RecordFormat::Hls));
        Recording { last, ..Recording::begun(Ulid(77), of, made, first, UnixMs(0)) }
    }

    async fn numbered(&self, need: Need) -> Shelf {
        self.index.numbered(APP, &self.stream, need).await.unwrap()
    }

    /// Files whose segments are held.
    fn held(&self) -> Vec<u128> {
        let mut held: Vec<u128> = self.index.held.lock().files.keys().map(|id| id.0).collect();
        held.sort_unstable();
        held
    }
}

fn index(store: &Store) -> Index {
    let cut = SliceSettings { target: MediaTime::from_ms(PART_MS), longest: MediaTime::from_ms(8_000) };
    Index::new(store.clone(), cut)
}

/// A time in a file.
pub(in crate::archive) fn at(file: u8, ms: i64) -> UnixMs {
    UnixMs(BEGIN_MS + i64::from(file) * FILE_MS + ms)
}

fn part(file: u8, part: u32) -> PartAt {
    PartAt { file: Ulid(file.into()), part }
}

/// The files of a shelf, and the number of the first segment of each.
fn numbers(shelf: &Shelf) -> Vec<(u128, u64)> {
    let id = |file: &str| Ulid::parse(file).unwrap().0;
    shelf.reels.iter().map(|reel| (id(&reel.file), reel.numbers.sequence)).collect()
}

#[tokio::test]
async fn of_a_recording_only_its_ends_are_read_again() {
    let kept = Kept::new("ends", 6).await;
    let recording = kept.recording(part(1, 2), Some(part(5, 1)));
    let shelf = kept.index.of_recording(&recording, EVER).await.unwrap();
    let counts: Vec<usize> = shelf.reels.iter().map(|reel| reel.slices.len()).collect();
    assert_eq!(counts, [3, 5, 5, 5, 2]);
    assert_eq!(shelf.reels[0].slices[0].offset, 900);
    assert_eq!(kept.held(), [2, 3, 4]);
    let again = kept.index.of_recording(&recording, EVER).await.unwrap();
    assert_eq!(again.reels, shelf.reels);
}

#[tokio::test]
async fn a_recording_that_is_made_slides_and_counts_from_its_begin() {
    let kept = Kept::new("slides", 6).await;
    let recording = kept.recording(part(2, 2), None);
    let list = async |index: &Index, from| numbers(&index.of_recording(&recording, from).await.unwrap());
    let whole = [(2, 0), (3, 3), (4, 8), (5, 13), (6, 18)];
    assert_eq!(list(&kept.index, EVER).await, whole);
    // Also where the stream has older files that are not the recording's.
    assert_eq!(list(&kept.index, at(1, 0)).await, whole);
    assert_eq!(list(&kept.index, at(4, 5_000)).await, whole[2..]);
    assert_eq!(list(&kept.index, at(6, 0)).await, whole[4..]);
    // A server that is begun anew counts the same.
    assert_eq!(list(&index(&kept.store), at(5, 5_000)).await, whole[3..]);
    let shelf = kept.index.of_recording(&recording, at(4, 5_000)).await.unwrap();
    let (entries, first) = onward(&shelf.reels, at(4, 5_000));
    // The last segment of the file that is written may grow.
    assert_eq!((entries.len(), first), (4 + 5 + 4, Numbers { sequence: 9, discontinuity: 2 }));
}

#[tokio::test]
async fn a_playlist_reads_the_files_that_it_needs_and_numbers_stay() {
    let kept = Kept::new("needs", 9).await;
    let behind_at = |until| Need::Behind { from: EVER, until, least: MediaTime::from_ms(12_000) };
    assert_eq!(numbers(&kept.numbered(behind_at(at(3, 9_000))).await), [(2, 5), (3, 10)]);
    assert_eq!(kept.held(), [1, 2, 3]);
    assert_eq!(numbers(&kept.numbered(Need::Onward { from: at(7, 1_000) }).await), [(7, 30), (8, 35), (9, 40)]);
    // The index of another process reads only what is behind the last number.
    let other = Kept {
        index: index(&kept.store),
        folder: PathBuf::new(),
        store: kept.store.clone(),
        stream: kept.stream.clone(),
    };
    assert_eq!(numbers(&other.numbered(Need::Onward { from: at(8, 1_000) }).await), [(8, 35), (9, 40)]);
    assert_eq!(other.held(), [8, 9]);
    let need = Need::Behind { from: at(9, 5_000), until: at(9, 13_000), least: MediaTime::from_ms(12_000) };
    let shelf = other.numbered(need).await;
    let (entries, first) = behind(&shelf.reels, at(9, 5_000), at(9, 13_000), MediaTime::from_ms(12_000));
    assert_eq!((entries.len(), first.sequence), (2, 41));
    // Nothing is there of a time before and behind all.
    assert!(numbers(&other.numbered(behind_at(at(1, -1))).await).is_empty());
    // Files that are gone had numbers that none gets again.
    for id in 1..=9 {
        kept.store.remove_media_file(Ulid(id)).await.unwrap();
    }
    kept.file(10).await;
    let next = numbers(&kept.numbered(Need::Onward { from: EVER }).await);
    assert!(next.len() == 1 && next[0].0 == 10 && next[0].1 > 45, "{next:?}");
}
