//! Every refusal has its row of the catalogue: at the client, in the metrics and on the page.

use vivace_tests::{
    Clip, Denied, Feeder, Role, Rtmp, Server, Tool, expired, get, later, push, request, sign, wait_for,
};

/// One publish or play over RTMP of exactly this application and name.
fn ask(server: &Server, role: Role, app: &str, name: &str) -> Denied {
    let socket = std::net::TcpStream::connect(&server.rtmp).unwrap();
    Rtmp::ask(socket, &server.rtmp, app, name, role).ready().unwrap_err()
}

/// The publish is refused with this row; status, words, metric and list say so.
#[track_caller]
fn no_push(server: &Server, name: &str, row: &str, status: &str) {
    no_push_to(server, "live", name, row, status);
}

#[track_caller]
fn no_push_to(server: &Server, app: &str, name: &str, row: &str, status: &str) {
    let before = server.refused("publish", row);
    let denied = ask(server, Role::Publish, app, name);
    assert_eq!(denied.code, status, "{name}: {}", denied.description);
    assert!(denied.description.contains(&format!("({row}, ")), "{name}: {}", denied.description);
    assert!(denied.description.contains("session "), "{}", denied.description);
    assert_eq!(server.refused("publish", row), before + 1, "{name}");
    listed(server, "publish", row);
    assert!(server.streams().iter().all(|stream| stream["name"] == "a"), "a stream was made of a refused push");
}

/// The play is refused with this row over RTMP and over HTTP.
#[track_caller]
fn no_play(server: &Server, name: &str, query: &str, row: &str, http_status: u16) {
    let before = server.refused("play", row);
    let denied = ask(server, Role::Play, "live", &format!("{name}?{query}"));
    assert!(denied.code.starts_with("NetStream.Play."), "{}", denied.code);
    assert!(denied.description.contains(row), "{name}: {}", denied.description);
    no_http_play(server, &format!("/live/{name}.flv?{query}"), row, http_status);
    assert_eq!(server.refused("play", row), before + 2);
}

#[track_caller]
fn no_http_play(server: &Server, path: &str, row: &str, status: u16) {
    let answer = get(&format!("http://{}{path}", server.http));
    assert_eq!(answer.status, status, "{path}: {}", answer.text());
    let body = answer.json();
    assert_eq!(format!("{}/{}", body["table"].as_str().unwrap(), body["code"]), row, "{path}");
    assert_eq!(answer.header("x-vivace-code"), Some(row));
    assert_eq!(answer.header("x-vivace-session"), body["session"].as_str());
    listed(server, "play", row);
}

/// The newest refusal on the page's list is this one, with cause and remedy in both languages.
#[track_caller]
fn listed(server: &Server, operation: &str, row: &str) {
    let list = server.api("refusals");
    let newest = &list["items"][0];
    assert_eq!(newest["operation"], operation);
    assert_eq!(format!("{}/{}", newest["table"].as_str().unwrap(), newest["code"]), row);
    for text in ["cause", "remedy"] {
        assert!(newest["en"][text].as_str().unwrap().len() > 10 && !newest["zh"][text].as_str().unwrap().is_empty());
    }
}

/// A stream `a`, so that no refused play is one of a stream that is not there.
fn with_a(flags: &[&str]) -> (Server, Tool) {
    let server = Server::start(flags);
    let encoder = push(&server.push_url("a"));
    server.wait_live("a");
    (server, encoder)
}

fn query(key: &str, name: &str, time: &str) -> String {
    format!("txSecret={}&txTime={time}", sign(key, name, time))
}

/// reaches: lvb-access/4100
#[test]
fn an_address_without_a_good_signature() {
    let (server, _a) = with_a(&[]);
    let (row, status) = ("lvb-access/4100", "NetStream.Publish.Denied");
    let (push_key, play_key) = (server.key("push_key"), server.key("play_key"));
    let time = later();
    no_push(&server, "b", row, status);
    no_push(&server, &format!("b?txTime={time}"), row, status);
    no_push(&server, &format!("b?txSecret={}", sign(&push_key, "b", &time)), row, status);
    no_push(&server, &format!("b?{}", query("0123456789abcdef0123456789abcdef", "b", &time)), row, status);
    no_push(&server, &format!("b?{}", query(&push_key, "c", &time)), row, status);
    no_push(&server, &format!("b?{}", query(&play_key, "b", &time)), row, status);
    no_push(&server, &format!("b?txSecret={}&txTime={}", sign(&push_key, "b", &time), expired()), row, status);

    no_play(&server, "a", "", row, 403);
    no_play(&server, "a", &query("0123456789abcdef0123456789abcdef", "a", &time), row, 403);
    no_play(&server, "a", &query(&push_key, "a", &time), row, 403);
    no_play(&server, "a", &query(&play_key, "b", &time), row, 403);

    // The very same ways with the right keys are open: the signature was the reason.
    assert!(ask_ready(&server, Role::Publish, &format!("b?{}", query(&push_key, "b", &time))));
    assert!(ask_ready(&server, Role::Publish, &format!("c?{}", query(&server.key("push_key_backup"), "c", &time))));
    assert!(ask_ready(&server, Role::Play, &format!("a?{}", query(&play_key, "a", &time))));
}

fn ask_ready(server: &Server, role: Role, name: &str) -> bool {
    let socket = std::net::TcpStream::connect(&server.rtmp).unwrap();
    Rtmp::ask(socket, &server.rtmp, "live", name, role).ready().is_ok()
}

/// reaches: lvb-access/4200
#[test]
fn an_address_that_has_expired() {
    let (server, _a) = with_a(&[]);
    let row = "lvb-access/4200";
    let time = expired();
    let push = format!("b?{}", query(&server.key("push_key"), "b", &time));
    no_push(&server, &push, row, "NetStream.Publish.Denied");
    no_play(&server, "a", &query(&server.key("play_key"), "a", &time), row, 403);
}

/// reaches: lvb-video/1003
#[test]
fn a_bizid_of_another_app() {
    let (server, _a) = with_a(&[]);
    let row = "lvb-video/1003";
    let time = later();
    let push = format!("b?bizid=1&{}", query(&server.key("push_key"), "b", &time));
    no_push(&server, &push, row, "NetStream.Publish.Denied");
    no_play(&server, "a", &format!("bizid=1&{}", query(&server.key("play_key"), "a", &time)), row, 403);
}

/// reaches: lvb-video/1000
#[test]
fn a_parameter_with_a_value_that_it_does_not_know() {
    let (server, _a) = with_a(&[]);
    let play = format!("start=later&{}", query(&server.key("play_key"), "a", &later()));
    no_play(&server, "a", &play, "lvb-video/1000", 400);
}

/// reaches: lvb-access/4000
#[test]
fn names_and_queries_that_are_none() {
    let (server, _a) = with_a(&[]);
    let (row, status) = ("lvb-access/4000", "NetStream.Publish.BadName");
    let signed = query(&server.key("push_key"), "b", &later());
    no_push(&server, &format!("b?{signed}&x=1&x=2"), row, status);
    no_push(&server, &format!("b?{signed}&txTime=1"), row, status);
    no_push(&server, &format!("b?{signed}&x=%zz"), row, status);
    no_push(&server, "b?txSecret=1&txTime=soon", row, "NetStream.Publish.Denied");
    for name in ["..", ".", "../../etc/passwd", "a%2fb", "%2e%2e", "a\0b", "a b", "a/b", "a\\b", "ä", "a\r\nb"] {
        no_push(&server, &format!("{name}?{}", query(&server.key("push_key"), name, &later())), row, status);
    }
    no_push(&server, &"x".repeat(200), row, status);
    no_push_to(&server, "vod", &format!("b?{signed}"), row, status);
    no_push_to(&server, "", &format!("b?{signed}"), row, status);

    for name in ["..", "%2e%2e", "a%2fb", "a%00b", "a%20b", "a/b", "%2F..%2f..%2fetc%2Fpasswd"] {
        no_http_play(&server, &format!("/live/{name}.flv"), row, 400);
    }
    no_http_play(&server, &format!("/live/{}.flv", "x".repeat(10_000)), row, 400);
    no_http_play(&server, "/live/a.flv?txSecret=1&txSecret=2", row, 400);
    no_play(&server, "a", "txSecret=1&txTime=soon", row, 400);
}

/// A name of 10,000 characters does not get as far as a decision; it is answered all the same.
#[test]
fn a_name_of_ten_thousand_characters() {
    let (server, _a) = with_a(&[]);
    let name = "x".repeat(10_000);
    for (role, code) in [(Role::Publish, "NetStream.Publish."), (Role::Play, "NetStream.Play.")] {
        let denied = ask(&server, role, "live", &name);
        assert!(denied.code.starts_with(code), "{denied:?}");
        assert!(denied.description.contains("lvb-access/4000"), "{denied:?}");
        assert!(denied.description.len() < 1_000, "{denied:?}");
    }
    server.wait_live("a");
}

/// What no HTTP parser lets through ends with a plain 400.
#[test]
fn a_request_line_that_is_none() {
    let (server, _a) = with_a(&[]);
    for path in ["/live/a b.flv", "/live/a\0b.flv", "live/a.flv"] {
        let line = format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        assert_eq!(request(&server.http, line.as_bytes()).status, 400, "{path:?}");
    }
    let long = format!("GET /live/a.flv HTTP/1.1\r\nHost: x\r\nX-Long: {}\r\n\r\n", "x".repeat(40_000));
    assert_eq!(request(&server.http, long.as_bytes()).status, 431);
    assert_eq!(request(&server.http, b"POST /live/a.flv HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").status, 405);
    server.wait_live("a");
}

/// reaches: lvb-access/4400
#[test]
fn one_stream_more_than_may_be() {
    let (server, _a) = with_a(&["--limits-streams-max", "1"]);
    let push = format!("b?{}", query(&server.key("push_key"), "b", &later()));
    no_push(&server, &push, "lvb-access/4400", "NetStream.Publish.Failed");
}

/// reaches: lvb-video/20111
#[test]
fn a_play_of_what_nobody_publishes() {
    let (server, _a) = with_a(&[]);
    let denied = ask(&server, Role::Play, "live", &format!("b?{}", query(&server.key("play_key"), "b", &later())));
    assert_eq!(denied.code, "NetStream.Play.StreamNotFound");
    no_play(&server, "b", &query(&server.key("play_key"), "b", &later()), "lvb-video/20111", 404);
}

/// reaches: lvb-video/20113
#[test]
fn a_play_in_a_format_that_is_not_served() {
    let (server, _a) = with_a(&[]);
    let signed = query(&server.key("play_key"), "a", &later());
    for file in ["a.avi", "a.ts", "a"] {
        no_http_play(&server, &format!("/live/{file}?{signed}"), "lvb-video/20113", 415);
    }
}

/// reaches: lvb-video/20112
#[test]
fn a_push_of_a_codec_that_is_not_carried() {
    let (server, _a) = with_a(&[]);
    let mut clip = Clip::h264("320x180");
    // VP6, which FLV knows and nothing plays any more.
    clip.tags.iter_mut().for_each(|tag| tag.body = vec![0x14, 0, 0, 0, 0, 0]);
    clip.tags.retain(|tag| tag.kind == vivace_tests::Kind::Video);
    let feeder = Feeder::start(&server.push_url("b"), clip);
    wait_for("the end of the push", || feeder.has_ended());
    let heard = format!("{:?}", feeder.heard());
    assert!(heard.contains("NetStream.Publish.Rejected") && heard.contains("lvb-video/20112"), "{heard}");
    assert!(heard.contains("VP6") && heard.contains("\"error\""), "{heard}");
}

/// reaches: lvb-access/6200
#[test]
fn a_push_while_the_server_stops() {
    let (mut server, _a) = with_a(&[]);
    let feeder = Feeder::start(&server.push_url("b"), Clip::h264("320x180"));
    server.wait_live("b");
    server.terminate();
    assert!(server.wait().success());
    wait_for("the end of the push", || feeder.has_ended());
    let heard = format!("{:?}", feeder.heard());
    assert!(heard.contains("lvb-access/6200") && heard.contains("shutting down"), "{heard}");
}
