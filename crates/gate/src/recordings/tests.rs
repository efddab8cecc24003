use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering::Relaxed};

use parking_lot::Mutex;
use vivace_base::{AppId, Clock, Limits, LiveLimits, MonoMs, Rng, StreamName, Ulid, UnixMs};
use vivace_domain::account::Account;
use vivace_domain::app::App;
use vivace_domain::channel::{Channel, ChannelId, NewChannel, NewSource, Source};
use vivace_domain::recording::{
    FormatSetting, Formats, GivenTimes, PartAt, RecordFault, RecordFormat, RecordRule, RecordTemplate, Recording,
    TaskKind, TaskState, TimeRules, TimesFault,
};
use vivace_hub::{Hub, Stream, Wake};
use vivace_store::{AuditFilter, RecordingFilter, RecordingStep, Store, TaskFilter};

use super::{
    CreateTaskFault, NewTask, RecordSettings, RecorderDesk, RecordingList, RecordingParts, Recordings, TaskTarget,
};
use crate::{Audit, Audited, Caller, ChannelParts, Channels, Marks, Noting, PullFault, Pulling, Pulls, Standing};

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

impl Pulls for Nobody {
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

impl Audit for Nobody {
    fn audit(&self, _: Audited) -> Noting<'_> {
        Box::pin(async {})
    }
}

#[derive(Default)]
struct Told {
    streams: Mutex<Vec<String>>,
    full: AtomicBool,
}

impl RecorderDesk for Told {
    fn changed(&self, _: AppId, stream: &StreamName) {
        self.streams.lock().push(stream.to_string());
    }

    fn free(&self) -> bool {
        !self.full.load(Relaxed)
    }
}

struct Scene {
    recordings: Arc<Recordings>,
    channels: Arc<Channels>,
    store: Store,
    app: App,
    clock: Arc<Hand>,
    told: Arc<Told>,
    data: PathBuf,
}

impl Drop for Scene {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.data);
    }
}

const NOW: i64 = 1_700_000_000_000;

fn who() -> Caller {
    Caller { face: "test", who: "t".to_owned(), peer: None }
}

fn at(seconds: i64) -> UnixMs {
    UnixMs(NOW + seconds * 1_000)
}

fn stream(name: &str) -> TaskTarget {
    TaskTarget::Stream(StreamName::parse(name).unwrap())
}

fn timed(target: TaskTarget, begin: i64, end: i64) -> NewTask {
    let times = GivenTimes { begin: Some(at(begin)), end: Some(at(end)) };
    NewTask { exclusive: true, ..NewTask::new(target, TaskKind::Timed, times, TimeRules::OPEN) }
}

async fn scene(limits: Limits) -> Scene {
    static MADE: AtomicU64 = AtomicU64::new(0);
    let number = MADE.fetch_add(1, Relaxed);
    let data = std::env::temp_dir().join(format!("vivace-gate-recordings-{}-{number}", std::process::id()));
    let store = Store::open(&data, &limits).await.unwrap();
    let (clock, rng) = (Arc::new(Hand(AtomicI64::new(NOW))), Arc::new(Counting(AtomicU64::new(number))));
    let (app, _) = store.app_or_create(rng.as_ref(), clock.unix()).await.unwrap();
    let limits = LiveLimits::from(limits);
    let hub = Hub::new(limits.clone(), clock.clone(), Arc::new(Nobody), 0);
    let channels = Channels::new(ChannelParts {
        store: store.clone(),
        hub: hub.clone(),
        standing: Arc::new(Standing::load(store.reader()).await.unwrap()),
        pulls: Arc::new(Nobody),
        marks: Arc::new(Nobody),
        audit: Arc::new(Nobody),
        clock: clock.clone(),
        rng,
        limits: limits.clone(),
    });
    let told = Arc::new(Told::default());
    let parts = RecordingParts {
        store: store.clone(),
        hub,
        channels: channels.clone(),
        desk: told.clone(),
        clock: clock.clone(),
        limits,
    };
    let recordings = Recordings::new(parts, RecordSettings::default());
    Scene { recordings, channels, store, app, clock, told, data }
}

impl Scene {
    async fn create(&self, new: &NewTask) -> Result<u64, RecordFault> {
        match self.recordings.create_task(self.app.id, &Account::default(), &who(), new).await {
            Ok(task) => Ok(task.id),
            Err(CreateTaskFault::Record(fault)) => Err(fault),
            Err(CreateTaskFault::Account(fault)) => panic!("{fault}"),
        }
    }

    async fn operations(&self) -> Vec<(String, String)> {
        let rows = self.store.reader().audit(self.app.id, &AuditFilter::default(), 100).await.unwrap();
        rows.into_iter().rev().map(|row| (row.change.operation, row.change.subject)).collect()
    }

    async fn recorded(&self, id: u128, task: Option<u64>) -> String {
        let at_part = PartAt { file: Ulid(1), part: 0 };
        let (of, made) = ((self.app.id, StreamName::parse("a").unwrap()), (TaskKind::Timed, RecordFormat::Mp4));
        let recording = Recording { task, ..Recording::begun(Ulid(id), of, made, at_part, at(0)) };
        self.store.put_recording(&recording).await.unwrap();
        self.store.finish_recording(Ulid(id), at_part, at(1), None).await.unwrap();
        Ulid(id).to_string()
    }

    async fn stored(&self, id: u128) {
        let step = RecordingStep::Stored { duration_ms: 1_000, bytes: 9, sha256: Some([1; 32]), upload: false };
        assert!(self.store.advance_recording(Ulid(id), &step, &[], at(2)).await.unwrap());
    }
}

#[tokio::test]
async fn a_task_is_made_stopped_and_deleted_once_and_each_is_noted() {
    let scene = scene(Limits::default()).await;
    let (app, recordings) = (scene.app.id, &scene.recordings);
    let id = scene.create(&timed(stream("a"), -10, 100)).await.unwrap();
    let task = recordings.task(app, Some(&stream("a")), "1").await.unwrap();
    assert_eq!((id, task.state(at(0)), task.formats.to_string()), (1, TaskState::Running, "mp4".to_owned()));
    let unknown = Err(RecordFault::UnknownTask { id: "1".to_owned() });
    assert_eq!(recordings.task(app, Some(&stream("b")), "1").await, unknown);
    assert_eq!(recordings.delete_task(app, &who(), None, "1").await, Err(RecordFault::Running { task: 1 }));
    assert_eq!(recordings.stop_task(app, &who(), None, "1").await, Ok(()));
    assert_eq!(recordings.stop_task(app, &who(), None, "1").await, Err(RecordFault::Finished { task: 1 }));
    assert_eq!(recordings.delete_task(app, &who(), Some(&stream("a")), "1").await, Ok(()));
    for id in ["1", "-1", "x", "99999999999999999999"] {
        let gone = recordings.stop_task(app, &who(), None, id).await;
        assert_eq!(gone, Err(RecordFault::UnknownTask { id: id.to_owned() }));
    }
    assert_eq!(*scene.told.streams.lock(), ["a", "a", "a"]);
    let subject = || "record_task/1".to_owned();
    let operations = ["create", "stop", "delete"].map(|end| (format!("record_task.{end}"), subject()));
    assert_eq!(scene.operations().await, operations);
}

#[tokio::test]
async fn what_stands_against_a_task_is_said_in_order() {
    let limits = Limits { record_tasks_per_app_max: 3, record_tasks_per_stream_max: 2, ..Limits::default() };
    let scene = scene(limits).await;
    let channel = TaskTarget::Channel("7".to_owned());
    let unknown = RecordFault::UnknownChannel { id: "7".to_owned() };
    assert_eq!(scene.create(&timed(channel.clone(), 0, 10)).await, Err(unknown));
    assert_eq!(scene.create(&timed(stream("a"), 10, 10)).await, Err(TimesFault::Order.into()));
    let live = NewTask { live_only: true, ..timed(stream("a"), 0, 10) };
    assert_eq!(scene.create(&live).await, Err(RecordFault::NotLive));
    scene.told.full.store(true, Relaxed);
    assert_eq!(scene.create(&timed(stream("a"), 0, 10)).await, Err(RecordFault::DiskFull));
    scene.told.full.store(false, Relaxed);
    assert_eq!(scene.create(&timed(stream("a"), 0, 10)).await, Ok(1));
    assert_eq!(scene.create(&timed(stream("a"), 9, 20)).await, Err(RecordFault::Overlap { task: 1 }));
    let beside = NewTask { exclusive: false, ..timed(stream("a"), 9, 20) };
    assert_eq!(scene.create(&beside).await, Ok(2));
    let full = scene.create(&beside).await;
    assert_eq!(full, Err(RecordFault::Quota { what: "record tasks of this stream", limit: 2 }));
    assert_eq!(scene.create(&timed(stream("b"), 0, 10)).await, Ok(3));
    let full = scene.create(&timed(stream("c"), 0, 10)).await;
    assert_eq!(full, Err(RecordFault::Quota { what: "record tasks", limit: 3 }));
    scene.clock.0.store(NOW + 10_000, Relaxed);
    assert_eq!(scene.create(&timed(stream("c"), 0, 20)).await, Ok(4), "two are over");
    scene.recordings.set_settings(RecordSettings { on: false, ..RecordSettings::default() });
    assert_eq!(scene.create(&timed(stream("d"), 0, 20)).await, Err(RecordFault::Off));
    let blocked = Account { balance: Some(0), ..Account::default() };
    scene.recordings.set_settings(RecordSettings::default());
    let new = timed(stream("d"), 11, 20);
    let refused = scene.recordings.create_task(scene.app.id, &blocked, &who(), &new).await;
    assert!(matches!(refused, Err(CreateTaskFault::Account(_))), "{refused:?}");
}

#[tokio::test]
async fn tasks_of_a_channel_are_its_own_and_counted() {
    let scene = scene(Limits::default()).await;
    let source = NewSource { name: "v".to_owned(), kind: 1, address: String::new() };
    let new = NewChannel { name: "n".to_owned(), receiver: 3, sources: vec![source], ..NewChannel::default() };
    let channel = scene.channels.create(&scene.app, &Account::default(), &who(), &new).await.unwrap();
    let of = TaskTarget::Channel(channel.id.to_string());
    let task = scene.create(&timed(of.clone(), 0, 10)).await.unwrap();
    scene.create(&timed(stream("a"), 0, 10)).await.unwrap();
    scene.recorded(5, Some(task)).await;
    let page = scene.recordings.tasks_page(scene.app.id, Some(&of), false, 0, 10).await.unwrap();
    assert_eq!((page.total, page.lines[0].task.id, page.lines[0].recordings), (1, task, 1));
    assert_eq!(page.lines[0].task.stream, channel.stream);
    assert!(page.lines[0].task.name.starts_with("直播 -n-"));
    let all = scene.recordings.tasks(scene.app.id, &TaskFilter::default(), true, None, 10).await.unwrap();
    assert_eq!(all.iter().map(|line| line.recordings).collect::<Vec<_>>(), [0, 1]);
    let other = scene.recordings.task(scene.app.id, Some(&of), "2").await;
    assert_eq!(other, Err(RecordFault::UnknownTask { id: "2".to_owned() }), "another's task");
}

#[tokio::test]
async fn a_deletion_is_taken_back_within_its_time() {
    let scene = scene(Limits::default()).await;
    let (app, recordings) = (scene.app.id, &scene.recordings);
    let id = scene.recorded(5, None).await;
    let unfinished = Err(RecordFault::NotStored { id: id.clone() });
    assert_eq!(recordings.delete_recording(app, &who(), &id).await, unfinished);
    let list = RecordingList { readable: true, limit: 10, ..RecordingList::default() };
    assert_eq!(recordings.page(app, &list).await.unwrap().total, 0);
    scene.stored(5).await;
    assert_eq!(recordings.page(app, &list).await.unwrap().total, 1);
    assert_eq!(recordings.restore_recording(app, &who(), &id).await, Err(RecordFault::NotDeleted { id: id.clone() }));
    assert_eq!(recordings.delete_recording(app, &who(), &id).await, Ok(()));
    let gone = Err(RecordFault::UnknownRecording { id: id.clone() });
    assert_eq!(recordings.delete_recording(app, &who(), &id).await, gone);
    assert_eq!(recordings.page(app, &list).await.unwrap().total, 0);
    assert_eq!(recordings.restore_recording(app, &who(), &id).await, Ok(()));
    let found = recordings.recordings(app, &RecordingFilter::default(), true, None, 10).await.unwrap();
    assert_eq!((found.len(), found[0].deleted_at), (1, None));
    assert_eq!(recordings.delete_recording(app, &who(), &id).await, Ok(()));
    let undo_ms = recordings.settings().undo_ms;
    scene.clock.0.fetch_add(i64::try_from(undo_ms).unwrap(), Relaxed);
    let late = recordings.restore_recording(app, &who(), &id).await;
    assert_eq!(late, Err(RecordFault::UndoOver { id: id.clone(), undo_ms }));
    let ends: Vec<String> = scene.operations().await.into_iter().map(|(operation, _)| operation).collect();
    assert_eq!(ends, ["recording.delete", "recording.restore", "recording.delete"]);
    let unknown = recordings.recording(app, "../../etc").await;
    assert_eq!(unknown, Err(RecordFault::UnknownRecording { id: "../../etc".to_owned() }));
}

#[tokio::test]
async fn templates_and_rules_are_made_changed_and_deleted() {
    let scene = scene(Limits { record_templates_max: 1, record_rules_max: 1, ..Limits::default() }).await;
    let (app, recordings) = (scene.app.id, &scene.recordings);
    let setting =
        FormatSetting { format: RecordFormat::Flv, interval_ms: 60_000, keep_ms: 5, name: "{StreamID}".to_owned() };
    let new = RecordTemplate {
        id: 0,
        name: "t".to_owned(),
        description: String::new(),
        formats: vec![setting],
        created_at: UnixMs(0),
        updated_at: UnixMs(0),
    };
    let nameless = RecordTemplate { name: String::new(), ..new.clone() };
    let empty = recordings.create_template(app, &who(), nameless).await;
    assert_eq!(empty, Err(RecordFault::Empty { field: "TemplateName" }));
    let id = recordings.create_template(app, &who(), new.clone()).await.unwrap();
    let full = recordings.create_template(app, &who(), new.clone()).await;
    assert_eq!(full, Err(RecordFault::Quota { what: "record templates", limit: 1 }));
    let changed = RecordTemplate { id, description: "d".to_owned(), ..new.clone() };
    assert_eq!(recordings.change_template(app, &who(), changed).await, Ok(()));
    assert_eq!(recordings.template(app, id).await.unwrap().description, "d");
    let other = recordings.change_template(app, &who(), RecordTemplate { id: 9, ..new }).await;
    assert_eq!(other, Err(RecordFault::UnknownTemplate { id: "9".to_owned() }));
    let rule = |stream: &str, template| RecordRule {
        domain: String::new(),
        path: String::new(),
        stream: stream.to_owned(),
        template,
        created_at: UnixMs(0),
    };
    let missing = recordings.create_rule(app, &who(), rule("s", 9)).await;
    assert_eq!(missing, Err(RecordFault::UnknownTemplate { id: "9".to_owned() }));
    assert_eq!(recordings.create_rule(app, &who(), rule("s", id)).await, Ok(()));
    let full = recordings.create_rule(app, &who(), rule("t", id)).await;
    assert_eq!(full, Err(RecordFault::Quota { what: "record rules", limit: 1 }));
    let task = NewTask { template: Some(id), ..timed(stream("a"), 0, 10) };
    let task = scene.create(&task).await.unwrap();
    let task = recordings.task(app, None, &task.to_string()).await.unwrap();
    assert_eq!((task.formats, task.interval_ms, task.keep_ms), (Formats::one(RecordFormat::Flv), 60_000, 5));
    assert_eq!(recordings.delete_template(app, &who(), id).await, Err(RecordFault::TemplateUsed { id }));
    assert_eq!(recordings.delete_rule(app, &who(), rule("t", 0)).await, Err(RecordFault::UnknownRule));
    assert_eq!(recordings.delete_rule(app, &who(), rule("s", 0)).await, Ok(()));
    assert_eq!(recordings.delete_template(app, &who(), id).await, Ok(()));
    assert_eq!(scene.operations().await.len(), 6);
}
