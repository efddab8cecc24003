use vivace_base::Ulid;

use super::super::index::tests::{House, file, part, recording};
use super::{last_part, mend_claimed};

#[tokio::test]
async fn a_recording_that_could_not_be_mended_is_tried_again() {
    let house = House::new().await;
    let shared = &house.shared;
    shared.store.close().await;
    assert!(mend_claimed(shared, recording(5, 1)).await.is_err());
    assert!(!shared.is_ours(Ulid(5)), "the next try finds it");
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
