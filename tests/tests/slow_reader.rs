//! A player that does not read loses frames, is told, and costs nobody else anything.

use std::io::Read;

use vivace_tests::{Flv, H264, Kind, Live, Server, Witness, authority, connect_narrow, encode, ffmpeg, push, wait_for};

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
