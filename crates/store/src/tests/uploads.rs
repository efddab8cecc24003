use sqlx::Row as _;
use vivace_base::{Ulid, UnixMs};
use vivace_domain::hook::HookKind;
use vivace_domain::recording::{PartAt, RecordFormat};

use super::recordings::{behind_damaged, recording, stored, whole};
use super::{Dir, NOW, open};
use crate::uploads::{GIVEN_UP, listing};
use crate::{FIRST_APP, HookFilter, NewHook, Store, UploadState};

fn at(seconds: i64) -> UnixMs {
    UnixMs(NOW.0 + seconds * 1_000)
}

async fn waiting(store: &Store, ids: &[u128]) {
    for id in ids {
        stored(store, *id, RecordFormat::Mp4, 0, PartAt { file: Ulid(10), part: 1 }).await;
    }
    assert_eq!(store.enqueue_stored(NOW).await.unwrap(), ids.len() as u64);
}

#[tokio::test]
async fn local_copies_come_in_pages_and_none_hides_those_behind_it() {
    let dir = Dir::new();
    let store = open(&dir.data()).await;
    waiting(&store, &[1, 2, 3, 4]).await;
    // All but the last of the same time; the first is deleted, and waits for that elsewhere.
    for (id, uploaded) in [(1, 0), (2, 0), (3, 0), (4, 5)] {
        assert!(store.finish_upload(Ulid(id), &[], at(uploaded)).await.unwrap());
    }
    assert!(store.delete_recording(FIRST_APP, Ulid(1), NOW).await.unwrap());
    let page = async |up_to, after: Option<(UnixMs, Ulid)>, limit| {
        let after = after.map(|(at, id)| (at, id.to_string()));
        let found = store.reader().local_copies(up_to, after.as_ref(), limit).await.unwrap();
        found.into_iter().map(|one| (one.key.0, one.row.unwrap().id)).collect::<Vec<_>>()
    };
    assert_eq!(page(at(0), None, 1).await, [(at(0), Ulid(2))]);
    assert_eq!(page(at(9), Some((at(0), Ulid(2))), 9).await, [(at(0), Ulid(3)), (at(5), Ulid(4))]);
    assert!(store.forget_local_copy(Ulid(2), NOW).await.unwrap());
    assert_eq!(page(at(0), None, 9).await, [(at(0), Ulid(3))]);
    assert_eq!(page(at(9), Some((at(5), Ulid(4))), 9).await, []);
}

#[tokio::test]
async fn a_damaged_place_hides_none_behind_it() {
    let dir = Dir::new();
    let store = open(&dir.data()).await;
    waiting(&store, &[1, 2]).await;
    let mut write = store.write(crate::Operation::WriteUpload).await.unwrap();
    sqlx::query("UPDATE uploads SET app = -1 WHERE recording LIKE '%1'").execute(&mut *write).await.unwrap();
    sqlx::query("UPDATE uploads SET told = 0").execute(&mut *write).await.unwrap();
    write.commit().await.unwrap();
    let first = Ulid(1).to_string();
    let (next, key) = behind_damaged(store.reader().uploads_due(NOW, 9).await.unwrap());
    assert_eq!((next.recording, &key), (Ulid(2), &first));
    let (next, key) = behind_damaged(store.reader().uploads_untold(9).await.unwrap());
    assert_eq!((next.recording, &key), (Ulid(2), &first));
}

#[tokio::test]
async fn a_copy_that_is_given_up_is_told_of_and_tried_again_only_when_asked() {
    let dir = Dir::new();
    let store = open(&dir.data()).await;
    waiting(&store, &[1]).await;
    let told = NewHook {
        app: FIRST_APP,
        stream: recording(1, RecordFormat::Mp4, 0).stream,
        kind: HookKind::Recorded,
        url: "http://192.0.2.1/".to_owned(),
        host: "192.0.2.1:80".to_owned(),
        template: None,
        body: "{}".to_owned(),
    };
    let told = std::slice::from_ref(&told);
    assert!(store.give_up_upload(Ulid(1), ("disk", "no"), told, NOW).await.unwrap());
    assert!(!store.give_up_upload(Ulid(1), ("disk", "no"), told, NOW).await.unwrap());
    assert_eq!(store.reader().hooks(FIRST_APP, &HookFilter::default(), 10).await.unwrap().len(), 1);
    let upload = store.reader().upload(FIRST_APP, Ulid(1)).await.unwrap().unwrap();
    assert_eq!((upload.state, upload.next_at, upload.told), (UploadState::Failed, None, true));
    assert_eq!(upload.failure.as_deref(), Some("no"));
    assert_eq!(whole(store.reader().uploads_due(at(9_999), 9).await.unwrap()), []);
    let counts = async || {
        let counts = store.reader().upload_counts().await.unwrap();
        (counts.waiting, counts.failing, counts.given_up)
    };
    assert_eq!(counts().await, (0, 0, 1));

    assert!(store.retry_upload(FIRST_APP, Ulid(1), NOW).await.unwrap());
    assert_eq!(counts().await, (1, 1, 0));
    let due = whole(store.reader().uploads_due(NOW, 9).await.unwrap());
    assert_eq!((due.len(), due[0].state, due[0].told), (1, UploadState::Waiting, true));
}

#[tokio::test]
async fn what_is_unfinished_is_listed_by_an_index_of_its_own() {
    use UploadState::{Deleting, Failed, Uploaded, Waiting};
    let dir = Dir::new();
    let store = open(&dir.data()).await;
    let plan = async |sql: &str| {
        let explain = sqlx::AssertSqlSafe(format!("EXPLAIN QUERY PLAN {sql}"));
        let plan = sqlx::query(explain).fetch_all(&store.writer).await.unwrap();
        plan.iter().map(|step| step.get("detail")).collect::<Vec<String>>()
    };
    for state in [Waiting, Failed, Deleting] {
        let plan = plan(&listing(Some(state))).await;
        assert!(plan[0].contains("uploads_unfinished (app=? AND state=? AND recording<?)"), "{plan:?}");
    }
    for state in [None, Some(Uploaded)] {
        let plan = plan(&listing(state)).await;
        assert!(plan[0].contains("uploads_listed (app=? AND recording<?)"), "{plan:?}");
    }
    let plan = plan(GIVEN_UP).await;
    assert!(plan[0].contains("uploads_unfinished"), "{plan:?}");

    waiting(&store, &[1, 2, 3]).await;
    assert!(store.give_up_upload(Ulid(2), ("disk", "no"), &[], NOW).await.unwrap());
    let page = async |state, after, limit| {
        let found = store.reader().uploads(FIRST_APP, state, after, limit).await.unwrap();
        found.into_iter().map(|line| line.upload.recording.0).collect::<Vec<_>>()
    };
    assert_eq!(page(None, None, 9).await, [3, 2, 1]);
    assert_eq!(page(None, Some(Ulid(3)), 1).await, [2]);
    assert_eq!(page(Some(Waiting), None, 1).await, [3]);
    assert_eq!(page(Some(Waiting), Some(Ulid(3)), 9).await, [1]);
    assert_eq!(page(Some(Failed), None, 9).await, [2]);
    assert_eq!(page(Some(Uploaded), None, 9).await, []);
}

#[tokio::test]
async fn what_is_unfinished_comes_in_pages() {
    let dir = Dir::new();
    let store = open(&dir.data()).await;
    for id in [1, 2, 3] {
        store.put_recording(&recording(id, RecordFormat::Mp4, 0)).await.unwrap();
    }
    let page = async |after: Option<Ulid>, limit| {
        let after = after.map(|after| after.to_string());
        let found = store.reader().unfinished_recordings(after.as_deref(), limit).await.unwrap();
        found.into_iter().map(|one| one.row.unwrap().id.0).collect::<Vec<_>>()
    };
    assert_eq!(page(None, 2).await, [1, 2]);
    assert_eq!(page(Some(Ulid(2)), 2).await, [3]);
    assert_eq!(page(Some(Ulid(3)), 2).await, []);
}
