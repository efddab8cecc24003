use std::borrow::Cow;

use sqlx::Row;
use vivace_base::Limits;

use super::{Dir, event, limits, open};
use crate::events::REFUSALS;
use crate::{EventCounts, EventKind, LiveEvent, Store};

fn refusal(detail: &str) -> LiveEvent {
    let table = Some(Cow::Borrowed("lvb-access"));
    LiveEvent { table, code: Some(4_100), ..event(EventKind::RefusedPublish, detail) }
}

#[tokio::test]
async fn refusals_come_back_whole_and_newest_first_without_the_rest() {
    let dir = Dir::new();
    let store = open(&dir.data()).await;
    let play = LiveEvent { stream: None, ..event(EventKind::RefusedPlay, "two") };
    let batch = [refusal("one"), event(EventKind::Published, ""), play.clone(), refusal("three")];
    store.append_events(&batch).await.unwrap();
    assert_eq!(store.recent_refusals(2).await.unwrap(), [refusal("three"), play]);
    assert_eq!(store.recent_refusals(u32::MAX).await.unwrap().len(), 3);
    assert_eq!(store.recent_refusals(0).await.unwrap(), []);
}

#[tokio::test]
async fn the_list_of_refusals_is_read_by_its_index() {
    let dir = Dir::new();
    let store = open(&dir.data()).await;
    let explain = sqlx::AssertSqlSafe(format!("EXPLAIN QUERY PLAN {REFUSALS}"));
    let plan = sqlx::query(explain).bind(10_i64).fetch_all(&store.writer).await.unwrap();
    let plan: Vec<String> = plan.iter().map(|step| step.get("detail")).collect();
    assert!(plan.len() == 1 && plan[0].contains("live_events_refused"), "{plan:?}");
}

#[tokio::test]
async fn the_oldest_events_go_when_there_are_too_many() {
    let dir = Dir::new();
    let store = Store::open(&dir.data(), &Limits { events_kept_max: 10, ..limits() }).await.unwrap();
    for number in 0..25 {
        store.append_events(&[refusal(&number.to_string())]).await.unwrap();
    }
    assert_eq!(store.reader().events_count().await.unwrap(), 10);
    let kept = store.recent_refusals(100).await.unwrap();
    assert_eq!((kept[0].detail.as_str(), kept[9].detail.as_str()), ("24", "15"));
}

#[tokio::test]
async fn long_texts_are_cut_between_characters() {
    let dir = Dir::new();
    let store = Store::open(&dir.data(), &Limits { event_text_bytes_max: 4, ..limits() }).await.unwrap();
    let long = LiveEvent { stream: Some("x".repeat(10_000)), ..refusal("aäää") };
    store.append_events(&[long]).await.unwrap();
    let kept = store.recent_refusals(1).await.unwrap();
    assert_eq!((kept[0].detail.as_str(), kept[0].stream.as_deref()), ("aä", Some("xxxx")));
}

#[tokio::test]
async fn what_is_recorded_is_written_in_its_order() {
    let dir = Dir::new();
    let store = open(&dir.data()).await;
    let log = store.event_log(&Limits { event_batch_max: 7, ..limits() });
    for number in 0..100 {
        log.record(refusal(&number.to_string()));
    }
    log.flush().await;
    assert_eq!(log.counts(), EventCounts { written: 100, overflowed: 0, failed: 0 });
    let kept: Vec<_> = store.recent_refusals(100).await.unwrap().into_iter().map(|event| event.detail).collect();
    assert_eq!(kept, (0..100).rev().map(|number| number.to_string()).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_batch_takes_no_memory_before_it_is_there() {
    let dir = Dir::new();
    let store = open(&dir.data()).await;
    let log = store.event_log(&Limits { event_batch_max: usize::MAX, ..limits() });
    log.record(refusal("one"));
    log.flush().await;
    assert_eq!(log.counts(), EventCounts { written: 1, overflowed: 0, failed: 0 });
}

#[tokio::test]
async fn a_full_queue_counts_and_drops_instead_of_waiting() {
    let dir = Dir::new();
    let store = open(&dir.data()).await;
    let log = store.event_log(&Limits { event_queue_max: 3, ..limits() });
    // On this runtime of one thread the writer has no turn before the first await.
    for number in 0..10 {
        log.record(refusal(&number.to_string()));
    }
    assert_eq!(log.counts().overflowed, 7);
    log.flush().await;
    assert_eq!(log.counts(), EventCounts { written: 3, overflowed: 7, failed: 0 });
    assert_eq!(store.recent_refusals(10).await.unwrap()[0].detail, "2");
}

#[tokio::test]
async fn a_shutdown_writes_what_waits_and_takes_nothing_more() {
    let dir = Dir::new();
    let store = open(&dir.data()).await;
    let log = store.event_log(&limits());
    for _ in 0..50 {
        log.record(refusal("before"));
    }
    log.shutdown().await;
    assert_eq!(store.reader().events_count().await.unwrap(), 50);
    log.record(refusal("after"));
    log.flush().await;
    log.shutdown().await;
    assert_eq!(log.counts(), EventCounts { written: 50, overflowed: 1, failed: 0 });
}

#[tokio::test]
async fn the_newest_time_is_that_of_the_newest_event() {
    let dir = Dir::new();
    let store = open(&dir.data()).await;
    assert_eq!(store.reader().newest_at().await.unwrap(), None);
    let at = |at| LiveEvent { at: vivace_base::UnixMs(at), ..event(EventKind::Published, "") };
    store.append_events(&[at(7), at(9), at(8)]).await.unwrap();
    assert_eq!(store.reader().newest_at().await.unwrap(), Some(vivace_base::UnixMs(9)));
}
