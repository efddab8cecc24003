use std::error::Error;
use std::fs;
use std::path::Path;

use sqlx::{Connection, SqliteConnection};
use vivace_base::Limits;

use super::{Dir, NOW, Seeded, event, limits, open};
use crate::{EventCounts, EventKind, FILE_NAME, FIRST_APP, Fault, Operation, Store};

async fn refused(dir: &Path) -> Fault {
    Store::open(dir, &limits()).await.unwrap_err()
}

async fn refused_to_read(dir: &Path) -> Fault {
    Store::open_read_only(dir, &limits()).await.unwrap_err()
}

/// A connection of another program.
async fn stranger(dir: &Path) -> SqliteConnection {
    SqliteConnection::connect(&format!("sqlite://{}", dir.join(FILE_NAME).display())).await.unwrap()
}

#[tokio::test]
async fn a_path_that_leads_through_a_file_is_not_writable() {
    let dir = Dir::new();
    fs::write(dir.0.join("file"), "").unwrap();
    for data in [dir.0.join("file"), dir.0.join("file/data")] {
        let fault = refused(&data).await;
        assert!(matches!(fault, Fault::NotWritable { doing: Operation::Create, .. }), "{fault:?}");
        assert!(fault.to_string().contains("file"), "{fault}");
        assert!(fault.source().is_some());
    }
}

#[tokio::test]
async fn a_folder_in_the_place_of_the_file_is_not_writable() {
    let dir = Dir::new();
    fs::create_dir_all(dir.data().join(FILE_NAME)).unwrap();
    assert!(matches!(refused(&dir.data()).await, Fault::NotWritable { .. }));
    assert!(matches!(refused_to_read(&dir.data()).await, Fault::NotReadable { .. }));
}

#[tokio::test]
async fn a_file_that_is_no_database_is_damaged_and_left_as_it_is() {
    let dir = Dir::new();
    fs::create_dir(dir.data()).unwrap();
    let file = dir.data().join(FILE_NAME);
    let text = "not a database ".repeat(1_000);
    fs::write(&file, &text).unwrap();
    assert!(matches!(refused(&dir.data()).await, Fault::Damaged { .. }));
    assert!(matches!(refused_to_read(&dir.data()).await, Fault::Damaged { .. }));
    assert_eq!(fs::read_to_string(&file).unwrap(), text);
}

#[tokio::test]
async fn a_page_that_was_overwritten_is_damage_when_it_is_read() {
    let dir = Dir::new();
    let store = open(&dir.data()).await;
    store.app_or_create(&Seeded::new(1), NOW).await.unwrap();
    let page = "SELECT rootpage FROM sqlite_master WHERE name = 'apps'";
    let page: i64 = sqlx::query_scalar(page).fetch_one(&store.writer).await.unwrap();
    store.close().await;
    let file = dir.data().join(FILE_NAME);
    let mut bytes = fs::read(&file).unwrap();
    let at = (page as usize - 1) * 4_096;
    bytes[at..at + 4_096].fill(0xa5);
    fs::write(&file, bytes).unwrap();
    let store = open(&dir.data()).await;
    let fault = store.app(FIRST_APP).await.unwrap_err();
    assert!(matches!(fault, Fault::Damaged { doing: Operation::ReadApp, .. }), "{fault:?}");
}

#[tokio::test]
async fn a_folder_without_a_store_is_missing_to_a_reader_and_stays_so() {
    let dir = Dir::new();
    assert!(matches!(refused_to_read(&dir.data()).await, Fault::Missing { .. }));
    assert!(!dir.data().exists());
}

#[tokio::test]
async fn an_empty_file_is_older_to_a_reader_and_new_to_a_server() {
    let dir = Dir::new();
    fs::create_dir(dir.data()).unwrap();
    fs::write(dir.data().join(FILE_NAME), "").unwrap();
    let fault = refused_to_read(&dir.data()).await;
    assert!(matches!(fault, Fault::Older { found: 0, .. }), "{fault:?}");
    assert!(open(&dir.data()).await.app_or_create(&Seeded::new(1), NOW).await.unwrap().1);
}

#[tokio::test]
async fn the_file_of_a_later_version_is_refused_and_left_as_it_is() {
    let dir = Dir::new();
    open(&dir.data()).await.close().await;
    let mut later = stranger(&dir.data()).await;
    let applied = "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
        VALUES (9999, 'later', TRUE, x'00', 0)";
    sqlx::query(applied).execute(&mut later).await.unwrap();
    assert!(matches!(refused(&dir.data()).await, Fault::Newer { found: 9999, .. }));
    assert!(matches!(refused_to_read(&dir.data()).await, Fault::Newer { found: 9999, .. }));
}

#[tokio::test]
async fn the_file_of_another_build_with_the_same_number_is_refused() {
    let dir = Dir::new();
    open(&dir.data()).await.close().await;
    let mut other = stranger(&dir.data()).await;
    sqlx::query("UPDATE _sqlx_migrations SET checksum = x'00'").execute(&mut other).await.unwrap();
    let fault = refused(&dir.data()).await;
    assert!(matches!(fault, Fault::Foreign { version: 1, .. }), "{fault:?}");
}

#[tokio::test]
async fn a_writer_that_keeps_the_file_is_named_and_readers_go_on() {
    let dir = Dir::new();
    let store = open(&dir.data()).await;
    store.app_or_create(&Seeded::new(1), NOW).await.unwrap();
    let mut other = stranger(&dir.data()).await;
    sqlx::query("BEGIN IMMEDIATE").execute(&mut other).await.unwrap();
    let fault = store.append_events(&[event(EventKind::Published, "")]).await.unwrap_err();
    assert!(matches!(fault, Fault::Locked { doing: Operation::WriteEvents, .. }), "{fault:?}");
    assert!(store.app(FIRST_APP).await.unwrap().is_some());
    assert!(matches!(refused(&dir.data()).await, Fault::Locked { .. }));
    sqlx::query("ROLLBACK").execute(&mut other).await.unwrap();
    store.append_events(&[event(EventKind::Published, "")]).await.unwrap();
}

/// Fills the file up to a limit and returns a store that has reached it.
async fn full(dir: &Path) -> Store {
    open(dir).await.close().await;
    let mut other = stranger(dir).await;
    sqlx::query("CREATE TABLE filler AS SELECT zeroblob(1000000) AS bytes").execute(&mut other).await.unwrap();
    let pages: i64 = sqlx::query_scalar("PRAGMA page_count").fetch_one(&mut other).await.unwrap();
    other.close().await.unwrap();
    // SQLite meets its own limit with the same code, and undoes the same, as a disk without space.
    let limits = Limits { store_bytes_max: pages.unsigned_abs() * 4_096, ..limits() };
    Store::open(dir, &limits).await.unwrap()
}

#[tokio::test]
async fn a_full_disk_is_named_and_the_log_goes_on_when_there_is_space_again() {
    let dir = Dir::new();
    let store = full(&dir.data()).await;
    let large = vec![event(EventKind::Published, &"x".repeat(1_000)); 50];
    for _ in 0..2 {
        let fault = store.append_events(&large).await.unwrap_err();
        assert!(matches!(fault, Fault::DiskFull { doing: Operation::WriteEvents, .. }), "{fault:?}");
    }
    assert_eq!(store.reader().events_count().await.unwrap(), 0, "a batch is written whole or not at all");

    let log = store.event_log(&limits());
    let record_all = || large.iter().cloned().for_each(|event| log.record(event));
    record_all();
    log.flush().await;
    assert_eq!(log.counts(), EventCounts { written: 0, overflowed: 0, failed: 50 });
    sqlx::query("DROP TABLE filler").execute(&mut stranger(&dir.data()).await).await.unwrap();
    record_all();
    log.flush().await;
    assert_eq!(log.counts(), EventCounts { written: 50, overflowed: 0, failed: 50 });
    assert_eq!(store.reader().events_count().await.unwrap(), 50);
}

#[tokio::test]
async fn a_write_that_is_given_up_halfway_leaves_nothing_and_the_next_one_goes_on() {
    let dir = Dir::new();
    let store = open(&dir.data()).await;
    let mut write = store.write(Operation::WriteEvents).await.unwrap();
    sqlx::query("INSERT INTO live_events (at, session, peer, kind, detail) VALUES (1, 1, '', 'ended', '')")
        .execute(&mut *write)
        .await
        .unwrap();
    drop(write);
    store.append_events(&[event(EventKind::Published, "")]).await.unwrap();
    assert_eq!(store.reader().events_count().await.unwrap(), 1);
}
