//! Channels whose store fails: locked by another program, full, damaged. Each call has the code of what it was doing, the
//! server goes on, and what is live stays live.

mod lvb;

use lvb::{call, code, create, created, damage, delete, describe, locked, meddle, status, stop};
use vivace_tests::{Folder, Role, Rtmp, Server, push, wait_for};

const QUICK: [&str; 2] = ["--limits-store-busy-ms-max", "200"];

fn modify(server: &Server, id: &str) -> String {
    code(&call(server, "ModifyLVBChannel", &[("channelId", id), ("channelName", "n")]))
}

fn modify_source(server: &Server, id: &str, source: &str) -> String {
    let change = [("channelId", id), ("sourceId", source), ("sourceName", "w")];
    code(&call(server, "ModifyLVBUpstream", &change))
}

fn source(server: &Server, id: &str) -> String {
    describe(server, id)["upstream_list"][0]["sourceID"].as_str().unwrap().to_owned()
}

/// reaches: lvb-video/20100
/// reaches: lvb-video/20103
/// reaches: lvb-video/20105
/// reaches: lvb-video/20203
/// reaches: lvb-video/20300
#[test]
fn a_store_that_another_program_keeps_locked() {
    let server = Server::start(&QUICK);
    let ((open, info), (closed, _)) = (create(&server, &[]), create(&server, &[]));
    assert_eq!(stop(&server, &closed), "ok");
    let source = source(&server, &open);
    let _encoder = push(info["upstream_address"].as_str().unwrap());
    wait_for("the channel to be live", || status(&server, &open) == "1");

    let mut other = locked(&server.data());
    assert_eq!(code(&created(&server, &[])), "lvb-video/20100");
    assert_eq!(modify(&server, &open), "lvb-video/20103");
    assert_eq!(
        modify_source(
            &server,
            &closed,
            lvb::call(&server, "DescribeLVBChannel", &[("channelId", &closed)])["channelInfo"][0]["upstream_list"][0]
                ["sourceID"]
                .as_str()
                .unwrap()
        ),
        "lvb-video/20203"
    );
    assert_eq!(stop(&server, &open), "lvb-video/20300");
    assert_eq!(code(&call(&server, "StartLVBChannel", &[("channelIds.0", &closed)])), "lvb-video/20300");
    assert_eq!(delete(&server, &closed), "lvb-video/20105");
    // What is read, and what is live, does not mind.
    assert_eq!((status(&server, &open), status(&server, &closed)), ("1".to_owned(), "3".to_owned()));
    assert!(!source.is_empty());
    other.kill_9();
    wait_for("the store to be free", || modify(&server, &open) == "ok");
    assert_eq!(stop(&server, &open), "ok");
}

/// reaches: lvb-video/20100
#[test]
fn a_store_that_is_full_makes_no_channel_and_keeps_those_it_has() {
    let server = Server::start(&[]);
    let (id, _) = create(&server, &[]);
    let (_, folder) = server.stop();
    let pages =
        meddle(&folder.join("data"), "db.execute('VACUUM')\nprint(db.execute('PRAGMA page_count').fetchone()[0])\n");
    let bytes = (pages.trim().parse::<u64>().unwrap() * 4_096).to_string();
    let server = Server::start_in(folder, &["--limits-store-bytes-max", &bytes]);
    let name = "x".repeat(250);
    let describe_text = "d".repeat(1_000);
    let mut last = String::new();
    for _ in 0..5 {
        last = code(&created(&server, &[("channelName", &name), ("channelDescribe", &describe_text)]));
        if last != "ok" {
            break;
        }
    }
    assert_eq!(last, "lvb-video/20100");
    assert_eq!(status(&server, &id), "0");
}

/// reaches: lvb-video/20102
/// reaches: lvb-video/20104
/// reaches: lvb-video/20201
/// reaches: lvb-video/20252
#[test]
fn a_table_that_is_damaged_refuses_what_needs_it_and_nothing_else() {
    let server = Server::start(&[]);
    let (id, info) = create(&server, &[]);
    let upstream = info["upstream_address"].as_str().unwrap();
    let _live = push(&server.push_url("a"));
    server.wait_live("a");
    damage(&server.data(), "channels");
    assert_eq!(code(&call(&server, "DescribeLVBChannel", &[("channelId", &id)])), "lvb-video/20102");
    assert_eq!(code(&call(&server, "DescribeLVBChannelList", &[])), "lvb-video/20104");
    assert_eq!(modify(&server, &id), "lvb-video/20103");
    assert_eq!(modify_source(&server, &id, "1"), "lvb-video/20201");
    assert_eq!(stop(&server, &id), "lvb-video/20300");
    assert_eq!(delete(&server, &id), "lvb-video/20105");
    assert_eq!(code(&created(&server, &[])), "lvb-video/20100");
    let refused = Rtmp::open(upstream, Role::Publish).ready().unwrap_err().description;
    assert!(refused.contains("18/100") && refused.contains("lvb-video/20102"), "{refused}");
    // A name that no channel has asks for no channel.
    assert!(Rtmp::open(&server.push_url("b"), Role::Publish).ready().is_ok());
    assert_eq!(server.stream("a").expect("it is live")["state"], "live");

    assert_eq!(
        code(&call(&server, "AddLVBIpList", &[("direction", "push"), ("colour", "black"), ("ips.0", "192.0.2.1")])),
        "ok"
    );
    damage(&server.data(), "ip_lists");
    assert_eq!(code(&call(&server, "DescribeLVBIpList", &[("direction", "push")])), "lvb-video/20252");
}

/// A server on a folder whose account was changed meanwhile.
fn with_account(change: &str, flags: &[&str]) -> Server {
    let (_, folder): (_, Folder) = Server::start(&[]).stop();
    meddle(&folder.join("data"), &format!("db.execute('UPDATE apps SET {change}')\n"));
    Server::start_in(folder, flags)
}

/// reaches: lvb-access/5200
/// reaches: lvb-access/5300
/// reaches: lvb-access/5500
#[test]
fn an_account_that_may_not_make_channels() {
    let server = with_account("balance = 0", &[]);
    assert_eq!(code(&created(&server, &[])), "lvb-access/5300");
    drop(server);
    let server = with_account("verified = 0", &["--lvb-verified-only", "true"]);
    assert_eq!(code(&created(&server, &[])), "lvb-access/5500");
    drop(server);
    let server = Server::start(&["--limits-channel-pulls-max", "1"]);
    let pulled = [("sourceList.0.type", "2"), ("sourceList.0.address", "rtmp://192.0.2.1/live/x")];
    assert_eq!(code(&created(&server, &pulled)), "ok");
    assert_eq!(code(&created(&server, &pulled)), "lvb-access/5200");
    drop(server);
    let server = with_account("blocked = 1", &[]);
    let refused = Rtmp::open(&server.push_url("a"), Role::Publish).ready().unwrap_err().description;
    assert!(refused.contains("18/201") && refused.contains("lvb-access/4300"), "{refused}");
}
