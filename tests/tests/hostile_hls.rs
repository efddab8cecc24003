//! Players of HLS that ask too much, or for what is not theirs.

use std::io::Write;
use std::net::{IpAddr, TcpStream};
use std::time::Duration;

use vivace_tests::{
    BASE_BYTES, HlsPlayer, Live, PENDING_BYTES, Siege, authority, closed, connect_from, get, get_with, split, wait_for,
};

const SOON: Duration = Duration::from_secs(20);

#[test]
fn players_beyond_the_limit_are_turned_away_and_the_others_play_on() {
    let siege = Siege::new(&["--limits-hls-sessions-max", "10"]);
    let url = siege.server().play_url("other", "hls");
    let first = HlsPlayer::begin(&url);
    let statuses: Vec<u16> = (0..40).map(|_| get(&url).status).collect();
    assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 9, "{statuses:?}");
    assert_eq!(statuses.iter().filter(|status| **status == 503).count(), 31, "{statuses:?}");
    siege.closes("hls_sessions", 31);
    first.watch(2);
    assert_eq!(siege.server().metric("hls_sessions"), 10);
    siege.ends_within(BASE_BYTES);
}

#[test]
fn one_address_leaves_the_others_their_players() {
    let siege =
        Siege::new(&["--limits-hls-sessions-per-address-max", "10", "--limits-hls-session-idle-ms-max", "2000"]);
    let url = siege.server().play_url("other", "hls");
    let ask = |from: u8, path: &str| {
        let mut socket = connect_from(IpAddr::from([127, 0, 0, from]), &siege.server().http);
        write!(socket, "GET {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n", authority(&url)).unwrap();
        String::from_utf8_lossy(&closed(&mut socket, SOON)).into_owned()
    };
    let path = split(&url).1;
    let asked: Vec<String> = (0..30).map(|_| ask(1, path)).collect();
    let count = |answers: &[String], status: &str| answers.iter().filter(|one| one.starts_with(status)).count();
    assert_eq!((count(&asked, "HTTP/1.1 200 "), count(&asked, "HTTP/1.1 503 ")), (10, 20), "{asked:?}");
    siege.closes("hls_address_sessions", 20);
    assert!(ask(2, path).starts_with("HTTP/1.1 200 "), "another address is turned away");

    // Those that have been silent give their shares back, and take them again when they come back.
    let media: Vec<String> = asked
        .iter()
        .filter_map(|answer| answer.lines().find(|line| line.contains("?k=")))
        .map(|uri| format!("/live/{uri}"))
        .collect();
    assert_eq!(media.len(), 10);
    wait_for("silent players to be taken for gone", || siege.server().metric("hls_sessions") == 0);
    assert!(ask(1, path).starts_with("HTTP/1.1 200 "));
    let again: Vec<String> = media.iter().map(|path| ask(1, path)).collect();
    assert_eq!((count(&again, "HTTP/1.1 200 "), count(&again, "HTTP/1.1 503 ")), (9, 1), "{again:?}");
    siege.ends_within(BASE_BYTES);
}

#[test]
fn requests_that_wait_are_limited() {
    let siege = Siege::new(&["--limits-hls-waiting-max", "10"]);
    let player = HlsPlayer::begin(&siege.server().play_url("other", "llhls"));
    // One that is not there yet.
    let far = format!("{}&_HLS_msn={}", player.url(&player.playlist), player.now().newest_whole().unwrap() + 1);
    let ask = |url: &str| {
        let (authority, path) = vivace_tests::split(url);
        let mut socket = TcpStream::connect(authority).unwrap();
        write!(socket, "GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").unwrap();
        socket
    };
    let mut sockets: Vec<TcpStream> = (0..60).map(|_| ask(&far)).collect();
    wait_for("those beyond the limit to be turned away", || siege.server().closed("hls_waiting") > 0);
    let answers: Vec<String> =
        sockets.iter_mut().map(|socket| String::from_utf8_lossy(&closed(socket, SOON)).into_owned()).collect();
    let count = |status: &str| answers.iter().filter(|answer| answer.starts_with(status)).count() as u64;
    assert_eq!(count("HTTP/1.1 200 ") + count("HTTP/1.1 503 "), 60, "{answers:?}");
    assert!(count("HTTP/1.1 200 ") >= 10);
    siege.closes("hls_waiting", count("HTTP/1.1 503 "));
    player.watch(2);
    siege.ends_within(BASE_BYTES + 60 * PENDING_BYTES);
}

#[test]
fn forged_tokens_open_nothing() {
    let siege = Siege::new(&[]);
    let player = HlsPlayer::begin(&siege.server().play_url("other", "hls"));
    let media = player.url(&player.playlist);
    let (path, token) = media.split_once("?k=").unwrap();
    let changed = |at: usize| {
        let mut bytes = token.as_bytes().to_vec();
        bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
        String::from_utf8(bytes).unwrap()
    };
    let mut forged: Vec<String> = (0..token.len()).step_by(3).map(changed).collect();
    forged.extend([String::new(), "x".repeat(4_000), format!("{token}{token}"), token.to_lowercase(), "%00".into()]);
    for token in &forged {
        assert_eq!(get(&format!("{path}?k={token}")).status, 403, "{token}");
    }
    assert_eq!(get(path).status, 403);
    assert_eq!(get(&media.replace("/other/", "/another/")).status, 403);
    siege.closes("hls_token", forged.len() as u64 + 2);
    assert_eq!(siege.server().metric("hls_sessions"), 1, "a forged token has made a player");
    player.watch(2);
    siege.ends_within(BASE_BYTES);
}

#[test]
fn odd_ranges_of_bytes_get_what_is_there_or_a_refusal() {
    let siege = Siege::new(&[]);
    let player = HlsPlayer::begin(&siege.server().play_url("other", "hls"));
    let segment = player.url(&player.now().segments[0].uri);
    let whole = get(&segment).body;
    assert!(whole.len() > 1_000);
    let last = whole.len() - 1;
    for (range, status, body) in [
        (format!("bytes={last}-"), 206, &whole[last..]),
        (format!("bytes=0-{}", u64::MAX), 206, &whole[..]),
        ("bytes=-1".to_owned(), 206, &whole[last..]),
        (format!("bytes={}-", u64::MAX), 416, &[][..]),
        ("bytes=-0".to_owned(), 416, &[]),
        ("bytes=9-3".to_owned(), 416, &[]),
        (format!("bytes=0-1{}", ",5-6".repeat(2_000)), 200, &whole[..]),
        (format!("bytes={}-", "9".repeat(3_000)), 416, &[]),
        ("bytes=--1".to_owned(), 200, &whole[..]),
        ("lines=1-2".to_owned(), 200, &whole[..]),
    ] {
        let answer = get_with(&segment, &[("Range", &range)]);
        let shown = &range[..range.len().min(40)];
        assert_eq!(answer.status, status, "{shown}");
        if status != 416 {
            assert!(answer.body == body, "{shown}: {} bytes", answer.body.len());
        }
    }
    // A player that asks for a segment and goes, over and over.
    for _ in 0..200 {
        let (authority, path) = vivace_tests::split(&segment);
        let mut socket = TcpStream::connect(authority).unwrap();
        write!(socket, "GET {path} HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
    }
    drop(Live::open(&siege.server().play_url("other", "flv")));
    player.watch(2);
    siege.ends_within(BASE_BYTES + 200 * PENDING_BYTES);
}
