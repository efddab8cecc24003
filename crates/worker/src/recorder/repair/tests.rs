use vivace_base::{StreamName, Ulid, UnixMs};
use vivace_domain::recording::{MediaFile, MediaPart, PartAt, RecordState, Recording, TaskKind, Want};
use vivace_store::{FIRST_APP, RecordingStep};

use super::super::index::tests::{House, file, part, recording};
use super::super::note::Note;
use super::super::retain::take_away;
use super::super::shared::Shared;
use super::super::views::Asked;
use super::adopt::Left;
use super::{last_part, mend, mend_adopted, tidy};

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
    for one in unfinished(shared).await {
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
    let (domain, stream_param) = (String::new(), String::new());
    let asked = Asked { task: one.task, want, channel: None, domain, stream_param, epochs: Asked::EVERY };
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

/// Takes a stored recording away that holds the parts up to `last`.
async fn take_away_stored(shared: &Shared, one: Recording, last: PartAt) {
    let Recording { id, .. } = one;
    shared.store.put_recording(&one).await.unwrap();
    shared.store.finish_recording(id, last, UnixMs(3_000), None).await.unwrap();
    let step = RecordingStep::Stored { duration_ms: 1, bytes: 1, sha256: None, upload: false };
    shared.store.advance_recording(id, &step, &[], UnixMs(0)).await.unwrap();
    take_away(shared, &Recording { last: Some(last), ..one }, "it is old").await.unwrap();
    assert_eq!(shared.store.reader().recording(FIRST_APP, id).await.unwrap(), None);
}

#[tokio::test]
async fn a_recording_that_was_taken_away_is_not_made_anew_from_what_stands_beside_its_files() {
    // By the process that has recorded it, or by the one that has taken over and waits for its end.
    for (taken, ours) in [(false, true), (true, true), (false, false), (true, false)] {
        let house = House::new().await;
        let shared = &house.shared;
        if ours {
            shared.claim(Ulid(1));
        }
        shared.store.open_media_file(&file(1)).await.unwrap();
        shared.store.append_parts(&[(Ulid(1), part(0)), (Ulid(1), part(1))]).await.unwrap();
        note(1).write(shared.disk.folders(), Ulid(1)).unwrap();
        if taken {
            take_away_stored(shared, recording(5, 1), PartAt { file: Ulid(1), part: 1 }).await;
        }
        // The process dies.
        shared.let_go(Ulid(1));
        if ours {
            shared.forget_begun();
        }
        mend(shared, 9).await.unwrap();
        assert_eq!(shared.finaliser.len(), u64::from(!taken), "one without a row is made, one that is gone is not");
    }
}

/// Recordings that are not finished, with their ids or those of their first parts, and their last parts.
async fn unfinished(shared: &Shared) -> Vec<Recording> {
    let listed = shared.store.reader().unfinished_recordings(None, 9).await.unwrap();
    listed.into_iter().filter_map(|one| one.row.ok()).collect()
}

/// Files that are not closed, by their ids.
async fn open_files(shared: &Shared) -> Vec<u128> {
    let listed = shared.store.reader().open_media_files(None, 9).await.unwrap();
    listed.iter().map(|one| Ulid::parse(&one.key).unwrap().0).collect()
}

#[tokio::test]
async fn a_recording_that_is_being_made_is_not_made_twice_when_mending_begins_anew() {
    let house = House::new().await;
    let shared = &house.shared;
    shared.store.open_media_file(&file(1)).await.unwrap();
    shared.store.append_parts(&[(Ulid(1), part(0)), (Ulid(1), part(1))]).await.unwrap();
    note(1).write(shared.disk.folders(), Ulid(1)).unwrap();
    shared.store.put_recording(&recording(5, 1)).await.unwrap();
    mend_adopted(shared, recording(5, 1)).await.unwrap();
    // The store has refused another one.
    mend(shared, 9).await.unwrap();
    let ids: Vec<_> = unfinished(shared).await.into_iter().map(|one| one.id.0).collect();
    assert_eq!((ids, shared.finaliser.len()), (vec![5], 1));
}

#[tokio::test]
async fn what_follows_the_end_of_an_interval_whose_next_has_no_row_is_a_recording() {
    for taken in [false, true] {
        let house = House::new().await;
        let shared = &house.shared;
        for (id, parts) in [(1, 2), (2, 4)] {
            shared.store.open_media_file(&file(id)).await.unwrap();
            let rows: Vec<_> = (0..parts).map(|number| (Ulid(id), part(number))).collect();
            shared.store.append_parts(&rows).await.unwrap();
        }
        shared.store.close_media_file(Ulid(1)).await.unwrap();
        Note { run: Ulid(1), ..note(2) }.write(shared.disk.folders(), Ulid(2)).unwrap();
        // It began in a file beside which nothing stands any more.
        let last = PartAt { file: Ulid(2), part: 1 };
        if taken {
            take_away_stored(shared, recording(5, 1), last).await;
        } else {
            shared.store.put_recording(&recording(5, 1)).await.unwrap();
            shared.store.finish_recording(Ulid(5), last, UnixMs(3_000), None).await.unwrap();
        }
        mend(shared, 9).await.unwrap();
        let mut found = unfinished(shared).await;
        found.retain(|one| one.id != Ulid(5));
        let found: Vec<_> = found.iter().map(|one| (one.first, one.last.unwrap().part, one.duration_ms)).collect();
        assert_eq!(found, [(PartAt { file: Ulid(2), part: 2 }, 3, 2_000)], "taken away: {taken}");
    }
}

#[tokio::test]
async fn what_is_damaged_stops_the_mending_of_nothing_else() {
    let house = House::new().await;
    let shared = &house.shared;
    let other = |of: &str| StreamName::parse(of).unwrap();
    for (id, name) in [(1, "cam"), (2, "torn"), (3, "cam")] {
        shared.store.open_media_file(&MediaFile { stream: other(name), ..file(id) }).await.unwrap();
        let offset = if name == "torn" { u64::MAX } else { 10 };
        shared.store.append_parts(&[(Ulid(id), MediaPart { offset, ..part(0) })]).await.unwrap();
        Note { stream: other(name), ..note(id) }.write(shared.disk.folders(), Ulid(id)).unwrap();
        let one = Recording { stream: other(name), ..recording(10 + id, id) };
        shared.store.put_recording(&one).await.unwrap();
    }
    mend(shared, 2).await.unwrap();
    assert_eq!(open_files(shared).await, [2]);
    let is_over = |one: &Recording| one.state == RecordState::Finalizing;
    let states: Vec<_> = unfinished(shared).await.iter().map(|one| (one.id.0, is_over(one))).collect();
    assert_eq!(states, [(11, true), (12, false), (13, true)]);
    assert!(!shared.is_ours(Ulid(12)));
    let beside = [1, 2, 3].map(|id| shared.disk.folders().note(Ulid(id)).exists());
    assert_eq!(beside, [false, true, false], "what is said of it stays until it can be read");
}

#[tokio::test]
async fn a_row_that_cannot_be_read_is_stepped_over() {
    for page in [1, 2, 9] {
        let house = House::new().await;
        let shared = &house.shared;
        let stream = |id: u128| StreamName::parse(&format!("cam{id}")).unwrap();
        for id in 1..=4 {
            let init_bytes = if id == 2 { u64::MAX } else { 10 };
            shared.store.open_media_file(&MediaFile { stream: stream(id), init_bytes, ..file(id) }).await.unwrap();
            shared.store.append_parts(&[(Ulid(id), part(0))]).await.unwrap();
            Note { stream: stream(id), ..note(id) }.write(shared.disk.folders(), Ulid(id)).unwrap();
        }
        // Of the fourth, the recording has a row, and so has one before it that cannot be read.
        for (id, bytes) in [(2, u64::MAX), (4, 0)] {
            let one = Recording { stream: stream(id), bytes, ..recording(10 + id, id) };
            shared.store.put_recording(&one).await.unwrap();
        }
        mend(shared, page).await.unwrap();
        assert_eq!(open_files(shared).await, [2]);
        let beside = [1, 2, 3, 4].map(|id| shared.disk.folders().note(Ulid(id)).exists());
        assert_eq!(beside, [false, true, false, false], "what is said of it stays until it can be read");
        let mut made: Vec<_> = unfinished(shared).await.iter().map(|one| (one.first.file.0, one.state)).collect();
        made.sort_by_key(|(file, _)| *file);
        assert_eq!(made, [1, 3, 4].map(|file| (file, RecordState::Finalizing)), "{page} at once");
    }
}

#[tokio::test]
async fn what_stands_beside_files_stays_until_all_of_their_run_are_closed() {
    let house = House::new().await;
    let shared = &house.shared;
    for id in [1, 2] {
        shared.store.open_media_file(&file(id)).await.unwrap();
        Note { run: Ulid(1), ..note(id) }.write(shared.disk.folders(), Ulid(id)).unwrap();
    }
    shared.store.append_parts(&[(Ulid(1), part(0)), (Ulid(2), part(0))]).await.unwrap();
    shared.store.close_media_file(Ulid(1)).await.unwrap();
    for done in [false, true] {
        if done {
            shared.store.close_media_file(Ulid(2)).await.unwrap();
        }
        let mut left = Left::find(shared).await;
        left.recordings(shared).await.unwrap();
        left.remove(shared).await;
        let beside = [1, 2].map(|id| shared.disk.folders().note(Ulid(id)).exists());
        assert_eq!((beside, unfinished(shared).await.len()), ([!done; 2], usize::from(done)));
    }
}

#[tokio::test]
async fn what_may_be_taken_in_by_the_next_start_is_not_put_aside() {
    let house = House::new().await;
    let (shared, folders) = (&house.shared, house.shared.disk.folders());
    // One that the disk does not give now, one that was never written, and one of which nothing is known.
    std::fs::create_dir(folders.media_file(Ulid(1))).unwrap();
    for id in [2, 3] {
        std::fs::write(folders.media_file(Ulid(id)), "").unwrap();
    }
    for id in [1, 2] {
        note(id).write(folders, Ulid(id)).unwrap();
    }
    mend(shared, 9).await.unwrap();
    tidy(shared).await;
    let there = [1, 2, 3].map(|id| (folders.media_file(Ulid(id)).exists(), folders.note(Ulid(id)).exists()));
    assert_eq!(there, [(true, true), (false, false), (false, false)]);
}
