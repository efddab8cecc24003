use vivace_base::{AppId, Limits, StreamName, UnixMs};

use super::{Dir, NOW, limits, open};
use crate::{HlsChange, HlsNumbers, Store};

const APP: AppId = AppId(1);

fn name(name: &str) -> StreamName {
    StreamName::parse(name).unwrap()
}

fn numbers(media_sequence: u64, discontinuity_sequence: u64, date: i64) -> HlsNumbers {
    HlsNumbers { media_sequence, discontinuity_sequence, program_date_time: UnixMs(date) }
}

#[tokio::test]
async fn each_run_begins_behind_everything_that_the_last_one_took() {
    let dir = Dir::new();
    let store = open(&dir.data()).await;
    let cam = name("cam");
    assert_eq!(store.reader().hls_state(APP, &cam).await.unwrap(), None);
    assert_eq!(store.hls_take(APP, &cam, 64, NOW).await.unwrap(), numbers(0, 0, 0));
    // Nothing was given back: the process was killed.
    store.close().await;
    let store = open(&dir.data()).await;
    assert_eq!(store.hls_take(APP, &cam, 64, NOW).await.unwrap(), numbers(64, 64, 0));
    assert_eq!(store.hls_take(APP, &name("other"), 64, NOW).await.unwrap(), numbers(0, 0, 0));
    assert_eq!(store.hls_take(AppId(2), &cam, 64, NOW).await.unwrap(), numbers(0, 0, 0));
}

#[tokio::test]
async fn what_is_raised_never_falls_and_what_is_given_back_is_given_once() {
    let dir = Dir::new();
    let store = open(&dir.data()).await;
    let (cam, log) = (name("cam"), store.hls_log(&limits()));
    store.hls_take(APP, &cam, 10, NOW).await.unwrap();
    log.record(APP, &cam, HlsChange::Raise(numbers(20, 12, 5_000)), NOW);
    log.record(APP, &cam, HlsChange::Raise(numbers(15, 3, 4_000)), NOW);
    log.flush().await;
    assert_eq!(store.reader().hls_state(APP, &cam).await.unwrap(), Some(numbers(20, 12, 5_000)));
    let give_back = HlsChange::GiveBack { taken: numbers(20, 12, 5_000), unused: numbers(17, 2, 5_000) };
    log.record(APP, &cam, give_back.clone(), NOW);
    log.flush().await;
    assert_eq!(store.hls_take(APP, &cam, 10, NOW).await.unwrap(), numbers(17, 2, 5_000));
    // The same again comes too late: another run has taken more.
    log.record(APP, &cam, give_back, NOW);
    log.flush().await;
    assert_eq!(store.reader().hls_state(APP, &cam).await.unwrap(), Some(numbers(27, 12, 5_000)));
    assert_eq!(log.lost(), 0);
}

#[tokio::test]
async fn streams_that_were_played_longest_ago_are_forgotten() {
    let dir = Dir::new();
    let store = Store::open(&dir.data(), &Limits { hls_streams_kept_max: 3, ..limits() }).await.unwrap();
    for at in 0..6 {
        store.hls_take(APP, &name(&format!("s{at}")), 1, UnixMs(NOW.0 + at)).await.unwrap();
    }
    let mut kept = Vec::new();
    for at in 0..6 {
        kept.push(store.reader().hls_state(APP, &name(&format!("s{at}"))).await.unwrap().is_some());
    }
    assert_eq!(kept, [false, false, false, true, true, true]);
}

#[tokio::test]
async fn a_full_queue_counts_and_drops() {
    let dir = Dir::new();
    let store = open(&dir.data()).await;
    let log = store.hls_log(&Limits { event_queue_max: 2, ..limits() });
    let raise = || HlsChange::Raise(numbers(1, 1, 1));
    assert!(log.record(APP, &name("a"), raise(), NOW) && log.record(APP, &name("a"), raise(), NOW));
    assert!(!log.record(APP, &name("a"), raise(), NOW));
    assert_eq!(log.lost(), 1);
}
