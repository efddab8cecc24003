//! Following a stream's frames: the GOP first, then each batch, nothing twice, and a bound on what waits.

mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use support::{Calls, HandClock, audio, config, video};
use vivace_base::{AppId, Limits, SessionId, StreamName};
use vivace_domain::claim::Owner;
use vivace_hub::{Batch, Follower, Hub, Publisher, Seat};
use vivace_media::FrameKind;

const OWNER: Owner = Owner::Key(AppId(1));

struct Scene {
    hub: Arc<Hub>,
    clock: Arc<HandClock>,
    woken: Arc<AtomicU64>,
}

impl Scene {
    fn new() -> Self {
        Self::with(Limits::default())
    }

    fn with(limits: Limits) -> Self {
        let clock = HandClock::starting_at(1_000);
        let hub = Hub::new(Arc::new(limits), clock.clone(), Arc::new(Calls::default()), 0);
        Self { hub, clock, woken: Arc::default() }
    }

    fn publish(&self) -> Publisher {
        let name = StreamName::parse("a").unwrap();
        let publisher = self.hub.publish(AppId(1), &name, OWNER, SessionId(1));
        publisher.map_err(|fault| fault.to_string()).unwrap()
    }

    fn follow(&self, publisher: &Publisher, frames_max: usize) -> Follower {
        let woken = self.woken.clone();
        publisher.stream().follow(
            frames_max,
            Box::new(move || {
                woken.fetch_add(1, Relaxed);
            }),
        )
    }

    /// Pictures and sound of the next 40 ms each, the first picture being a key frame.
    fn push(&self, publisher: &Publisher, from: i64, count: i64) {
        for at in from..from + count {
            publisher.push(audio(at * 40, 0)).unwrap();
            publisher.push(video(at * 40, at == from, 0)).unwrap();
            self.clock.wind(40);
        }
    }
}

/// Kinds and times of what waits.
fn taken(follower: &Follower) -> (bool, Vec<(FrameKind, i64)>, Vec<u64>) {
    let followed = follower.take();
    let frames = followed.batches.iter().flat_map(|batch| &batch.frames);
    let frames = frames.map(|frame| (frame.kind, frame.dts.ms())).collect();
    (followed.lost, frames, followed.batches.iter().map(|batch| batch.epoch).collect())
}

#[test]
fn a_follower_begins_with_the_gop_and_misses_nothing() {
    let scene = Scene::new();
    let publisher = scene.publish();
    for kind in [FrameKind::VideoConfig, FrameKind::AudioConfig] {
        publisher.push(config(kind, 1)).unwrap();
    }
    scene.push(&publisher, 0, 10);
    scene.push(&publisher, 10, 10);
    let follower = scene.follow(&publisher, 1_000);
    let (_, gop, _) = taken(&follower);
    assert_eq!((gop[0], gop.len()), ((FrameKind::Video, 400), 19));
    scene.push(&publisher, 20, 5);
    publisher.stream().close_if_due(vivace_base::MonoMs(u64::MAX));
    let (lost, more, epochs) = taken(&follower);
    assert!(!lost && epochs.iter().all(|epoch| *epoch == 1));
    assert_eq!((more[0], more.len()), ((FrameKind::Audio, 800), 10));
    assert!(scene.woken.load(Relaxed) >= 5);
    assert!(taken(&follower).1.is_empty());
}

#[test]
fn another_publisher_has_another_epoch_and_the_loss_of_one_wakes() {
    let scene = Scene::new();
    let first = scene.publish();
    scene.push(&first, 0, 5);
    let follower = scene.follow(&first, 1_000);
    taken(&follower);
    let woken = scene.woken.load(Relaxed);
    drop(first);
    assert!(scene.woken.load(Relaxed) > woken);
    let second = scene.publish();
    scene.push(&second, 0, 5);
    let (_, frames, epochs) = taken(&follower);
    assert!(epochs.iter().all(|epoch| *epoch == 2) && frames.iter().all(|(_, ms)| *ms > 160), "{epochs:?} {frames:?}");
}

#[test]
fn who_does_not_take_loses_what_waits_and_is_told() {
    let scene = Scene::new();
    let publisher = scene.publish();
    let follower = scene.follow(&publisher, 20);
    scene.push(&publisher, 0, 100);
    let (lost, frames, _) = taken(&follower);
    assert!(lost && frames.len() <= 20, "{}", frames.len());
    scene.push(&publisher, 100, 5);
    assert!(!taken(&follower).0, "a loss is told once");
}

#[test]
fn what_waits_is_bounded_in_bytes_too() {
    let limits = Limits { follower_bytes_max: 10_000, ..Limits::default() };
    let scene = Scene::with(limits);
    let publisher = scene.publish();
    let follower = scene.follow(&publisher, 1_000);
    let bytes = |frames: &[Batch]| {
        frames.iter().flat_map(|batch| &batch.frames).map(|frame| frame.payload.len()).sum::<usize>()
    };
    scene.push(&publisher, 0, 10);
    let few = follower.take();
    assert!(!few.lost && bytes(&few.batches) > 500);
    scene.push(&publisher, 10, 400);
    let many = follower.take();
    assert!(many.lost && (1..=10_000).contains(&bytes(&many.batches)), "{}", bytes(&many.batches));
    scene.push(&publisher, 410, 10);
    assert!(!follower.take().lost, "what was taken counts no more");
}

#[test]
fn a_seat_counts_as_a_reader_until_it_is_given_back() {
    let scene = Scene::new();
    let publisher = scene.publish();
    let seat = Seat::take(publisher.stream());
    assert_eq!(publisher.stream().counters.read().readers, 1);
    drop(seat);
    assert_eq!(publisher.stream().counters.read().readers, 0);
}
