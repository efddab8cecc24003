//! A player gets every picture while the server is attacked. Its delay before and during each attack is printed and not
//! asserted: `cargo xtask hostile` takes windows long enough to tell something.

use std::io::Write;
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread::{JoinHandle, sleep, spawn};
use std::time::Duration;

use vivace_tests::{
    Flv, Kind, Live, MediaKind, Role, Rtmp, Server, Timer, Tls, garbage, handshake, message, raise_file_limit, split,
    throw,
};

/// Pictures in each window, at 25 a second, unless `VIVACE_HOSTILE_PICTURES` asks for more.
const PICTURES: u32 = 15;
/// Bytes of a picture: 2.5 Mbit/s.
const PICTURE_BYTES: usize = 12_500;

/// The delays of a window, in microseconds: from the publisher's `send` to the player's `recv`.
fn window(publisher: &mut Rtmp, player: &mut Flv<Live>, timer: &Timer, first: u32, pictures: u32) -> Vec<u64> {
    let mut delays = Vec::new();
    let body = [&[0x27, 1, 0, 0, 0, 0, 0, 0x30, 0xcf][..], &garbage(12_495)].concat();
    assert!(body.len() >= PICTURE_BYTES);
    let begun = timer.elapsed();
    for picture in 0..pictures {
        // The pace of the pictures.
        let due = begun + Duration::from_millis(u64::from(picture) * 40);
        sleep(due.saturating_sub(timer.elapsed()));
        let time_ms = (first + picture) * 40;
        let key = picture % 25 == 0;
        let body = [&[if key { 0x17 } else { 0x27 }], &body[1..]].concat();
        let sent = timer.elapsed();
        publisher.send(MediaKind::Video, time_ms, &body).unwrap();
        // None is missing, none comes twice, and no notice of a loss stands between.
        let tag = player.find(|tag| tag.kind == Kind::Video);
        assert!(tag.body == body, "another picture, of {} ms and {} bytes", tag.time_ms, tag.body.len());
        delays.push(u64::try_from((timer.elapsed() - sent).as_micros()).unwrap());
    }
    delays
}

fn percentile(delays: &mut [u64], hundredths: usize) -> f64 {
    delays.sort_unstable();
    delays[(delays.len() - 1) * hundredths / 100] as f64 / 1_000.0
}

/// An attack that goes on until it is told to stop.
struct Attack {
    stop: Arc<AtomicBool>,
    threads: Vec<JoinHandle<()>>,
}

impl Attack {
    /// `act` is called over and over by so many threads, with a pause between that keeps the attacker from taking the
    /// whole machine: what is measured is the server.
    fn start(threads: usize, pause_ms: u64, act: impl Fn() + Send + Sync + 'static) -> Self {
        let (stop, act) = (Arc::new(AtomicBool::new(false)), Arc::new(act));
        let threads = (0..threads)
            .map(|_| {
                let (stop, act) = (stop.clone(), act.clone());
                spawn(move || {
                    while !stop.load(Relaxed) {
                        act();
                        sleep(Duration::from_millis(pause_ms));
                    }
                })
            })
            .collect();
        Self { stop, threads }
    }

    fn end(self) {
        self.stop.store(true, Relaxed);
        self.threads.into_iter().for_each(|thread| drop(thread.join()));
    }
}

/// An attack that is not under way: its name, its threads, the pause between two of its acts, and the act.
type Plan = (&'static str, usize, u64, Box<dyn Fn() + Send + Sync>);

fn plans(server: &Server) -> Vec<Plan> {
    let (rtmp, http, https) = (server.rtmp.clone(), server.http.clone(), server.https.clone());
    let url = server.play_url("other", "ws-flv");
    let deep = message(3, 20, 0, &[3, 0, 1, b'a'].repeat(10_000), 128);
    let connects = {
        let rtmp = rtmp.clone();
        move || drop(TcpStream::connect(&rtmp))
    };
    let commands = {
        let rtmp = rtmp.clone();
        move || {
            throw(&mut handshake(&rtmp), &deep);
        }
    };
    let bytes = move || {
        let mut socket = TcpStream::connect(&rtmp).unwrap();
        (0..1_000).all(|_| throw(&mut socket, &[3]));
    };
    let heads = move || {
        let mut socket = TcpStream::connect(&http).unwrap();
        throw(&mut socket, &[b"GET / HTTP/1.1\r\n".to_vec(), b"A: b\r\n".repeat(5_000)].concat());
    };
    let pings = move || {
        let headers = "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n\
                       Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
        let mut live = Live::over(TcpStream::connect(split(&url).0).unwrap(), &url, headers);
        let ping = [0x89, 0x84, 0, 0, 0, 0, 1, 2, 3, 4].repeat(400);
        while throw(live.socket(), &ping) {}
    };
    let resets = move || {
        let mut tls = Tls::over(TcpStream::connect(&https).unwrap(), &[b"h2"]);
        let _ = tls.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0");
        let pair = |turn: u32| {
            let id = (2 * turn + 1).to_be_bytes();
            let ask = [&[0, 0, 6, 1, 5][..], &id, &[0x82, 0x84, 0x87, 0x41, 1, b'x']].concat();
            [ask, [&[0, 0, 4, 3, 0][..], &id, &[0, 0, 0, 8]].concat()].concat()
        };
        (0..100).all(|turn| throw(&mut tls, &(0..50).flat_map(|step| pair(turn * 50 + step)).collect::<Vec<u8>>()));
    };
    vec![
        ("1,000 connects a second", 2, 2, Box::new(connects)),
        ("AMF 10,000 deep, 100 a second", 1, 10, Box::new(commands)),
        ("bytes one by one", 1, 20, Box::new(bytes)),
        ("header floods, 50 a second", 1, 20, Box::new(heads)),
        ("WebSocket pings", 1, 20, Box::new(pings)),
        ("HTTP/2 resets over TLS, 20 a second", 1, 50, Box::new(resets)),
    ]
}

#[test]
fn every_picture_comes_through_before_and_during_each_attack() {
    raise_file_limit();
    let server = Server::start(&["--delivery-merge-ms", "0", "--limits-publish-grace-ms", "1000"]);
    let mut publisher = Rtmp::open(&server.push_url("other"), Role::Publish);
    publisher.ready().unwrap();
    let clip = vivace_tests::Clip::h264("160x90");
    for tag in clip.tags.iter().filter(|tag| tag.kind == Kind::Video) {
        publisher.send(MediaKind::Video, tag.time_ms, &tag.body).unwrap();
    }
    server.wait_live("other");
    let mut player = Flv::open(Live::open(&server.play_url("other", "flv")));
    let last = clip.tags.iter().rfind(|tag| tag.kind == Kind::Video).unwrap();
    player.find(|tag| tag.body == last.body);
    let timer = Timer::new(Duration::MAX);
    let asked = std::env::var("VIVACE_HOSTILE_PICTURES").ok();
    let pictures = asked.map_or(PICTURES, |count| count.parse().unwrap());
    // Behind the clip.
    let mut first = 60;
    let mut measure = |publisher: &mut Rtmp, player: &mut Flv<Live>| {
        let delays = window(publisher, player, &timer, first, pictures);
        first += pictures;
        delays
    };
    println!("| attack | p50 before / during ms | p99 before / during ms | change of p99 |\n|---|---|---|---|");
    for (name, threads, pause_ms, act) in plans(&server) {
        let mut before = measure(&mut publisher, &mut player);
        let attack = Attack::start(threads, pause_ms, act);
        let mut during = measure(&mut publisher, &mut player);
        attack.end();
        let [p50, p99] = [50, 99].map(|at| (percentile(&mut before, at), percentile(&mut during, at)));
        let change = (p99.1 / p99.0 - 1.0) * 100.0;
        println!("| {name} | {:.2} / {:.2} | {:.2} / {:.2} | {change:+.0} % |", p50.0, p50.1, p99.0, p99.1);
    }
}
