//! Players whose own code fails, and streams that several threads deliver.

use super::*;

/// Panics at the call of this name, if there is one.
struct Faulty {
    at: &'static str,
    ended: Arc<Mutex<Option<PlayEnd>>>,
}

impl Faulty {
    fn call(&self, name: &str) {
        assert_ne!(self.at, name, "this player's code fails");
    }
}

impl Inbound for Faulty {
    fn on_input(&mut self, _: &[u8], _: &mut Vec<u8>) -> Ask {
        self.call("on_input");
        Ask::Nothing
    }

    fn farewell(&mut self, _: PlayEnd, _: &mut Vec<u8>) {
        self.call("farewell");
    }

    fn on_end(&mut self, end: PlayEnd, _: PlayTotals) {
        *self.ended.lock() = Some(end);
        self.call("on_end");
    }
}

fn join_faulty(stage: &Stage, at: &'static str) -> (TcpStream, Arc<Mutex<Option<PlayEnd>>>) {
    let socket = TcpStream::connect(stage.listener.local_addr().expect("bound")).expect("a connection");
    let (served, _) = stage.listener.accept().expect("a connection");
    served.set_nonblocking(true).expect("non-blocking");
    let ended: Arc<Mutex<Option<PlayEnd>>> = Arc::default();
    let reader = stage.hub.subscribe(APP, &name(), ALL).expect("live");
    let inbound = Box::new(Faulty { at, ended: ended.clone() });
    stage.handle.adopt(Adoption {
        socket: crate::delivery::Socket::Plain(served),
        reader,
        start: Start::Fast,
        head: reply(1).into(),
        inbound,
    });
    (socket, ended)
}

#[test]
fn a_player_whose_code_panics_is_let_go_and_the_others_are_served() {
    let mut stage = Stage::new(0);
    let publisher = stage.publish();
    let mut clients = [stage.join(ALL, Start::Fast)];
    let (mut asks, asks_ended) = join_faulty(&stage, "on_input");
    let (goes, goes_ended) = join_faulty(&stage, "on_end");
    let (_stays, stays_ended) = join_faulty(&stage, "farewell");
    publisher.push(frame(Video, 0, true, 1, 1, 10)).expect("current");
    let is_video = [true; 3];
    until(&mut stage, &mut clients, &is_video, |clients| clients[0].watcher.frames == 1);

    asks.write_all(b"?").expect("connected");
    until(&mut stage, &mut clients, &is_video, |_| asks_ended.lock().is_some());
    goes.shutdown(Shutdown::Both).expect("connected");
    until(&mut stage, &mut clients, &is_video, |_| goes_ended.lock().is_some());
    assert_eq!(*asks_ended.lock(), Some(PlayEnd::Panicked));
    assert_eq!(stage.handle.panics(), 2);

    publisher.push(frame(Video, 40, false, 2, 1, 10)).expect("current");
    until(&mut stage, &mut clients, &is_video, |clients| clients[0].watcher.frames == 2);
    stage.worker.let_all_go();
    assert_eq!(*stays_ended.lock(), Some(PlayEnd::Panicked));
    assert_eq!(*clients[0].ended.lock(), Some(PlayEnd::Shutdown));
    assert_eq!((stage.handle.panics(), publisher.stream().counters.read().readers), (3, 0));
}

#[test]
fn the_largest_lag_of_all_threads_is_shown_until_its_reader_has_gone() {
    let lags = Limits { reader_lag_ms_max: 100_000, ..limits() };
    let mut slow = Stage::with(0, lags.clone());
    let publisher = slow.publish();
    // A second thread with the players of the same stream.
    let (mailbox, poll) = Mailbox::new().expect("a poll");
    let mailbox = Arc::new(mailbox);
    let worker = Worker::new(1, mailbox.clone(), poll, LiveLimits::from(lags.clone()).follow(), slow.clock.clone());
    let mut quick = Stage {
        worker,
        hub: slow.hub.clone(),
        clock: slow.clock.clone(),
        handle: DeliveryHandle { mailboxes: Arc::from([mailbox]), questions: Arc::default() },
        listener: TcpListener::bind("127.0.0.1:0").expect("a free port"),
        events: Events::with_capacity(64),
    };
    publisher.push(frame(Video, 0, true, 1, 1, 10)).expect("current");
    let late = slow.join(ALL, Start::Fast);
    let mut prompt = quick.join(ALL, Start::Fast);
    for number in 2..22_u64 {
        slow.clock.wind(1_000);
        publisher.push(frame(Video, number as i64 * 1_000, false, number, 1, 4_000)).expect("current");
        slow.turn();
        quick.turn();
        prompt.read(1 << 20, &[true; 22]);
    }
    let counters = &publisher.stream().counters;
    assert!(counters.read().lag_ms > 1_000, "{} ms", counters.read().lag_ms);
    late.socket.shutdown(Shutdown::Both).expect("connected");
    until(&mut slow, &mut [], &[], |_| late.ended.lock().is_some());
    assert!(counters.read().lag_ms < 1_000, "{} ms", counters.read().lag_ms);
}
