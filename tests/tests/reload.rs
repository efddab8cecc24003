//! Settings that change while the server runs: by the file, by SIGHUP, and never at the cost of a session.

use std::net::TcpStream;
use std::time::Duration;
use std::{fs, io::Read};

use vivace_tests::{
    Clip, Feeder, Folder, Live, Server, Witness, certificate_of, closed, get, hang_up, push, self_signed, wait_for,
};

/// A server on a file, with a clip as `a` and somebody who watches it.
fn pushed(text: &str) -> (Server, Feeder, Witness) {
    let server = Server::start_on_file(text);
    let feeder = Feeder::start(&server.push_url("a"), Clip::h264("320x180"));
    server.wait_live("a");
    let witness = Witness::watch(&server, "a");
    witness.goes_on();
    (server, feeder, witness)
}

fn reloads(server: &Server, result: &str) -> u64 {
    server.metric(&format!("config_reloads_total{{result=\"{result}\"}}"))
}

/// Puts another file in the place of the server's, and waits until it has been taken.
#[track_caller]
fn change(server: &Server, text: &str) {
    let before = reloads(server, "applied");
    server.set(text);
    wait_for("the changed settings", || reloads(server, "applied") == before + 1);
}

#[track_caller]
fn told(server: &Server, words: &[&str]) {
    let log = server.log();
    assert!(log.lines().any(|line| words.iter().all(|word| line.contains(word))), "no line tells {words:?}\n{log}");
}

#[test]
fn who_may_play_changes_with_the_file_and_nobody_is_cut() {
    let (server, feeder, witness) = pushed("");
    let unsigned = format!("http://{}/live/a.flv", server.http);
    assert_eq!(get(&unsigned).status, 403);

    change(&server, "play.auth = \"open\"");
    let mut begin = [0; 3];
    let mut guest = Live::open(&unsigned);
    guest.read_exact(&mut begin).unwrap();
    assert_eq!(&begin, b"FLV");
    told(&server, &["setting changed", "play.auth", "signed", "open", "settings.toml:5"]);

    change(&server, "");
    assert_eq!(get(&unsigned).status, 403);
    // What was granted stays granted.
    guest.read_exact(&mut [0; 4_096]).unwrap();
    witness.goes_on();
    assert!(!feeder.has_ended());
    assert!(server.metric("config_last_reload_timestamp_seconds") > 1_700_000_000);
}

#[test]
fn a_lowered_number_of_connections_cuts_nobody_and_a_raised_one_lets_in() {
    let (server, feeder, witness) = pushed("");
    server.set("limits.connections_max = 1");
    wait_for("the lowered limit", || server.log().contains("limits.connections_max"));
    // Three are there: the publisher, the witness, and this one would be the third.
    let mut refused = TcpStream::connect(&server.rtmp).unwrap();
    assert!(closed(&mut refused, Duration::from_secs(10)).is_empty());
    witness.goes_on();
    assert!(!feeder.has_ended());

    server.set("limits.connections_max = 50");
    wait_for("the raised limit", || server.log().matches("limits.connections_max").count() >= 2);
    assert!(server.metric("refused_connections_total{limit=\"connections_max\"}") >= 1);
    witness.goes_on();
    assert_eq!(reloads(&server, "applied"), 2);
}

#[test]
fn a_running_stream_takes_another_pace() {
    let (server, _feeder, witness) = pushed("delivery.merge_ms = 0");
    // How many frames go into a batch, over some seconds of them.
    let frames_a_batch = || {
        let read = || (server.metric("frames_total"), server.metric("batches_total"));
        let (frames, batches) = read();
        wait_for("more frames", || server.metric("frames_total") >= frames + 200);
        let (more_frames, more_batches) = read();
        (more_frames - frames) / (more_batches - batches).max(1)
    };
    let at_once = frames_a_batch();
    assert!((1..=4).contains(&at_once), "{at_once} frames in a batch with every picture sent at once");
    change(&server, "delivery.merge_ms = 1000");
    let merged = frames_a_batch();
    assert!(merged >= 20, "{merged} frames in a batch that merges a second");
    change(&server, "delivery.merge_ms = 0");
    let again = frames_a_batch();
    assert!((1..=4).contains(&again), "{again} frames in a batch");
    witness.goes_on();
}

#[test]
fn a_file_that_is_wrong_changes_nothing_and_says_so() {
    let (server, _feeder, witness) = pushed("play.auth = \"open\"\nlog.level = \"info\"");
    let unsigned = format!("http://{}/live/a.flv", server.http);
    server.set("play.auth = \"signed\"\ndelivery.merge_ms = \"much\"");
    wait_for("the fault to be counted", || reloads(&server, "invalid") == 1);
    told(&server, &["ERROR", "settings.toml:6", "delivery.merge_ms: expected a whole number", "`much`"]);
    Live::open(&unsigned).read_exact(&mut [0; 3]).unwrap();

    server.set("play.auth = \"signed\"\n[limits\n");
    wait_for("the second fault", || reloads(&server, "invalid") == 2);
    told(&server, &["ERROR", "settings.toml:6"]);
    hang_up(server.pid());
    wait_for("the second fault, asked for once more", || reloads(&server, "invalid") == 3);

    fs::remove_file(server.settings_file()).unwrap();
    wait_for("the loss of the file", || reloads(&server, "invalid") == 4);
    told(&server, &["WARN", "the configuration file is gone: the settings stay as they are"]);
    Live::open(&unsigned).read_exact(&mut [0; 3]).unwrap();

    change(&server, "play.auth = \"signed\"");
    assert_eq!(get(&unsigned).status, 403);
    assert_eq!((reloads(&server, "applied"), reloads(&server, "invalid")), (1, 4));
    witness.goes_on();
}

#[test]
fn what_cannot_change_is_said_to_need_a_restart() {
    let (server, _feeder, witness) = pushed("");
    assert_eq!(server.api("status")["restart_needed"], serde_json::json!([]));
    change(&server, "rtmp = \"127.0.0.1:1\"\nlimits.store_readers_max = 9");
    let needed = serde_json::json!(["rtmp", "limits.store_readers_max"]);
    assert_eq!(server.api("status")["restart_needed"], needed);
    assert_eq!(server.metric("config_restart_needed"), 2);
    told(&server, &["WARN", "restart needed: rtmp (running 127.0.0.1:0, settings say 127.0.0.1:1)", "settings.toml"]);
    // Read once more: it is still needed, and not said again.
    hang_up(server.pid());
    wait_for("the signal", || reloads(&server, "unchanged") == 1);
    assert_eq!(server.log().matches("restart needed: rtmp").count(), 1);
    assert_eq!(server.api("status")["restart_needed"], needed);
    TcpStream::connect(&server.rtmp).unwrap();

    change(&server, "");
    assert_eq!(server.api("status")["restart_needed"], serde_json::json!([]));
    assert_eq!(server.metric("config_restart_needed"), 0);
    witness.goes_on();
}

#[test]
fn a_signal_without_a_change_changes_nothing_with_or_without_a_file() {
    for server in [Server::start(&[]), Server::start_on_file("")] {
        hang_up(server.pid());
        wait_for("the signal", || reloads(&server, "unchanged") == 1);
        told(&server, &["settings read anew", "SIGHUP"]);
        assert!(server.metric("config_last_reload_timestamp_seconds") > 1_700_000_000);
        assert_eq!((reloads(&server, "applied"), reloads(&server, "invalid")), (0, 0));
        assert!(server.stop().0.success());
    }
}

#[test]
fn the_log_changes_its_level_and_its_form() {
    let server = Server::start_on_file("log.level = \"warn\"");
    assert!(!server.log().contains("serving"), "{}", server.log());
    change(&server, "log.level = \"info\"\nlog.format = \"json\"");
    let encoder = push(&server.push_url("a"));
    wait_for("a line for the push", || server.log().contains("publish begins"));
    let log = server.log();
    let line = log.lines().find(|line| line.contains("publish begins")).unwrap();
    let line: serde_json::Value = serde_json::from_str(line).unwrap();
    assert_eq!(line["stream"], "a", "{line}");

    change(&server, "log.level = \"error\"\nlog.format = \"json\"");
    drop(encoder);
    wait_for("the end of the push", || server.metric("streams_in_grace") == 1);
    wait_for("its connection to be gone", || server.metric("open_connections") <= 1);
    assert!(!server.log().contains("publish ends"), "{}", server.log());
}

#[test]
fn another_certificate_is_taken_from_another_place() {
    let folder = Folder::new();
    let (cert, key) = (folder.join("other.pem"), folder.join("other-key.pem"));
    let other = self_signed("live.example.com", &cert, &key);
    let (server, _feeder, witness) = pushed("");
    let first = certificate_of(&server.https);
    // No such file: the old one stays.
    change(&server, "tls.cert = \"/nowhere/cert.pem\"\ntls.key = \"/nowhere/key.pem\"");
    wait_for("the fault", || server.metric("tls_certificate_faults_total") == 1);
    assert_eq!(certificate_of(&server.https), first);

    change(&server, &format!("tls.cert = \"{}\"\ntls.key = \"{}\"", cert.display(), key.display()));
    wait_for("the other certificate", || certificate_of(&server.https) == other);
    assert_eq!(server.metric("tls_certificate_swaps_total"), 1);
    witness.goes_on();
}
