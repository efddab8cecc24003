//! Streams that are cut by a call, and streams whose players see them late.

mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use support::{Calls, HandClock, audio, video};
use vivace_base::{AppId, Limits, SessionId, StreamName};
use vivace_domain::claim::Owner;
use vivace_hub::{Claimed, Cut, Follower, Hub, Publisher, StreamState};

const APP: AppId = AppId(1);
const OWNER: Owner = Owner::Key(APP);

struct Scene {
    hub: Arc<Hub>,
    clock: Arc<HandClock>,
}

impl Scene {
    fn new() -> Self {
        let clock = HandClock::starting_at(1_000);
        Self { hub: Hub::new(Arc::new(Limits::default()), clock.clone(), Arc::new(Calls::default()), 0), clock }
    }

    fn publish(&self) -> Publisher {
        let publisher = self.hub.publish(APP, &name(), OWNER, SessionId(1));
        publisher.map_err(|fault| fault.to_string()).unwrap()
    }

    /// Pictures and sound of 40 ms each, the first picture being a key frame.
    fn push(&self, publisher: &Publisher, from: i64, count: i64) {
        for at in from..from + count {
            publisher.push(audio(at * 40, 0)).unwrap();
            publisher.push(video(at * 40, at == from, 0)).unwrap();
            self.clock.wind(40);
        }
    }
}

fn name() -> StreamName {
    StreamName::parse("a").unwrap()
}

fn follow(publisher: &Publisher) -> Follower {
    publisher.stream().follow(10_000, Box::new(|| ()))
}

/// Times of the pictures that wait, and the epochs of their batches.
fn seen(follower: &Follower) -> (Vec<i64>, Vec<u64>) {
    let followed = follower.take();
    let frames = followed.batches.iter().flat_map(|batch| &batch.frames);
    let pictures = frames.filter(|frame| frame.codec.is_some_and(|codec| codec.is_video()));
    (pictures.map(|frame| frame.dts.ms()).collect(), followed.batches.iter().map(|batch| batch.epoch).collect())
}

#[test]
fn a_cut_ends_the_stream_and_tells_when_its_publisher_has_left() {
    let scene = Scene::new();
    let publisher = scene.publish();
    scene.push(&publisher, 0, 3);
    let stream = scene.hub.cut(APP, &name(), Cut::Disabled).unwrap();
    assert_eq!((stream.state(), stream.cut()), (StreamState::Ended, Some(Cut::Disabled)));
    assert!(publisher.push(video(200, true, 0)).is_err() && !publisher.is_current());
    assert!(scene.hub.stream(APP, &name()).is_none() && scene.hub.cut(APP, &name(), Cut::Requested).is_none());

    let left = Arc::new(AtomicU64::new(0));
    let count = || {
        let left = left.clone();
        Box::new(move || {
            left.fetch_add(1, Relaxed);
        })
    };
    stream.when_left(count());
    assert_eq!(left.load(Relaxed), 0, "its publisher is there still");
    // The name is free at once, and the old publisher's leaving does nothing to the new stream.
    let next = scene.publish();
    assert_eq!(next.how(), Claimed::New);
    drop(publisher);
    assert_eq!(left.load(Relaxed), 1);
    stream.when_left(count());
    assert_eq!(left.load(Relaxed), 2, "nobody is there: at once");
    assert!(next.push(video(0, true, 0)).is_ok());
}

#[test]
fn a_stream_that_was_taken_over_is_left_when_both_publishers_are_gone() {
    let scene = Scene::new();
    let (first, second) = (scene.publish(), scene.publish());
    let stream = scene.hub.cut(APP, &name(), Cut::Requested).unwrap();
    let left = Arc::new(AtomicU64::new(0));
    let told = left.clone();
    stream.when_left(Box::new(move || {
        told.fetch_add(1, Relaxed);
    }));
    drop(second);
    assert_eq!(left.load(Relaxed), 0);
    drop(first);
    assert_eq!(left.load(Relaxed), 1);
}

#[test]
fn players_of_a_delayed_stream_stay_behind_until_it_is_resumed() {
    let scene = Scene::new();
    let publisher = scene.publish();
    let follower = follow(&publisher);
    scene.hub.set_delay(APP, &name(), 2_000);
    scene.push(&publisher, 0, 50);
    assert_eq!(seen(&follower).0, Vec::<i64>::new(), "two seconds have passed, not more");
    scene.push(&publisher, 50, 25);
    let (times, _) = seen(&follower);
    assert_eq!((times.first(), times.last()), (Some(&0), Some(&960)), "a second of it is shown");

    // Back to the edge: what lies before the newest key frame is left out.
    scene.push(&publisher, 75, 5);
    seen(&follower);
    scene.hub.set_delay(APP, &name(), 0);
    assert_eq!(seen(&follower).0, [3_000, 3_040, 3_080, 3_120, 3_160]);
    scene.push(&publisher, 80, 1);
    assert_eq!(seen(&follower).0, [3_200]);
}

#[test]
fn a_publisher_that_leaves_and_comes_back_does_so_late_too() {
    let scene = Scene::new();
    let publisher = scene.publish();
    let (stream, follower) = (publisher.stream().clone(), follow(&publisher));
    scene.hub.set_delay(APP, &name(), 1_000);
    scene.push(&publisher, 0, 10);
    drop(publisher);
    let again = scene.publish();
    assert_eq!(again.how(), Claimed::Continued);
    scene.push(&again, 0, 10);
    scene.clock.wind(560);
    scene.hub.handle_timeout();
    let (times, epochs) = seen(&follower);
    assert_eq!(times.len(), 10, "those of the first publisher");
    assert!(epochs.iter().all(|epoch| *epoch == 1));
    scene.clock.wind(1_000);
    scene.hub.handle_timeout();
    let (times, epochs) = seen(&follower);
    assert_eq!(times.len(), 10, "those of the second");
    assert!(epochs.iter().all(|epoch| *epoch == 2));
    assert_eq!(stream.delay_ms(), 1_000);
}

#[test]
fn a_delayed_stream_ends_when_all_of_it_was_shown() {
    let scene = Scene::new();
    let publisher = scene.publish();
    let (stream, follower) = (publisher.stream().clone(), follow(&publisher));
    scene.hub.set_delay(APP, &name(), 60_000);
    scene.push(&publisher, 0, 10);
    drop(publisher);
    scene.clock.wind(30_000);
    assert!(scene.hub.handle_timeout().is_empty(), "its grace is over, and it waits to be shown");
    assert_eq!(seen(&follower).0.len(), 0);
    scene.clock.wind(31_000);
    assert_eq!(scene.hub.handle_timeout().len(), 1);
    assert_eq!((seen(&follower).0.len(), stream.state()), (10, StreamState::Ended));
}
