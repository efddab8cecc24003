//! A look over a store of which something is damaged.

use vivace_base::{Ulid, UnixMs};
use vivace_domain::recording::{RecordState, Recording};
use vivace_store::FIRST_APP;

use super::super::index::tests::{House, file, part, recording};
use super::Look;

/// Two deleted recordings and two media files that nobody needs; the first of each cannot be read.
async fn house() -> House {
    let house = House::new().await;
    let store = &house.shared.store;
    for id in [1, 2] {
        let deleted = Recording { state: RecordState::Stored, deleted_at: Some(UnixMs(1)), ..recording(id, id) };
        store.put_recording(&deleted).await.unwrap();
        let file = file(10 + id);
        store.open_media_file(&file).await.unwrap();
        store.append_parts(&[(file.id, part(0))]).await.unwrap();
        store.close_media_file(file.id).await.unwrap();
    }
    house.damage("UPDATE recordings SET bytes = -1 WHERE id LIKE '%1'").await;
    house.damage("UPDATE media_files SET init_bytes = -1 WHERE id LIKE '%B'").await;
    house
}

#[tokio::test]
async fn what_cannot_be_read_stays_and_all_behind_it_goes() {
    let house = house().await;
    let shared = &house.shared;
    let mut look = Look::new(shared, shared.clock.unix());
    look.run().await.unwrap();
    assert_eq!(look.left, 2);
    let reader = shared.store.reader();
    assert!(reader.recording(FIRST_APP, Ulid(1)).await.is_err() && reader.media_file(Ulid(11)).await.is_err());
    assert_eq!(reader.recording(FIRST_APP, Ulid(2)).await.unwrap(), None);
    assert_eq!(reader.media_file(Ulid(12)).await.unwrap(), None);
}

#[tokio::test]
async fn a_step_that_cannot_be_done_keeps_none_from_making_room() {
    let house = house().await;
    house.damage("ALTER TABLE recordings RENAME COLUMN keep_until TO other").await;
    let shared = &house.shared;
    let mut look = Look::new(shared, shared.clock.unix());
    assert!(look.run().await.is_err());
    assert_eq!(shared.store.reader().media_file(Ulid(12)).await.unwrap(), None);
}
