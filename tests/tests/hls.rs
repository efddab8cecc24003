//! HLS and LL-HLS as players meet them: ffmpeg, hls.js in a browser, and a walker over every playlist.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use serde_json::Value;
use vivace_hls::walk::{Playlist, Walker};
use vivace_tests::{
    AAC, Answer, H264, PICTURE, Server, TONE, Tool, count_frames, encode, ffmpeg, ffprobe, get, get_with, push,
    wait_for, wait_within,
};

/// A server with the test picture and its tone as `a`.
fn pushed() -> (Server, Tool) {
    let server = Server::start(&[]);
    let encoder = push(&server.push_url("a"));
    server.wait_live("a");
    (server, encoder)
}

/// One player: a session, and the address of its media playlist.
struct Player {
    /// `http://HOST:PORT/live/NAME/`.
    base: String,
    playlist: String,
    token: String,
}

impl Player {
    /// Begins with the signed address.
    #[track_caller]
    fn begin(url: &str) -> Self {
        let answer = get(url);
        assert_eq!(answer.status, 200, "{}", answer.text());
        let text = answer.text();
        let line = text.lines().last().unwrap();
        let (file, token) = line.split_once("?k=").unwrap_or_else(|| panic!("{text}"));
        let (folder, playlist) = file.split_once('/').unwrap();
        let base = format!("{}{folder}/", url.split_once(&format!("{folder}.m3u8")).unwrap().0);
        Self { base, playlist: playlist.to_owned(), token: token.to_owned() }
    }

    fn url(&self, file: &str) -> String {
        format!("{}{file}?k={}", self.base, self.token)
    }

    fn get(&self, file: &str) -> Answer {
        get(&self.url(file))
    }

    /// The playlist, with these directives.
    #[track_caller]
    fn list(&self, directives: &str) -> String {
        let answer = get(&format!("{}{directives}", self.url(&self.playlist)));
        assert_eq!(answer.status, 200, "{directives}: {}", answer.text());
        answer.text()
    }
}

/// Asks for the playlist again and again, each time for the next part, and walks over all of them.
struct Poll {
    player: Player,
    walker: Walker,
    last: Playlist,
}

impl Poll {
    #[track_caller]
    fn begin(url: &str) -> Self {
        let player = Player::begin(url);
        let mut walker = Walker::default();
        let last = walker.add(&player.list("")).unwrap().clone();
        Self { player, walker, last }
    }

    #[track_caller]
    fn next(&mut self) {
        let newest = self.last.segments.last().unwrap();
        let directives = if newest.uri.is_empty() {
            format!("&_HLS_msn={}&_HLS_part={}", newest.sequence, newest.parts.len())
        } else {
            format!("&_HLS_msn={}&_HLS_part=0", newest.sequence + 1)
        };
        let answer = get(&format!("{}{directives}", self.player.url(&self.player.playlist)));
        // While the publisher is away nothing new comes, and that is said after a while.
        if answer.status == 503 {
            return;
        }
        let text = answer.text();
        self.last = self.walker.add(&text).unwrap_or_else(|fault| panic!("{fault}\n{text}")).clone();
    }

    fn segments(&self) -> usize {
        self.walker.known().filter(|segment| !segment.uri.is_empty()).count()
    }
}

#[test]
fn ffmpeg_plays_fragmented_mp4_low_latency_and_transport_streams() {
    let (server, mut encoder) = pushed();
    let hls = server.play_url("a", "hls");
    for url in [hls.clone(), server.play_url("a", "llhls"), format!("{hls}&hls=ts")] {
        let probe = ffprobe(&url);
        assert_eq!((probe.codec("video"), probe.codec("audio")), (Some("h264"), Some("aac")), "{url}");
        assert_eq!(probe.size(), Some((320, 180)), "{url}");
        let frames = count_frames(ffmpeg(), &url);
        assert!(frames >= 75, "{url}: {frames} pictures in three seconds");
    }
    assert!(encoder.is_running());
    assert!(server.metric("hls_sessions") >= 6 && server.metric("hls_streams") == 1);
    assert!(server.metric("readers") >= 6 && server.metric("hls_bytes") > 100_000);
}

#[test]
fn every_playlist_keeps_its_promises_while_an_encoder_restarts() {
    let (server, mut encoder) = pushed();
    let mut poll = Poll::begin(&server.play_url("a", "llhls"));
    wait_within("the first segments", Duration::from_secs(60), || {
        poll.next();
        poll.segments() >= 5
    });
    encoder.kill_9();
    wait_for("the grace time to begin", || server.metric("streams_in_grace") == 1);
    let before = poll.segments();
    let _again = push(&server.push_url("a"));
    wait_within("segments of the second push", Duration::from_secs(60), || {
        poll.next();
        poll.segments() >= before + 5
    });
    assert_eq!(poll.walker.discontinuities, 1);
    assert!(poll.walker.playlists > 60, "{}", poll.walker.playlists);
    // The parts of what is listed are there, and what they hold is the segment.
    let whole = poll.last.segments.iter().rev().find(|segment| !segment.uri.is_empty() && !segment.parts.is_empty());
    let whole = whole.unwrap();
    let parts: Vec<u8> = whole.parts.iter().flat_map(|(_, uri)| poll.player.get(uri).body).collect();
    assert!(poll.player.get(&whole.uri).body == parts, "the parts of {} are not the segment", whole.uri);
}

#[test]
fn numbers_grow_over_restarts_of_the_server_and_a_kill() {
    let (server, mut encoder) = pushed();
    let mut poll = Poll::begin(&server.play_url("a", "llhls"));
    wait_for("some segments", || {
        poll.next();
        poll.last.newest_whole() >= Some(2)
    });
    let mut folder = server.kill_9();
    // A player that goes on after the restarts sees one succession of playlists.
    let mut walker = poll.walker;
    for round in 0..2 {
        encoder.kill_9();
        let server = Server::start_in(folder, &[]);
        encoder = push(&server.push_url("a"));
        server.wait_live("a");
        let player = Player::begin(&server.play_url("a", "llhls"));
        let text = player.list("");
        walker.add(&text).unwrap_or_else(|fault| panic!("round {round}: {fault}\n{text}"));
        folder = server.stop().1;
    }
    encoder.kill_9();
    assert!(walker.known().map(|segment| segment.discontinuity_sequence).max() > Some(0));
}

#[test]
fn a_request_for_what_is_not_there_yet_is_answered_when_it_is() {
    let (server, _encoder) = pushed();
    let player = Player::begin(&server.play_url("a", "llhls"));
    let now = Playlist::parse(&player.list("")).unwrap();
    let hint = now.hint.clone().unwrap();
    assert!(!now.segments.iter().any(|segment| segment.parts.iter().any(|(_, uri)| *uri == hint)));
    let part = player.get(&hint);
    assert_eq!((part.status, part.header("Content-Type")), (200, Some("video/mp4")));
    assert_eq!(&part.body[4..8], b"moof");
    let newest = now.newest_whole().unwrap();
    let later = Playlist::parse(&player.list(&format!("&_HLS_msn={}", newest + 1))).unwrap();
    assert!(later.newest_whole() > Some(newest));
    let skipped = player.list(&format!("&_HLS_msn={}&_HLS_skip=YES", newest + 1));
    assert!(skipped.contains("#EXT-X-MEDIA-SEQUENCE"), "{skipped}");
    for (directives, status) in [
        (format!("&_HLS_msn={}", newest + 50), 400),
        ("&_HLS_msn=x".to_owned(), 400),
        ("&_HLS_part=1".to_owned(), 400),
        ("&_HLS_skip=maybe".to_owned(), 400),
    ] {
        assert_eq!(get(&format!("{}{directives}", player.url(&player.playlist))).status, status, "{directives}");
    }
}

/// reaches nothing new: the gate's own refusals stand in refusals.rs.
#[test]
fn files_are_for_those_who_began_with_a_signed_address() {
    let (server, _encoder) = pushed();
    let _other = push(&server.push_url("b"));
    server.wait_live("b");
    let url = server.play_url("a", "hls");
    assert_eq!(get(url.split('?').next().unwrap()).status, 403, "an address without its signature");
    assert_eq!(get(&format!("{url}&hls=nonsense")).status, 400);
    let player = Player::begin(&url);
    let list = Playlist::parse(&player.list("")).unwrap();
    let segment = list.segments.last().unwrap();
    let bare = |path: &str| get(path).status;
    assert_eq!(bare(&format!("{}{}", player.base, segment.uri)), 403);
    assert_eq!(bare(&format!("{}{}?k=AAAA", player.base, segment.uri)), 403);
    let theirs = Player::begin(&server.play_url("b", "hls"));
    assert_eq!(bare(&format!("{}{}?k={}", player.base, segment.uri, theirs.token)), 403);
    for (file, status) in [("s99999.m4s", 404), ("x.m4s", 404), ("p7-0.m4s", 410), ("i0-9.mp4", 410), ("s0.ts", 410)] {
        assert_eq!(player.get(file).status, status, "{file}");
    }
    wait_within("the first segment to be let go", Duration::from_secs(60), || player.get("s0.m4s").status == 410);
}

#[test]
fn responses_can_be_kept_compressed_and_cut() {
    let (server, _encoder) = pushed();
    let player = Player::begin(&server.play_url("a", "hls"));
    let list = Playlist::parse(&player.list("")).unwrap();
    let segment = list.segments.last().unwrap();
    let whole = player.get(&segment.uri);
    assert_eq!(whole.header("Access-Control-Allow-Origin"), Some("*"));
    assert!(whole.header("Cache-Control").unwrap().contains("immutable"), "{}", whole.head);
    let part = get_with(&player.url(&segment.uri), &[("Range", "bytes=100-299")]);
    assert_eq!((part.status, part.body.as_slice()), (206, &whole.body[100..300]));
    let told = format!("bytes 100-299/{}", whole.body.len());
    assert_eq!(part.header("Content-Range"), Some(told.as_str()));
    let behind = get_with(&player.url(&segment.uri), &[("Range", "bytes=99999999-")]);
    assert_eq!(behind.status, 416);
    let packed = get_with(&player.url("index.m3u8"), &[("Accept-Encoding", "gzip")]);
    assert_eq!(packed.header("Content-Encoding"), Some("gzip"));
    assert_eq!(packed.body[..2], [0x1f, 0x8b]);
    assert!(packed.header("Cache-Control").unwrap().contains("max-age=1"), "{}", packed.head);
    let init = player.get(&segment.map);
    assert_eq!(&init.body[4..8], b"ftyp");
}

#[test]
fn a_stream_that_nobody_plays_is_not_cut_and_goes_on_when_somebody_does() {
    let server = Server::start(&["--limits-hls-session-idle-ms-max", "1500"]);
    let _encoder = push(&server.push_url("a"));
    server.wait_live("a");
    let mut walker = Walker::default();
    for round in 0..2 {
        assert_eq!(server.metric("hls_streams"), 0);
        let player = Player::begin(&server.play_url("a", "hls"));
        let text = player.list("");
        walker.add(&text).unwrap_or_else(|fault| panic!("round {round}: {fault}\n{text}"));
        wait_for("the player to be taken for gone", || server.metric("hls_streams") == 0);
        assert_eq!((server.metric("hls_sessions"), server.metric("readers")), (0, 0));
    }
}

#[test]
fn the_end_of_a_stream_is_said() {
    let server = Server::start(&["--limits-publish-grace-ms", "500"]);
    let mut encoder = push(&server.push_url("a"));
    server.wait_live("a");
    let player = Player::begin(&server.play_url("a", "llhls"));
    encoder.kill_9();
    wait_for("the end to be listed", || player.list("").ends_with("#EXT-X-ENDLIST\n"));
}

/// What hls.js plays of an address.
#[track_caller]
fn browser(url: &str, seconds: u32, low_latency: bool) -> Value {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("browser/hls.mjs");
    let mut node = Command::new("node");
    node.arg(script).arg(url).arg(seconds.to_string()).args(low_latency.then_some("ll"));
    let mut node = Tool::start(&mut node);
    let status = node.wait_within(Duration::from_secs(u64::from(seconds) + 90));
    assert!(status.success(), "{}{}", node.stdout(), node.stderr());
    serde_json::from_str(node.stdout().trim()).expect("hls.mjs prints JSON")
}

#[test]
fn a_browser_plays_each_form_without_a_stall() {
    let server = Server::start(&[]);
    // A key frame every two seconds, as encoders are told to make them for HLS.
    let _encoder = encode(ffmpeg(), &[PICTURE, TONE], &[H264, &["-g", "50"], AAC], &server.push_url("a"));
    server.wait_live("a");
    let hls = server.play_url("a", "hls");
    for (url, low_latency) in
        [(server.play_url("a", "llhls"), true), (hls.clone(), false), (format!("{hls}&hls=ts"), false)]
    {
        let seen = browser(&url, 20, low_latency);
        eprintln!("{seen}");
        assert_eq!(seen["stalls"], Value::Array(Vec::new()), "{seen}");
        assert_eq!(seen["faults"], Value::Array(Vec::new()), "{seen}");
        assert!(seen["played_s"].as_f64().unwrap() >= 20.0 && seen["decoded"].as_u64().unwrap() > 400, "{seen}");
        assert_eq!(seen["width"], 320, "{seen}");
        assert_eq!(seen["parts"].as_u64().unwrap() > 0, low_latency, "{seen}");
    }
}
