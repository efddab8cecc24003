//! RTMPS and HTTPS: the same streams behind a certificate that can be changed while they run.

use std::fs;
use std::io::{Read, Write};
use std::process::Command;

use vivace_tests::{
    Finished, Flv, Folder, Server, Tls, Tool, certificate_of, command, count_frames, ffmpeg, ffprobe, get, push,
    self_signed, self_signed_ending, vivace, wait_for, wait_some,
};

/// A URL of the server over TLS.
fn tls_url(server: &Server, args: &[&str]) -> String {
    server.ask(&[&["url"], args, &["--tls"]].concat())
}

/// A server with the test picture and its tone as `a`, pushed over RTMPS.
fn pushed() -> (Server, Tool) {
    let server = Server::start(&[]);
    let url = tls_url(&server, &["push", "a"]);
    assert!(url.starts_with(&format!("rtmps://{}/live/a?", server.rtmps)), "{url}");
    let encoder = push(&url);
    server.wait_live("a");
    (server, encoder)
}

fn curl(args: &[&str]) -> Command {
    let mut command = Command::new("curl");
    command.args(["--silent", "--show-error", "--insecure", "--max-time", "20"]).args(args);
    command
}

#[test]
fn ffmpeg_pushes_and_plays_over_rtmps_and_https() {
    let (server, mut encoder) = pushed();
    for (format, scheme) in [("rtmp", "rtmps"), ("flv", "https"), ("mp4", "https")] {
        let url = tls_url(&server, &["play", "a", "--format", format]);
        assert!(url.starts_with(&format!("{scheme}://")), "{url}");
        let probe = ffprobe(&url);
        assert_eq!((probe.codec("video"), probe.codec("audio")), (Some("h264"), Some("aac")), "{format}");
        let frames = count_frames(ffmpeg(), &url);
        assert!(frames > 60, "{format}: {frames} pictures in three seconds");
    }
    assert!(encoder.is_running());
    wait_for("the players to be gone", || server.metric("readers") == 0);
    // Over TLS too a wrong signature is refused, in words.
    let url = tls_url(&server, &["play", "a"]).replace("txSecret=", "txSecret=0");
    let refused = Finished::run(&mut curl(&["--http1.1", "--include", &url])).ok();
    assert!(refused.starts_with("HTTP/1.1 403 ") && refused.contains("session"), "{refused}");
}

#[test]
fn http_2_carries_live_play_and_everything_else() {
    let (server, _encoder) = pushed();
    let url = tls_url(&server, &["play", "a", "--format", "mp4"]);
    let folder = Folder::new();
    let (head, body) = (folder.join("head"), folder.join("body"));
    let (head_path, body_path) = (head.to_str().unwrap(), body.to_str().unwrap());
    let mut player = Tool::start(&mut curl(&["--http2", "--dump-header", head_path, "--output", body_path, &url]));
    wait_for("a megabit of the stream over HTTP/2", || {
        assert!(player.is_running(), "curl has ended: {}", player.stderr());
        fs::metadata(&body).is_ok_and(|file| file.len() > 125_000)
    });
    let head = fs::read_to_string(&head).unwrap();
    assert!(head.starts_with("HTTP/2 200"), "{head}");
    for line in ["content-type: video/mp4", "x-vivace-session: ", "cache-control: no-store"] {
        assert!(head.contains(line), "{line}: {head}");
    }
    let mut begin = [0; 8];
    fs::File::open(&body).unwrap().read_exact(&mut begin).unwrap();
    assert_eq!(&begin[4..], b"ftyp");
    assert_eq!(server.metric("readers"), 1);
    player.kill_9();
    wait_for("the player to be gone", || server.metric("readers") == 0);

    let said = ["--http2", "--write-out", "%{http_version} %{http_code}"];
    let health = format!("https://{}/healthz", server.https);
    assert_eq!(Finished::run(&mut curl(&[&said[..], &[&health]].concat())).ok(), "ok\n2 200");
    let gone = tls_url(&server, &["play", "nobody"]);
    let refused = Finished::run(&mut curl(&[&said[..], &[&gone]].concat())).ok();
    assert!(refused.ends_with("2 404") && refused.contains("nobody publishes"), "{refused}");
}

#[test]
fn the_end_of_a_stream_ends_its_plays_over_http_2() {
    let server = Server::start(&["--limits-publish-grace-ms", "0"]);
    let encoder = push(&server.push_url("a"));
    server.wait_live("a");
    let url = tls_url(&server, &["play", "a", "--format", "flv"]);
    let mut player = Tool::start(&mut curl(&["--http2", "--output", "/dev/null", &url]));
    wait_for("the player", || server.metric("readers") == 1);
    drop(encoder);
    assert!(player.wait().success(), "{}", player.stderr());
}

#[test]
fn a_new_certificate_is_shown_to_new_connections_and_cuts_no_old_one() {
    let (server, mut encoder) = pushed();
    let files = server.data().join("tls");
    let (cert, key) = (files.join("cert.pem"), files.join("key.pem"));
    let mut player = Flv::open(Tls::play(&tls_url(&server, &["play", "a"])));
    player.find(|tag| tag.is_key());
    let first = certificate_of(&server.https);
    assert_eq!(player.input().certificate(), first);
    assert_eq!(certificate_of(&server.rtmps), first);

    let second = self_signed("live.example.com", &cert, &key);
    wait_for("the new certificate", || certificate_of(&server.https) == second);
    assert_eq!(certificate_of(&server.rtmps), second);
    assert_eq!(server.metric("tls_certificate_swaps_total"), 1);
    goes_on(&mut player);

    // Broken: the old one stays, and the log says file, reason and remedy.
    fs::write(&cert, "-----BEGIN CERTIFICATE-----\nAAAA\n").unwrap();
    wait_for("the broken certificate to be seen", || server.metric("tls_certificate_faults_total") == 1);
    let log = server.log();
    let told = log.lines().find(|line| line.contains("cannot be used; the old one stays")).unwrap_or_default();
    assert!(told.contains("cert.pem") && told.contains("a block has no end") && told.contains("remedy="), "{log}");
    assert_eq!(certificate_of(&server.https), second);
    goes_on(&mut player);

    let third = self_signed("localhost", &cert, &key);
    wait_for("the third certificate", || certificate_of(&server.https) == third);
    goes_on(&mut player);
    assert!(encoder.is_running());
    let skips = server.stream("a").unwrap()["skips"].as_u64();
    assert_eq!(skips, Some(0));
}

/// Whether media keeps coming.
fn goes_on(player: &mut Flv<Tls>) {
    let last_ms = player.find(|tag| tag.is_media()).time_ms;
    player.find(|tag| tag.is_media() && tag.time_ms > last_ms + 400);
}

#[test]
fn a_broken_certificate_at_the_start_is_told_and_nothing_is_opened() {
    let (status, folder) = Server::start(&[]).stop();
    assert!(status.success());
    let cert = folder.join("data/tls/cert.pem");
    let whole = fs::read(&cert).unwrap();
    fs::write(&cert, "").unwrap();
    let data = folder.join("data");
    let start = |more: &[&str]| {
        let mut command = command();
        Finished::run(command.arg("serve").arg("--data").arg(&data).args(vivace_tests::FREE_PORTS).args(more))
    };
    let failed = start(&[]);
    assert_eq!(failed.code, 1, "{}", failed.stderr);
    for said in ["error: ", "cert.pem", "no such block", "remedy: ", "fullchain.pem"] {
        assert!(failed.stderr.contains(said), "{said:?} is not in {}", failed.stderr);
    }
    assert!(!data.join("ready.json").exists());
    fs::write(&cert, whole).unwrap();
    Server::start_in(folder, &[]);
}

#[test]
fn a_named_certificate_is_used_and_none_is_made() {
    let folder = Folder::new();
    let (cert, key) = (folder.join("a.pem"), folder.join("b.pem"));
    let named = self_signed("live.example.com", &cert, &key);
    let flags = ["--tls-cert", cert.to_str().unwrap(), "--tls-key", key.to_str().unwrap()];
    let server = Server::start(&flags);
    assert_eq!(certificate_of(&server.https), named);
    assert!(!server.data().join("tls").exists());
    // 4096, as rcgen has it: the metric counts the seconds up to there.
    assert!(server.metric("tls_certificate_expires_in_seconds") > 1_000 * 31_556_952);
}

#[test]
fn a_certificate_that_ends_soon_is_warned_of_and_one_that_has_ended_is_an_error() {
    const DAY_S: i64 = 86_400;
    let folder = Folder::new();
    let (cert, key) = (folder.join("a.pem"), folder.join("b.pem"));
    let install = |left_s: i64| self_signed_ending("live.example.com", &cert, &key, left_s);
    install(5 * DAY_S);
    let flags = ["--tls-cert", cert.to_str().unwrap(), "--tls-key", key.to_str().unwrap()];
    let server = Server::start(&flags);
    let lines = |level: &str, said: &str| {
        let log = server.log();
        let told = |line: &&str| line.contains(level) && line.contains(said) && line.contains("a.pem");
        log.lines().filter(told).map(str::to_owned).collect::<Vec<_>>()
    };
    let soon = || lines(" WARN ", "the certificate expires soon");
    wait_for("the warning", || soon().len() == 1);
    let told = soon().remove(0);
    let (_, left) = told.split_once("expires_in_s=").unwrap();
    let left_s: i64 = left.split(' ').next().unwrap().parse().unwrap();
    assert!((4 * DAY_S..=5 * DAY_S).contains(&left_s) && told.contains("remedy="), "{told}");

    // More than two weeks need no word, and those who connect get what is there in any case.
    for (left_s, swaps) in [(15 * DAY_S, 1), (-60, 2), (13 * DAY_S, 3)] {
        let shown = install(left_s);
        wait_for("the new certificate", || certificate_of(&server.https) == shown);
        wait_for("the swap to be logged", || lines(" INFO ", "a new certificate is in use").len() == swaps);
    }
    wait_for("the second warning", || soon().len() == 2);
    let ended = lines(" ERROR ", "the certificate has expired");
    assert!(ended.len() == 1 && ended[0].contains("remedy="), "{}", server.log());
}

#[test]
fn the_self_signed_certificate_has_the_names_that_are_set() {
    let server = Server::start(&["--tls-names", "live.example.com,192.0.2.7"]);
    let shown = certificate_of(&server.rtmps);
    let has = |bytes: &[u8]| shown.windows(bytes.len()).any(|found| found == bytes);
    assert!(has(b"live.example.com") && has(&[0x87, 4, 192, 0, 2, 7]), "a name is missing");
    assert!(!has(b"localhost"));
    let left_s = server.metric("tls_certificate_expires_in_seconds");
    assert!((800 * 86_400..826 * 86_400).contains(&left_s), "{left_s}");
}

#[test]
fn listeners_that_are_turned_off_are_not_there() {
    let server = Server::start(&["--rtmps", "", "--https", ""]);
    let ready = fs::read_to_string(server.data().join("ready.json")).unwrap();
    assert!(!ready.contains("rtmps") && !ready.contains("https"), "{ready}");
    assert!(!server.data().join("tls").exists(), "a certificate that nobody needs was made");
    let data = server.data();
    let refused = vivace(&["url", "push", "a", "--tls", "--data", data.to_str().unwrap()]);
    assert_eq!(refused.code, 1);
    assert!(refused.stderr.contains("`rtmps` is empty") && refused.stderr.contains("remedy: "), "{}", refused.stderr);
}

#[test]
fn who_speaks_the_wrong_protocol_on_a_port_is_told_or_logged() {
    let server = Server::start(&["--limits-handshake-ms-max", "700"]);
    let plain = get(&format!("http://{}/healthz", server.https));
    assert_eq!(plain.status, 400);
    assert!(plain.text().contains("https://"), "{}", plain.text());
    let mut rtmp = std::net::TcpStream::connect(&server.rtmps).unwrap();
    rtmp.write_all(&[3; 1_537]).unwrap();
    let silent = std::net::TcpStream::connect(&server.https).unwrap();
    let reasons = ["speaks HTTP without TLS", "speaks RTMP without TLS", "not done within 700 ms"];
    for reason in reasons {
        wait_for(reason, || server.log().contains(reason));
    }
    drop(silent);
    wait_for("all three to be counted", || server.metric("tls_handshakes_failed_total") == 3);

    // TLS on the plain ports.
    for address in [&server.rtmp, &server.http] {
        let url = format!("https://{address}/");
        let finished = Finished::run(&mut curl(&[&url]));
        assert_ne!(finished.code, 0, "{}", finished.stdout);
    }
    wait_some("the plain RTMP port to count it", || (server.metric("protocol_errors_total") > 0).then_some(()));
}
