use sqlx::Row;
use vivace_base::{AppId, Limits, Secret, StreamName, UnixMs};
use vivace_domain::hook::HookKind;

use super::recordings::{behind_damaged, whole};
use super::{Dir, NOW, limits, open};
use crate::{
    CallbackRule, CallbackTarget, HookFilter, HookRecord, HookState, NewHook, NewTemplate, OpenPush, Recorded, Settled,
    Store,
};

const APP: AppId = AppId(1);

fn stream(name: &str) -> StreamName {
    StreamName::parse(name).unwrap()
}

fn hook(name: &str, body: &str) -> NewHook {
    NewHook {
        app: APP,
        stream: stream(name),
        kind: HookKind::PushBegan,
        url: "http://a.example/x".to_owned(),
        host: "a.example".to_owned(),
        template: None,
        body: body.to_owned(),
    }
}

fn told(name: &str, body: &str) -> HookRecord {
    HookRecord::Told(hook(name, body))
}

fn push(sequence: u64, name: &str) -> OpenPush {
    OpenPush {
        sequence,
        app: APP,
        stream: stream(name),
        channel: name.to_owned(),
        domain: "push.example".to_owned(),
        path: "live".to_owned(),
        node: "192.0.2.9".to_owned(),
        user_ip: "192.0.2.1".to_owned(),
        stream_param: "txSecret=1".to_owned(),
        began_at: NOW,
        seen_at: NOW,
    }
}

async fn bodies(store: &Store, now: UnixMs) -> Vec<String> {
    let due = store.reader().due_hooks(now, &[], &[], 100).await.unwrap();
    whole(due).into_iter().map(|hook| hook.body).collect()
}

async fn seq_of(store: &Store, body: &str) -> i64 {
    let all = store.reader().hooks(APP, &HookFilter::default(), 1_000).await.unwrap();
    all.into_iter().find(|hook| hook.body == body).unwrap().seq
}

const fn later(ms: i64) -> UnixMs {
    UnixMs(NOW.0 + ms)
}

#[tokio::test]
async fn only_the_head_of_a_streams_line_is_due_and_it_blocks_no_other_stream() {
    let dir = Dir::new();
    let store = open(&dir.data()).await;
    let records = [told("a", "a1"), told("a", "a2"), told("b", "b1"), told("a", "a3")];
    let done = store.record_hooks(&records, NOW).await.unwrap();
    assert_eq!(done, Recorded { written: 4, dropped: 0 });
    assert_eq!(bodies(&store, NOW).await, ["a1", "b1"]);
    let a1 = seq_of(&store, "a1").await;
    let again = Settled::Again { at: later(5), error: "no".to_owned() };
    store.settle_hooks(&[(a1, again)], NOW).await.unwrap();
    assert_eq!(bodies(&store, later(4)).await, ["b1"]);
    assert_eq!(store.reader().hooks_next_at().await.unwrap(), Some(NOW));
    store.settle_hooks(&[(seq_of(&store, "b1").await, Settled::Delivered)], NOW).await.unwrap();
    assert_eq!(store.reader().hooks_next_at().await.unwrap(), Some(later(5)));
    assert_eq!(bodies(&store, later(5)).await, ["a1"]);
    store.settle_hooks(&[(a1, Settled::Delivered)], later(6)).await.unwrap();
    assert_eq!(bodies(&store, later(6)).await, ["a2"]);
    let dead = Settled::Dead { error: "x".repeat(5_000) };
    store.settle_hooks(&[(seq_of(&store, "a2").await, dead)], later(7)).await.unwrap();
    assert_eq!(bodies(&store, later(7)).await, ["a3"]);
    assert_eq!(store.reader().hooks_waiting().await.unwrap(), (1, Some(NOW)));
    let filter = HookFilter { state: Some(HookState::Dead), ..HookFilter::default() };
    let dead = store.reader().hooks(APP, &filter, 10).await.unwrap();
    assert_eq!((dead[0].attempts, dead[0].settled_at), (1, Some(later(7))));
    assert_eq!(dead[0].last_error.as_ref().map(String::len), Some(limits().event_text_bytes_max));
    let filter =
        HookFilter { state: Some(HookState::Delivered), stream: Some("a".to_owned()), ..HookFilter::default() };
    let delivered = store.reader().hooks(APP, &filter, 10).await.unwrap();
    assert_eq!((delivered.len(), delivered[0].attempts, delivered[0].last_error.as_ref()), (1, 2, None));
    assert!(store.reader().hooks(AppId(2), &HookFilter::default(), 10).await.unwrap().is_empty());
}

#[tokio::test]
async fn what_is_tried_and_hosts_that_have_enough_are_left_out() {
    let dir = Dir::new();
    let store = open(&dir.data()).await;
    let other = NewHook { host: "b.example:8080".to_owned(), ..hook("b", "b1") };
    let records = [told("a", "a1"), HookRecord::Told(other), told("c", "c1")];
    store.record_hooks(&records, NOW).await.unwrap();
    let a1 = seq_of(&store, "a1").await;
    let due = async |seqs: &[i64], hosts: &[&str], count| {
        let hosts: Vec<_> = hosts.iter().map(|host| (*host).to_owned()).collect();
        let due = store.reader().due_hooks(NOW, seqs, &hosts, count).await.unwrap();
        whole(due).into_iter().map(|hook| hook.body).collect::<Vec<_>>()
    };
    assert_eq!(due(&[a1], &[], 10).await, ["b1", "c1"]);
    assert_eq!(due(&[], &["a.example"], 10).await, ["b1"]);
    assert_eq!(due(&[], &["b.example:8080"], 1).await, ["a1"]);
}

#[tokio::test]
async fn a_damaged_event_hides_none_behind_it_and_can_be_given_up() {
    let dir = Dir::new();
    let store = open(&dir.data()).await;
    store.record_hooks(&[told("a", "a1"), told("b", "b1"), told("a", "a2")], NOW).await.unwrap();
    let mut write = store.write(crate::Operation::WriteHooks).await.unwrap();
    sqlx::query("UPDATE outbox SET kind = -1 WHERE body = 'a1'").execute(&mut *write).await.unwrap();
    write.commit().await.unwrap();
    let (next, seq) = behind_damaged(store.reader().due_hooks(NOW, &[], &[], 9).await.unwrap());
    assert_eq!((next.body.as_str(), seq), ("b1", 1));
    store.settle_hooks(&[(seq, Settled::Dead { error: "damaged".to_owned() })], NOW).await.unwrap();
    assert_eq!(bodies(&store, NOW).await, ["b1", "a2"]);
}

#[tokio::test]
async fn a_full_outbox_forgets_what_is_settled_and_never_what_waits() {
    let dir = Dir::new();
    let store = Store::open(&dir.data(), &Limits { outbox_rows_max: 4, ..limits() }).await.unwrap();
    let records: Vec<_> = (0..4).map(|at| told(&format!("s{at}"), &at.to_string())).collect();
    store.record_hooks(&records, NOW).await.unwrap();
    store.settle_hooks(&[(seq_of(&store, "0").await, Settled::Delivered)], NOW).await.unwrap();
    let done = store.record_hooks(&[told("x", "4"), told("x", "5")], NOW).await.unwrap();
    assert_eq!(done, Recorded { written: 1, dropped: 1 });
    let kept = store.reader().hooks(APP, &HookFilter::default(), 10).await.unwrap();
    assert_eq!(kept.iter().map(|hook| hook.body.as_str()).collect::<Vec<_>>(), ["4", "3", "2", "1"]);
    // A push that ends is closed even where nothing can be told of it.
    store.record_hooks(&[HookRecord::Began { push: push(7, "y"), hook: Some(hook("y", "6")) }], NOW).await.unwrap();
    assert_eq!(store.reader().open_pushes().await.unwrap().len(), 1);
    store.record_hooks(&[HookRecord::Ended { sequence: 7, hook: None }], NOW).await.unwrap();
    assert!(store.reader().open_pushes().await.unwrap().is_empty());
}

#[tokio::test]
async fn what_was_given_up_can_be_sent_once_more_at_the_end_of_its_line() {
    let dir = Dir::new();
    let store = open(&dir.data()).await;
    store.record_hooks(&[told("a", "a1"), told("a", "a2")], NOW).await.unwrap();
    let a1 = seq_of(&store, "a1").await;
    assert_eq!(store.resend_hook(APP, a1, NOW).await.unwrap(), None, "it waits");
    store.settle_hooks(&[(a1, Settled::Dead { error: String::new() })], NOW).await.unwrap();
    assert_eq!(store.resend_hook(AppId(2), a1, NOW).await.unwrap(), None, "another app's");
    let again = store.resend_hook(APP, a1, later(1)).await.unwrap().unwrap();
    assert!(again > a1);
    assert_eq!(bodies(&store, later(1)).await, ["a2"]);
    store.settle_hooks(&[(seq_of(&store, "a2").await, Settled::Delivered)], later(2)).await.unwrap();
    assert_eq!(bodies(&store, later(2)).await, ["a1"]);
    let (a2, full) = (seq_of(&store, "a2").await, Limits { outbox_rows_max: 1, ..limits() });
    store.close().await;
    let store = Store::open(&dir.data(), &full).await.unwrap();
    // The copy takes the place of what is settled, the original included.
    assert!(store.resend_hook(APP, a2, later(3)).await.unwrap().is_some());
    assert_eq!(store.reader().hooks(APP, &HookFilter::default(), 10).await.unwrap().len(), 2);
}

#[tokio::test]
async fn pushes_that_are_open_outlive_the_process() {
    let dir = Dir::new();
    let store = open(&dir.data()).await;
    let (one, two) = (push(u64::MAX, "a"), OpenPush { began_at: later(1), seen_at: later(1), ..push(2, "b") });
    for push in [&one, &two] {
        let record = HookRecord::Began { push: push.clone(), hook: Some(hook(push.stream.as_str(), "{}")) };
        store.record_hooks(&[record], NOW).await.unwrap();
    }
    store.pushes_seen(later(9)).await.unwrap();
    store.close().await;
    let store = open(&dir.data()).await;
    let open = store.reader().open_pushes().await.unwrap();
    assert_eq!(open, [OpenPush { seen_at: later(9), ..one }, OpenPush { seen_at: later(9), ..two }]);
    store.record_hooks(&[HookRecord::Ended { sequence: u64::MAX, hook: None }], NOW).await.unwrap();
    assert_eq!(store.reader().open_pushes().await.unwrap().len(), 1);
}

fn template(name: &str, urls: &[(HookKind, &str)]) -> NewTemplate {
    NewTemplate {
        name: name.to_owned(),
        description: String::new(),
        callback_key: Some(Secret::new("k".to_owned())),
        urls: urls.iter().map(|(kind, url)| (*kind, (*url).to_owned())).collect(),
    }
}

#[tokio::test]
async fn the_rule_that_names_the_most_decides_alone() {
    let dir = Dir::new();
    let store = open(&dir.data()).await;
    let began = HookKind::PushBegan;
    let target = async |domain: &str, path: &str, name: &str, kind| {
        let found = store.reader().callback_target(APP, domain, path, &stream(name), kind).await.unwrap();
        found.map(|CallbackTarget { url, .. }| url)
    };
    assert_eq!(target("d", "live", "s", began).await, None);
    for (name, domain, path, stream) in
        [("1", "d", "", ""), ("2", "d", "live", ""), ("3", "d", "live", "s"), ("4", "", "", "t")]
    {
        let id = store.create_callback_template(APP, &template(name, &[(began, name)]), NOW).await.unwrap();
        let rule = |template| CallbackRule {
            domain: domain.to_owned(),
            path: path.to_owned(),
            stream: stream.to_owned(),
            template,
            created_at: NOW,
        };
        assert!(store.put_callback_rule(APP, &rule(id)).await.unwrap());
        assert!(!store.put_callback_rule(APP, &rule(id + 99)).await.unwrap(), "no such template");
        assert!(!store.put_callback_rule(AppId(2), &rule(id)).await.unwrap(), "another app's template");
    }
    let url = |text: &str| Some(Some(text.to_owned()));
    assert_eq!(target("d", "other", "s", began).await, url("1"));
    assert_eq!(target("d", "live", "x", began).await, url("2"));
    assert_eq!(target("d", "live", "s", began).await, url("3"));
    assert_eq!(target("d", "live", "t", began).await, url("4"));
    assert_eq!(target("e", "live", "x", began).await, None);
    // A template without an address for a kind of event wants none of it.
    assert_eq!(target("d", "live", "s", HookKind::PushEnded).await, Some(None));
    assert_eq!(store.reader().callback_rules(APP).await.unwrap().len(), 4);
    assert!(!store.delete_callback_template(APP, 3).await.unwrap(), "a rule uses it");
    assert!(store.delete_callback_rule(APP, "d", "live", "s").await.unwrap());
    assert!(!store.delete_callback_rule(APP, "d", "live", "s").await.unwrap());
    assert!(store.delete_callback_template(APP, 3).await.unwrap());
    let changed = template("two", &[(HookKind::PushEnded, "x"), (HookKind::Recorded, "y")]);
    assert!(store.change_callback_template(APP, 2, &changed, later(1)).await.unwrap());
    assert!(!store.change_callback_template(APP, 3, &changed, NOW).await.unwrap());
    let found = store.reader().callback_templates(APP, Some(2)).await.unwrap();
    assert_eq!((found.len(), &found[0].content, found[0].updated_at), (1, &changed, later(1)));
    assert_eq!(store.reader().callback_templates(APP, None).await.unwrap().len(), 3);
    assert!(store.reader().callback_templates(AppId(2), None).await.unwrap().is_empty());
}

#[tokio::test]
async fn what_is_due_is_found_by_an_index() {
    let dir = Dir::new();
    let store = open(&dir.data()).await;
    for (query, index) in [
        ("SELECT MIN(next_at) FROM outbox WHERE next_at IS NOT NULL", "outbox_due"),
        ("SELECT seq FROM outbox WHERE next_at <= 5 ORDER BY next_at, seq LIMIT 3", "outbox_due"),
        ("SELECT MIN(seq) FROM outbox WHERE app = 1 AND stream = 'a' AND state = 'waiting'", "outbox_waiting"),
        ("SELECT COUNT(*) FROM outbox WHERE state <> 'waiting'", "outbox_settled"),
    ] {
        let explain = sqlx::AssertSqlSafe(format!("EXPLAIN QUERY PLAN {query}"));
        let plan = sqlx::query(explain).fetch_all(&store.writer).await.unwrap();
        let plan: Vec<String> = plan.iter().map(|step| step.get("detail")).collect();
        assert!(plan[0].contains(index), "{query}: {plan:?}");
    }
}
