//! Publishers and players whose media is hostile: clocks that jump, no key frames, random bytes, drops of bytes.

use std::io::Read;
use std::net::TcpStream;
use std::thread::{scope, sleep};
use std::time::Duration;

use vivace_tests::{
    BASE_BYTES, Clip, Feeder, Flv, HlsPlayer, Kind, Live, MediaKind, Role, Rtmp, STREAM_BYTES, Server, Siege, Tag, Tls,
    Witness, authority, connect_narrow, garbage, split, wait_for, wait_within,
};

const SOON: Duration = Duration::from_secs(20);
/// What a stream may hold in these scenarios: little, so that what is beyond it shows.
const SMALL: &[&str] = &["--limits-gop-bytes-max", "2097152", "--limits-reader-lag-bytes-max", "2097152"];

fn kind(tag: &Tag) -> MediaKind {
    if tag.kind == Kind::Video { MediaKind::Video } else { MediaKind::Audio }
}

/// A publisher that has been granted its push.
fn publish(siege: &Siege, name: &str) -> Rtmp {
    let mut rtmp = Rtmp::open(&siege.server().push_url(name), Role::Publish);
    rtmp.ready().unwrap();
    rtmp
}

/// A player of each form of HLS.
fn hls_players(server: &Server, name: &str) -> [HlsPlayer; 3] {
    let hls = server.play_url(name, "hls");
    ["", "&hls=ll", "&hls=ts"].map(|form| HlsPlayer::begin(&format!("{hls}{form}")))
}

/// A clip whose pictures carry this many bytes more, so that they fill every buffer on the way.
fn heavy(bytes: usize) -> Clip {
    let mut clip = Clip::h264("160x90");
    let more = garbage(bytes);
    for tag in clip.tags.iter_mut().filter(|tag| tag.kind == Kind::Video && tag.is_media()) {
        tag.body.extend_from_slice(&u32::try_from(bytes).unwrap().to_be_bytes());
        tag.body.extend_from_slice(&more);
    }
    clip
}

#[test]
fn a_clock_that_jumps_by_hours_both_ways_moves_nobody() {
    let siege = Siege::new(&[]);
    let clip = Clip::h264("160x90");
    let mut rtmp = publish(&siege, "jumps");
    let mut send = |offset_ms: u32| {
        for tag in &clip.tags {
            rtmp.send(kind(tag), tag.time_ms.wrapping_add(offset_ms), &tag.body).unwrap();
        }
    };
    send(0);
    let server = siege.server();
    server.wait_live("jumps");
    let witness = Witness::watch(server, "jumps");
    let frames = u64::try_from(clip.tags.iter().filter(|tag| tag.is_media()).count()).unwrap();
    let mut turns = 1;
    let mut turn = |offset_ms: u32| {
        let before = witness.seen().frames;
        send(offset_ms);
        turns += 1;
        // Each in its turn: a player that is given all at once would be behind in media time, and skip.
        wait_for("the frames behind a jump", || {
            let seen = witness.seen();
            assert_eq!((seen.ended, seen.skips), (None, 0));
            seen.frames >= before + frames
        });
    };
    let hls = scope(|threads| {
        let players = threads.spawn(|| hls_players(server, "jumps"));
        let goes_on = (1..).map(|turn| turn * clip.length_ms()).take_while(|_| !players.is_finished());
        goes_on.for_each(&mut turn);
        players.join().unwrap()
    });
    let hour = 3_600_000_u32;
    let offsets = [5 * hour, 2 * hour, 0, 0_u32.wrapping_sub(hour), hour, 900 * hour, u32::MAX - 1_000, 0];
    for offset_ms in offsets {
        turn(offset_ms);
        hls.iter().for_each(|player| drop(player.now()));
    }
    // Two seconds for each turn, and not the hours between them.
    let newest_ms = witness.seen().newest_ms;
    assert!(newest_ms < 4_000 * turns, "the stream's time is {newest_ms} ms");
    assert!(siege.server().metric("discontinuities_total") >= offsets.len() as u64 - 1);
    // Two seconds each, and a jump is none of theirs.
    for player in hls {
        let list = player.now();
        assert!(list.target_s <= 3 && list.segments.len() >= 3, "{list:?}");
        if list.segments.iter().any(|segment| segment.uri.ends_with(".ts")) {
            let (pictures, sounds) = player.transport();
            assert!(pictures > 100 && sounds > 20, "{pictures} {sounds}");
        }
    }
    siege.ends_within(BASE_BYTES + STREAM_BYTES);
}

#[test]
fn a_minute_without_a_key_frame_is_not_kept() {
    let siege = Siege::new(SMALL);
    let clip = Clip::h264("160x90");
    let mut rtmp = publish(&siege, "endless");
    let (mut headers, mut keys, mut inters) = (Vec::new(), Vec::new(), Vec::new());
    for tag in clip.tags.iter().filter(|tag| tag.kind == Kind::Video) {
        let list = if !tag.is_media() {
            &mut headers
        } else if tag.is_key() {
            &mut keys
        } else {
            &mut inters
        };
        list.push(tag.clone());
    }
    let mut send = |time_ms: u32, tag: &Tag, more: &[u8]| {
        rtmp.send(MediaKind::Video, time_ms, &[&tag.body, more].concat()).unwrap();
    };
    send(0, &headers[0], &[]);
    send(0, &keys[0], &[]);
    siege.server().wait_live("endless");
    let players: Vec<Witness> = (0..3).map(|_| Witness::watch(siege.server(), "endless")).collect();
    // A minute of media, at 8 Mbit/s: 60 MB.
    let more = garbage(40_000);
    for picture in 1..=1_500_u32 {
        send(picture * 40, &inters[0], &more);
    }
    assert!(siege.server().metric("frames_total") > 1_000);
    // What was kept for new players was let go once, and whoever runs the server can see it.
    assert_eq!(siege.server().metric("gops_let_go_total"), 1);
    // Who comes now waits for a key frame, and gets it.
    let late = Witness::watch(siege.server(), "endless");
    for picture in 1_501..1_600 {
        send(picture * 40, if picture == 1_550 { &keys[0] } else { &inters[0] }, &[]);
    }
    wait_for("a picture at the player that came late", || late.seen().key_ms >= 1_550 * 40);
    drop(players);
    siege.ends_within(BASE_BYTES + STREAM_BYTES);
}

#[test]
fn random_bytes_in_valid_messages_end_the_push_or_are_left_out() {
    let siege = Siege::new(SMALL);
    let noise = garbage(1 << 20);
    for round in 0..20 {
        let mut rtmp = publish(&siege, &format!("noise{round}"));
        for turn in 0..200 {
            let at = (round * 200 + turn) * 251;
            let length = 1 + usize::from(noise[at]) * 8;
            let kind = [MediaKind::Video, MediaKind::Audio, MediaKind::Data][turn % 3];
            let time_ms = u32::from_be_bytes([noise[at], noise[at + 1], noise[at + 2], noise[at + 3]]);
            // Where the server has closed, the next round begins.
            let _ = rtmp.send(kind, time_ms, &noise[at + 4..at + 4 + length]);
        }
    }
    wait_for("pushes to be ended for their codec", || siege.server().closed("publisher_media") > 0);
    assert!(siege.server().log().contains("media messages are left out"));
    siege.ends_within(BASE_BYTES + STREAM_BYTES);
}

/// Several tracks in one message, as Enhanced RTMP v2 has them: no player would know which one it gets.
#[test]
fn several_tracks_in_one_message_end_the_push_and_its_encoder_is_told() {
    let siege = Siege::new(&[]);
    let clip = Clip::h264("160x90");
    // Of pictures: one track, many of one codec, many of several; of sound: one track, many.
    let messages: [(MediaKind, &[u8]); 5] = [
        (MediaKind::Video, b"\x96\x00avc1\x00\x00\x00\x00"),
        (MediaKind::Video, b"\x96\x11avc1\x00\x00\x00\x04\x00\x00\x00\x00"),
        (MediaKind::Video, b"\x96\x21avc1\x00\x00\x00\x04\x00\x00\x00\x00hvc1\x01\x00\x00\x01\x00"),
        (MediaKind::Audio, b"\x95\x01mp4a\x00\x21\x10"),
        (MediaKind::Audio, b"\x95\x11mp4a\x00\x00\x00\x02\x21\x10"),
    ];
    for (turn, (kind_of, body)) in messages.into_iter().enumerate() {
        let name = format!("tracks{turn}");
        let mut rtmp = publish(&siege, &name);
        for tag in clip.tags.iter().take(20) {
            rtmp.send(kind(tag), tag.time_ms, &tag.body).unwrap();
        }
        siege.server().wait_live(&name);
        rtmp.send(kind_of, 1_000, body).unwrap();
        let mut heard = Vec::new();
        while let Some(event) = rtmp.event() {
            heard.push(event);
        }
        let heard = format!("{heard:?}");
        for words in ["\"error\"", "NetStream.Publish.Rejected", "multitrack", "lvb-video/20112"] {
            assert!(heard.contains(words), "message {turn}: no {words} in {heard}");
        }
        siege.closes("publisher_media", turn as u64 + 1);
        wait_for("the stream to lose its publisher", || siege.server().metric("streams") == 1);
    }
    siege.ends_within(BASE_BYTES + STREAM_BYTES);
}

/// A good header and good framing; what is in the pictures and the sound is noise. Every way out has a player.
#[test]
fn random_pictures_behind_a_good_header_are_passed_on_and_harm_nobody() {
    let siege = Siege::new(SMALL);
    let mut clip = Clip::h264("160x90");
    let noise = garbage(1 << 20);
    for (turn, tag) in clip.tags.iter_mut().enumerate().filter(|(_, tag)| tag.is_media()) {
        let from = turn * 997 % (noise.len() - 9_000);
        let keep = if tag.kind == Kind::Video { 5 } else { 2 };
        tag.body.truncate(keep);
        tag.body.extend_from_slice(&noise[from..from + 1 + usize::from(noise[from]) * 30]);
    }
    let feeder = Feeder::start(&siege.server().push_url("noise"), clip);
    siege.server().wait_live("noise");
    let witness = Witness::watch(siege.server(), "noise");
    let formats = ["mp4", "ws-flv", "ws-mp4"].map(|format| siege.server().play_url("noise", format));
    let mut mp4 = Live::open(&formats[0]);
    let mut bytes = [0; 4_096];
    mp4.read_exact(&mut bytes).unwrap();
    for player in hls_players(siege.server(), "noise") {
        player.watch(2);
        for segment in player.now().segments.iter().filter(|segment| !segment.uri.is_empty()) {
            assert_eq!(player.get(&segment.uri).status, 200, "{}", segment.uri);
        }
    }
    witness.goes_on();
    assert!(!feeder.has_ended(), "the push was ended");
    siege.ends_within(BASE_BYTES + STREAM_BYTES);
}

/// Reads so much now and then, until the connection is over.
fn drip(mut from: impl Read) {
    let mut piece = [0; 256];
    while from.read(&mut piece).is_ok_and(|count| count > 0) {
        // The pace of the attack, not a wait for anything.
        sleep(Duration::from_millis(100));
    }
}

/// A byte now and then is progress, and no reason to keep a player for ever.
#[test]
fn players_that_take_drops_are_let_go() {
    let flags = ["--limits-reader-slow-ms-max", "2000", "--limits-reader-bytes-per-s-min", "40000"];
    let siege = Siege::new(&[SMALL, &flags].concat());
    let _feeder = Feeder::start(&siege.server().push_url("heavy"), heavy(80_000));
    siege.server().wait_live("heavy");
    let plain = siege.server().play_url("heavy", "flv");
    let tls = siege.server().ask(&["url", "play", "heavy", "--format", "flv", "--tls"]);
    let one = {
        let live = Live::over(connect_narrow(authority(&plain)), &plain, "");
        std::thread::spawn(move || drip(live))
    };
    let other = {
        let live = Tls::play_over(connect_narrow(authority(&tls)), &tls);
        std::thread::spawn(move || drip(live))
    };
    wait_within("both to be let go", SOON, || siege.server().closed("player_slow") >= 2);
    wait_for("one player to be left", || siege.server().metric("readers") == 1);
    drop((one, other));
    siege.closes("player_slow", 2);
    siege.ends_within(BASE_BYTES + STREAM_BYTES);
}

/// With the rate and the time that are set by default: less than a kilobyte a second for half a minute, each in its way.
/// Readers of segments are in `slow_reader.rs`.
#[test]
fn players_of_every_way_that_take_less_than_a_kilobyte_a_second_are_let_go() {
    let siege = Siege::new(SMALL);
    let server = siege.server();
    let _feeder = Feeder::start(&server.push_url("heavy"), heavy(80_000));
    server.wait_live("heavy");
    let rtmp = server.play_url("heavy", "rtmp");
    let (at, path) = split(&rtmp);
    let (app, name) = path[1..].split_once('/').unwrap();
    let mut rtmp = Rtmp::ask(connect_narrow(at), at, app, name, Role::Play);
    rtmp.ready().unwrap();
    let upgrade = "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n\
                   Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
    let live = |format: &str, headers: &str| {
        let url = server.play_url("heavy", format);
        Live::over(connect_narrow(authority(&url)), &url, headers)
    };
    let (mut websocket, mut mp4) = (live("ws-flv", upgrade), live("mp4", ""));
    let sockets = [rtmp.socket(), websocket.socket(), mp4.socket()].map(|socket| socket.try_clone().unwrap());
    let readers = sockets.map(|mut socket| {
        std::thread::spawn(move || {
            let mut piece = [0; 80];
            while socket.read(&mut piece).is_ok_and(|count| count > 0) {
                // The pace of the attack, not a wait for anything.
                sleep(Duration::from_millis(100));
            }
        })
    });
    wait_within("all three to be let go", Duration::from_secs(100), || server.closed("player_slow") == 3);
    wait_for("one player to be left", || server.metric("readers") == 1);
    siege.closes("player_slow", 3);
    drop(readers);
    siege.ends_within(BASE_BYTES + 2 * STREAM_BYTES);
}

/// As the plain one does: behind TLS too, what a slow player gets is whole tags.
#[test]
fn a_slow_player_behind_tls_skips_on_whole_tags() {
    let siege = Siege::new(&["--limits-reader-lag-ms-max", "1000"]);
    let _feeder = Feeder::start(&siege.server().push_url("heavy"), heavy(60_000));
    siege.server().wait_live("heavy");
    let url = siege.server().ask(&["url", "play", "heavy", "--format", "flv", "--tls"]);
    let socket: TcpStream = connect_narrow(authority(&url));
    let mut slow = Flv::open(Tls::play_over(socket, &url));
    slow.find(|tag| tag.is_key());
    wait_for("the slow player to lose frames", || siege.server().metric("reader_skips_total") > 0);
    let mut last_ms = 0;
    slow.find(|tag| {
        if tag.is_media() {
            last_ms = tag.time_ms;
        }
        tag.kind == Kind::Script && tag.says("NetStream.Play.InsufficientBW")
    });
    let next = slow.find(|tag| tag.is_media());
    assert!(next.is_key() && next.time_ms > last_ms, "the stream goes on at {} ms behind {last_ms} ms", next.time_ms);
    drop(slow);
    siege.ends_within(BASE_BYTES + STREAM_BYTES);
}
