//! Both tasks over a store in a folder of their own, against receivers on this machine.

mod receiver;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions as _, Connection as _};
use vivace_base::{AppId, Clock, Limits, MonoMs, Secret, StreamName, UnixMs};
use vivace_domain::hook::{HookAnswer, HookKind, HookSuccess, HookUrl, Retry};
use vivace_domain::live::{MediaFault, Unpublish};
use vivace_net::outbound::{Allow, Outbound};
use vivace_store::{CallbackRule, HookFilter, HookState, NewTemplate, OpenPush, Store};

use crate::post::judge;
use crate::{CallbackEvent, CallbackSettings, Callbacks, Face, Parts, PushEnd, PushErrors, REASONS};
use receiver::{Receiver, Reply};

const APP: AppId = AppId(1);

pub(crate) struct Dir(pub(crate) PathBuf);

impl Dir {
    pub(crate) fn new() -> Self {
        static MADE: AtomicU64 = AtomicU64::new(0);
        let number = MADE.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("vivace-worker-{}-{number}", std::process::id()));
        std::fs::create_dir(&path).unwrap();
        Self(path)
    }
}

impl Drop for Dir {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A clock that runs, and that a test may set ahead.
struct Ahead {
    began: tokio::time::Instant,
    ms: AtomicI64,
}

impl Clock for Ahead {
    fn mono(&self) -> MonoMs {
        MonoMs(self.now())
    }

    fn unix(&self) -> UnixMs {
        UnixMs(1_700_000_000_000 + i64::try_from(self.now()).unwrap())
    }
}

impl Ahead {
    fn now(&self) -> u64 {
        let passed = u64::try_from(self.began.elapsed().as_millis()).unwrap();
        passed.saturating_add_signed(self.ms.load(Ordering::Relaxed))
    }
}

/// Words of as few letters as tell one event from another.
struct Words;

impl Face for Words {
    fn began(&self, push: &OpenPush) -> String {
        format!("{{\"e\":\"{} 1 {}\"}}", push.stream, push.sequence)
    }

    fn ended(&self, push: &OpenPush, end: &PushEnd) -> String {
        format!("{{\"e\":\"{} 0 {} {}\"}}", push.stream, push.sequence, end.fault)
    }

    fn errors(&self, push: &OpenPush, errors: &PushErrors) -> String {
        format!("{{\"e\":\"{} 321 {} {}\"}}", push.stream, push.sequence, errors.interval_ms)
    }

    fn key(&self, _: AppId) -> Secret<String> {
        Secret::new("app key".to_owned())
    }

    fn signed(&self, body: &str, key: &Secret<String>, _: UnixMs) -> Option<Vec<u8>> {
        Some(format!("{body} by {}", key.reveal()).into_bytes())
    }
}

/// What another hand does to the store in a folder.
pub(crate) async fn damage(dir: &Path, sql: &'static str) {
    let file = dir.join(vivace_store::FILE_NAME);
    let mut db = SqliteConnectOptions::new().filename(file).connect().await.unwrap();
    sqlx::query(sql).execute(&mut db).await.unwrap();
    db.close().await.unwrap();
}

struct House {
    dir: Dir,
    store: Store,
    clock: Arc<Ahead>,
    callbacks: Callbacks,
}

fn settings(url: Option<&str>) -> CallbackSettings {
    CallbackSettings {
        url: url.map(|url| HookUrl::parse(url).unwrap()),
        success: HookSuccess::Body,
        retry: Retry { retries: 3, interval_ms: 10, backoff_ms_max: 40, give_up_ms: 60_000 },
        timeout_ms: 2_000,
    }
}

fn start(store: &Store, clock: &Arc<Ahead>, settings: CallbackSettings, allow: Allow, limits: &Limits) -> Callbacks {
    let callbacks = Callbacks::start(Parts {
        store: store.clone(),
        outbound: Arc::new(Outbound::new(allow, None).unwrap()),
        face: Arc::new(Words),
        events: store.event_log(limits),
        clock: clock.clone(),
        limits: limits.clone().into(),
        settings,
        alone: Box::pin(std::future::ready(())),
    });
    callbacks.deliver();
    callbacks
}

async fn house(settings: CallbackSettings, limits: Limits) -> House {
    let dir = Dir::new();
    let store = Store::open(&dir.0, &limits).await.unwrap();
    let clock = Arc::new(Ahead { began: tokio::time::Instant::now(), ms: AtomicI64::new(0) });
    let callbacks = start(&store, &clock, settings, Allow::any(), &limits);
    House { dir, store, clock, callbacks }
}

fn push(sequence: u64, name: &str) -> OpenPush {
    OpenPush {
        sequence,
        app: APP,
        stream: StreamName::parse(name).unwrap(),
        channel: name.to_owned(),
        domain: "push.example".to_owned(),
        path: "live".to_owned(),
        node: String::new(),
        user_ip: String::new(),
        stream_param: String::new(),
        began_at: UnixMs(1_700_000_000_000),
        seen_at: UnixMs(1_700_000_000_000),
    }
}

fn ended(sequence: u64) -> CallbackEvent {
    let fault = MediaFault::Unpublished(Unpublish::DeleteStream);
    CallbackEvent::Ended { sequence, end: PushEnd { at: UnixMs(1_700_000_000_000), fault, size: (0, 0) } }
}

impl House {
    fn run(&self, sequence: u64, name: &str) {
        self.callbacks.record(CallbackEvent::Began(Box::new(push(sequence, name)))).unwrap();
        self.callbacks.record(ended(sequence)).unwrap();
    }

    async fn until(&self, what: &str, met: impl Fn(&crate::CallbackCounts) -> bool) {
        for _ in 0..2_000 {
            if met(&self.callbacks.counts()) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        panic!("waited in vain for {what}: {:?}", self.callbacks.counts());
    }

    fn failed(&self, reason: &str) -> u64 {
        let place = REASONS.iter().position(|known| *known == reason).unwrap();
        self.callbacks.counts().failed[place]
    }
}

const END: &str = "ended by the publisher with deleteStream";

#[tokio::test]
async fn begin_and_end_come_in_order_with_the_signature() {
    let receiver = Receiver::start(|_| Reply::text(200, r#"{"code":0}"#)).await;
    let house = house(settings(Some(&receiver.url("/x?y=1"))), Limits::default()).await;
    house.run(7, "a");
    house.until("two deliveries", |counts| counts.delivered == 2).await;
    let heard = receiver.heard();
    let bodies: Vec<_> = heard.iter().map(|request| request.body.as_str()).collect();
    let end = format!("{{\"e\":\"a 0 7 {END}\"}} by app key");
    assert_eq!(bodies, ["{\"e\":\"a 1 7\"} by app key", end.as_str()]);
    assert!(heard[0].head.starts_with("POST /x?y=1 HTTP/1.1\r\n"), "{}", heard[0].head);
    assert!(heard[0].head.contains("content-type: application/json\r\n"), "{}", heard[0].head);
    assert!(house.store.reader().open_pushes().await.unwrap().is_empty());
}

#[tokio::test]
async fn a_receiver_that_is_down_or_answers_oddly_gets_all_in_order_once_it_is_well() {
    let receiver = Receiver::start(|number| match number {
        0 => Reply::text(500, "no"),
        1 => Reply::text(200, r#"{"code":5}"#),
        2 => Reply::Close,
        3 => Reply::text(302, ""),
        4 => Reply::Flood { first: "{", bytes: 10 << 20 },
        5 => Reply::Garbage,
        _ => Reply::text(200, ""),
    })
    .await;
    let house = house(settings(Some(&receiver.url("/"))), Limits::default()).await;
    house.run(7, "a");
    house.until("two deliveries", |counts| counts.delivered == 2).await;
    for (reason, count) in [("status", 2), ("answer", 2), ("broken", 2)] {
        assert_eq!(house.failed(reason), count, "{reason}: {:?}", house.callbacks.counts());
    }
    let bodies: Vec<_> = receiver.heard().into_iter().map(|request| request.body).collect();
    assert_eq!(bodies.len(), 8);
    assert!(bodies[..7].iter().all(|body| body.contains("a 1 7")) && bodies[7].contains("a 0 7"), "{bodies:?}");
}

#[tokio::test]
async fn a_long_text_that_is_no_object_is_a_success_and_is_not_read() {
    let receiver = Receiver::start(|_| Reply::Flood { first: "<html>", bytes: 10 << 20 }).await;
    let house = house(settings(Some(&receiver.url("/"))), Limits::default()).await;
    house.run(7, "a");
    house.until("two deliveries", |counts| counts.delivered == 2).await;
    assert_eq!(house.callbacks.counts().failed, [0; 8]);
}

#[tokio::test]
async fn a_receiver_that_hangs_blocks_its_own_streams_only() {
    let hanging = Receiver::start(|_| Reply::Hang).await;
    let well = Receiver::start(|_| Reply::text(200, "")).await;
    let settings = CallbackSettings { timeout_ms: 600_000, ..settings(Some(&hanging.url("/"))) };
    let limits = Limits { callback_deliveries_max: 4, callback_deliveries_per_host_max: 2, ..Limits::default() };
    let house = house(settings, limits).await;
    let template = NewTemplate {
        name: "well".to_owned(),
        description: String::new(),
        callback_key: Some(Secret::new("own key".to_owned())),
        urls: vec![(HookKind::PushBegan, well.url("/began"))],
    };
    let id = house.store.create_callback_template(APP, &template, UnixMs(0)).await.unwrap();
    let rule = CallbackRule {
        domain: String::new(),
        path: String::new(),
        stream: "b".to_owned(),
        template: id,
        created_at: UnixMs(0),
    };
    assert!(house.store.put_callback_rule(APP, &rule).await.unwrap());
    for (sequence, name) in ["x1", "x2", "x3", "x4", "x5", "b"].into_iter().enumerate() {
        house.run(sequence as u64, name);
    }
    house.until("the delivery to the other", |counts| counts.delivered == 1).await;
    // No address for the end: nothing is told of it.
    house.callbacks.flush().await;
    let bodies: Vec<_> = well.heard().into_iter().map(|request| request.body).collect();
    assert_eq!(bodies, ["{\"e\":\"b 1 5\"} by own key"]);
    assert!(hanging.heard().len() <= 2, "{:?}", hanging.heard());
}

#[tokio::test]
async fn an_event_that_nobody_takes_is_given_up_listed_and_can_be_sent_again() {
    let receiver = Receiver::start(|number| if number < 3 { Reply::text(404, "") } else { Reply::text(200, "") }).await;
    let retry = Retry { retries: 1, interval_ms: 1_000, backoff_ms_max: 1_000, give_up_ms: 2_500 };
    let house = house(CallbackSettings { retry, ..settings(Some(&receiver.url("/"))) }, Limits::default()).await;
    house.callbacks.record(CallbackEvent::Began(Box::new(push(7, "a")))).unwrap();
    for tries in 1..=3 {
        house.until("a failed try", |counts| counts.failed.iter().sum::<u64>() == tries).await;
        house.clock.ms.fetch_add(1_000, Ordering::Relaxed);
        house.callbacks.wake();
    }
    house.until("the end of patience", |counts| counts.dead == 1).await;
    let filter = HookFilter { state: Some(HookState::Dead), ..HookFilter::default() };
    let dead = loop {
        let dead = house.store.reader().hooks(APP, &filter, 10).await.unwrap();
        if !dead.is_empty() {
            break dead;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    };
    assert_eq!((dead[0].attempts, dead[0].last_error.as_deref()), (3, Some("the answer has status 404, not 200")));
    house.store.resend_hook(APP, dead[0].seq, house.clock.unix()).await.unwrap().unwrap();
    house.callbacks.wake();
    house.until("the delivery", |counts| counts.delivered == 1).await;
}

#[tokio::test]
async fn a_private_address_is_refused_in_words_unless_it_is_allowed() {
    let receiver = Receiver::start(|_| Reply::text(200, "")).await;
    let limits = Limits::default();
    let dir = Dir::new();
    let store = Store::open(&dir.0, &limits).await.unwrap();
    let clock = Arc::new(Ahead { began: tokio::time::Instant::now(), ms: AtomicI64::new(0) });
    let callbacks = start(&store, &clock, settings(Some(&receiver.url("/"))), Allow::default(), &limits);
    let house = House { dir, store, clock, callbacks };
    house.callbacks.record(CallbackEvent::Began(Box::new(push(7, "a")))).unwrap();
    house.until("a refusal", |counts| counts.failed[0] > 0).await;
    house.callbacks.shutdown().await;
    let kept = house.store.reader().hooks(APP, &HookFilter::default(), 1).await.unwrap();
    let said = kept[0].last_error.clone().unwrap();
    assert!(said.contains("127.0.0.1 is a loopback address") && said.contains("outbound.allow"), "{said}");
    assert!(receiver.heard().is_empty());
}

#[tokio::test]
async fn a_push_that_the_process_before_left_open_is_told_as_interrupted() {
    let receiver = Receiver::start(|_| Reply::text(200, "")).await;
    let house = house(settings(None), Limits::default()).await;
    house.callbacks.set(settings(Some(&receiver.url("/"))));
    house.callbacks.record(CallbackEvent::Began(Box::new(push(7, "a")))).unwrap();
    house.until("the begin", |counts| counts.delivered == 1).await;
    house.callbacks.shutdown().await;
    let limits = Limits::default();
    let callbacks = start(&house.store, &house.clock, settings(Some(&receiver.url("/"))), Allow::any(), &limits);
    let next = House { callbacks, ..house };
    next.callbacks.record(CallbackEvent::Began(Box::new(push(8, "a")))).unwrap();
    next.until("both", |counts| counts.delivered == 2).await;
    let bodies: Vec<_> = receiver.heard().into_iter().map(|request| request.body).collect();
    assert!(bodies[1].contains("a 0 7 the server failed") && bodies[2].contains("a 1 8"), "{bodies:?}");
}

#[tokio::test]
async fn a_push_that_takes_over_is_told_behind_the_end_of_the_one_before() {
    let receiver = Receiver::start(|_| Reply::text(200, "")).await;
    let house = house(settings(Some(&receiver.url("/"))), Limits::default()).await;
    for sequence in [7, 8] {
        house.callbacks.record(CallbackEvent::Began(Box::new(push(sequence, "a")))).unwrap();
    }
    house.callbacks.record(ended(7)).unwrap();
    let errors = PushErrors { now: (UnixMs(0), MonoMs(0)), interval_ms: 5, reports: Vec::new() };
    house.callbacks.record(CallbackEvent::Errors { sequence: 8, errors: errors.clone() }).unwrap();
    house.callbacks.record(CallbackEvent::Errors { sequence: 7, errors }).unwrap();
    house.callbacks.record(ended(8)).unwrap();
    house.until("all", |counts| counts.delivered == 5).await;
    let bodies: Vec<_> = receiver.heard().into_iter().map(|request| request.body).collect();
    let expected = ["a 1 7", "a 0 7 replaced", "a 1 8", "a 321 8 5", "a 0 8 ended"];
    assert!(bodies.iter().zip(expected).all(|(body, expected)| body.contains(expected)), "{bodies:?}");
}

#[tokio::test]
async fn without_a_receiver_nothing_is_written() {
    let house = house(settings(None), Limits::default()).await;
    house.run(7, "a");
    house.callbacks.flush().await;
    assert!(house.store.reader().hooks(APP, &HookFilter::default(), 1).await.unwrap().is_empty());
    assert!(house.store.reader().open_pushes().await.unwrap().is_empty());
}

#[tokio::test]
async fn a_full_queue_gives_the_event_back_and_counts_it() {
    let house = house(settings(None), Limits { event_queue_max: 1, ..Limits::default() }).await;
    house.callbacks.record(CallbackEvent::Began(Box::new(push(1, "a")))).unwrap();
    let back = house.callbacks.record(ended(1)).unwrap_err();
    assert_eq!((back.clone(), house.callbacks.counts().dropped), (ended(1), 1));
    house.callbacks.record_late(back).await;
    assert_eq!(house.callbacks.counts().dropped, 0);
}

#[tokio::test]
async fn what_is_handed_over_is_delivered_by_another() {
    let receiver = Receiver::start(|_| Reply::text(200, "")).await;
    let house = house(settings(Some(&receiver.url("/"))), Limits::default()).await;
    // The deliverer may be anywhere: it has written and read what was due, and begins nothing more.
    house.callbacks.hand_over();
    house.run(7, "a");
    house.callbacks.shutdown().await;
    assert_eq!(house.store.reader().hooks_waiting().await.unwrap().0, 2);
    let limits = Limits::default();
    let callbacks = start(&house.store, &house.clock, settings(None), Allow::any(), &limits);
    let next = House { callbacks, ..house };
    next.until("both", |counts| counts.delivered == 2).await;
}

#[tokio::test]
async fn an_event_that_cannot_be_read_is_given_up_and_keeps_none_behind_it_waiting() {
    let receiver = Receiver::start(|_| Reply::text(200, "")).await;
    let limits = Limits { callback_deliveries_per_host_max: 1, ..Limits::default() };
    let house = house(settings(Some(&receiver.url("/"))), limits.clone()).await;
    let (name, description) = ("t".to_owned(), String::new());
    let urls = vec![(HookKind::PushBegan, receiver.url("/"))];
    let template = NewTemplate { name, description, callback_key: None, urls };
    let template = house.store.create_callback_template(APP, &template, UnixMs(0)).await.unwrap();
    let (domain, path, stream) = (String::new(), String::new(), "c".to_owned());
    let rule = CallbackRule { domain, path, stream, template, created_at: UnixMs(0) };
    assert!(house.store.put_callback_rule(APP, &rule).await.unwrap());
    house.callbacks.hand_over();
    for (sequence, name) in [(7, "a"), (6, "c"), (8, "b")] {
        house.run(sequence, name);
    }
    house.callbacks.shutdown().await;
    damage(&house.dir.0, "UPDATE outbox SET kind = -1 WHERE seq = 1").await;
    damage(&house.dir.0, "INSERT INTO callback_urls (template, kind, url) VALUES (1, 99, '')").await;
    let callbacks = start(&house.store, &house.clock, settings(None), Allow::any(), &limits);
    let next = House { callbacks, ..house };
    next.until("the others", |counts| counts.delivered == 3).await;
    let bodies: Vec<_> = receiver.heard().into_iter().map(|request| request.body).collect();
    assert!(bodies.iter().any(|body| body.contains("a 0 7")), "its stream's line goes on: {bodies:?}");
    assert_eq!(next.callbacks.counts().dead, 1);
    next.until("a try without its template", |counts| counts.failed.iter().sum::<u64>() > 0).await;
}

#[tokio::test]
async fn what_a_clock_that_was_a_year_ahead_has_put_off_is_tried_after_the_next_start() {
    const YEAR_MS: i64 = 365 * 86_400_000;
    let receiver = Receiver::start(|number| Reply::text(if number == 0 { 500 } else { 200 }, "")).await;
    let retry = Retry { retries: 3, interval_ms: 30_000, backoff_ms_max: 30_000, give_up_ms: 60_000 };
    let settings = CallbackSettings { retry, ..settings(Some(&receiver.url("/"))) };
    let house = house(settings.clone(), Limits::default()).await;
    house.clock.ms.fetch_add(YEAR_MS, Ordering::Relaxed);
    house.run(7, "a");
    house.until("a failed try", |counts| counts.failed.iter().sum::<u64>() == 1).await;
    house.callbacks.shutdown().await;
    house.clock.ms.fetch_sub(YEAR_MS, Ordering::Relaxed);
    let callbacks = start(&house.store, &house.clock, settings, Allow::any(), &Limits::default());
    let next = House { callbacks, ..house };
    next.until("both", |counts| counts.delivered == 2).await;
}

#[test]
fn an_answer_is_an_object_with_a_code_or_none() {
    for (body, expected) in [
        ("", HookAnswer::NoObject),
        ("ok", HookAnswer::NoObject),
        ("[1]", HookAnswer::NoObject),
        ("{", HookAnswer::NoObject),
        ("{}", HookAnswer::Object { code: None }),
        (r#" {"code":0} "#, HookAnswer::Object { code: Some(0) }),
        (r#"{"code":"0"}"#, HookAnswer::Object { code: Some(0) }),
        (r#"{"code":null}"#, HookAnswer::Object { code: Some(-1) }),
        (r#"{"code":7}"#, HookAnswer::Object { code: Some(7) }),
    ] {
        assert_eq!(judge(body.as_bytes()), expected, "{body}");
    }
}
