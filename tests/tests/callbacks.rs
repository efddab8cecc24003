//! A customer's server is told of every push: signed, in order, with the true cause of its end, whatever happens to either
//! server in between.

use std::fs;
use std::io::Write;
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use serde_json::Value;
use socket2::SockRef;
use vivace_tests::{
    Answering, ApiCall, ClientEvent, MediaKind, Receiver, Role, Rtmp, Server, Timer, Tool, delivered, message, push,
    sign, wait_for, wait_some, wait_within,
};

const LOOPBACK: [&str; 4] = ["--outbound-allow", "127.0.0.1", "--callback-interval-s", "1"];

#[track_caller]
fn start(receiver: SocketAddr, more: &[&str]) -> Server {
    Server::start(&flags(&format!("http://{receiver}/events?from=vivace"), more))
}

fn flags<'a>(url: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    [&LOOPBACK[..], &["--callback-url", url], more].concat()
}

/// An address that nobody listens at.
fn nobody() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

fn publish(server: &Server, name: &str) -> Rtmp {
    let mut publisher = Rtmp::open(&server.push_url(name), Role::Publish);
    publisher.ready().unwrap();
    publisher
}

/// `event_type` of each.
fn kinds(events: &[Value]) -> Vec<i64> {
    events.iter().map(|event| event["event_type"].as_i64().unwrap()).collect()
}

#[test]
fn a_push_is_told_with_its_begin_and_its_end_under_one_number_and_a_good_signature() {
    let receiver = Receiver::start();
    let server = start(receiver.address(), &[]);
    let url = server.push_url("a");
    let mut encoder = push(&url);
    server.wait_live("a");
    encoder.terminate();
    encoder.wait();
    let events = receiver.wait(2);
    assert_eq!(kinds(&events), [1, 0]);
    let query = url.split_once('?').unwrap().1;
    for event in &events {
        let t = event["t"].as_i64().unwrap();
        assert_eq!(event["sign"], sign(&server.key("callback_key"), "", &t.to_string()));
        let age = t - 600 - event["event_time"].as_i64().unwrap();
        assert!((0..60).contains(&age), "signed {age} s behind the event");
        let appid: u64 = server.key("appid").parse().unwrap();
        assert_eq!(
            (&event["app"], &event["appname"], &event["appid"]),
            (&"127.0.0.1".into(), &"live".into(), &appid.into())
        );
        assert_eq!((&event["stream_id"], &event["channel_id"]), (&"a".into(), &"a".into()));
        assert_eq!((&event["user_ip"], &event["node"]), (&"127.0.0.1".into(), &"127.0.0.1".into()));
        assert_eq!(event["stream_param"], query);
        assert!(event["sequence"].as_str().is_some_and(|number| number.parse::<u64>().is_ok()), "{event}");
    }
    assert_eq!(events[0]["sequence"], events[1]["sequence"]);
    assert_eq!((&events[0]["errcode"], &events[0]["errmsg"]), (&0.into(), &"ok".into()));
    assert!(events[0].get("push_duration").is_none() && events[1]["width"].as_u64() > Some(0), "{events:?}");
    assert!(events[1]["push_duration"].as_str().unwrap().parse::<u64>().unwrap() > 0);
    assert!(receiver.heard().iter().all(|one| one.path == "/events?from=vivace"));
    let secret = query.split('&').find_map(|pair| pair.strip_prefix("txSecret=")).unwrap();
    let log = server.log();
    assert!(log.contains("callback delivered") && !log.contains(secret) && !log.contains("from=vivace"), "{log}");
    wait_for("the counts", || server.metric("callbacks_delivered_total") == 2);
    wait_for("nothing to wait", || server.metric("callbacks_waiting") == 0);
}

#[test]
fn a_receiver_that_is_down_gets_everything_in_order_once_it_is_up() {
    let address = nobody();
    let server = start(address, &[]);
    for _ in 0..2 {
        publish(&server, "a").finish().unwrap();
        wait_for("the end of the push", || server.metric("streams") == 0);
    }
    let refused = "callbacks_failed_total{reason=\"connect\"}";
    wait_for("two failed tries", || server.metric(refused) >= 2);
    let receiver = Receiver::start_at(address, Answering::Well);
    let events = receiver.wait(4);
    assert_eq!(kinds(&events), [1, 0, 1, 0]);
    assert_eq!(events[0]["sequence"], events[1]["sequence"]);
    assert_eq!(events[2]["sequence"], events[3]["sequence"]);
    assert_ne!(events[0]["sequence"], events[2]["sequence"]);
}

/// With `VIVACE_FULL_MINUTE` set this is a whole minute by the settings that a server has by itself.
#[test]
fn a_receiver_that_is_down_for_the_whole_first_minute_gets_begin_and_end_under_one_number() {
    let full = std::env::var_os("VIVACE_FULL_MINUTE").is_some();
    let (minute_s, allow) = (if full { 60 } else { 2 }, ["--outbound-allow", "127.0.0.1"]);
    let address = nobody();
    let url = format!("http://{address}/");
    let own = [&allow[..], &["--callback-url", &url]].concat();
    let server = Server::start(&if full { own } else { flags(&url, &[]) });
    let down = Timer::new(Duration::from_secs(minute_s));
    publish(&server, "a").finish().unwrap();
    wait_within("the minute", Duration::from_secs(minute_s + 10), || down.is_over());
    assert!(server.metric("callbacks_failed_total{reason=\"connect\"}") > 0, "it was not tried while it was down");
    let receiver = Receiver::start_at(address, Answering::Well);
    wait_within("both", Duration::from_secs(2 * minute_s + 20), || receiver.taken().len() == 2);
    let events = receiver.taken();
    assert_eq!(kinds(&events), [1, 0]);
    assert_eq!(events[0]["sequence"], events[1]["sequence"]);
}

#[test]
fn a_receiver_that_is_set_while_a_push_runs_hears_of_the_pushes_after_it() {
    let receiver = Receiver::start();
    let basics = "outbound.allow = \"127.0.0.1\"\ncallback.interval_s = 1\n";
    let server = Server::start_on_file(basics);
    let mut first = publish(&server, "a");
    server.set(&format!("{basics}callback.url = \"{}\"\n", receiver.url("/")));
    wait_for("the setting", || server.metric("config_reloads_total{result=\"applied\"}") == 1);
    first.finish().unwrap();
    wait_for("the end of the push", || server.metric("streams") == 0);
    publish(&server, "a").finish().unwrap();
    let events = receiver.wait(2);
    assert_eq!(kinds(&events), [1, 0], "the end of a push whose begin nobody was told: {events:?}");
    assert_eq!(events[0]["sequence"], events[1]["sequence"]);
}

#[test]
fn a_receiver_that_answers_oddly_is_asked_again_until_it_answers_well() {
    let receiver = Receiver::start();
    let server = start(receiver.address(), &["--callback-timeout-s", "1", "--callback-retries", "100"]);
    receiver.answer(Answering::Status(500));
    publish(&server, "a").finish().unwrap();
    let odd = [
        ("status", Answering::Status(301)),
        ("status", Answering::Code(7)),
        ("answer", Answering::Flood(10 << 20)),
        ("answer", Answering::Close),
        ("broken", Answering::Hang),
        ("timeout", Answering::Well),
    ];
    for (at, (reason, next)) in odd.into_iter().enumerate() {
        wait_for(&format!("odd answer {at}"), || receiver.heard().len() > at);
        receiver.answer(next);
        wait_for(reason, || server.metric(&format!("callbacks_failed_total{{reason=\"{reason}\"}}")) > 0);
    }
    let events = receiver.wait(2);
    assert_eq!(kinds(&events), [1, 0]);
    assert_eq!(receiver.heard().len(), 8);
}

#[test]
fn what_was_not_delivered_before_a_power_cut_is_delivered_after_it() {
    let receiver = Receiver::start();
    receiver.answer(Answering::Hang);
    let server = start(receiver.address(), &[]);
    let publisher = publish(&server, "a");
    wait_for("the first try", || receiver.heard().len() == 1);
    let folder = server.kill_9();
    drop(publisher);
    receiver.answer(Answering::Well);
    let url = receiver.url("/later");
    let server = Server::start_in(folder, &flags(&url, &[]));
    let events = receiver.wait(2);
    assert_eq!(kinds(&events), [1, 0]);
    assert_eq!(events[0]["sequence"], events[1]["sequence"]);
    assert_eq!(events[1]["errcode"], 5, "{}", events[1]);
    let paths: Vec<_> = receiver.heard().into_iter().map(|one| one.path).collect();
    assert_eq!(paths, ["/events?from=vivace", "/events?from=vivace", "/later"]);
    // What is told once is not told again.
    let (_, folder) = server.stop();
    let server = Server::start_in(folder, &flags(&url, &[]));
    publish(&server, "b").finish().unwrap();
    assert_eq!(receiver.wait(4).len(), 4);
}

#[test]
fn a_push_that_a_power_cut_ends_is_told_as_interrupted_at_the_next_start() {
    let receiver = Receiver::start();
    let server = start(receiver.address(), &[]);
    let publisher = publish(&server, "a");
    receiver.wait(1);
    wait_for("the delivery to be on disk", || delivered(&server.data(), "a") == 1);
    let folder = server.kill_9();
    drop(publisher);
    let server = Server::start_in(folder, &flags(&receiver.url("/"), &[]));
    publish(&server, "a").finish().unwrap();
    let events = receiver.wait(4);
    assert_eq!(kinds(&events), [1, 0, 1, 0]);
    assert_eq!((&events[0]["sequence"], &events[1]["errcode"]), (&events[1]["sequence"], &5.into()));
    assert_eq!(events[2]["sequence"], events[3]["sequence"]);
}

#[test]
fn a_damaged_rule_of_one_stream_holds_up_nobody() {
    let receiver = Receiver::start();
    let server = start(receiver.address(), &[]);
    let rows = "PRAGMA foreign_keys = OFF; \
        INSERT INTO callback_templates (id, app, name, description, created_at, updated_at) VALUES (7, 1, 'x', '', 0, 0); \
        INSERT INTO callback_urls (template, kind, url) VALUES (7, 1, x'ff00'), (7, 0, x'ff00'); \
        INSERT INTO callback_rules (app, domain, path, stream, template, created_at) VALUES (1, '', '', 'hurt', 7, 0);";
    let program = "import sqlite3,sys; c=sqlite3.connect(sys.argv[1]); c.executescript(sys.argv[2]); c.commit()";
    let file = server.data().join("vivace.db");
    let done = Command::new("python3").args(["-c", program]).arg(file).arg(rows).status().unwrap();
    assert!(done.success());
    let (hurt, well) = (publish(&server, "hurt"), publish(&server, "well"));
    let events = receiver.wait(2);
    let mut streams: Vec<&str> = events.iter().map(|event| event["stream_id"].as_str().unwrap()).collect();
    streams.sort_unstable();
    assert_eq!(streams, ["hurt", "well"]);
    assert!(server.log().contains("a rule of callbacks is damaged"), "the operator is told");
    drop((hurt, well));
}

#[test]
fn a_private_receiver_is_refused_in_words_unless_it_is_allowed() {
    let receiver = Receiver::start();
    let url = receiver.url("/");
    let server = Server::start(&["--callback-url", &url]);
    publish(&server, "a").finish().unwrap();
    wait_for("a refusal", || server.metric("callbacks_failed_total{reason=\"refused\"}") > 0);
    let log = server.log();
    assert!(log.contains("127.0.0.1 is a loopback address") && log.contains("outbound.allow"), "{log}");
    assert!(receiver.heard().is_empty());
}

/// The error codes of the end of a push that `end` ends.
#[track_caller]
fn interruption(server: &Server, receiver: &Receiver, name: &str, end: impl FnOnce(&mut Rtmp)) -> (u64, Option<u64>) {
    let mut publisher = publish(server, name);
    end(&mut publisher);
    let ended = wait_some(&format!("the end of {name}"), || {
        receiver.taken().into_iter().find(|event| event["stream_id"] == name && event["event_type"] == 0)
    });
    assert!(!ended["errmsg"].as_str().unwrap().is_empty());
    (ended["errcode"].as_u64().unwrap(), ended["sub_errcode"].as_u64())
}

#[test]
fn the_end_of_a_push_has_the_code_of_its_cause() {
    let receiver = Receiver::start();
    let more = ["--limits-publisher-idle-ms-max", "2000", "--limits-publish-grace-ms", "100"];
    let server = start(receiver.address(), &more);
    let write = |publisher: &mut Rtmp, bytes: &[u8]| publisher.socket().write_all(bytes).unwrap();
    // `FCUnpublish` is the first word of leave.
    let codes = interruption(&server, &receiver, "unpublish", |publisher| publisher.finish().unwrap());
    assert_eq!(codes, (35, None));
    let command = |name: &str| {
        let text = |text: &str| [&[2, 0, u8::try_from(text.len()).unwrap()], text.as_bytes()].concat();
        [text(name), [&[0][..], &0_f64.to_be_bytes()].concat(), vec![5], [&[0][..], &1_f64.to_be_bytes()].concat()]
            .concat()
    };
    let codes = interruption(&server, &receiver, "delete", |publisher| {
        write(publisher, &message(3, 20, 0, &command("deleteStream"), 128));
    });
    assert_eq!(codes, (1, None));
    let codes = interruption(&server, &receiver, "close", |publisher| {
        write(publisher, &message(3, 20, 1, &command("closeStream"), 128));
    });
    assert_eq!(codes, (2, None));
    let codes = interruption(&server, &receiver, "fin", |publisher| {
        publisher.socket().shutdown(std::net::Shutdown::Both).unwrap();
    });
    assert_eq!(codes, (3, None));
    let codes = interruption(&server, &receiver, "reset", |publisher| {
        SockRef::from(&*publisher.socket()).set_linger(Some(Duration::ZERO)).unwrap();
        *publisher = publish(&server, "other");
    });
    assert_eq!(codes, (4, None));
    let codes = interruption(&server, &receiver, "idle", |_| {});
    assert_eq!(codes, (8, None));
    // A chunk of type 3 on a chunk stream that has had none.
    let codes = interruption(&server, &receiver, "chunk", |publisher| write(publisher, &[0xc0 | 17, 0, 0, 0]));
    assert_eq!(codes, (6, None));
    let codes = interruption(&server, &receiver, "large", |publisher| {
        write(publisher, &[&[4, 0, 0, 0, 0xff, 0xff, 0xff, 9][..], &1_u32.to_le_bytes()].concat());
    });
    assert_eq!(codes, (7, None));
    let codes = interruption(&server, &receiver, "amf", |publisher| {
        write(publisher, &message(3, 20, 0, &[2, 0xff, 0xff], 128));
    });
    assert_eq!(codes, (33, None));
    // FLV's codec number 2, which is Sorenson H.263.
    let codes = interruption(&server, &receiver, "codec", |publisher| {
        publisher.send(MediaKind::Video, 0, &[0x12, 0, 0, 0, 0, 0]).unwrap();
    });
    assert_eq!(codes, (23, None));
    let mut second = None;
    let codes = interruption(&server, &receiver, "replaced", |_| second = Some(publish(&server, "replaced")));
    assert_eq!(codes, (21, Some(102)));
    let told: Vec<_> = receiver.taken().into_iter().filter(|event| event["stream_id"] == "replaced").collect();
    assert_eq!(kinds(&told)[..2], [1, 0]);
    let codes = interruption(&server, &receiver, "shutdown", |_| server.terminate());
    assert_eq!(codes, (10, None));
}

#[test]
fn a_channel_has_its_number_in_its_events_and_the_cause_of_its_stop() {
    let receiver = Receiver::start();
    let server = start(receiver.address(), &[]);
    let made = ApiCall::new(
        &server,
        "CreateLVBChannel",
        &[("channelName", "c"), ("outputSourceType", "3"), ("sourceList.0.name", "s"), ("sourceList.0.type", "1")],
    );
    let made: Value = made.send(&server).json();
    let id = made["channel_id"].as_str().unwrap_or_else(|| panic!("{made}")).to_owned();
    let address = made["channelInfo"]["upstream_address"].as_str().unwrap();
    let name = address.rsplit('/').next().unwrap().split('?').next().unwrap();
    let _publisher = publish(&server, name);
    receiver.wait(1);
    let stopped: Value = ApiCall::new(&server, "StopLVBChannel", &[("channelIds.0", &id)]).send(&server).json();
    assert_eq!(stopped["code"], 0, "{stopped}");
    let events = receiver.wait(2);
    assert_eq!(kinds(&events), [1, 0]);
    for event in &events {
        assert_eq!((&event["channel_id"], &event["stream_id"]), (&id.as_str().into(), &name.into()));
    }
    assert_eq!((&events[1]["errcode"], &events[1]["sub_errcode"]), (&21.into(), &101.into()));
}

#[test]
fn an_upgrade_tells_each_end_once_and_takes_no_push_for_cut() {
    let receiver = Receiver::start();
    let url = receiver.url("/");
    let flags = flags(&url, &[]);
    let mut server = Server::start(&flags);
    let _publisher = publish(&server, "a");
    receiver.wait(1);
    let mut old = server.take_over(&flags);
    assert_eq!(old.wait().code(), Some(0), "{}", old.stderr());
    publish(&server, "b").finish().unwrap();
    let events = receiver.wait(4);
    let of = |name: &str| events.iter().filter(|event| event["stream_id"] == name).cloned().collect::<Vec<_>>();
    assert_eq!((kinds(&of("a")), kinds(&of("b"))), (vec![1, 0], vec![1, 0]));
    assert_eq!(of("a")[1]["errcode"], 10, "{events:?}");
    // With the end of the old process the new one has looked for pushes that were cut.
    publish(&server, "c").finish().unwrap();
    receiver.wait(6);
    server.stop();
    assert_eq!(receiver.heard().len(), 6);
}

#[test]
fn a_stream_that_is_pulled_is_told_like_one_that_is_pushed() {
    let receiver = Receiver::start();
    let source = Server::start(&[]);
    let _encoder = push(&source.push_url("far"));
    source.wait_live("far");
    let server = start(receiver.address(), &[]);
    server.ask(&["relay", "add", "pull", "near", &source.play_url("far", "rtmp")]);
    let began = &receiver.wait(1)[0];
    assert_eq!((&began["event_type"], &began["stream_id"]), (&1.into(), &"near".into()));
    assert_eq!((&began["user_ip"], &began["stream_param"]), (&"127.0.0.1".into(), &"".into()));
    source.kill_9();
    let ended = &receiver.wait(2)[1];
    assert_eq!((&ended["event_type"], &ended["sequence"]), (&0.into(), &began["sequence"]));
    assert!([3, 4].contains(&ended["errcode"].as_u64().unwrap()), "{ended}");
}

#[test]
fn what_goes_wrong_in_a_push_is_told_while_it_runs() {
    let receiver = Receiver::start();
    let server = start(receiver.address(), &["--callback-error-report-s", "1"]);
    let mut publisher = publish(&server, "a");
    publisher.send(MediaKind::Audio, 0, &[0xaf, 0, 0x12, 0x10]).unwrap();
    for time_ms in [0, 20, 5_000, 4_000] {
        publisher.send(MediaKind::Audio, time_ms, &[0xaf, 1, 0x21, 0x10]).unwrap();
    }
    let told = wait_some("a report", || receiver.taken().into_iter().find(|event| event["event_type"] == 321));
    let began = &receiver.taken()[0];
    assert_eq!((&told["sequence"], &told["stream_id"]), (&began["sequence"], &"a".into()));
    assert_eq!(told["sign"], sign(&server.key("callback_key"), "", &told["t"].to_string()));
    let found = told["abnormal_event"].as_array().unwrap();
    let types: Vec<_> =
        found.iter().map(|event| (event["type"].as_u64().unwrap(), event["count"].as_u64().unwrap())).collect();
    assert_eq!(types, [(2, 1), (4, 1)], "{told}");
    assert!(found[1]["detail"][0]["desc"].as_str().unwrap().ends_with("4980 ms"), "{told}");
    assert!(matches!(publisher.finish(), Ok(())));
}

#[test]
fn the_receiver_of_the_documentation_takes_a_callback_and_refuses_a_forged_one() {
    let docs = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/callbacks.md")).unwrap();
    let program = docs.split("```python\n").nth(1).unwrap().split("```").next().unwrap();
    let address = nobody();
    let key_server = Server::start(&[]);
    let key = key_server.key("callback_key");
    let (_, folder) = key_server.stop();
    let port = address.port().to_string();
    let mut receiver = Tool::start(Command::new("python3").args(["-u", "-c", program, &port, &key]));
    wait_for("the receiver", || {
        assert!(receiver.is_running(), "{}", receiver.stderr());
        std::net::TcpStream::connect(address).is_ok()
    });
    let url = format!("http://{address}/");
    let server = Server::start_in(folder, &flags(&url, &[]));
    publish(&server, "a").finish().unwrap();
    wait_for("both events", || receiver.stdout().lines().count() >= 2);
    let said = receiver.stdout();
    assert!(said.contains("push of a began") && said.contains("push of a ended"), "{said}");
    let forged = br#"{"event_type":1,"stream_id":"a","sequence":"1","t":99999999999,"sign":"00"}"#;
    let request =
        format!("POST / HTTP/1.1\r\nhost: x\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", forged.len());
    let answer = vivace_tests::request(&address.to_string(), &[request.as_bytes(), forged].concat());
    assert_eq!(answer.status, 403);
}

#[test]
fn a_publisher_hears_nothing_of_a_receiver_that_hangs() {
    let receiver = Receiver::start();
    receiver.answer(Answering::Hang);
    let server = start(receiver.address(), &[]);
    let mut publishers: Vec<_> = (0..20).map(|at| publish(&server, &format!("s{at}"))).collect();
    let mut another = publish(&server, "t");
    for publisher in &mut publishers {
        publisher.finish().unwrap();
    }
    another.finish().unwrap();
    assert!(!matches!(another.event(), Some(ClientEvent::Refused { .. })));
    wait_for("the ends", || server.metric("streams") == 0);
    // No more than their share of connections wait for one receiver.
    assert!(receiver.heard().len() <= 16, "{}", receiver.heard().len());
}
