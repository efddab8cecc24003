//! Relays: a stream is pulled from another server or pushed to it, over everything that cuts connections.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::{fs, thread};

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use serde_json::{Value, json};
use vivace_media::amf::{encode_null, encode_number, encode_object, encode_str};
use vivace_tests::{
    AAC, Answer, Folder, H264, PICTURE, Server, TONE, Tool, Witness, count_frames, encode, ffmpeg, ffprobe, message,
    push, request, resume, suspend, vivace, wait_for, wait_some,
};

/// Both servers of a scenario are on this machine, which is not a public address.
const LOCAL: [&str; 2] = ["--outbound-allow", "127.0.0.0/8"];
/// So that a scenario does not wait for long.
const QUICK: [&str; 6] = [
    "--limits-relay-backoff-ms-min",
    "100",
    "--limits-relay-backoff-ms-max",
    "500",
    "--limits-relay-idle-ms-max",
    "2000",
];

fn start(flags: &[&str]) -> Server {
    Server::start(&[&LOCAL, &QUICK[..], flags].concat())
}

fn ask(server: &Server, method: &str, path: &str, body: &str) -> Answer {
    let (host, token, bytes) = (&server.http, server.key("api_token"), body.len());
    let head = format!("{method} /api/v1/{path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n");
    let head = format!("{head}Authorization: Bearer {token}\r\nContent-Length: {bytes}\r\n\r\n");
    request(host, format!("{head}{body}").as_bytes())
}

/// Adds a relay; its id.
#[track_caller]
fn add(server: &Server, direction: &str, stream: &str, url: &str) -> String {
    let body = json!({"direction": direction, "stream": stream, "url": url}).to_string();
    let answer = ask(server, "POST", "relays", &body);
    assert_eq!(answer.status, 201, "{}", answer.text());
    answer.json()["id"].as_str().unwrap().to_owned()
}

#[track_caller]
fn relay(server: &Server, id: &str) -> Value {
    let items = server.api("relays")["items"].as_array().unwrap().clone();
    items.into_iter().find(|item| item["id"] == id).expect("the relay is not listed")
}

#[track_caller]
fn wait_state(server: &Server, id: &str, state: &str) -> Value {
    wait_some(&format!("the relay to be {state}"), || {
        let found = relay(server, id);
        (found["state"] == state).then_some(found)
    })
}

/// A relay that tries again and again is caught between two tries.
#[track_caller]
fn wait_error(server: &Server, id: &str, part: &str) -> String {
    wait_some(&format!("an error with {part:?}; the relay is {}", relay(server, id)), || {
        let error = relay(server, id)["last_error"].as_str()?.to_owned();
        error.contains(part).then_some(error)
    })
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

#[test]
fn a_pull_goes_on_for_the_same_player_after_the_remote_server_was_killed() {
    let remote = Server::start(&[]);
    let _encoder = push(&remote.push_url("src"));
    remote.wait_live("src");
    let server = start(&["--limits-publish-grace-ms", "120000"]);
    let id = add(&server, "pull", "cam", &remote.play_url("src", "rtmp"));
    server.wait_live("cam");
    let running = wait_state(&server, &id, "running");
    assert_eq!((&running["attempts"], &running["last_error"]), (&json!(1), &Value::Null));
    assert!(count_frames(ffmpeg(), &server.play_url("cam", "flv")) > 50);
    let probe = ffprobe(&server.play_url("cam", "flv"));
    assert_eq!((probe.codec("video"), probe.codec("audio")), (Some("h264"), Some("aac")));
    let witness = Witness::watch(&server, "cam");
    witness.goes_on();

    let address = remote.rtmp.clone();
    let folder = remote.kill_9();
    let waiting = wait_state(&server, &id, "waiting");
    assert!(waiting["last_error"].is_string() && waiting["retry_at_ms"].is_number(), "{waiting}");
    wait_error(&server, &id, "cannot be reached");
    assert_eq!(server.stream("cam").unwrap()["state"], "grace");
    assert_eq!(witness.seen().ended, None);

    let before = witness.seen();
    let remote = Server::start_in(folder, &["--rtmp", &address]);
    let _again = push(&remote.push_url("src"));
    // The witness fails on times that go back.
    witness.goes_on();
    wait_state(&server, &id, "running");
    assert!(witness.seen().newest_ms > before.newest_ms);
    assert!(server.metric("relay_reconnects_total") >= 1);
    assert!(server.metric("relay_bytes_total{direction=\"pull\"}") > 10_000);
    assert_eq!(server.metric("relays{direction=\"pull\",state=\"running\"}"), 1);

    assert_eq!(ask(&server, "DELETE", &format!("relays/{id}"), "").status, 204);
    assert_eq!(ask(&server, "DELETE", &format!("relays/{id}"), "").status, 404);
    assert_eq!(server.stream("cam").unwrap()["state"], "grace");
    assert!(server.metric("relay_bytes_total{direction=\"pull\"}") > 10_000, "a count goes back");
}

#[test]
fn a_push_waits_for_its_stream_ends_with_it_and_outlives_the_remote_server() {
    let remote = Server::start(&[]);
    let server = start(&["--limits-publish-grace-ms", "1000"]);
    let id = add(&server, "push", "cam", &remote.push_url("dst"));
    wait_state(&server, &id, "idle");
    assert!(remote.streams().is_empty());
    let encoder = push(&server.push_url("cam"));
    remote.wait_live("dst");
    wait_state(&server, &id, "running");
    assert!(count_frames(ffmpeg(), &remote.play_url("dst", "flv")) > 50);

    let address = remote.rtmp.clone();
    let folder = remote.kill_9();
    wait_error(&server, &id, "cannot be reached");
    let remote = Server::start_in(folder, &["--rtmp", &address]);
    remote.wait_live("dst");
    let probe = ffprobe(&remote.play_url("dst", "flv"));
    assert_eq!((probe.codec("video"), probe.codec("audio")), (Some("h264"), Some("aac")));

    encoder.terminate();
    wait_state(&server, &id, "idle");
    wait_for("the remote stream to lose its publisher", || remote.metric("streams") == 0);
    let _again = push(&server.push_url("cam"));
    remote.wait_live("dst");

    let stopped = ask(&server, "PATCH", &format!("relays/{id}"), "{\"enabled\": false}");
    assert_eq!((stopped.status, &stopped.json()["state"]), (200, &json!("stopped")));
    wait_for("the remote stream to lose its publisher", || remote.metric("streams") == 0);
    assert_eq!(ask(&server, "PATCH", &format!("relays/{id}"), "{\"enabled\": true}").status, 200);
    wait_state(&server, &id, "running");
}

#[test]
fn ffmpeg_takes_what_is_pushed_to_it() {
    let (server, folder) = (start(&[]), Folder::new());
    let url = format!("rtmp://127.0.0.1:{}/live/x", free_port());
    let _encoder = push(&server.push_url("cam"));
    server.wait_live("cam");
    // The relay is there first and tries until somebody listens.
    let id = add(&server, "push", "cam", &url);
    wait_error(&server, &id, "cannot be reached");
    let copy = folder.join("copy.flv");
    let mut listener = ffmpeg();
    listener.args(["-listen", "1", "-i", &url, "-t", "3", "-c", "copy", "-f", "flv"]).arg(&copy);
    let mut listener = Tool::start(&mut listener);
    assert!(listener.wait().success(), "{}", listener.stderr());
    assert!(count_frames(ffmpeg(), copy.to_str().unwrap()) > 50);
}

#[test]
fn what_ffmpeg_plays_out_is_pulled() {
    let server = start(&[]);
    let url = format!("rtmp://127.0.0.1:{}/live/x", free_port());
    let mut encoder = ffmpeg();
    for input in [PICTURE, TONE] {
        encoder.arg("-re").args(input);
    }
    encoder.args([H264, AAC].concat()).args(["-f", "flv", "-listen", "1", &url]);
    let _encoder = Tool::start(&mut encoder);
    add(&server, "pull", "cam", &url);
    server.wait_live("cam");
    assert!(count_frames(ffmpeg(), &server.play_url("cam", "flv")) > 50);
}

#[test]
fn an_address_that_is_not_public_is_refused_until_it_is_allowed() {
    let remote = Server::start(&[]);
    let _encoder = push(&remote.push_url("src"));
    remote.wait_live("src");
    let server = Server::start(&QUICK);
    let id = add(&server, "pull", "cam", &remote.play_url("src", "rtmp"));
    let failed = wait_state(&server, &id, "failed");
    let error = failed["last_error"].as_str().unwrap();
    assert!(error.contains("127.0.0.1") && error.contains("outbound.allow"), "{error}");
    assert_eq!(remote.metric("plays_total"), 0);
    let list = server.ask(&["relay", "list"]);
    assert!(list.contains("failed") && list.contains("outbound.allow"), "{list}");

    let folder = server.kill_9();
    let server = Server::start_in(folder, &LOCAL);
    server.wait_live("cam");
    assert_eq!(wait_state(&server, &id, "running")["last_error"], Value::Null);
}

/// A server that sends whoever connects to a private address; how many have connected.
fn sends_away() -> (u16, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let (port, count) = (listener.local_addr().unwrap().port(), Arc::new(AtomicUsize::new(0)));
    let counted = count.clone();
    let mut body = Vec::new();
    encode_str(&mut body, "onStatus");
    encode_number(&mut body, 0.0);
    encode_null(&mut body);
    encode_object(&mut body, |info| {
        let info = info.str("level", "status").str("code", "NetConnection.Connect.ReconnectRequest");
        info.str("tcUrl", "rtmp://10.255.255.254/live");
    });
    // S0, S1, S2, and the request before anything is granted.
    let said = [&[3][..], &[0; 2 * 1_536], &message(3, 20, 0, &body, 128)].concat();
    thread::spawn(move || {
        for socket in listener.incoming() {
            counted.fetch_add(1, Relaxed);
            // The client may go at any moment.
            let _ = socket.and_then(|mut socket| {
                socket.write_all(&said)?;
                socket.read_to_end(&mut Vec::new())
            });
        }
    });
    (port, count)
}

#[test]
fn a_remote_server_that_sends_a_relay_to_a_private_address_does_not_end_it() {
    let (port, connected) = sends_away();
    let server = start(&[]);
    let id = add(&server, "pull", "cam", &format!("rtmp://127.0.0.1:{port}/live/x"));
    let error = wait_error(&server, &id, "outbound.allow");
    assert!(error.contains("10.255.255.254"), "{error}");
    wait_for("the relay's own address to be tried again", || connected.load(Relaxed) >= 3);
    assert_ne!(relay(&server, &id)["state"], "failed");
}

#[test]
fn the_remote_servers_words_are_told_and_no_secret_is() {
    let remote = Server::start(&[]);
    let _encoder = push(&remote.push_url("src"));
    remote.wait_live("src");
    let server = start(&[]);
    let url = remote.play_url("src", "rtmp").replace("txSecret=", "txSecret=0f");
    let (_, query) = url.split_once('?').unwrap();
    let id = add(&server, "pull", "cam", &url);
    let error = wait_error(&server, &id, "NetStream.Play.Failed");
    assert!(error.contains("lvb-"), "the remote server's code is missing: {error}");
    let shown = [server.log(), server.api("relays").to_string(), server.ask(&["relay", "list"])].concat();
    for secret in query.split('&').filter_map(|pair| pair.split_once('=')).map(|(_, value)| value) {
        assert!(!shown.contains(secret), "{secret} is shown in {shown}");
    }
    assert!(server.streams().is_empty(), "a name is held without a stream");
    let gone = add(&server, "pull", "other", &remote.play_url("nobody", "rtmp"));
    wait_error(&server, &gone, "NetStream.Play.StreamNotFound");
}

#[test]
fn a_relay_that_was_acknowledged_outlives_a_kill() {
    let server = start(&[]);
    let url = format!("rtmp://127.0.0.1:{}/live/x?key=hunter22", free_port());
    let id = add(&server, "push", "cam", &url);
    let folder = server.kill_9();
    let server = Server::start_in(folder, &[]);
    let found = wait_state(&server, &id, "idle");
    assert_eq!((&found["direction"], &found["stream"]), (&json!("push"), &json!("cam")));
    assert_eq!(server.ask(&["relay", "remove", &id]), "");
    let folder = server.kill_9();
    let server = Server::start_in(folder, &[]);
    assert_eq!(server.api("relays")["items"], json!([]));
}

#[test]
fn a_name_has_one_source_be_it_a_publisher_or_a_relay() {
    let remote = Server::start(&[]);
    let _encoder = push(&remote.push_url("src"));
    remote.wait_live("src");
    let server = start(&["--limits-publish-grace-ms", "0"]);
    let url = remote.play_url("src", "rtmp");

    let publisher = push(&server.push_url("cam"));
    server.wait_live("cam");
    let id = add(&server, "pull", "cam", &url);
    wait_error(&server, &id, "held");
    publisher.terminate();
    wait_state(&server, &id, "running");
    server.wait_live("cam");

    let witness = Witness::watch(&server, "cam");
    let mut late = push(&server.push_url("cam"));
    assert!(!late.wait().success(), "a publisher has taken a relay's name");
    witness.goes_on();
    let again = json!({"direction": "pull", "stream": "cam", "url": url}).to_string();
    let again = ask(&server, "POST", "relays", &again);
    assert_eq!((again.status, &again.json()["error"]), (409, &json!("stream_pulled")));
    assert!(again.text().contains(&id));
}

#[test]
fn what_cannot_be_relayed_is_refused_by_the_name_of_its_member() {
    let server = start(&["--limits-relays-max", "1", "--page-open", "true"]);
    let with = |url: &str| json!({"direction": "pull", "stream": "cam", "url": url}).to_string();
    let good = "rtmp://h.invalid/live/x";
    for (body, member) in [
        (with("http://h/live/x"), "url:"),
        (with("file:///etc/passwd"), "url:"),
        (with("rtmp://h/live"), "url:"),
        (with("rtmp://user:pass@h/live/x"), "url:"),
        (with("rtmp://h:0/live/x"), "url:"),
        (with(&format!("rtmp://h/live/{}", "x".repeat(60 << 10))), "url:"),
        (with("rtmp://h/live/x\r\nHost: y"), "url:"),
        (json!({"direction": "sideways", "stream": "cam", "url": good}).to_string(), "direction:"),
        (json!({"direction": "pull", "stream": "../cam", "url": good}).to_string(), "stream:"),
        (json!({"direction": "pull", "url": good}).to_string(), "stream:"),
        (json!({"direction": "pull", "stream": 5, "url": good}).to_string(), "stream:"),
        (json!({"direction": "pull", "stream": "cam", "url": null}).to_string(), "url:"),
        (json!({"direction": "pull", "stream": "cam", "url": good, "extra": 1}).to_string(), "extra:"),
        ("[]".to_owned(), "body"),
        ("{".to_owned(), "body"),
        (String::new(), "body"),
        ("\u{0}".to_owned(), "body"),
    ] {
        let answer = ask(&server, "POST", "relays", &body);
        let said = answer.json();
        assert_eq!((answer.status, &said["error"]), (400, &json!("bad_parameter")), "{body}");
        assert!(said["message"].as_str().unwrap().contains(member), "{said} for {body}");
        assert!(!answer.text().contains("pass@"), "a password is repeated");
    }
    let long = ask(&server, "POST", "relays", &with(&format!("rtmp://h/live/{}", "x".repeat(64 << 10))));
    assert_eq!((long.status, &long.json()["error"]), (413, &json!("body_too_long")));
    assert_eq!(server.api("relays")["items"], json!([]));

    let id = add(&server, "pull", "cam", good);
    let full = ask(&server, "POST", "relays", &with(good).replace("\"cam\"", "\"b\""));
    assert_eq!((full.status, &full.json()["error"]), (409, &json!("relays_full")));
    for (method, path, body, status) in [
        ("PATCH", "relays/00000000000000000000000000", "{\"enabled\": true}", 404),
        ("PATCH", "relays/x", "{\"enabled\": true}", 404),
        ("DELETE", "relays/%2e%2e", "", 404),
        ("PUT", "relays", "{}", 405),
        ("POST", &format!("relays/{id}"), "{}", 405),
        ("PATCH", &format!("relays/{id}"), "{\"enabled\": \"yes\"}", 400),
    ] {
        let answer = ask(&server, method, path, body);
        assert_eq!(answer.status, status, "{method} {path}");
        assert!(answer.json()["message"].is_string(), "{method} {path}");
    }
    // An open page is open for reading its own lists.
    let bare = request(&server.http, b"GET /api/v1/relays HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    assert_eq!(bare.status, 401);
}

#[test]
fn the_command_line_speaks_to_the_running_server_and_says_when_there_is_none() {
    let server = start(&[]);
    let id = server.ask(&["relay", "add", "push", "cam", "rtmp://h.invalid/live/x?key=hunter22"]);
    wait_state(&server, &id, "idle");
    let list = server.ask(&["relay", "list"]);
    assert!(list.contains(&id) && list.contains("cam -> rtmp://h.invalid:1935/live/…"), "{list}");
    assert!(!list.contains("hunter22"));
    server.ask(&["relay", "stop", &id]);
    assert_eq!(relay(&server, &id)["state"], "stopped");
    server.ask(&["relay", "remove", &id]);
    let data = server.data();
    let data = data.to_str().unwrap();
    let wrong = vivace(&["relay", "add", "push", "cam", "rtmp://u:secret@h/live/x", "--data", data]);
    assert!(wrong.code == 2 && wrong.stderr.contains("url:") && !wrong.stderr.contains("secret"), "{}", wrong.stderr);
    assert_eq!(vivace(&["relay", "remove", "nothing", "--data", data]).code, 2);
    let (_, folder) = server.stop();
    let alone = vivace(&["relay", "list", "--data", folder.join("data").to_str().unwrap()]);
    assert!(alone.code == 1 && alone.stderr.contains("no server runs"), "{}", alone.stderr);
}

#[test]
fn rtmps_is_relayed_where_the_authority_is_known() {
    let folder = Folder::new();
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let key = KeyPair::generate().unwrap();
    fs::write(folder.join("ca.pem"), params.self_signed(&key).unwrap().pem()).unwrap();
    let issuer = Issuer::new(params, key);
    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new(["127.0.0.1".to_owned()]).unwrap().signed_by(&key, &issuer).unwrap();
    fs::write(folder.join("cert.pem"), certificate.pem()).unwrap();
    fs::write(folder.join("key.pem"), key.serialize_pem()).unwrap();
    let path = |name| folder.join(name).to_str().unwrap().to_owned();

    let remote = Server::start(&["--tls-cert", &path("cert.pem"), "--tls-key", &path("key.pem")]);
    let _encoder = push(&remote.push_url("src"));
    remote.wait_live("src");
    let stranger = start(&[]);
    let url = remote.ask(&["url", "play", "src", "--format", "rtmp", "--tls"]);
    let id = add(&stranger, "pull", "cam", &url);
    wait_error(&stranger, &id, "TLS with 127.0.0.1");

    let server = start(&["--outbound-ca", &path("ca.pem")]);
    add(&server, "pull", "cam", &url);
    server.wait_live("cam");
    add(&server, "push", "cam", &remote.ask(&["url", "push", "dst", "--tls"]));
    remote.wait_live("dst");
    assert!(count_frames(ffmpeg(), &remote.play_url("dst", "flv")) > 50);
}

#[test]
fn a_remote_server_that_hangs_is_noticed_in_both_directions() {
    let remote = Server::start(&[]);
    let _encoder = push(&remote.push_url("src"));
    remote.wait_live("src");
    let server = start(&["--limits-publish-grace-ms", "120000"]);
    let pull = add(&server, "pull", "cam", &remote.play_url("src", "rtmp"));
    server.wait_live("cam");
    let push = add(&server, "push", "cam", &remote.push_url("dst"));
    remote.wait_live("dst");
    let witness = Witness::watch(&server, "cam");
    // It has answered a ping once: from then on its silence says something.
    witness.goes_on();

    suspend(remote.pid());
    wait_error(&server, &pull, "silent");
    wait_some("the push to end", || {
        relay(&server, &push)["state"].as_str().filter(|state| *state != "running").map(drop)
    });
    assert_eq!(witness.seen().ended, None);
    resume(remote.pid());
    wait_state(&server, &pull, "running");
    witness.goes_on();
    wait_state(&server, &push, "running");
    remote.wait_live("dst");
}

#[test]
fn codecs_of_enhanced_rtmp_pass_as_they_are() {
    let remote = Server::start(&[]);
    let hevc = [
        "-c:v",
        "libx265",
        "-preset",
        "ultrafast",
        "-pix_fmt",
        "yuv420p",
        "-x265-params",
        "keyint=25:bframes=0:pools=1",
    ];
    let _encoder = encode(vivace_tests::ffmpeg_new(), &[PICTURE, TONE], &[&hevc, AAC], &remote.push_url("src"));
    remote.wait_live("src");
    let server = start(&[]);
    add(&server, "pull", "cam", &remote.play_url("src", "rtmp"));
    server.wait_live("cam");
    add(&server, "push", "cam", &remote.push_url("dst"));
    remote.wait_live("dst");
    assert_eq!(remote.stream("dst").unwrap()["video"]["name"], "HEVC");
    assert!(count_frames(vivace_tests::ffmpeg_new(), &remote.play_url("dst", "flv")) > 50);
}
