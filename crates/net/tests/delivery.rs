//! Delivery threads with the machine's own clock and real sockets.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use vivace_base::{AppId, Clock, Limits, LiveLimits, SessionId, StreamName};
use vivace_domain::claim::Owner;
use vivace_hub::{Ask, Hub, Inbound, PlayEnd, PlayTotals, Publisher, Start};
use vivace_media::FrameKind::{AudioConfig, Video, VideoConfig};
use vivace_net::MachineClock;
use vivace_net::delivery::{Adoption, Delivery, Socket};

#[path = "../../hub/tests/support/mod.rs"]
mod support;

use support::{ALL, Record, Watcher, config, frame, parse, reply, video};

const APP: AppId = AppId(1);
const PATIENCE: Duration = Duration::from_secs(60);

type Ends = Arc<Mutex<Vec<PlayEnd>>>;

struct Silent(Ends);

impl Inbound for Silent {
    fn on_input(&mut self, _: &[u8], _: &mut Vec<u8>) -> Ask {
        Ask::Nothing
    }

    fn farewell(&mut self, _: PlayEnd, out: &mut Vec<u8>) {
        out.extend(reply(b'!'));
    }

    fn on_end(&mut self, end: PlayEnd, _: PlayTotals) {
        self.0.lock().push(end);
    }
}

struct House {
    hub: Arc<Hub>,
    delivery: Delivery,
    listener: TcpListener,
    ends: Ends,
}

fn name() -> StreamName {
    StreamName::parse("a").expect("a name")
}

impl House {
    fn open(threads: usize, merge_ms: u64, limits: Limits) -> (Self, Publisher) {
        let limits = LiveLimits::from(limits);
        let clock: Arc<dyn Clock> = Arc::new(MachineClock::new());
        let delivery = Delivery::start(threads, &limits, &clock).expect("threads");
        let hub = Hub::new(limits, clock, Arc::new(delivery.handle()), merge_ms);
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let publisher = hub.publish(APP, &name(), Owner::Key(APP), SessionId(1)).expect("free");
        publisher.push(config(VideoConfig, 1)).expect("current");
        publisher.push(config(AudioConfig, 1)).expect("current");
        (Self { hub, delivery, listener, ends: Ends::default() }, publisher)
    }

    fn join(&self, start: Start) -> TcpStream {
        let socket = TcpStream::connect(self.listener.local_addr().expect("bound")).expect("a connection");
        socket.set_read_timeout(Some(PATIENCE)).expect("a deadline");
        let (served, _) = self.listener.accept().expect("a connection");
        served.set_nonblocking(true).expect("non-blocking");
        let reader = self.hub.subscribe(APP, &name(), ALL).expect("live");
        let inbound = Box::new(Silent(self.ends.clone()));
        self.delivery.handle().adopt(Adoption {
            socket: Socket::Plain(served),
            reader,
            start,
            head: reply(1).into(),
            inbound,
        });
        socket
    }
}

/// Reads records until one satisfies `last`.
fn read_until(socket: &mut TcpStream, bytes: &mut Vec<u8>, mut last: impl FnMut(&Record) -> bool) -> Vec<Record> {
    let (mut buffer, mut records) = (vec![0; 64 << 10], Vec::new());
    loop {
        let count = socket.read(&mut buffer).expect("bytes before the deadline");
        assert!(count > 0, "the end comes too early");
        bytes.extend_from_slice(&buffer[..count]);
        let fresh = parse(bytes);
        let done = fresh.iter().any(&mut last);
        records.extend(fresh);
        if done {
            return records;
        }
    }
}

fn is_frame(record: &Record, wanted: u64) -> bool {
    matches!(record, Record::Frame { number, .. } if *number == wanted)
}

#[test]
fn fifty_players_of_a_stream_get_the_same_bytes() {
    const FRAMES: u64 = 500;
    let (house, publisher) = House::open(2, 0, Limits::default());
    publisher.push(video(0, true, 1)).expect("current");
    let mut players: Vec<TcpStream> = (0..50).map(|_| house.join(Start::Fast)).collect();
    // Everybody is at the first frame before the others come.
    for player in &mut players {
        let mut bytes = Vec::new();
        read_until(player, &mut bytes, |record| is_frame(record, 1));
        assert!(bytes.is_empty());
    }
    for number in 2..=FRAMES {
        publisher.push(frame(Video, number as i64 * 5, number % 50 == 0, number, 1, 300)).expect("current");
    }
    house.hub.end_all();
    let mut all: Vec<Vec<u8>> = Vec::new();
    for player in &mut players {
        let mut bytes = Vec::new();
        player.read_to_end(&mut bytes).expect("the end before the deadline");
        all.push(bytes);
    }
    assert!(all.windows(2).all(|pair| pair[0] == pair[1]), "the bytes differ");
    let mut first = all.swap_remove(0);
    let records = parse(&mut first);
    assert!(first.is_empty() && records.last() == Some(&Record::Reply(b'!')));
    let mut watcher = Watcher::default();
    let before = [Record::Preamble, Record::Headers { version: 1 }];
    before.iter().chain(&records).for_each(|record| watcher.see(record, |_| false));
    assert_eq!((watcher.frames, watcher.gaps), (FRAMES - 1, 0));
    drop(players);
    house.delivery.stop();
    assert_eq!(house.ends.lock().as_slice(), [PlayEnd::StreamEnded; 50]);
}

#[test]
fn a_player_that_does_not_read_is_skipped_and_parses_when_it_reads_again() {
    let (house, publisher) = House::open(1, 0, Limits { reader_lag_bytes_max: 4 << 20, ..Limits::default() });
    publisher.push(video(0, true, 1)).expect("current");
    let (mut lazy, mut eager) = (house.join(Start::Fast), house.join(Start::Fast));
    let (mut lazy_bytes, mut eager_bytes) = (Vec::new(), Vec::new());
    let mut lazy_watcher = Watcher::default();
    for record in read_until(&mut lazy, &mut lazy_bytes, |record| is_frame(record, 1)) {
        lazy_watcher.see(&record, |_| true);
    }
    // Until the lazy one is skipped, however much its kernel swallows; the eager one sets the pace.
    let mut number = 1;
    while publisher.stream().counters.read().skips == 0 {
        number += 1;
        assert!(number < 100_000, "the lazy player is never skipped");
        publisher.push(frame(Video, number as i64, number % 20 == 0, number, 1, 30_000)).expect("current");
        if number % 10 == 0 {
            read_until(&mut eager, &mut eager_bytes, |record| is_frame(record, number));
        }
    }
    let last = number + 40;
    let feeder = std::thread::spawn(move || {
        // The key frame at which the lazy one comes back is behind what it has in its kernel.
        let mut number = number;
        while publisher.stream().counters.readers.load(std::sync::atomic::Ordering::Relaxed) > 0 {
            number += 1;
            publisher.push(frame(Video, number as i64, number % 20 == 0, number, 1, 300)).expect("current");
            std::thread::yield_now();
        }
    });
    drop(eager);
    let seen = |record: &Record| matches!(record, Record::Frame { number, .. } if *number >= last);
    for record in read_until(&mut lazy, &mut lazy_bytes, seen) {
        lazy_watcher.see(&record, |_| true);
    }
    assert!(lazy_watcher.gaps >= 1 && lazy_watcher.notices >= 1);
    drop(lazy);
    feeder.join().expect("the feeder ends when nobody is left");
    house.delivery.stop();
}

#[test]
fn stopping_lets_everybody_go() {
    let (house, publisher) = House::open(3, 50, Limits::default());
    publisher.push(video(0, true, 1)).expect("current");
    let mut players: Vec<TcpStream> = (0..200).map(|_| house.join(Start::Fast)).collect();
    let handle = house.delivery.handle();
    house.delivery.stop();
    assert_eq!(house.ends.lock().as_slice(), [PlayEnd::Shutdown; 200]);
    for player in &mut players {
        let mut bytes = Vec::new();
        player.read_to_end(&mut bytes).expect("the end before the deadline");
        parse(&mut bytes);
        assert!(bytes.is_empty(), "the last frame is torn");
    }
    assert_eq!(publisher.stream().counters.read().readers, 0);
    // Who comes later is told so.
    let reader = house.hub.subscribe(APP, &name(), ALL).expect("live");
    let socket = TcpStream::connect(house.listener.local_addr().expect("bound")).expect("a connection");
    socket.set_nonblocking(true).expect("non-blocking");
    let inbound = Box::new(Silent(house.ends.clone()));
    handle.adopt(Adoption {
        socket: Socket::Plain(socket),
        reader,
        start: Start::Fast,
        head: reply(1).into(),
        inbound,
    });
    assert_eq!(house.ends.lock().len(), 201);
}

#[test]
fn no_wake_up_is_lost_between_a_fast_publisher_and_coming_and_going_players() {
    const FRAMES: u64 = 4_000;
    for round in 0..5 {
        // Nothing may be lost to slowness here: what is missing would be a lost wake-up.
        let limits = Limits { reader_lag_bytes_max: 256 << 20, reader_lag_ms_max: 600_000, ..Limits::default() };
        let (house, publisher) = House::open(2, 0, limits);
        publisher.push(video(0, true, 1)).expect("current");
        let mut staying: Vec<TcpStream> = (0..8).map(|_| house.join(Start::Fast)).collect();
        let feeder = std::thread::spawn(move || {
            for number in 2..=FRAMES {
                publisher.push(frame(Video, number as i64, number % 100 == 0, number, 1, 64)).expect("current");
                if number % 64 == round {
                    std::thread::yield_now();
                }
            }
            publisher
        });
        // Groups come and go meanwhile.
        for _ in 0..50 {
            let mut passing = house.join(Start::Fast);
            let mut buffer = [0; 1_000];
            assert!(passing.read(&mut buffer).expect("bytes before the deadline") > 0);
            let _ = passing.write(&buffer);
        }
        let publisher = feeder.join().expect("the feeder ends");
        for player in &mut staying {
            let (mut bytes, mut watcher) = (Vec::new(), Watcher::default());
            for record in read_until(player, &mut bytes, |record| is_frame(record, FRAMES)) {
                watcher.see(&record, |_| true);
            }
            assert_eq!(watcher.gaps, 0);
        }
        drop(publisher);
        house.delivery.stop();
    }
}

#[test]
fn threads_that_are_dropped_let_everybody_go() {
    let (house, publisher) = House::open(2, 0, Limits::default());
    let player = house.join(Start::Fast);
    let ends = house.ends.clone();
    drop(house);
    assert_eq!(ends.lock().as_slice(), [PlayEnd::Shutdown]);
    assert_eq!(publisher.stream().counters.read().readers, 0);
    drop(player);
}
