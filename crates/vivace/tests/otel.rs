//! Traces, received as a collector receives them. Run by `cargo test -p vivace --features otel --test otel`, which
//! builds the binary with them.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::Arc;
use std::thread;

use parking_lot::Mutex;
use vivace_tests::{Folder, Server, Tool, get, push, vivace, wait_for};

/// A span as it came over the wire.
#[derive(Clone, Debug)]
struct Span {
    name: String,
    attributes: Vec<(String, String)>,
}

impl Span {
    fn get(&self, key: &str) -> &str {
        self.attributes.iter().find(|(name, _)| name == key).map_or("", |(_, value)| value)
    }
}

/// The fields of a protobuf message: number, and the bytes or the number.
fn fields(mut bytes: &[u8]) -> Vec<(u64, Vec<u8>, u64)> {
    fn varint(bytes: &mut &[u8]) -> u64 {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let byte = bytes[0];
            *bytes = &bytes[1..];
            value |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                break;
            }
        }
        value
    }
    let mut found = Vec::new();
    while !bytes.is_empty() {
        let key = varint(&mut bytes);
        let (content, number) = match key & 7 {
            0 => (Vec::new(), varint(&mut bytes)),
            kind => {
                let length = match kind {
                    1 => 8,
                    2 => usize::try_from(varint(&mut bytes)).unwrap(),
                    5 => 4,
                    other => panic!("wire type {other}"),
                };
                let (content, rest) = bytes.split_at(length);
                bytes = rest;
                (content.to_vec(), 0)
            }
        };
        found.push((key >> 3, content, number));
    }
    found
}

fn messages(bytes: &[u8], number: u64) -> Vec<Vec<u8>> {
    fields(bytes).into_iter().filter(|(found, ..)| *found == number).map(|(_, content, _)| content).collect()
}

fn text(bytes: &[u8], number: u64) -> String {
    messages(bytes, number).pop().map(|text| String::from_utf8(text).unwrap()).unwrap_or_default()
}

/// `KeyValue`: the value as text, whether it is one or a number.
fn attribute(bytes: &[u8]) -> (String, String) {
    let value = messages(bytes, 2).pop().unwrap_or_default();
    let shown = match fields(&value).pop() {
        Some((1, text, _)) => String::from_utf8(text).unwrap(),
        Some((_, _, number)) => number.to_string(),
        None => String::new(),
    };
    (text(bytes, 1), shown)
}

/// All spans of an `ExportTraceServiceRequest`, and the attributes of their resource.
fn spans(request: &[u8]) -> (Vec<Span>, Vec<(String, String)>) {
    let (mut spans, mut resource) = (Vec::new(), Vec::new());
    for of_resource in messages(request, 1) {
        resource.extend(messages(&of_resource, 1).iter().flat_map(|it| messages(it, 1)).map(|it| attribute(&it)));
        for span in messages(&of_resource, 2).iter().flat_map(|scope| messages(scope, 2)) {
            let attributes = messages(&span, 9).iter().map(|it| attribute(it)).collect();
            spans.push(Span { name: text(&span, 5), attributes });
        }
    }
    (spans, resource)
}

/// What came so far: spans, attributes of resources, and the head of the first request.
type Came = Arc<Mutex<(Vec<Span>, Vec<(String, String)>, String)>>;

/// A collector on a free port. Its thread ends with the test's process.
fn collector() -> (String, Came) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}/v1/traces", listener.local_addr().unwrap());
    let came = Came::default();
    let kept = came.clone();
    thread::spawn(move || {
        for socket in listener.incoming() {
            let mut socket = socket.unwrap();
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                let mut byte = [0];
                socket.read_exact(&mut byte).unwrap();
                head.push(byte[0]);
            }
            let head = String::from_utf8(head).unwrap();
            let length = head.lines().find_map(|line| line.strip_prefix("Content-Length: ")).unwrap();
            let mut body = vec![0; length.parse().unwrap()];
            socket.read_exact(&mut body).unwrap();
            socket.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").unwrap();
            let (spans, resource) = spans(&body);
            let mut kept = kept.lock();
            kept.0.extend(spans);
            kept.1.extend(resource);
            kept.2 = head;
        }
    });
    (endpoint, came)
}

#[test]
fn pushes_plays_refusals_and_requests_arrive_as_spans() {
    let (endpoint, came) = collector();
    let server = Server::start(&["--log-otlp", &endpoint]);
    let mut encoder = push(&server.push_url("a"));
    server.wait_live("a");
    let player = vivace_tests::Live::open(&server.play_url("a", "flv"));
    drop(player);
    assert_eq!(get(&format!("http://{}/live/nobody.flv?txSecret=5ec2e7&txTime=0", server.http)).status, 403);
    wait_for("the player to be gone", || server.metric("plays_ended_total{end=\"client\"}") > 0);
    encoder.terminate();
    encoder.wait();
    wait_for("the publish to end", || server.stream("a").is_none_or(|stream| stream["state"] != "live"));
    // What has not gone out yet goes out at the end.
    let log = server.log();
    assert!(server.stop().0.success());

    let (spans, resource, head) = came.lock().clone();
    let of = |name: &str| spans.iter().filter(|span| span.name == name).collect::<Vec<_>>();
    assert!(head.starts_with("POST /v1/traces HTTP/1.1\r\n") && head.contains("application/x-protobuf"), "{head}");
    assert!(resource.contains(&("service.name".to_owned(), "vivace".to_owned())), "{resource:?}");
    let publish = of("publish")[0];
    assert_eq!(publish.get("stream"), "a");
    assert!(publish.get("peer").starts_with("127.0.0.1:") && !publish.get("session").is_empty(), "{publish:?}");
    assert!(log.contains(publish.get("session")), "the session of the span is not that of the log");
    assert!(!publish.get("outcome").is_empty(), "{publish:?}");
    let play = of("play")[0];
    assert_eq!((play.get("stream"), play.get("format"), play.get("outcome")), ("a", "flv", "closed by the player"));
    let refusal = of("refusal")[0];
    assert_eq!((refusal.get("operation"), refusal.get("stream")), ("play", "nobody"));
    assert!(refusal.get("code").starts_with("lvb-"), "{refusal:?}");
    let request = of("http request").into_iter().find(|span| span.get("url.path") == "/live/nobody.flv").unwrap();
    assert_eq!((request.get("http.request.method"), request.get("http.response.status_code")), ("GET", "403"));
    let told = format!("{spans:?}");
    assert!(!told.contains("txSecret=") && !told.contains("5ec2e7"), "a span holds the query of an address: {told}");
    assert!(!log.contains("publish{"), "spans for exporters are in the log");
}

#[test]
fn a_collector_that_is_away_holds_up_nobody() {
    // A port that was free a moment ago, where nobody listens.
    let away = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let server = Server::start(&["--log-otlp", &format!("http://{away}/v1/traces")]);
    let _encoder: Tool = push(&server.push_url("a"));
    server.wait_live("a");
    assert!(server.stop().0.success());
}

#[test]
fn an_endpoint_that_is_none_is_refused() {
    let folder = Folder::new();
    for wrong in ["https://127.0.0.1:4318", "127.0.0.1:4318", "http://127.0.0.1", "http://a b:1", "http://a:0"] {
        let finished = vivace(&["check-config", "--log-otlp", wrong, "--data", folder.path().to_str().unwrap()]);
        assert_eq!(finished.code, 2, "{wrong}: {}", finished.stdout);
        assert!(finished.stderr.contains("log.otlp: expected an address with `http`"), "{}", finished.stderr);
    }
}
