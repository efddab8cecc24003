use vivace_base::Ulid;
use vivace_domain::recording::{RecordState, Recording};

use super::super::index::tests::{House, recording};
use super::reload;

#[tokio::test]
async fn a_row_that_cannot_be_read_keeps_none_behind_it_from_the_queue() {
    let house = House::new().await;
    let shared = &house.shared;
    for (id, bytes) in [(1, u64::MAX), (2, 0)] {
        let one = Recording { state: RecordState::Finalizing, bytes, ..recording(id, 1) };
        shared.store.put_recording(&one).await.unwrap();
        shared.claim(Ulid(id));
    }
    shared.finaliser.queue.lock().reload_failed();
    reload(shared).await;
    let mut queue = shared.finaliser.queue.lock();
    let taken = queue.take(shared.clock.mono());
    assert_eq!((taken.map(|one| one.recording.id), queue.len()), (Some(Ulid(2)), 0));
}
