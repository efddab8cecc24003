use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use vivace_base::UnixMs;

use super::{HOUR_S, Replay, RequestKey, Taken};
use crate::Fault;
use crate::tests::{Dir, Seeded};

const NOW_S: u64 = 1_700_000_000;

fn open(dir: &Path, keys_max: usize, now_s: u64) -> Result<Replay, Fault> {
    Replay::open(dir, keys_max, Arc::new(Seeded::new(3)), at(now_s))
}

fn at(s: u64) -> UnixMs {
    UnixMs(i64::try_from(s * 1_000).unwrap())
}

fn key(nonce: u64, timestamp_s: u64) -> RequestKey<'static> {
    RequestKey { secret_id: "AKIDtest", timestamp_s, nonce }
}

async fn take(memory: &Replay, request: &RequestKey<'_>) -> Result<Taken, Arc<Fault>> {
    match memory.look_up(request) {
        Some(found) => memory.take(request, found).await,
        None => Ok(Taken::Again),
    }
}

async fn first(memory: &Replay, nonce: u64, timestamp_s: u64) -> bool {
    take(memory, &key(nonce, timestamp_s)).await.unwrap() == Taken::First
}

fn has(memory: &Replay, request: &RequestKey<'_>) -> bool {
    memory.look_up(request).is_none()
}

#[tokio::test]
async fn a_request_acts_once_and_others_are_others() {
    let dir = Dir::new();
    let memory = open(&dir.data(), 100, NOW_S).unwrap();
    assert!(!has(&memory, &key(1, NOW_S)));
    assert!(first(&memory, 1, NOW_S).await && has(&memory, &key(1, NOW_S)));
    assert_eq!(take(&memory, &key(1, NOW_S)).await.unwrap(), Taken::Again);
    assert!(first(&memory, 2, NOW_S).await && first(&memory, 1, NOW_S + 1).await);
    let other = RequestKey { secret_id: "AKIDother", ..key(1, NOW_S) };
    assert_eq!(take(&memory, &other).await.unwrap(), Taken::First);
    assert_eq!(memory.len(), 4);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_a_hundred_at_once_one_acts() {
    let dir = Dir::new();
    let memory = Arc::new(open(&dir.data(), 100, NOW_S).unwrap());
    let mut calls = tokio::task::JoinSet::new();
    for _ in 0..100 {
        let memory = memory.clone();
        calls.spawn(async move { first(&memory, 1, NOW_S).await });
    }
    let acted = calls.join_all().await.into_iter().filter(|acted| *acted).count();
    assert_eq!(acted, 1);
}

#[tokio::test]
async fn those_that_are_written_together_fail_together_and_may_come_again() {
    let dir = Dir::new();
    let memory = open(&dir.data(), 100, NOW_S).unwrap();
    assert!(first(&memory, 0, NOW_S).await);
    let whole = memory.state.lock().hours.get_mut(&(NOW_S / HOUR_S)).unwrap().file.fill_disk();
    let (one, other) = (key(1, NOW_S), key(2, NOW_S));
    let (one, other) = tokio::join!(take(&memory, &one), take(&memory, &other));
    assert!(one.is_err() && other.is_err());
    assert!(!has(&memory, &key(1, NOW_S)) && has(&memory, &key(0, NOW_S)));
    assert_eq!(memory.len(), 1);
    memory.state.lock().hours.get_mut(&(NOW_S / HOUR_S)).unwrap().file.free_disk(whole);
    assert!(first(&memory, 1, NOW_S).await && first(&memory, 2, NOW_S).await);
    drop(memory);
    assert_eq!(open(&dir.data(), 100, NOW_S).unwrap().len(), 3);
}

#[tokio::test]
async fn a_call_that_is_given_up_before_its_turn_is_written_all_the_same() {
    let dir = Dir::new();
    let memory = Arc::new(open(&dir.data(), 100, NOW_S).unwrap());
    let request = key(1, NOW_S);
    let mut taking = Box::pin(take(&memory, &request));
    let is_ready = std::future::poll_fn(|context| std::task::Poll::Ready(taking.as_mut().poll(context).is_ready()));
    assert!(!is_ready.await);
    drop(taking);
    memory.flush(at(NOW_S)).await;
    drop(memory);
    assert!(has(&open(&dir.data(), 100, NOW_S).unwrap(), &request));
}

#[tokio::test]
async fn nothing_is_forgotten_by_an_end_without_a_farewell() {
    let dir = Dir::new();
    let memory = open(&dir.data(), 100, NOW_S).unwrap();
    for nonce in 0..5 {
        assert!(first(&memory, nonce, NOW_S).await && first(&memory, nonce, NOW_S + HOUR_S).await);
    }
    // As a process that is killed: nothing is closed, nothing synced.
    let _killed = std::mem::ManuallyDrop::new(memory);
    let memory = open(&dir.data(), 100, NOW_S).unwrap();
    assert_eq!(memory.len(), 10);
    for nonce in 0..5 {
        assert_eq!(take(&memory, &key(nonce, NOW_S)).await.unwrap(), Taken::Again);
        assert_eq!(take(&memory, &key(nonce, NOW_S + HOUR_S)).await.unwrap(), Taken::Again);
    }
    assert!(first(&memory, 5, NOW_S).await);
}

#[tokio::test]
async fn a_record_that_was_cut_short_takes_no_other_with_it() {
    let dir = Dir::new();
    let path = dir.data().join(format!("replay/{}.keys", NOW_S / HOUR_S));
    for torn in 1..16 {
        let memory = open(&dir.data(), 100, NOW_S).unwrap();
        assert!(first(&memory, torn, NOW_S).await);
        drop(memory);
        let mut file = OpenOptions::new().append(true).open(&path).unwrap();
        file.write_all(&vec![7; usize::try_from(torn).unwrap()]).unwrap();
    }
    let memory = open(&dir.data(), 100, NOW_S).unwrap();
    assert!((1..16).all(|nonce| has(&memory, &key(nonce, NOW_S))));
    assert_eq!(memory.len(), 15);
}

#[tokio::test]
async fn a_file_without_a_whole_head_is_made_anew_and_one_that_is_not_ours_is_refused() {
    let dir = Dir::new();
    drop(open(&dir.data(), 100, NOW_S).unwrap());
    let path = dir.data().join(format!("replay/{}.keys", NOW_S / HOUR_S));
    fs::write(&path, b"VIVKEYS1short").unwrap();
    let memory = open(&dir.data(), 100, NOW_S).unwrap();
    assert!(memory.is_empty() && first(&memory, 1, NOW_S).await);
    drop(memory);
    assert!(has(&open(&dir.data(), 100, NOW_S).unwrap(), &key(1, NOW_S)));
    fs::write(&path, [b'x'; 100]).unwrap();
    assert!(matches!(open(&dir.data(), 100, NOW_S), Err(Fault::Damaged { .. })));
}

#[tokio::test]
async fn a_full_memory_refuses_and_forgets_nothing() {
    let dir = Dir::new();
    let memory = open(&dir.data(), 2, NOW_S).unwrap();
    assert!(first(&memory, 1, NOW_S).await && first(&memory, 2, NOW_S).await);
    assert_eq!(take(&memory, &key(3, NOW_S)).await.unwrap(), Taken::Full { max: 2 });
    assert_eq!(take(&memory, &key(1, NOW_S)).await.unwrap(), Taken::Again);
}

#[tokio::test]
async fn an_hour_goes_when_its_last_second_is_refused_by_the_clock() {
    let dir = Dir::new();
    let memory = Arc::new(open(&dir.data(), 1, NOW_S).unwrap());
    let hour = NOW_S / HOUR_S;
    let last = (hour + 1) * HOUR_S - 1;
    assert!(first(&memory, 1, last).await);
    memory.flush(at(last + 7_200)).await;
    assert!(has(&memory, &key(1, last)), "its timestamp is still good");
    memory.flush(at(last + 7_201)).await;
    assert!(memory.is_empty());
    assert_eq!(fs::read_dir(dir.data().join("replay")).unwrap().count(), 0);
    // A clock that goes back does not open the door again.
    assert_eq!(take(&memory, &key(1, last)).await.unwrap(), Taken::Forgotten);
    assert!(first(&memory, 1, last + 1).await);
    drop(memory);
    assert!(open(&dir.data(), 1, last + 1 + 7_200 + HOUR_S).unwrap().is_empty());
}

#[tokio::test]
async fn a_request_that_cannot_be_written_is_not_on_record() {
    let dir = Dir::new();
    let memory = open(&dir.data(), 100, NOW_S).unwrap();
    fs::remove_dir_all(dir.data().join("replay")).unwrap();
    assert!(take(&memory, &key(1, NOW_S)).await.is_err());
    assert!(!has(&memory, &key(1, NOW_S)) && memory.is_empty());
    fs::create_dir(dir.data().join("replay")).unwrap();
    assert!(first(&memory, 1, NOW_S).await);
}
