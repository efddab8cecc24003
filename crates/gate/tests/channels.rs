//! The use cases of channels and rules with a real store and a real hub: what they do to what is live.

use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::Notify;
use vivace_base::{Clock, Limits, LiveLimits, MonoMs, Rng, SessionId, StreamName, UnixMs};
use vivace_domain::account::Account;
use vivace_domain::app::App;
use vivace_domain::channel::{Channel, ChannelFault, ChannelId, NewChannel, NewSource, Source, SourceChange};
use vivace_domain::claim::Owner;
use vivace_domain::live::PublishFault;
use vivace_domain::rule::{Delay, RuleFault};
use vivace_domain::watermark::WatermarkRule;
use vivace_gate::{
    Asked, Audit, Audited, Caller, ChannelParts, Channels, Gate, Marks, NewWatermark, Noting, Policy, Published,
    PullFault, Pulling, Pulls, Standing, WatermarkFault,
};
use vivace_hub::{Cut, Hub, Stream, Wake};
use vivace_store::{AuditFilter, NewAudit, Store};

struct Hand(AtomicI64);

impl Clock for Hand {
    fn unix(&self) -> UnixMs {
        UnixMs(self.0.load(Relaxed))
    }

    fn mono(&self) -> MonoMs {
        MonoMs(self.0.load(Relaxed).unsigned_abs())
    }
}

struct Counting(AtomicU64);

impl Rng for Counting {
    fn fill(&self, out: &mut [u8]) {
        for byte in out {
            let next = self.0.fetch_add(1, Relaxed).wrapping_mul(6_364_136_223_846_793_005);
            *byte = (next >> 56) as u8;
        }
    }
}

struct Nobody;

impl Wake for Nobody {
    fn wake(&self, _: &Arc<Stream>) {}
}

impl Marks for Nobody {
    fn gone(&self, _: u64) {}
}

/// Pulls nothing.
struct NoPulls;

impl Pulls for NoPulls {
    fn check(&self, _: &Source) -> Result<(), PullFault> {
        Err(PullFault::Unsupported)
    }

    fn set<'a>(&'a self, _: &'a Channel) -> Pulling<'a, Result<(), PullFault>> {
        Box::pin(async { Ok(()) })
    }

    fn forget(&self, _: ChannelId) -> Pulling<'_, ()> {
        Box::pin(async {})
    }

    fn failure(&self, _: ChannelId) -> Option<String> {
        None
    }

    fn failing(&self) -> Vec<StreamName> {
        Vec::new()
    }
}

/// Pulls nothing either, and is slow to stop: whoever begins meanwhile would come first.
#[derive(Default)]
struct SlowPulls {
    pulled: AtomicBool,
    stops: Notify,
    begins: Notify,
    /// Where a push begins while a source is looked at.
    pushed: Mutex<Option<(Arc<Hub>, Channel)>>,
    publisher: Mutex<Option<vivace_hub::Publisher>>,
}

impl Pulls for SlowPulls {
    fn check(&self, _: &Source) -> Result<(), PullFault> {
        if let Some((hub, channel)) = self.pushed.lock().take() {
            let granted = hub.publish(channel.app, &channel.stream, Owner::Channel(channel.id.0), SessionId(9));
            *self.publisher.lock() = granted.ok();
        }
        Ok(())
    }

    fn set<'a>(&'a self, channel: &'a Channel) -> Pulling<'a, Result<(), PullFault>> {
        Box::pin(async {
            self.pulled.store(!channel.closed, Relaxed);
            self.begins.notify_one();
            Ok(())
        })
    }

    fn forget(&self, _: ChannelId) -> Pulling<'_, ()> {
        Box::pin(async {
            self.stops.notify_one();
            // Time for one that does not wait for its turn.
            let _ = tokio::time::timeout(Duration::from_millis(200), self.begins.notified()).await;
            self.pulled.store(false, Relaxed);
        })
    }

    fn failure(&self, _: ChannelId) -> Option<String> {
        None
    }

    fn failing(&self) -> Vec<StreamName> {
        Vec::new()
    }
}

/// What is done to streams alone; changes of the store are noted in the store.
#[derive(Default)]
struct Noted(Mutex<Vec<&'static str>>);

impl Audit for Noted {
    fn audit(&self, change: Audited) -> Noting<'_> {
        self.0.lock().push(change.operation);
        Box::pin(async {})
    }
}

struct Scene {
    channels: Arc<Channels>,
    gate: Gate,
    hub: Arc<Hub>,
    app: App,
    clock: Arc<Hand>,
    noted: Arc<Noted>,
    store: Store,
    data: PathBuf,
}

impl Drop for Scene {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.data);
    }
}

const PEER: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1));

async fn scene() -> Scene {
    scene_with(Arc::new(NoPulls)).await
}

async fn scene_with(pulls: Arc<dyn Pulls>) -> Scene {
    static MADE: AtomicU64 = AtomicU64::new(0);
    let number = MADE.fetch_add(1, Relaxed);
    let data = std::env::temp_dir().join(format!("vivace-gate-channels-{}-{number}", std::process::id()));
    let limits = Limits { media_answer_ms_max: 50, delay_ms_max: 10_000, ..Limits::default() };
    let store = Store::open(&data, &limits).await.unwrap();
    let (clock, rng) = (Arc::new(Hand(AtomicI64::new(1_700_000_000_000))), Arc::new(Counting(AtomicU64::new(number))));
    let (app, _) = store.app_or_create(rng.as_ref(), clock.unix()).await.unwrap();
    let limits = LiveLimits::from(limits);
    let hub = Hub::new(limits.clone(), clock.clone(), Arc::new(Nobody), 0);
    let (standing, noted) = (Arc::new(Standing::load(store.reader()).await.unwrap()), Arc::new(Noted::default()));
    let policy = Policy { push_open: true, play_open: true, channels_only: true, ..Policy::default() };
    let facts = (standing.clone(), store.reader().clone());
    let gate = Gate::new(app.clone(), hub.clone(), facts, clock.clone(), limits.clone(), policy);
    let channels = Channels::new(ChannelParts {
        store: store.clone(),
        hub: hub.clone(),
        standing,
        pulls,
        marks: Arc::new(Nobody),
        audit: noted.clone(),
        clock: clock.clone(),
        rng,
        limits,
    });
    channels.set_has_transcoder(true);
    Scene { channels, gate, hub, app, clock, noted, store, data }
}

impl Scene {
    async fn create(&self) -> Channel {
        let source = NewSource { name: "v".to_owned(), kind: 1, address: String::new() };
        let new = NewChannel { name: "n".to_owned(), receiver: 3, sources: vec![source], ..NewChannel::default() };
        self.channels.create(&self.app, &Account::default(), &who(), &new).await.unwrap()
    }

    async fn publish(&self, name: &str) -> Result<Published, PublishFault> {
        self.gate.publish(Asked { host: "", app: "live", name, query: "" }, PEER, SessionId(1)).await
    }

    /// Feeds the stream until it is told to end.
    async fn feed(&self, name: &str) -> tokio::task::JoinHandle<()> {
        let publisher = self.publish(name).await.map_err(|fault| fault.to_string()).unwrap().publisher;
        tokio::spawn(async move {
            while publisher.is_current() {
                tokio::task::yield_now().await;
            }
        })
    }

    /// The changes that were noted, in their order.
    async fn changes(&self) -> Vec<NewAudit> {
        let rows = self.store.reader().audit(self.app.id, &AuditFilter::default(), 100).await.unwrap();
        rows.into_iter().rev().map(|row| row.change).collect()
    }

    async fn operations(&self) -> Vec<String> {
        self.changes().await.into_iter().map(|change| change.operation).collect()
    }
}

fn who() -> Caller {
    Caller { face: "test", who: "t".to_owned(), peer: Some(PEER) }
}

fn name(text: &str) -> StreamName {
    StreamName::parse(text).unwrap()
}

#[tokio::test]
async fn a_channel_that_is_stopped_is_cut_and_refuses_pushes_until_it_is_started() {
    let scene = scene().await;
    let channel = scene.create().await;
    let (id, stream) = (channel.id.to_string(), channel.stream.as_str());
    let feeding = scene.feed(stream).await;
    assert!(matches!(scene.publish(stream).await, Err(PublishFault::NameTaken { .. })));
    scene.channels.stop(scene.app.id, &who(), &id).await.unwrap();
    feeding.await.unwrap();
    assert!(matches!(scene.publish(stream).await, Err(PublishFault::ChannelClosed)));
    scene.channels.start(scene.app.id, &who(), &id).await.unwrap();
    assert!(scene.publish(stream).await.is_ok());
    scene.channels.stop(scene.app.id, &who(), &id).await.unwrap();
    scene.channels.delete(scene.app.id, &who(), &id).await.unwrap();
    assert!(matches!(scene.publish(stream).await, Err(PublishFault::ChannelUnknown)));
    let done = ["channel.create", "channel.stop", "channel.start", "channel.stop", "channel.delete"];
    assert_eq!(scene.operations().await, done);
    let noted = scene.changes().await;
    assert!(noted[1].before.as_ref().unwrap().contains("\"closed\":false"));
    assert!(noted[1].after.as_ref().unwrap().contains("\"closed\":true"));
}

#[tokio::test]
async fn a_publisher_that_does_not_leave_is_told_of_and_its_stream_is_cut_all_the_same() {
    let scene = scene().await;
    let channel = scene.create().await;
    let stuck = scene.publish(channel.stream.as_str()).await.map_err(|fault| fault.to_string()).unwrap();
    let stopped = scene.channels.stop(scene.app.id, &who(), &channel.id.to_string()).await;
    assert_eq!(stopped, Err(ChannelFault::MediaSilent { ms: 50 }));
    assert!(scene.hub.stream(scene.app.id, &channel.stream).is_none() && !stuck.publisher.is_current());
    assert_eq!(stuck.publisher.stream().cut(), Some(Cut::Disabled));
    let described = scene.channels.describe(scene.app.id, &channel.id.to_string()).await.unwrap();
    assert!(described.channel.closed);
}

#[tokio::test]
async fn a_call_whose_caller_goes_away_is_done_to_its_end() {
    let scene = scene().await;
    let channel = scene.create().await;
    let feeding = scene.feed(channel.stream.as_str()).await;
    let (id, caller) = (channel.id.to_string(), who());
    let mut stopping = Box::pin(scene.channels.stop(scene.app.id, &caller, &id));
    // Polled until the change is under way, and dropped then.
    while !scene.operations().await.contains(&"channel.stop".to_owned()) {
        let _ = tokio::time::timeout(std::time::Duration::from_millis(1), &mut stopping).await;
    }
    drop(stopping);
    scene.channels.finish().await;
    feeding.await.unwrap();
    assert!(matches!(scene.publish(channel.stream.as_str()).await, Err(PublishFault::ChannelClosed)));
}

#[tokio::test]
async fn a_forbidden_stream_is_cut_and_refused_until_its_time() {
    let scene = scene().await;
    let app = scene.app.id;
    let feeding = scene.feed("a").await;
    let now = scene.clock.unix();
    let past = scene.channels.forbid(app, &who(), &name("a"), Some(now), "").await;
    assert!(matches!(past, Err(RuleFault::Time { .. })), "{past:?}");
    scene.channels.forbid(app, &who(), &name("a"), Some(UnixMs(now.0 + 5_000)), "why").await.unwrap();
    feeding.await.unwrap();
    assert!(matches!(scene.publish("a").await, Err(PublishFault::StreamForbidden { left_ms: 5_000 })));
    scene.clock.0.fetch_add(5_000, Relaxed);
    assert!(scene.publish("a").await.is_ok(), "its time is over");
    scene.channels.forbid(app, &who(), &name("b"), None, "").await.unwrap();
    assert!(scene.publish("b").await.is_err());
    scene.channels.permit(app, &who(), &name("b")).await.unwrap();
    assert!(scene.publish("b").await.is_ok());
}

#[tokio::test]
async fn a_dropped_stream_may_be_pushed_again_at_once() {
    let scene = scene().await;
    let feeding = scene.feed("a").await;
    let stream = scene.hub.stream(scene.app.id, &name("a")).unwrap();
    scene.channels.drop_stream(scene.app.id, &who(), &name("a")).await.unwrap();
    feeding.await.unwrap();
    assert_eq!(stream.cut(), Some(Cut::Requested));
    assert_eq!(scene.channels.drop_stream(scene.app.id, &who(), &name("a")).await, Err(RuleFault::NotLive));
    assert_eq!(*scene.noted.0.lock(), ["stream.drop"]);
    assert!(scene.publish("a").await.is_ok());
}

#[tokio::test]
async fn a_delay_is_that_of_the_stream_now_and_of_its_next_push_until_its_time() {
    let scene = scene().await;
    let app = scene.app.id;
    let first = scene.publish("a").await.map_err(|fault| fault.to_string()).unwrap().publisher;
    let too_long = scene.channels.set_delay(app, &who(), &name("a"), Delay { ms: 10_001, until: None }).await;
    assert!(matches!(too_long, Err(RuleFault::DelayTooLong { max_ms: 10_000, .. })), "{too_long:?}");
    let until = Some(UnixMs(scene.clock.unix().0 + 60_000));
    scene.channels.set_delay(app, &who(), &name("a"), Delay { ms: 9_000, until }).await.unwrap();
    assert_eq!(first.stream().delay_ms(), 9_000);
    scene.hub.cut(app, &name("a"), Cut::Requested).unwrap();
    drop(first);
    let second = scene.publish("a").await.map_err(|fault| fault.to_string()).unwrap().publisher;
    assert_eq!(second.stream().delay_ms(), 9_000);
    scene.clock.0.fetch_add(60_000, Relaxed);
    scene.channels.handle_timeout();
    assert_eq!(second.stream().delay_ms(), 0);
}

#[tokio::test]
async fn of_two_changes_of_one_rule_at_once_neither_is_lost() {
    let scene = scene().await;
    let (app, caller, stream) = (scene.app.id, who(), name("a"));
    let (forbidden, delayed) = tokio::join!(
        scene.channels.forbid(app, &caller, &stream, None, "why"),
        scene.channels.set_delay(app, &caller, &stream, Delay { ms: 1_000, until: None }),
    );
    forbidden.unwrap();
    delayed.unwrap();
    let rule = scene.gate.standing().rule(app, &stream).unwrap();
    assert!(rule.forbid.is_some() && rule.delay.is_some());
}

#[tokio::test]
async fn of_a_stop_and_a_start_at_once_the_later_one_holds_for_what_is_pulled_too() {
    let pulls = Arc::new(SlowPulls::default());
    let scene = scene_with(pulls.clone()).await;
    let source = NewSource { name: "v".to_owned(), kind: 2, address: "rtmp://a.example/live/x".to_owned() };
    let new = NewChannel { name: "n".to_owned(), receiver: 3, sources: vec![source], ..NewChannel::default() };
    let channel = scene.channels.create(&scene.app, &Account::default(), &who(), &new).await.unwrap();
    pulls.begins.notified().await;
    let (channels, app, id) = (scene.channels.clone(), scene.app.id, channel.id.to_string());
    let stopping = tokio::spawn({
        let id = id.clone();
        async move { channels.stop(app, &who(), &id).await }
    });
    pulls.stops.notified().await;
    scene.channels.start(app, &who(), &id).await.unwrap();
    stopping.await.unwrap().unwrap();
    assert!(!scene.channels.describe(app, &id).await.unwrap().channel.closed);
    assert!(pulls.pulled.load(Relaxed), "an open channel is pulled");
}

#[tokio::test]
async fn a_push_that_begins_while_its_channel_becomes_a_pulled_one_is_cut() {
    let pulls = Arc::new(SlowPulls::default());
    let scene = scene_with(pulls.clone()).await;
    let channel = scene.create().await;
    *pulls.pushed.lock() = Some((scene.hub.clone(), channel.clone()));
    let address = Some("rtmp://a.example/live/x".to_owned());
    let change = SourceChange { kind: Some(2), address, ..SourceChange::default() };
    let id = channel.id.to_string();
    scene.channels.modify_source(scene.app.id, &who(), &id, None, &change).await.unwrap();
    let pushed = pulls.publisher.lock().take().expect("the name was free");
    assert_eq!(pushed.stream().cut(), Some(Cut::Disabled));
    assert!(pulls.pulled.load(Relaxed));
    assert!(matches!(scene.publish(channel.stream.as_str()).await, Err(PublishFault::ChannelPulls)));
}

#[tokio::test]
async fn a_watermark_that_is_deleted_is_noted_as_it_was() {
    let scene = scene().await;
    let new = NewWatermark { name: "logo".to_owned(), picture: "http://a.example/l.png".to_owned(), x: 5, y: 9 };
    let made = scene.channels.create_watermark(scene.app.id, &who(), &new).await.unwrap();
    scene.channels.delete_watermark(scene.app.id, &who(), made.id).await.unwrap();
    let noted = scene.changes().await;
    assert_eq!((&noted[1].before, &noted[1].after), (&noted[0].after, &None));
    assert!(noted[1].before.as_ref().unwrap().contains("logo"));
}

#[tokio::test]
async fn a_rule_gives_its_watermark_to_pushes_that_begin_after_it() {
    let scene = scene().await;
    scene.gate.set_policy(Policy { push_open: true, ..Policy::default() });
    let (app, channels) = (scene.app.id, &scene.channels);
    let new = NewWatermark { name: "m".to_owned(), picture: "http://a.example/m.png".to_owned(), x: 5, y: 9 };
    let mut marks = Vec::new();
    for _ in 0..3 {
        marks.push(channels.create_watermark(app, &who(), &new).await.unwrap().id);
    }
    let rule = |domain: &str, stream: &str, watermark| WatermarkRule {
        domain: domain.to_owned(),
        path: "live".to_owned(),
        stream: stream.to_owned(),
        watermark,
        created_at: UnixMs(0),
    };
    let seen = async |host: &str, name: &str| {
        let granted = scene.gate.publish(Asked { host, app: "live", name, query: "" }, PEER, SessionId(1)).await;
        let Published { publisher, watermark, .. } = granted.map_err(|fault| fault.to_string()).unwrap();
        let watermark = watermark.map(|watermark| watermark.id);
        assert_eq!(publisher.stream().source().is_some(), watermark.is_some(), "what is marked is diverted");
        watermark
    };
    let create = async |new| channels.create_watermark_rule(app, &who(), new).await;
    assert_eq!(seen("push.example.com", "s").await, None);
    assert_eq!(create(rule("", "", 9)).await, Err(WatermarkFault::Unknown));
    let long = create(rule("", &"s".repeat(129), marks[0])).await;
    assert!(matches!(long, Err(WatermarkFault::Value { field: "StreamName", .. })), "{long:?}");
    create(rule("push.example.com", "", marks[0])).await.unwrap();
    create(rule("", "s", marks[1])).await.unwrap();
    assert_eq!(create(rule("", "s", marks[0])).await, Err(WatermarkFault::RuleKnown));
    assert_eq!(seen("push.example.com:1935", "t").await, Some(marks[0]));
    assert_eq!(seen("push.example.com", "s").await, Some(marks[1]), "the stream weighs more than the domain");
    assert_eq!(seen("[::1]:1935", "t").await, None);
    // A channel's own comes first.
    let source = NewSource { name: "v".to_owned(), kind: 1, address: String::new() };
    let own = NewChannel { name: "n".to_owned(), receiver: 3, sources: vec![source], ..NewChannel::default() };
    let marked = NewChannel { watermark: marks[2], ..own.clone() };
    let marked = channels.create(&scene.app, &Account::default(), &who(), &marked).await.unwrap();
    let plain = channels.create(&scene.app, &Account::default(), &who(), &own).await.unwrap();
    assert_eq!(seen("push.example.com", marked.stream.as_str()).await, Some(marks[2]));
    assert_eq!(seen("push.example.com", plain.stream.as_str()).await, Some(marks[0]));

    assert_eq!(channels.delete_watermark(app, &who(), marks[1]).await, Err(WatermarkFault::Used));
    let gone = channels.delete_watermark_rule(app, &who(), rule("", "t", 0)).await;
    assert_eq!(gone, Err(WatermarkFault::RuleUnknown));
    assert_eq!(channels.watermark_rules(app).await.unwrap().len(), 2);
    channels.delete_watermark_rule(app, &who(), rule("", "s", 0)).await.unwrap();
    assert_eq!(seen("push.example.com", "s").await, Some(marks[0]));
    assert_eq!(channels.delete_watermark(app, &who(), marks[1]).await, Ok(()));
    let noted = scene.changes().await;
    let of_rules: Vec<&NewAudit> =
        noted.iter().filter(|change| change.operation.starts_with("watermark_rule.")).collect();
    assert_eq!(of_rules.len(), 3, "what was refused is not noted");
    let deleted = of_rules[2];
    assert_eq!(
        (deleted.operation.as_str(), deleted.subject.as_str()),
        ("watermark_rule.delete", "watermark_rule//live/s")
    );
    assert_eq!((deleted.before.as_ref(), &deleted.after), (of_rules[1].after.as_ref(), &None));
}

#[tokio::test]
async fn a_read_sees_every_change_that_was_made_before_it() {
    let scene = scene().await;
    let (channel, app) = (scene.create().await, scene.app.id);
    let id = channel.id.to_string();
    let described = async || scene.channels.describe(app, &id).await.map(|found| found.channel);
    let first = described().await.unwrap();
    assert!(Arc::ptr_eq(&first, &described().await.unwrap()), "the second read is answered from memory");
    scene.channels.stop(app, &who(), &id).await.unwrap();
    assert!(described().await.unwrap().closed);
    scene.channels.start(app, &who(), &id).await.unwrap();
    assert!(!described().await.unwrap().closed);
    scene.channels.stop(app, &who(), &id).await.unwrap();
    assert!(described().await.unwrap().closed);
    scene.channels.delete(app, &who(), &id).await.unwrap();
    assert!(matches!(described().await, Err(ChannelFault::Unknown { .. })));
}
