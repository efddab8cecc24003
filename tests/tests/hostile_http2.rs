//! HTTP/2 clients that make work: floods of CONTINUATION, RST_STREAM, SETTINGS, PING, PRIORITY and WINDOW_UPDATE
//! (RFC 9113, 10.5). The frames are made by hand, as no client library sends them.

use std::io::Write;
use std::net::TcpStream;
use std::time::Duration;

use vivace_tests::{
    AAC, BASE_BYTES, H264, PICTURE, Server, Siege, TONE, Tls, UNGRANTED_BYTES, encode, ffmpeg, get, recordings, throw,
    wait_for,
};

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
const HEADERS: u8 = 1;
const PRIORITY: u8 = 2;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const PING: u8 = 6;
const WINDOW_UPDATE: u8 = 8;
const CONTINUATION: u8 = 9;
const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;
/// `GET /` over https of the authority `x` (RFC 7541).
const GET: &[u8] = &[0x82, 0x84, 0x87, 0x41, 1, b'x'];
/// The setting of a client whose responses stay where they are (RFC 9113, 6.5.2).
const NO_WINDOW: &[u8] = &[0, 4, 0, 0, 0, 0];
/// More than any peer may send to no purpose.
const FLOOD_BYTES: usize = 32 << 20;

fn frame(kind: u8, flags: u8, stream: u32, body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(body.len()).unwrap().to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), body].concat()
}

fn connect(siege: &Siege) -> Tls {
    connect_with(siege.server(), &[])
}

fn connect_with(server: &Server, settings: &[u8]) -> Tls {
    let socket = TcpStream::connect(&server.https).unwrap();
    socket.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    socket.set_write_timeout(Some(Duration::from_secs(20))).unwrap();
    let mut tls = Tls::over(socket, &[b"h2"]);
    tls.write_all(&[PREFACE, &frame(SETTINGS, 0, 0, settings)].concat()).unwrap();
    tls
}

/// Sends what `next` makes, over and over, until the server has closed; false if it never does.
fn flood(tls: &mut Tls, mut next: impl FnMut(u32) -> Vec<u8>) -> bool {
    let (mut sent, mut turn) = (0, 0);
    while sent < FLOOD_BYTES {
        let piece: Vec<u8> = (0..500).flat_map(|step| next(turn * 500 + step)).collect();
        sent += piece.len();
        turn += 1;
        if !throw(tls, &piece) {
            return true;
        }
    }
    false
}

/// How many connections were closed for what HTTP/2 clients do. Those that ask for answers and read none are not read from
/// any more, and have asked for nothing else in time.
fn closed(siege: &Siege) -> u64 {
    ["http2_protocol", "http2_flood", "http_head_late"].into_iter().map(|reason| siege.server().closed(reason)).sum()
}

/// The stream of a client's `turn`th request.
fn stream(turn: u32) -> u32 {
    2 * turn + 1
}

/// One flood by three clients; each of them is closed for a reason.
fn is_closed(name: &str, next: impl Fn(u32) -> Vec<u8>) {
    let siege = Siege::new(&[]);
    for _ in 0..3 {
        assert!(flood(&mut connect(&siege), &next), "{name}: the server took {FLOOD_BYTES} bytes");
    }
    wait_for(&format!("{name}: three to be closed"), || closed(&siege) == 3);
    siege.ends_within(BASE_BYTES + 3 * UNGRANTED_BYTES);
}

#[test]
fn a_flood_of_continuation_frames() {
    let line = [&[0x40, 1, b'a', 100][..], &[b'b'; 100]].concat().repeat(10);
    is_closed("CONTINUATION", |turn| match turn {
        0 => frame(HEADERS, END_STREAM, 1, GET),
        _ => frame(CONTINUATION, 0, 1, &line),
    });
    // Empty ones, which have no size.
    is_closed("empty CONTINUATION", |turn| match turn {
        0 => frame(HEADERS, END_STREAM, 1, GET),
        _ => frame(CONTINUATION, 0, 1, &[]),
    });
}

#[test]
fn requests_that_are_taken_back_at_once() {
    is_closed("RST_STREAM", |turn| {
        let ask = frame(HEADERS, END_STREAM | END_HEADERS, stream(turn), GET);
        [ask, frame(RST_STREAM, 0, stream(turn), &8_u32.to_be_bytes())].concat()
    });
}

#[test]
fn floods_of_frames_that_ask_for_answers() {
    is_closed("SETTINGS", |_| frame(SETTINGS, 0, 0, &[0, 3, 0, 0, 0, 100]));
    is_closed("PING", |_| frame(PING, 0, 0, &[7; 8]));
}

#[test]
fn floods_of_frames_that_mean_nothing() {
    is_closed("PRIORITY", |turn| frame(PRIORITY, 0, stream(turn % 100_000), &[0, 0, 0, 0, 1]));
    is_closed("WINDOW_UPDATE", |_| frame(WINDOW_UPDATE, 0, 0, &1_u32.to_be_bytes()));
    is_closed("unknown types", |_| frame(0xee, 0, 0, &[0; 100]));
}

/// An answer to nobody in particular is not waited for as long as a play or a file is.
#[test]
fn who_has_been_granted_nothing_keeps_no_place_by_a_window_of_nothing() {
    let server = Server::start(&["--limits-reader-stall-ms-max", "1000"]);
    let mut kept: Vec<_> = (0..3).map(|_| connect_with(&server, NO_WINDOW)).collect();
    for tls in &mut kept {
        tls.write_all(&frame(HEADERS, END_STREAM | END_HEADERS, 1, GET)).unwrap();
    }
    wait_for("all to be let go", || server.closed("http2_silent") == 3);
    drop(kept);
}

/// With a window of nothing for each response, and another request that keeps their connection open.
#[test]
fn recordings_that_are_opened_and_not_taken_give_their_places_back() {
    let server = Server::start(&[
        "--limits-publish-grace-ms",
        "300",
        "--limits-kept-reads-per-address-max",
        "2",
        "--limits-kept-read-stall-ms-max",
        "2000",
    ]);
    let url = format!("{}&record=mp4%7Chls", server.push_url("a"));
    assert!(encode(ffmpeg(), &[PICTURE, TONE], &[H264, AAC, &["-t", "2"]], &url).wait().success());
    let mut kept = Vec::new();
    wait_for("both to be stored", || {
        kept = recordings(&server.data(), "a");
        kept.iter().filter(|one| one.state() == "stored").count() == 2
    });
    // Files are sent from the disk, playlists from memory.
    for (turn, one) in kept.iter().enumerate() {
        let extension = if one.format() == "hls" { "m3u8" } else { "mp4" };
        let path = format!("/recordings/{}.{extension}", one.id());
        let ask = [&[0x82, 0x87, 0x04, u8::try_from(path.len()).unwrap()], path.as_bytes(), &[0x41, 1, b'x']].concat();
        let mut tls = connect_with(&server, NO_WINDOW);
        for turn in 0..2 {
            tls.write_all(&frame(HEADERS, END_STREAM | END_HEADERS, stream(turn), &ask)).unwrap();
        }
        wait_for("both to be let go", || server.closed("kept_read_stalled") == 2 * (turn as u64 + 1));
        let whole = get(&format!("http://{}{path}", server.http));
        assert_eq!(whole.status, 200);
        assert!(whole.text().starts_with("#EXTM3U") || whole.body.len() as u64 == one.bytes());
        drop(tls);
    }
}
