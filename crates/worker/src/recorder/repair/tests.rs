use vivace_base::{Ulid, UnixMs};
use vivace_domain::recording::{PartAt, RecordState, Recording, TaskKind, Want};
use vivace_store::{FIRST_APP, RecordingStep};

use super::super::index::tests::{House, file, part, recording};
use super::super::note::Note;
use super::super::retain::take_away;
use super::super::views::Asked;
use super::{last_part, mend, mend_adopted};

#[tokio::test]
async fn a_recording_that_could_not_be_mended_is_tried_again() {
    let house = House::new().await;
    let shared = &house.shared;
    shared.store.close().await;
    assert!(mend_adopted(shared, recording(5, 1)).await.is_err());
    assert!(!shared.has_begun(Ulid(5)), "the next try finds it");
}

#[tokio::test]
async fn what_is_left_is_mended_page_by_page_but_not_what_this_process_has_made() {
    let house = House::new().await;
    let shared = &house.shared;
    for id in 1..=5 {
        shared.store.open_media_file(&file(id)).await.unwrap();
        shared.store.append_parts(&[(Ulid(id), part(0))]).await.unwrap();
        shared.store.put_recording(&recording(10 + id, id)).await.unwrap();
    }
    // One that this process records, and one that it has just brought to its end.
    shared.claim(Ulid(12));
    shared.claim(Ulid(13));
    shared.let_go(Ulid(13));
    mend(shared, 2).await.unwrap();
    assert!(shared.store.reader().open_media_files(None, 9).await.unwrap().is_empty());
    let mut mended = Vec::new();
    for one in shared.store.reader().unfinished_recordings(None, 9).await.unwrap() {
        if one.state == RecordState::Finalizing {
            mended.push(one.id.0);
        }
    }
    assert_eq!((mended, shared.finaliser.len()), (vec![11, 14, 15], 3));
}

#[tokio::test]
async fn what_this_process_has_closed_is_not_the_end_of_a_dead_recording() {
    let house = House::new().await;
    let shared = &house.shared;
    for id in [1, 2] {
        shared.store.open_media_file(&file(id)).await.unwrap();
        shared.store.append_parts(&[(Ulid(id), part(0))]).await.unwrap();
    }
    shared.claim(Ulid(2));
    shared.store.close_media_file(Ulid(2)).await.unwrap();
    shared.let_go(Ulid(2));
    let found = last_part(shared, &recording(5, 1)).await.unwrap();
    assert_eq!(found.map(|(at, _)| at.file), Some(Ulid(1)));
    shared.forget_begun();
    assert!(!shared.has_begun(Ulid(2)));
}

/// What stands beside the file of [`file`] that is kept as what [`recording`] is.
fn note(id: u128) -> Note {
    let (file, one) = (file(id), recording(5, id));
    let want = Want {
        kind: TaskKind::Timed,
        format: one.format,
        interval_ms: 3_600_000,
        keep_ms: 0,
        name: String::new(),
        template: None,
    };
    let asked = Asked { task: one.task, want, channel: None, domain: String::new(), stream_param: String::new() };
    Note {
        app: file.app,
        stream: file.stream,
        run: file.id,
        part: 0,
        begun_at: file.begun_at,
        init_bytes: file.init_bytes,
        codecs: String::new(),
        width: 0,
        height: 0,
        discontinuity: false,
        reconfigured: false,
        asked: vec![asked],
    }
}

#[tokio::test]
async fn a_recording_that_was_taken_away_is_not_made_anew_from_what_stands_beside_its_files() {
    for taken in [false, true] {
        let house = House::new().await;
        let shared = &house.shared;
        shared.claim(Ulid(1));
        shared.store.open_media_file(&file(1)).await.unwrap();
        shared.store.append_parts(&[(Ulid(1), part(0)), (Ulid(1), part(1))]).await.unwrap();
        note(1).write(shared.disk.folders(), Ulid(1)).unwrap();
        if taken {
            let last = PartAt { file: Ulid(1), part: 1 };
            let one = Recording { last: Some(last), ..recording(5, 1) };
            shared.store.put_recording(&recording(5, 1)).await.unwrap();
            shared.store.finish_recording(Ulid(5), last, UnixMs(3_000), None).await.unwrap();
            let step = RecordingStep::Stored { duration_ms: 1, bytes: 1, sha256: None, upload: false };
            shared.store.advance_recording(Ulid(5), &step, &[], UnixMs(0)).await.unwrap();
            take_away(shared, &one, "it is old").await.unwrap();
            assert_eq!(shared.store.reader().recording(FIRST_APP, Ulid(5)).await.unwrap(), None);
        }
        // The process dies.
        shared.let_go(Ulid(1));
        shared.forget_begun();
        mend(shared, 9).await.unwrap();
        assert_eq!(shared.finaliser.len(), u64::from(!taken), "one without a row is made, one that is gone is not");
    }
}
