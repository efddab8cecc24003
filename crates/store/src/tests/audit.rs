use vivace_base::{AppId, Limits};
use vivace_domain::app::KeyName;

use super::{Dir, NOW, Seeded, event, limits, open};
use crate::{AuditFilter, EventFilter, EventKind, FIRST_APP, LiveEvent, NewAudit, Store};

fn change(subject: &str, after: Option<&str>) -> NewAudit {
    NewAudit {
        at: NOW,
        app: FIRST_APP,
        face: "api".to_owned(),
        who: "api_token".to_owned(),
        peer: Some("192.0.2.1".to_owned()),
        operation: "list.set".to_owned(),
        subject: subject.to_owned(),
        before: None,
        after: after.map(str::to_owned),
    }
}

#[tokio::test]
async fn changes_are_there_after_a_new_start_and_are_paged_from_the_newest() {
    let dir = Dir::new();
    let store = open(&dir.data()).await;
    for number in 0..5 {
        store.append_audit(&change(if number % 2 == 0 { "a" } else { "b" }, Some("{}"))).await.unwrap();
    }
    store.close().await;
    let store = open(&dir.data()).await;
    let reader = store.reader();
    let ids = async |subject: Option<&str>, before, count| {
        let filter = AuditFilter { subject: subject.map(str::to_owned), before };
        let rows = reader.audit(FIRST_APP, &filter, count).await.unwrap();
        rows.into_iter().map(|row| row.id).collect::<Vec<_>>()
    };
    assert_eq!(ids(None, None, 2).await, [5, 4]);
    assert_eq!(ids(None, Some(4), 9).await, [3, 2, 1]);
    assert_eq!(ids(Some("b"), None, 9).await, [4, 2]);
    assert_eq!(reader.audit_of(FIRST_APP, 3).await.unwrap().unwrap().change, change("a", Some("{}")));
    assert_eq!(reader.audit_of(AppId(9), 3).await.unwrap(), None);
    assert_eq!(reader.audit_newer(FIRST_APP, "a", 3).await.unwrap(), Some(5));
    assert_eq!(reader.audit_newer(FIRST_APP, "a", 5).await.unwrap(), None);
    store.append_audit(&change("a", None)).await.unwrap();
    assert_eq!(reader.audit_newer(FIRST_APP, "a", 5).await.unwrap(), None, "it says nothing of how the subject is");
}

#[tokio::test]
async fn the_oldest_changes_go_first() {
    let dir = Dir::new();
    let store = Store::open(&dir.data(), &Limits { audit_rows_max: 3, ..limits() }).await.unwrap();
    for _ in 0..10 {
        store.append_audit(&change("a", None)).await.unwrap();
    }
    let rows = store.reader().audit(FIRST_APP, &AuditFilter::default(), 100).await.unwrap();
    assert_eq!(rows.into_iter().map(|row| row.id).collect::<Vec<_>>(), [10, 9, 8]);
}

#[tokio::test]
async fn events_are_paged_by_kind_stream_and_code() {
    let dir = Dir::new();
    let store = open(&dir.data()).await;
    let other = LiveEvent { stream: Some("other".to_owned()), ..event(EventKind::Ended, "b") };
    let coded =
        LiveEvent { table: Some("lvb-video".into()), code: Some(20_108), ..event(EventKind::RefusedPublish, "c") };
    store.append_events(&[event(EventKind::Published, "a"), other, coded]).await.unwrap();
    let details = async |filter: EventFilter| {
        let rows = store.reader().events(&filter, 10).await.unwrap();
        rows.into_iter().map(|row| row.event.detail).collect::<String>()
    };
    assert_eq!(details(EventFilter::default()).await, "cba");
    assert_eq!(details(EventFilter { before: Some(3), ..EventFilter::default() }).await, "ba");
    assert_eq!(details(EventFilter { coded: true, ..EventFilter::default() }).await, "c");
    assert_eq!(details(EventFilter { kind: Some(EventKind::Ended), ..EventFilter::default() }).await, "b");
    assert_eq!(details(EventFilter { stream: Some("cam".to_owned()), ..EventFilter::default() }).await, "ca");
}

#[tokio::test]
async fn a_key_that_is_replaced_stays_good_as_the_second_one() {
    let dir = Dir::new();
    let (store, rng) = (open(&dir.data()).await, Seeded::new(7));
    let (app, _) = store.app_or_create(&rng, NOW).await.unwrap();
    for name in KeyName::ALL {
        let before = store.app(app.id).await.unwrap().unwrap();
        let fresh = name.fresh(&rng);
        let after = store.rotate_key(app.id, name, &fresh).await.unwrap().unwrap();
        assert_eq!(name.of(&after.keys), &fresh, "{name:?}");
        assert_eq!(fresh.reveal().len(), name.of(&before.keys).reveal().len(), "{name:?}");
        if let Some(backup) = name.backup() {
            assert_eq!(backup.of(&after.keys), name.of(&before.keys), "{name:?}");
        }
        let touched = KeyName::ALL.into_iter().filter(|one| one.of(&after.keys) != one.of(&before.keys));
        assert_eq!(touched.count(), 1 + usize::from(name.backup().is_some()), "{name:?}");
    }
    assert_eq!(store.rotate_key(AppId(9), KeyName::Api, &KeyName::Api.fresh(&rng)).await.unwrap(), None);
}
