use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use vivace_base::{AppId, Clock, Limits, MonoMs, Secret, StreamName, UnixMs};
use vivace_domain::hook::{CallbackFault, HookFault, HookKind};
use vivace_store::{AuditFilter, CallbackRule, HookFilter, HookRecord, NewAudit, NewHook, NewTemplate, Settled, Store};

use super::{CallbackParts, CallbackRules};
use crate::Caller;

const APP: AppId = AppId(1);

struct Still;

impl Clock for Still {
    fn unix(&self) -> UnixMs {
        UnixMs(1_700_000_000_000)
    }

    fn mono(&self) -> MonoMs {
        MonoMs(0)
    }
}

struct Scene {
    rules: Arc<CallbackRules>,
    store: Store,
    data: PathBuf,
}

impl Drop for Scene {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.data);
    }
}

async fn scene(limits: Limits) -> Scene {
    static MADE: AtomicU64 = AtomicU64::new(0);
    let number = MADE.fetch_add(1, Relaxed);
    let data = std::env::temp_dir().join(format!("vivace-gate-callbacks-{}-{number}", std::process::id()));
    let store = Store::open(&data, &limits).await.expect("a store");
    let parts = CallbackParts { store: store.clone(), clock: Arc::new(Still), limits: limits.into() };
    Scene { rules: CallbackRules::new(parts), store, data }
}

/// The changes that were noted, in their order.
async fn notes(scene: &Scene) -> Vec<NewAudit> {
    let rows = scene.store.reader().audit(APP, &AuditFilter::default(), 100).await.expect("readable");
    rows.into_iter().rev().map(|row| row.change).collect()
}

fn caller() -> Caller {
    Caller { face: "test", who: "t".to_owned(), peer: None }
}

fn template(url: &str) -> NewTemplate {
    NewTemplate {
        name: "n".to_owned(),
        description: String::new(),
        callback_key: Some(Secret::new("hunter2".to_owned())),
        urls: vec![(HookKind::PushBegan, url.to_owned())],
    }
}

fn rule(stream: &str, template: i64) -> CallbackRule {
    CallbackRule {
        domain: "d".to_owned(),
        path: "live".to_owned(),
        stream: stream.to_owned(),
        template,
        created_at: UnixMs(0),
    }
}

#[tokio::test]
async fn every_change_is_noted_without_keys() {
    let scene = scene(Limits::default()).await;
    let (rules, caller) = (&scene.rules, caller());
    let id = rules.create_template(APP, &caller, &template("http://a.example/x?key=hunter2")).await.expect("made");
    rules.change_template(APP, &caller, id, &template("http://b.example/")).await.expect("changed");
    rules.put_rule(APP, &caller, &rule("s", id)).await.expect("put");
    rules.put_rule(APP, &caller, &rule("s", id)).await.expect("put again");
    assert_eq!(rules.delete_template(APP, &caller, id).await, Err(CallbackFault::TemplateUsed { id }));
    rules.delete_rule(APP, &caller, ("d", "live", "s")).await.expect("deleted");
    rules.delete_template(APP, &caller, id).await.expect("deleted");
    let notes = notes(&scene).await;
    let operations: Vec<_> = notes.iter().map(|note| note.operation.as_str()).collect();
    let expected = ["create", "change", "put", "put", "delete", "delete"];
    assert!(operations.iter().zip(expected).all(|(operation, end)| operation.ends_with(end)), "{operations:?}");
    assert!(!format!("{notes:?}").contains("hunter2"), "{notes:?}");
    assert_eq!((notes[2].before.as_deref(), notes[3].before.is_some()), (None, true));
    assert_eq!(notes[2].subject, "callback_rule/d/live/s");
}

#[tokio::test]
async fn what_is_not_right_is_told_by_its_field() {
    let scene = scene(Limits { callback_templates_max: 1, callback_rules_max: 1, ..Limits::default() }).await;
    let (rules, caller) = (&scene.rules, caller());
    let create = async |new: NewTemplate| rules.create_template(APP, &caller, &new).await;
    let good = template("http://a.example/");
    assert_eq!(
        create(NewTemplate { name: String::new(), ..good.clone() }).await,
        Err(CallbackFault::Empty { field: "name" })
    );
    let long = NewTemplate { description: "x".repeat(129), ..good.clone() };
    assert_eq!(create(long).await, Err(CallbackFault::TooLong { field: "description", bytes: 129, max: 128 }));
    let key = NewTemplate { callback_key: Some(Secret::new(String::new())), ..good.clone() };
    assert_eq!(create(key).await, Err(CallbackFault::Empty { field: "callback_key" }));
    let odd = CallbackFault::Url { kind: HookKind::PushBegan, fault: HookFault::Scheme };
    assert_eq!(create(template("ftp://a")).await, Err(odd));
    let twice = NewTemplate { urls: [good.urls.clone(), good.urls.clone()].concat(), ..good.clone() };
    assert_eq!(create(twice).await, Err(CallbackFault::TwoUrls { kind: HookKind::PushBegan }));
    let id = create(good.clone()).await.expect("made");
    assert_eq!(create(good.clone()).await, Err(CallbackFault::Quota { what: "templates", limit: 1 }));
    let unknown = CallbackFault::TemplateUnknown { id: id + 1 };
    assert_eq!(rules.change_template(APP, &caller, id + 1, &good).await, Err(unknown.clone()));
    assert_eq!(rules.delete_template(APP, &caller, id + 1).await, Err(unknown.clone()));
    assert_eq!(rules.templates(AppId(2), Some(id)).await, Err(CallbackFault::TemplateUnknown { id }));
    assert_eq!(rules.put_rule(APP, &caller, &rule("s", id + 1)).await, Err(unknown));
    rules.put_rule(APP, &caller, &rule("s", id)).await.expect("put");
    let full = Err(CallbackFault::Quota { what: "rules", limit: 1 });
    assert_eq!(rules.put_rule(APP, &caller, &rule("t", id)).await, full);
    assert_eq!(rules.delete_rule(APP, &caller, ("d", "live", "t")).await, Err(CallbackFault::RuleUnknown));
    let long = Err(CallbackFault::TooLong { field: "stream", bytes: 200, max: 128 });
    assert_eq!(rules.put_rule(APP, &caller, &rule(&"s".repeat(200), id)).await, long);
}

#[tokio::test]
async fn an_event_that_is_settled_is_sent_once_more() {
    let scene = scene(Limits::default()).await;
    let (rules, caller) = (&scene.rules, caller());
    let hook = NewHook {
        app: APP,
        stream: StreamName::parse("a").expect("a name"),
        kind: HookKind::PushBegan,
        url: "http://a.example/".to_owned(),
        host: "a.example".to_owned(),
        template: None,
        body: "{}".to_owned(),
    };
    scene.store.record_hooks(&[HookRecord::Told(hook)], UnixMs(0)).await.expect("written");
    let seq = rules.events(APP, &HookFilter::default(), 10).await.expect("read")[0].seq;
    assert_eq!(rules.send_again(APP, &caller, seq).await, Err(CallbackFault::EventWaits { seq }));
    assert_eq!(rules.send_again(AppId(2), &caller, seq).await, Err(CallbackFault::EventUnknown { seq }));
    let dead = Settled::Dead { error: "no".to_owned() };
    scene.store.settle_hooks(&[(seq, dead)], UnixMs(1)).await.expect("written");
    let again = rules.send_again(APP, &caller, seq).await.expect("sent");
    assert!(again > seq);
    assert_eq!(rules.send_again(APP, &caller, i64::MAX).await, Err(CallbackFault::EventUnknown { seq: i64::MAX }));
    let notes = notes(&scene).await;
    assert_eq!((notes.len(), notes[0].operation.as_str()), (1, "callback.send_again"));
    scene.store.close().await;
    assert_eq!(rules.events(APP, &HookFilter::default(), 10).await, Err(CallbackFault::Unreadable));
    assert_eq!(rules.delete_rule(APP, &caller, ("", "", "")).await, Err(CallbackFault::Unreadable));
}

#[tokio::test]
async fn a_change_whose_caller_goes_away_is_made_and_noted() {
    let scene = scene(Limits::default()).await;
    let (new, caller) = (template("http://a.example/cb"), caller());
    tokio::select! {
        biased;
        _ = scene.rules.create_template(APP, &caller, &new) => panic!("the store answers later"),
        () = std::future::ready(()) => {}
    }
    scene.rules.finish().await;
    assert_eq!(scene.rules.templates(APP, None).await.expect("readable").len(), 1);
    assert_eq!(notes(&scene).await.len(), 1);
}
