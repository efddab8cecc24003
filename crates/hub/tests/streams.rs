//! Names that are claimed and lost, and where a reader may begin.

mod support;

use std::sync::Arc;

use support::{ALL, Calls, HandClock, Record, SOUND, audio, config, frame, parse, video};
use vivace_base::{AppId, Limits, SessionId, StreamName};
use vivace_domain::claim::{HolderState, Owner};
use vivace_hub::{FormatKind, Hub, HubFault, Publisher, Replaced, Start, Stream, StreamState};
use vivace_media::FrameKind::{AudioConfig, Video, VideoConfig};

const APP: AppId = AppId(7);
const ONE: Owner = Owner::Address([1; 16]);
const TWO: Owner = Owner::Address([2; 16]);

struct Stage {
    hub: Arc<Hub>,
    clock: Arc<HandClock>,
    limits: Limits,
}

impl Stage {
    fn with(limits: Limits, merge_ms: u64) -> Self {
        let clock = HandClock::starting_at(1_000_000);
        let hub = Hub::new(Arc::new(limits.clone()), clock.clone(), Arc::new(Calls::default()), merge_ms);
        Self { hub, clock, limits }
    }

    fn new() -> Self {
        Self::with(Limits::default(), 0)
    }

    fn publish(&self, owner: Owner, session: u64) -> Result<Publisher, HubFault> {
        self.hub.publish(APP, &name("a"), owner, SessionId(session))
    }
}

fn name(text: &str) -> StreamName {
    StreamName::parse(text).expect("a name")
}

fn push(publisher: &Publisher, frames: impl IntoIterator<Item = vivace_media::Frame>) {
    frames.into_iter().for_each(|frame| publisher.push(frame).expect("the publisher is current"));
}

/// Both configurations, so that the stream is settled.
fn configure(publisher: &Publisher) {
    push(publisher, [config(VideoConfig, 1), config(AudioConfig, 1)]);
}

/// All records of a format's log from `from` on, and its end.
fn log(stream: &Stream, kind: FormatKind, from: u64) -> (Vec<Record>, u64) {
    let mut blocks = Vec::new();
    stream.blocks(kind, from, &mut blocks);
    let end = blocks.last().map_or(from, vivace_hub::Block::end);
    let mut bytes = blocks.iter().flat_map(|block| block.bytes.iter().copied()).collect();
    let records = parse(&mut bytes);
    assert!(bytes.is_empty(), "a block ends within a frame");
    (records, end)
}

fn numbers(records: &[Record]) -> Vec<u64> {
    let number = |record: &Record| if let Record::Frame { number, .. } = record { Some(*number) } else { None };
    records.iter().filter_map(number).collect()
}

#[test]
fn a_stranger_is_refused_until_the_publisher_has_been_silent() {
    let stage = Stage::new();
    let first = stage.publish(ONE, 1).expect("the name is free");
    let taken = |state| Some(HubFault::Taken { holder: SessionId(1), state });
    assert_eq!(stage.publish(TWO, 2).err(), taken(HolderState::Live));
    stage.clock.wind(stage.limits.publisher_idle_ms_max);
    assert_eq!(stage.publish(TWO, 2).err(), taken(HolderState::Live));
    stage.clock.wind(1);
    let second = stage.publish(TWO, 2).expect("the holder was silent");
    assert_eq!(first.push(video(0, true, 1)), Err(Replaced));
    assert!(!first.is_current() && second.is_current());
}

#[test]
fn the_owner_takes_over_and_the_old_session_ends_nothing_when_it_goes() {
    let stage = Stage::new();
    let old = stage.publish(ONE, 1).expect("free");
    configure(&old);
    push(&old, [video(0, true, 1)]);
    let new = stage.publish(ONE, 2).expect("its own");
    assert!(Arc::ptr_eq(old.stream(), new.stream()));
    drop(old);
    assert_eq!(new.stream().state(), StreamState::Live);
    push(&new, [video(500, true, 2)]);
    let (session, epoch, ..) = new.stream().publisher();
    assert_eq!((session, epoch), (SessionId(2), 2));
}

#[test]
fn grace_waits_for_its_owner_and_ends_on_time() {
    let stage = Stage::new();
    drop(stage.publish(ONE, 1).expect("free"));
    assert_eq!(stage.publish(TWO, 2).err(), Some(HubFault::Taken { holder: SessionId(1), state: HolderState::Grace }));
    stage.clock.wind(stage.limits.publish_grace_ms - 1);
    assert!(stage.hub.handle_timeout().is_empty());
    let back = stage.publish(ONE, 3).expect("its owner comes back");
    let stream = back.stream().clone();
    drop(back);
    stage.clock.wind(stage.limits.publish_grace_ms);
    assert_eq!(stage.hub.handle_timeout().len(), 1);
    assert_eq!(stream.state(), StreamState::Ended);
    assert!(stage.hub.streams().is_empty() && stage.hub.subscribe(APP, &name("a"), ALL).is_none());
    assert!(stage.publish(TWO, 4).is_ok(), "the name is free again");
}

#[test]
fn streams_are_counted_against_their_limit() {
    let stage = Stage::with(Limits { streams_max: 1, ..Limits::default() }, 0);
    let held = stage.publish(ONE, 1).expect("free");
    let other = stage.hub.publish(APP, &name("b"), ONE, SessionId(2));
    assert_eq!(other.err(), Some(HubFault::StreamsMax { limit: 1 }));
    drop(held);
    stage.clock.wind(stage.limits.publish_grace_ms);
    stage.hub.handle_timeout();
    assert!(stage.hub.publish(APP, &name("b"), ONE, SessionId(2)).is_ok());
}

#[test]
fn an_ended_stream_takes_no_frames() {
    let stage = Stage::new();
    let publisher = stage.publish(ONE, 1).expect("free");
    stage.hub.end_all();
    assert_eq!(publisher.push(video(0, true, 1)), Err(Replaced));
    drop(publisher);
    assert!(stage.hub.streams().is_empty());
}

#[test]
fn a_fast_start_gets_the_group_of_pictures_and_a_live_start_waits_for_the_next() {
    let stage = Stage::new();
    let publisher = stage.publish(ONE, 1).expect("free");
    let stream = publisher.stream().clone();
    configure(&publisher);
    push(&publisher, [video(0, true, 1), audio(10, 2), video(40, false, 3)]);
    let _reader = stage.hub.subscribe(APP, &name("a"), ALL).expect("live");
    let (records, end) = log(&stream, ALL, 0);
    assert_eq!(numbers(&records), [1, 2, 3]);
    assert_eq!(stream.place(ALL, Start::Fast, end, false).expect("a key frame").offset, 0);
    assert!(stream.place(ALL, Start::Live, end, false).is_none());
    push(&publisher, [video(80, true, 4)]);
    assert_eq!(stream.place(ALL, Start::Live, end, false).expect("a key frame").offset, end);
}

#[test]
fn the_containers_header_goes_to_a_reader_once() {
    let stage = Stage::new();
    let publisher = stage.publish(ONE, 1).expect("free");
    configure(&publisher);
    push(&publisher, [video(0, true, 1)]);
    let _reader = stage.hub.subscribe(APP, &name("a"), ALL).expect("live");
    let preamble = |begun| {
        let placed = publisher.stream().place(ALL, Start::Fast, 0, begun).expect("a key frame");
        parse(&mut placed.preamble.to_vec())
    };
    assert_eq!(preamble(false), [Record::Preamble, Record::Headers { version: 1 }]);
    assert_eq!(preamble(true), [Record::Headers { version: 1 }]);
}

#[test]
fn nobody_begins_before_a_change_of_the_decoder() {
    let stage = Stage::with(Limits::default(), 100);
    let publisher = stage.publish(ONE, 1).expect("free");
    let stream = publisher.stream().clone();
    configure(&publisher);
    let _reader = stage.hub.subscribe(APP, &name("a"), ALL).expect("live");
    push(&publisher, [video(0, true, 1), video(40, false, 2), config(VideoConfig, 2)]);
    for start in [Start::Fast, Start::Live] {
        assert!(stream.place(ALL, start, 0, false).is_none(), "{start:?}");
    }
    let in_log = |record: &Record| matches!(record, Record::Config { version: 2 });
    let (records, end) = log(&stream, ALL, 0);
    assert!(records.last().is_some_and(in_log), "the log is in step with the headers of the next reader");
    push(&publisher, [frame(Video, 80, true, 3, 2, 10)]);
    stage.clock.wind(1_000);
    stream.close_if_due(vivace_base::Clock::mono(&*stage.clock));
    assert_eq!(stream.place(ALL, Start::Live, 0, false).expect("a key frame").offset, end);
}

#[test]
fn headers_that_are_repeated_are_not_sent_again() {
    let stage = Stage::new();
    let publisher = stage.publish(ONE, 1).expect("free");
    configure(&publisher);
    let _reader = stage.hub.subscribe(APP, &name("a"), ALL).expect("live");
    push(&publisher, [video(0, true, 1), config(VideoConfig, 1), config(AudioConfig, 1), video(40, false, 2)]);
    let (records, _) = log(publisher.stream(), ALL, 0);
    assert_eq!((records.len(), numbers(&records)), (2, vec![1, 2]));
    assert!(publisher.stream().place(ALL, Start::Fast, 0, false).is_some());
}

#[test]
fn who_wants_sound_alone_begins_at_the_sound_behind_a_key_frame() {
    let stage = Stage::new();
    let publisher = stage.publish(ONE, 1).expect("free");
    let stream = publisher.stream().clone();
    configure(&publisher);
    let _reader = stage.hub.subscribe(APP, &name("a"), SOUND).expect("live");
    push(
        &publisher,
        [audio(0, 1), video(0, true, 2), audio(23, 3), video(40, false, 4), audio(46, 5), video(80, false, 6)],
    );
    let placed = stream.place(SOUND, Start::Fast, 0, false).expect("a place in a stream of both");
    assert_eq!(numbers(&log(&stream, SOUND, placed.offset).0), [3, 5]);
}

#[test]
fn sound_alone_settles_after_a_second_and_may_begin_anywhere() {
    let stage = Stage::new();
    let publisher = stage.publish(ONE, 1).expect("free");
    let _reader = stage.hub.subscribe(APP, &name("a"), ALL).expect("live");
    push(&publisher, [config(AudioConfig, 1)]);
    for (number, ms) in (0..=990_i64).step_by(30).enumerate() {
        push(&publisher, [audio(ms, number as u64)]);
        stage.clock.wind(30);
        assert!(!publisher.stream().tracks().settled());
    }
    push(&publisher, [audio(1_000, 100), audio(1_030, 101)]);
    assert!(publisher.stream().tracks().settled());
    stage.clock.wind(100);
    publisher.stream().close_if_due(vivace_base::Clock::mono(&*stage.clock));
    let placed = publisher.stream().place(ALL, Start::Fast, 0, false).expect("a place");
    assert_eq!(numbers(&log(publisher.stream(), ALL, 0).0).last(), Some(&101));
    assert!(placed.offset > 0, "at the newest sound, not the oldest");
}

#[test]
fn a_publisher_that_goes_on_without_pictures_leaves_a_stream_of_sound() {
    let stage = Stage::new();
    let first = stage.publish(ONE, 1).expect("free");
    configure(&first);
    push(&first, [video(0, true, 1)]);
    let second = stage.publish(ONE, 2).expect("its own");
    let _reader = stage.hub.subscribe(APP, &name("a"), ALL).expect("live");
    push(&second, [config(AudioConfig, 1)]);
    for number in 0..60 {
        push(&second, [audio(number * 23, 10 + number as u64)]);
        stage.clock.wind(23);
    }
    let tracks = second.stream().tracks();
    assert!(tracks.video.is_none() && tracks.audio.is_some() && tracks.settled());
    stage.clock.wind(100);
    second.stream().close_if_due(vivace_base::Clock::mono(&*stage.clock));
    assert!(second.stream().place(ALL, Start::Fast, 0, false).is_some());
}

#[test]
fn pictures_before_the_first_key_frame_of_a_new_publisher_are_dropped() {
    let stage = Stage::new();
    let first = stage.publish(ONE, 1).expect("free");
    configure(&first);
    let _reader = stage.hub.subscribe(APP, &name("a"), ALL).expect("live");
    push(&first, [video(0, true, 1), video(40, false, 2)]);
    let second = stage.publish(ONE, 2).expect("its own");
    push(&second, [video(0, false, 3), audio(10, 4), video(40, false, 5), video(80, true, 6), video(120, false, 7)]);
    assert_eq!(numbers(&log(second.stream(), ALL, 0).0), [1, 2, 4, 6, 7]);
}

#[test]
fn a_batch_is_bounded_although_nobody_reads_and_no_time_passes() {
    let limits = Limits { batch_bytes_max: 10_000, gop_bytes_max: 50_000, ..Limits::default() };
    let stage = Stage::with(limits, 100);
    let publisher = stage.publish(ONE, 1).expect("free");
    configure(&publisher);
    push(&publisher, [video(0, true, 1)]);
    let _reader = stage.hub.subscribe(APP, &name("a"), ALL).expect("live");
    let (_, begun) = log(publisher.stream(), ALL, 0);
    let mut end = begun;
    for number in 2..2_000 {
        push(&publisher, [audio(0, number)]);
        let (records, now) = log(publisher.stream(), ALL, end);
        assert!(records.len() <= 10_000 / 36, "a block of {} frames", records.len());
        end = now;
    }
    assert!(end > begun, "no block was closed");
}

#[test]
fn a_log_keeps_no_more_than_its_bounds() {
    let limits = Limits {
        reader_lag_ms_max: 500,
        gop_ms_max: 2_000,
        gop_bytes_max: 30_000,
        reader_lag_bytes_max: 10_000,
        ..Limits::default()
    };
    let stage = Stage::with(limits, 0);
    let publisher = stage.publish(ONE, 1).expect("free");
    configure(&publisher);
    let _reader = stage.hub.subscribe(APP, &name("a"), ALL).expect("live");
    for number in 0..5_000_u64 {
        // One key frame in 4 s, and after a while none at all.
        let key = number % 100 == 0 && number < 2_000;
        let filling = if number % 1_000 < 500 { 20 } else { 900 };
        push(&publisher, [frame(Video, number as i64 * 40, key, number, 1, filling)]);
        let mut blocks = Vec::new();
        let kept_from = publisher.stream().blocks(ALL, 0, &mut blocks);
        assert_eq!(blocks.first().map(|block| block.offset), Some(kept_from));
        let bytes: usize = blocks.iter().map(|block| block.bytes.len()).sum();
        assert!(bytes <= 40_000, "{bytes} bytes are kept");
        let age = blocks.last().expect("a block").newest() - blocks.first().expect("a block").newest();
        assert!(age.ms() <= 2_000, "{} ms are kept", age.ms());
    }
    assert!(publisher.stream().place(ALL, Start::Fast, 0, false).is_none(), "the last key frame is long gone");
}

#[test]
fn what_streams_did_is_never_counted_less_and_counts_until_the_last_reader_has_gone() {
    let stage = Stage::new();
    let publisher = stage.publish(ONE, 1).expect("the name is free");
    configure(&publisher);
    push(&publisher, [video(0, true, 1), video(40, false, 2)]);
    let reader = stage.hub.subscribe(APP, &name("a"), ALL).expect("live");
    let add = |bytes| publisher.stream().counters.bytes_out.fetch_add(bytes, std::sync::atomic::Ordering::Relaxed);
    add(100);
    let before = stage.hub.totals();
    assert_eq!((before.readers, before.bytes_out, before.frames_in), (1, 100, 4));
    stage.hub.end_all();
    assert_eq!(stage.hub.totals(), before, "an ended stream with a reader");
    // What was on its way to the reader.
    add(23);
    assert_eq!(stage.hub.totals().bytes_out, 123);
    drop(reader);
    let after = stage.hub.totals();
    assert_eq!((after.readers, after.bytes_out, after.frames_in), (0, 123, 4));
    assert_eq!(stage.hub.totals(), after);
    // The stream itself is let go with its last reader.
    let stream = Arc::downgrade(publisher.stream());
    drop(publisher);
    assert_eq!(stream.strong_count(), 0);
}

#[test]
fn totals_do_not_go_back_while_streams_come_and_go() {
    let stage = Stage::new();
    let hub = stage.hub.clone();
    std::thread::scope(|scope| {
        let feeder = scope.spawn(|| {
            for session in 0..2_000 {
                let publisher = stage.publish(ONE, session).expect("the name is free");
                push(&publisher, [video(0, true, 1)]);
                stage.hub.end_all();
            }
        });
        let mut seen = 0;
        while !feeder.is_finished() {
            let now = hub.totals().frames_in;
            assert!(now >= seen, "{now} after {seen}");
            seen = now;
        }
    });
    assert_eq!(hub.totals().frames_in, 2_000);
}
