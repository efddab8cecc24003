//! Players of HLS that ask too much, or for what is not theirs.

use std::io::Write;
use std::net::{IpAddr, TcpStream};
use std::time::Duration;

use vivace_tests::{
    BASE_BYTES, Live, STREAM_BYTES, Siege, authority, closed, connect_from, get, get_with, split, wait_for,
};

const SOON: Duration = Duration::from_secs(20);

/// The address of the media playlist that the master playlist at this address names.
fn media_playlist(url: &str) -> String {
    let master = get(url);
    assert_eq!(master.status, 200, "{}", master.text());
    let uri = master.text().lines().find(|line| !line.starts_with('#')).unwrap().to_owned();
    format!("http://{}/live/{uri}", authority(url))
}

/// An address that a playlist names, as a whole one.
fn absolute(playlist_url: &str, uri: &str) -> String {
    let (folder, _) = playlist_url.split('?').next().unwrap().rsplit_once('/').unwrap();
    format!("{folder}/{uri}")
}

#[test]
fn players_beyond_the_limit_are_turned_away_and_the_others_play_on() {
    let siege = Siege::new(&["--limits-hls-sessions-max", "10"]);
    let url = siege.server().play_url("other", "hls");
    let media = media_playlist(&url);
    let statuses: Vec<u16> = (0..40).map(|_| get(&url).status).collect();
    assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 9, "{statuses:?}");
    assert_eq!(statuses.iter().filter(|status| **status == 503).count(), 31, "{statuses:?}");
    siege.closes("hls_sessions", 31);
    assert_eq!((get(&media).status, siege.server().metric("hls_sessions")), (200, 10));
    siege.ends_within(BASE_BYTES + STREAM_BYTES);
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
    siege.ends_within(BASE_BYTES + STREAM_BYTES);
}

#[test]
fn requests_that_wait_are_limited() {
    let siege = Siege::new(&["--limits-hls-waiting-max", "10"]);
    let media = media_playlist(&siege.server().play_url("other", "llhls"));
    let text = get(&media).text();
    let number = |tag: &str| text.lines().find_map(|line| line.strip_prefix(tag)?.parse::<u64>().ok());
    let first = number("#EXT-X-MEDIA-SEQUENCE:").unwrap();
    let segments = text.lines().filter(|line| line.starts_with("#EXTINF:")).count() as u64;
    // Two segments ahead is as far as one may ask.
    let far = format!("{media}&_HLS_msn={}", first + segments);
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
    siege.ends_within(BASE_BYTES + STREAM_BYTES);
}

#[test]
fn forged_tokens_open_nothing() {
    let siege = Siege::new(&[]);
    let media = media_playlist(&siege.server().play_url("other", "hls"));
    let (path, query) = media.split_once('?').unwrap();
    let token = query.strip_prefix("k=").unwrap();
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
    assert_eq!(get(&media).status, 200);
    siege.ends_within(BASE_BYTES + STREAM_BYTES);
}

#[test]
fn odd_ranges_of_bytes_get_what_is_there_or_a_refusal() {
    let siege = Siege::new(&[]);
    let media = media_playlist(&siege.server().play_url("other", "hls"));
    let text = get(&media).text();
    let segment = absolute(&media, text.lines().find(|line| !line.starts_with('#') && !line.is_empty()).unwrap());
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
    siege.ends_within(BASE_BYTES + STREAM_BYTES);
}
