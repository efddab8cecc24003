//! Channels over the signed API, with real encoders and players: their life, each refusal of it, and the lists of
//! addresses.

mod lvb;

use lvb::{call, code, create, created, delete, describe, online, status, stop};
use serde_json::Value;
use vivace_tests::{
    ApiCall, Clip, Feeder, Role, Rtmp, Server, connect_narrow, ffprobe, get, message, push, split, wait_for,
};

const PUSH: [(&str, &str); 4] =
    [("channelName", "Evening"), ("outputSourceType", "3"), ("sourceList.0.name", "v"), ("sourceList.0.type", "1")];

#[track_caller]
fn denied(url: &str) -> String {
    Rtmp::open(url, Role::Publish).ready().unwrap_err().description
}

/// reaches: lvb-video/20109
/// reaches: lvb-video/20301
/// reaches: lvb-video/20106
/// reaches: lvb-video/20107
/// reaches: lvb-video/20108
#[test]
fn a_channel_lives_from_create_to_delete() {
    let server = Server::start(&[]);
    let (id, info) = create(&server, &[("outputRate.0", "0"), ("outputRate.1", "10")]);
    let upstream = info["upstream_address"].as_str().unwrap();
    assert!(upstream.contains("/live/") && upstream.contains("?bizid="), "{upstream}");
    assert_eq!(status(&server, &id), "0");

    let mut encoder = push(upstream);
    wait_for("the channel to be live", || status(&server, &id) == "1");
    let original = &info["downstream_address"][0];
    for format in ["rtmp_downstream_address", "flv_downstream_address", "hls_downstream_address"] {
        let address = original[format].as_str().unwrap();
        assert_eq!(ffprobe(address).codec("video"), Some("h264"), "{address}");
    }
    let listed = call(&server, "DescribeLVBChannelList", &[("channelStatus", "1")]);
    assert_eq!((&listed["all_count"], &listed["channelSet"][0]["channel_id"]), (&"1".into(), &id.as_str().into()));
    assert_eq!(call(&server, "DescribeLVBChannelList", &[("channelStatus", "0")])["all_count"], "0");

    // The name changes while it is live, its media does not.
    let renamed = [("channelId", id.as_str()), ("channelName", "Late")];
    assert_eq!(code(&call(&server, "ModifyLVBChannel", &renamed)), "ok");
    assert_eq!(describe(&server, &id)["channel_name"], "Late");
    let receiver = [renamed.as_slice(), &[("outputSourceType", "1")]].concat();
    assert_eq!(code(&call(&server, "ModifyLVBChannel", &receiver)), "lvb-video/20108");
    assert!(denied(upstream).contains("lvb-video/20108"), "a second client does not take a channel's address over");

    assert_eq!(delete(&server, &id), "lvb-video/20109");
    assert_eq!(stop(&server, &id), "ok");
    wait_for("the encoder to be cut", || !encoder.is_running());
    assert_eq!(status(&server, &id), "3");
    assert!(server.stream(stream_of(upstream)).is_none());
    assert!(server.log().contains("sub_errcode=101"), "the cut is recorded as 21/101");
    let refused = denied(upstream);
    assert!(refused.contains("18/307"), "{refused}");
    assert_eq!(stop(&server, &id), "lvb-video/20106");

    assert_eq!(code(&call(&server, "StartLVBChannel", &[("channelIds.0", &id)])), "ok");
    assert_eq!(code(&call(&server, "StartLVBChannel", &[("channelIds.0", &id)])), "lvb-video/20107");
    assert_eq!(status(&server, &id), "0");
    let _encoder = push(upstream);
    wait_for("the channel to be live again", || status(&server, &id) == "1");
    assert_eq!(stop(&server, &id), "ok");
    assert_eq!(delete(&server, &id), "ok");
    assert_eq!(code(&call(&server, "DescribeLVBChannel", &[("channelId", &id)])), "lvb-video/20301");
    assert_eq!(delete(&server, &id), "lvb-video/20301");
}

fn stream_of(url: &str) -> &str {
    split(url).1.trim_start_matches("/live/").split('?').next().unwrap()
}

/// reaches: lvb-video/1000
/// reaches: lvb-video/20101
/// reaches: lvb-video/20111
/// reaches: lvb-video/20112
/// reaches: lvb-video/20113
/// reaches: lvb-video/20200
/// reaches: lvb-video/20201
/// reaches: lvb-video/20202
/// reaches: lvb-video/20204
/// reaches: lvb-video/20500
#[test]
fn each_wrong_wish_has_its_code() {
    let server = Server::start(&["--limits-channels-per-app-max", "1"]);
    let wish = |more: &[(&str, &str)], without: &[&str]| {
        let call = PUSH
            .iter()
            .chain(more)
            .fold(ApiCall::new(&server, "CreateLVBChannel", &[]), |call, (name, value)| call.with(name, value));
        let call = without.iter().fold(call, |call, name| call.without(name));
        code(&call.send(&server).json())
    };
    let source = ["sourceList.0.name", "sourceList.0.type"];
    assert_eq!(wish(&[("channelName", " ")], &[]), "lvb-video/1000");
    assert_eq!(wish(&[("channelName", &"x".repeat(257))], &[]), "lvb-video/1000");
    assert_eq!(wish(&[("outputRate.0", "10")], &[]), "lvb-video/1000", "the original must be among the rates");
    assert_eq!(wish(&[("outputRate.0", "0"), ("outputRate.1", "7")], &[]), "lvb-video/1000");
    assert_eq!(wish(&[], &source), "lvb-video/20111");
    assert_eq!(wish(&[("sourceList.0.type", "4")], &[]), "lvb-video/20112");
    let address = |kind, address| wish(&[("sourceList.0.type", kind), ("sourceList.0.address", address)], &[]);
    assert_eq!(address("2", "http://a.example/live/x.m3u8"), "lvb-video/20112");
    assert_eq!(address("2", "rtmp://a.example/x"), "lvb-video/20112", "no application");
    assert_eq!(address("3", "rtmp://a.example/live/x"), "lvb-video/20112");
    assert_eq!(address("2", " "), "lvb-video/20200");
    assert_eq!(wish(&[("outputSourceType", "4")], &[]), "lvb-video/20113");
    assert_eq!(wish(&[("sourceList.1.name", "w"), ("sourceList.1.type", "1")], &[]), "lvb-video/20202");
    assert_eq!(wish(&[("watermarkId", "7")], &[]), "lvb-video/20500");

    let (id, _) = create(&server, &[]);
    assert_eq!(wish(&[], &[]), "lvb-video/20101");
    let source = describe(&server, &id)["upstream_list"][0]["sourceID"].as_str().unwrap().to_owned();
    let modify = |more: &[(&str, &str)]| {
        code(&call(&server, "ModifyLVBUpstream", &[&[("channelId", id.as_str())], more].concat()))
    };
    assert_eq!(modify(&[("sourceId", "7"), ("sourceName", "w")]), "lvb-video/20201");
    assert_eq!(modify(&[("sourceId", &source), ("sourceType", "2"), ("sourceAddress", "")]), "lvb-video/20204");
    assert_eq!(modify(&[("sourceId", &source), ("sourceType", "9")]), "lvb-video/20112");
    assert_eq!(modify(&[("sourceId", &source), ("sourceName", "w")]), "ok");
    assert_eq!(describe(&server, &id)["upstream_list"][0]["sourceName"], "w");
    let change = |more: &[(&str, &str)]| {
        let named = [("channelId", id.as_str()), ("channelName", "n")];
        code(&call(&server, "ModifyLVBChannel", &[&named, more].concat()))
    };
    assert_eq!(change(&[("watermarkId", "7")]), "lvb-video/20500");
    assert_eq!(change(&[("outputSourceType", "0")]), "lvb-video/20113");
    for (name, value) in [("pageNo", "0"), ("pageSize", "301"), ("ascDesc", "2"), ("channelStatus", "5")] {
        assert_eq!(code(&call(&server, "DescribeLVBChannelList", &[(name, value)])), "lvb-video/1000", "{name}");
    }
    assert_eq!(
        code(&call(&server, "ModifyLVBChannel", &[("channelId", "12"), ("channelName", "n")])),
        "lvb-video/20301"
    );
}

/// reaches: lvb-access/5100
/// reaches: lvb-access/5400
/// reaches: lvb-access/5000
#[test]
fn a_batch_tells_of_each_of_its_ids() {
    let server = Server::start(&[]);
    let ((one, _), (two, _)) = (create(&server, &[]), create(&server, &[]));
    let ids = [("channelIds.1", one.as_str()), ("channelIds.3", two.as_str()), ("channelIds.5", "12")];
    let stopped = call(&server, "StopLVBChannel", &ids);
    assert_eq!(code(&stopped), "lvb-access/5400", "{stopped}");
    let detail = |reply: &Value, id: &str| code(&reply["detail"][id]);
    assert_eq!([one.as_str(), two.as_str(), "12"].map(|id| detail(&stopped, id)), ["ok", "ok", "lvb-video/20301"]);
    let again = call(&server, "StopLVBChannel", &ids);
    assert_eq!([code(&again), detail(&again, &one)], ["lvb-access/5100", "lvb-video/20106"]);
    assert_eq!(code(&call(&server, "DeleteLVBChannel", &ids[..2])), "ok");
    assert_eq!(call(&server, "DescribeLVBChannelList", &[])["all_count"], "0");
    drop(server);

    let server = Server::start(&["--lvb-dual-code", "access"]);
    let reply = call(&server, "DescribeLVBChannel", &[("channelId", "12")]);
    assert_eq!(code(&reply), "lvb-access/5000", "{reply}");
    assert!(reply["message"].as_str().unwrap().contains("20301"), "{reply}");
}

/// reaches: lvb-video/20250
/// reaches: lvb-video/20251
/// reaches: lvb-video/20253
#[test]
fn lists_of_addresses_hold_at_pushes_and_plays() {
    let server = Server::start(&["--limits-ip-list-entries-max", "2"]);
    let list = |action: &str, more: &[(&str, &str)]| call(&server, action, more);
    let add =
        |direction, colour, ip| list("AddLVBIpList", &[("direction", direction), ("colour", colour), ("ips.0", ip)]);
    assert_eq!(code(&list("AddLVBIpList", &[("direction", "push"), ("colour", "black")])), "lvb-video/20250");
    assert_eq!(code(&list("DescribeLVBIpList", &[("direction", "push")])), "lvb-video/20251");
    assert_eq!(code(&list("DeleteLVBIpList", &[("direction", "push"), ("ips.0", "192.0.2.1")])), "lvb-video/20251");
    assert_eq!(code(&add("push", "black", "192.0.2.300")), "lvb-video/1000");
    assert_eq!(code(&add("push", "black", "127.0.0.0/8")), "ok");
    assert_eq!(code(&add("push", "white", "127.0.0.1")), "lvb-video/1000", "a list is black or white");
    assert_eq!(code(&add("push", "black", "192.0.2.7")), "ok");
    let over = add("push", "black", "2001:db8::/32");
    assert_eq!(code(&over), "lvb-video/20253", "{over}");
    let shown = list("DescribeLVBIpList", &[("direction", "push")]);
    assert_eq!(shown["ipList"][0]["ips"], serde_json::json!(["127.0.0.0/8", "192.0.2.7"]), "{shown}");

    let (id, info) = create(&server, &[]);
    let upstream = info["upstream_address"].as_str().unwrap();
    assert!(denied(upstream).contains("18/400"));
    assert!(denied(&server.push_url("a")).contains("18/400"), "names without a channel too");
    assert_eq!(code(&list("DeleteLVBIpList", &[("direction", "push")])), "ok");
    assert_eq!(code(&add("push", "white", "192.0.2.7")), "ok");
    assert!(denied(upstream).contains("18/401"));
    assert_eq!(code(&add("push", "white", "127.0.0.1")), "ok");

    let encoder = Feeder::start(upstream, Clip::h264("640x360"));
    wait_for("the channel to be live", || status(&server, &id) == "1");
    let flv = info["downstream_address"][0]["flv_downstream_address"].as_str().unwrap();
    assert_eq!(code(&add("play", "black", "127.0.0.1")), "ok");
    let refused = get(flv);
    assert_eq!((refused.status, refused.header("x-vivace-code")), (403, Some("lvb-access/4300")));
    assert_eq!(get(info["downstream_address"][0]["hls_downstream_address"].as_str().unwrap()).status, 403);
    // It stands over a restart that nobody has announced.
    drop(encoder);
    let folder = server.kill_9();
    let server = Server::start_in(folder, &[]);
    let _encoder = push(&server.push_url("b"));
    server.wait_live("b");
    assert_eq!(get(&server.play_url("b", "flv")).status, 403);
    assert_eq!(code(&call(&server, "DeleteLVBIpList", &[("direction", "play")])), "ok");
    assert_eq!(ffprobe(&server.play_url("b", "flv")).codec("video"), Some("h264"));
}

/// reaches: lvb-video/20114
#[test]
fn an_address_of_a_rate_that_is_not_made_says_so() {
    let server = Server::start(&[]);
    let (id, info) = create(&server, &[]);
    let original = info["downstream_address"][0]["flv_downstream_address"].as_str().unwrap();
    // The signature of the stream is good for its rates.
    let flv = &original.replace(".flv", "_900.flv");
    assert_eq!(get(flv).status, 404, "it is not live");
    let _encoder = push(info["upstream_address"].as_str().unwrap());
    wait_for("the channel to be live", || status(&server, &id) == "1");
    let refused = get(flv);
    assert_eq!((refused.status, refused.header("x-vivace-code")), (501, Some("lvb-video/20114")));
}

#[test]
fn where_only_channels_are_pushed_to_a_name_without_one_is_refused() {
    let server = Server::start(&["--lvb-channels-only", "true"]);
    let unknown = format!(
        "{}_{}",
        server
            .ask(&["app", "show", "--json"])
            .split("\"bizid\":")
            .nth(1)
            .unwrap()
            .trim()
            .split([',', '\n', '}'])
            .next()
            .unwrap()
            .trim(),
        "0123456789abcdef0123456789abcdef"
    );
    let refused = denied(&server.push_url(&unknown));
    assert!(refused.contains("18/306") && refused.contains("lvb-video/20301"), "{refused}");
    let (id, info) = create(&server, &[]);
    let _encoder = push(info["upstream_address"].as_str().unwrap());
    wait_for("the channel to be live", || status(&server, &id) == "1");
}

/// reaches: lvb-video/3000
#[test]
fn a_session_that_is_stuck_does_not_keep_a_channel_from_being_closed() {
    let server = Server::start(&["--limits-media-answer-ms-max", "500", "--limits-publisher-idle-ms-max", "60000"]);
    let (id, info) = create(&server, &[]);
    let upstream = info["upstream_address"].as_str().unwrap();
    let (authority, path) = split(upstream);
    let name = path.trim_start_matches("/live/");
    let mut stuck = Rtmp::ask(connect_narrow(authority), authority, "live", name, Role::Publish);
    stuck.ready().unwrap();
    // Asks for answers and takes none, until the server can write nothing more.
    let ping = message(2, 4, 0, &[0, 6, 0, 0, 0, 1], 128).repeat(1_000);
    let socket = stuck.socket();
    socket.set_write_timeout(Some(std::time::Duration::from_millis(300))).unwrap();
    wait_for("the session to be stuck", || std::io::Write::write_all(socket, &ping).is_err());
    let reply = call(&server, "StopLVBChannel", &[("channelIds.0", &id)]);
    assert_eq!(code(&reply), "lvb-video/3000", "{reply}");
    assert_eq!(status(&server, &id), "3");
    assert!(server.stream(stream_of(upstream)).is_none());
}

#[test]
fn viewers_are_counted_for_each_channel_and_for_all() {
    let server = Server::start(&[]);
    let (id, info) = create(&server, &[]);
    let _encoder = push(info["upstream_address"].as_str().unwrap());
    wait_for("the channel to be live", || status(&server, &id) == "1");
    assert_eq!(online(&server, &[("channelIds.0", &id)]), [(id.clone(), 0)]);
    let flv = info["downstream_address"][0]["flv_downstream_address"].as_str().unwrap();
    let _players = [vivace_tests::Live::open(flv), vivace_tests::Live::open(flv)];
    wait_for("two viewers", || online(&server, &[("channelIds.0", &id)]) == [(id.clone(), 2)]);
    assert_eq!(online(&server, &[]), [("-1".to_owned(), 2)]);
    assert_eq!(code(&call(&server, "DescribeLVBOnlineUsers", &[("channelIds.0", "12")])), "lvb-video/20301");
}

#[test]
fn what_was_answered_is_there_after_a_kill() {
    let mut folder = None;
    for round in 0..3 {
        let server = folder.map_or_else(|| Server::start(&[]), |folder| Server::start_in(folder, &[]));
        let listed = call(&server, "DescribeLVBChannelList", &[("ascDesc", "1")]);
        assert_eq!(listed["all_count"], round.to_string());
        let reply = created(&server, &[]);
        assert_eq!(code(&reply), "ok");
        folder = Some(server.kill_9());
    }
}
