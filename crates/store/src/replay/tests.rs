use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

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

fn first(memory: &Replay, nonce: u64, timestamp_s: u64) -> bool {
    memory.take(&key(nonce, timestamp_s)).unwrap() == Taken::First
}

#[test]
fn a_request_acts_once_and_others_are_others() {
    let dir = Dir::new();
    let memory = open(&dir.data(), 100, NOW_S).unwrap();
    assert!(!memory.has(&key(1, NOW_S)));
    assert!(first(&memory, 1, NOW_S) && memory.has(&key(1, NOW_S)));
    assert_eq!(memory.take(&key(1, NOW_S)).unwrap(), Taken::Again);
    assert!(first(&memory, 2, NOW_S) && first(&memory, 1, NOW_S + 1));
    let other = RequestKey { secret_id: "AKIDother", ..key(1, NOW_S) };
    assert_eq!(memory.take(&other).unwrap(), Taken::First);
    assert_eq!(memory.len(), 4);
}

#[test]
fn of_a_hundred_at_once_one_acts() {
    let dir = Dir::new();
    let memory = open(&dir.data(), 100, NOW_S).unwrap();
    let acted = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..100 {
            scope.spawn(|| acted.fetch_add(usize::from(first(&memory, 1, NOW_S)), Relaxed));
        }
    });
    assert_eq!(acted.load(Relaxed), 1);
}

#[test]
fn nothing_is_forgotten_by_an_end_without_a_farewell() {
    let dir = Dir::new();
    let memory = open(&dir.data(), 100, NOW_S).unwrap();
    for nonce in 0..5 {
        assert!(first(&memory, nonce, NOW_S) && first(&memory, nonce, NOW_S + HOUR_S));
    }
    // As a process that is killed: nothing is closed, nothing synced.
    let _killed = std::mem::ManuallyDrop::new(memory);
    let memory = open(&dir.data(), 100, NOW_S).unwrap();
    assert_eq!(memory.len(), 10);
    for nonce in 0..5 {
        assert_eq!(memory.take(&key(nonce, NOW_S)).unwrap(), Taken::Again);
        assert_eq!(memory.take(&key(nonce, NOW_S + HOUR_S)).unwrap(), Taken::Again);
    }
    assert!(first(&memory, 5, NOW_S));
}

#[test]
fn a_record_that_was_cut_short_takes_no_other_with_it() {
    let dir = Dir::new();
    let path = dir.data().join(format!("replay/{}.keys", NOW_S / HOUR_S));
    for torn in 1..16 {
        let memory = open(&dir.data(), 100, NOW_S).unwrap();
        assert!(first(&memory, torn, NOW_S));
        drop(memory);
        let mut file = OpenOptions::new().append(true).open(&path).unwrap();
        file.write_all(&vec![7; usize::try_from(torn).unwrap()]).unwrap();
    }
    let memory = open(&dir.data(), 100, NOW_S).unwrap();
    assert!((1..16).all(|nonce| memory.has(&key(nonce, NOW_S))));
    assert_eq!(memory.len(), 15);
}

#[test]
fn a_file_without_a_whole_head_is_made_anew_and_one_that_is_not_ours_is_refused() {
    let dir = Dir::new();
    drop(open(&dir.data(), 100, NOW_S).unwrap());
    let path = dir.data().join(format!("replay/{}.keys", NOW_S / HOUR_S));
    fs::write(&path, b"VIVKEYS1short").unwrap();
    let memory = open(&dir.data(), 100, NOW_S).unwrap();
    assert!(memory.is_empty() && first(&memory, 1, NOW_S));
    drop(memory);
    assert!(open(&dir.data(), 100, NOW_S).unwrap().has(&key(1, NOW_S)));
    fs::write(&path, [b'x'; 100]).unwrap();
    assert!(matches!(open(&dir.data(), 100, NOW_S), Err(Fault::Damaged { .. })));
}

#[test]
fn a_full_memory_refuses_and_forgets_nothing() {
    let dir = Dir::new();
    let memory = open(&dir.data(), 2, NOW_S).unwrap();
    assert!(first(&memory, 1, NOW_S) && first(&memory, 2, NOW_S));
    assert_eq!(memory.take(&key(3, NOW_S)).unwrap(), Taken::Full { max: 2 });
    assert_eq!(memory.take(&key(1, NOW_S)).unwrap(), Taken::Again);
}

#[tokio::test]
async fn an_hour_goes_when_its_last_second_is_refused_by_the_clock() {
    let dir = Dir::new();
    let memory = Arc::new(open(&dir.data(), 1, NOW_S).unwrap());
    let hour = NOW_S / HOUR_S;
    let last = (hour + 1) * HOUR_S - 1;
    assert!(first(&memory, 1, last));
    memory.flush(at(last + 7_200)).await;
    assert!(memory.has(&key(1, last)), "its timestamp is still good");
    memory.flush(at(last + 7_201)).await;
    assert!(memory.is_empty());
    assert_eq!(fs::read_dir(dir.data().join("replay")).unwrap().count(), 0);
    // A clock that goes back does not open the door again.
    assert_eq!(memory.take(&key(1, last)).unwrap(), Taken::Forgotten);
    assert!(first(&memory, 1, last + 1));
    drop(memory);
    assert!(open(&dir.data(), 1, last + 1 + 7_200 + HOUR_S).unwrap().is_empty());
}

#[test]
fn a_request_that_cannot_be_written_is_not_on_record() {
    let dir = Dir::new();
    let memory = open(&dir.data(), 100, NOW_S).unwrap();
    fs::remove_dir_all(dir.data().join("replay")).unwrap();
    assert!(memory.take(&key(1, NOW_S)).is_err());
    assert!(!memory.has(&key(1, NOW_S)) && memory.is_empty());
    fs::create_dir(dir.data().join("replay")).unwrap();
    assert!(first(&memory, 1, NOW_S));
}
