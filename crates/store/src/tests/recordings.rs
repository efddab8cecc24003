use vivace_base::{AppId, MediaTime, StreamName, Ulid, UnixMs};
use vivace_domain::hook::HookKind;
use vivace_domain::recording::{MediaFile, MediaPart, PartAt, RecordFormat, RecordState, Recording, TaskKind};

use super::{Dir, NOW, open};
use crate::{
    AuditFilter, EndedBefore, FIRST_APP, Fault, HookFilter, Listed, NewAudit, NewHook, RecordingFilter, RecordingStep,
    Store,
};

fn at(seconds: i64) -> UnixMs {
    UnixMs(NOW.0 + seconds * 1_000)
}

fn stream(name: &str) -> StreamName {
    StreamName::parse(name).unwrap()
}

/// What stands in a list of which nothing is damaged.
pub(super) fn whole<T, K>(listed: Vec<Listed<T, K>>) -> Vec<T> {
    listed.into_iter().map(|one| one.row.unwrap()).collect()
}

/// The second of two of which the first is damaged, and the key of that one.
pub(super) fn behind_damaged<T: std::fmt::Debug, K: std::fmt::Debug>(listed: Vec<Listed<T, K>>) -> (T, K) {
    match <[Listed<T, K>; 2]>::try_from(listed).unwrap() {
        [Listed { key, row: Err(Fault::Damaged { .. }) }, Listed { row: Ok(next), .. }] => (next, key),
        rows => panic!("{rows:?}"),
    }
}

fn file(id: u128, begun: i64) -> MediaFile {
    MediaFile {
        id: Ulid(id),
        app: FIRST_APP,
        stream: stream("cam"),
        begun_at: at(begun),
        init_bytes: 1_000,
        codecs: "avc1.64001f,mp4a.40.2".to_owned(),
        width: 1_280,
        height: 720,
        discontinuity: false,
        closed: false,
        ended_at: None,
        bytes: 0,
    }
}

fn part(number: u32, begun: i64) -> MediaPart {
    MediaPart {
        number,
        offset: 1_000 + u64::from(number) * 500,
        bytes: 500,
        begun_at: at(begun),
        dts: MediaTime::from_ms(-40 + i64::from(number) * 1_000),
        duration: MediaTime::from_ms(1_000),
        key: number.is_multiple_of(2),
        discontinuity: number == 3,
    }
}

pub(super) fn recording(id: u128, format: RecordFormat, begun: i64) -> Recording {
    let first = PartAt { file: Ulid(10), part: 0 };
    Recording {
        task: Some(7),
        name: "{StreamID}".to_owned(),
        domain: "push.example".to_owned(),
        stream_param: "record=mp4".to_owned(),
        ..Recording::begun(Ulid(id), (FIRST_APP, stream("cam")), (TaskKind::Timed, format), first, at(begun))
    }
}

fn noted(operation: &str) -> NewAudit {
    NewAudit {
        at: NOW,
        app: FIRST_APP,
        face: "api".to_owned(),
        who: "api_token".to_owned(),
        peer: None,
        operation: operation.to_owned(),
        subject: "recording/1".to_owned(),
        before: Some("{}".to_owned()),
        after: None,
    }
}

pub(super) async fn stored(store: &Store, id: u128, format: RecordFormat, begun: i64, last: PartAt) {
    store.put_recording(&recording(id, format, begun)).await.unwrap();
    assert!(store.finish_recording(Ulid(id), last, at(begun + 60), None).await.unwrap());
    let step = RecordingStep::Stored { duration_ms: 60_000, bytes: 4_000, sha256: Some([7; 32]), upload: false };
    assert!(store.advance_recording(Ulid(id), &step, &[], NOW).await.unwrap());
}

#[tokio::test]
async fn parts_are_the_same_as_rows_and_packed() {
    let dir = Dir::new();
    let store = open(&dir.data()).await;
    store.open_media_file(&file(10, 0)).await.unwrap();
    let other = MediaFile { stream: stream("other"), ..file(11, 0) };
    store.open_media_file(&other).await.unwrap();
    let parts: Vec<_> = (0..5).map(|number| part(number, number.into())).collect();
    let mut rows: Vec<_> = parts.iter().map(|part| (Ulid(10), *part)).collect();
    rows.push((Ulid(11), part(0, 0)));
    store.append_parts(&rows).await.unwrap();
    let open_files = async |store: &Store, after: Option<Ulid>, limit| {
        let after = after.map(|after| after.to_string());
        whole(store.reader().open_media_files(after.as_deref(), limit).await.unwrap())
    };
    assert_eq!(open_files(&store, None, 9).await, [file(10, 0), other.clone()]);
    assert_eq!(open_files(&store, None, 1).await, [file(10, 0)]);
    assert_eq!(open_files(&store, Some(Ulid(10)), 1).await, std::slice::from_ref(&other));
    assert_eq!(store.reader().media_parts(Ulid(10)).await.unwrap(), parts);
    assert!(store.close_media_file(Ulid(10)).await.unwrap());
    assert!(store.close_media_file(Ulid(10)).await.unwrap() && !store.close_media_file(Ulid(99)).await.unwrap());
    store.close().await;
    let store = open(&dir.data()).await;
    assert_eq!(store.reader().media_parts(Ulid(10)).await.unwrap(), parts);
    let closed = MediaFile { closed: true, bytes: 3_500, ended_at: Some(at(5)), ..file(10, 0) };
    assert_eq!(store.reader().media_file(Ulid(10)).await.unwrap(), Some(closed.clone()));
    assert_eq!(open_files(&store, None, 9).await, [other]);
    let use_now = store.reader().storage_use(FIRST_APP).await.unwrap();
    assert_eq!((use_now.media_files, use_now.media_bytes), (2, 3_500));
}

#[tokio::test]
async fn parts_of_many_streams_are_written_all_or_none() {
    let dir = Dir::new();
    let store = open(&dir.data()).await;
    store.open_media_file(&file(10, 0)).await.unwrap();
    let fault = store.append_parts(&[(Ulid(10), part(0, 0)), (Ulid(12), part(0, 0))]).await.unwrap_err();
    assert!(matches!(fault, Fault::Other { .. }), "{fault:?}");
    assert_eq!(store.reader().media_parts(Ulid(10)).await.unwrap(), []);
    store.append_parts(&[(Ulid(10), part(0, 0))]).await.unwrap();
    assert!(store.append_parts(&[(Ulid(10), part(0, 0))]).await.is_err(), "a number counts once");
    assert_eq!(store.reader().media_parts(Ulid(99)).await.unwrap(), []);
}

#[tokio::test]
async fn files_are_found_by_the_time_they_hold() {
    let dir = Dir::new();
    let store = open(&dir.data()).await;
    for (id, begun) in [(10, 0), (11, 10), (12, 20)] {
        store.open_media_file(&file(id, begun)).await.unwrap();
        store.append_parts(&[(Ulid(id), part(0, begun + 9))]).await.unwrap();
        if id < 12 {
            store.close_media_file(Ulid(id)).await.unwrap();
        }
    }
    let found = async |from, to| {
        let files = store.reader().media_files(FIRST_APP, &stream("cam"), at(from), at(to)).await.unwrap();
        files.iter().map(|file| file.id.0).collect::<Vec<_>>()
    };
    assert_eq!(found(0, 100).await, [10, 11, 12]);
    assert_eq!(found(10, 20).await, [11]);
    assert_eq!(found(9, 11).await, [10, 11]);
    assert_eq!(found(1_000, 1_001).await, [12], "an open file goes on");
    let between =
        store.reader().media_files_between(FIRST_APP, &stream("cam"), Ulid(11), Some(Ulid(11))).await.unwrap();
    assert_eq!(between.len(), 1);
    assert_eq!(store.reader().media_files(AppId(2), &stream("cam"), at(0), at(100)).await.unwrap(), []);
    let behind =
        async |app, from| store.reader().media_file_behind(AppId(app), &stream("cam"), at(from)).await.unwrap();
    assert_eq!([behind(FIRST_APP.0, 9).await, behind(FIRST_APP.0, 10).await], [Some(Ulid(10)), Some(Ulid(11))]);
    assert_eq!([behind(FIRST_APP.0, 1_000).await, behind(2, 0).await], [Some(Ulid(12)), None]);
    let newest = async |from, until, before: Option<u128>, limit| {
        let times = (at(from), at(until));
        let files = store.reader().newest_media_files(FIRST_APP, &stream("cam"), times, before.map(Ulid), limit).await;
        files.unwrap().iter().map(|file| file.id.0).collect::<Vec<_>>()
    };
    assert_eq!(newest(0, 20, None, 2).await, [12, 11]);
    assert_eq!(newest(0, 20, Some(11), 2).await, [10]);
    assert_eq!(newest(10, 19, None, 9).await, [11]);
    let newest = async |app, name| store.reader().newest_media_file(AppId(app), &stream(name)).await.unwrap();
    assert_eq!((newest(FIRST_APP.0, "cam").await, newest(2, "cam").await), (Some(Ulid(12)), None));
    assert_eq!(newest(FIRST_APP.0, "other").await, None);
}

#[tokio::test]
async fn media_goes_when_no_recording_needs_it() {
    let dir = Dir::new();
    let store = open(&dir.data()).await;
    for id in [10, 11, 12] {
        store.open_media_file(&file(id, 0)).await.unwrap();
        store.append_parts(&[(Ulid(id), part(0, 0))]).await.unwrap();
        store.close_media_file(Ulid(id)).await.unwrap();
    }
    let unused = async || {
        let files = whole(store.reader().unused_media_files(&at(100).into(), None, 10).await.unwrap());
        files.iter().map(|file| file.id.0).collect::<Vec<_>>()
    };
    stored(&store, 1, RecordFormat::Hls, 0, PartAt { file: Ulid(11), part: 0 }).await;
    assert_eq!(unused().await, [12]);
    store
        .put_recording(&Recording { first: PartAt { file: Ulid(12), part: 0 }, ..recording(2, RecordFormat::Mp4, 0) })
        .await
        .unwrap();
    assert_eq!(unused().await, [] as [u128; 0], "a recording that is not over needs all that follows");
    store.finish_recording(Ulid(2), PartAt { file: Ulid(12), part: 0 }, at(1), None).await.unwrap();
    assert_eq!(unused().await, [] as [u128; 0], "its file is not made yet");
    let step = RecordingStep::Stored { duration_ms: 1, bytes: 1, sha256: None, upload: false };
    store.advance_recording(Ulid(2), &step, &[], NOW).await.unwrap();
    assert_eq!(unused().await, [12]);
    assert!(store.delete_recording(FIRST_APP, Ulid(1), NOW).await.unwrap());
    assert_eq!(unused().await, [12], "it may be restored");
    assert!(store.remove_recording(Ulid(1)).await.unwrap() && !store.remove_recording(Ulid(1)).await.unwrap());
    assert_eq!(unused().await.len(), 3);
    assert_eq!(whole(store.reader().unused_media_files(&NOW.into(), None, 10).await.unwrap()), []);
    assert!(store.remove_media_file(Ulid(10)).await.unwrap() && !store.remove_media_file(Ulid(10)).await.unwrap());
}

#[tokio::test]
async fn a_recording_that_failed_holds_its_media() {
    let dir = Dir::new();
    let store = open(&dir.data()).await;
    for id in [10, 11] {
        store.open_media_file(&file(id, 0)).await.unwrap();
        store.append_parts(&[(Ulid(id), part(0, 0))]).await.unwrap();
        store.close_media_file(Ulid(id)).await.unwrap();
    }
    let unused = async |after: Option<(UnixMs, Ulid)>| {
        let after = after.map(|(at, id)| (at, id.to_string()));
        let files = whole(store.reader().unused_media_files(&at(100).into(), after.as_ref(), 10).await.unwrap());
        files.iter().map(|file| file.id.0).collect::<Vec<_>>()
    };
    let reader = store.reader();
    let failed = RecordingStep::Failed { reason: "x".to_owned() };
    store.put_recording(&recording(1, RecordFormat::Mp4, 0)).await.unwrap();
    assert_eq!(whole(reader.finalizing_recordings(None, 9).await.unwrap()), []);
    store.finish_recording(Ulid(1), PartAt { file: Ulid(10), part: 0 }, at(1), None).await.unwrap();
    assert_eq!(reader.finalizing_recordings(None, 9).await.unwrap().len(), 1);
    let behind = Ulid(1).to_string();
    assert_eq!(whole(reader.finalizing_recordings(Some(&behind), 9).await.unwrap()), []);
    let freeable = async |of| reader.media_bytes_freeable(FIRST_APP, &at(100).into(), of).await.unwrap();
    assert_eq!(freeable(None).await, 1_500, "what is being made is not to be freed");
    store.advance_recording(Ulid(1), &failed, &[], NOW).await.unwrap();
    assert_eq!(unused(None).await, [11]);
    let one = reader.recording(FIRST_APP, Ulid(1)).await.unwrap().unwrap();
    assert_eq!((freeable(None).await, freeable(Some(&one)).await), (3_000, 1_500));
    assert_eq!(
        reader.media_bytes_freeable(FIRST_APP, &NOW.into(), Some(&one)).await.unwrap(),
        0,
        "time shift needs it"
    );
    // A stream whose clock is behind has a time of its own, and no other has it.
    for (name, free) in [("cam", 0), ("other", 3_000)] {
        let ended = EndedBefore { at: at(100), own: vec![(FIRST_APP, stream(name), at(1))] };
        assert_eq!(reader.media_bytes_freeable(FIRST_APP, &ended, None).await.unwrap(), free, "{name}");
        let files = reader.unused_media_files(&ended, None, 10).await.unwrap();
        assert_eq!(files.is_empty(), free == 0, "{name}");
    }
    assert!(store.delete_recording(FIRST_APP, Ulid(1), NOW).await.unwrap());
    assert_eq!(unused(None).await, [11], "it may be restored");
    assert_eq!(freeable(None).await, 1_500);
    store.remove_recording(Ulid(1)).await.unwrap();
    assert_eq!(unused(None).await, [10, 11]);
    assert_eq!(unused(Some((at(1), Ulid(10)))).await, [11]);
    // It has no last part: there is nothing to hold, and what follows is not its own.
    store.put_recording(&recording(2, RecordFormat::Hls, 0)).await.unwrap();
    assert_eq!(unused(None).await, [] as [u128; 0]);
    store.advance_recording(Ulid(2), &failed, &[], NOW).await.unwrap();
    assert_eq!(unused(None).await, [10, 11]);
}

#[tokio::test]
async fn a_recording_goes_from_state_to_state_and_is_told_of_once() {
    let dir = Dir::new();
    let store = open(&dir.data()).await;
    let new = recording(1, RecordFormat::Mp4, 0);
    store.put_recording(&new).await.unwrap();
    assert_eq!(store.reader().recording(FIRST_APP, Ulid(1)).await.unwrap(), Some(new.clone()));
    let step = RecordingStep::Stored { duration_ms: 2_000, bytes: 5, sha256: Some([9; 32]), upload: false };
    let told = NewHook {
        app: FIRST_APP,
        stream: stream("cam"),
        kind: HookKind::Recorded,
        url: "http://192.0.2.1/".to_owned(),
        host: "192.0.2.1:80".to_owned(),
        template: None,
        body: "{}".to_owned(),
    };
    let told = std::slice::from_ref(&told);
    assert!(!store.advance_recording(Ulid(1), &step, told, NOW).await.unwrap(), "it still records");
    assert_eq!(store.reader().unfinished_recordings(None, 9).await.unwrap().len(), 1);
    let last = PartAt { file: Ulid(10), part: 4 };
    assert!(store.finish_recording(Ulid(1), last, at(2), None).await.unwrap());
    assert!(!store.finish_recording(Ulid(1), last, at(3), None).await.unwrap());
    assert!(store.advance_recording(Ulid(1), &step, told, NOW).await.unwrap());
    assert!(!store.advance_recording(Ulid(1), &step, told, NOW).await.unwrap());
    let failed = RecordingStep::Failed { reason: "x".to_owned() };
    assert!(!store.advance_recording(Ulid(1), &failed, told, NOW).await.unwrap());
    assert!(store.advance_recording(Ulid(1), &RecordingStep::Uploaded, &[], NOW).await.unwrap());
    let ended = Recording {
        state: RecordState::Uploaded,
        ended_at: Some(at(2)),
        last: Some(last),
        duration_ms: 2_000,
        bytes: 5,
        sha256: Some([9; 32]),
        ..new
    };
    assert_eq!(store.reader().recording(FIRST_APP, Ulid(1)).await.unwrap(), Some(ended));
    assert_eq!(store.reader().hooks(FIRST_APP, &HookFilter::default(), 10).await.unwrap().len(), 1);
    assert_eq!(whole(store.reader().unfinished_recordings(None, 9).await.unwrap()), []);
}

#[tokio::test]
async fn a_deletion_is_noted_and_can_be_taken_back_for_a_time() {
    let dir = Dir::new();
    let store = open(&dir.data()).await;
    store.put_recording(&recording(1, RecordFormat::Mp4, 0)).await.unwrap();
    let (delete, restore) = (noted("recording.delete"), noted("recording.restore"));
    assert!(
        !store.noted(delete.clone()).delete_recording(FIRST_APP, Ulid(1), at(5)).await.unwrap(),
        "it still records"
    );
    store.advance_recording(Ulid(1), &RecordingStep::Failed { reason: "x".to_owned() }, &[], NOW).await.unwrap();
    assert!(!store.delete_recording(AppId(2), Ulid(1), at(5)).await.unwrap());
    assert!(store.noted(delete.clone()).delete_recording(FIRST_APP, Ulid(1), at(5)).await.unwrap());
    assert!(!store.noted(delete.clone()).delete_recording(FIRST_APP, Ulid(1), at(6)).await.unwrap());
    let reader = store.reader();
    assert_eq!(reader.recordings(FIRST_APP, &RecordingFilter::default(), true, None, 10).await.unwrap(), []);
    let deleted = RecordingFilter { deleted: true, ..RecordingFilter::default() };
    assert_eq!(reader.recordings_count(FIRST_APP, &deleted).await.unwrap(), 1);
    assert_eq!(whole(reader.recordings_deleted(at(4), None, 10).await.unwrap()), []);
    assert_eq!(reader.recordings_deleted(at(5), None, 10).await.unwrap().len(), 1);
    assert!(!store.noted(restore.clone()).restore_recording(FIRST_APP, Ulid(1), at(5)).await.unwrap(), "too late");
    assert!(store.noted(restore.clone()).restore_recording(FIRST_APP, Ulid(1), at(4)).await.unwrap());
    let notes = reader.audit(FIRST_APP, &AuditFilter::default(), 10).await.unwrap();
    assert_eq!(
        notes.iter().map(|row| row.change.operation.as_str()).collect::<Vec<_>>(),
        ["recording.restore", "recording.delete"]
    );
}

#[tokio::test]
async fn recordings_are_listed_by_what_is_asked_for() {
    let dir = Dir::new();
    let store = open(&dir.data()).await;
    let last = PartAt { file: Ulid(10), part: 0 };
    for id in 1..=4 {
        stored(&store, id, RecordFormat::Mp4, i64::try_from(id).unwrap() * 100, last).await;
    }
    let other = Recording { stream: stream("other"), task: None, ..recording(5, RecordFormat::Flv, 500) };
    store.put_recording(&Recording { keep_until: Some(at(900)), ..other }).await.unwrap();
    let ids = async |filter: &RecordingFilter, descending, after: Option<u128>, limit| {
        let found = store.reader().recordings(FIRST_APP, filter, descending, after.map(Ulid), limit).await.unwrap();
        found.iter().map(|recording| recording.id.0).collect::<Vec<_>>()
    };
    let all = RecordingFilter::default();
    assert_eq!(ids(&all, true, None, 2).await, [5, 4]);
    assert_eq!(ids(&all, true, Some(4), 9).await, [3, 2, 1]);
    assert_eq!(ids(&all, false, Some(4), 9).await, [5]);
    let of = |filter: RecordingFilter| async move { ids(&filter, false, None, 9).await };
    assert_eq!(of(RecordingFilter { stream: Some(stream("other")), ..all.clone() }).await, [5]);
    assert_eq!(of(RecordingFilter { task: Some(7), ..all.clone() }).await, [1, 2, 3, 4]);
    assert_eq!(of(RecordingFilter { from: Some(at(160)), to: Some(at(301)), ..all.clone() }).await, [2, 3]);
    assert_eq!(of(RecordingFilter { states: vec![RecordState::Recording], ..all.clone() }).await, [5]);
    // What a bucket is to have stays, but for what was given up.
    let waiting = RecordingFilter { leave_waiting: true, ..all.clone() };
    assert_eq!(ids(&waiting, false, None, 9).await, [5]);
    assert_eq!(store.enqueue_stored(NOW).await.unwrap(), 4);
    assert!(store.give_up_upload(Ulid(2), ("gone", "gone"), &[], NOW).await.unwrap());
    assert_eq!(ids(&waiting, false, None, 9).await, [2, 5]);
    let counts = store.reader().recordings_of_tasks(FIRST_APP, &[7, 8]).await.unwrap();
    assert_eq!(counts, [(7, 4)].into());
    let page = store.reader().recordings_page(FIRST_APP, &all, false, 3, 1).await.unwrap();
    assert_eq!((page.total, page.recordings[0].id), (5, Ulid(4)));
    let failed = RecordingStep::Failed { reason: "x".to_owned() };
    store.advance_recording(Ulid(5), &failed, &[], at(600)).await.unwrap();
    let past_keeping = async |now, after: Option<u128>| {
        let after = after.map(|id| (at(900), Ulid(id).to_string()));
        whole(store.reader().recordings_past_keeping(now, true, after.as_ref(), 9).await.unwrap())
    };
    assert_eq!(past_keeping(at(899), None).await, []);
    let past = past_keeping(at(900), None).await;
    assert_eq!((past.len(), past[0].ended_at), (1, Some(at(600))));
    assert_eq!(past_keeping(at(900), Some(5)).await, []);
    assert_eq!(past_keeping(at(900), Some(4)).await, past);
}

#[tokio::test]
async fn a_damaged_row_is_named() {
    let dir = Dir::new();
    let store = open(&dir.data()).await;
    store.put_recording(&recording(1, RecordFormat::Mp4, 0)).await.unwrap();
    for id in [10, 11, 12] {
        store.open_media_file(&file(id, 0)).await.unwrap();
    }
    store.append_parts(&[(Ulid(10), part(0, 0))]).await.unwrap();
    store.close_media_file(Ulid(10)).await.unwrap();
    let damage = async |sql: &'static str| {
        let mut write = store.write(crate::Operation::WriteRecording).await.unwrap();
        sqlx::query(sql).execute(&mut *write).await.unwrap();
        write.commit().await.unwrap();
    };
    damage("UPDATE recordings SET format = 'avi'").await;
    let fault = store.reader().recording(FIRST_APP, Ulid(1)).await.unwrap_err();
    assert!(matches!(fault, Fault::Damaged { .. }), "{fault:?}");
    damage("UPDATE recordings SET format = 'mp4', last_file = '00000000000000000000000001'").await;
    // In a list that is read to its end it hides none of those behind it.
    store.put_recording(&recording(2, RecordFormat::Mp4, 0)).await.unwrap();
    let listed = store.reader().unfinished_recordings(None, 9).await.unwrap();
    let [Listed { key: id, row: Err(Fault::Damaged { .. }) }, Listed { row: Ok(next), .. }] = &listed[..] else {
        panic!("{listed:?}")
    };
    assert_eq!((id, next.id), (&Ulid(1).to_string(), Ulid(2)));
    damage("UPDATE media_files SET id = 'no id' WHERE id LIKE '%B'").await;
    let listed = store.reader().open_media_files(None, 9).await.unwrap();
    let [Listed { row: Ok(first), .. }, Listed { key: id, row: Err(Fault::Damaged { .. }) }] = &listed[..] else {
        panic!("{listed:?}")
    };
    assert_eq!((first.id, id.as_str()), (Ulid(12), "no id"));
    assert!(store.reader().open_media_files(Some(id), 9).await.unwrap().is_empty());
    for sql in ["UPDATE media_files SET parts = x'01ff'", "UPDATE media_files SET parts = x''"] {
        damage(sql).await;
        assert!(matches!(store.reader().media_parts(Ulid(10)).await, Err(Fault::Damaged { .. })));
    }
    damage("UPDATE media_files SET width = -1").await;
    assert!(matches!(store.reader().media_file(Ulid(10)).await, Err(Fault::Damaged { .. })));
}

#[tokio::test]
async fn a_damaged_row_hides_none_of_what_is_taken_away() {
    let dir = Dir::new();
    let store = open(&dir.data()).await;
    for id in [1, 2] {
        let file = MediaFile { id: Ulid(10 + id), ..file(10, 0) };
        store.open_media_file(&file).await.unwrap();
        store.append_parts(&[(file.id, part(0, 0))]).await.unwrap();
        store.close_media_file(file.id).await.unwrap();
        let last = PartAt { file: Ulid(10), part: 0 };
        stored(&store, id, RecordFormat::Mp4, 0, last).await;
    }
    let mut write = store.write(crate::Operation::WriteRecording).await.unwrap();
    for sql in [
        "UPDATE recordings SET bytes = -1, keep_until = 5 WHERE id LIKE '%1'",
        "UPDATE recordings SET keep_until = 5",
        "UPDATE media_files SET init_bytes = -1 WHERE id LIKE '%B'",
    ] {
        sqlx::query(sql).execute(&mut *write).await.unwrap();
    }
    write.commit().await.unwrap();
    let reader = store.reader();
    let (one, key) = behind_damaged(reader.unused_media_files(&at(100).into(), None, 9).await.unwrap());
    assert_eq!((one.id, key), (Ulid(12), (at(1), Ulid(11).to_string())));
    let (one, key) = behind_damaged(reader.recordings_past_keeping(NOW, false, None, 9).await.unwrap());
    assert_eq!((one.id, &key), (Ulid(2), &(UnixMs(5), Ulid(1).to_string())));
    assert_eq!(whole(reader.recordings_past_keeping(NOW, false, Some(&key), 9).await.unwrap()), [one]);
    let all = RecordingFilter::default();
    let (one, key) = behind_damaged(reader.recordings_listed(FIRST_APP, &all, false, None, 9).await.unwrap());
    assert_eq!((one.id, key), (Ulid(2), Ulid(1).to_string()));
    assert!(matches!(reader.recordings(FIRST_APP, &all, false, None, 9).await, Err(Fault::Damaged { .. })));
    for id in [1, 2] {
        assert!(store.delete_recording(FIRST_APP, Ulid(id), at(id.try_into().unwrap())).await.unwrap());
    }
    let (one, key) = behind_damaged(reader.recordings_deleted(at(9), None, 9).await.unwrap());
    assert_eq!((one.id, key), (Ulid(2), (at(1), Ulid(1).to_string())));
}

#[tokio::test]
async fn an_event_without_a_place_is_counted_and_does_not_hold_up_its_recording() {
    let dir = Dir::new();
    let store = Store::open(&dir.data(), &vivace_base::Limits { outbox_rows_max: 1, ..super::limits() }).await.unwrap();
    let told = NewHook {
        app: FIRST_APP,
        stream: stream("cam"),
        kind: HookKind::Recorded,
        url: "http://192.0.2.1/".to_owned(),
        host: "192.0.2.1:80".to_owned(),
        template: None,
        body: "{}".to_owned(),
    };
    let stored = RecordingStep::Stored { duration_ms: 1, bytes: 5, sha256: None, upload: true };
    store.put_recording(&recording(1, RecordFormat::Mp4, 0)).await.unwrap();
    store.finish_recording(Ulid(1), PartAt { file: Ulid(10), part: 0 }, at(2), None).await.unwrap();
    assert!(store.advance_recording(Ulid(1), &stored, &[told.clone(), told.clone()], NOW).await.unwrap());
    assert_eq!(store.take_hooks_left_out(), 1);
    let other = store.clone();
    assert!(store.tell_upload(Ulid(1), std::slice::from_ref(&told), NOW).await.unwrap());
    assert!(store.finish_upload(Ulid(1), std::slice::from_ref(&told), NOW).await.unwrap());
    assert_eq!((other.take_hooks_left_out(), store.take_hooks_left_out()), (2, 0));
    assert_eq!(store.reader().hooks(FIRST_APP, &HookFilter::default(), 10).await.unwrap().len(), 1);
}
