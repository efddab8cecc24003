//! A delivery thread turned by hand, with a hand-wound clock and players on real sockets.

mod random;
mod several;

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use mio::Events;
use parking_lot::Mutex;
use socket2::SockRef;
use vivace_base::{AppId, Clock, Limits, LiveLimits, SessionId, StreamName};
use vivace_domain::claim::Owner;
use vivace_hub::{Ask, FormatKind, Hub, Inbound, PlayEnd, PlayTotals, Publisher, Start};
use vivace_media::FrameKind::{AudioConfig, Video, VideoConfig};

use super::super::mailbox::Mailbox;
use super::super::{Adoption, DeliveryHandle};
use super::Worker;

#[path = "../../../../../hub/tests/support/mod.rs"]
mod support;

use support::{ALL, HandClock, Record, SOUND, Watcher, config, frame, parse, reply};

/// Every byte that a client sends is an order.
struct Orders {
    ended: Arc<Mutex<Option<PlayEnd>>>,
}

impl Inbound for Orders {
    fn on_input(&mut self, bytes: &[u8], out: &mut Vec<u8>) -> Ask {
        let mut ask = Ask::Nothing;
        for byte in bytes {
            ask = match byte {
                b'P' => Ask::Pause,
                b'C' => Ask::Resume,
                b'A' => Ask::Switch(ALL),
                b'S' => Ask::Switch(SOUND),
                b'X' => Ask::Close(PlayEnd::Client),
                _ => {
                    out.extend(reply(*byte));
                    ask
                }
            };
        }
        ask
    }

    fn farewell(&mut self, _: PlayEnd, out: &mut Vec<u8>) {
        out.extend(reply(b'!'));
    }

    fn on_end(&mut self, end: PlayEnd, _: PlayTotals) {
        assert_eq!(self.ended.lock().replace(end), None, "a play ends once");
    }
}

struct Client {
    socket: TcpStream,
    bytes: Vec<u8>,
    watcher: Watcher,
    ended: Arc<Mutex<Option<PlayEnd>>>,
    sound_only: bool,
    /// Has changed its format, so that either kind of frame may come.
    mixed: bool,
    closed: bool,
    farewells: u64,
}

impl Client {
    /// Reads up to `most` bytes.
    fn read(&mut self, most: usize, is_video: &[bool]) -> usize {
        let mut buffer = vec![0; most];
        let count = match self.socket.read(&mut buffer) {
            Ok(count) => count,
            Err(error) if error.kind() == ErrorKind::WouldBlock => return 0,
            Err(error) if error.kind() == ErrorKind::ConnectionReset => 0,
            Err(error) => panic!("{error}"),
        };
        if count == 0 {
            self.closed = true;
            // The server has gone already, or is told by this that its words have come through.
            let _ = self.socket.shutdown(Shutdown::Both);
        }
        self.bytes.extend_from_slice(&buffer[..count]);
        let (pictures, loose) = (!self.sound_only, self.mixed);
        for record in parse(&mut self.bytes) {
            self.farewells += u64::from(record == Record::Reply(b'!'));
            // Number 0 asks whether a beginning has to be a key frame: not for sound, whose frames are none.
            let carried = |number: u64| match number {
                0 => pictures && !loose,
                _ => !loose && (pictures || !is_video[number as usize]),
            };
            self.watcher.see(&record, carried);
        }
        count
    }

    /// Both sides have parted.
    fn is_over(&self) -> bool {
        self.closed && self.ended.lock().is_some()
    }

    fn send(&self, order: u8) {
        // A play that is over takes no orders.
        let _ = (&self.socket).write(&[order]);
    }
}

struct Stage {
    worker: Worker,
    hub: Arc<Hub>,
    clock: Arc<HandClock>,
    handle: DeliveryHandle,
    listener: TcpListener,
    events: Events,
}

const APP: AppId = AppId(1);
const OWNER: Owner = Owner::Key(APP);

fn name() -> StreamName {
    StreamName::parse("a").expect("a name")
}

fn limits() -> Limits {
    Limits {
        reader_lag_ms_max: 300,
        gop_ms_max: 3_000,
        gop_bytes_max: 200_000,
        reader_lag_bytes_max: 100_000,
        // The hand-wound clock runs ahead of the kernel's timers, which a full window has to wait for.
        reader_stall_ms_max: 100_000_000,
        rtmp_video_message_bytes_max: 60_000,
        player_reply_bytes_max: 10_000,
        ..Limits::default()
    }
}

impl Stage {
    fn new(merge_ms: u64) -> Self {
        Self::with(merge_ms, limits())
    }

    fn with(merge_ms: u64, limits: Limits) -> Self {
        Self::on(merge_ms, &limits.into())
    }

    fn on(merge_ms: u64, limits: &LiveLimits) -> Self {
        let clock = HandClock::starting_at(100_000);
        let (mailbox, poll) = Mailbox::new().expect("a poll");
        let mailbox = Arc::new(mailbox);
        let handle = DeliveryHandle { mailboxes: Arc::from([mailbox.clone()]), questions: Arc::default() };
        let hub = Hub::new(limits.clone(), clock.clone(), Arc::new(handle.clone()), merge_ms);
        let worker = Worker::new(0, mailbox, poll, limits.follow(), clock.clone());
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        Self { worker, hub, clock, handle, listener, events: Events::with_capacity(64) }
    }

    fn publish(&self) -> Publisher {
        let publisher = self.hub.publish(APP, &name(), OWNER, SessionId(1)).expect("its own");
        publisher.push(config(VideoConfig, 1)).expect("current");
        publisher.push(config(AudioConfig, 1)).expect("current");
        publisher
    }

    fn join(&self, kind: FormatKind, start: Start) -> Client {
        let socket = TcpStream::connect(self.listener.local_addr().expect("bound")).expect("a connection");
        SockRef::from(&socket).set_recv_buffer_size(16_384).expect("a small buffer");
        socket.set_nonblocking(true).expect("non-blocking");
        let (served, _) = self.listener.accept().expect("a connection");
        SockRef::from(&served).set_send_buffer_size(4_096).expect("a small buffer");
        served.set_nonblocking(true).expect("non-blocking");
        let ended: Arc<Mutex<Option<PlayEnd>>> = Arc::default();
        let reader = self.hub.subscribe(APP, &name(), kind).expect("live");
        let inbound = Box::new(Orders { ended: ended.clone() });
        self.handle.adopt(Adoption {
            socket: crate::delivery::Socket::Plain(served),
            reader,
            start,
            head: reply(1).into(),
            inbound,
        });
        Client {
            socket,
            bytes: Vec::new(),
            watcher: Watcher::default(),
            ended,
            sound_only: kind == SOUND,
            mixed: false,
            closed: false,
            farewells: 0,
        }
    }

    fn turn(&mut self) {
        self.worker.turn(&mut self.events, Some(Duration::ZERO)).expect("a turn");
        self.check();
    }

    /// Nothing that the thread holds grows beyond its bounds.
    fn check(&self) {
        let limits = limits();
        let kept = (limits.gop_bytes_max + limits.reader_lag_bytes_max + limits.batch_bytes_max) as u64;
        let mut members = 0;
        for (index, group) in self.worker.groups.iter().enumerate() {
            let Some(group) = group else { continue };
            assert!(group.view.bytes() <= kept, "a window of {} bytes", group.view.bytes());
            members += group.members.len();
            for (at, member) in group.members.iter().enumerate() {
                let player = self.worker.players[*member].as_ref().expect("a member is a player");
                assert_eq!((player.group, player.member), (index, at));
                assert_eq!(player.reader.kind(), group.kind);
                // One frame's rest, one set of headers, and the replies.
                assert!(player.own_bytes() <= 80_000 + 64_000, "{} bytes wait for one", player.own_bytes());
            }
        }
        assert_eq!(members, self.worker.players.iter().flatten().count());
        assert!(self.worker.eager.len() <= self.worker.players.len());
        assert!(self.worker.looks.len() <= self.worker.streams.len());
    }
}

/// Turns and reads until `done`.
fn until(stage: &mut Stage, clients: &mut [Client], is_video: &[bool], mut done: impl FnMut(&[Client]) -> bool) {
    let mut rest = RealTime::new();
    while !done(clients) {
        assert!(rest.wind(&stage.clock), "what was waited for does not come");
        stage.turn();
        for client in clients.iter_mut().filter(|client| !client.closed) {
            client.read(1 << 16, is_video);
        }
    }
}

/// Lets the hand-wound clock follow the machine's for a minute: the kernel has timers of its own.
struct RealTime {
    clock: crate::MachineClock,
    seen: u64,
}

impl RealTime {
    fn new() -> Self {
        Self { clock: crate::MachineClock::new(), seen: 0 }
    }

    /// False when the minute is over.
    fn wind(&mut self, clock: &HandClock) -> bool {
        let now = self.clock.mono().0;
        clock.wind(now - self.seen);
        self.seen = now;
        now < 60_000
    }
}

#[test]
fn a_short_pause_loses_nothing_and_a_long_one_comes_back_at_a_key_frame() {
    let mut stage = Stage::new(0);
    let publisher = stage.publish();
    let mut is_video = vec![true];
    let mut ms = 0;
    let mut push = |stage: &Stage, count: u64, is_video: &mut Vec<bool>, key_every: u64| {
        for _ in 0..count {
            let number = is_video.len() as u64;
            ms += 40;
            stage.clock.wind(40);
            publisher.push(frame(Video, ms, number % key_every == 1, number, 1, 50)).expect("current");
            is_video.push(true);
        }
    };
    push(&stage, 3, &mut is_video, 100);
    let mut clients = [stage.join(ALL, Start::Fast)];
    until(&mut stage, &mut clients, &is_video, |clients| clients[0].watcher.frames == 3);
    for order in [b'P', b'?'] {
        clients[0].send(order);
        until(&mut stage, &mut clients, &is_video, |clients| order == b'P' || clients[0].watcher.replies == 2);
    }
    push(&stage, 5, &mut is_video, 100);
    (0..10).for_each(|_| stage.turn());
    clients[0].send(b'C');
    until(&mut stage, &mut clients, &is_video, |clients| clients[0].watcher.frames == 8);
    assert_eq!(clients[0].watcher.gaps, 0);
    clients[0].send(b'P');
    clients[0].send(b'?');
    until(&mut stage, &mut clients, &is_video, |clients| clients[0].watcher.replies == 3);
    push(&stage, 200, &mut is_video, 100);
    (0..10).for_each(|_| stage.turn());
    clients[0].send(b'C');
    until(&mut stage, &mut clients, &is_video, |clients| clients[0].watcher.frames > 8);
    assert_eq!(clients[0].watcher.gaps, 1);
}

#[test]
fn a_change_of_format_that_is_repeated_without_reading_does_not_pile_up() {
    let mut stage = Stage::new(0);
    let publisher = stage.publish();
    publisher.push(frame(Video, 0, true, 1, 1, 50_000)).expect("current");
    let client = stage.join(ALL, Start::Fast);
    for round in 0..20_000_u64 {
        client.send(if round % 2 == 0 { b'S' } else { b'A' });
        if round % 50 == 0 {
            stage.clock.wind(40);
            publisher.push(frame(Video, round as i64, true, 2 + round, 1, 100)).expect("current");
        }
        // The bounds are checked at each turn.
        stage.turn();
    }
}

#[test]
fn a_flood_of_input_is_taken_in_turns() {
    let mut stage = Stage::new(0);
    let publisher = stage.publish();
    publisher.push(frame(Video, 0, true, 1, 1, 100)).expect("current");
    let (flooder, mut other) = (stage.join(ALL, Start::Fast), [stage.join(ALL, Start::Fast)]);
    let junk = [b'C'; 64 << 10];
    let mut number = 1;
    for _ in 0..500 {
        while (&flooder.socket).write(&junk).is_ok() {}
        number += 1;
        stage.clock.wind(40);
        publisher.push(frame(Video, number as i64 * 40, false, number, 1, 100)).expect("current");
        stage.turn();
        other[0].read(1 << 16, &vec![true; number as usize + 1]);
    }
    let is_video = vec![true; number as usize + 1];
    until(&mut stage, &mut other, &is_video, |clients| clients[0].watcher.frames == number);
}

#[test]
fn a_player_of_a_stream_that_has_ended_gets_what_is_left_and_is_let_go() {
    let mut stage = Stage::new(0);
    let publisher = stage.publish();
    publisher.push(frame(Video, 0, true, 1, 1, 100)).expect("current");
    publisher.push(frame(Video, 40, false, 2, 1, 100)).expect("current");
    let mut clients = [stage.join(ALL, Start::Fast), stage.join(ALL, Start::Live)];
    stage.hub.end_all();
    until(&mut stage, &mut clients, &[true; 3], |clients| clients.iter().all(Client::is_over));
    assert_eq!(clients.each_ref().map(|client| client.watcher.frames), [2, 0]);
    assert_eq!(clients.each_ref().map(|client| client.farewells), [1, 1]);
    drop(publisher);
}

#[test]
fn a_player_that_takes_nothing_is_let_go_although_nobody_publishes() {
    const STALL_MS: u64 = 15_000;
    // The limit is lowered while the player is there.
    let patient = Limits { reader_stall_ms_max: 1 << 40, reader_slow_ms_max: 1 << 40, ..limits() };
    let live = LiveLimits::from(patient.clone());
    let mut stage = Stage::on(0, &live);
    let publisher = stage.publish();
    for number in 1..60 {
        publisher.push(frame(Video, number, number == 1, number as u64, 1, 3_000)).expect("current");
    }
    let client = stage.join(ALL, Start::Fast);
    stage.turn();
    drop(publisher);
    for _ in 0..10 * STALL_MS / 1_000 {
        stage.clock.wind(1_000);
        stage.turn();
    }
    assert_eq!(*client.ended.lock(), None);
    live.set(Limits { reader_stall_ms_max: STALL_MS, ..patient });
    let mut waited = 0;
    while client.ended.lock().is_none() {
        stage.clock.wind(100);
        waited += 100;
        stage.turn();
        assert!(waited <= STALL_MS + 1_000, "the player is kept");
    }
    assert!(matches!(*client.ended.lock(), Some(PlayEnd::Stalled { .. })));
}

#[test]
fn bytes_that_came_before_the_player_was_adopted_are_read() {
    let mut stage = Stage::new(0);
    let publisher = stage.publish();
    let mut clients = [stage.join(ALL, Start::Fast)];
    clients[0].send(b'?');
    until(&mut stage, &mut clients, &[], |clients| clients[0].watcher.replies == 2);
    clients[0].send(b'X');
    until(&mut stage, &mut clients, &[], |clients| clients[0].is_over());
    assert_eq!(*clients[0].ended.lock(), Some(PlayEnd::Client));
    drop(publisher);
}

#[test]
fn a_thread_that_stops_lets_go_even_of_those_it_has_not_met() {
    let mut stage = Stage::new(0);
    let publisher = stage.publish();
    let clients: Vec<Client> = (0..80).map(|_| stage.join(ALL, Start::Fast)).collect();
    stage.turn();
    stage.worker.let_all_go();
    let late = stage.join(ALL, Start::Fast);
    for client in clients.iter().chain([&late]) {
        assert_eq!(*client.ended.lock(), Some(PlayEnd::Shutdown));
    }
    assert_eq!(publisher.stream().counters.read().readers, 0);
    assert_eq!(stage.clock.mono().0, 100_000);
}

#[test]
fn a_player_that_hardly_reads_is_skipped_again_and_again_and_nothing_piles_up_for_it() {
    let mut stage = Stage::new(0);
    let publisher = stage.publish();
    let mut clients = [stage.join(ALL, Start::Fast)];
    for number in 1..3_000_u64 {
        stage.clock.wind(100);
        publisher.push(frame(Video, number as i64 * 100, number % 5 == 1, number, 1, 4_000)).expect("current");
        stage.turn();
        if number % 10 == 0 {
            clients[0].read(3, &[]);
        }
        for player in stage.worker.players.iter().flatten() {
            // The rest of a frame, one notice and one set of headers.
            assert!(player.own_bytes() < 4_200, "{} bytes wait", player.own_bytes());
        }
    }
    assert!(publisher.stream().counters.read().skips > 0);
    publisher.push(frame(Video, 300_000, true, 3_000, 1, 10)).expect("current");
    let is_video = vec![true; 3_002];
    until(&mut stage, &mut clients, &is_video, |clients| clients[0].watcher.notices > 0);
}

#[test]
fn a_wake_up_that_was_lost_between_two_groups_does_not_deafen_the_thread() {
    // The clock stands still: only the letter can bring the frame.
    let mut stage = Stage::new(0);
    let publisher = stage.publish();
    let first = stage.join(ALL, Start::Fast);
    first.send(b'X');
    stage.turn();
    first.socket.shutdown(Shutdown::Both).expect("connected");
    while !stage.worker.streams.is_empty() {
        stage.turn();
    }
    // As if a publisher had loaded the watchers before the last of them left, and set its mark after.
    publisher.stream().notified.fetch_or(1, std::sync::atomic::Ordering::AcqRel);
    let mut second = stage.join(ALL, Start::Fast);
    stage.turn();
    publisher.push(frame(Video, 40, true, 1, 1, 10)).expect("current");
    for _ in 0..1_000 {
        stage.turn();
        second.read(1_000, &[true; 2]);
    }
    assert_eq!((second.watcher.frames, first.closed), (1, false));
}
