//! The main job: what an encoder pushes is what players of every format get.

use std::io::Read;

use vivace_tests::{
    AAC, Flv, H264, Kind, Live, PICTURE, Server, TONE, WebSocket, Witness, count_frames, encode, ffmpeg, ffprobe, push,
    wait_for,
};

/// A server with the test picture and its tone as `a`.
fn pushed() -> (Server, vivace_tests::Tool) {
    let server = Server::start(&[]);
    let encoder = push(&server.push_url("a"));
    server.wait_live("a");
    (server, encoder)
}

#[test]
fn rtmp_flv_and_mp4_carry_h264_and_aac() {
    let (server, mut encoder) = pushed();
    for format in ["rtmp", "flv", "mp4"] {
        let url = server.play_url("a", format);
        let probe = ffprobe(&url);
        assert_eq!(probe.codec("video"), Some("h264"), "{format}");
        assert_eq!(probe.size(), Some((320, 180)), "{format}");
        assert_eq!(probe.codec("audio"), Some("aac"), "{format}");
        let frames = count_frames(ffmpeg(), &url);
        assert!(frames > 60, "{format}: {frames} pictures in three seconds");
    }
    assert!(encoder.is_running());
    let stream = server.stream("a").unwrap();
    assert_eq!(stream["video"]["width"], 320);
    assert_eq!(stream["video"]["name"], "H.264");
    assert_eq!(stream["audio"]["sample_rate"], 44_100);
    assert!(server.metric("sent_bytes_total") > 0);
    wait_for("the players to be gone", || server.metric("readers") == 0);
}

#[test]
fn websocket_carries_flv_one_tag_a_message() {
    let (server, _encoder) = pushed();
    let mut flv = Flv::open(WebSocket::open(&server.play_url("a", "ws-flv")));
    assert_eq!(flv.flags, 5, "sound and pictures");
    flv.find(|tag| tag.is_video_header());
    flv.find(|tag| tag.is_key());
    flv.find(|tag| tag.kind == Kind::Audio && tag.is_media());
    assert!(flv.input().ping(b"are you there").unwrap());
}

#[test]
fn websocket_carries_mp4_one_fragment_a_message() {
    let (server, _encoder) = pushed();
    let mut socket = WebSocket::open(&server.play_url("a", "ws-mp4"));
    let init = socket.message().unwrap().unwrap();
    assert_eq!(&init[4..8], b"ftyp");
    assert!(init.windows(4).any(|name| name == b"moov"));
    for _ in 0..20 {
        let fragment = socket.message().unwrap().unwrap();
        assert_eq!(&fragment[4..8], b"moof");
        let moof = u32::from_be_bytes(fragment[..4].try_into().unwrap()) as usize;
        assert_eq!(&fragment[moof + 4..moof + 8], b"mdat");
    }
}

#[test]
fn mp4_over_http_begins_with_its_header() {
    let (server, _encoder) = pushed();
    let mut live = Live::open(&server.play_url("a", "mp4"));
    assert!(live.head.contains("Content-Type: video/mp4"), "{}", live.head);
    let mut begin = [0; 8];
    live.read_exact(&mut begin).unwrap();
    assert_eq!(&begin[4..], b"ftyp");
}

/// With a key frame every four seconds, "at once" and "at the next key frame" are far apart.
#[test]
fn a_late_joiner_begins_with_a_key_frame_at_once_or_at_the_live_edge() {
    let server = Server::start(&[]);
    let _encoder = encode(ffmpeg(), &[PICTURE, TONE], &[H264, &["-g", "100"], AAC], &server.push_url("a"));
    server.wait_live("a");
    let witness = Witness::watch(&server, "a");
    let url = server.play_url("a", "flv");
    wait_for("the middle between two key frames", || {
        let seen = witness.seen();
        seen.frames > 0 && (1_000..3_000).contains(&(seen.newest_ms - seen.key_ms))
    });
    let before = witness.seen();

    let live = Live::open(&format!("{url}&start=live"));
    let mut fast = Flv::open(Live::open(&url));
    assert!(fast.find(|tag| tag.kind == Kind::Video).is_video_header());
    let first = fast.find(|tag| tag.kind == Kind::Video);
    assert!(first.is_key(), "a fast start begins with something else than a key frame");
    assert_eq!(first.time_ms, before.key_ms, "a fast start begins at the newest key frame that there is");

    let mut live = Flv::open(live);
    assert!(live.find(|tag| tag.kind == Kind::Video).is_video_header());
    let first = live.find(|tag| tag.kind == Kind::Video);
    assert!(first.is_key(), "a live start begins with something else than a key frame");
    assert!(first.time_ms > before.newest_ms, "a live start begins at {}, in the past", first.time_ms);
    witness.goes_on();
}
