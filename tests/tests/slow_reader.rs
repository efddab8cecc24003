//! A player that does not read loses frames, is told, and costs nobody else anything. One that reads steadily is served,
//! however long it takes.

use std::io::Read;
use std::net::{SocketAddr, TcpStream};
use std::process::Command;
use std::thread::{JoinHandle, sleep, spawn};
use std::time::Duration;

use socket2::{Domain, Socket, Type};
use vivace_tests::{
    Clip, Feeder, Flv, H264, HlsPlayer, Kind, Live, PATIENCE, Server, Timer, Tls, Tool, Witness, authority,
    connect_narrow, encode, ffmpeg, push, wait_for, wait_within,
};

/// A picture that no encoder makes small: several megabits a second fill every buffer on the way.
const NOISE: &[&str] = &["-f", "lavfi", "-i", "testsrc2=size=320x180:rate=25,noise=alls=80:allf=t"];

#[test]
fn a_slow_player_skips_to_a_key_frame_on_whole_tags() {
    let server = Server::start(&["--limits-reader-lag-ms-max", "1000"]);
    let _encoder = encode(ffmpeg(), &[NOISE], &[H264, &["-crf", "20"]], &server.push_url("a"));
    server.wait_live("a");
    let witness = Witness::watch(&server, "a");
    let url = server.play_url("a", "flv");
    let mut slow = Flv::open(Live::over(connect_narrow(authority(&url)), &url, ""));
    slow.find(|tag| tag.is_key());
    wait_for("the slow player to lose frames", || server.metric("reader_skips_total") > 0);

    // It reads again: first what was on its way, then the notice, then the stream from a key frame on.
    let mut last_ms = 0;
    slow.find(|tag| {
        if tag.is_media() {
            last_ms = tag.time_ms;
        }
        tag.kind == Kind::Script && tag.says("NetStream.Play.InsufficientBW")
    });
    let next = slow.find(|tag| tag.is_media());
    assert!(next.is_key(), "the stream goes on with something else than a key frame");
    assert!(next.time_ms > last_ms, "{} ms is not later than {last_ms} ms", next.time_ms);
    for _ in 0..50 {
        let tag = slow.find(|tag| tag.is_media());
        assert!(tag.time_ms >= last_ms, "the time goes back");
        last_ms = tag.time_ms;
    }
    assert!(server.stream("a").unwrap()["skips"].as_u64().unwrap() > 0);
    witness.goes_on();
}

#[test]
fn a_player_that_takes_nothing_at_all_is_let_go() {
    let flags = ["--limits-reader-lag-ms-max", "500", "--limits-reader-stall-ms-max", "1500"];
    let server = Server::start(&flags);
    let _encoder = encode(ffmpeg(), &[NOISE], &[H264, &["-crf", "20"]], &server.push_url("a"));
    let _other = push(&server.push_url("b"));
    server.wait_live("a");
    server.wait_live("b");
    let witness = Witness::watch(&server, "a");
    let url = server.play_url("a", "flv");
    let mut stuck = Live::over(connect_narrow(authority(&url)), &url, "");
    wait_for("two players", || server.metric("readers") == 2);
    wait_for("the stuck player to be let go", || server.metric("readers") == 1);
    let mut rest = Vec::new();
    // The connection is over: what was on its way ends, with or without a reset.
    let _ = stuck.read_to_end(&mut rest);
    assert!(server.log().contains("the player took no bytes for"), "the log says nothing of it");
    witness.goes_on();
}

/// What clients are asked to take: 40 kB/s.
const RATE: &[&str] = &["--limits-reader-bytes-per-s-min", "40000", "--limits-reader-slow-ms-max", "2000"];

/// Connects as over a network: the kernel of a real link has no segments of 64 KiB.
fn connect_far(authority: &str) -> TcpStream {
    let to: SocketAddr = authority.parse().unwrap();
    let socket = Socket::new(Domain::for_address(to), Type::STREAM, None).unwrap();
    socket.set_recv_buffer_size(64 << 10).unwrap();
    socket.set_tcp_mss(1_400).unwrap();
    socket.connect(&to.into()).unwrap();
    let socket = TcpStream::from(socket);
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    socket
}

/// Reads at this pace, without a break; how many bytes came, until there are `wanted` or the connection is over.
fn read_steadily(mut from: impl Read + Send + 'static, bytes_per_s: usize, wanted: usize) -> JoinHandle<usize> {
    const STEPS_PER_S: usize = 20;
    spawn(move || {
        let (begun, mut piece, mut got) = (Timer::new(PATIENCE), vec![0; bytes_per_s / STEPS_PER_S], 0);
        while got < wanted {
            match from.read(&mut piece) {
                Ok(count @ 1..) => got += count,
                _ => break,
            }
            // The pace of the link, not a wait for anything.
            sleep(Duration::from_secs_f64(got as f64 / bytes_per_s as f64).saturating_sub(begun.elapsed()));
        }
        got
    })
}

/// A server, the addresses of a segment of HLS over HTTP and over HTTPS, and its length: about two megabytes.
fn segment(flags: &[&str]) -> (Server, Feeder, [String; 2], usize) {
    let server = Server::start(flags);
    let clip = Clip::h264_at("320x180", 8_000);
    let feeder = Feeder::start(&server.push_url("a"), clip);
    server.wait_live("a");
    let player = HlsPlayer::begin(&server.play_url("a", "hls"));
    let segment = player.now().segments.last().unwrap().clone();
    let url = player.url(&segment.uri);
    let bytes = player.get(&segment.uri).body.len();
    let secure = url.replacen(&format!("http://{}", authority(&url)), &format!("https://{}", server.https), 1);
    (server, feeder, [url, secure], bytes)
}

/// What the kernel says of progress comes in steps: a reader that is steady and slow looks like one that takes nothing for
/// as long as a step takes.
#[test]
fn a_steady_reader_of_a_segment_is_served_to_its_end() {
    let (server, _feeder, [plain, secure], bytes) = segment(RATE);
    assert!(bytes > 1_500_000, "a segment has {bytes} bytes: the kernel takes it at once");
    let readers = [
        // Just above what is asked.
        read_steadily(Live::over(connect_far(authority(&plain)), &plain, ""), 50_000, bytes),
        read_steadily(Tls::play_over(connect_far(authority(&secure)), &secure), 50_000, bytes),
        read_steadily(Live::over(connect_narrow(authority(&plain)), &plain, ""), 60_000, bytes),
        read_steadily(Tls::play_over(connect_narrow(authority(&secure)), &secure), 80_000, bytes),
    ];
    let got = readers.map(|reader| reader.join().unwrap());
    assert_eq!((got, server.closed("http_write_late"), server.closed("http_reader_slow")), ([bytes; 4], 0, 0));
}

/// Over HTTP/2 the connection holds what waits, and a ping stands behind it. The kernel of this client is one that nobody has
/// told to hold little, so the rate is the one that is set by default.
#[test]
fn a_steady_reader_of_a_segment_is_served_over_http_2() {
    let (server, _feeder, [_, secure], bytes) = segment(&[]);
    let args = ["--silent", "--show-error", "--insecure", "--http2", "--limit-rate", "90000", "--output", "/dev/null"];
    let written = ["--write-out", "%{http_version} %{size_download}", &secure];
    let mut reader = Tool::start(Command::new("curl").args(args).args(written));
    let ended = reader.wait_within(PATIENCE + Duration::from_secs(bytes as u64 / 90_000));
    assert_eq!((ended.code(), reader.stdout()), (Some(0), format!("2 {bytes}")), "{}", reader.stderr());
    assert_eq!((server.closed("http_write_late"), server.closed("http2_silent")), (0, 0));
}

#[test]
fn a_reader_of_a_segment_that_takes_nothing_or_too_little_is_let_go() {
    let (server, _feeder, [plain, secure], bytes) = segment(RATE);
    let stuck = Live::over(connect_far(authority(&plain)), &plain, "");
    let stuck_too = Tls::play_over(connect_far(authority(&secure)), &secure);
    wait_for("those that take nothing to be let go", || server.closed("http_write_late") == 2);
    let slow = read_steadily(Live::over(connect_narrow(authority(&plain)), &plain, ""), 20_000, bytes);
    wait_for("the one that takes too little to be let go", || server.closed("http_reader_slow") == 1);
    assert!(slow.join().unwrap() < bytes);
    assert_eq!(server.closed("http_write_late"), 2);
    drop((stuck, stuck_too));
}

/// What a slow reader is sent leaves its playlist long before it is read.
#[test]
fn readers_that_hold_what_has_left_its_playlist_are_cut_when_it_is_too_much() {
    const LET_GO_BYTES: u64 = 5_000_000;
    let flags = ["--limits-hls-segments-max", "3", "--limits-hls-let-go-bytes-max", "5000000"];
    let (server, _feeder, [url, _], bytes) = segment(&flags);
    let player = HlsPlayer::begin(&server.play_url("a", "hls"));
    let mut stuck = vec![Live::over(connect_far(authority(&url)), &url, "")];
    let mut newest = player.now().newest_whole();
    let mut most = 0;
    wait_within("two readers of old segments to be cut", Duration::from_secs(60), || {
        let now = player.now();
        if now.newest_whole() > newest && stuck.len() < 8 {
            newest = now.newest_whole();
            let url = player.url(&now.segments.iter().rev().find(|segment| !segment.uri.is_empty()).unwrap().uri);
            stuck.push(Live::over(connect_far(authority(&url)), &url, ""));
        }
        most = most.max(server.metric("hls_let_go_bytes"));
        server.closed("hls_overtaken") >= 2
    });
    // One segment more, until those that hold the oldest have gone.
    assert!(most > bytes as u64 / 2, "nothing shows of {most} bytes");
    assert!(most < LET_GO_BYTES + 2 * bytes as u64, "{most} bytes are held");
    wait_for("no more to be held than may be", || server.metric("hls_let_go_bytes") <= LET_GO_BYTES);
    assert_eq!((server.closed("http_write_late"), server.closed("http_reader_slow")), (0, 0));
    drop(stuck);
    wait_for("nothing to be held", || server.metric("hls_let_go_bytes") == 0);
}
