//! The index over a store in a folder of its own, which is closed where it is to refuse.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::mpsc::Receiver;
use vivace_base::{AppId, Limits, MediaTime, StreamName, Ulid, UnixMs};
use vivace_domain::recording::{Formats, MediaFile, MediaPart, PartAt, RecordFormat, RecordState, Recording, TaskKind};
use vivace_hub::{Hub, Stream, Wake};
use vivace_net::{MachineClock, MachineRng};
use vivace_store::{FIRST_APP, Store};

use super::super::disk::{Disk, Folders};
use super::super::settings::{RecordSettings, UploadRules};
use super::super::shared::{Announce, Base, EventCode, Shared, Told};
use super::{Entry, Index, Refused, again, write};

struct Nobody;

impl Wake for Nobody {
    fn wake(&self, _: &Arc<Stream>) {}
}

impl Announce for Nobody {
    fn no_room(&self) -> EventCode {
        EventCode { table: "", number: 0 }
    }

    fn stored<'a>(&'a self, _: &'a Recording) -> Told<'a> {
        Box::pin(async { Ok(Vec::new()) })
    }

    fn written(&self) {}
}

/// What the parts of a recorder share, without its tasks.
pub(in crate::recorder) struct House {
    pub(in crate::recorder) shared: Arc<Shared>,
    /// What is to be written into the index, which nobody does here.
    pub(in crate::recorder) entries: Receiver<Entry>,
    dir: PathBuf,
}

impl House {
    pub(in crate::recorder) async fn new() -> Self {
        static MADE: AtomicU64 = AtomicU64::new(0);
        let number = MADE.fetch_add(1, Ordering::Relaxed);
        let dir = std::env::temp_dir().join(format!("vivace-index-{}-{number}", std::process::id()));
        std::fs::create_dir(&dir).unwrap();
        Self::of(dir).await
    }

    /// Another over the same folder: what was refused by a store that is closed may be written by its own.
    async fn again(&self) -> Self {
        Self::of(self.dir.clone()).await
    }

    async fn of(dir: PathBuf) -> Self {
        let limits = Limits::default();
        let store = Store::open(&dir, &limits).await.unwrap();
        let clock = Arc::new(MachineClock::new());
        let events = store.event_log(&limits);
        let base = Base {
            store,
            hub: Hub::new(limits.clone(), clock.clone(), Arc::new(Nobody), 0),
            clock,
            rng: Arc::new(MachineRng),
            limits: limits.into(),
            events,
            announce: Arc::new(Nobody),
        };
        let disk = Disk::new(Folders::make(&dir.join("recordings")).unwrap(), 1);
        let settings = RecordSettings {
            on: true,
            part: MediaTime::from_ms(1_000),
            file: MediaTime::from_ms(60_000),
            policy: Formats::default(),
            interval_ms: 0,
            name: String::new(),
            free_bytes_min: 0,
            keep_ms: 0,
            bytes_max: 0,
            shift_ms: 0,
            undo_ms: 0,
            upload: UploadRules::default(),
        };
        let (index, entries) = Index::new(1_024);
        Self { shared: Arc::new(Shared::new(base, disk, index, settings)), entries, dir }
    }

    /// Another hand has been at the store.
    pub(in crate::recorder) async fn damage(&self, sql: &'static str) {
        crate::tests::damage(&self.dir, sql).await;
    }

    async fn parts(&self, file: Ulid) -> usize {
        self.shared.store.reader().media_parts(file).await.unwrap().len()
    }
}

impl Drop for House {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.dir);
    }
}

pub(in crate::recorder) fn file(id: u128) -> MediaFile {
    MediaFile {
        id: Ulid(id),
        app: FIRST_APP,
        stream: StreamName::parse("cam").unwrap(),
        begun_at: UnixMs(1_000),
        init_bytes: 10,
        codecs: String::new(),
        width: 0,
        height: 0,
        discontinuity: false,
        closed: false,
        ended_at: None,
        bytes: 0,
    }
}

pub(in crate::recorder) fn part(number: u32) -> MediaPart {
    MediaPart {
        number,
        offset: 10 + u64::from(number) * 5,
        bytes: 5,
        begun_at: UnixMs(1_000),
        dts: MediaTime::from_ms(0),
        duration: MediaTime::from_ms(1_000),
        key: true,
        discontinuity: false,
    }
}

pub(in crate::recorder) fn recording(id: u128, first: u128) -> Recording {
    let (stream, first) = (StreamName::parse("cam").unwrap(), PartAt { file: Ulid(first), part: 0 });
    Recording::begun(Ulid(id), (FIRST_APP, stream), (TaskKind::Timed, RecordFormat::Mp4), first, UnixMs(1_000))
}

/// No more will follow of a file.
fn closed(id: u128) -> Entry {
    let MediaFile { app, stream, id, .. } = file(id);
    Entry::Close((app, stream), id)
}

#[tokio::test]
async fn parts_of_a_file_without_a_row_cost_the_others_nothing() {
    let house = House::new().await;
    let (shared, mut refused) = (&house.shared, Refused::default());
    shared.store.open_media_file(&file(2)).await.unwrap();
    refused.refuse(Ulid(1));
    shared.claim(Ulid(1));
    let entries = vec![Entry::Part(Ulid(1), part(0)), Entry::Part(Ulid(2), part(0)), Entry::Part(Ulid(1), part(1))];
    write(shared, &mut refused, entries).await;
    assert_eq!((house.parts(Ulid(2)).await, shared.counts().index_refused), (1, 2));
    // Of one that is not known to have none, each is refused once, without a second try: the batch and the part.
    write(shared, &mut refused, vec![Entry::Part(Ulid(3), part(0)), Entry::Part(Ulid(2), part(1))]).await;
    assert_eq!((house.parts(Ulid(2)).await, shared.counts().index_refused), (2, 4));
    write(shared, &mut refused, vec![closed(1)]).await;
    assert!(refused.files.is_empty() && refused.late.is_empty() && !shared.is_ours(Ulid(1)));
    assert_eq!(shared.counts().index_refused, 4);
}

#[tokio::test]
async fn a_file_that_has_its_row_already_gets_its_parts() {
    let house = House::new().await;
    let (shared, mut refused) = (&house.shared, Refused::default());
    shared.store.open_media_file(&file(1)).await.unwrap();
    write(shared, &mut refused, vec![Entry::Open(Box::new(file(1))), Entry::Part(Ulid(1), part(0))]).await;
    assert_eq!((house.parts(Ulid(1)).await, shared.counts().index_refused), (1, 1));
}

#[tokio::test]
async fn an_end_that_is_refused_is_passed_on_once_it_is_written() {
    let house = House::new().await;
    let (shared, mut refused) = (&house.shared, Refused::default());
    shared.store.open_media_file(&file(1)).await.unwrap();
    shared.store.put_recording(&recording(5, 1)).await.unwrap();
    shared.claim(Ulid(1));
    let last = Some(PartAt { file: Ulid(1), part: 0 });
    refused.keep(Entry::End(Box::new(Recording { last, ended_at: Some(UnixMs(2_000)), ..recording(5, 1) })));
    refused.keep(closed(1));
    again(shared, &mut refused).await;
    assert!(refused.late.is_empty() && !shared.is_ours(Ulid(1)));
    let kept = shared.store.reader().recording(FIRST_APP, Ulid(5)).await.unwrap().unwrap();
    assert_eq!((kept.state, shared.finaliser.len()), (RecordState::Finalizing, 1));
    assert!(shared.store.reader().open_media_files(None, 9).await.unwrap().is_empty());
}

#[tokio::test]
async fn an_end_that_is_refused_again_is_kept_and_not_passed_on() {
    let house = House::new().await;
    let (shared, mut refused) = (&house.shared, Refused::default());
    shared.claim(Ulid(1));
    let last = Some(PartAt { file: Ulid(1), part: 0 });
    refused.keep(Entry::End(Box::new(Recording { last, ended_at: Some(UnixMs(2_000)), ..recording(5, 1) })));
    refused.keep(closed(1));
    shared.store.close().await;
    again(shared, &mut refused).await;
    assert_eq!((refused.late.len(), shared.finaliser.len(), shared.counts().index_refused), (2, 0, 2));
    assert!(shared.is_ours(Ulid(1)));
}

/// The first part of a recording that has ended with it.
fn whole(id: u128, first: u128) -> Recording {
    let last = Some(PartAt { file: Ulid(first), part: 0 });
    Recording { last, ended_at: Some(UnixMs(2_000)), ..recording(id, first) }
}

#[tokio::test]
async fn a_recording_whose_begin_is_refused_begins_and_ends_late() {
    let house = House::new().await;
    let (shared, mut refused) = (&house.shared, Refused::default());
    shared.store.close().await;
    write(shared, &mut refused, vec![Entry::Begin(Box::new(recording(5, 1)))]).await;
    write(shared, &mut refused, vec![Entry::End(Box::new(whole(5, 1)))]).await;
    assert_eq!((refused.late.len(), refused.begins.len(), shared.finaliser.len()), (2, 1, 0));
    again(shared, &mut refused).await;
    assert_eq!((refused.late.len(), shared.finaliser.len()), (2, 0), "no end comes before its begin");

    let well = house.again().await;
    again(&well.shared, &mut refused).await;
    assert!(refused.late.is_empty() && refused.begins.is_empty());
    let kept = well.shared.store.reader().recording(FIRST_APP, Ulid(5)).await.unwrap().unwrap();
    assert_eq!((kept.state, kept.last, well.shared.finaliser.len()), (RecordState::Finalizing, whole(5, 1).last, 1));
}

#[tokio::test]
async fn a_recording_that_is_refused_and_has_its_row_has_begun() {
    let house = House::new().await;
    let (shared, mut refused) = (&house.shared, Refused::default());
    shared.store.put_recording(&recording(5, 1)).await.unwrap();
    write(shared, &mut refused, vec![Entry::Begin(Box::new(recording(5, 1)))]).await;
    assert!(refused.late.is_empty() && refused.begins.is_empty() && shared.is_ours(Ulid(5)));
}

#[tokio::test]
async fn what_stands_beside_a_file_goes_once_the_begins_that_waited_are_written() {
    let house = House::new().await;
    let (shared, mut refused) = (&house.shared, Refused::default());
    let note = |id| shared.disk.folders().note(Ulid(id));
    refused.keep(Entry::Begin(Box::new(recording(5, 1))));
    for id in [1, 2] {
        shared.store.open_media_file(&file(id)).await.unwrap();
        shared.claim(Ulid(id));
        std::fs::write(note(id), "").unwrap();
        write(shared, &mut refused, vec![closed(id)]).await;
    }
    shared.remove_notes().await;
    assert!(note(1).exists() && note(2).exists() && shared.is_ours(Ulid(1)), "the begin may be lost");
    again(shared, &mut refused).await;
    assert!(refused.begins.is_empty() && refused.withheld.is_empty() && !shared.is_ours(Ulid(1)));
    // One that cannot be removed costs no other, and is tried again.
    std::fs::remove_file(note(1)).unwrap();
    std::fs::create_dir(note(1)).unwrap();
    shared.remove_notes().await;
    assert!(note(1).exists() && !note(2).exists());
    std::fs::remove_dir(note(1)).unwrap();
    std::fs::write(note(1), "").unwrap();
    shared.remove_notes().await;
    assert!(!note(1).exists());
}

#[tokio::test]
async fn what_is_in_no_recording_whose_begin_waits_is_not_withheld() {
    let house = House::new().await;
    let (shared, mut refused) = (&house.shared, Refused::default());
    let other = StreamName::parse("other").unwrap();
    refused.keep(Entry::Begin(Box::new(recording(5, 2))));
    for id in 1..=4 {
        let stream = if id == 3 { other.clone() } else { file(id).stream };
        shared.store.open_media_file(&MediaFile { stream: stream.clone(), ..file(id) }).await.unwrap();
        shared.claim(Ulid(id));
        write(shared, &mut refused, vec![Entry::Close((FIRST_APP, stream), Ulid(id))]).await;
    }
    let ours = || [1, 2, 3, 4].map(|id| shared.is_ours(Ulid(id)));
    assert_eq!(ours(), [false, true, false, true], "of before it, and of another stream");
    // It ends in its first file, and its begin is refused again.
    shared.claim(Ulid(5));
    write(shared, &mut refused, vec![Entry::End(Box::new(whole(5, 2)))]).await;
    shared.store.close().await;
    again(shared, &mut refused).await;
    assert_eq!((ours(), refused.late.len()), ([false, true, false, false], 2), "of behind its end");
}

#[tokio::test]
async fn a_begin_that_never_will_be_taken_is_given_up_with_its_end() {
    let house = House::new().await;
    let (shared, mut refused) = (&house.shared, Refused::default());
    shared.store.put_recording(&recording(5, 1)).await.unwrap();
    let (begin, end) = (recording(5, 1), whole(5, 1));
    let [begin, end] = [begin, end].map(|one| Box::new(Recording { app: AppId(2), ..one }));
    write(shared, &mut refused, vec![Entry::Begin(begin.clone()), Entry::End(end.clone())]).await;
    assert!(refused.late.is_empty() && refused.begins.is_empty() && !shared.is_ours(Ulid(5)));
    // So is one that was refused for another reason first.
    refused.keep(Entry::Begin(begin));
    refused.keep(Entry::End(end));
    again(shared, &mut refused).await;
    assert!(refused.late.is_empty() && refused.begins.is_empty() && shared.finaliser.len() == 0);
}
