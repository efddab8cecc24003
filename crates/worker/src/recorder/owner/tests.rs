//! Pushes of one stream, and what is asked for of the frames of each.

use std::ops::RangeInclusive;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use vivace_base::{SessionId, StreamName, UnixMs};
use vivace_domain::claim;
use vivace_domain::recording::{
    FormatSetting, Formats, PushParameters, RecordFormat, RecordRule, RecordTask, RecordTemplate, TaskKind,
};
use vivace_hub::Stream;
use vivace_store::{FIRST_APP, TaskBounds};

use super::super::RecordedPush;
use super::super::begun::{BegunPush, LINE_MAX};
use super::super::index::tests::House;
use super::super::settings::RecordSettings;
use super::{Owner, Push};

/// A stream of a recorder that keeps everything.
struct Scene {
    house: House,
    owner: Owner,
    stream: Arc<Stream>,
}

impl Scene {
    async fn new() -> Self {
        let house = House::new().await;
        let settings = (*house.shared.settings()).clone();
        house.shared.set(RecordSettings { policy: Formats::one(RecordFormat::Flv), ..settings });
        let name = StreamName::parse("cam").unwrap();
        let publisher = house.shared.hub.publish(FIRST_APP, &name, claim::Owner::Key(FIRST_APP), SessionId(1));
        let stream = publisher.map_err(|fault| fault.to_string()).unwrap().stream().clone();
        Self { owner: Owner::new(house.shared.clone()), house, stream }
    }

    fn push(&self, epoch: u64, stream_param: &str) -> BegunPush {
        let facts = RecordedPush {
            app: FIRST_APP,
            stream: self.stream.name().clone(),
            epoch,
            channel: None,
            domain: String::new(),
            path: "live".to_owned(),
            parameters: PushParameters::default(),
            stream_param: stream_param.to_owned(),
        };
        BegunPush { facts, stream: self.stream.clone(), tap: Some(self.house.shared.tap(&self.stream)) }
    }

    /// A push begins; true if one is left out.
    fn begin(&self, epoch: u64, stream_param: &str) -> bool {
        self.house.shared.pushes.lock().add(self.push(epoch, stream_param)).is_some()
    }

    async fn learn(&mut self) {
        let now = self.owner.now();
        self.owner.learn(now).await.unwrap();
    }

    /// What is asked for of the frames of each push.
    fn asked(&self, epochs: RangeInclusive<u64>) -> Vec<String> {
        let key = (FIRST_APP, self.stream.name().clone());
        let wanted = self.owner.wanted(&key, self.stream.serial(), self.owner.now());
        let of =
            |epoch| wanted.asked.iter().filter(move |one| one.epochs.contains(&epoch)).map(|one| &*one.stream_param);
        epochs.map(|epoch| of(epoch).collect::<Vec<_>>().join("+")).collect()
    }

    /// How many pushes have a tap.
    fn taps(&self) -> usize {
        self.owner.pushes.values().flatten().filter(|push| push.begun.tap.is_some()).count()
    }

    fn lost(&self) -> u64 {
        self.house.shared.counts().lost
    }
}

#[tokio::test]
async fn pushes_that_follow_each_other_before_they_are_looked_at_are_asked_for_each() {
    let mut scene = Scene::new().await;
    for (epoch, stream_param) in [(1, "a=1"), (2, "a=2"), (3, "a=2")] {
        assert!(!scene.begin(epoch, stream_param));
    }
    scene.learn().await;
    assert_eq!((scene.asked(0..=4), scene.taps()), (["", "a=1", "a=2", "a=2", "a=2"].map(str::to_owned).to_vec(), 1));
    // The store has refused to say what the first of these is kept as, and the last has come meanwhile.
    let mut scene = Scene::new().await;
    scene.begin(1, "a=1");
    scene.begin(2, "a=2");
    let taken = scene.house.shared.pushes.lock().take();
    scene.begin(3, "a=3");
    assert!(scene.house.shared.pushes.lock().put_back(taken).is_empty());
    scene.learn().await;
    assert_eq!((scene.asked(0..=3), scene.taps()), (["", "a=1", "a=2", "a=3"].map(str::to_owned).to_vec(), 1));
}

#[tokio::test]
async fn of_too_many_pushes_of_a_stream_the_newest_are_asked_for_and_the_others_are_told() {
    let mut scene = Scene::new().await;
    let last = LINE_MAX as u64 + 3;
    let left_out: Vec<_> = (1..=last).filter(|epoch| scene.begin(*epoch, &format!("a={epoch}"))).collect();
    assert_eq!(left_out, [last - 2, last - 1, last]);
    scene.learn().await;
    let expected = (1..=last).map(|epoch| if epoch > 3 { format!("a={epoch}") } else { String::new() });
    assert_eq!((scene.asked(1..=last), scene.taps()), (expected.collect(), 1));
}

#[tokio::test]
async fn a_delayed_stream_keeps_what_each_push_asks_for_or_tells_that_it_does_not() {
    // An encoder that comes again and again, each time with the same address.
    let mut scene = Scene::new().await;
    let last = LINE_MAX as u64 * 3;
    for epoch in 1..=last {
        scene.begin(epoch, "a=1");
        scene.learn().await;
    }
    assert_eq!((scene.asked(1..=last), scene.lost()), (vec!["a=1".to_owned(); LINE_MAX * 3], 0));

    // Each time with another one.
    let mut scene = Scene::new().await;
    for epoch in 1..=last {
        scene.begin(epoch, &format!("a={epoch}"));
        scene.learn().await;
    }
    let missing = scene.asked(1..=last).iter().filter(|asked| asked.is_empty()).count();
    assert_eq!((missing as u64, scene.asked(last..=last)), (scene.lost(), vec![format!("a={last}")]));
    assert_eq!(scene.lost(), last - 1 - LINE_MAX as u64);

    // One between them that asks for nothing is asked for nothing.
    let mut scene = Scene::new().await;
    scene.begin(1, "a=1");
    scene.learn().await;
    scene.owner.line_up(Push::new(scene.push(2, "a=1"), Vec::new()));
    for epoch in [3, 4] {
        scene.begin(epoch, "a=1");
        scene.learn().await;
    }
    assert_eq!(scene.asked(1..=4), ["a=1", "", "a=1", "a=1"]);
}

#[tokio::test]
async fn a_task_that_cannot_be_read_keeps_no_other_from_running() {
    let mut scene = Scene::new().await;
    let (shared, name) = (scene.house.shared.clone(), scene.stream.name().clone());
    let bounds = TaskBounds { app_max: 9, stream_max: 9, kept_max: 9, exclusive: false };
    for interval_ms in [u64::MAX, 60_000] {
        let now = shared.clock.unix();
        let formats = Formats::one(RecordFormat::Mp4);
        let task = RecordTask { formats, ..RecordTask::new(FIRST_APP, name.clone(), TaskKind::Timed, now) };
        shared.store.create_record_task(&RecordTask { interval_ms, ..task }, bounds, now).await.unwrap();
    }
    shared.tasks_changed.store(true, Relaxed);
    scene.learn().await;
    let read: Vec<_> = scene.owner.tasks.values().flatten().map(|task| task.id).collect();
    assert_eq!(read, [2]);
}

#[tokio::test]
async fn a_push_whose_template_cannot_be_read_is_kept_as_it_says_itself() {
    let mut scene = Scene::new().await;
    let store = scene.house.shared.store.clone();
    let setting = FormatSetting { format: RecordFormat::Mp4, interval_ms: 1, keep_ms: u64::MAX, name: String::new() };
    let template = RecordTemplate {
        id: 0,
        name: "t".to_owned(),
        description: String::new(),
        formats: vec![setting],
        created_at: UnixMs(0),
        updated_at: UnixMs(0),
    };
    let template = store.create_record_template(FIRST_APP, &template, 9).await.unwrap().unwrap();
    let (domain, path, stream) = (String::new(), "live".to_owned(), scene.stream.name().to_string());
    let rule = RecordRule { domain, path, stream, template, created_at: UnixMs(0) };
    store.create_record_rule(FIRST_APP, &rule, 9).await.unwrap();
    scene.begin(1, "a=1");
    scene.learn().await;
    assert_eq!(scene.asked(1..=1), ["a=1"], "by the app's policy");
}
