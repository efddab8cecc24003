//! Channels whose stream is pulled from another server.

mod lvb;

use lvb::{call, code, create, describe, status, stop};
use vivace_tests::{Role, Rtmp, Server, ffprobe, push, wait_for};

const FLAGS: [&str; 8] = [
    "--outbound-allow",
    "127.0.0.0/8",
    "--limits-relay-backoff-ms-min",
    "100",
    "--limits-relay-backoff-ms-max",
    "300",
    "--limits-publish-grace-ms",
    "300",
];

#[test]
fn a_source_is_pulled_while_its_channel_is_open_and_its_failure_is_told() {
    let (origin, server) = (Server::start(&FLAGS), Server::start(&FLAGS));
    let encoder = push(&origin.push_url("a"));
    origin.wait_live("a");
    let address = origin.play_url("a", "rtmp");
    let (id, info) = create(&server, &[("sourceList.0.type", "2"), ("sourceList.0.address", &address)]);
    assert_eq!(info["upstream_address"], "", "it takes no push");
    wait_for("the channel to be live", || status(&server, &id) == "1");
    let flv = info["downstream_address"][0]["flv_downstream_address"].as_str().unwrap();
    assert_eq!(ffprobe(flv).codec("video"), Some("h264"));

    drop(encoder);
    wait_for("the channel to be abnormal", || status(&server, &id) == "2");
    let failing = describe(&server, &id);
    let reason = failing["status_reason"].as_str().unwrap();
    assert!(!reason.is_empty() && !reason.contains("txSecret"), "{reason}");
    assert_eq!(call(&server, "DescribeLVBChannelList", &[("channelStatus", "2")])["all_count"], "1");
    let _encoder = push(&origin.push_url("a"));
    wait_for("the channel to be live again", || status(&server, &id) == "1");

    // It takes no push, whoever signs it.
    let name = flv.rsplit('/').next().unwrap().split('.').next().unwrap();
    let refused = Rtmp::open(&server.push_url(name), Role::Publish).ready().unwrap_err().description;
    assert!(refused.contains("lvb-video/20112"), "{refused}");

    // It goes on after a kill, and stops with its channel.
    let server = Server::start_in(server.kill_9(), &FLAGS);
    wait_for("the channel to be live after a restart", || status(&server, &id) == "1");
    assert_eq!(stop(&server, &id), "ok");
    assert_eq!(status(&server, &id), "3");
    assert!(server.stream(name).is_none());
    wait_for("the origin to have no player", || origin.stream("a").is_some_and(|stream| stream["readers"] == 0));
    assert_eq!(code(&call(&server, "StartLVBChannel", &[("channelIds.0", &id)])), "ok");
    wait_for("the channel to be live once more", || status(&server, &id) == "1");
}
