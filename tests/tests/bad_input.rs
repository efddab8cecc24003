//! What no client should send. Whoever sends it is let go in time; nobody else notices.

use std::io::Write;
use std::net::TcpStream;
use std::time::Duration;

use vivace_tests::{
    Clip, Feeder, Kind, Live, MediaKind, Role, Rtmp, Scene, Server, Timer, WebSocket, Witness, closed, connect_narrow,
    ffprobe, handshake, message, request, split, wait_for, wait_within,
};

/// Short waits of the server, so that the scenarios are short.
const FAST: &[&str] = &["--limits-handshake-ms-max", "1000", "--limits-first-command-ms-max", "2000"];
/// How long the server may take to let a peer go under [`FAST`], on a machine under load.
const SOON: Duration = Duration::from_secs(8);

const SET_CHUNK_SIZE: u8 = 1;
const WINDOW_ACK_SIZE: u8 = 5;
const AUDIO: u8 = 8;
const VIDEO: u8 = 9;
const COMMAND: u8 = 20;

fn text(value: &str) -> Vec<u8> {
    [&[2, 0, u8::try_from(value.len()).unwrap()], value.as_bytes()].concat()
}

fn number(value: f64) -> Vec<u8> {
    [&[0][..], &value.to_be_bytes()].concat()
}

const NULL: &[u8] = &[5];

/// `{app: "live", tcUrl: "rtmp://x/live"}`.
fn connect_object() -> Vec<u8> {
    let member = |name: &str, value: &str| [&text(name)[1..], &text(value)].concat();
    [&[3][..], &member("app", "live"), &member("tcUrl", "rtmp://x/live"), &[0, 0, 9]].concat()
}

fn connect() -> Vec<u8> {
    [text("connect"), number(1.0), connect_object()].concat()
}

/// Bytes that look like nothing, the same in each run.
fn garbage(bytes: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 32) as u8
    };
    (0..bytes).map(|_| next()).collect()
}

fn open(authority: &str) -> TcpStream {
    let socket = TcpStream::connect(authority).unwrap();
    socket.set_write_timeout(Some(SOON)).unwrap();
    socket
}

/// Sends bytes that the server may cut off at any point.
fn throw(socket: &mut TcpStream, bytes: &[u8]) {
    // A broken pipe is the answer that is hoped for.
    let _ = socket.write_all(bytes);
}

#[test]
fn other_protocols_at_the_rtmp_port() {
    let mut scene = Scene::new(FAST);
    let hello = [&[0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3][..], &garbage(500)].concat();
    let (http, looks) = (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n".to_vec(), ["an HTTP request", "a TLS ClientHello"]);
    for (bytes, looks) in [http, hello].into_iter().zip(looks) {
        let mut socket = open(&scene.server.rtmp);
        throw(&mut socket, &bytes);
        closed(&mut socket, SOON);
        wait_for(looks, || scene.server.log().contains(looks));
    }
    assert_eq!(scene.server.metric("protocol_errors_total"), 2);
    scene.is_untouched();
}

#[test]
fn garbage_after_the_handshake() {
    let mut scene = Scene::new(FAST);
    for start in 0..8 {
        let mut socket = handshake(&scene.server.rtmp);
        throw(&mut socket, &garbage(64 << 10)[start * 1_000..]);
        closed(&mut socket, SOON);
    }
    wait_for("eight protocol errors", || scene.server.metric("protocol_errors_total") == 8);
    scene.is_untouched();
}

#[test]
fn messages_in_interleaved_parts_are_put_together() {
    let mut scene = Scene::new(FAST);
    let mut socket = handshake(&scene.server.rtmp);
    // Padding makes both messages longer than a chunk of 128 bytes.
    let connect = [connect(), text(&"x".repeat(200))].concat();
    let create = [text("createStream"), number(2.0), NULL.to_vec(), text(&"y".repeat(200))].concat();
    let (one, other) = (message(3, COMMAND, 0, &connect, 128), message(7, COMMAND, 0, &create, 128));
    let window = message(2, WINDOW_ACK_SIZE, 0, &2_500_000_u32.to_be_bytes(), 128);
    // A chunk of type 0 has a head of 12 bytes, one of type 3 has 1.
    let (first, rest) = (12 + 128, 12 + 128 + 1 + 128);
    let parts = [&one[..first], &window, &other[..first], &one[first..rest], &window, &one[rest..], &other[first..]];
    for part in parts {
        socket.write_all(part).unwrap();
    }
    let said = closed(&mut socket, SOON);
    let said = String::from_utf8_lossy(&said);
    assert!(said.contains("NetConnection.Connect.Success"), "{said}");
    assert_eq!(said.matches("_result").count(), 2, "{said}");
    scene.is_untouched();
}

#[test]
fn unfinished_messages_without_end() {
    let mut scene = Scene::new(FAST);
    // More chunk streams than one connection may use.
    let mut socket = handshake(&scene.server.rtmp);
    for chunk_stream in 3..60 {
        throw(&mut socket, &message(chunk_stream, VIDEO, 1, &[0; 1_000], 128)[..12 + 128]);
    }
    closed(&mut socket, SOON);
    // More bytes than one connection may hold: thirty messages of four megabytes, a piece of each in turn.
    let mut socket = handshake(&scene.server.rtmp);
    throw(&mut socket, &message(2, SET_CHUNK_SIZE, 0, &65_536_u32.to_be_bytes(), 128));
    let pieces: Vec<Vec<u8>> = (3..33).map(|on| message(on, VIDEO, 1, &vec![0; 4 << 20], 65_536)).collect();
    for turn in 0..8 {
        for piece in &pieces {
            let at = if turn == 0 { 0 } else { 12 + 65_536 + (turn - 1) * (1 + 65_536) };
            let end = 12 + 65_536 + turn * (1 + 65_536);
            throw(&mut socket, &piece[at..end]);
        }
    }
    closed(&mut socket, SOON);
    wait_for("both to be counted", || scene.server.metric("protocol_errors_total") == 2);
    let log = scene.server.log();
    assert!(log.contains("is one more than the 32 allowed") && log.contains("unfinished messages hold"), "{log}");
    scene.is_untouched();
}

#[test]
fn messages_and_chunks_of_absurd_size() {
    let mut scene = Scene::new(FAST);
    let announced = |type_id| {
        let mut head = message(6, type_id, 1, &[], 128);
        head[4..7].copy_from_slice(&[0xff, 0xff, 0xff]);
        head
    };
    let chunk_size = |bytes: u32| message(2, SET_CHUNK_SIZE, 0, &bytes.to_be_bytes(), 128);
    let cases = [
        (announced(VIDEO), "16777215 bytes"),
        (announced(AUDIO), "16777215 bytes"),
        (announced(COMMAND), "16777215 bytes"),
        (chunk_size(0x7fff_ffff), "chunk size 2147483647"),
        (chunk_size(0), "chunk size 0"),
    ];
    for (at, (bytes, said)) in cases.into_iter().enumerate() {
        let mut socket = handshake(&scene.server.rtmp);
        throw(&mut socket, &bytes);
        throw(&mut socket, &vec![0; 1 << 20]);
        closed(&mut socket, SOON);
        wait_for("the fault to be counted", || scene.server.metric("protocol_errors_total") == at as u64 + 1);
        assert!(scene.server.log().contains(said), "{said}");
    }
    scene.is_untouched();
}

#[test]
fn amf_of_the_wrong_types() {
    let mut scene = Scene::new(FAST);
    let deep: Vec<u8> = (0..1_000).flat_map(|_| [3, 0, 1, b'a']).collect();
    let connects = [
        [text("connect"), number(1.0), number(7.0)].concat(),
        [text("connect"), text("one"), connect_object()].concat(),
        [text("connect"), number(f64::NAN), NULL.to_vec()].concat(),
        [text("connect"), number(1.0), deep].concat(),
        text("connect"),
        [number(1.0), number(1.0)].concat(),
        vec![2, 0xff, 0xff, b'c'],
        vec![3, 0, 0],
        vec![0x7f; 100],
        // An array that is said to have four thousand million elements.
        [text("connect"), number(1.0), vec![0x0a, 0xff, 0xff, 0xff, 0xff]].concat(),
        vec![],
    ];
    for connect in connects {
        let mut socket = handshake(&scene.server.rtmp);
        throw(&mut socket, &message(3, COMMAND, 0, &connect, 128));
        let said = closed(&mut socket, SOON);
        assert!(!String::from_utf8_lossy(&said).contains("NetStream"), "{connect:?}");
    }
    let publishes = [
        [text("publish"), number(0.0), NULL.to_vec(), number(7.0)].concat(),
        [text("publish"), number(0.0), NULL.to_vec(), connect_object()].concat(),
        [text("publish"), number(0.0), NULL.to_vec(), NULL.to_vec(), text("live")].concat(),
        [text("publish"), number(0.0), NULL.to_vec()].concat(),
        [text("publish"), text("name")].concat(),
        [text("play"), number(0.0), NULL.to_vec(), number(f64::INFINITY)].concat(),
    ];
    let create = [text("createStream"), number(2.0), NULL.to_vec()].concat();
    for publish in publishes {
        let mut socket = handshake(&scene.server.rtmp);
        throw(&mut socket, &message(3, COMMAND, 0, &connect(), 128));
        throw(&mut socket, &message(3, COMMAND, 0, &create, 128));
        throw(&mut socket, &message(5, COMMAND, 1, &publish, 128));
        let said = closed(&mut socket, SOON);
        let said = String::from_utf8_lossy(&said);
        assert!(said.contains("NetConnection.Connect.Success") && said.contains("error"), "{said}");
    }
    assert_eq!((scene.server.metric("publishes_total"), scene.server.metric("plays_total")), (1, 1));
    scene.is_untouched();
}

#[test]
fn half_open_connections_are_let_go() {
    let mut scene = Scene::new(FAST);
    let silent: Vec<TcpStream> =
        [&scene.server.rtmp, &scene.server.http].into_iter().flat_map(|at| (0..50).map(move |_| open(at))).collect();
    for mut socket in silent {
        closed(&mut socket, SOON);
    }
    // Those that have shaken hands and say nothing more.
    let silent: Vec<TcpStream> = (0..50).map(|_| handshake(&scene.server.rtmp)).collect();
    for mut socket in silent {
        closed(&mut socket, SOON);
    }
    scene.is_untouched();
}

/// A status, if the server answers at all.
fn health(authority: &str) -> Option<u16> {
    let mut socket = open(authority);
    throw(&mut socket, b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    String::from_utf8_lossy(&closed(&mut socket, SOON)).split(' ').nth(1)?.parse().ok()
}

#[test]
fn clients_that_ask_and_never_read_are_let_go() {
    let mut scene = Scene::new(&[FAST, &["--limits-pending-connections-max", "6"]].concat());
    let asked = b"GET /assets/style.css HTTP/1.1\r\nHost: x\r\n\r\n".repeat(2_000);
    let deaf: Vec<TcpStream> = (0..6)
        .map(|_| {
            let mut socket = connect_narrow(&scene.server.http);
            // As much as fits: the server stops reading when nobody takes what it says.
            socket.set_nonblocking(true).unwrap();
            throw(&mut socket, &asked);
            socket
        })
        .collect();
    // They have all places of HTTP, and none of RTMP.
    handshake(&scene.server.rtmp);
    wait_within("the page to be served again", SOON, || health(&scene.server.http) == Some(200));
    wait_for("their places to be free", || scene.server.metric("pending_connections") == 1);
    drop(deaf);
    scene.is_untouched();
}

#[test]
fn peers_beyond_a_limit_are_closed_at_once() {
    let mut scene = Scene::new(&["--limits-pending-connections-max", "3", "--limits-handshake-ms-max", "60000"]);
    let silent: Vec<TcpStream> = (0..3).map(|_| open(&scene.server.rtmp)).collect();
    closed(&mut open(&scene.server.rtmp), SOON);
    assert_eq!(scene.server.metric("pending_connections"), 4, "three silent ones and the one who asks");
    let counted = || scene.server.metric("refused_connections_total{limit=\"pending_connections_max\"}");
    assert_eq!((counted(), scene.server.metric("refused_connections_total{limit=\"connections_max\"}")), (1, 0));
    assert!(scene.server.metric("open_connections") >= 6, "three silent ones, the encoder, a player, and who asks");
    assert!(scene.server.log().contains("pending_connections_max"), "the log does not name the limit");
    drop(silent);
    wait_for("their places to be free", || scene.server.metric("pending_connections") == 1);
    handshake(&scene.server.rtmp);
    scene.is_untouched();
}

/// Bytes that come one by one are no reason to wait longer.
#[test]
fn a_slow_handshake_is_let_go() {
    let mut scene = Scene::new(FAST);
    let requests: [(String, &[u8]); 2] = [
        (scene.server.rtmp.clone(), &[3; 1_537]),
        (
            scene.server.http.clone(),
            b"GET /live/other.flv HTTP/1.1\r\nHost: a-very-long-name-of-a-host-that-takes-its-time\r\nX-A: b",
        ),
    ];
    for (authority, bytes) in requests {
        let mut socket = open(&authority);
        socket.set_nodelay(true).unwrap();
        let timer = Timer::new(SOON);
        for byte in bytes.iter().cycle() {
            assert!(!timer.is_over(), "the server waits for ever");
            if socket.write_all(&[*byte]).is_err() {
                break;
            }
            // The pace of the attack, not a wait for anything.
            std::thread::sleep(Duration::from_millis(50));
        }
    }
    scene.is_untouched();
}

#[test]
fn a_publisher_whose_bytes_break_is_told_and_its_players_wait() {
    let mut scene = Scene::new(FAST);
    let clip = Clip::h264("320x180");
    let mut rtmp = Rtmp::open(&scene.server.push_url("a"), Role::Publish);
    rtmp.ready().unwrap();
    for tag in &clip.tags {
        let kind = if tag.kind == Kind::Video { MediaKind::Video } else { MediaKind::Audio };
        rtmp.send(kind, tag.time_ms, &tag.body).unwrap();
    }
    scene.server.wait_live("a");
    let witness = Witness::watch(&scene.server, "a");
    let mut head = message(6, VIDEO, 1, &[], 128);
    head[4..7].copy_from_slice(&[0xff, 0xff, 0xff]);
    rtmp.socket().write_all(&head).unwrap();
    let mut heard = Vec::new();
    while let Some(event) = rtmp.event() {
        heard.push(format!("{event:?}"));
    }
    let heard = heard.concat();
    assert!(heard.contains("lvb-access/4000") && heard.contains("7/0") && heard.contains("error"), "{heard}");
    wait_for("the grace time of the broken stream", || scene.server.metric("streams_in_grace") == 1);
    let _again = Feeder::start(&scene.server.push_url("a"), clip);
    witness.goes_on();
    scene.is_untouched();
}

#[test]
fn broken_media_are_left_out_and_the_push_goes_on() {
    let mut scene = Scene::new(FAST);
    let mut clip = Clip::h264("320x180");
    let junk = |kind, body: Vec<u8>| vivace_tests::Tag { kind, time_ms: 40, body };
    let bad = [
        // A sequence header that is none, a picture without its offset, metadata that are no AMF, an empty AAC header.
        junk(Kind::Video, [&[0x17, 0, 0, 0, 0][..], &garbage(60)].concat()),
        junk(Kind::Video, vec![0x27, 1]),
        junk(Kind::Script, garbage(200)),
        junk(Kind::Audio, vec![0xaf, 0]),
        junk(Kind::Audio, [&[0xaf, 0][..], &[0xff; 2]].concat()),
    ];
    let at = clip.tags.len() / 2;
    clip.tags.splice(at..at, bad);
    let feeder = Feeder::start(&scene.server.push_url("a"), clip);
    scene.server.wait_live("a");
    let witness = Witness::watch(&scene.server, "a");
    wait_for("the messages to be left out", || scene.server.log().contains("media messages are left out"));
    witness.goes_on();
    witness.goes_on();
    assert!(!feeder.has_ended(), "the push was ended");
    scene.is_untouched();
}

#[test]
fn the_codec_changes_in_mid_stream() {
    let server = Server::start(&[]);
    let feeder = Feeder::start(&server.push_url("a"), Clip::h264("320x180"));
    server.wait_live("a");
    let witness = Witness::watch(&server, "a");
    let mut fragments = WebSocket::open(&server.play_url("a", "ws-mp4"));
    let init = |bytes: &[u8]| bytes[4..8] == *b"ftyp";
    assert!(init(&fragments.message().unwrap().unwrap()));
    assert_eq!(server.stream("a").unwrap()["video"]["width"], 320);
    witness.goes_on();

    feeder.switch(Clip::h264("640x360"));
    wait_for("the new size", || server.stream("a").unwrap()["video"]["width"] == 640);
    witness.goes_on();
    witness.goes_on();
    assert_eq!(witness.seen().video_headers, 2, "a player got another number of headers than there were");
    let timer = Timer::new(SOON);
    while !init(&fragments.message().unwrap().unwrap()) {
        assert!(!timer.is_over(), "no new header for players of MP4");
    }
    for format in ["rtmp", "flv", "mp4"] {
        assert_eq!(ffprobe(&server.play_url("a", format)).size(), Some((640, 360)), "{format}");
    }
}

#[test]
fn players_that_break_their_protocol_are_let_go() {
    let mut scene = Scene::new(FAST);
    let mut player = Rtmp::open(&scene.server.play_url("other", "rtmp"), Role::Play);
    player.ready().unwrap();
    throw(player.socket(), &garbage(32 << 10));
    closed(player.socket(), SOON);

    let url = scene.server.play_url("other", "ws-flv");
    let mut live = Live::over(
        open(split(&url).0),
        &url,
        "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n",
    );
    throw(live.socket(), &[0x81, 3, 1, 2, 3]);
    closed(live.socket(), SOON);

    let (authority, path) = split(&url);
    let old = format!(
        "GET {path} HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 8\r\nConnection: close\r\n\r\n"
    );
    assert_eq!(request(authority, old.as_bytes()).status, 400);
    assert_eq!(request(authority, &[b"\x16\x03\x01\r\n\r\n"[..].to_vec(), garbage(100)].concat()).status, 400);
    wait_for("one player to be left", || scene.server.metric("readers") == 1);
    scene.is_untouched();
}
