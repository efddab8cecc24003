//! Streams whose players see what a worker makes of what comes in.

mod support;

use std::sync::Arc;

use support::{Calls, HandClock, video};
use vivace_base::{AppId, Limits, SessionId, StreamName};
use vivace_domain::claim::Owner;
use vivace_hub::{Follower, Hub, HubFault, Publisher, StreamState};

const APP: AppId = AppId(1);

fn hub() -> Arc<Hub> {
    Hub::new(Arc::new(Limits::default()), HandClock::starting_at(1_000), Arc::new(Calls::default()), 0)
}

fn publish(hub: &Arc<Hub>, owner: Owner) -> Publisher {
    let name = StreamName::parse("a").unwrap();
    hub.publish(APP, &name, owner, SessionId(1)).map_err(|fault| fault.to_string()).unwrap()
}

/// Times of the pictures that wait, and the epochs of their batches.
fn seen(follower: &Follower) -> (Vec<i64>, Vec<u64>) {
    let followed = follower.take();
    let frames = followed.batches.iter().flat_map(|batch| &batch.frames);
    (frames.map(|frame| frame.dts.ms()).collect(), followed.batches.iter().map(|batch| batch.epoch).collect())
}

#[test]
fn players_see_only_what_was_made_and_it_is_fenced_by_the_publisher() {
    let hub = hub();
    let first = publish(&hub, Owner::Key(APP));
    assert!(first.stream().source().is_none());
    first.divert(true);
    let stream = first.stream().clone();
    let source = stream.source().expect("a source");
    let (raw, shown) = (source.follow(100, Box::new(|| ())), stream.follow(100, Box::new(|| ())));
    first.push(video(7_000, true, 0)).unwrap();
    first.push(video(7_040, false, 0)).unwrap();
    assert_eq!((seen(&raw), seen(&shown).0), ((vec![0, 40], vec![1, 1]), vec![]), "on the stream's own timeline");

    let marker = hub.marker(stream.clone());
    marker.show(1, video(0, true, 0)).unwrap();
    assert_eq!(seen(&shown), (vec![0], vec![1]));
    assert!(marker.show(2, video(40, false, 0)).is_err(), "of a publisher that is still to come");

    // The same owner comes again: what was made of the old session's frames comes too late.
    let second = publish(&hub, Owner::Key(APP));
    second.divert(true);
    assert!(Arc::ptr_eq(&source, &stream.source().unwrap()), "its source goes on");
    assert!(marker.show(1, video(40, false, 0)).is_err());
    second.push(video(90_000, true, 0)).unwrap();
    let (times, epochs) = seen(&raw);
    assert_eq!((times, epochs), (vec![80], vec![2]));
    marker.show(2, video(60, false, 0)).unwrap();
    assert!(seen(&shown).0.is_empty(), "a picture without its key frame means nothing");
    marker.show(2, video(80, true, 0)).unwrap();
    assert_eq!(seen(&shown), (vec![80], vec![2]));

    drop(first);
    assert_eq!(source.state(), StreamState::Live);
    drop(second);
    assert!(matches!(source.state(), StreamState::Grace { .. }));
    hub.end_all();
    assert_eq!((source.state(), marker.show(3, video(120, true, 0)).is_err()), (StreamState::Ended, true));
}

#[test]
fn a_stream_that_is_no_longer_diverted_is_shown_as_it_comes() {
    let hub = hub();
    let publisher = publish(&hub, Owner::Key(APP));
    publisher.divert(true);
    let (stream, source) = (publisher.stream().clone(), publisher.stream().source().unwrap());
    let shown = stream.follow(100, Box::new(|| ()));
    publisher.push(video(0, true, 0)).unwrap();
    publisher.divert(false);
    assert_eq!((source.state(), stream.source().is_none()), (StreamState::Ended, true));
    publisher.push(video(40, true, 0)).unwrap();
    assert_eq!(seen(&shown).0, [40]);
    assert!(hub.marker(stream).show(1, video(80, true, 0)).is_err());
}

#[test]
fn what_is_made_of_another_stream_keeps_its_times() {
    let hub = hub();
    let publisher = publish(&hub, Owner::Transcoder);
    let stream = publisher.stream().clone();
    assert!(stream.is_derived() && !publish_other(&hub).stream().is_derived());
    let follower = stream.follow(100, Box::new(|| ()));
    for ms in [500_000, 500_040, 620_000, 619_000] {
        publisher.push(video(ms, true, 0)).unwrap();
    }
    assert_eq!(seen(&follower).0, [500_000, 500_040, 620_000, 620_000], "no jump is mended, and none goes back");
    assert_eq!(stream.counters.read().discontinuities, 0);
}

#[test]
fn what_is_made_of_another_stream_ends_with_its_maker_and_begins_anew() {
    let hub = hub();
    let name = StreamName::parse("a").unwrap();
    let first = publish(&hub, Owner::Transcoder);
    let stream = first.stream().clone();
    first.push(video(500_000, true, 0)).unwrap();
    let second = hub.publish(APP, &name, Owner::Transcoder, SessionId(2)).map(|publisher| publisher.epoch());
    assert!(matches!(second, Err(HubFault::Taken { .. })), "one maker at a time: {second:?}");
    drop(first);
    assert_eq!((stream.state(), hub.stream(APP, &name).is_none()), (StreamState::Ended, true));
    // Of another origin, whose times begin at zero.
    let second = publish(&hub, Owner::Transcoder);
    let shown = second.stream().follow(100, Box::new(|| ()));
    for ms in [0, 40] {
        second.push(video(ms, true, 0)).unwrap();
    }
    assert_eq!((seen(&shown).0, second.stream().serial() == stream.serial()), (vec![0, 40], false));
    // A pushed stream waits for its publisher.
    let pushed = publish_other(&hub);
    let other = pushed.stream().clone();
    drop(pushed);
    assert!(matches!(other.state(), StreamState::Grace { .. }));
    assert!(second.is_current());
}

fn publish_other(hub: &Arc<Hub>) -> Publisher {
    let name = StreamName::parse("b").unwrap();
    hub.publish(APP, &name, Owner::Key(APP), SessionId(2)).map_err(|fault| fault.to_string()).unwrap()
}
