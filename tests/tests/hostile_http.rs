//! HTTP, WebSocket and TLS clients that send and read what costs most.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::thread::sleep;
use std::time::Duration;

use vivace_tests::{
    BASE_BYTES, Live, PENDING_BYTES, Siege, UNGRANTED_BYTES, closed, connect_narrow, garbage, split, throw, wait_within,
};

/// Short waits of the server, so that the scenarios are short.
const FAST: &[&str] = &["--limits-handshake-ms-max", "1500"];
const SOON: Duration = Duration::from_secs(15);
/// Clients that do the same at once.
const CLIENTS: usize = 20;

fn open(authority: &str) -> TcpStream {
    let socket = TcpStream::connect(authority).unwrap();
    socket.set_write_timeout(Some(SOON)).unwrap();
    socket.set_nodelay(true).unwrap();
    socket
}

/// What the server says to these bytes, of which it may refuse to read the rest.
fn answer(authority: &str, bytes: &[u8]) -> String {
    let mut socket = open(authority);
    throw(&mut socket, bytes);
    String::from_utf8_lossy(&closed(&mut socket, SOON)).into_owned()
}

#[test]
fn floods_of_headers_and_long_addresses_are_refused() {
    let siege = Siege::new(FAST);
    let line = |more: &str| format!("GET /live/a.flv{more} HTTP/1.1\r\nHost: x\r\n");
    let many: String = (0..10_000).map(|turn| format!("X-{turn}: y\r\n")).collect();
    let attacks = [
        line("") + &many + "\r\n",
        // Short lines, so that there are too many of them before they are too long.
        line("") + &"A: b\r\n".repeat(200) + "\r\n",
        line("") + "X-Long: " + &"x".repeat(1 << 20) + "\r\n\r\n",
        line(&format!("?{}", "x".repeat(64 << 10))) + "\r\n",
    ];
    for (turn, attack) in attacks.iter().enumerate() {
        for _ in 0..CLIENTS {
            let said = answer(&siege.server().http, attack.as_bytes());
            // A client that is still sending may lose the words to its own unread bytes.
            let refused = ["HTTP/1.1 431 ", "HTTP/1.1 414 "].iter().any(|status| said.starts_with(status));
            assert!(refused || said.is_empty(), "{said}");
        }
        siege.closes("http_head_too_long", ((turn + 1) * CLIENTS) as u64);
    }
    for bytes in [garbage(4_000), b"\0\0\0\0\r\n\r\n".to_vec(), b"GET / HTTP/9.9\r\n\r\n".to_vec()] {
        answer(&siege.server().http, &bytes);
    }
    siege.closes("http_malformed", 3);
    siege.ends_within(BASE_BYTES + CLIENTS as u64 * UNGRANTED_BYTES);
}

#[test]
fn heads_and_handshakes_that_come_in_drops_are_let_go() {
    let siege = Siege::new(FAST);
    let mut head = open(&siege.server().http);
    // The second request of a connection has no more time than the first.
    let mut second = open(&siege.server().http);
    second.write_all(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
    let mut tls = open(&siege.server().https);
    let hello = [&[0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3][..], &garbage(500)].concat();
    let mut turn = 0;
    wait_within("all three to be let go", SOON, || {
        for socket in [&mut head, &mut second] {
            throw(socket, &b"GET /live/a.flv HTTP/1.1\r\nHost: a-long-name-of-a-host"[turn % 50..=turn % 50]);
        }
        throw(&mut tls, &hello[turn..=turn]);
        turn = (turn + 1) % 500;
        // The pace of the attack, not a wait for anything.
        sleep(Duration::from_millis(25));
        turn % 20 == 0
            && siege.server().closed("http_head_late") == 2
            && siege.server().closed("tls_handshake_late") == 1
    });
    siege.closes("http_head_late", 2);
    siege.closes("tls_handshake_late", 1);
    let mut wrong = open(&siege.server().rtmps);
    throw(&mut wrong, &[&hello[..9], &garbage(600)].concat());
    closed(&mut wrong, SOON);
    siege.closes("tls_handshake_failed", 1);
    // One that has been served and says nothing more is no offender.
    let mut idle = open(&siege.server().http);
    idle.write_all(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
    closed(&mut idle, SOON);
    siege.closes("http_head_late", 2);
    siege.ends_within(BASE_BYTES + 5 * PENDING_BYTES);
}

/// They ask for much, and take so little of it that it never ends.
#[test]
fn readers_of_responses_in_drops_are_let_go() {
    // Long enough that a step of theirs shows.
    let flags = ["--limits-reader-slow-ms-max", "8000", "--limits-reader-bytes-per-s-min", "200000"];
    let siege = Siege::new(&flags);
    let asked = b"GET /assets/style.css HTTP/1.1\r\nHost: x\r\n\r\n".repeat(4_000);
    let readers: Vec<_> = (0..4)
        .map(|_| {
            let mut socket = connect_narrow(&siege.server().http);
            let mut asking = socket.try_clone().unwrap();
            let asked = asked.clone();
            std::thread::spawn(move || {
                let writing = std::thread::spawn(move || throw(&mut asking, &asked));
                let mut piece = [0; 1_024];
                while socket.read(&mut piece).is_ok_and(|count| count > 0) {
                    // The pace of the attack, not a wait for anything.
                    sleep(Duration::from_millis(100));
                }
                drop(writing);
            })
        })
        .collect();
    wait_within("all to be let go", SOON, || siege.server().closed("http_reader_slow") >= 4);
    siege.closes("http_reader_slow", 4);
    drop(readers);
    siege.ends_within(BASE_BYTES + 4 * UNGRANTED_BYTES);
}

fn websocket(siege: &Siege) -> Live {
    let url = siege.server().play_url("other", "ws-flv");
    let headers = "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n\
                   Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
    Live::over(open(split(&url).0), &url, headers)
}

/// A masked frame whose mask is nothing.
fn frame(opcode: u8, body: &[u8]) -> Vec<u8> {
    [&[0x80 | opcode, 0x80 | u8::try_from(body.len()).unwrap(), 0, 0, 0, 0], body].concat()
}

#[test]
fn websocket_players_that_send_masses_are_let_go() {
    let siege = Siege::new(&[]);
    // Pings, text, empty frames; each by a client that reads all that it is sent.
    for flood in [frame(9, &[7; 125]), frame(1, &[b'x'; 100]), frame(2, &[])] {
        let mut live = websocket(&siege);
        let mut reader = live.socket().try_clone().unwrap();
        let reading = std::thread::spawn(move || while reader.read(&mut [0; 65_536]).is_ok_and(|count| count > 0) {});
        let many = flood.repeat(200);
        while throw(live.socket(), &many) {}
        reading.join().unwrap();
    }
    siege.closes("player_flood", 3);
    // Frames that break the protocol: unmasked, too long, and of a length that no machine has.
    for wrong in [
        &[0x81, 3, 1, 2, 3][..],
        &[0x89, 0xfe, 1, 0, 0, 0, 0, 0],
        &[0x82, 0xff, 127, 255, 255, 255, 255, 255, 255, 255, 0, 0, 0, 0],
    ] {
        let mut live = websocket(&siege);
        throw(live.socket(), wrong);
        closed(live.socket(), SOON);
    }
    siege.closes("player_protocol", 3);
    siege.ends_within(BASE_BYTES + 6 * UNGRANTED_BYTES);
}
