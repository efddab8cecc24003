use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use super::{Dir, NOW, Seeded, limits, open};
use crate::{FILE_NAME, FIRST_APP, Store};

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[tokio::test]
async fn the_folder_and_every_file_in_it_are_for_their_owner_alone() {
    let dir = Dir::new();
    let data = dir.0.join("a/b");
    let store = open(&data).await;
    store.app_or_create(&Seeded::new(1), NOW).await.unwrap();
    assert_eq!(mode(&data), 0o700);
    let files: Vec<_> = fs::read_dir(&data).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(files.len(), 3, "the file, its log and its index: {files:?}");
    for file in files {
        assert_eq!(mode(&file), 0o600, "{}", file.display());
    }
}

#[tokio::test]
async fn a_file_that_others_can_read_is_closed_to_them() {
    let dir = Dir::new();
    open(&dir.data()).await.close().await;
    let file = dir.data().join(FILE_NAME);
    fs::set_permissions(&file, Permissions::from_mode(0o644)).unwrap();
    open(&dir.data()).await.close().await;
    assert_eq!(mode(&file), 0o600);
}

#[tokio::test]
async fn every_connection_writes_through_a_log_that_is_on_disk_at_commit() {
    let dir = Dir::new();
    let store = open(&dir.data()).await;
    let text = |pragma| sqlx::query_scalar::<_, String>(pragma).fetch_one(&store.writer);
    let number = |pragma| sqlx::query_scalar::<_, i64>(pragma).fetch_one(&store.writer);
    assert_eq!(text("PRAGMA journal_mode").await.unwrap(), "wal");
    assert_eq!(number("PRAGMA synchronous").await.unwrap(), 2);
    assert_eq!(number("PRAGMA foreign_keys").await.unwrap(), 1);
    assert_eq!(number("PRAGMA busy_timeout").await.unwrap(), 400);
}

#[tokio::test]
async fn a_reader_sees_what_a_running_server_writes_and_cannot_write() {
    let dir = Dir::new();
    let store = open(&dir.data()).await;
    let reader = Store::open_read_only(&dir.data(), &limits()).await.unwrap();
    assert_eq!(reader.app(FIRST_APP).await.unwrap(), None);
    let (app, created) = store.app_or_create(&Seeded::new(1), NOW).await.unwrap();
    assert!(created);
    assert_eq!(reader.app(FIRST_APP).await.unwrap(), Some(app));
    assert!(sqlx::query("DELETE FROM apps").execute(&reader.pool).await.is_err());
}

#[tokio::test]
async fn a_reader_opens_a_store_that_was_closed() {
    let dir = Dir::new();
    let store = open(&dir.data()).await;
    let (app, _) = store.app_or_create(&Seeded::new(1), NOW).await.unwrap();
    store.close().await;
    let reader = Store::open_read_only(&dir.data(), &limits()).await.unwrap();
    assert_eq!(reader.app(FIRST_APP).await.unwrap(), Some(app));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn stores_that_are_opened_at_once_on_a_new_folder_all_open() {
    let limits = vivace_base::Limits::default();
    for _ in 0..10 {
        let dir = Dir::new();
        let data = dir.data();
        let opening: Vec<_> = (0..4)
            .map(|_| {
                let (data, limits) = (data.clone(), limits.clone());
                tokio::spawn(async move { Store::open(&data, &limits).await })
            })
            .collect();
        for opened in opening {
            opened.await.unwrap().unwrap();
        }
    }
}
