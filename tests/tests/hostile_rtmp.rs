//! RTMP peers that send what costs most. Each is closed for a reason that is counted, within stated memory.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::thread::sleep;
use std::time::Duration;

use vivace_tests::{
    BASE_BYTES, Clip, Kind, MediaKind, Role, Rtmp, Siege, UNGRANTED_BYTES, announced, chunk_streams, closed, handshake,
    message, split, throw, wait_within,
};

/// Short waits of the server, so that the scenarios are short.
const FAST: &[&str] = &["--limits-handshake-ms-max", "1500", "--limits-first-command-ms-max", "2500"];
const SOON: Duration = Duration::from_secs(15);
/// Peers that do the same at once.
const PEERS: usize = 20;

const SET_CHUNK_SIZE: u8 = 1;
const VIDEO: u8 = 9;
const COMMAND: u8 = 20;

fn text(value: &str) -> Vec<u8> {
    let length = u16::try_from(value.len()).unwrap().to_be_bytes();
    [&[2, length[0], length[1]], value.as_bytes()].concat()
}

fn number(value: f64) -> Vec<u8> {
    [&[0][..], &value.to_be_bytes()].concat()
}

/// Messages that begin and do not end, in chunks of 64 KB.
fn unfinished() -> Vec<u8> {
    let size = message(2, SET_CHUNK_SIZE, 0, &65_536_u32.to_be_bytes(), 128);
    let begun = |on: u8| [&[on, 0, 0, 0, 0x3f, 0xff, 0xff, VIDEO, 1, 0, 0, 0][..], &[0; 65_536]].concat();
    [size, (3..30).flat_map(begun).collect()].concat()
}

#[test]
fn what_costs_most_is_closed_for_its_reason() {
    let siege = Siege::new(FAST);
    let deep = [text("connect"), number(1.0), [3, 0, 1, b'a'].repeat(10_000)].concat();
    let many = [text("connect"), number(1.0), [0; 9].repeat(5_000)].concat();
    let chunk_size = |bytes: u32| message(2, SET_CHUNK_SIZE, 0, &bytes.to_be_bytes(), 128);
    let cases = [
        ("rtmp_chunk_size", [chunk_size(1), chunk_size(0x7fff_ffff)]),
        ("rtmp_message_too_long", [announced(VIDEO), announced(COMMAND)]),
        ("amf_limit", [message(3, COMMAND, 0, &deep, 128), message(3, COMMAND, 0, &many, 128)]),
        ("rtmp_chunk_streams", [chunk_streams(4_000), chunk_streams(33)]),
        ("rtmp_unfinished_messages", [unfinished(), [unfinished(), unfinished()].concat()]),
        ("rtmp_chunk", [vec![0xc7; 64], vec![0x87; 64]]),
        ("rtmp_control", [message(2, SET_CHUNK_SIZE, 0, &[1], 128), message(2, 4, 0, &[0, 6, 1], 128)]),
        ("amf_malformed", [message(3, COMMAND, 0, &[0x7f; 9], 128), message(3, COMMAND, 0, &number(1.0), 128)]),
    ];
    for (reason, attacks) in cases {
        let before = siege.server().closed(reason);
        let sockets: Vec<TcpStream> = (0..PEERS)
            .map(|peer| {
                let mut socket = handshake(&siege.server().rtmp);
                socket.set_nonblocking(false).unwrap();
                throw(&mut socket, &attacks[peer % 2]);
                socket
            })
            .collect();
        sockets.into_iter().for_each(|mut socket| drop(closed(&mut socket, SOON)));
        siege.closes(reason, before + PEERS as u64);
    }
    siege.ends_within(BASE_BYTES + PEERS as u64 * UNGRANTED_BYTES);
}

/// Commands of a session up to its publish, and the name of its stream.
fn session(url: &str) -> Vec<u8> {
    let (authority, path) = split(url);
    let (app, name) = path[1..].split_once('/').unwrap();
    commands(app, &format!("rtmp://{authority}/{app}"), name)
}

fn commands(app: &str, tc_url: &str, name: &str) -> Vec<u8> {
    let member = |name: &str, value: &str| [&text(name)[1..], &text(value)].concat();
    let object = [&[3][..], &member("app", app), &member("tcUrl", tc_url), &[0, 0, 9]];
    let connect = [text("connect"), number(1.0), object.concat()].concat();
    let create = [text("createStream"), number(2.0), vec![5]].concat();
    let publish = [text("publish"), number(3.0), vec![5], text(name), text("live")].concat();
    let messages = [(3, 0, connect), (3, 0, create), (5, 1, publish)];
    messages.into_iter().flat_map(|(on, stream, body)| message(on, COMMAND, stream, &body, 128)).collect()
}

/// A publisher's connection whose push has been granted.
fn publisher(url: &str) -> TcpStream {
    let mut socket = handshake(split(url).0);
    socket.write_all(&session(url)).unwrap();
    until_started(&mut socket);
    socket
}

fn until_started(socket: &mut TcpStream) {
    let mut said = Vec::new();
    while !said
        .windows(24)
        .any(|part| part == b"NetStream.Publish.Start\0" || part.starts_with(b"NetStream.Publish.Start"))
    {
        let mut buffer = [0; 4_096];
        let count = socket.read(&mut buffer).unwrap();
        assert!(count > 0, "the push is refused: {}", String::from_utf8_lossy(&said));
        said.extend_from_slice(&buffer[..count]);
    }
}

#[test]
fn a_session_in_pieces_of_one_byte_is_served() {
    let siege = Siege::new(&[]);
    let url = siege.server().push_url("bytes");
    let mut socket = handshake(split(&url).0);
    let drip = |bytes: &[u8], socket: &mut TcpStream| {
        bytes.iter().for_each(|byte| socket.write_all(&[*byte]).unwrap());
    };
    drip(&session(&url), &mut socket);
    until_started(&mut socket);
    for tag in Clip::h264("160x90").tags.iter().filter(|tag| tag.kind == Kind::Video).take(6) {
        drip(&message(6, VIDEO, 1, &tag.body, 128), &mut socket);
    }
    siege.server().wait_live("bytes");
    assert_eq!(siege.server().metric("protocol_errors_total"), 0);
    siege.ends_within(BASE_BYTES + UNGRANTED_BYTES);
}

/// Bytes that come one by one are no reason to wait longer, in a handshake, a command or a picture.
#[test]
fn senders_of_a_byte_now_and_then_are_let_go() {
    let flags = ["--limits-publisher-slow-ms-max", "2000", "--limits-publisher-idle-ms-max", "4000"];
    let siege = Siege::new(&[FAST, &flags].concat());
    let rtmp = siege.server().rtmp.clone();
    let mut hello = TcpStream::connect(&rtmp).unwrap();
    let mut command = handshake(&rtmp);
    let mut media = publisher(&siege.server().push_url("slow"));
    // One that has little to say and says it whole: sound of a few bytes, as codecs send it in silence.
    let mut quiet = publisher(&siege.server().push_url("quiet"));
    let connect = session(&siege.server().push_url("never"));
    throw(&mut media, &message(6, VIDEO, 1, &[0x27; 3_000], 4_096)[..12]);
    let mut turn = 0;
    let reasons = ["rtmp_handshake_late", "rtmp_command_late", "publisher_slow"];
    wait_within("all three to be let go", SOON, || {
        throw(&mut hello, &[3]);
        throw(&mut command, &connect[turn % 100..=turn % 100]);
        throw(&mut media, &[7]);
        if turn.is_multiple_of(25) {
            assert!(throw(&mut quiet, &message(4, 8, 1, &[0xaf, 1, 0x21, 0x10], 128)), "a quiet publisher was let go");
        }
        turn += 1;
        // The pace of the attack, not a wait for anything.
        sleep(Duration::from_millis(15));
        turn.is_multiple_of(40) && reasons.iter().all(|reason| siege.server().closed(reason) > 0)
    });
    for reason in reasons {
        siege.closes(reason, 1);
    }
    assert!(throw(&mut quiet, &message(4, 8, 1, &[0xaf, 1, 0x21, 0x10], 128)));
    assert!(siege.server().stream("quiet").is_some(), "a quiet publisher was let go");
    siege.ends_within(BASE_BYTES + 4 * UNGRANTED_BYTES);
}

#[test]
fn a_player_that_floods_with_pings_is_let_go() {
    let siege = Siege::new(&[]);
    let mut player = Rtmp::open(&siege.server().play_url("other", "rtmp"), Role::Play);
    player.ready().unwrap();
    let pings = message(2, 4, 0, &[0, 6, 1, 2, 3, 4], 128).repeat(500);
    let mut reader = player.socket().try_clone().unwrap();
    // It takes all answers, so that it cannot be let go for these.
    let reading = std::thread::spawn(move || while reader.read(&mut [0; 65_536]).is_ok_and(|count| count > 0) {});
    while throw(player.socket(), &pings) {}
    reading.join().unwrap();
    siege.closes("player_flood", 1);
    siege.ends_within(BASE_BYTES + UNGRANTED_BYTES);
}

/// Reads until the server has said this, which fits into one chunk.
fn until_said(socket: &mut TcpStream, words: &str) {
    let (mut said, mut buffer) = (Vec::new(), [0; 4_096]);
    while !said.windows(words.len()).any(|part| part == words.as_bytes()) {
        let count = socket.read(&mut buffer).unwrap();
        assert!(count > 0, "instead of {words:?}: {}", String::from_utf8_lossy(&said));
        said.extend_from_slice(&buffer[..count]);
    }
}

/// As long as a text of AMF may be: the message holds nothing else.
#[test]
fn addresses_and_names_of_64_kilobytes_are_refused_in_words() {
    let siege = Siege::new(FAST);
    let server = siege.server();
    let long = "x".repeat(65_000);
    let mut address = handshake(&server.rtmp);
    throw(&mut address, &commands("live", &format!("rtmp://h/{long}"), "a"));
    until_said(&mut address, "connect: tcUrl is not text");
    closed(&mut address, SOON);
    siege.closes("rtmp_command_late", 1);

    // A name and a query beyond what one may have: refused as a push is, with its code, whatever begins it.
    let (refused, signed) = (server.refused("publish", "lvb-access/4000"), server.push_url("a"));
    let signed = signed.rsplit_once('/').unwrap().1;
    for name in [long.clone(), format!("{signed}&x={long}")] {
        let mut socket = handshake(&server.rtmp);
        throw(&mut socket, &commands("live", "rtmp://h/live", &name));
        until_said(&mut socket, "NetStream.Publish.");
        closed(&mut socket, SOON);
    }
    assert_eq!(server.refused("publish", "lvb-access/4000"), refused + 2, "a refusal is not counted");
    assert!(!server.log().contains(&long[..5_000]), "the log holds all that a stranger says");

    // With what else a connect says, the longest text that AMF can write does not fit a command.
    let mut longest = handshake(&server.rtmp);
    throw(&mut longest, &commands("live", &"x".repeat(65_535), "a"));
    closed(&mut longest, SOON);
    siege.closes("rtmp_message_too_long", 1);
    siege.ends_within(BASE_BYTES + 4 * UNGRANTED_BYTES);
}

/// A publisher of aggregates whose parts have almost nothing in them.
#[test]
fn aggregates_of_many_parts_are_refused() {
    let siege = Siege::new(&[]);
    let part = [8, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 7, 0, 0, 0, 12];
    let body = part.repeat((4 << 20) / part.len());
    let size = message(2, SET_CHUNK_SIZE, 0, &65_536_u32.to_be_bytes(), 128);
    for name in ["a", "b", "c"] {
        let mut socket = publisher(&siege.server().push_url(name));
        throw(&mut socket, &[size.clone(), message(6, 22, 1, &body, 65_536)].concat());
        closed(&mut socket, SOON);
    }
    siege.closes("rtmp_aggregate", 3);
    // A message of 4 MiB while it is put together doubles its room.
    siege.ends_within(BASE_BYTES + 3 * (3 * (4 << 20)));
}

#[test]
fn control_messages_that_ask_for_much_are_answered_with_little() {
    let siege = Siege::new(&[]);
    let mut rtmp = Rtmp::open(&siege.server().push_url("a"), Role::Publish);
    rtmp.ready().unwrap();
    // An acknowledgement after each byte, a bandwidth of nothing, aborts of what is not there.
    for (type_id, body) in [(5, vec![0; 4]), (6, vec![0, 0, 0, 0, 2]), (2, vec![0xff; 4]), (3, vec![0xff; 4])] {
        rtmp.socket().write_all(&message(2, type_id, 0, &body, 128)).unwrap();
    }
    for tag in Clip::h264("160x90").tags {
        let kind = if tag.kind == Kind::Video { MediaKind::Video } else { MediaKind::Audio };
        rtmp.send(kind, tag.time_ms, &tag.body).unwrap();
    }
    siege.server().wait_live("a");
    siege.ends_within(BASE_BYTES + UNGRANTED_BYTES);
}
